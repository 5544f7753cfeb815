//! Mass assignment: members that would grant something, or name somebody else, are in every body of a user, and change
//! nothing of anybody.

use super::accounts::Staff;
use crate::harness::{PASSWORD, Tokens, address, body};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NAME: &str = "mallory";

/// Whatever somebody could hope to set; `flag` is the contrary of what the account has.
fn grants(flag: bool) -> Value {
    let mut grants = json!({
        "role": "admin", "roles": ["admin"], "is_admin": true, "is_superuser": true, "is_staff": true,
        "permissions": ["*"], "scope": "admin", "id": 1, "user_id": 1, "sub": "1",
        "is_active": flag, "is_verified": flag, "email_verified": true, "verified": true, "success": true,
        "hashed_password": "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$AAAA", "password_hash": "x",
        "created_at": "2000-01-01T00:00:00Z", "updated_at": "2000-01-01T00:00:00Z",
        "last_login": "2000-01-01T00:00:00Z", "expires_at": "2999-01-01T00:00:00Z", "expires_in": 999_999_999,
        "claim_expires_at": "2999-01-01T00:00:00Z", "pending_email": "evil@example.com",
        "pending_email_at": "2000-01-01T00:00:00Z", "session_id": 1, "sid": "AAAAAAAAAAAAAAAAAAAAAA",
        "generation": 99, "gen": 99, "seed": "AAAA", "remaining_attempts": 99, "ip_address": "127.0.0.9",
        "__proto__": {"role": "admin"}, "constructor": {"prototype": {"role": "admin"}},
    });
    grants["user"] = grants.clone();
    grants["$set"] = grants["user"].clone();
    grants
}

/// What an administrator may set, and therefore sends of `grants` only if it is meant.
const ADMINISTERED: [&str; 3] = ["role", "is_active", "is_verified"];

/// Everybody else's row, by id, and what their sessions are worth. The ids in the bodies are those of the first.
fn others(staff: &Staff<'_>) -> [Value; 2] {
    let others = format!("FROM users WHERE email <> '{}'", address(NAME));
    let sessions =
        "SELECT id, user_id, session_token, seed, generation, is_active, expires_at FROM user_sessions";
    [format!("SELECT * {others}"), format!("{sessions} WHERE user_id IN (SELECT id {others})")]
        .map(|rows| staff.sql(&format!("SELECT json_agg(o ORDER BY id) FROM ({rows}) o")))
}

