//! What a proof of an address needs to know of the account, kept with the code so that nothing has to be looked up for
//! it: sealed, for whoever keeps codes knows nobody's name or address.

use crate::account::{EmailAddress, User, UserId};
use crate::code::CodeMac;
use crate::error::StoreError;
use crate::ports::Entropy;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use serde::{Deserialize, Serialize};
use std::fmt;

const NONCE_BYTES: usize = 12;

/// The account as it was when the code was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofNote {
    /// What the person is called in a mail.
    pub name: String,
    /// The address that the account had, when it is to move to the one that is proven.
    pub moves_from: Option<EmailAddress>,
}

impl ProofNote {
    /// For the proof that `address` belongs to the owner of `user`.
    pub fn new(user: &User, address: &EmailAddress) -> Self {
        let moves_from = Some(&user.email).filter(|email| *email != address).cloned();
        Self { name: user.display_name().to_owned(), moves_from }
    }
}

/// A note that its store cannot read.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedNote(pub Vec<u8>);

impl fmt::Debug for SealedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedNote(..)")
    }
}

/// The key under which notes are kept (ChaCha20-Poly1305, RFC 8439, a random nonce each).
#[derive(Clone)]
pub struct NoteKey([u8; 32]);

#[derive(Serialize, Deserialize)]
struct Content {
    name: String,
    moves_from: Option<String>,
}

impl NoteKey {
    /// Takes over a derived key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Seals `note`; the seal covers the code and the account that it is kept with.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn seal(
        &self,
        note: &ProofNote,
        (mac, subject): (CodeMac, UserId),
        entropy: &dyn Entropy,
    ) -> Result<SealedNote, StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce)?;
        let moves_from = note.moves_from.as_ref().map(|email| email.as_str().to_owned());
        let content = Content { name: note.name.clone(), moves_from };
        let content = serde_json::to_vec(&content).map_err(StoreError::corrupt)?;
        let aad = associated(mac, subject);
        let sealed = self
            .cipher()
            .encrypt(&Nonce::from(nonce), Payload { msg: &content, aad: &aad })
            .map_err(|_| StoreError::corrupt("a note is too long to be sealed"))?;
        Ok(SealedNote([nonce.as_slice(), &sealed].concat()))
    }

    /// Opens what [`NoteKey::seal`] sealed; nothing for another key, code or account, and for anything that was changed.
    pub fn open(&self, note: &SealedNote, (mac, subject): (CodeMac, UserId)) -> Option<ProofNote> {
        let (nonce, sealed) = note.0.split_first_chunk::<NONCE_BYTES>()?;
        let aad = associated(mac, subject);
        let content = self.cipher().decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: &aad }).ok()?;
        let Content { name, moves_from } = serde_json::from_slice(&content).ok()?;
        let moves_from = match moves_from {
            Some(text) => Some(EmailAddress::parse_stored(&text).ok()?),
            None => None,
        };
        Some(ProofNote { name, moves_from })
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.0.into())
    }
}

fn associated(CodeMac(mac): CodeMac, UserId(subject): UserId) -> Vec<u8> {
    [mac.as_slice(), &subject.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
            bytes.fill(0);
            Ok(())
        }
    }

    #[test]
    fn a_note_opens_under_its_key_for_its_code_and_account_and_unchanged_alone() {
        let key = NoteKey::new([7; 32]);
        let code = (CodeMac([1; 32]), UserId(5));
        let moves_from = Some(EmailAddress::parse("ada@example.com").unwrap());
        let note = ProofNote { name: "Ada".to_owned(), moves_from };
        let sealed = key.seal(&note, code, &Zeros).unwrap();
        assert_eq!(key.open(&sealed, code), Some(note));
        assert_eq!(NoteKey::new([8; 32]).open(&sealed, code), None, "another key");
        assert_eq!(key.open(&sealed, (CodeMac([2; 32]), code.1)), None, "another code");
        assert_eq!(key.open(&sealed, (code.0, UserId(6))), None, "another account");
        for position in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[position] ^= 1;
            assert_eq!(key.open(&changed, code), None, "{position}");
            assert_eq!(key.open(&SealedNote(sealed.0[..position].to_vec()), code), None, "{position}");
        }
    }
}
