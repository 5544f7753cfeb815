//! Every kind of mail that there is, to people who chose their names and wrote the headers of each request.

use super::injection::examine;
use crate::harness::{PASSWORD, Production, Tokens, address, body};
use evently_auth_services::sink::SinkMail;
use reqwest::blocking::RequestBuilder;
use serde_json::{Value, json};

/// Where a request may claim that the service is, or that its user comes from.
const CLAIMS: [(&str, &str); 10] = [
    ("Host", "evil.example"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Server", "evil.example"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Prefix", "/evil.example"),
    ("X-Host", "evil.example"),
    ("Forwarded", "host=evil.example;proto=https"),
    ("X-Original-URL", "https://evil.example/"),
    ("Origin", "https://evil.example"),
    ("Referer", "https://evil.example/login"),
];

/// How the subject of each kind begins, whether it goes to the new address of somebody who moves, and how many links
/// it has where there is somewhere to link to.
pub(super) const KINDS: [(&str, bool, usize); 10] = [
    ("Your verification code", false, 0),
    ("Welcome", false, 1),
    ("Your password reset code", false, 0),
    ("Your Evently password was reset", false, 1),
    ("Your Evently password was changed", false, 1),
    ("A new address", false, 1),
    ("Confirm your new address", true, 0),
    ("The address of your", false, 0),
    ("You already have an account", true, 1),
    ("We ended a session", true, 1),
];

/// The mail to `recipient` with this subject.
pub(super) fn mail_to(site: &Production, recipient: &str, subject: &str) -> SinkMail {
    site.wait_for(&format!("{subject:?} to {recipient}"), || {
        let is_it = |mail: &SinkMail| {
            mail.recipients == [recipient] && mail.header("Subject").unwrap_or_default().starts_with(subject)
        };
        site.sink.mails().into_iter().find(is_it)
    })
}

/// Makes an account for each of `people`, by username and by what they want to be called, and everything happen to it
/// that mails are about. The mails of each, one of each of `KINDS`.
pub(super) fn provoke(site: &Production, people: &[(String, &str)]) -> Vec<Vec<SinkMail>> {
    let claiming = |request: RequestBuilder| {
        CLAIMS.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    let ask = |request: RequestBuilder, status| body(claiming(request).send().unwrap(), status);
    let post =
        |route: &str, sent: Value, status| ask(site.post(&format!("/api/v1/auth/{route}"), &sent), status);
    let log_in = |name: &str, password: &str| {
        Tokens::of(&post("login", json!({"username": name, "password": password}), 200))
    };
    let move_to = |tokens: &Tokens, email: &str, password: &str| {
        let change = json!({"email": email, "current_password": password});
        ask(site.put("/api/v1/auth/me", &change).bearer_auth(&tokens.access), 200);
    };
    let changed = "turning mills by water";
    let moved = |name: &str| address(&format!("{name}-moved"));

    // Step by step for everybody, so that nobody waits for the mails of each.
    for (name, called) in people {
        let new =
            json!({"email": address(name), "username": name, "password": PASSWORD, "full_name": called});
        post("register", new, 201);
    }
    let codes: Vec<String> = people.iter().map(|(name, _)| site.code(&address(name))).collect();
    for ((name, _), code) in people.iter().zip(&codes) {
        post("verify-email", json!({"email": address(name), "otp": code}), 200);
        post("forgot-password", json!({"email": address(name)}), 200);
    }
    for ((name, _), code) in people.iter().zip(&codes) {
        let code = site.code_after(&address(name), code);
        let reset = json!({"email": address(name), "otp": code, "new_password": PASSWORD});
        post("reset-password", reset, 200);
        let tokens = log_in(name, PASSWORD);
        let change = json!({"current_password": PASSWORD, "new_password": changed});
        ask(site.post("/api/v1/auth/change-password", &change).bearer_auth(&tokens.access), 200);
        move_to(&tokens, &moved(name), changed);
    }
    let (thief, _) = people.first().unwrap();
    let thief = site.signed_in(&format!("{thief}-thief"));
    for (name, _) in people {
        let code = site.code(&moved(name));
        post("verify-email", json!({"email": moved(name), "otp": code}), 200);
        move_to(&thief, &moved(name), PASSWORD);
        let stolen = log_in(name, changed).refresh;
        let refresh = |token: &str, status| post("refresh", json!({"refresh_token": token}), status);
        let next = Tokens::of(&refresh(&stolen, 200));
        refresh(&next.refresh, 200);
        refresh(&stolen, 401);
    }
    let mails = |(name, _): &(String, &str)| {
        let recipient = |is_new| if is_new { moved(name) } else { address(name) };
        KINDS.iter().map(|(subject, is_new, _)| mail_to(site, &recipient(*is_new), subject)).collect()
    };
    people.iter().map(mails).collect()
}

/// Also behind a proxy that is believed where clients are.
#[test]
fn links_lead_where_the_operator_says_whatever_a_request_claims() {
    let home = "https://accounts.example.com/start";
    let mut site = Production::prepare(&[("PUBLIC_URL", home), ("TRUSTED_PROXIES", "127.0.0.1/32")]);
    site.add_server();
    site.add_worker();
    let mails = provoke(&site, &[("ada".to_owned(), "Ada"), ("grace".to_owned(), "https://evil.example")]);
    for mails in &mails {
        for (mail, (subject, _, links)) in mails.iter().zip(KINDS) {
            examine(mail, subject, Some(home));
            for (part, link) in
                [(mail.text(), format!(": {home}\n")), (mail.html(), format!("<a href=\"{home}\""))]
            {
                assert_eq!(part.unwrap().matches(&link).count(), links, "{subject}");
            }
        }
    }
}
