//! Decorated stores keep the promises of the contract, alone and beside another instance that has everything cached.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use evently_auth_cache::{Stores, decorate};
use evently_auth_contract::{StoreHarness, given};
use evently_auth_memory::{MemorySignals, MemoryStore};
use evently_auth_sqlite::SqliteStore;
use std::sync::Arc;

mod over_memory {
    use super::{Arc, MemorySignals, MemoryStore, StoreHarness, Stores, decorate, given};

    async fn fresh() -> StoreHarness {
        let store = Arc::new(MemoryStore::new(given::audit_key()));
        let plain = Stores { users: store.clone(), sessions: store.clone(), outbox: store.clone() };
        let signals = MemorySignals::default();
        let one = decorate(plain.clone(), Arc::new(signals.instance()), None);
        // Written through one instance, read through the other.
        let other = decorate(plain, Arc::new(signals), None);
        StoreHarness {
            users: one.users,
            sessions: Arc::new(crate::both::Both { writes: one.sessions, reads: other.sessions }),
            outbox: one.outbox,
            audit_log: store,
            keep: Box::new(()),
        }
    }

    evently_auth_contract::users!(fresh);
    evently_auth_contract::sessions!(fresh);
    evently_auth_contract::outbox!(fresh);
}

mod over_sqlite {
    use super::{Arc, MemorySignals, SqliteStore, StoreHarness, Stores, decorate, given};

    async fn fresh() -> StoreHarness {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("auth.db"), given::audit_key()).await.unwrap();
        store.migrate_up().await.unwrap();
        let store = Arc::new(store);
        let plain = Stores { users: store.clone(), sessions: store.clone(), outbox: store.clone() };
        let Stores { users, sessions, outbox } = decorate(plain, Arc::new(MemorySignals::default()), None);
        StoreHarness { users, sessions, outbox, audit_log: store, keep: Box::new(folder) }
    }

    evently_auth_contract::users!(fresh);
    evently_auth_contract::sessions!(fresh);
    evently_auth_contract::outbox!(fresh);
}

mod both {
    use async_trait::async_trait;
    use chrono::TimeDelta;
    use evently_auth_domain::Timestamp;
    use evently_auth_domain::account::UserId;
    use evently_auth_domain::effects::Effects;
    use evently_auth_domain::error::StoreError;
    use evently_auth_domain::ports::{Opened, Rotation, Sessions, SessionsToEnd, UnchangedPassword};
    use evently_auth_domain::refresh::TokenProof;
    use evently_auth_domain::session::{LiveSession, NewSession, Session, Sid, Touch};
    use std::sync::Arc;

    /// A client whose balancer sends what it reads elsewhere than what it writes. A plain touch and a rotation are told to
    /// nobody, so they are asked of the one that they were made on; so is what was swept.
    pub(crate) struct Both {
        pub(crate) writes: Arc<dyn Sessions>,
        pub(crate) reads: Arc<dyn Sessions>,
    }

    #[async_trait]
    impl Sessions for Both {
        async fn open(
            &self,
            new: NewSession,
            password: UnchangedPassword,
            effects: Effects,
        ) -> Result<Opened, StoreError> {
            let sid = new.sid.clone();
            let opened = self.writes.open(new, password, effects).await?;
            self.reads.find(&sid).await?; // and has it cached from now on
            Ok(opened)
        }

        async fn find(&self, sid: &Sid) -> Result<Option<LiveSession>, StoreError> {
            self.reads.find(sid).await
        }

        async fn rotate(
            &self,
            sid: &Sid,
            proof: &TokenProof,
            at: Timestamp,
            idle_limit: Option<TimeDelta>,
        ) -> Result<Rotation, StoreError> {
            self.reads.rotate(sid, proof, at, idle_limit).await
        }

        async fn touch(&self, touch: Touch, effects: Effects) -> Result<(), StoreError> {
            self.reads.touch(touch, effects).await
        }

        async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
            self.reads.list(user, now).await
        }

        async fn end(&self, which: SessionsToEnd, effects: Effects) -> Result<u64, StoreError> {
            self.writes.end(which, effects).await
        }

        async fn sweep_expired(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
            self.reads.sweep_expired(now, limit).await
        }
    }
}
