//! Settings from the Zero secrets manager: one bounded question to its GraphQL API, at the start.
//!
//! - The token travels as a GraphQL variable, over TLS alone, unless Zero answers on this machine.
//! - The whole takes 5 seconds at most, all attempts together, and reads 1 MiB at most; redirects are not followed.
//! - Neither the token nor a value is ever printed: [`Secrets`] has no `Debug`, and no [`ZeroError`] holds one.

mod answer;
mod client;
mod endpoint;
mod error;
mod secrets;

pub use error::ZeroError;
pub use secrets::Secrets;

use endpoint::Endpoint;
use std::time::Duration;

/// The project of Zero whose secrets are ours.
pub const PROJECT: &str = "evently";

/// What Zero's own log calls us.
const CALLER: &str = "evently-auth";

/// How long everything may take.
const WHOLE: Duration = Duration::from_secs(5);

/// Fetches the secrets of [`PROJECT`] with `token` from the API at `url`.
///
/// It runs inside a tokio runtime with time and I/O.
///
/// # Errors
/// See [`ZeroError`]: one line that says what to do.
pub async fn fetch(url: &str, token: &str) -> Result<Secrets, ZeroError> {
    let endpoint = Endpoint::parse(url)?;
    let asked = client::ask(&endpoint, token);
    match tokio::time::timeout(WHOLE, asked).await {
        Ok(body) => answer::secrets(&body?, &endpoint, token),
        Err(_) => Err(ZeroError::unreachable(&endpoint, "it did not answer within 5 seconds")),
    }
}

/// Parsers of outside input, for the fuzz targets alone.
#[cfg(fuzzing)]
pub mod fuzzing {
    use crate::client::Body;
    use crate::{Endpoint, Secrets, ZeroError};

    /// Reads what answered `token` with `status`, as if it came from this machine.
    ///
    /// # Errors
    /// See [`ZeroError`].
    pub fn read_answer(status: u16, body: &[u8], token: &str) -> Result<Secrets, ZeroError> {
        let endpoint = Endpoint::parse("http://127.0.0.1/graphql")?;
        crate::answer::secrets(&Body { status, bytes: body.to_vec().into() }, &endpoint, token)
    }
}
