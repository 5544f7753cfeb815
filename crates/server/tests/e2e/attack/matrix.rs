//! Role × route × owner: every operation of the served document, for everybody, on every kind of target.

use super::accounts::Staff;
use crate::harness::{Tokens, body};
use Role::*;
use Row::{Administration, Anyone, OwnSessions, SignedIn};
use Target::*;
use serde_json::json;
use std::collections::BTreeMap;

/// What an operation answers to an empty object; a change of an account, to another name.
#[derive(Clone, Copy)]
enum Row {
    /// This, to everybody.
    Anyone(u16),
    /// This, to whoever is signed in.
    SignedIn(u16),
    /// 200 for a session of one's own, and 404 for any other.
    OwnSessions,
    /// To an administrator: this on the own account, this on another.
    Administration(u16, u16),
}

const TABLE: [(&str, Row); 31] = [
    ("GET /", Anyone(200)),
    ("GET /health", Anyone(200)),
    ("GET /health/live", Anyone(200)),
    ("GET /health/ready", Anyone(200)),
    ("GET /info", Anyone(200)),
    ("GET /metrics", Anyone(200)),
    ("GET /openapi.json", Anyone(200)),
    ("POST /api/v1/auth/register", Anyone(422)),
    ("POST /api/v1/auth/verify-email", Anyone(422)),
    ("POST /api/v1/auth/resend-otp", Anyone(422)),
    ("POST /api/v1/auth/login", Anyone(422)),
    ("POST /api/v1/auth/refresh", Anyone(422)),
    ("POST /api/v1/auth/forgot-password", Anyone(422)),
    ("POST /api/v1/auth/reset-password", Anyone(422)),
    ("POST /api/v1/auth/logout", SignedIn(200)),
    ("GET /api/v1/auth/me", SignedIn(200)),
    ("PUT /api/v1/auth/me", SignedIn(200)),
    ("POST /api/v1/auth/change-password", SignedIn(422)),
    ("GET /api/v1/auth/sessions", SignedIn(200)),
    ("DELETE /api/v1/auth/sessions", SignedIn(200)),
    ("DELETE /api/v1/auth/sessions/{id}", OwnSessions),
    ("GET /api/v1/admin/users", Administration(200, 200)),
    ("GET /api/v1/admin/audit", Administration(200, 200)),
    ("POST /api/v1/admin/cleanup-sessions", Administration(200, 200)),
    ("GET /api/v1/admin/users/{user_id}", Administration(200, 200)),
    ("PUT /api/v1/admin/users/{user_id}", Administration(200, 200)),
    ("DELETE /api/v1/admin/users/{user_id}", Administration(400, 200)),
    ("POST /api/v1/admin/users/{user_id}/activate", Administration(200, 200)),
    ("POST /api/v1/admin/users/{user_id}/deactivate", Administration(400, 200)),
    ("GET /api/v1/admin/users/{user_id}/sessions", Administration(200, 200)),
    ("DELETE /api/v1/admin/users/{user_id}/sessions", Administration(200, 200)),
];

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Anonymous,
    User,
    Admin,
    /// Was an administrator when the token was issued, and the token says so.
    Demoted,
    /// Signed in before an administrator took the proof of the address back; may sign in no more.
    Unverified,
    Deactivated,
    Deleted,
    LoggedOut,
}

const ROLES: [Role; 8] = [Anonymous, User, Admin, Demoted, Unverified, Deactivated, Deleted, LoggedOut];

/// Whose account or session the path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Own,
    SomebodyElses,
    Unknown,
    Malformed,
}

impl Row {
    fn expected(self, role: Role, target: Target) -> u16 {
        let is_dead = matches!(role, Anonymous | Deactivated | Deleted | LoggedOut);
        match (self, target) {
            (Anyone(status), _) => status,
            _ if is_dead => 401,
            (SignedIn(status), _) => status,
            (OwnSessions, Own) => 200,
            (OwnSessions, _) => 404,
            (Administration(..), _) if role != Admin => 403,
            (Administration(own, _), Own) => own,
            (Administration(_, other), SomebodyElses) => other,
            (Administration(..), Unknown | Malformed) => 404,
        }
    }
}

/// Everybody of a role: an account, and its tokens if they do not change any more.
struct Cast<'a> {
    staff: &'a Staff<'a>,
    ids: BTreeMap<Role, i64>,
    dead: BTreeMap<Role, Tokens>,
}

impl<'a> Cast<'a> {
    fn new(staff: &'a Staff<'a>) -> Self {
        let mut cast = Self { staff, ids: BTreeMap::new(), dead: BTreeMap::new() };
        for role in ROLES {
            let name = name(role);
            let id = staff.account(&name);
            cast.ids.insert(role, id);
            let (deactivate, tokens) = (json!({"is_active": false}), || staff.log_in(&name));
            match role {
                Anonymous | User | Demoted | Unverified => continue,
                Admin => {
                    staff.set(id, &json!({"role": "admin"}));
                    continue;
                }
                Deactivated => {
                    cast.dead.insert(role, tokens());
                    staff.set(id, &deactivate);
                }
                Deleted => {
                    cast.dead.insert(role, tokens());
                    staff.delete(id);
                }
                LoggedOut => {
                    let tokens = tokens();
                    body(staff.send("POST", "/api/v1/auth/logout", Some(&tokens.access), &json!({})), 200);
                    cast.dead.insert(role, tokens);
                }
            }
        }
        cast
    }

