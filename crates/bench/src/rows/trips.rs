//! How often a request waits for PostgreSQL.

use std::time::Instant;

use anyhow::Context;

use crate::relay::Relay;
use crate::seed;
use crate::stats::median;
use crate::table::Measured;
use crate::work::Unit;
use crate::world::{FEW, World};

/// So that every connection of the pool has prepared its statements.
const WARM_UP: usize = 60;
const COUNTED: usize = 200;

pub(super) async fn measure(world: &World) -> anyhow::Result<Measured> {
    let site = world.site(FEW).await?;
    let relay = Relay::to(site.postgres.port()).await.context("cannot start a relay")?;
    let server = site.server_through(relay.port).await?;
    let direct = seed::connect(&site.database_url()).await?;
    let relayed = seed::connect(&site.database_url_through(relay.port)).await?;
    let select = relayed.prepare("SELECT 1").await?;
    let mut redis = redis::Client::open(world.redis.url())?.get_multiplexed_async_connection().await?;

    let mut token = world.api.login(&server.base, 2).await?.refresh_token;
    let mut measured = Measured::default();
    let (mut selects, mut pings) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + COUNTED {
        let before = relay.trips();
        relayed.query_one(&select, &[]).await?;
        let between = relay.trips();
        token = world.api.refresh(&server.base, &token).await?.refresh_token;
        let after = relay.trips();
        if round >= WARM_UP {
            measured.references.push(count(between - before));
            measured.figures.push(count(after - between));
        }
    }
    let select = direct.prepare("SELECT 1").await?;
    for _ in 0..COUNTED {
        let start = Instant::now();
        direct.query_one(&select, &[]).await?;
        selects.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        redis::cmd("PING").query_async::<String>(&mut redis).await?;
        pings.push(start.elapsed().as_secs_f64());
    }
    let (select, ping) = (Unit::Time.show(median(&selects)), Unit::Time.show(median(&pings)));
    measured.notes.push(format!("SELECT 1 takes {select}, PING {ping} by the clock"));
    Ok(measured)
}

fn count(trips: u64) -> f64 {
    f64::from(u32::try_from(trips).unwrap_or(u32::MAX))
}
