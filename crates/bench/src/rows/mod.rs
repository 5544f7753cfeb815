//! The measurements, one file per subject.

mod cost;
mod flood;
mod mails;
mod many;
mod program;
mod requests;
mod revocation;
mod trips;

use std::time::Duration;

use crate::load::Pace;
use crate::table::Measured;
use crate::work::Work;
use crate::world::World;

pub(crate) use cost::sleep;
pub(crate) use many::{Asked, Measuring};

const CONNECTIONS: u32 = 8;

/// The load of every row that is about the cost of a request.
const BUSY: Pace = Pace::Busy { connections: CONNECTIONS, time: Duration::from_secs(2) };

/// The same for requests that take so long that those under way at the end would count.
const fn counted(count: u32) -> Pace {
    Pace::Counted { connections: CONNECTIONS, count }
}

/// Measures a row, side by side with its reference.
///
/// # Errors
/// When something else came of it than was meant to be measured.
pub(crate) async fn measure(work: Work, world: &World) -> anyhow::Result<Measured> {
    match work {
        Work::Me => requests::me(world).await,
        Work::Refresh => requests::refresh(world).await,
        Work::RefreshTrips => trips::measure(world).await,
        Work::Login => requests::login(world).await,
        Work::Register => requests::register(world).await,
        Work::Throughput => requests::throughput(world).await,
        Work::Flood => flood::measure(world).await,
        Work::Revocation => revocation::measure(world).await,
        Work::Mails => mails::measure(world).await,
        Work::ManyLogin => many::measure(world, Asked::Login).await,
        Work::ManyMe => many::measure(world, Asked::Me).await,
        Work::ManyRefresh => many::measure(world, Asked::Refresh).await,
        Work::ManyFirstPage => many::measure(world, Asked::FirstPage).await,
        Work::ManyDeepPage => many::measure(world, Asked::DeepPage).await,
        Work::Memory => program::memory(world).await,
        Work::Start => program::start(world).await,
        Work::Size => program::size(world),
    }
}
