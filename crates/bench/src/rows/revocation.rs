//! How long a session that ended at one instance still works at another.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures_util::StreamExt;
use redis::AsyncTypedCommands;
use reqwest::{Method, StatusCode};

use super::sleep;
use crate::process::Process;
use crate::stats::percentile;
use crate::table::Measured;
use crate::work::Unit;
use crate::world::{FEW, World};

const ROUNDS: usize = 3;
const EACH: u64 = 200;
/// After so long it is not going to be seen any more.
const PATIENCE: Duration = Duration::from_secs(20);
const CHANNEL: &str = "bench";

pub(super) async fn measure(world: &World) -> anyhow::Result<Measured> {
    let site = world.site(FEW).await?;
    let (here, there) = (site.server().await?, site.server().await?);
    let mut measured = Measured::default();
    let mut medians = Vec::new();
    for _ in 0..ROUNDS {
        let mut seen = Vec::new();
        for token in site.sign_in(&world.api, &here, EACH).await?.access {
            seen.push(seen_after(world, &here, &there, &token).await?);
        }
        measured.figures.push(percentile(&seen, 99));
        medians.push(percentile(&seen, 50));
        measured.references.push(percentile(&published(&world.redis.url()).await?, 99));
    }
    let median = Unit::Time.show(crate::stats::median(&medians));
    measured
        .notes
        .push(format!("median {median}, from sending the logout to the first 401 of the other instance"));
    Ok(measured)
}

/// Seconds from the sending of a logout to the first refusal elsewhere, where the session was in use.
async fn seen_after(world: &World, here: &Process, there: &Process, token: &str) -> anyhow::Result<f64> {
    let (me, logout) =
        (format!("{}/api/v1/auth/me", there.base), format!("{}/api/v1/auth/logout", here.base));
    for _ in 0..3 {
        ensure!(
            world.api.status(Method::GET, &me, token).await? == StatusCode::OK,
            "a new session does not work"
        );
    }
    let start = Instant::now();
    let refused = async {
        while start.elapsed() < PATIENCE {
            if world.api.status(Method::GET, &me, token).await? == StatusCode::UNAUTHORIZED {
                return Ok(start.elapsed().as_secs_f64());
            }
        }
        anyhow::bail!("a session that ended works elsewhere after {PATIENCE:?}")
    };
    let (status, refused) = tokio::join!(world.api.status(Method::POST, &logout, token), refused);
    ensure!(status? == StatusCode::OK, "a logout was refused");
    refused
}

/// Seconds from PUBLISH to a subscriber, once for each session.
async fn published(url: &str) -> anyhow::Result<Vec<f64>> {
    let client = redis::Client::open(url)?;
    let mut subscriber = client.get_async_pubsub().await?;
    subscriber.subscribe(CHANNEL).await?;
    let mut publisher = client.get_multiplexed_async_connection().await?;
    let mut messages = subscriber.on_message();
    let mut heard = Vec::new();
    for _ in 0..EACH {
        let start = Instant::now();
        let (sent, message) = tokio::join!(publisher.publish(CHANNEL, "now"), messages.next());
        sent?;
        message.context("the subscription ended")?;
        heard.push(start.elapsed().as_secs_f64());
        sleep(Duration::from_millis(1)).await;
    }
    Ok(heard)
}
