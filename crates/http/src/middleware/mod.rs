//! What happens to every request and every answer, whatever the route.

mod cors;
mod envelope;
mod finish;
mod limits;
mod parent;
mod security;
mod trace;

pub(crate) use cors::{cors, strip_foreign};
pub(crate) use envelope::envelope;
pub(crate) use finish::finish;
pub(crate) use limits::show_limits;
pub(crate) use trace::{ACTIVE, DURATION, RequestSpan, measure};
