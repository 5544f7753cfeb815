//! Secrets are where they have to be and nowhere else: not in a log, not in Redis, not in the database, not in what the
//! programs tell of themselves; neither plain nor encoded, and a code not as a hash that a million guesses undo.

use super::code_needles::{self, Issued};
use super::needles::{Needle, Place};
use crate::harness::{BINARY, Production, Tokens, address, body};
use evently_auth_services::sink::SinkOptions;
use serde_json::{Value, json};

const NAME: &str = "miner-seven";
const SMTP_PASSWORD: &str = "sMtp8Canary2Vb7Nq4Zt";
const FIRST: &str = "canary Pässword/of+the first & mine";
const SECOND: &str = "canary password of the second mine";
const WRONG: &str = "canary password that opens no mine";

#[test]
fn secrets_are_found_nowhere() {
    let credentials = Some(("mailer".to_owned(), SMTP_PASSWORD.to_owned()));
    let sink = SinkOptions { credentials, ..SinkOptions::default() };
    let env = [("RUST_LOG", "trace"), ("SMTP_USERNAME", "mailer"), ("SMTP_PASSWORD", SMTP_PASSWORD)];
    let mut site = Production::prepare_with(sink, &env);
    site.add_server();
    let (worker, of_worker) = site.worker();
    let mut found = Found::default();
    journey(&site, &mut found);
    let (well, worker_log) = worker.stop();
    assert!(well, "{worker_log}");

    // With nobody to send them, codes wait in the outbox, and are alive in Redis.
    let waiting = code_needles::ask_for_some(&site, &found.sign_in(&site, FIRST), FIRST);
    let mut places = told(&site, "server", &site.bases[0]);
    places.extend(stored(&site, "waiting"));
    let (worker, address_of_worker) = site.worker();
    for (path, email) in waiting {
        let code = found.issued(&site, path, &email);
        code_needles::present(&site, path, &email, &code);
    }
    places.extend(told(&site, "worker", &address_of_worker));
    places.extend(stored(&site, "sent"));
    drop(of_worker);
    let (_, second_worker_log) = worker.stop();
    let (_, server_log) = site.servers.pop().unwrap().stop();
    for (name, log) in [("server", server_log), ("worker", worker_log), ("second worker", second_worker_log)]
    {
        assert!(
            log.contains("\"level\":\"TRACE\"") || log.contains("\"level\":\"DEBUG\""),
            "{name} is silent"
        );
        places.push(Place::text(&format!("log of the {name}"), log));
    }
    places.extend(refused_starts(&site));
    look(&site, &found, &places);
}

/// What may be found nowhere.
#[derive(Default)]
struct Found {
    codes: Vec<Issued>,
    tokens: Vec<String>,
    devices: Vec<String>,
}

impl Found {
    /// Signs in from the device of the last time, which is renewed.
    fn sign_in(&mut self, site: &Production, password: &str) -> Tokens {
        let login = json!({"email": address(NAME), "password": password});
        let device = self.devices.last().cloned().unwrap_or_default();
        let request = site.post("/api/v1/auth/login", &login).header("X-Device-Token", &device);
        let answer = request.header("Cookie", format!("device={device}")).send().unwrap();
        self.devices.push(answer.headers()["x-device-token"].to_str().unwrap().to_owned());
        let tokens = Tokens::of(&body(answer, 200));
        self.keep(&tokens);
        tokens
    }

    /// Reads the code that came to `email` after the ones before; says it too.
    fn issued(&mut self, site: &Production, path: &'static str, email: &str) -> String {
        let before = self.codes.iter().rfind(|issued| issued.email == email);
        let code = site.code_after(email, before.map_or("", |issued| &issued.code));
        self.codes.push(Issued { path, email: email.to_owned(), code: code.clone() });
        code
    }

    fn keep(&mut self, tokens: &Tokens) {
        for token in [&tokens.access, &tokens.refresh] {
            self.tokens.push(token.clone());
            self.tokens.push(token.rsplit('.').next().unwrap().to_owned());
        }
    }
}

