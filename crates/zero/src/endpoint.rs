//! Where Zero answers: a place that a token may be sent to.

use crate::error::ZeroError;
use reqwest::Url;
use std::fmt;
use std::net::IpAddr;

/// An https URL, or an http one on this machine; without user and password.
pub(crate) struct Endpoint {
    pub(crate) url: Url,
}

impl Endpoint {
    pub(crate) fn parse(text: &str) -> Result<Self, ZeroError> {
        let url = Url::parse(text).map_err(|_| ZeroError::Endpoint("it is no URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ZeroError::Endpoint("it has a user or a password"));
        }
        match url.scheme() {
            "https" => Ok(Self { url }),
            "http" if is_this_machine(&url) => Ok(Self { url }),
            "http" => Err(ZeroError::Endpoint("http would show the token to everybody on the way")),
            _ => Err(ZeroError::Endpoint("its scheme is not https")),
        }
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

fn is_this_machine(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_tls_or_stays_on_this_machine() {
        for good in [
            "https://core.tryzero.com/graphql",
            "http://localhost:4000/graphql",
            "http://127.0.0.1:4000",
            "http://[::1]/graphql",
        ] {
            assert!(Endpoint::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://core.tryzero.com/graphql",
            "http://localhost.example.com",
            "http://128.0.0.1",
            "https://user:CANARY@core.tryzero.com",
            "https://CANARY@core.tryzero.com",
            "ftp://localhost",
            "core.tryzero.com",
            "",
        ] {
            let said = Endpoint::parse(bad).map(|_| ()).unwrap_err().to_string();
            assert!(
                said.starts_with("ZERO_URL is refused: ") && said.contains("it takes an https URL"),
                "{said}"
            );
            assert!(!said.contains("CANARY"), "{said}");
        }
    }
}
