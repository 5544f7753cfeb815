//! Who we are, whom we trust, and which database is ours.

use crate::world::{World, single};
use evently_auth_redis::{InvalidRedisConfig, RedisConfig, RedisStore, TlsRoots};
use evently_auth_services::{Certificates, Redis};
use tokio::runtime::Handle;

#[tokio::test(flavor = "multi_thread")]
async fn a_password_opens_and_a_wrong_one_does_not() {
    let redis = Redis::options().password("s3cret").launch().await.unwrap();
    World::new(&single(&redis)).use_all().await.unwrap();
    for password in [None, Some("wr0ng".to_owned())] {
        let config = RedisConfig { password, ..single(&redis) };
        let failure = World::new(&config).use_all().await.unwrap_err();
        assert!(!format!("{failure} {failure:?}").contains("wr0ng"), "the password is in {failure:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_the_access_list_needs_only_what_is_used() {
    let redis = Redis::launch().await.unwrap();
    let rights = "on >pass ~test:* &test:* +eval +evalsha +time +del +hset +hdel +hmget +pexpire +lrange +lindex \
                  +lpop +llen +rpush +rpop +ping +hello +select";
    let words: Vec<&str> = ["ACL", "SETUSER", "auth"].into_iter().chain(rights.split_whitespace()).collect();
    redis.command(&words).await.unwrap();
    let config = RedisConfig {
        username: Some("auth".into()),
        password: Some("pass".into()),
        database: 3,
        ..single(&redis)
    };
    World::new(&config).use_all().await.unwrap();
    let keyspace = redis.command(&["INFO", "keyspace"]).await.unwrap();
    assert!(keyspace.text().contains("db3:") && !keyspace.text().contains("db0:"), "{}", keyspace.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn encrypted_connections_trust_the_given_authority_alone() {
    let certificates = Certificates::generate().unwrap();
    let redis = Redis::options().tls(certificates).password("s3cret").launch().await.unwrap();
    World::new(&single(&redis)).use_all().await.unwrap();

    let stranger = Certificates::generate().unwrap().authority().as_bytes().to_vec();
    let config = RedisConfig { tls: Some(TlsRoots { extra_pem: stranger }), ..single(&redis) };
    World::new(&config).use_all().await.unwrap_err();
    let config = RedisConfig { tls: None, ..single(&redis) };
    World::new(&config).use_all().await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_refused() {
    let certificates = Certificates::for_names(&["redis.example.com"]).unwrap();
    let redis = Redis::options().tls(certificates).launch().await.unwrap();
    World::new(&single(&redis)).use_all().await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_work_are_refused() {
    let redis = Redis::launch().await.unwrap();
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    let config = RedisConfig { tls: Some(TlsRoots { extra_pem: broken }), ..single(&redis) };
    let refused = RedisStore::new(&config, "test", Handle::current());
    assert!(matches!(refused, Err(InvalidRedisConfig::Certificates(_))));
    let refused = RedisStore::new(&single(&redis), "{test}", Handle::current());
    assert!(matches!(refused, Err(InvalidRedisConfig::Prefix)));
}
