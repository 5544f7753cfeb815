//! Who is calling and what for, taken from the request.

mod caller;
mod device;
mod forwarded;
mod id;
mod query;
mod visitor;

pub(crate) use caller::Caller;
pub(crate) use device::{Devices, X_DEVICE_TOKEN, device_cookie};
pub(crate) use forwarded::client_address;
pub(crate) use id::{session_id, user_id};
pub(crate) use query::Query;
pub(crate) use visitor::{RequestContext, Visitor, X_REQUEST_ID};
