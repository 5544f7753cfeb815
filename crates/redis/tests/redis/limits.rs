//! What a limit costs.

use crate::world::{World, single};
use chrono::TimeDelta;
use evently_auth_domain::limits::{Admission, Budget, Limit, LimitKey, WhenAway};
use evently_auth_domain::ports::RateLimits;
use evently_auth_services::Redis;

/// A great limit has a long log, which is not read from end to end at each request.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_costs_what_a_short_one_does() {
    let redis = Redis::launch().await.unwrap();
    let world = World::new(&single(&redis));
    let limit = Limit { max: 1_000_000, window: TimeDelta::minutes(15) };
    let budget = [Budget { key: LimitKey::new("login-address", "192.0.2.1", WhenAway::Refuse), limit }];
    world.limits.acquire(&budget).await.unwrap();
    let lengthen = "for _, key in ipairs(redis.call('KEYS', 'test:limit:*')) do
            for _ = 1, 100000 do redis.call('RPUSH', key, redis.call('LINDEX', key, 0)) end
        end";
    redis.command(&["EVAL", lengthen, "0"]).await.unwrap();
    redis.command(&["CONFIG", "RESETSTAT"]).await.unwrap();
    for number in 1..=20 {
        let admission = world.limits.acquire(&budget).await.unwrap();
        let Admission::Admitted(status) = admission else { panic!("{admission:?}") };
        assert_eq!(status.remaining, 899_999 - number);
        assert_eq!(world.limits.peek(&budget).await.unwrap().remaining, 899_999 - number);
    }
    let stats = redis.command(&["INFO", "commandstats"]).await.unwrap();
    let scripts = stats.text().lines().find(|line| line.starts_with("cmdstat_evalsha:")).unwrap();
    let micros = scripts.split("usec_per_call=").nth(1).unwrap().split(',').next().unwrap();
    assert!(micros.parse::<f64>().unwrap() < 3_000.0, "to read 100,000 times takes longer: {scripts}");
}
