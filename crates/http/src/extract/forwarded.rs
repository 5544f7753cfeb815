//! The address that limits, sessions and audit go by: the peer, or what a trusted proxy says of it.

use actix_web::http::header::{HeaderMap, HeaderValue, X_FORWARDED_FOR};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// Who is behind `peer`: `X-Forwarded-For` is read from right to left, as long as the hop that wrote an entry is
/// trusted. What no proxy can have written ends the reading.
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |hop: IpAddr| trusted.iter().any(|net| net.contains(&hop));
    let mut client = peer.to_canonical();
    if trusted.is_empty() || !is_trusted(client) {
        return client;
    }
    let lines: Vec<&[u8]> = headers.get_all(X_FORWARDED_FOR).map(HeaderValue::as_bytes).collect();
    // Entries are taken apart before they are read: a proxy appends to a line of which a stranger wrote the rest.
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
        if !is_trusted(client) {
            break;
        }
        let Some(hop) = str::from_utf8(entry).ok().and_then(|entry| parse_hop(entry.trim())) else { break };
        client = hop;
    }
    client
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::client_address;
    use actix_web::http::header::{HeaderMap, HeaderValue, X_FORWARDED_FOR};

    fn behind(peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "2001:db8:ffff::/48".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn strangers_are_not_believed() {
        assert_eq!(behind("192.0.2.9", &["198.51.100.1"]), "192.0.2.9");
    }

    #[test]
    fn reads_from_right_to_left_past_trusted_hops() {
        assert_eq!(behind("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(behind("10.0.0.1", &["6.6.6.6, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(behind("10.0.0.1", &["6.6.6.6", "198.51.100.1", "10.0.0.2,10.0.0.3"]), "198.51.100.1");
        assert_eq!(behind("::ffff:10.0.0.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
        assert_eq!(behind("2001:db8:ffff::1", &["[2001:db8::5]:443"]), "2001:db8::5");
        assert_eq!(behind("10.0.0.1", &["198.51.100.1:5000"]), "198.51.100.1");
        assert_eq!(behind("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(behind("10.0.0.1", &["10.0.0.7"]), "10.0.0.7");
    }

    /// Else whoever sent a byte that is no text would have the proxy's address, and a second budget in each limit.
    #[test]
    fn what_a_stranger_wrote_does_not_spoil_what_the_proxy_appended() {
        for spoiled in ["\u{e9}", "\u{e9}, 6.6.6.6", "unknown", "", "999.1.1.1", "\t"] {
            assert_eq!(
                behind("10.0.0.1", &[&format!("{spoiled}, 198.51.100.1")]),
                "198.51.100.1",
                "{spoiled:?}"
            );
        }
    }

    #[test]
    fn garbage_ends_the_reading_at_the_last_good_hop() {
        for garbage in ["", "unknown", "a.b.c.d", "198.51.100.1 198.51.100.2", "\u{e9}", "999.1.1.1"] {
            assert_eq!(behind("10.0.0.1", &[garbage]), "10.0.0.1", "{garbage:?}");
            assert_eq!(behind("10.0.0.1", &[garbage, "10.0.0.2"]), "10.0.0.2", "{garbage:?}");
        }
    }
}
