//! Registration that tells nothing, from outside: a taken address and a free one differ in no status, header, byte or
//! delay, neither at registration nor in what can be asked afterwards.

use super::stopwatch::{Dice, differ, enough, middle, resolution, slower};
use crate::harness::{PASSWORD, Production, address, body};
use reqwest::blocking::Response;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Samples of each kind, at least.
const SAMPLES: usize = 120;

/// Somebody with an account, somebody without, and one more without, who waits for three attempts at a code besides,
/// without a hash: what is to be told apart.
const PEOPLE: [&str; 3] = ["owner", "nobody", "late"];

/// One server, so that no answer depends on whose turn it is.
fn site() -> Production {
    let mut site = Production::prepare(&[
        ("REGISTRATION_PRIVACY", "conceal"),
        ("RATE_LIMIT_LOGIN", "5"),
        // As many samples as it takes.
        ("RATE_LIMIT_REGISTER", "100000"),
        ("RATE_LIMIT_VERIFY", "100000"),
    ]);
    site.add_server();
    site.add_worker();
    site
}

fn send(site: &Production, route: &str, body: &Value) -> Response {
    let request = site.post(&format!("/api/v1/auth/{route}"), body);
    request.header("X-Request-Id", "the-same-for-all").send().unwrap()
}

fn new(email: &str, username: &str) -> Value {
    json!({"email": email, "username": username, "full_name": " Ada  Lovelace ", "password": PASSWORD})
}

/// All that an answer says, but for what is the clock's; and the id in it.
fn heard(answer: Response) -> (String, Option<i64>) {
    let clocks = ["date", "x-ratelimit-reset", "retry-after"];
    let headers = answer.headers().iter().filter(|(name, _)| !clocks.contains(&name.as_str()));
    let mut headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {value:?}")).collect();
    // The digits of an id are not of one length.
    headers.retain(|header| !header.starts_with("content-length"));
    headers.sort();
    let (status, mut text) = (answer.status(), answer.text().unwrap());
    let body: Value = serde_json::from_str(&text).unwrap();
    let id = body["id"].as_i64();
    if let Some(id) = id {
        let created = body["created_at"].as_str().unwrap();
        assert_eq!(created.len(), "2026-01-01T00:00:00.000000Z".len());
        text = text.replace(created, "TIME").replace(&format!("\"id\":{id},"), "\"id\":ID,");
    }
    (format!("{status}\n{}\n\n{text}", headers.join("\n")), id)
}

#[test]
fn nothing_tells_a_taken_address_from_a_free_one() {
    let site = site();
    site.signed_in("grace");
    let mails_before = site.mails().len();

    let mut ids = Vec::new();
    // Of one length each; the first address is taken, the second is free.
    let [taken, free] = [("grace", "mabel"), ("steve", "hazel")].map(|(person, name)| {
        site.runtime.block_on(site.redis.flush()).unwrap(); // both start with the same limits
        let email = address(person);
        let wrong = json!({"email": email, "otp": "000000"});
        let by_address = json!({"email": email, "password": "turning wheels by hand"});
        let by_name = json!({"username": name, "password": PASSWORD});
        let reset = json!({"email": email, "otp": "000000", "new_password": "a moth in relay seventy"});
        let first = format!("{name}-1");
        let steps = [
            ("login", by_address.clone()),
            ("register", new(&email, &first)),
            ("register", new(&email.to_uppercase(), &first)), // replaces the first
            ("login", json!({"username": first, "password": PASSWORD})),
            ("register", new(&email, name)), // and this one it, whose username is free
            ("register", new("other@example.com", name)),
            ("register", new(&email, "grace")),
            ("login", by_address.clone()),
            ("login", by_name.clone()),
            ("login", json!({"username": name, "password": "wrong"})),
            ("verify-email", wrong.clone()),
            ("verify-email", wrong.clone()),
            ("resend-otp", json!({"email": email})),
            ("verify-email", wrong.clone()),
            ("register", new(&email, name)), // starts the count-down anew
            ("verify-email", wrong.clone()),
            ("verify-email", wrong.clone()),
            ("verify-email", wrong.clone()),
            ("verify-email", wrong),
            ("forgot-password", json!({"email": email})),
            ("reset-password", reset),
            ("login", by_name.clone()),
            ("login", by_name.clone()),
            ("login", by_name.clone()),
            ("login", by_name),
            ("login", by_address),
        ];
        let hear = |(route, body): &(&str, Value)| {
            let (text, id) = heard(send(&site, route, body));
            ids.extend(id);
            format!("{route}: {}", text.replace(&email, "ADDRESS").replace(name, "NAME"))
        };
        steps.iter().map(hear).collect::<Vec<_>>()
    });
    for (step, (taken, free)) in taken.iter().zip(&free).enumerate() {
        assert_eq!(taken, free, "step {step}");
    }
    let status = |step: usize| taken[step].split(' ').nth(1).unwrap().to_owned();
    assert_eq!([1, 2, 4, 14].map(status), ["201"; 4]);
    assert_eq!([5, 6].map(status), ["409"; 2]);
    assert_eq!([0, 3, 7, 8, 9, 21, 22, 23, 25].map(status), ["401"; 9]);
    assert_eq!(status(24), "429", "a right password counts as a failure");
    assert!(ids.is_sorted() && ids.len() == 8, "{ids:?}");

    // The owner was told each time, and each free registration has its code.
    site.wait_for("the mails", || (site.mails().len() == mails_before + 11).then_some(()));
    let mails = site.mails();
    let to = |person: &str| mails.iter().filter(|mail| mail["to"] == address(person)).collect::<Vec<_>>();
    let notices =
        to("grace").iter().filter(|mail| mail["text"].as_str().unwrap().contains("belongs to")).count();
    assert_eq!((notices, to("steve").len()), (4, 6), "and two codes that were asked for");
    assert_eq!(to("grace").len() + to("steve").len(), mails.len(), "nobody else was written to");
    site.log_in("grace", PASSWORD);
    assert_eq!(site.sql("SELECT username FROM users WHERE email LIKE '%@held-name.invalid'").trim(), "mabel");
    let audit = site.run(&["audit", "verify"], "");
    assert!(audit.status.success(), "{audit:?}");
}

