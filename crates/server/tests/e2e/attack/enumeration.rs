//! Who has an account, and in which state it is, is told by no status, byte, header or delay of an answer.

use super::delays;
use crate::harness::{PASSWORD, Production, address, body};
use reqwest::blocking::Response;
use serde_json::{Value, json};
use std::time::Instant;

/// Nobody has it; whom the others are compared with.
pub(super) const STRANGER: &str = "nobody";
/// Verified, never verified, and switched off.
pub(super) const PEOPLE: [&str; 4] = [STRANGER, "verified", "waiting", "barred"];

/// What may be asked about somebody without being them.
pub(super) type Question = (&'static str, &'static str, fn(&str) -> Value);

pub(super) const QUESTIONS: [Question; 6] = [
    ("login by address", "login", |name| json!({"email": address(name), "password": "not the right one"})),
    ("login by username", "login", |name| json!({"username": name, "password": "not the right one"})),
    ("verification", "verify-email", |name| json!({"email": address(name), "otp": "000000"})),
    ("another code", "resend-otp", |name| json!({"email": address(name)})),
    ("forgotten password", "forgot-password", |name| json!({"email": address(name)})),
    (
        "reset",
        "reset-password",
        |name| json!({"email": address(name), "otp": "000000", "new_password": "a moth in relay seventy"}),
    ),
];

fn site() -> Production {
    let mut site = Production::prepare(&[
        // Long enough to stand out from whatever else the machine does.
        ("ARGON2_ITERATIONS", "2"),
        ("RATE_LIMIT_VERIFY", "100000"),
        ("RATE_LIMIT_RESEND", "100000"),
        ("RATE_LIMIT_RESEND_ADDRESS", "100000"),
        ("RATE_LIMIT_LOGIN_ADDRESS", "100000"),
    ]);
    site.add_server();
    site.add_worker();
    let root = site.administrator("root");
    site.register("waiting");
    for name in ["verified", "barred"] {
        site.register(name);
        site.verify(name);
    }
    let id = site.sql("SELECT id FROM users WHERE username = 'barred'");
    let off = format!("/api/v1/admin/users/{id}/deactivate");
    body(site.post(&off, &json!({})).bearer_auth(&root.access).send().unwrap(), 200);
    site
}

pub(super) fn ask(site: &Production, (_, route, about): &Question, name: &str) -> Response {
    let request = site.post(&format!("/api/v1/auth/{route}"), &about(name));
    request.header("X-Request-Id", "the-same-for-all").send().unwrap()
}

/// Everything that an answer says, but for what is the clock's: the date, and the seconds until a limit's reset, which
/// are told apart so that they can be compared with a tolerance.
fn heard(answer: Response) -> (String, Option<i64>) {
    let reset =
        answer.headers().get("x-ratelimit-reset").map(|reset| reset.to_str().unwrap().parse().unwrap());
    let headers =
        answer.headers().iter().filter(|(name, _)| !["date", "x-ratelimit-reset"].contains(&name.as_str()));
    let mut headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {value:?}")).collect();
    headers.sort();
    let status = answer.status();
    (format!("{status}\n{}\n\n{}", headers.join("\n"), answer.text().unwrap()), reset)
}

#[test]
fn neither_answers_nor_delays_tell_who_has_an_account() {
    let mut site = site();
    no_answer_tells(&site);
    // Who delivers mails does it on another machine, or when it is quiet.
    site.workers.clear();
    delays::tell_nobody(&site);
}

fn no_answer_tells(site: &Production) {
    // Codes are asked for, so that some have one and others have not; then tried until nothing is left to try, and once
    // more after another code: the count-down starts again for everybody.
    let [by_address, by_name, verify, resend, forgot, reset] = QUESTIONS;
    for (sequence, what) in [
        (vec![by_address; 3], "logins by address"),
        (vec![by_name; 3], "logins by username"),
        (vec![by_address, by_name, by_name, by_address], "logins by both"),
        (vec![resend, verify, verify, verify, verify, resend, verify, verify], "verification"),
        (vec![forgot, reset, reset, reset, reset, forgot, reset, reset], "reset"),
        (vec![verify, verify, verify, verify, reset, reset, reset, reset], "codes that nobody asked for"),
    ] {
        let all = PEOPLE.map(|name| {
            site.runtime.block_on(site.redis.flush()).unwrap(); // everybody starts with the same limits
            let started = Instant::now();
            let hear = |question| (heard(ask(site, question, name)), started.elapsed().as_secs());
            sequence.iter().map(hear).collect::<Vec<_>>()
        });
        for (name, heard) in PEOPLE.iter().zip(&all) {
            for (step, ((this, took), (that, took_that))) in heard.iter().zip(&all[0]).enumerate() {
                assert_eq!(this.0, that.0, "{what}, step {step}: {name} and {STRANGER}");
                let apart = this.1.unwrap_or(-9) - that.1.unwrap_or(-9);
                // The clocks of both began within that time: as good as none, unless the machine is busy.
                let passed = i64::try_from(*took.max(took_that)).unwrap();
                assert!(
                    apart.abs() <= 2 + passed,
                    "{what}, step {step}: the limit of {name} is reset {apart} s later"
                );
            }
        }
    }
    // Not even the right password tells that there is an account which is switched off.
    let right = |name| {
        site.runtime.block_on(site.redis.flush()).unwrap();
        let login: Question = ("", "login", |name| json!({"email": address(name), "password": PASSWORD}));
        heard(ask(site, &login, name)).0
    };
    assert_eq!(right("barred"), right(STRANGER));
    let left = |question| body(ask(site, question, "waiting"), 400)["remaining_attempts"].as_i64();
    assert_eq!(left(&verify), Some(2), "what was compared is the count-down");
}
