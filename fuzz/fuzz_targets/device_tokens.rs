//! Whatever is presented as a device token: nothing proves itself but, byte for byte, what we made.
#![no_main]

use evently_auth_domain::account::UserId;
use evently_auth_domain::device::{DeviceId, KnownDevice, PresentedDevice};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::keys::Keys;
use evently_auth_domain::ports::Entropy;
use evently_auth_fuzz::now;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// The token of one device, the same in every run.
static MADE: LazyLock<(Keys, KnownDevice, String)> = LazyLock::new(|| {
    let keys = Keys::derive(b"the secret of the fuzzer");
    let device = KnownDevice { account: UserId(7), id: DeviceId::generate(&Sevens).unwrap() };
    let token = keys.devices.token(device, now()).expose().to_owned();
    (keys, device, token)
});

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        bytes.fill(7);
        Ok(())
    }
}

fuzz_target!(|presented: &str| {
    let (keys, device, made) = &*MADE;
    // The true token stands in the input as `TOKEN`: whole, or cut and continued.
    for text in [presented.to_owned(), presented.replace("TOKEN", made), made.replacen(presented, "", 1)] {
        let proven = PresentedDevice::parse(&text).and_then(|parsed| keys.devices.prove(&parsed, now()));
        assert_eq!(proven, (text == *made).then_some(*device), "{text:?}");
    }
});
