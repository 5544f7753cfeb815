//! Device tokens: what we made proves itself until its end, and nothing else ever does.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::UserId;
use evently_auth_domain::device::{DeviceId, DeviceKey, DeviceToken, KnownDevice, LIFETIME, PresentedDevice};
use evently_auth_domain::keys::Keys;
use evently_auth_memory::SeededEntropy;
use proptest::prelude::*;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn key() -> DeviceKey {
    DeviceKey::new([7; 32])
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).unwrap()
}

fn known(account: i64, seed: u64) -> KnownDevice {
    KnownDevice { account: UserId(account), id: DeviceId::generate(&SeededEntropy::new(seed)).unwrap() }
}

fn proven(text: &str, now: Timestamp) -> Option<KnownDevice> {
    PresentedDevice::parse(text).and_then(|presented| key().prove(&presented, now))
}

fn token(device: KnownDevice, time: Timestamp) -> String {
    key().token(device, time).expose().to_owned()
}

#[test]
fn a_token_ends_after_four_hundred_days() {
    let (device, start) = (known(5, 1), at(1_000_000));
    let text = token(device, start);
    assert_eq!(proven(&text, start), Some(device));
    assert_eq!(proven(&text, start + LIFETIME - TimeDelta::seconds(1)), Some(device));
    assert_eq!(proven(&text, start + LIFETIME), None);
    assert_eq!(
        proven(&text, start - TimeDelta::seconds(5)),
        Some(device),
        "another instance's clock was ahead"
    );
}

#[test]
fn a_token_shows_itself_to_nobody() {
    let given: DeviceToken = key().token(known(5, 1), at(0));
    let presented = PresentedDevice::parse(given.expose()).unwrap();
    let shown = format!("{given:?} {presented:?} {:?}", known(5, 1));
    assert_eq!(
        shown,
        "DeviceToken(..) PresentedDevice(..) KnownDevice { account: UserId(5), id: DeviceId(..) }"
    );
}

#[test]
fn a_token_has_a_key_of_its_own() {
    let presented = PresentedDevice::parse(&token(known(5, 1), at(0))).unwrap();
    assert_eq!(DeviceKey::new([8; 32]).prove(&presented, at(0)), None);
    let keys = [b"one secret".as_slice(), b"two secret"].map(|secret| Keys::derive(secret).devices);
    let of_one = PresentedDevice::parse(keys[0].token(known(5, 1), at(0)).expose()).unwrap();
    assert_eq!(keys[0].prove(&of_one, at(0)), Some(known(5, 1)));
    assert_eq!(keys[1].prove(&of_one, at(0)), None);
}

#[test]
fn what_is_no_token_is_none() {
    let text = token(known(5, 1), at(0));
    for strange in [
        String::new(),
        format!("{text}="),
        format!(" {text}"),
        format!("{text}\n"),
        text[..85].to_owned(),
        format!("{}.", &text[..85]),
        "é".repeat(43),
        "A".repeat(100_000),
    ] {
        assert!(PresentedDevice::parse(&strange).is_none(), "{strange:.90?}");
    }
}

proptest! {
    #[test]
    fn every_token_proves_its_device(account in any::<i64>(), seed in any::<u64>(), time in 0..4_000_000_000_i64) {
        let text = token(known(account, seed), at(time));
        prop_assert_eq!(proven(&text, at(time)), Some(known(account, seed)));
        prop_assert_eq!(text.len(), 86);
    }

    /// Also in the four bits that the last character has to spare: a token has one spelling.
    #[test]
    fn a_token_with_another_character_proves_nothing(seed in any::<u64>(), place in 0..86_usize, letter in 0..64_usize) {
        let mut text = token(known(5, seed), at(0)).into_bytes();
        prop_assume!(text[place] != ALPHABET[letter]);
        text[place] = ALPHABET[letter];
        prop_assert_eq!(proven(std::str::from_utf8(&text).unwrap(), at(0)), None);
    }

    #[test]
    fn parts_of_two_tokens_prove_nothing_together(one in any::<u64>(), other in any::<u64>(), cut in 1..86_usize) {
        let (one, other) = (token(known(5, one), at(0)), token(known(6, other), at(100)));
        let mixed = format!("{}{}", &one[..cut], &other[cut..]);
        prop_assume!(mixed != one && mixed != other);
        prop_assert_eq!(proven(&mixed, at(100)), None);
    }

    #[test]
    fn made_up_text_proves_nothing_and_breaks_nothing(text in "\\PC{0,120}", shaped in "[A-Za-z0-9_-]{86}") {
        prop_assert_eq!(proven(&text, at(0)), None);
        prop_assert_eq!(proven(&shaped, at(0)), None);
    }
}
