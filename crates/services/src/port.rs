//! Ports of 127.0.0.1 that nobody listens on.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::net::TcpListener;
use std::ops::Range;

/// Below the range from which the system takes the near end of outgoing connections. From that range a client that
/// knocks while the server is down could be given the very port that it calls: it would talk to itself, and the
/// server could not come back.
const PORTS: Range<u16> = 10_000..32_000;
const TRIES: u32 = 200;

/// A port that was free a moment ago. Whoever starts a server on it tries again with another when it is taken.
pub(crate) fn free() -> io::Result<u16> {
    for _ in 0..TRIES {
        let random = RandomState::new().hash_one(()) % u64::from(PORTS.end - PORTS.start);
        let port = PORTS.start + u16::try_from(random).unwrap_or(0);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, format!("no free port after {TRIES} tries")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_free_and_differ() {
        let (first, second, third) = (free().unwrap(), free().unwrap(), free().unwrap());
        assert!(PORTS.contains(&first));
        assert!(first != second || second != third, "always {first}");
        TcpListener::bind(("127.0.0.1", first)).unwrap();
    }
}
