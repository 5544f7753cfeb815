//! How fast a worker empties the outbox, beside a bare loop of the SMTP library.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use lettre::Address;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;

use super::sleep;
use crate::load::{self, Pace, Script};
use crate::table::Measured;
use crate::work::Unit;
use crate::world::{FEW, World};

const ROUNDS: u32 = 3;
const MAILS: u32 = 1_000;
/// As many as a worker sends at once.
const SIDE_BY_SIDE: u32 = 8;
/// The longest that the mails may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// For the worker to write down that the last mail is sent.
const SETTLING: Duration = Duration::from_millis(500);

pub(super) async fn measure(world: &World) -> anyhow::Result<Measured> {
    let site = world.site(FEW).await?;
    let server = site.server().await?;
    let mut measured = Measured::default();
    let mut side_by_side = Vec::new();
    for round in 0..=ROUNDS {
        world.sink.clear();
        load::run(&server.base, &Script::forgot(FEW), Pace::Counted(MAILS)).await?.all_good()?;
        let worker = site.worker().await?;
        let (first, last) = deliveries(world).await?;
        sleep(SETTLING).await;
        worker.stop().await?;
        let mail = world.sink.mails().pop().context("no mail was delivered")?;
        let content = format!("{}\r\n.\r\n", String::from_utf8_lossy(&mail.raw).trim_end());
        let loops = |count: u32| raw_loops(world.sink.port(), content.clone(), count);
        let (alone, together) = (loops(1).await?, loops(SIDE_BY_SIDE).await?);
        if round > 0 {
            measured.figures.push(f64::from(MAILS - 1) / (last - first).as_secs_f64());
            measured.references.push(alone);
            side_by_side.push(together);
        }
    }
    let together = Unit::PerSecond.show(crate::stats::median(&side_by_side));
    measured.notes.push(format!("{SIDE_BY_SIDE} raw loops side by side: {together}"));
    Ok(measured)
}

/// When the first of the mails came, and the last.
async fn deliveries(world: &World) -> anyhow::Result<(Instant, Instant)> {
    let (start, mut first, mut seen) = (Instant::now(), None, 0);
    let expected = usize::try_from(MAILS)?;
    while start.elapsed() < PATIENCE {
        seen += world.sink.mails_after(seen).len();
        let now = Instant::now();
        if seen > 0 && first.is_none() {
            first = Some(now);
        }
        if let (Some(first), true) = (first, seen >= expected) {
            ensure!(seen == expected, "{seen} mails were delivered instead of {expected}");
            return Ok((first, now));
        }
        sleep(Duration::from_millis(1)).await;
    }
    anyhow::bail!("of {expected} mails {seen} were delivered in {PATIENCE:?}")
}

/// Mails per second of `count` loops, each on a connection of its own, all mails the same.
async fn raw_loops(port: u16, content: String, count: u32) -> anyhow::Result<f64> {
    let start = Instant::now();
    let loops: Vec<_> =
        (0..count).map(|_| tokio::spawn(raw_loop(port, content.clone(), MAILS / count))).collect();
    for each in loops {
        each.await??;
    }
    Ok(f64::from(MAILS / count * count) / start.elapsed().as_secs_f64())
}

/// The content goes out at once with its final dot, as the service sends it: lettre's own way to send a mail waits 40 ms
/// in between, and would be beaten easily.
async fn raw_loop(port: u16, content: String, mails: u32) -> anyhow::Result<()> {
    let hello = ClientId::Domain("bench.example".to_owned());
    let timeout = Some(Duration::from_secs(10));
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(("127.0.0.1", port), timeout, &hello, None, None).await?;
    let (from, to): (Address, Address) = ("no-reply@evently.example".parse()?, "user1@example.com".parse()?);
    for _ in 0..mails {
        connection.command(Mail::new(Some(from.clone()), Vec::new())).await?;
        connection.command(Rcpt::new(to.clone(), Vec::new())).await?;
        connection.command(Data).await?;
        connection.command(&content).await?;
    }
    Ok(())
}
