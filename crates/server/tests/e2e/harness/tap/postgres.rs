//! What a client says to PostgreSQL, in version 3.0 of its protocol.

use std::collections::HashMap;

/// One connection.
#[derive(Default)]
pub(super) struct Reader {
    rest: Vec<u8>,
    has_begun: bool,
    prepared: HashMap<String, String>,
}

impl Reader {
    /// The statements that run by what is said next, those of a transaction's begin and end among them.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<String> {
        self.rest.extend(bytes);
        let mut statements = Vec::new();
        while let Some((kind, body)) = self.message() {
            let mut texts =
                body.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
            let (first, second) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
            match kind {
                b'Q' => {
                    let each = first.split(';').map(str::trim).filter(|sql| !sql.is_empty());
                    statements.extend(each.map(str::to_owned));
                }
                b'P' => drop(self.prepared.insert(first, second)),
                b'B' => statements.push(self.prepared[&second].clone()),
                _ => {}
            }
        }
        statements
    }

    /// The next message that is complete. The first of all has no kind.
    fn message(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = usize::from(self.has_begun);
        let length = self.rest.get(head..head + 4)?;
        let end = head + u32::from_be_bytes(length.try_into().unwrap()) as usize;
        if self.rest.len() < end {
            return None;
        }
        let message: Vec<u8> = self.rest.drain(..end).collect();
        let kind = if self.has_begun { message[0] } else { 0 };
        self.has_begun = true;
        Some((kind, message[head + 4..].to_vec()))
    }
}
