//! The ports in process keep the promises of the contract.

mod store {
    use evently_auth_contract::{ImportHarness, StoreHarness, given};
    use evently_auth_memory::MemoryStore;
    use std::sync::Arc;

    async fn fresh() -> StoreHarness {
        importing().await.store
    }

    async fn importing() -> ImportHarness {
        let store = MemoryStore::new(given::audit_key());
        let harness = StoreHarness {
            users: Arc::new(store.clone()),
            sessions: Arc::new(store.clone()),
            outbox: Arc::new(store.clone()),
            audit_log: Arc::new(store.clone()),
            keep: Box::new(()),
        };
        ImportHarness { store: harness, imports: Arc::new(store) }
    }

    evently_auth_contract::users!(fresh);
    evently_auth_contract::user_imports!(importing);
    evently_auth_contract::sessions!(fresh);
    evently_auth_contract::outbox!(fresh);
    evently_auth_contract::audit_log!(fresh);
}

mod time {
    use chrono::TimeDelta;
    use evently_auth_clock::MovableClock;
    use evently_auth_contract::{Advance, CodesHarness, LimitsHarness};
    use evently_auth_memory::{MemoryCodes, MemoryRateLimits};
    use std::sync::Arc;

    fn clock() -> (Arc<MovableClock>, Advance) {
        let clock = MovableClock::default();
        let moved = clock.clone();
        let advance = move |delta: TimeDelta| {
            moved.advance(delta);
            Box::pin(std::future::ready(())) as _
        };
        (Arc::new(clock), Box::new(advance))
    }

    async fn fresh_codes() -> CodesHarness {
        let (clock, advance) = clock();
        CodesHarness { codes: Arc::new(MemoryCodes::new(clock)), advance, keep: Box::new(()) }
    }

    async fn fresh_limits() -> LimitsHarness {
        let (clock, advance) = clock();
        LimitsHarness { rate_limits: Arc::new(MemoryRateLimits::new(clock)), advance, keep: Box::new(()) }
    }

    evently_auth_contract::codes!(fresh_codes);
    evently_auth_contract::rate_limits!(fresh_limits);

    mod with_a_fallback {
        use super::{Arc, LimitsHarness, MemoryRateLimits, clock};
        use evently_auth_memory::FallbackRateLimits;

        async fn fresh_limits() -> LimitsHarness {
            let (clock, advance) = clock();
            let shared = Arc::new(MemoryRateLimits::new(clock.clone()));
            let rate_limits = Arc::new(FallbackRateLimits::new(shared, clock));
            LimitsHarness { rate_limits, advance, keep: Box::new(()) }
        }

        evently_auth_contract::rate_limits!(fresh_limits);
    }
}

mod doubles {
    use evently_auth_contract::{HasherHarness, MailHarness, ProbeHarness, TokensHarness, given};
    use evently_auth_domain::error::{StoreError, StoreErrorKind};
    use evently_auth_domain::ports::{Entropy, Probe};
    use evently_auth_memory::{Inbox, MemoryAccessTokens, MemoryStore, PlainHasher, SeededEntropy};
    use std::sync::Arc;

    async fn tokens() -> TokensHarness {
        TokensHarness {
            tokens: Arc::new(MemoryAccessTokens::new([1; 32])),
            strangers: vec![Arc::new(MemoryAccessTokens::new([2; 32]))],
        }
    }

    async fn hasher() -> HasherHarness {
        let crowded = PlainHasher::default();
        crowded.set_crowded_by(given::crowding());
        HasherHarness {
            hasher: Arc::new(PlainHasher::new(2)),
            outdated: vec![Arc::new(PlainHasher::new(1))],
            crowded: Arc::new(crowded),
            relieve: Box::new(|| ()),
            out_of_bounds: vec!["$plain$99999999999999999999$1$".to_owned()],
        }
    }

    async fn mail() -> MailHarness {
        let inbox = Inbox::new();
        MailHarness { mailer: Arc::new(inbox.clone()), mailbox: Arc::new(inbox), keep: Box::new(()) }
    }

    async fn entropy() -> Arc<dyn Entropy> {
        Arc::new(SeededEntropy::new(7))
    }

    /// A store that was told to fail whenever it is probed.
    struct Away(MemoryStore);

    #[async_trait::async_trait]
    impl Probe for Away {
        async fn probe(&self) -> Result<(), StoreError> {
            self.0.fail_next(StoreErrorKind::Unavailable);
            self.0.probe().await
        }
    }

    async fn probes() -> ProbeHarness {
        let store = MemoryStore::new(given::audit_key());
        ProbeHarness { present: Arc::new(store.clone()), away: Arc::new(Away(store)), keep: Box::new(()) }
    }

    evently_auth_contract::access_tokens!(tokens);
    evently_auth_contract::password_hasher!(hasher);
    evently_auth_contract::mailer!(mail);
    evently_auth_contract::entropy!(entropy);
    evently_auth_contract::probe!(probes);
}
