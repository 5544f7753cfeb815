//! A client of throwaway servers, and what is expected of it.

use chrono::TimeDelta;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeMac, CodeSlot, StoredCode};
use evently_auth_domain::error::{StoreError, StoreErrorKind};
use evently_auth_domain::limits::{Admission, Budget, Limit, LimitKey, TakeBack, WhenAway};
use evently_auth_domain::ports::{Codes, Probe, RateLimits};
use evently_auth_redis::{
    Endpoint, RedisCodes, RedisConfig, RedisRateLimits, RedisStore, TlsRoots, Topology,
};
use evently_auth_services::{Redis, Reply};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::time::sleep;

pub(crate) const RIGHT: CodeMac = CodeMac([1; 32]);
pub(crate) const WRONG: CodeMac = CodeMac([2; 32]);

/// Two seconds as promised, and one more for a busy machine.
const BOUND: Duration = Duration::from_secs(3);
/// What is known needs no time.
const AT_ONCE: Duration = Duration::from_millis(200);
/// A second as promised, and two more for a busy machine.
const RECOVERY: Duration = Duration::from_secs(3);

pub(crate) struct World {
    pub(crate) store: RedisStore,
    pub(crate) codes: RedisCodes,
    pub(crate) limits: RedisRateLimits,
}

pub(crate) fn endpoint(address: &str) -> Endpoint {
    let (host, port) = address.rsplit_once(':').unwrap();
    Endpoint { host: host.to_owned(), port: port.parse().unwrap() }
}

pub(crate) fn plain(topology: Topology) -> RedisConfig {
    RedisConfig { topology, username: None, password: None, database: 0, tls: None }
}

pub(crate) fn single(redis: &Redis) -> RedisConfig {
    let tls = redis
        .certificates()
        .map(|certificates| TlsRoots { extra_pem: certificates.authority().as_bytes().to_vec() });
    let password = redis.password().map(str::to_owned);
    RedisConfig { password, tls, ..plain(Topology::Single(endpoint(&redis.address()))) }
}

impl World {
    pub(crate) fn new(config: &RedisConfig) -> Self {
        let store = RedisStore::new(config, "test", Handle::current()).unwrap();
        let (codes, limits) = (RedisCodes::new(store.clone()), RedisRateLimits::new(store.clone()));
        Self { store, codes, limits }
    }

    /// One call of each kind.
    pub(crate) async fn use_all(&self) -> Result<(), StoreError> {
        let slot = CodeSlot([7; 32]);
        self.codes.put(slot, Some(StoredCode { mac: RIGHT, subject: UserId(i64::MAX), note: None })).await?;
        match self.codes.check(slot, RIGHT).await? {
            CodeCheck::Accepted(taken) => {
                assert_eq!(taken.code.subject, UserId(i64::MAX));
                self.codes.restore(slot, taken).await?;
            }
            rejected @ CodeCheck::Rejected { .. } => panic!("{rejected:?}"),
        }
        let budgets = [budget("login", "ada@example.com|192.0.2.1"), budget("login-address", "192.0.2.1")];
        let admission = self.limits.acquire(&budgets).await?;
        assert!(matches!(admission, Admission::Admitted(_)), "{admission:?}");
        self.limits.peek(&budgets).await?;
        let [login, address] = budgets.map(|budget| budget.key);
        self.limits.take_back(&[TakeBack::Latest(login), TakeBack::All(address)]).await?;
        self.store.probe().await
    }

    /// Calls fail within their bound, and then at once.
    pub(crate) async fn expect_away(&self) {
        let start = Instant::now();
        let failure = self.codes.put(CodeSlot([8; 32]), None).await.unwrap_err();
        assert_eq!(failure.kind, StoreErrorKind::Unavailable, "{failure}");
        assert!(start.elapsed() < BOUND, "the first call took {:?}", start.elapsed());
        // Whatever was still being tried has been given up by now.
        sleep(Duration::from_millis(1_200)).await;
        for _ in 0..20 {
            let start = Instant::now();
            let failure = self.limits.peek(&[budget("login", "ada")]).await.unwrap_err();
            assert_eq!(failure.kind, StoreErrorKind::Unavailable, "{failure}");
            assert!(start.elapsed() < AT_ONCE, "a later call took {:?}", start.elapsed());
        }
        let start = Instant::now();
        assert!(self.store.probe().await.is_err());
        assert!(start.elapsed() < BOUND, "the probe took {:?}", start.elapsed());
    }

    /// Calls succeed again soon.
    pub(crate) async fn expect_back(&self) {
        self.expect_back_within(RECOVERY).await;
    }

    pub(crate) async fn expect_back_within(&self, bound: Duration) {
        let start = Instant::now();
        while let Err(failure) = self.use_all().await {
            assert!(start.elapsed() < bound, "not back after {:?}: {failure}", start.elapsed());
            sleep(Duration::from_millis(20)).await;
        }
        // And stay so.
        for _ in 0..10 {
            self.use_all().await.unwrap();
        }
    }
}

pub(crate) fn budget(what: &'static str, who: &str) -> Budget {
    let limit = Limit { max: 1_000, window: TimeDelta::minutes(15) };
    Budget { key: LimitKey::new(what, who, WhenAway::Refuse), limit }
}

/// The number that a command answers.
pub(crate) async fn number(redis: &Redis, words: &[&str]) -> i64 {
    match redis.command(words).await.unwrap() {
        Reply::Integer(number) => number,
        other => panic!("{words:?} answered {other:?}"),
    }
}
