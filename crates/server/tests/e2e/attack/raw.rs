//! Bytes as an attacker writes them, on a connection of his own.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to the server at `base`, such as `http://127.0.0.1:8000`.
pub(crate) struct Raw {
    stream: TcpStream,
    /// What came, as text.
    pub(crate) heard: String,
    /// Whether the server closed.
    pub(crate) is_closed: bool,
}

impl Raw {
    pub(crate) fn connect(base: &str) -> Self {
        let stream = TcpStream::connect(base.strip_prefix("http://").unwrap()).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, heard: String::new(), is_closed: false }
    }

    /// Writes as much as the server takes.
    pub(crate) fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.set_write_timeout(Some(PATIENCE)).unwrap();
        self.is_closed |= self.stream.write_all(bytes.as_ref()).is_err();
    }

    /// Writes what the server takes at once.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.stream.set_nonblocking(true).unwrap();
        let pushed = self.stream.write(bytes);
        self.is_closed |= pushed.is_err_and(|error| error.kind() != ErrorKind::WouldBlock);
        self.stream.set_nonblocking(false).unwrap();
    }

    /// Reads for `time`, or until `enough`, or until the server closes.
    pub(crate) fn hear(&mut self, time: Duration, enough: impl Fn(&str) -> bool) -> &str {
        let end = Instant::now() + time;
        let mut buffer = [0; 65_536];
        while !self.is_closed && !enough(&self.heard) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.stream.set_read_timeout(Some(left)).unwrap();
            match self.stream.read(&mut buffer) {
                Ok(0) => self.is_closed = true,
                Ok(count) => self.heard.push_str(&String::from_utf8_lossy(&buffer[..count])),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => self.is_closed = true,
            }
        }
        &self.heard
    }

    /// The statuses of all answers that came.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let answers = self.heard.split("HTTP/1.1 ").skip(1);
        answers.map(|answer| answer.get(..3).and_then(|status| status.parse().ok()).unwrap_or(0)).collect()
    }
}

/// Says `bytes`, and reads until the server closes or has said `answers` answers with their bodies.
pub(crate) fn exchange(base: &str, bytes: impl AsRef<[u8]>, answers: usize) -> Raw {
    let mut raw = Raw::connect(base);
    raw.say(bytes);
    raw.hear(PATIENCE, |heard| {
        heard.matches("HTTP/1.1 ").count() >= answers
            && heard.ends_with(['}', '\n'])
            && !heard.ends_with("\r\n")
    });
    raw
}
