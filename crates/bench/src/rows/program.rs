//! The program itself: memory, start, size.

use std::fs;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::sleep;
use crate::cpu::{self, Cpu};
use crate::load::{self, Pace, Script};
use crate::table::Measured;
use crate::work::Unit;
use crate::world::{FEW, World};

const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn memory(world: &World) -> anyhow::Result<Measured> {
    const ROUNDS: usize = 3;
    /// For what the start leaves behind to be done.
    const SETTLING: Duration = Duration::from_secs(5);
    /// Longer than hashing threads keep their memory.
    const CALMING: Duration = Duration::from_secs(35);
    let site = world.site(FEW).await?;
    let mut measured = Measured::default();
    for _ in 0..ROUNDS {
        let server = site.server().await?;
        sleep(SETTLING).await;
        measured.figures.push(resident(server.pid)?);
    }
    let server = site.server().await?;
    let busy = Pace::Busy { connections: 8, time: Duration::from_secs(5) };
    load::run(&server.base, &Script::login(FEW, 0), busy).await?.all_good()?;
    let under_load = resident(server.pid)?;
    sleep(CALMING).await;
    let afterwards = resident(server.pid)?;
    let show = |bytes| Unit::Bytes.show(bytes);
    measured.notes.push(format!(
        "{} at the end of five seconds of logins, {} when they are {} s past",
        show(under_load),
        show(afterwards),
        CALMING.as_secs(),
    ));
    measured.notes.push(at_rest(server.pid).await);
    Ok(measured)
}

/// What a server does that nobody uses.
async fn at_rest(pid: i32) -> String {
    const TIME: Duration = Duration::from_secs(20);
    let (cpu, sleeps) = (Cpu::of(&[pid]), cpu::sleeps(pid));
    sleep(TIME).await;
    let (cpu, sleeps) = (Cpu::of(&[pid]).since(&cpu), cpu::sleeps(pid).saturating_sub(sleeps));
    let each_second = |value: f64| value / TIME.as_secs_f64();
    format!(
        "at rest its threads wake up {:.0} times a second and use {} of CPU in it",
        each_second(number(sleeps)),
        Unit::Time.show(each_second(cpu.as_secs_f64())),
    )
}

pub(super) async fn start(world: &World) -> anyhow::Result<Measured> {
    const ROUNDS: usize = 10;
    let site = world.site(FEW).await?;
    let mut measured = Measured::default();
    for _ in 0..ROUNDS {
        let server = site.server().await?;
        let ready = format!("{}/health/ready", server.base);
        while !world.api.is_ok(&ready).await {
            ensure!(server.started.elapsed() < PATIENCE, "a server does not get ready");
        }
        measured.figures.push(server.started.elapsed().as_secs_f64());
    }
    Ok(measured)
}

pub(super) fn size(world: &World) -> anyhow::Result<Measured> {
    let of = |name: &str| -> anyhow::Result<f64> {
        let file = world.programs.join(name);
        let bytes = fs::metadata(&file).with_context(|| format!("there is no {}", file.display()))?.len();
        Ok(number(bytes))
    };
    let worker = Unit::Bytes.show(of("evently-auth-worker")?);
    let notes = vec![format!("evently-auth; evently-auth-worker has {worker}")];
    Ok(Measured { figures: vec![of("evently-auth")?], notes, ..Measured::default() })
}

/// Bytes in memory that belong to the process: what it shares with others counts in full.
pub(super) fn resident(pid: i32) -> anyhow::Result<f64> {
    let text =
        fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).context("cannot read a server's memory")?;
    rss(&text).context("a server without memory")
}

fn rss(rollup: &str) -> Option<f64> {
    let kib = rollup.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    let kib: u64 = kib.trim().trim_end_matches(" kB").parse().ok()?;
    Some(number(kib * 1_024))
}

/// Exact up to 2^53.
#[allow(clippy::cast_precision_loss)]
fn number(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests {
    use super::rss;

    #[test]
    fn resident_memory_is_read_from_the_rollup() {
        let text = "00400000-7ffd [rollup]\nRss:               31744 kB\nPss:               30000 kB\n";
        assert_eq!(rss(text), Some(32_505_856.0));
        assert_eq!(rss(""), None);
    }
}
