//! What is plotted: latency against load, and cost against the number of users.

use std::time::Duration;

use crate::load::{self, Pace, Script};
use crate::machine::cores;
use crate::plot::{Axis, Scale, Series, svg};
use crate::rows::{Asked, Measuring, sleep};
use crate::stats::median;
use crate::table::grouped;
use crate::work::Unit;
use crate::world::{FEW, World};

const TIME: Duration = Duration::from_secs(5);
/// For what one load left behind to be done before the next.
const PAUSE: Duration = Duration::from_secs(1);
const LOADS: [f64; 9] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

const SECONDS: Axis =
    Axis { name: "latency", scale: Scale::Logarithmic, label: |value| Unit::Time.show(rounded(value)) };
const CPU: Axis = Axis {
    name: "CPU per request",
    scale: Scale::Logarithmic,
    label: |value| Unit::Time.show(rounded(value)),
};
const RATE: Axis =
    Axis { name: "requests per second", scale: Scale::Linear, label: |value| format!("{value:.0}") };
const USERS: Axis = Axis { name: "users", scale: Scale::Logarithmic, label: |value| format!("{value:.0}") };

/// The charts, by the names of their files.
pub(crate) async fn measure(world: &World) -> anyhow::Result<Vec<(&'static str, String)>> {
    Ok(vec![
        ("latency-me.svg", latency(world, "GET /auth/me: latency against load", true).await?),
        ("latency-login.svg", latency(world, "POST /auth/login: latency against load", false).await?),
        ("users.svg", users(world).await?),
    ])
}

/// Loads from a twentieth to four fifths of what the server can do when asked without a pause.
async fn latency(world: &World, title: &str, is_me: bool) -> anyhow::Result<String> {
    let site = world.site(FEW).await?;
    let server = site.server().await?;
    let script = if is_me {
        Script::get("/api/v1/auth/me", &site.sign_in(&world.api, &server, 32).await?.access)
    } else {
        Script::login(FEW, 1)
    };
    let connections = if is_me { 64 } else { u32::try_from(cores() * 4).unwrap_or(u32::MAX) };
    let busy = Pace::Busy { connections, time: TIME };
    load::run(&server.base, &script, busy).await?.all_good()?; // to warm up
    let capacity = load::run(&server.base, &script, busy).await?.all_good()?.per_second();
    world.progress.begin(title, u64::try_from(LOADS.len())?);
    let (mut halves, mut most) = (Vec::new(), Vec::new());
    for share in LOADS {
        sleep(PAUSE).await;
        let pace = Pace::Arriving { per_second: capacity * share, time: TIME };
        let figures = load::run(&server.base, &script, pace).await?;
        // What arrived: where answers are slow, each connection asks a little less often than planned.
        halves.push((figures.per_second(), figures.p50));
        most.push((figures.per_second(), figures.p99));
        world.progress.add(1);
    }
    world.progress.end();
    let series = |name: &str, mut points: Vec<(f64, f64)>| {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Series { name: name.to_owned(), points }
    };
    let title = format!("{title} ({} at most)", Unit::PerSecond.show(capacity));
    svg(&title, &RATE, &SECONDS, &[series("p99", most), series("p50", halves)])
}

/// Every tenth power from a thousand users up to "many".
async fn users(world: &World) -> anyhow::Result<String> {
    const ROUNDS: u32 = 3;
    const KINDS: [(Asked, &str); 5] = [
        (Asked::DeepPage, "list, page at 9/10"),
        (Asked::FirstPage, "list, page 1"),
        (Asked::Login, "login"),
        (Asked::Refresh, "refresh"),
        (Asked::Me, "GET /auth/me"),
    ];
    let mut lines = KINDS.map(|(_, name)| Series { name: name.to_owned(), points: Vec::new() });
    let mut count = FEW;
    while count <= world.many {
        let site =
            if count == world.many { world.site_with_many().await? } else { world.site(count).await?.into() };
        let measuring = Measuring::start(&site, &world.api).await?;
        world.progress.begin(&format!("cost with {} users", grouped(count)), u64::try_from(KINDS.len())?);
        for ((asked, _), line) in KINDS.iter().zip(&mut lines) {
            let mut costs = Vec::new();
            for round in 0..=ROUNDS {
                let cost = measuring.cost(*asked, 100 + round).await?;
                if round > 0 {
                    costs.push(cost.server + cost.postgres);
                }
            }
            line.points.push((f64::from(u32::try_from(count)?), median(&costs)));
            world.progress.add(1);
        }
        world.progress.end();
        count *= 10;
    }
    svg("CPU of server and PostgreSQL per request, against the number of users", &USERS, &CPU, &lines)
}

/// To two digits, so that a mark between two powers of ten is short.
fn rounded(value: f64) -> f64 {
    let scale = 10_f64.powf(value.abs().log10().floor() - 1.0);
    (value / scale).round() * scale
}
