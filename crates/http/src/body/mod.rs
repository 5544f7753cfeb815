//! Request bodies: bounded, JSON alone, and parsed into domain types with every fault told at once.

mod fields;
mod read;
mod strict;

pub(crate) use fields::Fields;
pub(crate) use read::Body;
pub(crate) use strict::{Malformed, parse_strict};
