//! Whatever is presented as a refresh token: a token has one spelling, and nothing proves itself but what we made.
#![no_main]

use evently_auth_domain::keys::Keys;
use evently_auth_domain::refresh::PresentedToken;
use evently_auth_domain::session::Seed;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::derive(b"the secret of the fuzzer"));

fuzz_target!(|presented: &str| {
    let seed = Seed::from_bytes([7; 32]);
    let Some(parsed) = PresentedToken::parse(presented) else { return };
    let ours = KEYS.refresh.token(&parsed.sid, &seed, parsed.generation);
    assert_eq!(KEYS.refresh.proof(&parsed).holds(&seed), ours.expose() == presented, "{presented:?}");
    assert_eq!(ours.expose().len(), presented.len(), "another spelling: {presented:?}");
    assert_eq!(
        ours.expose().rsplit_once('.').map(|(name, _)| name),
        presented.rsplit_once('.').map(|(name, _)| name)
    );
});
