//! Races 64 wide over two instances: one account per address and per username, and never no administrator.

use super::crowd::{CROWD, at_once, count, persistent};
use crate::harness::{PASSWORD, Production, Tokens, address, body};
use reqwest::blocking::RequestBuilder;
use serde_json::{Value, json};

fn register(site: &Production, email: &str, username: &str, password: &str) -> u16 {
    let new = json!({"email": email, "username": username, "password": password});
    persistent(|| site.post("/api/v1/auth/register", &new))
}

#[test]
fn of_64_registrations_at_once_one_account_remains() {
    let site = Production::start_pair(&[]);
    // One username and 64 addresses: one gets it.
    let statuses =
        at_once(CROWD, |number| register(&site, &address(&format!("ada-{number}")), "ada", PASSWORD));
    assert_eq!([201, 409].map(|status| count(&statuses, &status)), [1, CROWD - 1]);
    assert_eq!(site.sql("SELECT count(*) FROM users WHERE username = 'ada'"), "1");
    assert_eq!(site.sql("SELECT count(*) FROM users"), "1");

    // One address and 64 usernames and passwords: each replaces the one before, and the last one stands.
    let (email, password) = (address("grace"), |number: usize| format!("turning wheel {number} by steam"));
    let statuses =
        at_once(CROWD, |number| register(&site, &email, &format!("grace-{number}"), &password(number)));
    assert_eq!(count(&statuses, &201), CROWD, "{statuses:?}");
    let remains = site.sql("SELECT username FROM users WHERE email = 'grace@example.com'");
    let last: usize = remains.strip_prefix("grace-").unwrap().parse().expect("one account");
    assert_eq!(site.sql("SELECT count(*) FROM users"), "2", "no username is left without its account");
    // Whichever code was kept last: with another one the account that stands is proven, and no other. The mails of the
    // race arrive before that one is asked for, for among many the last to arrive need not be the last that was written.
    let all_are_sent =
        || (site.sql("SELECT count(*) FROM outbox WHERE status = 'queued'") == "0").then_some(());
    site.wait_for("the codes of the race", all_are_sent);
    body(site.post("/api/v1/auth/resend-otp", &json!({"email": email})).send().unwrap(), 200);
    site.wait_for("the last code", all_are_sent);
    let proof = json!({"email": email, "otp": site.code(&email)});
    body(site.post("/api/v1/auth/verify-email", &proof).send().unwrap(), 200);
    let login = |number| {
        let login = json!({"email": email, "password": password(number)});
        persistent(|| site.post("/api/v1/auth/login", &login))
    };
    let expected: Vec<u16> = (0..CROWD).map(|number| if number == last { 200 } else { 401 }).collect();
    assert_eq!(at_once(CROWD, login), expected, "the password of the registration that stands, and no other");

    // Once it is proven, nobody gets it.
    let statuses = at_once(CROWD, |number| register(&site, &email, &format!("thief-{number}"), PASSWORD));
    assert_eq!(count(&statuses, &409), CROWD);
    // One address and one username, as when a form is sent again and again.
    let statuses = at_once(CROWD, |_| register(&site, &address("eve"), "eve", PASSWORD));
    assert_eq!(count(&statuses, &201), CROWD);
    assert_eq!(site.sql("SELECT count(*) FROM users WHERE username = 'eve'"), "1");

    // Administrators made by command race like everybody: for one address, and for one username.
    let made = |number: usize, email: &str, username: &str| {
        let (email, username) = (format!("{email}@example.com"), username.replace('#', &number.to_string()));
        let email = email.replace('#', &number.to_string());
        let create = ["admin", "create", "--email", &email, "--username", &username, "--password-stdin"];
        site.run(&create, PASSWORD).status.success()
    };
    for (email, username) in [("root", "root-#"), ("chief-#", "chief")] {
        let made = at_once(6, |number| made(number, email, username));
        assert_eq!(count(&made, &true), 1, "{username}: {made:?}");
    }
    assert_eq!(site.sql("SELECT count(*) FROM users WHERE role = 'admin'"), "2");
}