#[test]
fn no_delay_tells_a_taken_address_from_a_free_one() {
    let mut site = site();
    // Who delivers mails does it on another machine, or when it is quiet.
    site.workers.clear();
    let register = |email: &str, name: &str| {
        let started = Instant::now();
        let answer = send(&site, "register", &new(email, name));
        let took = started.elapsed();
        body(answer, 201);
        took
    };
    let attempt = json!({"email": address("bystander"), "otp": "000000"});
    let planted = |who: usize| {
        for _ in 0..if who == 2 { 3 } else { 0 } {
            body(send(&site, "verify-email", &attempt), 400);
        }
    };
    // First registrations, and those that replace an earlier one.
    let [mut first, mut again] = [(); 2].map(|()| vec![Vec::new(); 3]);
    let (mut round, mut dice) = (0, Dice(0x9E37_79B9_7F4A_7C15));
    while [&first, &again].iter().any(|all| !enough(SAMPLES, &all[1], &all[2..])) {
        let numbers = round..round + 30;
        round = numbers.end;
        for number in numbers.clone() {
            register(&address(&format!("owner{number}")), &format!("owner{number}"));
        }
        site.sql("UPDATE users SET is_verified = true, claim_expires_at = NULL WHERE username LIKE 'owner%'");
        for number in numbers {
            let people = PEOPLE.map(|person| format!("{person}{number}"));
            for samples in [&mut first, &mut again] {
                for who in dice.order(people.len()) {
                    let mut took = register(&address(&people[who]), &format!("name{number}-{who}"));
                    let started = Instant::now();
                    planted(who);
                    took += started.elapsed();
                    samples[who].push(took);
                }
            }
        }
    }
    for (what, all) in [("the first", &first), ("another", &again)] {
        assert_alike(what, all);
    }
    nor_does_what_is_asked_afterwards(&site, round, planted);
}

/// The samples of a taken address and of a free one cannot be told apart; those where something is planted can.
fn assert_alike(what: &str, samples: &[Vec<Duration>]) {
    let [taken, free, late] = [&samples[0], &samples[1], &samples[2]];
    let (chance, control) = (slower(taken, free), slower(late, free));
    let (middles, least) = ([taken, free, late].map(|samples| middle(samples)), resolution(free));
    println!("{what}: {chance:.3} and {control:.3}, {middles:?}, {least:?} more would be noticed");
    assert!(!differ(taken, free), "{what}: {chance:.2}, {middles:?}");
    assert!(differ(late, free), "{what}: what is planted goes unnoticed: {control:.2}, {middles:?}");
}

/// What is asked about an address, or about the username that was registered with it.
type Question = (&'static str, &'static str, fn(&str, &str) -> Value, u16);

const AFTERWARDS: [Question; 4] = [
    ("login by username", "login", |_, name| json!({"username": name, "password": PASSWORD}), 401),
    ("login by address", "login", |email, _| json!({"email": email, "password": "not the right one"}), 401),
    ("another code", "resend-otp", |email, _| json!({"email": email}), 200),
    ("forgotten password", "forgot-password", |email, _| json!({"email": email}), 200),
];

/// About those of `rounds`: each once, and once more from the first when there are not enough.
fn nor_does_what_is_asked_afterwards(site: &Production, rounds: usize, planted: impl Fn(usize)) {
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    for (what, route, about, status) in AFTERWARDS {
        let mut samples = vec![Vec::new(); PEOPLE.len()];
        for number in (0..rounds).cycle() {
            if number % 30 == 0 {
                site.runtime.block_on(site.redis.flush()).unwrap(); // so that no limit is met
                if enough(SAMPLES, &samples[1], &samples[2..]) {
                    break;
                }
            }
            for who in dice.order(PEOPLE.len()) {
                let email = address(&format!("{}{number}", PEOPLE[who]));
                let started = Instant::now();
                let answer = send(site, route, &about(&email, &format!("name{number}-{who}")));
                planted(who);
                samples[who].push(started.elapsed());
                body(answer, status);
            }
        }
        assert_alike(what, &samples);
    }
}
