//! One-time codes are looked for path by path, and as whatever hash without a key somebody may have made of one.
//!
//! **Plain.** Six digits may stand anywhere by chance, in a place with a thousand numbers one code in a thousand. A path
//! that leaks, when a code is made or when it is used, shows two codes at least; chance shows two of four once in 150,000
//! places. So two are a leak.
//!
//! **Hashed.** A million guesses undo a hash of a code, also of one that was put together with what is no secret: labels
//! and the address, in any order, with the usual separators or lengths before each part.

use super::needles::{Place, digests};
use crate::harness::{Production, Tokens, address, body};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

/// A code, where it came from, and where it went.
pub(super) struct Issued {
    pub(super) path: &'static str,
    pub(super) email: String,
    pub(super) code: String,
}

/// Codes of each path that are alive, and in no mail yet, while the stores are searched.
const ALIVE: usize = 3;
/// Who ask for another code, and who forgot their passwords; registered before, not verified.
pub(super) const NAMES: [&str; 2 * ALIVE] =
    ["again-one", "again-two", "again-three", "lost-one", "lost-two", "lost-three"];

/// Asks for codes on every path; says which, and where they will arrive. `mover` has this password.
pub(super) fn ask_for_some(site: &Production, mover: &Tokens, password: &str) -> Vec<(&'static str, String)> {
    let mut asked = Vec::new();
    let ask = |route: &str, email: &str| {
        body(site.post(&format!("/api/v1/auth/{route}"), &json!({"email": email})).send().unwrap(), 200);
    };
    for number in 0..ALIVE {
        let name = format!("new-{number}");
        site.register(&name);
        asked.push(("registration", address(&name)));

        let again = address(NAMES[number]);
        ask("resend-otp", &again);
        asked.push(("another code", again));

        let lost = address(NAMES[ALIVE + number]);
        ask("forgot-password", &lost);
        asked.push(("forgotten password", lost));

        let to = address(&format!("moved-{number}"));
        let change = json!({"email": to, "current_password": password});
        body(site.put("/api/v1/auth/me", &change).bearer_auth(&mover.access).send().unwrap(), 200);
        asked.push(("move", to));
    }
    asked
}

/// Uses a code of [`ask_for_some`]; of the moves the last one alone would be done, and is left for what is asked about
/// the account afterwards.
pub(super) fn present(site: &Production, path: &str, email: &str, code: &str) {
    let mut proof = json!({"email": email, "otp": code});
    let (route, status) = match path {
        "forgotten password" => {
            proof["new_password"] = "a moth in relay seventy".into();
            ("reset-password", 200)
        }
        "move" if email == address(&format!("moved-{}", ALIVE - 1)) => return,
        "move" => ("verify-email", 400),
        _ => ("verify-email", 200),
    };
    body(site.post(&format!("/api/v1/auth/{route}"), &proof).send().unwrap(), status);
}

/// What a code may be put together with, and how.
const LABELS: [&str; 9] = [
    "verify-email",
    "verify_email",
    "VerifyEmail",
    "verify",
    "reset-password",
    "reset_password",
    "ResetPassword",
    "reset",
    "otp",
];
const SEPARATORS: [&str; 9] = ["", "|", ":", ".", ",", "-", "_", "/", "\0"];

/// Everything of which a hash would give the code away.
fn preimages(issued: &Issued) -> Vec<Vec<u8>> {
    let (email, code) = (issued.email.as_str(), issued.code.as_str());
    let mut all = vec![vec![code], vec![email, code], vec![code, email]];
    for label in LABELS {
        all.extend([vec![label, code], vec![code, label]]);
        all.extend([vec![label, email, code], vec![label, code, email], vec![email, label, code]]);
        all.extend([vec![email, code, label], vec![code, label, email], vec![code, email, label]]);
        all.push(vec!["code", label, email, code]);
    }
    let mut preimages: Vec<Vec<u8>> = Vec::new();
    for parts in &all {
        preimages.extend(SEPARATORS.map(|separator| parts.join(separator).into_bytes()));
        preimages.push(parts.join("\n").into_bytes());
        // Each part after its length.
        let before = |part: &&str| [&(part.len() as u64).to_be_bytes(), part.as_bytes()].concat();
        preimages.push(parts.iter().flat_map(before).collect());
    }
    preimages
}

