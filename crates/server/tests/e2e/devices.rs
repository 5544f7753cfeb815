//! Guessers with many addresses throttle strangers for an account, on every instance, and cannot lock its owner out.

use crate::harness::{PASSWORD, Production, address, body};
use reqwest::blocking::Response;
use serde_json::{Value, json};

/// A login at the instance at `base`, from `from` as a proxy says, with one more header.
fn log_in(site: &Production, base: &str, login: &Value, from: &str, (name, value): (&str, &str)) -> Response {
    let request = site.http.post(format!("{base}/api/v1/auth/login")).json(login);
    request.header("X-Forwarded-For", from).header(name, value).send().unwrap()
}

fn device_token(answer: &Response) -> String {
    let token = answer.headers()["x-device-token"].to_str().unwrap().to_owned();
    let expected = format!(
        "device={token}; HttpOnly; SameSite=Strict; Secure; Path=/api/v1/auth/login; Max-Age=34560000"
    );
    assert_eq!(answer.headers()["set-cookie"], expected);
    token
}

#[test]
fn a_hundred_addresses_cannot_lock_the_owner_out() {
    let mut site = Production::prepare(&[
        ("TRUSTED_PROXIES", "127.0.0.1/32"),
        ("RATE_LIMIT_LOGIN", "5"),
        ("RATE_LIMIT_LOGIN_ACCOUNT", "100"),
        ("RATE_LIMIT_LOGIN_ADDRESS", "100"),
    ]);
    site.add_server();
    site.add_server();
    site.add_worker();
    site.signed_in("ada");
    site.signed_in("bob");
    let bases = site.bases.clone();
    let nothing = ("X-Nothing", "");
    let login = |name: &str, password: &str| json!({"email": address(name), "password": password});
    let (right, wrong) = (login("ada", PASSWORD), login("ada", "not the right one"));
    let devices = ["ada", "bob"].map(|name| {
        let answer = log_in(&site, &bases[0], &login(name, PASSWORD), "192.0.2.1", nothing);
        assert_eq!(answer.status(), 200);
        device_token(&answer)
    });

    // The same for a name that nobody has: what a guesser is told does not tell whether there is an account.
    let told = [wrong, login("nobody", PASSWORD)].map(|guess| {
        let answers = (0..101).map(|n| {
            let answer = log_in(&site, &bases[n % 2], &guess, &format!("198.51.100.{n}"), nothing);
            let limit = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            let limits = [limit("x-ratelimit-limit"), limit("x-ratelimit-remaining")];
            (answer.status().as_u16(), limits)
        });
        answers.collect::<Vec<_>>()
    });
    assert!(told[0][..100].iter().all(|(status, _)| *status == 401), "{told:?}");
    assert_eq!(told[0][100], (429, ["100".to_owned(), "0".to_owned()]));
    assert_eq!(told[0], told[1]);

    for base in &bases {
        let stranger = log_in(&site, base, &right, "203.0.113.9", nothing);
        let wait: u64 = stranger.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
        body(stranger, 429);
        let other = ("X-Device-Token", devices[1].as_str());
        body(log_in(&site, base, &right, "203.0.113.9", other), 429);

        let cookie = format!("theme=dark; device={}", devices[0]);
        let known = log_in(&site, base, &right, "203.0.113.9", ("Cookie", &cookie));
        assert_eq!(known.status(), 200);
        let renewed = device_token(&known);
        let known = log_in(&site, base, &right, "203.0.113.10", ("X-Device-Token", &renewed));
        assert_eq!(known.status(), 200);
        body(log_in(&site, base, &right, "203.0.113.9", nothing), 429);
    }
}
