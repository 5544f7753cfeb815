//! Registrations that conceal whose address is taken: who must not be noticed, and how often that owner is told.

use crate::Auth;
use crate::account::{EmailAddress, Identifier, User};
use crate::error::StoreError;
use crate::limits::WhenAway::CountHere;
use crate::limits::{Admission, Budget, LimitKey};
use crate::settings::RegistrationPrivacy;

impl Auth {
    /// Whether an owner of `address` would be told of another registration: as often as codes are sent to it, so that
    /// nobody fills a mailbox from many networks. It is counted whether or not there is an owner, and refuses nobody.
    pub(crate) async fn may_tell_owner(&self, address: &EmailAddress) -> Result<bool, StoreError> {
        let key = LimitKey::new("notice", address, CountHere);
        let budget = Budget { key, limit: self.settings.limits.resend };
        Ok(matches!(self.ports.rate_limits.acquire(&[budget]).await?, Admission::Admitted(_)))
    }

    /// Who must not be noticed behind `address`: its owner, when registrations conceal that there is one. An address
    /// that nobody ever proved is nobody's yet.
    pub(crate) async fn owner_to_conceal(&self, address: &EmailAddress) -> Result<Option<User>, StoreError> {
        if !self.conceals() {
            return Ok(None);
        }
        let found = self.ports.users.find_credentials(&Identifier::Email(address.clone())).await?;
        Ok(found.map(|found| found.user).filter(|owner| owner.claim_expires_at.is_none()))
    }

    /// Whether nobody may learn whose address is taken.
    pub(crate) fn conceals(&self) -> bool {
        self.settings.registration_privacy == RegistrationPrivacy::Conceal
    }
}
