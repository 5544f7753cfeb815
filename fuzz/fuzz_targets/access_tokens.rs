//! Whatever is presented as an access token: nothing verifies but, byte for byte, what we issued.
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

fuzz_target!(|presented: &str| {
    for (tokens, issued) in VERIFIERS.iter() {
        // Parts of a true token in the input stand for the whole, so that the fuzzer gets past the signature.
        let spliced = presented.replace("TOKEN", issued);
        for text in [presented, spliced.as_str()] {
            if tokens.verify(text, now()).is_ok() {
                assert_eq!(text, issued, "verified, and not what was issued");
            }
        }
    }
});
