//! The embedded store: the domain's ports over one SQLite file.
//!
//! - One port call is one transaction; what was acknowledged is on the disk, power cut or not.
//! - One connection writes (SQLite has one writer anyhow), a few read; no wait is without bound.
//! - Queries run in the blocking pool of the caller's runtime, so no reactor waits for the disk.
//!
//! # How to add a repository (an adapter of a port)
//!
//! 1. Write the port's sentences into its documentation in `domain`, and a clause for each into `contract`.
//! 2. Add the table in a new folder `migrations/sqlite/<date>-<number>_<name>` with `up.sql` and `down.sql`:
//!    STRICT, with a CHECK for what the domain promises and an index for what is searched. Never edit a
//!    released migration.
//! 3. Describe the table in `schema.rs`.
//! 4. Make one file named after the port: a `…Row` with `Queryable` and `Selectable`, a `TryFrom` into the
//!    domain's type that names table and id (never content) when the row breaks a rule, and `impl Port for
//!    SqliteStore`.
//! 5. Each method is one `SqliteStore::read` or `SqliteStore::write`. Inside `write` nobody else writes, so
//!    look first and decide then; end with `effects::apply` if the call brings effects. Return outcomes,
//!    raise failures.
//! 6. Name the port's macro in `tests/contract.rs`; test beside it what only this technology can break.

mod audit_log;
mod codes;
mod connections;
mod effects;
mod failure;
mod migrations;
mod outbox;
mod probe;
mod rows;
mod schema;
mod sessions;
mod store;
mod user_imports;
mod users;

pub use codes::SqliteCodes;
pub use store::SqliteStore;
