//! The server's keys, all derived from one secret by HKDF-SHA256 (RFC 5869), a label each.

use crate::account::HeldNameKey;
use crate::audit::AuditKey;
use crate::code::CodeKey;
use crate::code_note::NoteKey;
use crate::device::DeviceKey;
use crate::mail::MailKey;
use crate::refresh::RefreshKey;
use crate::session_seal::SessionSealKey;
use hkdf::Hkdf;
use sha2::Sha256;

/// One key for each purpose; none can be computed from another.
#[derive(Clone)]
pub struct Keys {
    /// Makes and proves refresh tokens.
    pub refresh: RefreshKey,
    /// Digests one-time codes.
    pub codes: CodeKey,
    /// Seals what is known of an account beside its code.
    pub code_notes: NoteKey,
    /// Makes and proves device tokens.
    pub devices: DeviceKey,
    /// Seals waiting mails.
    pub mails: MailKey,
    /// Authenticates the audit.
    pub audit: AuditKey,
    /// Proves that a session in a shared cache was put there by us.
    pub session_cache: SessionSealKey,
    /// Names what holds a username for the registration of a taken address.
    pub held_names: HeldNameKey,
}

impl Keys {
    /// Derives all keys from `secret` (`SECRET_KEY`). Another secret ends every session and
    /// every code, and makes strangers of all devices.
    pub fn derive(secret: &[u8]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(b"evently-auth"), secret);
        let key = |label: &str| {
            let mut key = [0; 32];
            match hkdf.expand(label.as_bytes(), &mut key) {
                Ok(()) => key,
                Err(never) => unreachable!("HKDF-SHA256 gives up to 8160 bytes: {never}"),
            }
        };
        Self {
            refresh: RefreshKey::new(key("refresh-token/v2")),
            codes: CodeKey::new(key("one-time-code/v1")),
            code_notes: NoteKey::new(key("code-note/v1")),
            devices: DeviceKey::new(key("device-token/v1")),
            mails: MailKey::new(key("outbox/v1")),
            audit: AuditKey::new(key("audit/v1")),
            session_cache: SessionSealKey::new(key("session-cache/v1")),
            held_names: HeldNameKey::new(key("held-name/v1")),
        }
    }
}