pub(super) fn change_nothing(staff: &Staff<'_>) {
    let mut sent = BTreeSet::new();
    // Sends a body with everything else in it: of all that there is of anybody, `changes` change and nothing else.
    let mut send = |method: &str, path: &str, token: Option<&str>, own: Value, changes: &[&str], status| {
        let (before, others_before) = (staff.row(NAME), others(staff));
        let mut all = grants(!before["is_verified"].as_bool().unwrap_or(false));
        if path.contains("/admin/") {
            all.as_object_mut().unwrap().retain(|name, _| !ADMINISTERED.contains(&name.as_str()));
        }
        all.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let query = "?role=admin&is_active=true&is_verified=true&id=1";
        let answer = body(staff.send(method, &format!("{path}{query}"), token, &all), status);
        sent.insert(format!("{method} {}", path.replace(&format!("/{}", before["id"]), "/{user_id}")));
        let after = staff.row(NAME);
        for (column, value) in after.as_object().unwrap() {
            if column != "updated_at" {
                let has_changed = value != &before[column];
                assert_eq!(has_changed, changes.contains(&column.as_str()), "{method} {path}: {column}");
            }
        }
        assert_eq!(others(staff), others_before, "{method} {path} changed somebody else");
        // The clock of the service says when something changed, and nobody else. As text they sort by time.
        let [then, now] = [&before, &after].map(|row| row["updated_at"].as_str().unwrap());
        let is_later = !changes.is_empty() && now > then;
        assert!(now == then || is_later, "{method} {path} set updated_at from {then} to {now}");
        answer
    };
    let auth = |route: &str| format!("/api/v1/auth/{route}");

    // Registration has no row before: it takes a neighbour's for its pattern.
    staff.site.register("pattern");
    let pattern = staff.row("pattern");
    let new = json!({"email": address(NAME), "username": NAME, "password": PASSWORD});
    let mut all = grants(true);
    all.as_object_mut().unwrap().extend(new.as_object().unwrap().clone());
    let before = others(staff);
    let user = body(staff.send("POST", &auth("register"), None, &all), 201);
    assert_eq!(others(staff), before, "a registration changed somebody else");
    assert_eq!(before[0][0]["username"], "root", "whose id the bodies have");
    assert_eq!(before[0][0]["id"], 1);
    assert_eq!(
        (&user["role"], &user["is_verified"], &user["last_login"]),
        (&json!("user"), &json!(false), &Value::Null)
    );
    let row = staff.row(NAME);
    for column in ["role", "is_active", "is_verified", "last_login", "pending_email", "pending_email_at"] {
        assert_eq!(row[column], pattern[column], "{column}");
    }
    assert!(row["id"].as_i64() > pattern["id"].as_i64());
    for (column, forbidden) in
        [("created_at", "2000"), ("claim_expires_at", "2999"), ("hashed_password", "$AAAA")]
    {
        assert!(!row[column].to_string().contains(forbidden), "{column}");
    }

    let code = staff.site.code(&address(NAME));
    send("POST", &auth("resend-otp"), None, json!({"email": address(NAME)}), &[], 200);
    let otp = staff.site.code_after(&address(NAME), &code);
    let proof = json!({"email": address(NAME), "otp": otp});
    send("POST", &auth("verify-email"), None, proof, &["is_verified", "claim_expires_at"], 200);
    let login = json!({"username": NAME, "password": PASSWORD});
    // A login may be by address or by username, not by both.
    let tokens = Tokens::of(&send("POST", &auth("login"), None, login, &["last_login"], 200));
    assert!(!staff.row(NAME)["last_login"].to_string().contains("2000"));
    let access = Some(tokens.access.as_str());
    send("PUT", &auth("me"), access, json!({"full_name": "Mallory"}), &["full_name"], 200);
    let change = json!({"current_password": PASSWORD, "new_password": "turning mills by water"});
    send("POST", &auth("change-password"), access, change, &["hashed_password"], 200);
    let session = || {
        let id = &staff.row(NAME)["id"];
        let now = "extract(epoch FROM now() - created_at) < 600";
        let sane =
            format!("user_id = {id} AND {now} AND expires_at < now() + interval '8 days' AND generation < 9");
        staff.sql(&format!("SELECT count(*) FROM user_sessions WHERE is_active AND {sane}"))
    };
    assert_eq!(session(), 1);
    let refresh = json!({"refresh_token": tokens.refresh});
    let tokens = Tokens::of(&send("POST", &auth("refresh"), None, refresh, &[], 200));
    assert_eq!(session(), 1);
    let claims = super::forgery_corpus::Forger::part(&tokens.access, 1);
    assert_eq!((&claims["role"], &claims["gen"]), (&json!("user"), &json!(1)));

    send("POST", &auth("forgot-password"), None, json!({"email": address(NAME)}), &[], 200);
    let code = staff.site.code_after(&address(NAME), &otp);
    let reset = json!({"email": address(NAME), "otp": code, "new_password": PASSWORD});
    send("POST", &auth("reset-password"), None, reset, &["hashed_password"], 200);
    let tokens = staff.log_in(NAME);
    send("POST", &auth("logout"), Some(&tokens.access), json!({}), &[], 200);

    // Not even an administrator sets what is the service's to set.
    let (root, id) = (staff.root(), staff.row(NAME)["id"].clone());
    let of_account = format!("/api/v1/admin/users/{id}");
    send("PUT", &of_account, root, json!({"full_name": "Somebody"}), &["full_name"], 200);
    send("PUT", &of_account, root, json!({"is_verified": false}), &["is_verified"], 200);
    send("PUT", &of_account, root, json!({}), &["updated_at"], 200);

    sent.insert("POST /api/v1/auth/register".to_owned());
    for (method, path, takes_json) in staff.operations() {
        if takes_json {
            assert!(sent.contains(&format!("{method} {path}")), "{method} {path} was not tried");
        }
    }
}
