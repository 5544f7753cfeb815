//! Nobody is somewhere else because a header says so: limits, sessions and the audit go by the peer, or by what a trusted
//! proxy wrote, whatever a stranger wrote to the left of it.

use crate::harness::{BINARY, PASSWORD, Process, Production, Tokens, address, body};
use reqwest::blocking::RequestBuilder;
use reqwest::header::HeaderValue;
use serde_json::json;

/// Headers in which somebody else may be claimed to be the client.
const CLAIMS: [&str; 9] = [
    "X-Forwarded-For",
    "X-Real-IP",
    "Forwarded",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Forwarded",
    "Via",
];

/// What a client may write before the proxy appends the address that it sees.
const SPOOFS: [&[u8]; 14] = [
    b"6.6.6.6, ",
    b"127.0.0.1, ",
    b"127.0.0.1, 6.6.6.6, ",
    b"6.6.6.6, 127.0.0.1, ",
    b"unknown, ",
    b", ",
    b",,,, ",
    b"\xe9, ",
    b"\xff\xfe\x80, 6.6.6.6, ",
    "\u{ff11}.2.3.4, ".as_bytes(),
    b"6.6.6.6:99999, ",
    b"[::1]:80, ",
    b"\"[2001:db8::6]\", ",
    b"for=6.6.6.6;proto=https, ",
];

/// A server that trusts nobody, and one that trusts the machine that it runs on.
fn site() -> (Production, Process) {
    let mut site = Production::prepare(&[("RATE_LIMIT_LOGIN", "5")]);
    site.add_server();
    site.add_worker();
    let trusting = Process::start(
        site.command(BINARY, &["serve"]).env("TRUSTED_PROXIES", "127.0.0.1/32").env("PORT", "0"),
    );
    (site, trusting)
}

fn login(site: &Production, base: &str, name: &str, password: &str) -> RequestBuilder {
    let login = json!({"email": address(name), "password": password});
    site.http.post(format!("{base}/api/v1/auth/login")).json(&login)
}

/// The statuses of `times` wrong logins, each as `claiming` makes it.
fn wrong_logins(times: usize, claiming: impl Fn(usize) -> RequestBuilder) -> Vec<u16> {
    (0..times).map(|time| claiming(time).send().unwrap().status().as_u16()).collect()
}

/// The address that a login is recorded with.
fn seen(site: &Production, login: RequestBuilder) -> String {
    let tokens = Tokens::of(&body(login.send().unwrap(), 200));
    let sessions = site.get("/api/v1/auth/sessions").bearer_auth(&tokens.access).send().unwrap();
    let sessions = body(sessions, 200);
    let current = sessions.as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
    current["ip_address"].as_str().unwrap().to_owned()
}

/// `X-Forwarded-For` as the proxy passes it on.
fn forwarded(request: RequestBuilder, line: &[u8]) -> RequestBuilder {
    request.header("X-Forwarded-For", HeaderValue::from_bytes(line).unwrap())
}

const REFUSED_AFTER_FIVE: [u16; 8] = [401, 401, 401, 401, 401, 429, 429, 429];

#[test]
fn no_header_of_a_stranger_changes_an_address() {
    let (site, process) = site();
    let trusting = process.wait_for_line(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        (line["message"] == "listening").then(|| format!("http://{}", line["address"].as_str().unwrap()))
    });
    for name in ["ada", "grace", "eve", "mary"] {
        site.register(name);
        site.verify(name);
    }
    a_server_without_proxies_believes_nobody(&site);
    a_server_behind_a_proxy_believes_the_proxy_alone(&site, &trusting);
    nobody_escapes_a_limit(&site, &trusting);
}

fn a_server_without_proxies_believes_nobody(site: &Production) {
    let base = &site.bases[0];
    let statuses = wrong_logins(8, |time| {
        let claim = format!("198.51.100.{time}");
        CLAIMS.iter().fold(login(site, base, "ada", "wrong"), |request, name| request.header(*name, &claim))
    });
    assert_eq!(statuses, REFUSED_AFTER_FIVE);
    for name in CLAIMS {
        let login = login(site, base, "eve", PASSWORD).header(name, "198.51.100.7");
        assert_eq!(seen(site, login), "127.0.0.1", "{name}");
    }
    let elsewhere = "SELECT count(*) FROM audit_log WHERE ip_address <> '127.0.0.1'";
    assert_eq!(site.sql(elsewhere), "0");
}