/// A hash as it is written, how that is, and of which code it is one.
type Hash<'a> = (Vec<u8>, &'static str, &'a Issued);

/// Every hash of every code, found by how it begins.
struct Hashes<'a> {
    by_start: HashMap<[u8; 8], Vec<Hash<'a>>>,
    /// Whether there may be one that begins like this: a quick answer, for this is asked of every byte of every log.
    may_start: Vec<bool>,
}

/// Where `may_start` has the answer: multiplicative hashing (Knuth, 6.4).
fn slot(start: &[u8; 8]) -> usize {
    let mixed = u64::from_le_bytes(*start).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    usize::try_from(mixed).unwrap()
}

impl<'a> Hashes<'a> {
    fn of(codes: impl IntoIterator<Item = &'a Issued>) -> Self {
        let (mut by_start, mut may_start) = (HashMap::<_, Vec<_>>::new(), vec![false; 1 << 24]);
        for issued in codes {
            for preimage in preimages(issued) {
                for (how, digest) in digests(&preimage) {
                    let start = *digest.first_chunk().unwrap();
                    may_start[slot(&start)] = true;
                    by_start.entry(start).or_default().push((digest, how, issued));
                }
            }
        }
        Self { by_start, may_start }
    }

    /// The path of the code of which a hash stands in `place`, and how it is written.
    fn find(&self, place: &Place) -> Option<(&'static str, &'static str)> {
        let bytes = place.bytes();
        for at in 0..bytes.len() {
            let Some(start) = bytes[at..].first_chunk() else { break };
            if self.may_start[slot(start)] {
                let candidates = self.by_start.get(start).into_iter().flatten();
                let mut found = candidates.filter(|(digest, ..)| bytes[at..].starts_with(digest));
                if let Some((_, how, issued)) = found.next() {
                    return Some((issued.path, how));
                }
            }
        }
        None
    }
}

pub(super) fn are_in_none_of(codes: &[Issued], places: &[Place]) {
    let mut paths: BTreeMap<&str, Vec<&Issued>> = BTreeMap::new();
    for issued in codes {
        paths.entry(issued.path).or_default().push(issued);
    }
    assert_eq!(paths.len(), 4);
    // Those that were alive are enough: a hash that is kept is kept of each.
    let alive = paths.values().flat_map(|codes| &codes[codes.len() - ALIVE..]);
    let hashes = Hashes::of(alive.copied());
    for place in places {
        for (path, codes) in &paths {
            let last = codes.iter().rev().take(ALIVE + 1);
            assert!(last.len() > ALIVE, "{path}");
            let shown = last.filter(|issued| place.has_word(&issued.code)).count();
            assert!(shown < 2, "{shown} codes of the path {path:?} stand in {}", place.name);
        }
        assert_eq!(hashes.find(place), None, "a hash of a code stands in {}", place.name);
    }
}

#[test]
fn a_hash_of_a_code_is_found_whatever_it_was_put_together_with() {
    let email = address("ada");
    let issued = Issued { path: "move", email: email.clone(), code: "012345".to_owned() };
    let codes = [issued];
    let hashes = Hashes::of(&codes);
    for text in [
        "012345".to_owned(),
        format!("012345:{email}"),
        format!("verify-email|{email}|012345"),
        format!("{email}\0reset_password\0012345"),
    ] {
        for (how, digest) in digests(text.as_bytes()) {
            let hex: String = [b"before ", digest.as_slice(), b" after"]
                .concat()
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            assert_eq!(hashes.find(&Place::hex("planted", &hex)), Some(("move", how)), "{text}");
        }
    }
    for (how, digest) in digests(b"012346").into_iter().filter(|(_, digest)| digest.is_ascii()) {
        let place = Place::text("another", String::from_utf8(digest).unwrap());
        assert_eq!(hashes.find(&place), None, "{how}");
    }
}
