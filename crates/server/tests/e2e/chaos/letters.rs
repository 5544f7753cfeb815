//! The mails that came, by address, as the people of the soak read them.

use evently_auth_services::sink::{Sink, SinkMail};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

/// On which occasion we write; told apart by their subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Verification,
    Welcome,
    ResetCode,
    PasswordReset,
    PasswordChanged,
    Theft,
    Other,
}

const SUBJECTS: [(&str, Kind); 6] = [
    ("verification code", Kind::Verification),
    ("Welcome to", Kind::Welcome),
    ("password reset code", Kind::ResetCode),
    ("password was reset", Kind::PasswordReset),
    ("password was changed", Kind::PasswordChanged),
    ("We ended a session", Kind::Theft),
];

#[derive(Clone, PartialEq, Eq)]
struct Letter {
    kind: Kind,
    code: Option<String>,
    text: Option<String>,
}

/// By address, then by Message-ID, in the order of their first arrival.
#[derive(Default)]
pub(super) struct Letters(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    read: usize,
    duplicates: usize,
    changed: Vec<String>,
    by_address: HashMap<String, Vec<(String, Letter)>>,
}

impl Letters {
    /// Takes over what the sink took since the last time.
    pub(super) fn collect(&self, sink: &Sink) {
        let mut shelf = self.0.lock().unwrap();
        let new = sink.mails_after(shelf.read);
        shelf.read += new.len();
        for mail in &new {
            shelf.file(mail);
        }
    }

    /// The codes of this kind that `address` got so far, each once.
    pub(super) fn codes(&self, address: &str, kind: Kind) -> Vec<String> {
        let shelf = self.0.lock().unwrap();
        let letters = shelf.by_address.get(address).into_iter().flatten();
        letters
            .filter(|(_, letter)| letter.kind == kind)
            .filter_map(|(_, letter)| letter.code.clone())
            .collect()
    }

    /// How many different mails of each kind `address` got.
    pub(super) fn counts(&self, address: &str) -> BTreeMap<Kind, usize> {
        let shelf = self.0.lock().unwrap();
        let mut counts = BTreeMap::new();
        for (_, letter) in shelf.by_address.get(address).into_iter().flatten() {
            *counts.entry(letter.kind).or_default() += 1;
        }
        counts
    }

    pub(super) fn addresses(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().by_address.keys().cloned().collect()
    }

    /// How many came more than once, under the same Message-ID; and those that were not the same mail again.
    pub(super) fn duplicates(&self) -> (usize, Vec<String>) {
        let shelf = self.0.lock().unwrap();
        (shelf.duplicates, shelf.changed.clone())
    }
}

impl Shelf {
    fn file(&mut self, mail: &SinkMail) {
        let subject = mail.header("Subject").unwrap_or_default();
        let is_it = |(words, _): &&(&str, Kind)| subject.contains(words);
        let kind = SUBJECTS.iter().find(is_it).map_or(Kind::Other, |(_, kind)| *kind);
        let letter = Letter { kind, code: mail.code(), text: mail.text() };
        for address in &mail.recipients {
            let filed = self.by_address.entry(address.clone()).or_default();
            match filed.iter().find(|(id, _)| *id == mail.message_id()) {
                None => filed.push((mail.message_id(), letter.clone())),
                Some((_, same)) => {
                    self.duplicates += 1;
                    if *same != letter {
                        self.changed.push(format!("{address}: {subject}"));
                    }
                }
            }
        }
    }
}
