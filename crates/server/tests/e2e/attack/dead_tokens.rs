//! What has ended is dead: both tokens, on the instance that ended it at once and on the other within a second, although
//! both had it in their caches. And what was not ended lives on.

use super::crowd::at_once;
use crate::harness::{PASSWORD, Production, Tokens, address, body};
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};

const NEW_PASSWORD: &str = "a moth in relay seventy";
/// How long an instance may serve what another one ended.
const NOTICED: Duration = Duration::from_secs(1);

/// Somebody with two devices.
struct Victim {
    name: String,
    id: String,
    here: Tokens,
    there: Tokens,
}

impl Victim {
    fn new(site: &Production, name: &str) -> Self {
        let id = site.register(name)["id"].to_string();
        site.verify(name);
        let [here, there] = [0, 1].map(|_| site.log_in(name, PASSWORD));
        Self { name: name.to_owned(), id, here, there }
    }

    fn of_admins(&self, action: &str) -> String {
        format!("/api/v1/admin/users/{}{action}", self.id)
    }
}

/// Requests to the one instance that ends sessions.
struct First<'a>(&'a Production);

impl First<'_> {
    fn send(&self, method: &str, path: &str, by: &Tokens, with: &Value) -> Value {
        let url = format!("{}{path}", self.0.bases[0]);
        let request = self.0.http.request(method.parse().unwrap(), url).bearer_auth(&by.access).json(with);
        body(request.send().unwrap(), 200)
    }
}

fn get(site: &Production, base: &str, path: &str, tokens: &Tokens) -> u16 {
    let request = site.http.get(format!("{base}{path}")).bearer_auth(&tokens.access);
    request.send().unwrap().status().as_u16()
}

fn me(site: &Production, base: &str, tokens: &Tokens) -> u16 {
    get(site, base, "/api/v1/auth/me", tokens)
}

/// Has each of `tokens` in the cache of each instance, which says itself that it answered them from there.
fn warm(site: &Production, tokens: &[&Tokens]) {
    for base in &site.bases {
        // An instance that was stopped for a moment trusts its cache again a moment later.
        let is_warm = (0..100).any(|_| {
            let before = hits(site, base);
            for tokens in tokens {
                assert_eq!(me(site, base, tokens), 200);
            }
            let all = hits(site, base) - before == tokens.len();
            if !all {
                thread::sleep(Duration::from_millis(10));
            }
            all
        });
        assert!(is_warm, "nothing is answered from the cache, so nothing is tried here");
    }
}

/// How many sessions the instance found in its own memory so far.
fn hits(site: &Production, base: &str) -> usize {
    let metrics = site.http.get(format!("{base}/metrics")).send().unwrap().text().unwrap();
    let hit = "evently_auth_session_cache_total{outcome=\"hit\"} ";
    metrics.lines().find_map(|line| line.strip_prefix(hit)).map_or(0, |count| count.parse().unwrap())
}

