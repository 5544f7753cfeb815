//! `SessionCache` over Redis.
//!
//! - A session's key holds a place, then what was kept in it, and dies five seconds after the place was taken, by the
//!   clock of Redis alone. Forgetting a session deletes its key, and with it the place that somebody may be loading for:
//!   what is loaded comes too late. So does what is loaded while everything is lost (`FLUSHALL`).
//! - Forgetting an account leaves a mark that outlives everything kept before it.
//! - What is kept is sealed: whoever can write to Redis can make up no session. What was kept once can be put back by
//!   such a one; the seal cannot tell.
//! - All keys are in the slot of the signals' channel: when the node is lost, so is the line, and nobody trusts either.

use crate::RedisStore;
use crate::kept_session::{read, write};
use crate::key::Key;
use crate::script::Script;
use crate::signals::TAG;
use async_trait::async_trait;
use evently_auth_domain::account::UserId;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{CachedSession, Place, SessionCache, Signal};
use evently_auth_domain::session::{LiveSession, Sid};
use evently_auth_domain::session_seal::SessionSealKey;
use redis::Value;
use std::sync::LazyLock;
use std::time::Duration;
use uuid::Uuid;

/// What is kept dies so long after its place was taken.
const LIFE: Duration = Duration::from_secs(5);

/// A mark of a changed account outlives what was kept before it, with a second to spare.
const MARK_MILLIS: u64 = 6_000;

static FIND: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/session_find.lua")));
static KEEP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/session_keep.lua")));

/// Live sessions in Redis, for moments. Cheap to clone.
#[derive(Clone)]
pub struct RedisSessionCache {
    redis: RedisStore,
    seals: SessionSealKey,
}

impl RedisSessionCache {
    /// Keeps sessions in `redis`, sealed with `seals`.
    pub fn new(redis: RedisStore, seals: SessionSealKey) -> Self {
        Self { redis, seals }
    }

    fn session(&self, sid: &Sid) -> Key {
        self.redis.key("session", TAG, sid.as_str())
    }

    /// The mark of a changed account; without a name, how marks begin.
    fn mark(&self, user: Option<UserId>) -> Key {
        self.redis.key("changed-user", TAG, &user.map(|id| id.to_string()).unwrap_or_default())
    }
}

#[async_trait]
impl SessionCache for RedisSessionCache {
    async fn find(&self, sid: &Sid) -> Result<CachedSession, StoreError> {
        let token = Uuid::new_v4().simple().to_string();
        let arguments = [
            token.clone().into_bytes(),
            LIFE.as_millis().to_string().into_bytes(),
            self.mark(None).as_str().as_bytes().to_vec(),
        ];
        let (loader, kept, life_left): (u8, Vec<u8>, i64) =
            self.redis.run_script("sessions.cache.find", &FIND, &[self.session(sid)], &arguments).await?;
        if loader == 0 {
            return Ok(CachedSession::Vacant(Place { sid: sid.clone(), token }));
        }
        if loader == 1 {
            return Ok(CachedSession::Unavailable);
        }
        let Some(live) = read(&self.seals, sid, &kept) else {
            // Of another version of this program, or of somebody who should not be able to write there.
            tracing::warn!(%sid, "a cached session was not written by us, and is not used");
            return Ok(CachedSession::Unavailable);
        };
        let life_left = Duration::from_millis(u64::try_from(life_left).unwrap_or(0));
        Ok(CachedSession::Kept { live, age: LIFE.saturating_sub(life_left) })
    }

    async fn keep(&self, place: Place, loaded: &LiveSession) -> Result<(), StoreError> {
        let keys = [self.session(&place.sid), self.mark(Some(loaded.user.id))];
        let arguments = [place.token.into_bytes(), write(&self.seals, loaded)?];
        self.redis.run_script("sessions.cache.keep", &KEEP, &keys, &arguments).await
    }

    async fn forget(&self, changed: &[Signal]) -> Result<(), StoreError> {
        for signal in changed {
            let (key, command) = match signal {
                Signal::SessionChanged(sid) => {
                    let key = self.session(sid);
                    let command = redis::cmd("DEL").arg(&key).take();
                    (key, command)
                }
                Signal::UserChanged(user) => {
                    let key = self.mark(Some(*user));
                    let command = redis::cmd("PSETEX").arg(&key).arg(MARK_MILLIS).arg("").take();
                    (key, command)
                }
                Signal::MailWaiting => continue,
            };
            self.redis.run::<Value>("sessions.cache.forget", &key, &command).await?;
        }
        Ok(())
    }
}