fn a_server_behind_a_proxy_believes_the_proxy_alone(site: &Production, trusting: &str) {
    let login = || login(site, trusting, "eve", PASSWORD);
    // What the proxy appends counts, in each spelling, and what is left of it does not.
    for (appended, address) in [
        ("198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("[::ffff:198.51.100.7]:4711", "198.51.100.7"),
        ("2001:db8::5", "2001:db8::5"),
        ("[2001:db8::5]", "2001:db8::5"),
        ("[2001:DB8:0::5]:443", "2001:db8::5"),
        ("198.51.100.7, 127.0.0.1", "198.51.100.7"),
    ] {
        assert_eq!(seen(site, forwarded(login(), appended.as_bytes())), address, "{appended}");
    }
    for spoof in SPOOFS {
        let line = [spoof, b"198.51.100.7"].concat();
        let told = String::from_utf8_lossy(&line).into_owned();
        assert_eq!(seen(site, forwarded(login(), &line)), "198.51.100.7", "{told}");
        let two_lines = forwarded(forwarded(login(), spoof), b"198.51.100.7");
        assert_eq!(seen(site, two_lines), "198.51.100.7", "{told} in a line of its own");
    }
    let many = "6.6.6.6, ".repeat(500) + "198.51.100.7";
    assert_eq!(seen(site, forwarded(login(), many.as_bytes())), "198.51.100.7");
    // Where nobody sensible is named, it is the proxy itself.
    for line in ["unknown", "198.51.100.7, unknown", "198.51.100.7, 999.1.1.1", "198.51.100.7, 127.0.0.1, -"]
    {
        assert_eq!(seen(site, forwarded(login(), line.as_bytes())), "127.0.0.1", "{line}");
    }
    for name in &CLAIMS[1..] {
        let login = login().header(*name, "198.51.100.7");
        assert_eq!(seen(site, login), "127.0.0.1", "{name} is not asked");
    }
    let audited =
        "SELECT count(*) FROM audit_log WHERE ip_address IN ('6.6.6.6', '2001:db8::6', '::1', '1.2.3.4')";
    assert_eq!(site.sql(audited), "0");
}

fn nobody_escapes_a_limit(site: &Production, trusting: &str) {
    let wrong = |name: &str, line: &[u8]| forwarded(login(site, trusting, name, "wrong"), line);
    let statuses = wrong_logins(8, |time| {
        let spoof =
            [SPOOFS[7], SPOOFS[0], SPOOFS[3], SPOOFS[8], SPOOFS[5], SPOOFS[7], SPOOFS[9], SPOOFS[1]][time];
        wrong("grace", &[spoof, b"198.51.100.7"].concat())
    });
    assert_eq!(statuses, REFUSED_AFTER_FIVE);
    for spelling in
        ["198.51.100.7:1", "::ffff:198.51.100.7", "[::ffff:c633:6407]:9", "198.51.100.7, 127.0.0.1"]
    {
        assert_eq!(wrong("grace", spelling.as_bytes()).send().unwrap().status(), 429, "{spelling}");
    }
    assert_eq!(wrong("grace", b"198.51.100.8").send().unwrap().status(), 401, "a neighbour is another one");

    // A household of 2^64 addresses is one caller.
    let statuses = wrong_logins(8, |time| wrong("mary", format!("2001:db8:1:2:{time}::{time}").as_bytes()));
    assert_eq!(statuses, REFUSED_AFTER_FIVE);
    assert_eq!(wrong("mary", b"[2001:db8:1:2:ffff::]:443").send().unwrap().status(), 429);
    assert_eq!(wrong("mary", b"2001:db8:1:3::1").send().unwrap().status(), 401, "the next household");
}
