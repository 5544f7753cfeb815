//! Why there are no secrets: one line that names the variable to correct, never a token or a value.

use crate::PROJECT;
use crate::endpoint::Endpoint;

/// The most characters of a foreign text that an error repeats.
const SHOWN_CHARS: usize = 200;

/// What stops the start.
#[derive(Debug, thiserror::Error)]
pub enum ZeroError {
    /// The token must not be sent there.
    #[error("ZERO_URL is refused: {0}; it takes an https URL, or an http one on this machine")]
    Endpoint(&'static str),
    /// No certificate could be verified.
    #[error(
        "this machine has no root certificates to verify Zero with ({0}); install them (the package \
         ca-certificates), or name a file of them in SSL_CERT_FILE"
    )]
    NoRoots(String),
    /// Nobody answers, or not in time.
    #[error(
        "the Zero secrets manager at {endpoint} cannot be reached: {why}; check the network and ZERO_URL, or unset \
         ZERO_TOKEN and give each variable itself"
    )]
    Unreachable {
        /// Where it should be.
        endpoint: String,
        /// What happened.
        why: String,
    },
    /// The token opens nothing, or not this project.
    #[error(
        "the Zero secrets manager at {endpoint} refuses ZERO_TOKEN: {why}; it takes a token that may read the \
         project `{PROJECT}`"
    )]
    Refused {
        /// Who refuses.
        endpoint: String,
        /// In its own words, or by its status.
        why: String,
    },
    /// Somebody answers, and it is not Zero.
    #[error("what answers at {endpoint} is not the Zero secrets manager: {why}; check ZERO_URL")]
    NotZero {
        /// Who answers.
        endpoint: String,
        /// What is wrong with the answer.
        why: String,
    },
}

impl ZeroError {
    pub(crate) fn unreachable(endpoint: &Endpoint, why: impl Into<String>) -> Self {
        Self::Unreachable { endpoint: endpoint.to_string(), why: why.into() }
    }

    pub(crate) fn refused(endpoint: &Endpoint, why: impl Into<String>) -> Self {
        Self::Refused { endpoint: endpoint.to_string(), why: why.into() }
    }

    pub(crate) fn not_zero(endpoint: &Endpoint, why: impl Into<String>) -> Self {
        Self::NotZero { endpoint: endpoint.to_string(), why: why.into() }
    }
}

/// Foreign text on one line, cut when long, without the token that it may repeat.
pub(crate) fn shown(text: &str, token: &str) -> String {
    let text = if token.is_empty() { text.to_owned() } else { text.replace(token, "(the token)") };
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let cut: String = line.chars().take(SHOWN_CHARS).collect();
    let more = if cut.len() < line.len() { "…" } else { "" };
    format!("{cut:?}{more}")
}