/// `path` is answered with `status` by the first instance now, and by the second within [`NOTICED`].
fn becomes(site: &Production, path: &str, tokens: &Tokens, status: u16, why: &str) {
    let ended = Instant::now();
    assert_eq!(get(site, &site.bases[0], path, tokens), status, "{why}, same instance");
    loop {
        let asked = ended.elapsed();
        let got = get(site, &site.bases[1], path, tokens);
        if got == status {
            return;
        }
        assert!(asked < NOTICED, "{why}, other instance: still {got} after {asked:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn is_dead(site: &Production, tokens: &Tokens, why: &str) {
    becomes(site, "/api/v1/auth/me", tokens, 401, why);
    for base in site.bases.iter().rev() {
        let refresh = site.http.post(format!("{base}/api/v1/auth/refresh"));
        let status = refresh.json(&json!({"refresh_token": tokens.refresh})).send().unwrap().status();
        assert_eq!(status, 401, "{why}: a refresh");
        assert_eq!(me(site, base, tokens), 401, "{why}: revived");
    }
}

/// Ends sessions of a victim, on the first instance.
type End = fn(&Production, &First<'_>, &Victim, &Tokens);

/// What ends sessions, how, and whether the one that it came from and the other one end.
const ENDS: [(&str, [bool; 2], End); 11] = [
    ("logout", [true, false], |_, first, victim, _| {
        first.send("POST", "/api/v1/auth/logout", &victim.here, &json!({}));
    }),
    ("revocation-of-one", [false, true], |site, first, victim, _| {
        let of_there = site.get("/api/v1/auth/sessions").bearer_auth(&victim.there.access).send().unwrap();
        let sessions = body(of_there, 200);
        let there = sessions.as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
        first.send("DELETE", &format!("/api/v1/auth/sessions/{}", there["id"]), &victim.here, &json!({}));
    }),
    ("revocation-of-others", [false, true], |_, first, victim, _| {
        first.send("DELETE", "/api/v1/auth/sessions", &victim.here, &json!({}));
    }),
    ("password-change", [false, true], |_, first, victim, _| {
        let change = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
        first.send("POST", "/api/v1/auth/change-password", &victim.here, &change);
    }),
    ("password-reset", [true, true], |site, first, victim, _| {
        let email = address(&victim.name);
        let before = site.code(&email);
        first.send("POST", "/api/v1/auth/forgot-password", &victim.here, &json!({"email": email}));
        let code = site.code_after(&email, &before);
        let reset = json!({"email": email, "otp": code, "new_password": NEW_PASSWORD});
        first.send("POST", "/api/v1/auth/reset-password", &victim.here, &reset);
    }),
    ("revocation-by-an-admin", [true, true], |_, first, victim, root| {
        first.send("DELETE", &victim.of_admins("/sessions"), root, &json!({}));
    }),
    ("deactivation", [true, true], |_, first, victim, root| {
        first.send("POST", &victim.of_admins("/deactivate"), root, &json!({}));
    }),
    ("deactivation-by-a-change", [true, true], |_, first, victim, root| {
        first.send("PUT", &victim.of_admins(""), root, &json!({"is_active": false}));
    }),
    ("deactivation-and-activation", [true, true], |_, first, victim, root| {
        first.send("POST", &victim.of_admins("/deactivate"), root, &json!({}));
        first.send("POST", &victim.of_admins("/activate"), root, &json!({}));
    }),
    ("deletion", [true, true], |_, first, victim, root| {
        first.send("DELETE", &victim.of_admins(""), root, &json!({}));
    }),
    ("no-end-at-all", [false, false], |_, first, victim, root| {
        first.send("PUT", &victim.of_admins(""), root, &json!({"full_name": "Somebody"}));
    }),
];

#[test]
fn what_ended_is_dead_on_every_instance_although_it_was_cached() {
    let site = Production::start_pair(&[]);
    let root = site.administrator("root");
    for (why, ended, end) in ENDS {
        let victim = Victim::new(&site, why);
        warm(&site, &[&victim.here, &victim.there, &root]);
        end(&site, &First(&site), &victim, &root);
        for (tokens, ended) in [(&victim.here, ended[0]), (&victim.there, ended[1])] {
            if ended {
                is_dead(&site, tokens, why);
            } else {
                warm(&site, &[tokens]);
                body(site.refresh(&tokens.refresh), 200);
            }
        }
    }
    whoever_is_demoted_administers_nothing(&site, &root);
    logins_that_race_with_their_end_leave_nothing(&site, &root);
}

fn whoever_is_demoted_administers_nothing(site: &Production, root: &Tokens) {
    let victim = Victim::new(site, "demoted");
    let first = First(site);
    let users = "/api/v1/admin/users";
    assert_eq!(get(site, &site.bases[0], users, &victim.here), 403);
    first.send("PUT", &victim.of_admins(""), root, &json!({"role": "admin"}));
    becomes(site, users, &victim.here, 200, "promotion, although the token says user");
    let of_admin = Tokens::of(&body(site.refresh(&victim.here.refresh), 200));
    for base in site.bases.iter().chain(&site.bases) {
        assert_eq!(get(site, base, users, &of_admin), 200);
        assert_eq!(get(site, base, users, &victim.there), 200);
    }
    warm(site, &[&of_admin, &victim.there]);
    first.send("PUT", &victim.of_admins(""), root, &json!({"role": "user"}));
    for tokens in [&of_admin, &victim.there] {
        becomes(site, users, tokens, 403, "demotion, although the token says admin");
    }
    let of_root = site.sql("SELECT id FROM users WHERE username = 'root'");
    for (method, path) in [
        ("GET", victim.of_admins("")),
        ("PUT", victim.of_admins("")),
        ("DELETE", format!("{users}/{of_root}")),
        ("POST", format!("{users}/{of_root}/deactivate")),
        ("POST", victim.of_admins("/activate")),
        ("GET", format!("{users}/{of_root}/sessions")),
        ("DELETE", format!("{users}/{of_root}/sessions")),
        ("POST", "/api/v1/admin/cleanup-sessions".to_owned()),
    ] {
        for base in &site.bases {
            let request = site.http.request(method.parse().unwrap(), format!("{base}{path}"));
            let request = request.bearer_auth(&of_admin.access).json(&json!({"role": "admin"}));
            assert_eq!(request.send().unwrap().status(), 403, "{method} {path}");
        }
    }
    assert_eq!(body(site.me(&victim.there), 200)["role"], "user");
}

/// Whoever signs in at the moment of a deactivation or a reset is not signed in afterwards, not even when the account is
/// switched on again.
fn logins_that_race_with_their_end_leave_nothing(site: &Production, root: &Tokens) {
    for (why, _, end) in [ENDS[6], ENDS[4]] {
        let victim = Victim::new(site, &format!("racer-{why}"));
        let login = json!({"email": address(&victim.name), "password": PASSWORD});
        let got = at_once(16, |number| {
            if number == 0 {
                end(site, &First(site), &victim, root);
                return Vec::new();
            }
            // One after the other, so that some of them meet the end whenever it comes.
            let answers = (0..4).map(|_| site.post("/api/v1/auth/login", &login).send().unwrap());
            let opened = answers.filter(|answer| answer.status() == 200);
            opened.map(|answer| Tokens::of(&body(answer, 200))).collect()
        });
        First(site).send("POST", &victim.of_admins("/activate"), root, &json!({}));
        let alive = format!("SELECT count(*) FROM user_sessions WHERE user_id = {} AND is_active", victim.id);
        assert_eq!(site.sql(&alive), "0", "{why}");
        for tokens in got.iter().flatten().chain([&victim.here, &victim.there]) {
            is_dead(site, tokens, why);
        }
    }
}
