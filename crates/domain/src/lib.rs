//! placeholder
pub mod access;
pub mod account;
pub mod audit;
mod auth;
pub mod client;
pub mod code;
pub mod effects;
pub mod error;
pub mod fault;
pub mod keys;
pub mod limits;
pub mod mail;
pub mod password;
pub mod ports;
pub mod refresh;
pub mod session;
pub mod settings;
pub mod usecases;

pub use auth::{Auth, Ports};

/// A moment in UTC, to the microsecond.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