    /// A token of the role's, in a session that nothing was done to yet.
    fn token(&self, role: Role) -> Option<String> {
        if let Some(dead) = self.dead.get(&role) {
            return Some(dead.access.clone());
        }
        let (id, name) = (self.ids[&role], name(role));
        match role {
            Anonymous => None,
            Demoted => {
                self.staff.set(id, &json!({"role": "admin"}));
                let token = self.staff.log_in(&name).access;
                self.staff.set(id, &json!({"role": "user"}));
                Some(token)
            }
            Unverified => {
                self.staff.set(id, &json!({"is_verified": true}));
                let token = self.staff.log_in(&name).access;
                self.staff.set(id, &json!({"is_verified": false}));
                let login = json!({"username": name, "password": crate::harness::PASSWORD});
                body(self.staff.send("POST", "/api/v1/auth/login", None, &login), 403);
                Some(token)
            }
            User | Admin | Deactivated | Deleted | LoggedOut => Some(self.staff.log_in(&name).access),
        }
    }
}

/// What a change of an account sets.
const RENAMED: &str = "Not My Name";

fn name(role: Role) -> String {
    format!("cast-{role:?}").to_lowercase()
}

pub(super) fn holds(staff: &Staff<'_>) {
    let table: BTreeMap<_, _> = TABLE.into_iter().collect();
    let operations = staff.operations();
    assert_eq!(operations.len(), table.len(), "a row of the table is no operation any more");
    let cast = Cast::new(staff);
    let mut cells = 0;
    for (method, path, _) in operations {
        let operation = format!("{method} {path}");
        let row =
            *table.get(operation.as_str()).unwrap_or_else(|| panic!("{operation} has no row in the table"));
        let has_target = path.contains('{');
        for role in ROLES {
            let targets =
                if has_target { &[Own, SomebodyElses, Unknown, Malformed][..] } else { &[SomebodyElses] };
            for target in targets {
                check(&cast, (&method, &path), row, role, *target);
                cells += 1;
            }
        }
    }
    println!("{cells} cells");
    assert!(cells >= TABLE.len() * ROLES.len(), "{cells}");
}

/// One cell; whoever is refused has changed nothing.
fn check(cast: &Cast<'_>, (method, path): (&str, &str), row: Row, role: Role, target: Target) {
    let staff = cast.staff;
    let expected = row.expected(role, target);
    let token = cast.token(role);
    let is_denied = path.contains('{') && target == SomebodyElses && expected >= 400;
    let victim = (path.contains('{') && target == SomebodyElses).then(|| {
        let name = format!("victim-{}", uniquely());
        (staff.account(&name), staff.log_in(&name))
    });
    let session_of = |token: &str| {
        let sessions = body(staff.send("GET", "/api/v1/auth/sessions", Some(token), &json!({})), 200);
        let sessions = sessions.as_array().unwrap();
        sessions.iter().find(|session| session["current"] == true).unwrap()["id"].to_string()
    };
    let is_dead = row.expected(role, Own) == 401;
    let id = match target {
        Unknown => "900000000000000000".to_owned(),
        Malformed => "1'--".to_owned(),
        SomebodyElses if path.contains("{id}") => session_of(&victim.as_ref().unwrap().1.access),
        SomebodyElses => victim.as_ref().map(|(id, _)| id.to_string()).unwrap_or_default(),
        Own if path.contains("{id}") && !is_dead => session_of(token.as_deref().unwrap()),
        Own => cast.ids[&role].to_string(),
    };
    let before = victim.as_ref().filter(|_| is_denied).map(|(id, _)| state(staff, *id));
    let filled = path.replace("{user_id}", &id).replace("{id}", &id);
    let sent = if method == "PUT" { json!({"full_name": RENAMED}) } else { json!({}) };
    let answer = staff.send(method, &filled, token.as_deref(), &sent);
    let what = format!("{method} {path} by {role:?} on {target:?}");
    assert_eq!(answer.status().as_u16(), expected, "{what}");
    assert_eq!(answer.headers().contains_key("www-authenticate"), expected == 401, "{what}");
    if expected == 403 {
        assert_eq!(body(answer, 403)["detail"], "Not enough permissions", "{what}");
    }
    if let (true, Some((id, _))) = (method == "PUT" && expected == 200, &victim) {
        assert_eq!(
            staff.read(*id, "")["full_name"],
            RENAMED,
            "{what}: what is refused to others is a change"
        );
    }
    if let (Some(before), Some((id, tokens))) = (before, &victim) {
        assert_eq!(before, state(staff, *id), "{what}");
        assert_eq!(staff.site.me(tokens).status(), 200, "{what}");
    }
}

/// An account and its sessions, but for the time of their last use.
fn state(staff: &Staff<'_>, id: i64) -> serde_json::Value {
    let mut sessions = staff.read(id, "/sessions");
    for session in sessions.as_array_mut().unwrap() {
        session["last_accessed"].take();
    }
    json!([staff.read(id, ""), sessions])
}

fn uniquely() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
