//! Codes in the slot of their address: kept, or none kept and nobody the wiser; tried, and given back.

use crate::account::{EmailAddress, User, UserId};
use crate::client::Client;
use crate::code::{CodeCheck, CodeMac, LIFETIME, OneTimeCode, Purpose, StoredCode, TakenCode};
use crate::code_note::ProofNote;
use crate::error::StoreError;
use crate::mail::{Mail, MailMessage, SealedMail};
use crate::{Auth, Timestamp};

/// Nobody has this address, nor ever will (RFC 2606).
const NOBODY: &str = "nobody@example.invalid";

impl Auth {
    /// Keeps `code` for a new password of `subject`; the code that the address had for that ends.
    pub(crate) async fn keep_reset_code(
        &self,
        address: &EmailAddress,
        code: &OneTimeCode,
        subject: UserId,
    ) -> Result<(), StoreError> {
        let mac = self.keys.codes.mac(Purpose::ResetPassword, address, code);
        let slot = self.keys.codes.slot(Purpose::ResetPassword, address);
        self.ports.codes.put(slot, Some(StoredCode { mac, subject, note: None })).await.map(drop)
    }

    /// Keeps `code` for the proof that `address` belongs to the owner of `account`; the code that it had for that ends.
    pub(crate) async fn keep_proof_code(
        &self,
        address: &EmailAddress,
        code: &OneTimeCode,
        account: &User,
    ) -> Result<(), StoreError> {
        let mac = self.keys.codes.mac(Purpose::VerifyEmail, address, code);
        self.put_proof_code(address, mac, account).await.map(drop)
    }

    /// Keeps the code of a registration at `address`; whether a later one was faster, so that `code` ended its code and
    /// serves an account that is gone. For a held name, whose address is another one, it does the same with a code that
    /// none can be equal to.
    pub(crate) async fn keep_registration_code(
        &self,
        address: &EmailAddress,
        code: &OneTimeCode,
        account: &User,
    ) -> Result<bool, StoreError> {
        let mac = self.keys.codes.mac(Purpose::VerifyEmail, &account.email, code);
        let ended = self.put_proof_code(address, mac, account).await?;
        Ok(ended.is_some_and(|subject| subject > account.id))
    }

    /// With a note, so that a proof need not look the account up.
    async fn put_proof_code(
        &self,
        address: &EmailAddress,
        mac: CodeMac,
        account: &User,
    ) -> Result<Option<UserId>, StoreError> {
        let note = ProofNote::new(account, address);
        let note = self.keys.code_notes.seal(&note, (mac, account.id), self.ports.entropy.as_ref())?;
        let slot = self.keys.codes.slot(Purpose::VerifyEmail, address);
        self.ports.codes.put(slot, Some(StoredCode { mac, subject: account.id, note: Some(note) })).await
    }

    /// Does the same for an address that gets no code, so that its count of attempts starts anew like everybody's.
    pub(crate) async fn keep_no_code(
        &self,
        purpose: Purpose,
        address: &EmailAddress,
    ) -> Result<(), StoreError> {
        self.ports.codes.put(self.keys.codes.slot(purpose, address), None).await.map(drop)
    }

    /// A mail that is stored and never sent, for it has expired: whoever asks for a code to an address that gets none
    /// waits as long as for one that gets a mail.
    pub(crate) fn seal_for_nobody(
        &self,
        message: MailMessage,
        client: &Client,
        now: Timestamp,
    ) -> Result<SealedMail, StoreError> {
        let nobody = EmailAddress::parse(NOBODY).map_err(|fault| StoreError::corrupt(fault.message))?;
        let sealed = self.seal(&Mail::to_address(nobody, "nobody", message), client, now)?;
        Ok(SealedMail { expires_at: Some(now - LIFETIME), ..sealed })
    }

    /// Tries `code`, which is used up when it is the right one.
    pub(crate) async fn try_code(
        &self,
        purpose: Purpose,
        address: &EmailAddress,
        code: &OneTimeCode,
    ) -> Result<CodeCheck, StoreError> {
        let mac = self.keys.codes.mac(purpose, address, code);
        self.ports.codes.check(self.keys.codes.slot(purpose, address), mac).await
    }

    /// Gives back a code that was used up in vain, by a failure of ours or for a reason that its owner can mend.
    /// While codes are away it cannot be had back, which must not hide what had gone wrong: its owner asks for another.
    pub(crate) async fn give_back(&self, purpose: Purpose, address: &EmailAddress, taken: TakenCode) {
        drop(self.ports.codes.restore(self.keys.codes.slot(purpose, address), taken).await);
    }
}
