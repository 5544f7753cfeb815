use crate::Timestamp;
use crate::access::{AccessClaims, AccessToken};
use crate::error::StoreError;

/// Signs and verifies access tokens (RFC 7519, RFC 9068, RFC 8725). Pure computation, no I/O.
///
/// - What one key set issued it verifies, with the same claims, until `expires_at`.
/// - It refuses every token of another key, another algorithm, another type, without `exp`, or changed in any byte.
pub trait AccessTokens: Send + Sync {
    /// Signs `claims`.
    ///
    /// # Errors
    /// `Corrupt` when the key cannot sign.
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, StoreError>;

    /// Verifies `token` as of `now`; at most 30 s of leeway.
    ///
    /// # Errors
    /// [`InvalidAccessToken`], with no reason: the caller learns none.
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidAccessToken>;
}

/// The token is none of ours, or no longer valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAccessToken;
