//! What a client says to Redis, in RESP: arrays of texts.

/// One connection.
#[derive(Default)]
pub(super) struct Reader {
    rest: Vec<u8>,
}

impl Reader {
    /// The commands in what is said next: the name, and behind `evently-auth:` of the first key its area.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<String> {
        self.rest.extend(bytes);
        std::iter::from_fn(|| self.command()).collect()
    }

    fn command(&mut self) -> Option<String> {
        let mut rest = self.rest.as_slice();
        let count = number(&mut rest, b'*')?;
        let mut parts = Vec::new();
        for _ in 0..count {
            let length = number(&mut rest, b'$')?;
            let part = rest.get(..length)?;
            parts.push(String::from_utf8_lossy(part).into_owned());
            rest = rest.get(length + 2..)?;
        }
        let used = self.rest.len() - rest.len();
        self.rest.drain(..used);
        let area = parts.iter().find_map(|part| part.strip_prefix("evently-auth:")?.split(':').next());
        Some(area.map_or_else(|| parts[0].clone(), |area| format!("{} {area}", parts[0])))
    }
}

/// The number on the next line, which begins with `sign`.
fn number(rest: &mut &[u8], sign: u8) -> Option<usize> {
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    let line = std::str::from_utf8(&rest[..end]).unwrap();
    let number = line.strip_prefix(char::from(sign)).unwrap_or_else(|| panic!("no RESP: {line:?}"));
    *rest = &rest[end + 2..];
    Some(number.parse().unwrap())
}
