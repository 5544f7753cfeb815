//! The clauses of `Signals` and `SessionCache`. Time really passes: what is kept dies by the clock of Redis.

use crate::world::{Servers, prefix};
use evently_auth_contract::{SessionCacheHarness, SignalsHarness};
use evently_auth_redis::RedisSignals;
use std::sync::Arc;

fn signals(servers: &Servers) -> SignalsHarness {
    let (servers, prefix) = (servers.clone(), prefix());
    let instance = || Arc::new(RedisSignals::new(servers.store(&prefix)));
    SignalsHarness {
        one: instance(),
        other: instance(),
        interrupt: Box::new(move || {
            let (servers, prefix) = (servers.clone(), prefix.clone());
            Box::pin(async move { servers.cut_lines(&prefix).await })
        }),
        keep: Box::new(()),
    }
}

fn session_cache(servers: &Servers) -> SessionCacheHarness {
    let (servers, prefix) = (servers.clone(), prefix());
    SessionCacheHarness {
        one: Arc::new(servers.cache(&prefix)),
        other: Arc::new(servers.cache(&prefix)),
        advance: Box::new(|time| Box::pin(tokio::time::sleep(time.to_std().unwrap()))),
        flush: Box::new(move || {
            let (servers, prefix) = (servers.clone(), prefix.clone());
            Box::pin(async move { servers.flush(&prefix).await })
        }),
        keep: Box::new(()),
    }
}

mod on_one_server {
    use super::{Servers, session_cache, signals};

    evently_auth_contract::signals!(|| async { signals(&Servers::single()) });
    evently_auth_contract::session_cache!(|| async { session_cache(&Servers::single()) });
}

mod on_a_cluster {
    use super::{Servers, session_cache, signals};

    evently_auth_contract::signals!(|| async { signals(&Servers::cluster()) });
    evently_auth_contract::session_cache!(|| async { session_cache(&Servers::cluster()) });
}
