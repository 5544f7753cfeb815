//! Whoever can write to Redis cannot make up a session, nor pass one off as another.

use crate::world::{Servers, prefix};
use evently_auth_contract::given::{at, session, sid, user};
use evently_auth_domain::account::{Role, User, UserId};
use evently_auth_domain::ports::{CachedSession, SessionCache};
use evently_auth_domain::session::{Generation, LiveSession, Session, SessionId};
use evently_auth_domain::session_seal::SessionSealKey;
use evently_auth_redis::RedisSessionCache;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;

fn live(number: usize, role: Role) -> LiveSession {
    let new = user("ada");
    let user = User {
        id: UserId(42),
        email: new.email,
        username: new.username,
        full_name: None,
        is_active: true,
        is_verified: true,
        role,
        created_at: at(0),
        updated_at: at(0),
        last_login: None,
        pending_email: None,
        claim_expires_at: None,
    };
    let new = session(&user, number);
    let session = Session {
        id: SessionId(1),
        sid: new.sid,
        user_id: user.id,
        seed: new.seed,
        generation: Generation(0),
        seen_generation: None,
        rotated_at: None,
        is_active: true,
        created_at: at(0),
        expires_at: at(9),
        last_accessed: at(0),
        ip_address: None,
        user_agent: None,
        last_ip_address: None,
        last_user_agent: None,
    };
    LiveSession { session, user }
}

async fn keep(cache: &RedisSessionCache, live: &LiveSession) {
    let CachedSession::Vacant(place) = cache.find(&live.session.sid).await.unwrap() else { panic!("vacant") };
    cache.keep(place, live).await.unwrap();
    assert!(is_kept(cache, live).await);
}

async fn is_kept(cache: &RedisSessionCache, live: &LiveSession) -> bool {
    matches!(cache.find(&live.session.sid).await.unwrap(), CachedSession::Kept { live: kept, .. } if kept == *live)
}

fn key(prefix: &str, number: usize) -> String {
    format!("{prefix}:session:{{sessions}}{}", sid(number))
}

async fn write(connection: &mut MultiplexedConnection, key: &str, value: &[u8]) {
    let _: () = connection.set_ex(key, value, 5).await.unwrap();
}

#[tokio::test]
async fn what_was_changed_or_moved_is_not_found() {
    let (servers, prefix) = (Servers::single(), prefix());
    let cache = servers.cache(&prefix);
    let mut redis = servers.connections().await.remove(0);
    let (mine, victim) = (live(1, Role::User), live(2, Role::Admin));
    keep(&cache, &mine).await;
    keep(&cache, &victim).await;
    let kept: Vec<u8> = redis.get(key(&prefix, 1)).await.unwrap();

    // Under the name of another session, with another role, under another account, cut off, or nothing of the kind.
    write(&mut redis, &key(&prefix, 2), &kept).await;
    assert_eq!(cache.find(&sid(2)).await.unwrap(), CachedSession::Unavailable);
    let position = kept.windows(6).position(|text| text == b"\"user\"").unwrap();
    let mut promoted = kept.clone();
    promoted[position + 1..position + 5].copy_from_slice(b"root");
    let moved = [b"live:43:", &kept[b"live:42:".len()..]].concat();
    for forged in [&promoted[..], &moved, &kept[..kept.len() - 1], &kept[..20], b"live:42:", b"live:x:", b""]
    {
        write(&mut redis, &key(&prefix, 1), forged).await;
        assert_eq!(cache.find(&sid(1)).await.unwrap(), CachedSession::Unavailable);
    }
    write(&mut redis, &key(&prefix, 1), &kept).await;
    assert!(is_kept(&cache, &mine).await);
}

#[tokio::test]
async fn what_another_key_sealed_is_not_found() {
    let (servers, prefix) = (Servers::single(), prefix());
    let stranger = RedisSessionCache::new(servers.store(&prefix), SessionSealKey::new([2; 32]));
    keep(&stranger, &live(1, Role::User)).await;
    assert_eq!(servers.cache(&prefix).find(&sid(1)).await.unwrap(), CachedSession::Unavailable);
}

#[tokio::test]
async fn nothing_stays_for_long() {
    let (servers, prefix) = (Servers::single(), prefix());
    let cache = servers.cache(&prefix);
    keep(&cache, &live(1, Role::User)).await;
    cache.forget(&[evently_auth_domain::ports::Signal::UserChanged(UserId(42))]).await.unwrap();
    let mut redis = servers.connections().await.remove(0);
    let keys: Vec<String> = redis.keys(format!("{prefix}:*")).await.unwrap();
    assert_eq!(keys.len(), 2, "{keys:?}");
    for key in keys {
        let life: i64 = redis.pttl(&key).await.unwrap();
        assert!(life > 0 && life <= 6_000, "{key} lives for {life} ms");
    }
}
