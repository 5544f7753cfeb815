//! Who is calling, as far as the transport knows.

use crate::limits::LimitStatus;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The caller of a use case: for limits, sessions and the audit.
///
/// Use cases note on it which limit they consulted; [`Client::limit`] tells afterwards.
#[derive(Debug, Clone)]
pub struct Client {
    /// The peer, or what a trusted proxy says.
    pub address: IpAddr,
    /// What the caller says it is.
    pub user_agent: Option<UserAgent>,
    /// Ties log, mail and answer together.
    pub request_id: String,
    limit: Arc<Mutex<Option<LimitStatus>>>,
}

impl Client {
    /// A caller at `address`; an IPv4 address mapped into IPv6 is taken for what it is.
    pub fn new(address: IpAddr, user_agent: Option<UserAgent>, request_id: impl Into<String>) -> Self {
        Self {
            address: address.to_canonical(),
            user_agent,
            request_id: request_id.into(),
            limit: Arc::default(),
        }
    }

    /// The network that limits and session binding go by.
    pub fn network(&self) -> Network {
        Network::of(self.address)
    }

    /// How this caller differs from one at `address` with `user_agent`, as far as session binding goes.
    pub(crate) fn difference(
        &self,
        address: Option<IpAddr>,
        user_agent: Option<&UserAgent>,
    ) -> ClientDifference {
        let same_agent = match (&self.user_agent, user_agent) {
            (Some(now), Some(then)) => now.is_same_product(then),
            (now, then) => now.is_none() && then.is_none(),
        };
        let same_address = address.map(Network::of) == Some(self.network());
        ClientDifference { address: !same_address, user_agent: !same_agent }
    }

    /// The tightest limit that a use case consulted for this caller, if any did.
    pub fn limit(&self) -> Option<LimitStatus> {
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a consulted limit.
    pub(crate) fn note_limit(&self, status: LimitStatus) {
        let mut limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        *limit = Some(limit.map_or(status, |noted| noted.tighter(status)));
    }
}

/// In what two callers differ.
pub(crate) struct ClientDifference {
    pub(crate) address: bool,
    pub(crate) user_agent: bool,
}

impl ClientDifference {
    pub(crate) fn is_any(&self) -> bool {
        self.address || self.user_agent
    }

    pub(crate) fn describe(&self) -> &'static str {
        match (self.address, self.user_agent) {
            (true, true) => "another address and user agent",
            (true, false) => "another address",
            (false, _) => "another user agent",
        }
    }
}

/// What counts as one caller: an IPv4 address, or an IPv6 /64, which is one household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of `address`.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self(IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)))),
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a client says it is: at most 255 characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// Most characters kept.
    pub const MAX_CHARS: usize = 255;

    /// Keeps what can be kept of `raw`; nothing, when nothing is left.
    pub fn parse(raw: &str) -> Option<Self> {
        let printed: String = raw.chars().filter(|c| !c.is_control()).collect();
        let kept: String = printed.trim().chars().take(Self::MAX_CHARS).collect();
        let text = kept.trim_end(); // what is kept parses to itself
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both are the same product: version numbers do not count, for browsers update themselves.
    pub fn is_same_product(&self, other: &Self) -> bool {
        let product =
            |agent: &Self| agent.0.chars().filter(|c| !c.is_numeric() && *c != '.').collect::<String>();
        product(self) == product(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_network() {
        let network = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:3::4"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn an_updated_browser_is_the_same_product() {
        let agent = |text| UserAgent::parse(text).unwrap();
        assert!(agent("Firefox/120.0").is_same_product(&agent("Firefox/121.0.1")));
        assert!(!agent("Firefox/120.0").is_same_product(&agent("curl/8.5")));
    }

    #[test]
    fn a_user_agent_is_cut_and_cleaned() {
        assert_eq!(UserAgent::parse("a\r\nb").unwrap().as_str(), "ab");
        assert_eq!(UserAgent::parse(&"x".repeat(999)).unwrap().as_str().len(), 255);
        assert_eq!(UserAgent::parse(" \n "), None);
        let cut_at_a_space = UserAgent::parse(&format!("{} tail", "x".repeat(254))).unwrap();
        assert_eq!(UserAgent::parse(cut_at_a_space.as_str()), Some(cut_at_a_space));
    }
}
