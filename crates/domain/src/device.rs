//! Devices that signed in before: a signed statement that its bearer keeps, and nothing that is stored here.
//!
//! It opens nothing. It gives the attempts of that device to sign in to that account a budget of their own, so that
//! strangers who use up theirs cannot keep the owner out.

use crate::Timestamp;
use crate::account::UserId;
use crate::error::StoreError;
use crate::ports::Entropy;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;

/// How long a token is good for after the login that gave it: as long as browsers keep a cookie (RFC 6265bis, 5.5).
pub const LIFETIME: TimeDelta = TimeDelta::days(400);

/// How long a token is: account, time, device and MAC, 64 bytes in base64url.
const TEXT_LENGTH: usize = 86;

/// Names a device: 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeviceId([u8; 16]);

impl DeviceId {
    /// A fresh one.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, StoreError> {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// For the key of its budget.
impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceId(..)")
    }
}

/// A device that signed in to an account before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDevice {
    /// To which account.
    pub account: UserId,
    /// Which device.
    pub id: DeviceId,
}

/// What a device presents to be known again; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(String);

impl DeviceToken {
    /// The token, for its bearer.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(..)")
    }
}

/// A device token that somebody presented: well-formed, not proven; never printed.
#[derive(Clone)]
pub struct PresentedDevice {
    device: KnownDevice,
    issued_at: i64,
    mac: [u8; 32],
}

impl PresentedDevice {
    /// Takes `text` apart; `None` when it is none of ours. Each token has exactly one spelling.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != TEXT_LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (account, rest) = bytes.split_first_chunk()?;
        let (issued_at, rest) = rest.split_first_chunk()?;
        let (id, mac) = rest.split_first_chunk()?;
        let device = KnownDevice { account: UserId(i64::from_be_bytes(*account)), id: DeviceId(*id) };
        Some(Self { device, issued_at: i64::from_be_bytes(*issued_at), mac: mac.try_into().ok()? })
    }
}

impl fmt::Debug for PresentedDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedDevice(..)")
    }
}

/// The server's key for device tokens.
#[derive(Clone)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    /// Takes over a derived key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The token that says that `device` signed in at `at`, to the second.
    pub fn token(&self, device: KnownDevice, at: Timestamp) -> DeviceToken {
        let issued_at = at.timestamp();
        let mac = self.mac(device, issued_at);
        let KnownDevice { account, id } = device;
        let parts: [&[u8]; 4] = [&account.0.to_be_bytes(), &issued_at.to_be_bytes(), &id.0, &mac];
        DeviceToken(URL_SAFE_NO_PAD.encode(parts.concat()))
    }

    /// The device that `presented` speaks of, if we made it and it has not ended. It costs the same whether or not we did.
    pub fn prove(&self, presented: &PresentedDevice, now: Timestamp) -> Option<KnownDevice> {
        let is_ours: bool = self.mac(presented.device, presented.issued_at).ct_eq(&presented.mac).into();
        let age = now.timestamp().saturating_sub(presented.issued_at);
        (is_ours && age < LIFETIME.num_seconds()).then_some(presented.device)
    }

    /// Every part has one length, so nothing can move from one to the next.
    fn mac(&self, device: KnownDevice, issued_at: i64) -> [u8; 32] {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
        };
        mac.update(&device.account.0.to_be_bytes());
        mac.update(&issued_at.to_be_bytes());
        mac.update(&device.id.0);
        mac.finalize().into_bytes().into()
    }
}
