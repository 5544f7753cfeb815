//! Codes in the slot of their address: kept, or none kept and nobody the wiser.

use crate::Auth;
use crate::account::{EmailAddress, UserId};
use crate::code::{OneTimeCode, Purpose, StoredCode};
use crate::error::StoreError;

impl Auth {
    /// Keeps `code` for `subject`; the code that the address had for this purpose ends.
    pub(crate) async fn keep_code(
        &self,
        purpose: Purpose,
        address: &EmailAddress,
        code: &OneTimeCode,
        subject: UserId,
    ) -> Result<(), StoreError> {
        let mac = self.keys.codes.mac(purpose, address, code);
        let slot = self.keys.codes.slot(purpose, address);
        self.ports.codes.put(slot, Some(StoredCode { mac, subject })).await
    }

    /// Does the same for an address that gets no code, so that its count of attempts starts anew like everybody's.
    pub(crate) async fn keep_no_code(
        &self,
        purpose: Purpose,
        address: &EmailAddress,
    ) -> Result<(), StoreError> {
        self.ports.codes.put(self.keys.codes.slot(purpose, address), None).await
    }
}
