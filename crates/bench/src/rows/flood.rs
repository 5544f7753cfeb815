//! Whether those who are signed in are served while far more logins arrive than can be.

use std::time::Duration;

use super::sleep;
use crate::hash;
use crate::load::{self, Pace, Script};
use crate::machine::cores;
use crate::stats::median;
use crate::table::Measured;
use crate::work::Unit;
use crate::world::{FEW, World};

const ROUNDS: u32 = 3;
const TIME: Duration = Duration::from_secs(8);
/// The flood begins before the latency is looked at, and ends after.
const LEAD: Duration = Duration::from_secs(2);
const TIMES_CAPACITY: f64 = 10.0;
/// Those who are signed in: so many requests a second.
const CALM: Pace = Pace::Arriving { per_second: 200.0, time: TIME };

pub(super) async fn measure(world: &World) -> anyhow::Result<Measured> {
    let site = world.site(FEW).await?;
    let server = site.server().await?;
    let tokens = site.sign_in(&world.api, &server, 20).await?.access;
    let me = Script::get("/api/v1/auth/me", &tokens);
    let capacity = f64::from(u32::try_from(cores()).unwrap_or(u32::MAX)) / hash::time(40).await?.wall;
    let per_second = capacity * TIMES_CAPACITY;
    let mut measured = Measured::default();
    let (mut arrived, mut served) = (Vec::new(), Vec::new());
    load::run(&server.base, &me, CALM).await?.all_good()?; // to warm up
    for round in 0..ROUNDS {
        measured.references.push(load::run(&server.base, &me, CALM).await?.all_good()?.p99);
        let logins = Script::login(FEW, round);
        let flood = Pace::Arriving { per_second, time: TIME + 2 * LEAD };
        let calm = async {
            sleep(LEAD).await;
            load::run(&server.base, &me, CALM).await
        };
        let (calm, flood) = tokio::join!(calm, load::run(&server.base, &logins, flood));
        let (calm, flood) = (calm?.all_good()?, flood?);
        measured.figures.push(calm.p99);
        arrived.push(flood.per_second());
        served.push(flood.good_per_second());
        let others = flood.errors - flood.overloaded;
        if others > 0.0 || flood.broken > 0.0 {
            measured.violations.push(format!(
                "{others} logins were refused by something else than 503, {} broke",
                flood.broken
            ));
        }
        let silent = flood.overloaded - flood.with_retry_after;
        if silent > 0.0 {
            measured.violations.push(format!("{silent} answers of 503 without Retry-After"));
        }
        sleep(LEAD).await;
    }
    let show = |rates: &[f64]| Unit::PerSecond.show(median(rates));
    measured.notes.push(format!(
        "of {} logins {} were served, the others got 503 with Retry-After; capacity {}",
        show(&arrived),
        show(&served),
        Unit::PerSecond.show(capacity),
    ));
    Ok(measured)
}
