//! Connections to the servers, and the bounds of every wait.

mod connector;
mod measures;
mod pool;

pub(crate) use connector::{Connector, encryption};
pub(crate) use pool::{Lent, Pool};

use std::time::Duration;

/// How long a caller waits for a connection that others use.
pub(crate) const WAIT: Duration = Duration::from_secs(2);

/// How long opening a connection may take, from the first packet to the first query.
pub(crate) const CONNECT: Duration = Duration::from_secs(2);

/// How long a port call may take in all.
pub(crate) const CALL: Duration = Duration::from_secs(5);

/// How long a replica may take before the primary is asked instead.
pub(crate) const REPLICA: Duration = Duration::from_secs(2);

/// How long a replica that did not answer is left alone.
pub(crate) const REST: Duration = Duration::from_secs(10);
