//! A master, and how whoever calls reaches it.
//!
//! Each thread that serves requests has a runtime of its own. A command that goes through a connection of another
//! runtime changes threads twice; so each runtime that calls gets a connection that it drives itself. The one that the
//! line was built with serves meanwhile, and when another cannot be had.

use super::CONNECT;
use super::dial::{Dialer, Link};
use super::line::trouble;
use redis::aio::{AsyncPushSender, MultiplexedConnection};
use redis::{PushInfo, PushKind};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::runtime::{Handle, Id};
use tokio::time::timeout;

/// A master, and the connections to it.
pub(crate) struct Node {
    /// The one that the line was built with, driven by the main runtime.
    pub(crate) link: Link,
    dialer: Arc<Dialer>,
    near: Arc<Near>,
}

/// How other runtimes reach it, each by a connection of its own.
#[derive(Default)]
struct Near(Mutex<Vec<Place>>);

struct Place {
    runtime: Id,
    way: Way,
    is_used: bool,
}

enum Way {
    /// The connection of the line, until the one that is being opened is there.
    Opening,
    /// A connection that the runtime drives.
    Near(Link),
    /// The connection of the line, until the next look: another could not be had, or has ended.
    Far,
}

impl Node {
    pub(super) fn new(link: Link, dialer: Arc<Dialer>) -> Self {
        Self { link, dialer, near: Arc::default() }
    }

    /// A connection for the runtime that this is called on.
    pub(crate) fn connection(&self) -> MultiplexedConnection {
        let far = || self.link.connection.clone();
        let Ok(caller) = Handle::try_current() else { return far() };
        if self.dialer.is_main(caller.id()) {
            return far();
        }
        let mut places = self.near.places();
        if let Some(place) = places.iter_mut().find(|place| place.runtime == caller.id()) {
            place.is_used = true;
            return match &place.way {
                Way::Near(link) => link.connection.clone(),
                Way::Opening | Way::Far => far(),
            };
        }
        places.push(Place { runtime: caller.id(), way: Way::Opening, is_used: true });
        drop(places);
        self.open(&caller);
        far()
    }

    fn open(&self, caller: &Handle) {
        let (near, dialer) = (self.near.clone(), self.dialer.clone());
        let (runtime, endpoint, peer) = (caller.clone(), self.link.endpoint.clone(), self.link.peer);
        caller.spawn(async move {
            let ear = Near::ear(Arc::downgrade(&near), runtime.id());
            let link = timeout(CONNECT, dialer.dial_near(&runtime, &endpoint, peer, ear)).await;
            let way = match link.unwrap_or_else(|_| Err(trouble("connecting to Redis took too long"))) {
                Ok(link) => Way::Near(link),
                Err(error) => {
                    tracing::debug!(%error, "one connection to Redis has to do for several threads");
                    Way::Far
                }
            };
            near.turn(runtime.id(), |place| matches!(place.way, Way::Opening), way);
        });
    }

    /// Closes what nobody used since the last look, before a firewall forgets it. Whoever calls next opens another.
    pub(super) fn look(&self) {
        let is_over = |place: &mut Place| match place.way {
            Way::Opening => false,
            Way::Near(_) => !mem::take(&mut place.is_used),
            Way::Far => true,
        };
        let over: Vec<_> = self.near.places().extract_if(.., is_over).collect();
        drop(over);
    }
}

impl Near {
    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the calls of `runtime` another way, if its place is such a one.
    fn turn(&self, runtime: Id, is_such: impl Fn(&Place) -> bool, mut way: Way) {
        let mut places = self.places();
        if let Some(place) = places.iter_mut().find(|place| place.runtime == runtime && is_such(place)) {
            mem::swap(&mut place.way, &mut way);
        }
        // What was there, or was not wanted, is closed when nobody has to wait for it.
        drop(places);
        drop(way);
    }

    /// Hears of the end of the connection of `runtime`. Whether Redis is away is told by the line's own, and by calls
    /// that fail.
    fn ear(near: Weak<Self>, runtime: Id) -> impl AsyncPushSender {
        move |info: PushInfo| {
            if let Some(near) = near.upgrade().filter(|_| info.kind == PushKind::Disconnection) {
                near.turn(runtime, |_| true, Way::Far);
            }
            Ok::<(), redis::aio::SendError>(())
        }
    }
}
