//! A mail that waits: a content that its store cannot read.

use super::content::{Mail, MailContent, MailKind, Priority};
use crate::Timestamp;
use crate::account::EmailAddress;
use crate::error::StoreError;
use crate::ports::Entropy;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};

/// A mail as it waits: everything that a store needs to know, and a content that it cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedMail {
    /// The local part of its Message-ID; 128 random bits as base64url. A second delivery carries the same.
    pub message_id: String,
    /// What kind it is.
    pub kind: MailKind,
    /// Who goes first.
    pub priority: Priority,
    /// Where it goes.
    pub to: EmailAddress,
    /// The content, encrypted.
    pub payload: Vec<u8>,
    /// After this it is not worth sending.
    pub expires_at: Option<Timestamp>,
    /// The request that caused it.
    pub request_id: String,
    /// When it was written.
    pub created_at: Timestamp,
}

/// The key under which mails wait (ChaCha20-Poly1305, RFC 8439, a random nonce each).
#[derive(Clone)]
pub struct MailKey([u8; 32]);

/// The content of a mail could not be read: another key, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the mail was sealed under another key, or was changed since")]
pub struct Unreadable;

const NONCE_BYTES: usize = 12;

impl MailKey {
    /// Takes over a derived key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Seals `mail`; the seal covers its Message-ID and its recipient.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn seal(
        &self,
        mail: &Mail,
        at: Timestamp,
        request_id: &str,
        entropy: &dyn Entropy,
    ) -> Result<SealedMail, StoreError> {
        let mut id = [0; 16];
        entropy.fill(&mut id)?;
        let message_id = URL_SAFE_NO_PAD.encode(id);
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce)?;
        let content = serde_json::to_vec(&mail.content).map_err(StoreError::corrupt)?;
        let aad = associated(&message_id, &mail.to);
        let sealed = self
            .cipher()
            .encrypt(&Nonce::from(nonce), Payload { msg: &content, aad: &aad })
            .map_err(|_| StoreError::corrupt("a mail is too long to be sealed"))?;
        let message = &mail.content.message;
        Ok(SealedMail {
            message_id,
            kind: message.kind(),
            priority: message.priority(),
            to: mail.to.clone(),
            payload: [nonce.as_slice(), &sealed].concat(),
            expires_at: message.code().map(|_| at + crate::code::LIFETIME),
            request_id: request_id.to_owned(),
            created_at: at,
        })
    }

    /// Opens what [`MailKey::seal`] sealed.
    ///
    /// # Errors
    /// [`Unreadable`] for another key, and for anything that was changed.
    pub fn open(&self, mail: &SealedMail) -> Result<MailContent, Unreadable> {
        let (nonce, sealed) = mail.payload.split_first_chunk::<NONCE_BYTES>().ok_or(Unreadable)?;
        let aad = associated(&mail.message_id, &mail.to);
        let content = self
            .cipher()
            .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: &aad })
            .map_err(|_| Unreadable)?;
        serde_json::from_slice(&content).map_err(|_| Unreadable)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.0.into())
    }
}

fn associated(message_id: &str, to: &EmailAddress) -> Vec<u8> {
    format!("{message_id}\n{to}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::MailMessage;
    use std::sync::atomic::{AtomicU8, Ordering};

    /// Other bytes each time.
    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
            Ok(())
        }
    }

    #[test]
    fn a_waiting_mail_opens_under_its_key_and_unchanged_alone() {
        let (key, entropy) = (MailKey::new([7; 32]), Counting(AtomicU8::new(0)));
        let content = MailContent { name: "Ada".to_owned(), message: MailMessage::Welcome };
        let mail = Mail { to: EmailAddress::parse("ada@example.com").unwrap(), content };
        let seal = || key.seal(&mail, Timestamp::UNIX_EPOCH, "request", &entropy).unwrap();
        let (sealed, again) = (seal(), seal());
        assert_ne!(sealed.payload, again.payload, "no nonce is used twice");
        let waiting = |payload: Vec<u8>| SealedMail { payload, ..sealed.clone() };
        assert!(key.open(&waiting(sealed.payload.clone())).is_ok());
        assert!(MailKey::new([8; 32]).open(&sealed).is_err());
        for position in 0..sealed.payload.len() {
            let mut payload = sealed.payload.clone();
            payload[position] ^= 1;
            assert!(key.open(&waiting(payload)).is_err(), "{position}");
            assert!(key.open(&waiting(sealed.payload[..position].to_vec())).is_err(), "{position}");
        }
        let other = EmailAddress::parse("eve@example.com").unwrap();
        assert!(key.open(&SealedMail { to: other, ..sealed.clone() }).is_err(), "another recipient");
    }
}
