//! Several instances are one service: what happens on one is known to the others, and one may come and go.

use crate::harness::{PASSWORD, Production, Tokens, address, body};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The status of GET me on the instance at `base`.
fn me(site: &Production, base: &str, tokens: &Tokens) -> u16 {
    let me = site.http.get(format!("{base}/api/v1/auth/me")).bearer_auth(&tokens.access);
    me.send().unwrap().status().as_u16()
}

/// How long until the instance at `base` no longer serves `tokens`, whose session has just ended elsewhere.
fn until_refused(site: &Production, base: &str, tokens: &Tokens) -> Duration {
    let started = Instant::now();
    while me(site, base, tokens) != 401 {
        assert!(started.elapsed() < Duration::from_secs(15), "it is served for ever");
        thread::sleep(Duration::from_millis(5));
    }
    started.elapsed()
}

/// Ends a session on the first instance while the second has it in its cache.
fn ended_elsewhere(site: &Production, tokens: &Tokens) {
    let (first, second) = (&site.bases[0], &site.bases[1]);
    for _ in 0..3 {
        assert_eq!(me(site, second, tokens), 200);
    }
    let out =
        site.http.post(format!("{first}/api/v1/auth/logout")).bearer_auth(&tokens.access).json(&json!({}));
    body(out.send().unwrap(), 200);
}

#[test]
fn a_change_on_one_is_seen_by_the_next_request_on_another() {
    let site = Production::start();
    site.signed_in("ada");
    for _ in 0..20 {
        let tokens = site.log_in("ada", PASSWORD);
        ended_elsewhere(&site, &tokens);
        assert_eq!(me(&site, &site.bases[1], &tokens), 401);
    }
}

#[test]
fn a_change_is_seen_within_a_second_while_redis_is_away_or_restarted() {
    let site = Production::start();
    site.signed_in("ada");
    let session = |site: &Production| site.log_in("ada", PASSWORD);

    let (before, during) = (session(&site), session(&site));
    ended_elsewhere(&site, &before);
    site.runtime.block_on(site.redis.stop()).unwrap();
    ended_elsewhere(&site, &during);
    assert!(until_refused(&site, &site.bases[1], &during) < Duration::from_secs(1));
    let just_before = session(&site);
    site.runtime.block_on(site.redis.start()).unwrap();
    ended_elsewhere(&site, &just_before);
    for tokens in [&before, &during, &just_before] {
        assert!(until_refused(&site, &site.bases[1], tokens) < Duration::from_secs(1));
    }

    let across = session(&site);
    ended_elsewhere(&site, &across);
    site.runtime.block_on(site.redis.restart()).unwrap();
    assert!(until_refused(&site, &site.bases[1], &across) < Duration::from_secs(1));
}

#[test]
fn a_change_is_seen_within_five_seconds_while_redis_is_frozen() {
    let site = Production::start();
    site.signed_in("ada");
    let tokens = site.log_in("ada", PASSWORD);
    for _ in 0..3 {
        assert_eq!(me(&site, &site.bases[1], &tokens), 200);
    }
    site.redis.freeze().unwrap();
    ended_elsewhere(&site, &tokens);
    let took = until_refused(&site, &site.bases[1], &tokens);
    site.redis.thaw().unwrap();
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn limits_and_codes_are_shared() {
    let mut site = Production::prepare(&[("RATE_LIMIT_LOGIN", "5")]);
    for _ in 0..2 {
        site.add_server();
    }
    site.add_worker();
    site.signed_in("ada");
    let wrong = json!({"email": address("ada"), "password": "not the right one"});
    let statuses: Vec<u16> =
        (0..8).map(|_| site.post("/api/v1/auth/login", &wrong).send().unwrap().status().as_u16()).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);

    site.register("grace");
    let code = site.code(&address("grace"));
    let guess = json!({"email": address("grace"), "otp": if code == "000000" { "000001" } else { "000000" }});
    for left in [2, 1, 0] {
        let refused = body(site.post("/api/v1/auth/verify-email", &guess).send().unwrap(), 400);
        assert_eq!(refused["remaining_attempts"], left);
    }
    let proof = json!({"email": address("grace"), "otp": code});
    body(site.post("/api/v1/auth/verify-email", &proof).send().unwrap(), 400);
}

/// A balancer: asks each instance every 100 ms whether it is ready, sends requests to those that are, and tries another
/// one when nobody listens. Nothing else is forgiven.
struct Balancer<'a> {
    site: &'a Production,
    ready: Vec<AtomicBool>,
    turn: AtomicUsize,
}

impl<'a> Balancer<'a> {
    fn new(site: &'a Production) -> Self {
        let ready = site.bases.iter().map(|_| AtomicBool::new(true)).collect();
        Self { site, ready, turn: AtomicUsize::new(0) }
    }

    fn look(&self) {
        for (base, ready) in self.site.bases.iter().zip(&self.ready) {
            let answer = self.site.http.get(format!("{base}/health/ready")).send();
            ready.store(answer.is_ok_and(|answer| answer.status() == 200), Ordering::Relaxed);
        }
    }

    /// A read and a write in turn; the refresh token's successor is never used, so the same answer is given again.
    fn send(&self, tokens: &Tokens) -> Result<(), String> {
        let writes = self.turn.load(Ordering::Relaxed) % 4 < 2;
        for _ in 0..2 * self.ready.len() {
            let index = self.turn.fetch_add(1, Ordering::Relaxed) % self.ready.len();
            if !self.ready[index].load(Ordering::Relaxed) {
                continue;
            }
            let base = &self.site.bases[index];
            let request = if writes {
                let body = json!({"refresh_token": tokens.refresh});
                self.site.http.post(format!("{base}/api/v1/auth/refresh")).json(&body)
            } else {
                self.site.http.get(format!("{base}/api/v1/auth/me")).bearer_auth(&tokens.access)
            };
            match request.send() {
                Ok(answer) if answer.status() == 200 => return Ok(()),
                Ok(answer) => return Err(format!("{}", answer.status())),
                Err(error) if error.is_connect() => {}
                Err(error) => return Err(format!("{error:?}")),
            }
        }
        Err("nobody is ready".to_owned())
    }
}

#[test]
fn a_rolling_restart_under_load_fails_no_request() {
    let mut site = Production::start();
    let mut servers = std::mem::take(&mut site.servers);
    let tokens = site.signed_in("ada");
    let balancer = Balancer::new(&site);
    let (done, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    let client = || {
        let mut failures = Vec::new();
        while !done.load(Ordering::Relaxed) {
            match balancer.send(&tokens) {
                Ok(()) => _ = served.fetch_add(1, Ordering::Relaxed),
                Err(failure) => failures.push(failure),
            }
        }
        failures
    };
    let failures: Vec<String> = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                balancer.look();
                thread::sleep(Duration::from_millis(100));
            }
        });
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(client)).collect();
        for base in site.bases.iter().chain(&site.bases) {
            thread::sleep(Duration::from_millis(500));
            let (success, log) = servers.remove(0).stop();
            assert!(success, "{log}");
            servers.push(site.server(base.rsplit(':').next().unwrap()).0);
        }
        thread::sleep(Duration::from_millis(500));
        done.store(true, Ordering::Relaxed);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(failures, Vec::<String>::new());
    assert!(served.load(Ordering::Relaxed) > 500, "there was hardly any load");
}
