//! The port `RateLimits`: the domain's rule as one script per call, on the clock of Redis, in microseconds.
//!
//! All logs have the same hash tag, so in a cluster they live on one node. That makes a call over several budgets one
//! atomic step there too: counting them one after the other and taking back would for a moment count a request that is
//! refused in the end, and refuse another for it. One node runs far more of these scripts in a second than all
//! instances together hash passwords, which is what limits stand before.

use crate::key::{Key, hex};
use crate::script::{Script, script};
use crate::store::RedisStore;
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::limits::{Admission, Budget, LimitKey, LimitStatus, TakeBack};
use evently_auth_domain::ports::RateLimits;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

static ACQUIRE: LazyLock<Script> = script!("sliding_log.lua", "acquire_limits.lua");
static TAKE_BACK: LazyLock<Script> = script!("take_back_limits.lua");
static PEEK: LazyLock<Script> = script!("sliding_log.lua", "peek_limits.lua");

/// The port `RateLimits` over a [`RedisStore`]. Cheap to clone. A key always comes with the same limit.
#[derive(Clone)]
pub struct RedisRateLimits {
    store: RedisStore,
}

impl RedisRateLimits {
    /// Limits in `store`.
    pub fn new(store: RedisStore) -> Self {
        Self { store }
    }

    /// Who is counted may be an address of a person or a network: Redis learns a digest alone.
    fn key(&self, key: &LimitKey) -> Key {
        let digest = hex(&Sha256::digest(key.as_str()));
        self.store.key("limit", "limits", &format!(":{}:{digest}", key.what()))
    }

    fn keys(&self, budgets: &[Budget]) -> Vec<Key> {
        budgets.iter().map(|budget| self.key(&budget.key)).collect()
    }

    fn arguments(&self, budgets: &[Budget]) -> Vec<Vec<u8>> {
        let shift = self.store.clock_shift().to_string().into_bytes();
        let limits = budgets.iter().flat_map(|budget| {
            let window = budget.limit.window.num_microseconds().unwrap_or(i64::MAX);
            [budget.limit.max.to_string().into_bytes(), window.to_string().into_bytes()]
        });
        std::iter::once(shift).chain(limits).collect()
    }
}

#[async_trait]
impl RateLimits for RedisRateLimits {
    async fn acquire(&self, budgets: &[Budget]) -> Result<Admission, StoreError> {
        let (keys, arguments) = (self.keys(budgets), self.arguments(budgets));
        let (admitted, number, remaining, reset): (bool, usize, u32, i64) =
            self.store.run_script("rate_limits.acquire", &ACQUIRE, &keys, &arguments).await?;
        let status = status(budgets, number, remaining, reset)?;
        Ok(if admitted { Admission::Admitted(status) } else { Admission::Refused(status) })
    }

    async fn peek(&self, budgets: &[Budget]) -> Result<LimitStatus, StoreError> {
        let (keys, arguments) = (self.keys(budgets), self.arguments(budgets));
        let (number, remaining, reset) =
            self.store.run_script("rate_limits.peek", &PEEK, &keys, &arguments).await?;
        status(budgets, number, remaining, reset)
    }

    async fn take_back(&self, what: &[TakeBack]) -> Result<(), StoreError> {
        let keys: Vec<_> = what.iter().map(|taken| self.key(taken.key())).collect();
        let shift = self.store.clock_shift().to_string().into_bytes();
        let which = what.iter().map(|taken| match taken {
            TakeBack::Latest(_) => b"latest".to_vec(),
            TakeBack::All(_) => b"all".to_vec(),
        });
        let arguments: Vec<_> = std::iter::once(shift).chain(which).collect();
        self.store.run_script("rate_limits.take_back", &TAKE_BACK, &keys, &arguments).await
    }
}

/// The status of the budget that a script named, counted from 1.
fn status(budgets: &[Budget], number: usize, remaining: u32, reset: i64) -> Result<LimitStatus, StoreError> {
    let budget = number.checked_sub(1).and_then(|index| budgets.get(index));
    let budget = budget.ok_or_else(|| StoreError::corrupt("a rate limit was answered for no budget"))?;
    Ok(LimitStatus { limit: budget.limit.max, remaining, reset: TimeDelta::microseconds(reset) })
}
