//! One way to reach Redis, whatever its shape.
//!
//! A [`Line`] is a set of masters with connections that serves every slot. A [`Supervisor`] keeps one up: it
//! builds a new line whenever something is wrong with the old one, and tells callers at once while there is none.
//! redis-rs's own managers of connections are not used: its cluster client runs a script a second time when an answer
//! was lost, which would turn an accepted code into a rejected one, and neither tells that Redis is known to be away.

mod dial;
mod discover;
mod line;
mod near;
mod supervisor;
mod tls;

pub(crate) use dial::Link;
pub(crate) use line::Line;
pub(crate) use supervisor::Supervisor;

use std::time::Duration;

/// How long an answer may take.
pub(crate) const RESPONSE: Duration = Duration::from_millis(500);

/// How long building a line, or one connection, may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(2);
