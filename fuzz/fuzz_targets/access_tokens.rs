//! Whatever is presented as an access token: nothing verifies but what we issued, byte for byte. With ES256 that is true of
//! what is signed: of a signature anybody can make a second one.
#![no_main]

use evently_auth_domain::ports::AccessTokens;
use evently_auth_fuzz::{issued, keys, now};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// A verifier of each algorithm, and a token that it issued.
static VERIFIERS: LazyLock<Vec<(Box<dyn AccessTokens>, String)>> = LazyLock::new(|| {
    keys()
        .into_iter()
        .map(|tokens| (issued(tokens.as_ref()), tokens))
        .map(|(text, tokens)| (tokens, text))
        .collect()
});

/// Whether the header names it: `{"alg":"ES256"` in base64.
fn is_es256(issued: &str) -> bool {
    issued.starts_with("eyJhbGciOiJFUzI1NiIs")
}

fuzz_target!(|presented: &str| {
    for (tokens, issued) in VERIFIERS.iter() {
        // Parts of a true token in the input stand for the whole, so that the fuzzer gets past the signature.
        let spliced = presented.replace("TOKEN", issued);
        for text in [presented, spliced.as_str()] {
            if tokens.verify(text, now()).is_ok() {
                let signed = |text: &str| text.rsplit_once('.').map(|(signed, _)| signed.to_owned());
                let is_ours = if is_es256(issued) { signed(text) == signed(issued) } else { text == issued };
                assert!(is_ours, "verified, and not what was issued: {text:?}");
            }
        }
    }
});
