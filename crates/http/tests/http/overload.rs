//! More passwords than can be hashed: whatever hashes none answers as ever, and one network keeps no other out.

use super::support::{PASSWORD, World, get, parts, post};
use evently_auth_crypto::{HashParams, HasherConfig, HasherPool, OsEntropy};
use evently_auth_domain::client::Network;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::password::Password;
use evently_auth_domain::ports::{Entropy, HashError, PasswordHasher};
use evently_auth_domain::{Auth, Ports};
use evently_auth_http::HttpState;
use futures_util::FutureExt;
use serde_json::json;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

const WAITING: usize = 8;
const FLOODS: &str = "198.51.100.66";
const ANOTHER: &str = "192.0.2.77";

/// Randomness for salts: as much as is asked for, until it is doled out.
#[derive(Default)]
struct Salts(Mutex<Option<Receiver<()>>>);

impl Salts {
    /// From now on a salt is given for each message.
    fn dole_out(&self) -> Sender<()> {
        let (give, given) = channel();
        *self.0.lock().unwrap() = Some(given);
        give
    }
}

impl Entropy for Salts {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        if let Some(given) = &*self.0.lock().unwrap() {
            given.recv().ok(); // or there is nobody left who doles it out
        }
        OsEntropy.fill(bytes)
    }
}

/// A world that hashes one password at a time.
async fn world(salts: Arc<Salts>) -> (World, Arc<HasherPool>) {
    let (memory, clock, state) = parts();
    let config = HasherConfig {
        params: HashParams::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 },
        threads: NonZeroUsize::MIN,
        queue: NonZeroUsize::new(WAITING).unwrap(),
    };
    let hasher = Arc::new(HasherPool::new(config, salts).unwrap());
    let ports = Ports { password_hasher: hasher.clone(), ..memory.ports() };
    let auth = Auth::new(ports, memory.settings().clone(), memory.keys().clone());
    (World::over(memory, clock, HttpState { auth, ..state }).await, hasher)
}

#[actix_web::test]
async fn a_flood_of_passwords_slows_nothing_else_and_keeps_no_other_network_out() {
    let salts = Arc::new(Salts::default());
    let (world, hasher) = world(salts.clone()).await;
    world.account("ada").await;
    let (access, refresh) = world.log_in("ada").await;

    // One is being hashed, and all places are taken, for as long as no salt is given.
    let give = salts.dole_out();
    let secret = Password::parse(PASSWORD).unwrap();
    let flood = Some(Network::of(FLOODS.parse::<IpAddr>().unwrap()));
    let mut asked = Vec::new();
    while asked.len() < 1 + WAITING {
        let mut hash = Box::pin(hasher.hash(&secret, flood));
        if hash.as_mut().now_or_never().is_none() {
            asked.push(hash);
        }
    }

    world.send(get("/api/v1/auth/me").token(&access)).await.expect(200);
    world.post("/api/v1/auth/refresh", json!({"refresh_token": refresh})).await.expect(200);
    world.get("/health").await.expect(200);
    let log_in = |from: &str| {
        post("/api/v1/auth/login").from(from).json(&json!({"username": "ada", "password": PASSWORD}))
    };
    for _ in 0..20 {
        let answer = world.send(log_in(FLOODS)).await;
        answer.problem(503, "overloaded");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.header("x-ratelimit-remaining"), answer.header("x-ratelimit-limit"));
    }

    // The other network gets the place of the flood's newest, and is served after the one whose turn it was already.
    let another = world.send(log_in(ANOTHER));
    let newest = asked.pop().unwrap();
    let meanwhile = async {
        assert!(matches!(newest.await, Err(HashError::Overloaded { .. })));
        for _ in 0..2 {
            give.send(()).unwrap();
        }
    };
    let (answer, ()) = tokio::join!(another, meanwhile);
    answer.expect(200);
    let mut waiting = asked.into_iter();
    for _ in 0..2 {
        waiting.next().unwrap().await.unwrap();
    }
    for mut hash in waiting {
        assert!(hash.as_mut().now_or_never().is_none(), "it waits for a salt");
    }
}
