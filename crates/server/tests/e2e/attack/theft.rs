//! The chain of refresh tokens, raced over two instances: one successor, theft noticed once, and nothing alive after a
//! logout.

use super::crowd::{CROWD, at_once, count};
use crate::harness::{PASSWORD, Production, Tokens, address, body};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn refreshed(site: &Production, tokens: &Tokens) -> Tokens {
    Tokens::of(&body(site.refresh(&tokens.refresh), 200))
}

fn statuses(site: &Production, tokens: &Tokens) -> [u16; 3] {
    // Once on each instance.
    let me = || site.me(tokens).status().as_u16();
    [me(), me(), site.refresh(&tokens.refresh).status().as_u16()]
}

/// How often the audit has `action`.
fn audited(site: &Production, action: &str) -> String {
    site.sql(&format!("SELECT count(*) FROM audit_log WHERE action = '{action}'"))
}

/// How many notices of a theft `name` got, once there are at least `expected` and nothing waits to be sent.
fn notices(site: &Production, name: &str, expected: usize) -> usize {
    let notices = || {
        let is_notice = |text: &str| text.contains("An old key of this session was used again");
        let mails = site.mails().into_iter().filter(|mail| mail["to"] == address(name));
        mails.filter(|mail| is_notice(&mail["text"].as_str().unwrap().replace('\n', " "))).count()
    };
    site.wait_for("the notice of a theft", || {
        let waiting = site.sql("SELECT count(*) FROM outbox WHERE status = 'queued'");
        (waiting == "0" && notices() >= expected).then_some(())
    });
    notices()
}

#[test]
fn a_refresh_token_has_one_successor_and_a_spent_one_ends_the_session() {
    let site = Production::start_pair(&[]);
    for name in ["ada", "grace", "eve", "mary"] {
        site.register(name);
        site.verify(name);
    }
    one_successor(&site);
    theft_by_an_older_token(&site);
    theft_by_the_previous_token(&site);
    theft_while_the_owner_refreshes(&site);
    no_life_after_a_logout(&site);
}

fn one_successor(site: &Production) {
    let mut current = site.log_in("ada", PASSWORD);
    for _ in 0..3 {
        let all = at_once(CROWD, |_| refreshed(site, &current));
        assert!(all.iter().all(|tokens| tokens.refresh == all[0].refresh), "there are several successors");
        let alive = all.iter().take(4).all(|tokens| site.me(tokens).status() == 200);
        assert!(alive, "each access token beside it is good");
        current = all.into_iter().next().unwrap();
    }
    let generations =
        "SELECT generation FROM user_sessions JOIN users ON users.id = user_id WHERE username = 'ada'";
    assert_eq!(site.sql(generations), "3");
    assert_eq!(audited(site, "session.refresh_token_reused"), "0");
}

fn theft_by_an_older_token(site: &Production) {
    let first = site.log_in("ada", PASSWORD);
    let other = site.log_in("ada", PASSWORD);
    let second = refreshed(site, &first);
    let third = refreshed(site, &second);
    for _ in 0..2 {
        assert_eq!(site.me(&third).status(), 200); // on both instances
    }
    // A whole crowd comes with the copy: one theft, one notice, one event, and the plain answer.
    let all = at_once(CROWD, |_| site.refresh(&first.refresh).status().as_u16());
    assert_eq!(count(&all, &401), CROWD);
    for tokens in [&first, &second, &third] {
        assert_eq!(statuses(site, tokens), [401, 401, 401]);
    }
    assert_eq!(statuses(site, &other), [200, 200, 200], "another device stays signed in");
    assert_eq!(notices(site, "ada", 1), 1);
    assert_eq!(audited(site, "session.refresh_token_reused"), "1");
}

fn theft_by_the_previous_token(site: &Production) {
    let first = site.log_in("grace", PASSWORD);
    let second = refreshed(site, &first);
    assert_eq!(site.me(&second).status(), 200); // the successor was used
    assert_eq!(refreshed(site, &first).refresh, second.refresh, "two tabs, for ten seconds");
    // The ten seconds pass.
    site.sql("UPDATE user_sessions SET rotated_at = rotated_at - interval '11 seconds'");
    let answer = body(site.refresh(&first.refresh), 401);
    let garbage = body(site.refresh("AAAAAAAAAAAAAAAAAAAAAA.0.AAAA"), 401);
    assert_eq!(
        (&answer["type"], &answer["detail"]),
        (&garbage["type"], &garbage["detail"]),
        "the plain answer"
    );
    for tokens in [&first, &second] {
        assert_eq!(statuses(site, tokens), [401, 401, 401]);
    }
    assert_eq!(notices(site, "grace", 1), 1);
    assert_eq!(audited(site, "session.refresh_token_reused"), "2");
}

/// A copy is used while the owner refreshes and refreshes: wherever in the chain it comes, the theft is noticed, once, and
/// nothing that the owner got on the way outlives it.
fn theft_while_the_owner_refreshes(site: &Production) {
    const ROUNDS: usize = 5;
    for round in 0..ROUNDS {
        let first = site.log_in("mary", PASSWORD);
        let third = refreshed(site, &refreshed(site, &first));
        assert_eq!(site.me(&third).status(), 200);
        let done = AtomicUsize::new(0);
        let got = at_once(2, |number| {
            if number == 1 {
                let started = Instant::now();
                while done.load(Ordering::Relaxed) < 2 * round && started.elapsed().as_secs() < 20 {
                    thread::sleep(Duration::from_millis(1));
                }
                assert_eq!(site.refresh(&first.refresh).status(), 401, "a copy");
                return Vec::new();
            }
            let mut chain: Vec<Tokens> = Vec::new();
            for _ in 0..500 {
                let answer = site.refresh(&chain.last().unwrap_or(&third).refresh);
                match answer.status().as_u16() {
                    200 => chain.push(Tokens::of(&answer.json().unwrap())),
                    401 => {
                        done.store(usize::MAX, Ordering::Relaxed);
                        return chain;
                    }
                    status => panic!("{status}"),
                }
                done.store(chain.len(), Ordering::Relaxed);
            }
            panic!("nobody noticed the copy");
        });
        assert!(got[0].len() >= 2 * round, "the owner was signed out before there was a thief");
        for tokens in got[0].iter().rev().take(3).chain([&first, &third]) {
            assert_eq!(statuses(site, tokens), [401, 401, 401], "round {round}");
        }
        assert_eq!(audited(site, "session.refresh_token_reused"), (3 + round).to_string());
    }
    assert_eq!(notices(site, "mary", ROUNDS), ROUNDS);
}

/// Refreshes and a logout at once: whoever got tokens before it has dead ones.
fn no_life_after_a_logout(site: &Production) {
    for round in 0..10 {
        let tokens = site.log_in("eve", PASSWORD);
        let others = 7;
        let got = at_once(others + 1, |number| {
            if number == round % (others + 1) {
                let out = site.post("/api/v1/auth/logout", &json!({})).bearer_auth(&tokens.access);
                body(out.send().unwrap(), 200);
                return None;
            }
            let answer = site.refresh(&tokens.refresh);
            assert!([200, 401].contains(&answer.status().as_u16()), "{}", answer.status());
            (answer.status() == 200).then(|| Tokens::of(&answer.json().unwrap()))
        });
        for tokens in got.iter().flatten().chain([&tokens]) {
            assert_eq!(statuses(site, tokens), [401, 401, 401], "round {round}");
        }
    }
    let alive = "SELECT count(*) FROM user_sessions JOIN users ON users.id = user_id WHERE username = 'eve' \
        AND user_sessions.is_active";
    assert_eq!(site.sql(alive), "0");
}
