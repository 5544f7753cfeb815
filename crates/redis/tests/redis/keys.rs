//! What is left behind in Redis: nothing for long, and nothing that names a person.

use crate::world::{WRONG, World, budget, number, single};
use evently_auth_domain::code::CodeSlot;
use evently_auth_domain::ports::{Codes, RateLimits};
use evently_auth_services::{Redis, Reply};

#[tokio::test(flavor = "multi_thread")]
async fn keys_have_the_prefix_expire_and_name_nobody() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    world.use_all().await.unwrap();
    world.codes.check(CodeSlot([4; 32]), WRONG).await.unwrap();
    world.limits.acquire(&[budget("resend", "ada@example.com")]).await.unwrap();

    let Reply::List(keys) = redis.command(&["KEYS", "*"]).await.unwrap() else { panic!("no list") };
    assert_eq!(keys.len(), 3, "{keys:?}");
    for key in keys {
        let key = key.text();
        assert!(key.starts_with("test:code:{") || key.starts_with("test:limit:{limits}:"), "{key}");
        assert!(!key.contains("ada") && !key.contains("192.0"), "{key}");
        let lives = number(&redis, &["PTTL", key]).await;
        assert!((1..=15 * 60 * 1_000).contains(&lives), "{key} lives for {lives} ms");
    }
}
