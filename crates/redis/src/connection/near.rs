//! A master, and how whoever calls reaches it.
//!
//! Each thread that serves requests has a runtime of its own. A command that goes through a connection of another
//! runtime changes threads twice; so each runtime that calls gets a connection that it drives itself. The one that the
//! line was built with serves meanwhile, and when another cannot be had.

use super::CONNECT;
use super::dial::{Dialer, Link};
use redis::aio::{AsyncPushSender, MultiplexedConnection};
use redis::{PushInfo, PushKind};
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

/// The connections that other runtimes drive.
#[derive(Default)]
struct Near(Mutex<Vec<Place>>);

struct Place {
    runtime: Id,
    /// None while it is opened, and when it could not be.
    link: Option<Link>,
    is_used: bool,
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
            return place.link.as_ref().unwrap_or(&self.link).connection.clone();
        }
        places.push(Place { runtime: caller.id(), link: None, is_used: true });
        drop(places);
        let (near, dialer, endpoint) = (self.near.clone(), self.dialer.clone(), self.link.endpoint.clone());
        caller.spawn(async move {
            let runtime = Handle::current();
            let ended = Near::ear(Arc::downgrade(&near), runtime.id());
            if let Ok(Ok(link)) = timeout(CONNECT, dialer.dial_on(&runtime, &endpoint, ended)).await {
                near.put(runtime.id(), link);
            }
        });
        far()
    }

    /// Closes what nobody used since this was asked last, before a firewall forgets it. Whoever calls next opens
    /// another.
    pub(super) fn forget_unused(&self) {
        self.near.take_out(|place| place.link.is_none() || !std::mem::take(&mut place.is_used));
    }
}

impl Near {
    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, runtime: Id, link: Link) {
        // Without a place it has ended already, or took so long that another is tried.
        if let Some(place) = self.places().iter_mut().find(|place| place.runtime == runtime) {
            place.link = Some(link);
        }
    }

    fn take_out(&self, is_out: impl FnMut(&mut Place) -> bool) {
        let out: Vec<_> = self.places().extract_if(.., is_out).collect();
        drop(out);
    }

    /// Hears of the end of the connection of `runtime`. Whether Redis is away is told by the line's own, and by calls
    /// that fail.
    fn ear(near: Weak<Self>, runtime: Id) -> impl AsyncPushSender {
        move |info: PushInfo| {
            if let Some(near) = near.upgrade().filter(|_| info.kind == PushKind::Disconnection) {
                near.take_out(|place| place.runtime == runtime);
            }
            Ok::<(), redis::aio::SendError>(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Supervisor;
    use crate::contract::single;
    use std::time::Duration;
    use tokio::runtime::Builder;
    use tokio::time::sleep;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_nobody_uses_is_closed() {
        let supervisor = Supervisor::start(&single(), &Handle::current()).unwrap();
        let line = supervisor.line().await.unwrap();
        let other = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let open = || line.node(0).unwrap().near.places().iter().filter(|place| place.link.is_some()).count();
        let ask = || {
            let line = line.clone();
            other.spawn(async move {
                let mut connection = line.node(0).unwrap().connection();
                redis::cmd("PING").query_async::<String>(&mut connection).await
            })
        };
        ask().await.unwrap().unwrap();
        while open() == 0 {
            sleep(Duration::from_millis(10)).await;
        }
        for _ in 0..3 {
            ask().await.unwrap().unwrap();
            line.forget_unused();
            assert_eq!(open(), 1, "it is in use");
        }
        line.forget_unused();
        assert_eq!(open(), 0);
        ask().await.unwrap().unwrap();
        other.shutdown_background();
    }
}