/// Whose address it is shows in nothing that many registrations leave behind, but for the one account.
#[test]
fn of_64_concealed_registrations_at_once_as_much_remains_whether_or_not_an_address_is_taken() {
    let site = Production::start_pair(&[("REGISTRATION_PRIVACY", "conceal")]);
    site.signed_in("grace");
    let number = |sql: &str| site.sql(sql).parse::<usize>().unwrap();
    let left = || {
        let registrations = "SELECT count(*) FROM audit_log WHERE action = 'account.registered'";
        // A registration that another one overtook sends one more code, or what stands for it.
        let codes = "SELECT count(*) FROM audit_log WHERE action = 'account.code_requested'";
        [registrations, codes, "SELECT count(*) FROM outbox", "SELECT count(*) FROM users"].map(number)
    };
    for email in [address("grace"), address("hazel")] {
        let before = left();
        let name = email.split('@').next().unwrap();
        let statuses =
            at_once(CROWD, |number| register(&site, &email, &format!("{name}-{number}"), PASSWORD));
        assert_eq!(count(&statuses, &201), CROWD, "{email}: {statuses:?}");
        let after = left();
        let [registrations, codes, mails, accounts] = [0, 1, 2, 3].map(|what| after[what] - before[what]);
        assert_eq!(accounts, 1, "{email}: the last one stands, for an account or for a held name");
        assert!(registrations >= CROWD, "{email}: {registrations}");
        assert_eq!(mails, registrations + codes, "{email}: a mail for each event");
    }
    let held = "FROM users WHERE email LIKE '%@held-name.invalid'";
    assert_eq!(number(&format!("SELECT count(*) {held} AND username LIKE 'grace-%' AND NOT is_verified")), 1);
    assert_eq!(number(&format!("SELECT count(*) {held}")), 1);
    let outcomes =
        "SELECT count(*) FROM audit_log WHERE action = 'account.registered' AND outcome = 'failure'";
    assert_eq!(number(&format!("{outcomes} AND detail = 'taken' AND subject IS NOT NULL")), number(outcomes));
    assert!(number(outcomes) >= CROWD);
    site.log_in("grace", PASSWORD);
    let audit = site.run(&["audit", "verify"], "");
    assert!(audit.status.success(), "{audit:?}");
}

/// An administrator, and the id that others name.
struct Admin {
    id: String,
    tokens: Tokens,
}

/// `many` administrators who are alone in that.
fn admins(site: &Production, many: usize, round: &str) -> Vec<Admin> {
    site.sql("UPDATE users SET role = 'user'");
    let one = |number| {
        let name = format!("admin-{round}-{number}");
        let id = site.register(&name)["id"].to_string();
        site.sql(&format!(
            "UPDATE users SET role = 'admin', is_verified = true, claim_expires_at = NULL WHERE id = {id}"
        ));
        Admin { id, tokens: site.log_in(&name, PASSWORD) }
    };
    let admins: Vec<_> = (0..many).map(one).collect();
    for admin in admins.iter().chain(&admins) {
        assert_eq!(body(site.me(&admin.tokens), 200)["role"], "admin"); // in the cache of both instances
    }
    admins
}

/// One administrator takes another one away.
type Attack = fn(&Production, &str) -> RequestBuilder;

const ATTACKS: [(&str, Attack); 4] = [
    ("demotion", |site, user| site.put(user, &json!({"role": "user"}))),
    ("deactivation", |site, user| site.post(&format!("{user}/deactivate"), &json!({}))),
    ("deactivation by a change", |site, user| site.put(user, &json!({"is_active": false}))),
    ("deletion", |site, user| site.delete(user)),
];

/// Each of the crowd is one of `admins`, who attacks the next one; says how the attacks ended.
fn fight(site: &Production, admins: &[Admin], attack: impl Fn(usize) -> Attack + Sync) -> Vec<u16> {
    at_once(CROWD, |number| {
        let (by, against) = (&admins[number % admins.len()], &admins[(number + 1) % admins.len()]);
        let request = attack(number)(site, &format!("/api/v1/admin/users/{}", against.id));
        let answer = request.bearer_auth(&by.tokens.access).send().unwrap();
        let status = answer.status().as_u16();
        let told = answer.json::<Value>().unwrap();
        // Done; or the attacker is switched off, or no administrator any more; or the target is gone, or the last one.
        assert!([200, 401, 403, 404, 409].contains(&status), "{status}: {told}");
        status
    })
}

const ACTIVE: &str = "SELECT count(*) FROM users WHERE role = 'admin' AND is_active AND is_verified";

#[test]
fn of_administrators_who_take_each_other_away_one_remains() {
    let site = Production::start_pair(&[]);
    for (number, (what, attack)) in ATTACKS.into_iter().enumerate() {
        let two = admins(&site, 2, &format!("duel-{number}"));
        let statuses = fight(&site, &two, |_| attack);
        assert!(count(&statuses, &200) > 0, "{what}: {statuses:?}");
        assert_eq!(site.sql(ACTIVE), "1", "{what}: {statuses:?}");
    }
    // Eight, by all means at once.
    for round in 0..3 {
        let eight = admins(&site, 8, &format!("brawl-{round}"));
        let statuses = fight(&site, &eight, |number| ATTACKS[(number / 8 + round) % ATTACKS.len()].1);
        let active: usize = site.sql(ACTIVE).parse().unwrap();
        assert!((1..8).contains(&active), "{active}: {statuses:?}");
    }
}
