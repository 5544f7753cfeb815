//! Server CPU of single requests, and how many logins there are in a second.

use std::time::Duration;

use super::{BUSY, cost, counted};
use crate::cpu::Cpu;
use crate::hash;
use crate::load::{Pace, Script};
use crate::machine::cores;
use crate::process::Process;
use crate::site::Site;
use crate::stats::median;
use crate::table::Measured;
use crate::work::Unit;
use crate::world::{FEW, World};

/// How often a cheap request and its reference take turns.
const ROUNDS: u32 = 7;
/// How often a request with a password and a bare hash take turns.
const PASSWORD_ROUNDS: u32 = 21;
/// How many of these in a round, and in the rounds of which they come one after another.
const PASSWORDS: u32 = 80;
const SINGLE_PASSWORDS: u32 = 40;
const SINGLE_ROUNDS: u32 = 5;
/// More than there are connections.
const CHAINS: u64 = 24;
const USERS: u64 = 64;

const LIVE: &str = "/health/live";
const ME: &str = "/api/v1/auth/me";

pub(super) async fn me(world: &World) -> anyhow::Result<Measured> {
    let (site, server) = start(world).await?;
    let tokens = site.sign_in(&world.api, &server, USERS).await?.access;
    let (live, me) = (Script::get(LIVE, &[]), Script::get(ME, &tokens));
    let mut measured = Measured::default();
    let mut rates = Vec::new();
    for round in 0..=ROUNDS {
        let reference = cost::of(&site, &server, &live, BUSY).await?;
        let figure = cost::of(&site, &server, &me, BUSY).await?;
        if round > 0 {
            measured.references.push(reference.server);
            measured.figures.push(figure.server);
            rates.push(figure.figures.per_second());
        }
    }
    measured.notes.push(format!("{} on 8 connections beside wrk", Unit::PerSecond.show(median(&rates))));
    Ok(measured)
}

pub(super) async fn refresh(world: &World) -> anyhow::Result<Measured> {
    let (site, server) = start(world).await?;
    let live = Script::get(LIVE, &[]);
    let mut measured = Measured::default();
    for round in 0..=ROUNDS {
        let tokens = site.sign_in(&world.api, &server, CHAINS).await?.refresh;
        let reference = cost::of(&site, &server, &live, BUSY).await?;
        let figure = cost::of(&site, &server, &Script::refresh(&tokens), BUSY).await?;
        if round > 0 {
            measured.references.push(reference.server);
            measured.figures.push(figure.server);
        }
    }
    Ok(measured)
}

pub(super) async fn login(world: &World) -> anyhow::Result<Measured> {
    with_password(world, |round| Script::login(FEW, round)).await
}

pub(super) async fn register(world: &World) -> anyhow::Result<Measured> {
    with_password(world, Script::register).await
}

/// Under load all cores hash, so they do for the reference: hashes that run side by side share the machine's memory.
async fn with_password(world: &World, script: impl Fn(u32) -> Script) -> anyhow::Result<Measured> {
    let (site, server) = start(world).await?;
    let mut measured = Measured::default();
    let (mut hashing, mut rest) = (Vec::new(), Vec::new());
    for round in 0..=PASSWORD_ROUNDS {
        let reference = hash::on_all_cores(PASSWORDS).await?;
        let figure = cost::of(&site, &server, &script(round), counted(PASSWORDS)).await?;
        if round > 0 {
            measured.references.push(reference.cpu);
            measured.figures.push(figure.server);
            hashing.push(figure.hashing / reference.cpu);
            rest.push((figure.server - figure.hashing) / reference.cpu);
        }
    }
    measured.notes.push(format!(
        "of a bare hash, {:.3} in the threads that hash, {:.3} in all others",
        median(&hashing),
        median(&rest)
    ));
    let mut single = Vec::new();
    let pace = Pace::Counted { connections: 1, count: SINGLE_PASSWORDS };
    for round in 1..=SINGLE_ROUNDS {
        let reference = hash::time(SINGLE_PASSWORDS).await?;
        let figure = cost::of(&site, &server, &script(PASSWORD_ROUNDS + round), pace).await?;
        single.push(figure.server / reference.cpu);
    }
    let ratio = median(&single);
    measured.notes.push(format!("one after another, against one bare hash after another: {ratio:.2}"));
    Ok(measured)
}

pub(super) async fn throughput(world: &World) -> anyhow::Result<Measured> {
    const THROUGHPUT_ROUNDS: u32 = 5;
    let (site, server) = start(world).await?;
    let redis: Vec<i32> = world.redis.pid().into_iter().collect();
    let connections = u32::try_from(cores() * 4).unwrap_or(u32::MAX);
    let busy = Pace::Busy { connections, time: Duration::from_secs(5) };
    let cores = f64::from(u32::try_from(cores()).unwrap_or(u32::MAX));
    let mut measured = Measured::default();
    let (mut together, mut floor) = (Vec::new(), Vec::new());
    let (mut ours, mut in_postgres, mut in_redis) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=THROUGHPUT_ROUNDS {
        let reference = cores / hash::time(SINGLE_PASSWORDS).await?.wall;
        let bare = hash::on_all_cores(PASSWORDS).await?;
        let before = Cpu::of(&redis);
        let cost = cost::of(&site, &server, &Script::login(FEW, round), busy).await?;
        let by_redis = Cpu::of(&redis).since(&before).as_secs_f64() / cost.figures.requests;
        if round > 0 {
            let rate = cost.figures.good_per_second();
            measured.references.push(reference);
            measured.figures.push(rate);
            together.push(rate * bare.wall / cores);
            floor.push(cores / (bare.cpu + cost.postgres + by_redis) / reference);
            ours.push(cost.server);
            in_postgres.push(cost.postgres);
            in_redis.push(by_redis);
        }
    }
    let time = |of: &[f64]| Unit::Time.show(median(of));
    measured.notes.push(format!(
        "{:.2} of what raw loops on all cores at once reach, which share the memory too",
        median(&together)
    ));
    measured.notes.push(format!(
        "a login takes {} of the server, {} of PostgreSQL and {} of Redis; a server that did nothing but hash would \
         reach {:.2}",
        time(&ours),
        time(&in_postgres),
        time(&in_redis),
        median(&floor)
    ));
    Ok(measured)
}

async fn start(world: &World) -> anyhow::Result<(Site, Process)> {
    let site = world.site(FEW).await?;
    let server = site.server().await?;
    Ok((site, server))
}
