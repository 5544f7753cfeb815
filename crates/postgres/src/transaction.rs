//! Transactions of a few statements. Whoever leaves one without ending it has failed, and a connection is
//! closed after a failure.

use crate::failure::Failure;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use sha2::{Digest, Sha256};

/// What nobody else may do in a transaction meanwhile: taking an address or a username, or an admin away. Locks are
/// taken in this order, then those of rows by id, so that nobody waits in a circle. One statement that makes an account
/// where nobody has to make way takes none of them, and holds nothing while it waits.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(i64);

impl Key {
    /// For writing `value` into the unique column `column`.
    pub(crate) fn of(column: &str, value: &str) -> Self {
        let digest = Sha256::new().chain_update(column).chain_update([0]).chain_update(value).finalize();
        Self(digest.first_chunk().copied().map_or(0, i64::from_be_bytes))
    }
}

/// The key for taking a working admin away.
const LAST_ADMIN: i64 = 0x65_76_65_6e_74_6c_79_01;

/// Begins, and takes the locks of `keys`. What is polled after this, on the same connection, is sent without
/// waiting for its answer, and sees what was committed before the locks were given.
pub(crate) async fn begin(connection: &AsyncPgConnection, mut keys: Vec<Key>) -> Result<(), Failure> {
    keys.sort();
    keys.dedup();
    let locks: String = keys.iter().map(|Key(key)| lock(*key)).collect();
    run(connection, &format!("BEGIN;{locks}")).await
}

/// See [`LAST_ADMIN`]; to be taken after the row of the admin.
pub(crate) async fn lock_admins(connection: &AsyncPgConnection) -> Result<(), Failure> {
    run(connection, &lock(LAST_ADMIN)).await
}

/// Ends: everything happened.
pub(crate) async fn commit<T>(connection: &AsyncPgConnection, outcome: T) -> Result<T, Failure> {
    run(connection, "COMMIT").await?;
    Ok(outcome)
}

/// Ends: nothing happened.
pub(crate) async fn roll_back<T>(connection: &AsyncPgConnection, outcome: T) -> Result<T, Failure> {
    run(connection, "ROLLBACK").await?;
    Ok(outcome)
}

fn lock(key: i64) -> String {
    format!("SELECT pg_advisory_xact_lock({key});")
}

async fn run(mut connection: &AsyncPgConnection, sql: &str) -> Result<(), Failure> {
    Ok(connection.batch_execute(sql).await?)
}
