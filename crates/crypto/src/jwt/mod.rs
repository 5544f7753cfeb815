//! Access tokens as signed JWTs (RFC 7519, RFC 9068), checked as RFC 8725 asks: one key, one algorithm, one type.

mod claims;
mod hmac_key;
mod key;
mod tokens;

pub use key::{JwtAlgorithm, JwtKey, JwtKeyError, UnknownAlgorithm};
pub use tokens::JwtAccessTokens;
