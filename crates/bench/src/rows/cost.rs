//! What a request costs: the CPU time of some processes under load, by the number of requests.

use std::time::Duration;

use crate::cpu::{Cpu, backends};
use crate::load::{self, Figures, Pace, Script};
use crate::process::Process;
use crate::site::Site;

/// What a server does behind an answer is still its cost.
const BEHIND: Duration = Duration::from_millis(50);

/// What the server calls the threads that hash passwords.
const HASHING: &str = "password-hash";

/// CPU time per request, in seconds.
pub(crate) struct Cost {
    /// Of the server.
    pub(crate) server: f64,
    /// Of that, in the threads that hash passwords.
    pub(crate) hashing: f64,
    /// Of PostgreSQL, on behalf of the site.
    pub(crate) postgres: f64,
    pub(crate) figures: Figures,
}

/// Loads `server` and looks at what that took. Every request has to be answered well.
pub(crate) async fn of(site: &Site, server: &Process, script: &Script, pace: Pace) -> anyhow::Result<Cost> {
    // Backends come and go, so they are looked up afterwards: one that is new counts in full.
    let (ours, theirs) = (Cpu::of(&[server.pid]), Cpu::of(&backends(&site.database)));
    let hashing = Cpu::of_threads_named(server.pid, HASHING);
    let figures = load::run(&server.base, script, pace).await?.all_good()?;
    sleep(BEHIND).await;
    let ours = Cpu::of(&[server.pid]).since(&ours);
    let hashing = Cpu::of_threads_named(server.pid, HASHING).since(&hashing);
    let theirs = Cpu::of(&backends(&site.database)).since(&theirs);
    let each = |used: Duration| used.as_secs_f64() / figures.requests;
    Ok(Cost { server: each(ours), hashing: each(hashing), postgres: each(theirs), figures })
}

pub(crate) async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}
