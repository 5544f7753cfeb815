//! What is written on the line between instances: words with spaces between.
//!
//! `s<sid>`, `u<id>` and `m` are signals; `r<sender>.<number>` asks every instance to tell that sender when it has heard
//! them; `h<number>` says that one has. What this version does not know it leaves out.

use evently_auth_domain::account::UserId;
use evently_auth_domain::ports::Signal;
use evently_auth_domain::session::Sid;
use redis::{FromRedisValue, Value};
use uuid::Uuid;

/// A message that was received.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) signals: Vec<Signal>,
    /// Whom to tell that they were heard.
    pub(crate) receipt: Option<Receipt>,
    /// The number of a message of our own that somebody heard.
    pub(crate) heard: Option<u64>,
}

/// One message of one sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) sender: Uuid,
    pub(crate) number: u64,
}

/// A message of signals, which asks for receipts or does not.
pub(crate) fn write(signals: &[Signal], receipt: Option<Receipt>) -> String {
    let word = |signal: &Signal| match signal {
        Signal::SessionChanged(sid) => format!("s{sid}"),
        Signal::UserChanged(user) => format!("u{user}"),
        Signal::MailWaiting => "m".to_owned(),
    };
    let asking = receipt.map(|Receipt { sender, number }| format!("r{}.{number}", sender.simple()));
    signals.iter().map(word).chain(asking).collect::<Vec<_>>().join(" ")
}

/// A message that says that the one of this number was heard.
pub(crate) fn write_heard(number: u64) -> String {
    format!("h{number}")
}

/// The message of a push, in which it comes after the name of its channel.
pub(crate) fn read(push: &[Value]) -> Message {
    let text = push.last().and_then(|text| String::from_redis_value_ref(text).ok()).unwrap_or_default();
    let mut message = Message::default();
    for word in text.split(' ') {
        match word.split_at_checked(1) {
            Some(("s", sid)) => message.signals.extend(Sid::parse(sid).map(Signal::SessionChanged)),
            Some(("u", id)) => message.signals.extend(id.parse().map(|id| Signal::UserChanged(UserId(id)))),
            Some(("m", "")) => message.signals.push(Signal::MailWaiting),
            Some(("r", receipt)) => message.receipt = read_receipt(receipt),
            Some(("h", number)) => message.heard = number.parse().ok(),
            _ => {}
        }
    }
    message
}

fn read_receipt(word: &str) -> Option<Receipt> {
    let (sender, number) = word.split_once('.')?;
    Some(Receipt { sender: Uuid::parse_str(sender).ok()?, number: number.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(text: &str) -> [Value; 2] {
        [Value::BulkString(b"channel".to_vec()), Value::BulkString(text.as_bytes().to_vec())]
    }

    #[test]
    fn what_is_written_is_read() {
        let sid = Sid::parse(&"1".repeat(22)).unwrap();
        let signals = vec![Signal::MailWaiting, Signal::UserChanged(UserId(-7)), Signal::SessionChanged(sid)];
        for receipt in [None, Some(Receipt { sender: Uuid::from_u128(7), number: u64::MAX })] {
            let expected = Message { signals: signals.clone(), receipt, heard: None };
            assert_eq!(read(&push(&write(&signals, receipt))), expected);
        }
        assert_eq!(read(&push(&write_heard(9))), Message { heard: Some(9), ..Message::default() });
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        for nothing in ["", " ", "x1 u s ux m1 r r1 r.1 rx.1 h hx é"] {
            assert_eq!(read(&push(nothing)), Message::default(), "{nothing}");
        }
        assert_eq!(read(&[]), Message::default());
        assert_eq!(read(&push("x m y")).signals, [Signal::MailWaiting]);
    }
}