/// Everything that a secret is sent for, well and badly.
fn journey(site: &Production, found: &mut Found) {
    let post = |route: &str, sent: &Value, status: u16| {
        body(site.post(&format!("/api/v1/auth/{route}"), sent).send().unwrap(), status)
    };
    let email = address(NAME);
    let new = json!({"email": email, "username": NAME, "password": FIRST});
    post("register", &new, 201);
    found.issued(site, "registration", &email);
    for name in code_needles::NAMES {
        site.register(name);
        found.issued(site, "registration", &address(name));
    }
    post("resend-otp", &json!({"email": email}), 200);
    let code = found.issued(site, "another code", &email);
    post("verify-email", &json!({"email": email, "otp": code}), 200);
    post("login", &json!({"email": email, "password": WRONG}), 401);
    post("login", &json!({"email": WRONG, "password": WRONG}), 422);
    post("login", &json!({"username": WRONG, "password": FIRST}), 422);
    post(
        &format!("login?password={}", "canary-in-a-query"),
        &json!({"email": email, "password": WRONG}),
        401,
    );

    let first = found.sign_in(site, FIRST);
    let second = Tokens::of(&body(site.refresh(&first.refresh), 200));
    found.keep(&second);
    body(site.me(&second), 200);
    body(site.get(&format!("/api/v1/auth/me?access_token={}", second.access)).send().unwrap(), 401);
    body(site.get(&format!("/nowhere/{}", second.refresh)).send().unwrap(), 404);
    post("refresh", &json!({"refresh_token": second.access}), 401);
    let third = Tokens::of(&body(site.refresh(&second.refresh), 200));
    found.keep(&third);
    body(site.refresh(&first.refresh), 401);

    let desk = found.sign_in(site, FIRST);
    let bearer = |route: &str, sent: &Value| {
        site.post(&format!("/api/v1/auth/{route}"), sent).bearer_auth(&desk.access)
    };
    let change = json!({"current_password": FIRST, "new_password": SECOND});
    body(bearer("change-password", &change).send().unwrap(), 200);
    body(bearer("change-password", &change).send().unwrap(), 400);
    let to = "second-address@example.com";
    let moving = json!({"email": to, "current_password": SECOND});
    body(site.put("/api/v1/auth/me", &moving).bearer_auth(&desk.access).send().unwrap(), 200);
    found.issued(site, "move", to);

    post("forgot-password", &json!({"email": email}), 200);
    let code = found.issued(site, "forgotten password", &email);
    post("reset-password", &json!({"email": email, "otp": code, "new_password": FIRST}), 200);
    found.sign_in(site, FIRST);
    let broken = format!("{{\"password\":\"{WRONG}\",\"password\":\"{FIRST}\"}}");
    let request = site.http.post(format!("{}/api/v1/auth/login", site.bases[0]));
    body(request.header("Content-Type", "application/json").body(broken).send().unwrap(), 400);
}

/// What a process tells of itself.
fn told(site: &Production, name: &str, base: &str) -> Vec<Place> {
    let get = |path: &str| {
        let text = site.http.get(format!("{base}{path}")).send().unwrap().text().unwrap();
        Place::text(&format!("{path} of the {name}"), text)
    };
    ["/metrics", "/openapi.json", "/info", "/health", "/docs", "/", "/nowhere"].map(get).into()
}

/// What the stores keep.
fn stored(site: &Production, when: &str) -> Vec<Place> {
    let tables = site
        .sql("SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'");
    assert!(tables.lines().count() >= 5, "{tables}");
    let rows: Vec<String> =
        tables.lines().map(|table| site.sql(&format!("SELECT row_to_json(t) FROM {table} t"))).collect();
    let database = rows.join("\n");
    assert!(database.contains(&address(NAME)) && database.contains("$argon2id$"), "the dump is empty");

    let dump = site.runtime.block_on(site.redis.command(&["EVAL", EVERYTHING, "0"])).unwrap();
    let redis = Place::hex(&format!("Redis ({when})"), dump.text());
    assert!(redis.len() > 500, "the dump is empty: {}", dump.text());
    vec![Place::text(&format!("the database ({when})"), database), redis]
}

