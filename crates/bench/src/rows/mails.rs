//! How fast a worker empties the outbox, beside a bare loop of the SMTP library.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use lettre::Address;
use lettre::address::Envelope;
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
/// Of each raw loop.
const RAW_MAILS: u32 = 50;
/// The longest that the mails may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// For the worker to write down that the last mail is sent.
const SETTLING: Duration = Duration::from_millis(500);

pub(super) async fn measure(world: &World) -> anyhow::Result<Measured> {
    let site = world.site(FEW).await?;
    let server = site.server().await?;
    let mut measured = Measured::default();
    let mut bare = Vec::new();
    for round in 0..=ROUNDS {
        world.sink.clear();
        load::run(&server.base, &Script::forgot(FEW), Pace::Counted { connections: 1, count: MAILS })
            .await?
            .all_good()?;
        let worker = site.worker().await?;
        let (first, last) = deliveries(world).await?;
        sleep(SETTLING).await;
        worker.stop().await?;
        let mail = world.sink.mails().pop().context("no mail was delivered")?;
        let raw = raw_loops(world.sink.port(), &mail.raw).await?;
        let commands = bare_commands(world.sink.port(), &mail.raw).await?;
        if round > 0 {
            measured.figures.push(f64::from(MAILS - 1) / (last - first).as_secs_f64());
            measured.references.push(raw);
            bare.push(commands);
        }
    }
    let bare = Unit::PerSecond.show(crate::stats::median(&bare));
    measured
        .notes
        .push(format!("one connection that is fed bare commands, no mail made and none settled: {bare}"));
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

/// Mails per second of as many loops as a worker has places, each over the library's own `send` on a connection of its
/// own, all mails the same. That `send` waits some 40 ms for each mail, for its last write waits for the acknowledgement of
/// the one before.
async fn raw_loops(port: u16, content: &[u8]) -> anyhow::Result<f64> {
    let start = Instant::now();
    let loops: Vec<_> = (0..SIDE_BY_SIDE).map(|_| tokio::spawn(raw_loop(port, content.to_vec()))).collect();
    for each in loops {
        each.await??;
    }
    Ok(f64::from(RAW_MAILS * SIDE_BY_SIDE) / start.elapsed().as_secs_f64())
}

async fn raw_loop(port: u16, content: Vec<u8>) -> anyhow::Result<()> {
    let (mut connection, from, to) = connect(port).await?;
    let envelope = Envelope::new(Some(from), vec![to])?;
    for _ in 0..RAW_MAILS {
        connection.send(&envelope, &content).await?;
    }
    Ok(())
}

/// Mails per second of one connection on which the content goes out at once with its final dot, as the service sends it.
async fn bare_commands(port: u16, content: &[u8]) -> anyhow::Result<f64> {
    let content = format!("{}\r\n.\r\n", String::from_utf8_lossy(content).trim_end());
    let (mut connection, from, to) = connect(port).await?;
    let start = Instant::now();
    for _ in 0..MAILS {
        connection.command(Mail::new(Some(from.clone()), Vec::new())).await?;
        connection.command(Rcpt::new(to.clone(), Vec::new())).await?;
        connection.command(Data).await?;
        connection.command(&content).await?;
    }
    Ok(f64::from(MAILS) / start.elapsed().as_secs_f64())
}

async fn connect(port: u16) -> anyhow::Result<(AsyncSmtpConnection, Address, Address)> {
    let hello = ClientId::Domain("bench.example".to_owned());
    let timeout = Some(Duration::from_secs(10));
    let connection =
        AsyncSmtpConnection::connect_tokio1(("127.0.0.1", port), timeout, &hello, None, None).await?;
    Ok((connection, "no-reply@evently.example".parse()?, "user1@example.com".parse()?))
}
