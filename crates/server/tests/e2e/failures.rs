//! The table of security.md, "When a dependency is away": each row against each column, for each way to be away.
//! Bounded waits, never a 401 for a failure of ours, and recovery without a restart.

use crate::harness::{PASSWORD, Production, Tokens, address, body};
use evently_auth_services::sink::{Reaction, Stage};
use reqwest::blocking::Response;
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Connecting may take 2 seconds and a query 5; with what lies around them this is the most that a client waits.
const MOST: Duration = Duration::from_secs(8);
/// How soon everything is served again once the dependency is back.
const RECOVERY: Duration = Duration::from_secs(10);

/// The rows of the table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    /// Profile, refresh, logout, sessions, administration.
    Accounts,
    /// GET me, which may be answered from a live cache.
    Cached,
    Login,
    /// Register, resend, verify, forgot, reset.
    Codes,
}

/// The columns of the table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Away {
    Nobody,
    Redis,
    Postgres,
    Smtp,
    /// Somebody, but only just: what was asked meanwhile may be answered with 503.
    Briefly,
}

/// A request, the row that it belongs to, and its status when it is served.
type Request = (&'static str, Row, u16, fn(&Production, &People) -> Response);

const REQUESTS: [Request; 14] = [
    ("profile", Row::Cached, 200, |site, people| site.me(&people.ada)),
    ("profile update", Row::Accounts, 200, |site, people| {
        let change = json!({"full_name": "Ada"});
        site.put("/api/v1/auth/me", &change).bearer_auth(&people.ada.access).send().unwrap()
    }),
    ("refresh", Row::Accounts, 200, |site, people| site.refresh(&people.refreshing.refresh)),
    ("sessions", Row::Accounts, 200, |site, people| {
        site.get("/api/v1/auth/sessions").bearer_auth(&people.ada.access).send().unwrap()
    }),
    ("logout", Row::Accounts, 200, |site, people| {
        site.post("/api/v1/auth/logout", &json!({})).bearer_auth(&people.leaving().access).send().unwrap()
    }),
    ("end of other sessions", Row::Accounts, 200, |site, people| {
        site.delete("/api/v1/auth/sessions").bearer_auth(&people.eve.access).send().unwrap()
    }),
    ("change by an administrator", Row::Accounts, 200, |site, people| {
        let change = json!({"full_name": "Somebody else"});
        let user = format!("/api/v1/admin/users/{}", people.bystander);
        site.put(&user, &change).bearer_auth(&people.root.access).send().unwrap()
    }),
    ("administration", Row::Accounts, 200, |site, people| {
        site.get("/api/v1/admin/users").bearer_auth(&people.root.access).send().unwrap()
    }),
    ("login", Row::Login, 200, |site, _| {
        let login = json!({"email": address("ada"), "password": PASSWORD});
        site.post("/api/v1/auth/login", &login).send().unwrap()
    }),
    ("register", Row::Codes, 201, |site, people| {
        let name = format!("newcomer-{}", people.newcomers.fetch_add(1, Ordering::Relaxed));
        let new = json!({"email": address(&name), "username": name, "password": PASSWORD});
        site.post("/api/v1/auth/register", &new).send().unwrap()
    }),
    ("resend", Row::Codes, 200, |site, _| {
        site.post("/api/v1/auth/resend-otp", &json!({"email": address("unproven")})).send().unwrap()
    }),
    ("verify", Row::Codes, 400, |site, _| {
        let proof = json!({"email": address("unproven"), "otp": "000000"});
        site.post("/api/v1/auth/verify-email", &proof).send().unwrap()
    }),
    ("forgot", Row::Codes, 200, |site, _| {
        site.post("/api/v1/auth/forgot-password", &json!({"email": address("ada")})).send().unwrap()
    }),
    ("reset", Row::Codes, 400, |site, _| {
        let reset =
            json!({"email": address("ada"), "otp": "000000", "new_password": "a moth in relay seventy"});
        site.post("/api/v1/auth/reset-password", &reset).send().unwrap()
    }),
];

/// Who makes the requests.
struct People {
    root: Tokens,
    ada: Tokens,
    /// Has this session alone.
    eve: Tokens,
    refreshing: Tokens,
    /// Sessions to log out of.
    leaving: Mutex<Vec<Tokens>>,
    /// Logged out; stays so.
    gone: Tokens,
    /// An account that only administrators care about.
    bystander: i64,
    newcomers: AtomicUsize,
}

impl People {
    fn of(site: &Production) -> Self {
        let admin =
            ["admin", "create", "--email", "root@example.com", "--username", "root", "--password-stdin"];
        assert!(site.run(&admin, PASSWORD).status.success());
        site.register("unproven");
        let bystander = site.register("bystander")["id"].as_i64().unwrap();
        let (ada, gone) = (site.signed_in("ada"), site.log_in("ada", PASSWORD));
        let out = site.post("/api/v1/auth/logout", &json!({})).bearer_auth(&gone.access).send().unwrap();
        body(out, 200);
        let refreshing = site.log_in("ada", PASSWORD);
        let eve = site.signed_in("eve");
        let root = site.log_in("root", PASSWORD);
        let (leaving, newcomers) = (Mutex::default(), AtomicUsize::new(0));
        Self { root, ada, eve, refreshing, leaving, gone, bystander, newcomers }
    }

    fn leaving(&self) -> Tokens {
        self.leaving.lock().unwrap().pop().expect("a session to log out of")
    }

    fn log_in_to_leave(&self, site: &Production) {
        self.leaving.lock().unwrap().extend((0..30).map(|_| site.log_in("ada", PASSWORD)));
    }
}

/// What the table says.
fn statuses(row: Row, served: u16, away: Away) -> Vec<u16> {
    match (row, away) {
        (_, Away::Nobody | Away::Smtp) | (Row::Accounts | Row::Cached | Row::Login, Away::Redis) => {
            vec![served]
        }
        (_, Away::Briefly) | (Row::Cached, Away::Postgres) => vec![served, 503],
        (Row::Codes, Away::Redis) | (Row::Accounts | Row::Login | Row::Codes, Away::Postgres) => vec![503],
    }
}

/// Makes every request at once, and holds each answer against the table; says what is wrong.
fn differences(site: &Production, people: &People, away: Away) -> Vec<String> {
    let ask = |(name, row, served, request): &Request| {
        let started = Instant::now();
        let answer = request(site, people);
        let (status, took) = (answer.status().as_u16(), started.elapsed());
        let expected = statuses(*row, *served, away);
        let mut wrong = Vec::new();
        if status == 503 && !answer.headers().contains_key("retry-after") {
            wrong.push(format!("{name}: 503 without Retry-After"));
        }
        if !expected.contains(&status) {
            wrong.push(format!("{name}: {status} and not {expected:?}: {}", answer.text().unwrap()));
        }
        if took > MOST {
            wrong.push(format!("{name}: took {took:?}"));
        }
        wrong
    };
    let mut wrong: Vec<_> = thread::scope(|scope| {
        let asked: Vec<_> = REQUESTS.iter().map(|request| scope.spawn(move || ask(request))).collect();
        asked.into_iter().flat_map(|asked| asked.join().unwrap()).collect()
    });
    let gone = site.me(&people.gone).status().as_u16();
    if ![401, 503].contains(&gone) {
        wrong.push(format!("what was logged out lives again: {gone}"));
    }
    wrong
}

/// One way to be away: what is done, what the table says then, and what is done to come back.
struct Fault {
    name: &'static str,
    begin: fn(&mut Production),
    away: Away,
    end: fn(&mut Production),
}

/// Holds the table against each of `faults`, one after the other, on the same two servers and two workers.
fn holds(faults: &[Fault]) {
    let mut site = Production::start();
    let people = People::of(&site);
    for Fault { name, begin, away, end } in faults {
        people.log_in_to_leave(&site);
        assert_eq!(differences(&site, &people, Away::Nobody), Vec::<String>::new(), "before: {name}");
        begin(&mut site);
        for round in 1..=2 {
            assert_eq!(differences(&site, &people, *away), Vec::<String>::new(), "{name}, round {round}");
        }
        end(&mut site);
        let back = Instant::now();
        loop {
            let wrong = differences(&site, &people, Away::Briefly);
            assert_eq!(wrong, Vec::<String>::new(), "while it recovers: {name}");
            let wrong = differences(&site, &people, Away::Nobody);
            if wrong.is_empty() {
                break;
            }
            assert!(back.elapsed() < RECOVERY, "not served again after: {name}: {wrong:?}");
        }
        // Mails that waited arrive as well.
        let last = format!("newcomer-{}", people.newcomers.load(Ordering::Relaxed) - 1);
        site.code(&address(&last));
    }
}

fn nothing(_: &mut Production) {}

#[test]
fn redis_is_away() {
    holds(&[
        Fault {
            name: "stopped",
            begin: |site| site.runtime.block_on(site.redis.stop()).unwrap(),
            away: Away::Redis,
            end: |site| site.runtime.block_on(site.redis.start()).unwrap(),
        },
        Fault {
            name: "killed",
            begin: |site| site.runtime.block_on(site.redis.kill()).unwrap(),
            away: Away::Redis,
            end: |site| site.runtime.block_on(site.redis.start()).unwrap(),
        },
        Fault {
            name: "restarted",
            begin: |site| site.runtime.block_on(site.redis.restart()).unwrap(),
            away: Away::Briefly,
            end: nothing,
        },
        Fault {
            name: "frozen",
            begin: |site| site.redis.freeze().unwrap(),
            away: Away::Redis,
            end: |site| site.redis.thaw().unwrap(),
        },
        Fault {
            name: "flushed",
            begin: |site| site.runtime.block_on(site.redis.flush()).unwrap(),
            away: Away::Nobody,
            end: nothing,
        },
    ]);
}

#[test]
fn postgresql_is_away() {
    holds(&[
        Fault {
            name: "stopped",
            begin: |site| site.runtime.block_on(site.postgres.stop()).unwrap(),
            away: Away::Postgres,
            end: |site| site.runtime.block_on(site.postgres.start()).unwrap(),
        },
        Fault {
            name: "killed",
            begin: |site| site.runtime.block_on(site.postgres.kill()).unwrap(),
            away: Away::Postgres,
            end: |site| site.runtime.block_on(site.postgres.start()).unwrap(),
        },
        Fault {
            name: "restarted",
            begin: |site| site.runtime.block_on(site.postgres.restart()).unwrap(),
            away: Away::Briefly,
            end: nothing,
        },
        Fault {
            name: "frozen",
            begin: |site| site.postgres.freeze().unwrap(),
            away: Away::Postgres,
            end: |site| site.postgres.thaw().unwrap(),
        },
    ]);
}

#[test]
fn the_mail_server_is_away() {
    holds(&[
        Fault {
            name: "stopped",
            begin: |site| site.runtime.block_on(site.sink.stop_listening()).unwrap(),
            away: Away::Smtp,
            end: |site| site.runtime.block_on(site.sink.listen_again()).unwrap(),
        },
        Fault {
            name: "killed",
            begin: |site| site.sink.react(Stage::Content, Reaction::Drop),
            away: Away::Smtp,
            end: |site| site.sink.accept_all(),
        },
        Fault {
            name: "restarted",
            begin: |site| {
                site.runtime.block_on(site.sink.stop_listening()).unwrap();
                site.runtime.block_on(site.sink.listen_again()).unwrap();
            },
            away: Away::Smtp,
            end: nothing,
        },
        Fault {
            name: "frozen",
            begin: |site| site.sink.react(Stage::Connect, Reaction::Hang),
            away: Away::Smtp,
            end: |site| site.sink.accept_all(),
        },
    ]);
}