/// Every key with its value of whatever type, in hexadecimal.
const EVERYTHING: &str = r"
    local out = {}
    local function put(v)
        if type(v) == 'table' then for _, x in ipairs(v) do put(x) end return end
        out[#out + 1] = (tostring(v):gsub('.', function(c) return string.format('%02x', string.byte(c)) end))
    end
    local read = {
        string = {'GET'}, hash = {'HGETALL'}, set = {'SMEMBERS'},
        zset = {'ZRANGE', 0, -1, 'WITHSCORES'}, list = {'LRANGE', 0, -1}, stream = {'XRANGE', '-', '+'},
    }
    local cursor = '0'
    repeat
        local page = redis.call('SCAN', cursor, 'COUNT', 1000)
        cursor = page[1]
        for _, key in ipairs(page[2]) do
            put(key)
            local how = read[redis.call('TYPE', key).ok]
            put(redis.call(how[1], key, unpack(how, 2)))
        end
    until cursor == '0'
    return table.concat(out, '0a')";

/// What a start says that fails for a secret or beside one.
fn refused_starts(site: &Production) -> Vec<Place> {
    let canary = "canaryInASetting9Xk2";
    let settings = [
        ("DATABASE_URL", format!("postgresql://evently:{canary}@127.0.0.1:1/evently")),
        ("DATABASE_URL", format!("postgresql:/evently:{canary}@127.0.0.1/evently")),
        ("DATABASE_URL", format!("postgresql://evently:{canary}@[::/evently?sslmode=never")),
        ("REDIS_URL", format!("redis:/:{canary}@127.0.0.1")),
        ("REDIS_URL", format!("redis://:{canary}@127.0.0.1:99999/x")),
        ("JWT_SECRET", canary.to_owned()),
        ("SECRET_KEY", canary.to_owned()),
        ("JWT_PRIVATE_KEY", format!("-----BEGIN PRIVATE KEY-----\n{canary}")),
        ("SMTP_PASSWORD", format!("{canary}\u{1}")),
    ];
    let start = |(name, value): (&str, String)| {
        let mut command = site.command(BINARY, &["migrate", "status"]);
        let ended = command.env(name, &value).output().unwrap();
        let said = [ended.stdout, ended.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(!said.contains(canary), "{name}: {said}");
        Place::text(&format!("a start with {name}"), said)
    };
    settings.map(start).into()
}

fn look(site: &Production, found: &Found, places: &[Place]) {
    let setting = |name: &str| {
        let value = site.env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        Needle::new(name, value.unwrap())
    };
    let mut needles = vec![
        setting("JWT_SECRET"),
        setting("SECRET_KEY"),
        Needle::new("SMTP_PASSWORD", SMTP_PASSWORD),
        Needle::new("the password of the database", site.postgres.password()),
        Needle::new("the password of Redis", site.redis.password().unwrap()),
        Needle::new("the first password", FIRST),
        Needle::new("the second password", SECOND),
        Needle::new("the wrong password", WRONG),
        Needle::new("a password in a query", "canary-in-a-query"),
    ];
    needles.extend(found.tokens.iter().map(|token| Needle::new("a token", token.as_str())));
    needles.extend(found.devices.iter().map(|token| Needle::new("a device token", token.as_str())));
    for needle in &needles {
        for place in places {
            assert_eq!(place.finds(needle), None, "{} stands in {}", needle.name, place.name);
        }
    }

    // What is in the database has to stay there.
    let private = [
        ("a password hash", site.sql("SELECT hashed_password FROM users")),
        ("a seed", site.sql("SELECT encode(seed, 'hex') FROM user_sessions")),
    ];
    for (name, values) in private {
        for value in values.lines().filter(|value| !value.is_empty()) {
            for place in places.iter().filter(|place| !place.name.contains("database")) {
                assert_eq!(place.finds(&Needle::new(name, value)), None, "{name} stands in {}", place.name);
                assert_eq!(
                    place.finds(&Needle::of_hex(name, value)),
                    None,
                    "{name} stands in {}",
                    place.name
                );
            }
        }
    }

    code_needles::are_in_none_of(&found.codes, places);
}
