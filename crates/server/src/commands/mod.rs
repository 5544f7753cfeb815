//! One file for each command: settings in, text out.

pub(crate) mod admin;
pub(crate) mod audit;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod mail;
pub(crate) mod migrate;
