//! How often a request asks PostgreSQL and Redis: counted on the wire, before the real servers.
//!
//! The server under test has one connection to PostgreSQL, on which everything was prepared once. What tells other
//! instances of a change is not counted, nor what proves that Redis and the line between instances are there.

use crate::harness::{Asked, PASSWORD, Production, Tap, Tokens, address, body};
use serde_json::json;

/// Each request is counted so often.
const ROUNDS: usize = 3;

struct Trips {
    site: Production,
    postgres: Tap,
    redis: Tap,
}

/// What a request asked for.
#[derive(Debug)]
struct Counted {
    postgres: Asked,
    redis: Vec<String>,
}

impl Trips {
    fn new() -> Self {
        let mut site = Production::prepare(&[("DB_POOL_SIZE", "1")]);
        site.add_worker(); // for the mails; it goes by another way
        let (postgres, redis) = (Tap::on_postgres(site.postgres.port()), Tap::on_redis(site.redis.port()));
        let through = |url: String, from: u16, to: u16| url.replace(&format!(":{from}"), &format!(":{to}"));
        let database = through(site.postgres.url(), site.postgres.port(), postgres.port);
        let redis_url = through(site.redis.url(), site.redis.port(), redis.port);
        site.add_server_with(&[("DATABASE_URL", &database), ("REDIS_URL", &redis_url)]);
        Self { site, postgres, redis }
    }

    fn count<T>(&self, act: impl FnOnce(&Production) -> T) -> (T, Counted) {
        self.postgres.take();
        self.redis.take();
        let done = act(&self.site);
        let mut redis = self.redis.take().what;
        redis.retain(|command| command != "PING" && !command.ends_with(" signals"));
        (done, Counted { postgres: self.postgres.take(), redis })
    }

    /// The least that one of some tries asks for: on a busy machine the line between instances may be late, and what is
    /// cached does not count meanwhile.
    fn least(&self, expected: (usize, usize), mut act: impl FnMut() -> Counted) {
        let mut seen = Vec::new();
        for _ in 0..40 {
            let counted = act();
            if (counted.postgres.what.len(), counted.redis.len()) == expected {
                assert_eq!(counted.postgres.flights, expected.0, "{counted:?}");
                return;
            }
            seen.push(counted);
            std::thread::sleep(std::time::Duration::from_millis(250));
        }
        panic!("{seen:#?}");
    }
}

impl Counted {
    /// One statement after the other, each in one round trip, with these words in it; and these commands of Redis.
    fn is(&self, statements: &[&str], commands: &[&str]) {
        let Asked { what, flights } = &self.postgres;
        assert_eq!(what.len(), statements.len(), "{self:#?}");
        for (sql, words) in what.iter().zip(statements) {
            assert!(sql.contains(words), "{words}: {self:#?}");
        }
        assert_eq!(*flights, statements.len(), "{self:#?}");
        let telling = ["PSETEX changed-user", "DEL session"];
        let asked: Vec<_> =
            self.redis.iter().filter(|command| !telling.contains(&command.as_str())).collect();
        assert_eq!(asked, commands, "{self:#?}");
    }
}

fn register(site: &Production, name: &str) {
    site.register(name);
}

fn fail_to_log_in(site: &Production) {
    let login = json!({"email": address("ada"), "password": "not the right one"});
    body(site.post("/api/v1/auth/login", &login).send().unwrap(), 401);
}

fn verify(site: &Production, name: &str, code: &str) {
    let proof = json!({"email": address(name), "otp": code});
    body(site.post("/api/v1/auth/verify-email", &proof).send().unwrap(), 200);
}

fn refresh(site: &Production, tokens: &Tokens) -> Tokens {
    Tokens::of(&body(site.refresh(&tokens.refresh), 200))
}

#[test]
fn round_trips_are_few() {
    let trips = Trips::new();
    // Every statement is prepared, and every script known.
    let mut tokens = trips.site.signed_in("ada");
    body(trips.site.me(&tokens), 200);
    tokens = refresh(&trips.site, &tokens);
    fail_to_log_in(&trips.site);

    for round in 0..ROUNDS {
        let name = format!("newcomer-{round}");
        let ((), counted) = trips.count(|site| register(site, &name));
        counted.is(&["nextval", "INSERT INTO users"], &["EVALSHA limit", "EVALSHA code"]);
        let code = trips.site.code(&address(&name));
        let ((), counted) = trips.count(|site| verify(site, &name, &code));
        counted.is(&["UPDATE users SET updated_at"], &["EVALSHA limit", "EVALSHA code"]);

        let (_, counted) = trips.count(|site| site.log_in(&name, PASSWORD));
        counted.is(&["hashed_password", "INSERT INTO user_sessions"], &["EVALSHA limit", "EVALSHA limit"]);
        let ((), counted) = trips.count(fail_to_log_in);
        counted.is(&["hashed_password", "INSERT INTO audit_log"], &["EVALSHA limit"]);
    }

    // Whether or not it was used meanwhile: nothing is looked up, and nobody told.
    for used in [false, true, false] {
        let (next, counted) = trips.count(|site| refresh(site, &tokens));
        counted.is(&["SET generation = held.generation + 1"], &[]);
        tokens = next;
        if used {
            body(trips.site.me(&tokens), 200);
        }
    }
    // An undisturbed request makes no call at all.
    body(trips.site.me(&tokens), 200);
    trips.least((0, 0), || trips.count(|site| body(site.me(&tokens), 200)).1);
}
