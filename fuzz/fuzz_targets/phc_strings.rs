//! Whatever stands where a password hash should stand (imports): what is taken has costs within bounds, and is written
//! as it is understood.
#![no_main]

use evently_auth_crypto::fuzzing::read_hash;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some((params, written)) = read_hash(text) {
        assert!(params.check().is_ok(), "costs out of bounds: {text:?}");
        assert_eq!(read_hash(&written), Some((params, written.clone())), "{text:?}");
    }
});
