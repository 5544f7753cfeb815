//! The store of production mode: the domain's ports over PostgreSQL, shared by any number of instances.
//!
//! - One port call is one statement, two for a new account, or one transaction of a few when it takes something from
//!   others; what was acknowledged is committed.
//! - Races are settled by conditions, row locks and unique columns; for what is taken from others, and the last admin, by
//!   advisory locks on top.
//! - No wait is without bound, neither here nor on the server, and a connection on which something failed or
//!   was given up half-way is closed. A server that comes back is used again by the next call.
//! - Nothing but listings, of accounts and of the audit, asks a replica.
//!
//! # How to add a repository (an adapter of a port)
//!
//! 1. Write the port's sentences into its documentation in `domain`, and a clause for each into `contract`.
//! 2. Add the table in a new folder `migrations/postgres/<date>-<number>_<name>` with `up.sql` and
//!    `down.sql`, with a CHECK for what the domain promises and an index for what is searched. Never edit a
//!    released migration. The previous version serves while it runs, so expand first, and contract in a later
//!    version. An index on a table that is there already has a migration of its own, as `migrations.rs` says.
//! 3. Describe the table in `schema.rs`.
//! 4. Make one folder named after the port: a `…Row` with `Queryable` and `Selectable`, a `TryFrom` into the
//!    domain's type that names table and id (never content) when the row breaks a rule, and `impl Port for
//!    PgStore`.
//! 5. Each method is one `PgStore::read` or `PgStore::write` of one statement: diesel's, or a `Statement`
//!    written by hand with `effects` as further clauses. A statement sees what was committed before it began,
//!    also after it waited for a lock: what has to be looked at under a lock is looked at by a second one
//!    (`transaction.rs`). What is swept is swept by `sweep.rs`.
//! 6. Name the port's macro in `tests/contract.rs`; test beside it what only this technology can break, and
//!    call the new queries in `tests/plans.rs`, which refuses those that read whole tables.

mod audit_log;
mod config;
mod connections;
mod durations;
mod effects;
mod failure;
mod import;
mod legacy;
mod migrations;
mod outbox;
mod probe;
mod replicas;
mod rows;
mod schema;
mod sessions;
mod statement;
mod store;
mod sweep;
mod transaction;
mod users;

pub use config::{PgConfig, PgServer};
pub use legacy::LegacyTable;
pub use store::PgStore;
