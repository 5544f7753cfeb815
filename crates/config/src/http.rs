//! Where the server listens, and whom it believes.

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::text::{base_url, web_url};
use crate::variables as var;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Settings of the HTTP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 is any free one.
    pub port: u16,
    /// Where users reach the service, without a slash at the end.
    pub public_url: Option<String>,
    /// Origins that may call from a browser, spelled as browsers send them: `scheme://host[:port]`, in lower
    /// case, without a default port (RFC 6454, 6.2).
    pub cors_origins: Vec<String>,
    /// Networks of the proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

impl HttpConfig {
    pub(crate) fn read(reader: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            host: reader.required(&var::HOST, host)?,
            port: reader.number(&var::PORT)?,
            public_url: reader.optional(&var::PUBLIC_URL, base_url)?,
            cors_origins: reader.list(&var::CORS_ORIGINS, origin)?,
            trusted_proxies: reader.list(&var::TRUSTED_PROXIES, network)?,
        })
    }

    /// Whether users reach the service by HTTPS.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The socket to listen on.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

fn host(text: &str) -> Option<IpAddr> {
    if text.eq_ignore_ascii_case("localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    text.parse().ok()
}

fn origin(text: &str) -> Option<String> {
    let url = web_url(text)?;
    Some(url.origin().ascii_serialization()).filter(|_| url.path() == "/")
}

fn network(text: &str) -> Option<IpNet> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    Some(network.trunc())
}
