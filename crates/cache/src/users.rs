//! `Users` that tells of its changes.

use crate::announcer::Announcer;
use crate::outbox::with_mails;
use async_trait::async_trait;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{Credentials, EmailAddress, Identifier, NewUser, User, UserId};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{
    ChangedUser, CreatedUser, DeletedUser, Signal, UserChange, UserFilter, UserPage, Users,
};
use std::sync::Arc;

/// Accounts that are replaced, swept, or lose their address to another, go untold: they were never verified, so they
/// have no session, and none of theirs would be cached.
pub(crate) struct NotifyingUsers {
    pub(crate) inner: Arc<dyn Users>,
    pub(crate) announcer: Announcer,
}

#[async_trait]
impl Users for NotifyingUsers {
    async fn create(&self, new: NewUser, effects: Effects) -> Result<CreatedUser, StoreError> {
        let changed = with_mails(Vec::new(), &effects);
        let inner = self.inner.clone();
        self.announcer.around(changed, async move { inner.create(new, effects).await }).await
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.inner.find(id).await
    }

    async fn find_credentials(&self, identifier: &Identifier) -> Result<Option<Credentials>, StoreError> {
        self.inner.find_credentials(identifier).await
    }

    async fn find_unproven(&self, address: &EmailAddress) -> Result<Option<User>, StoreError> {
        self.inner.find_unproven(address).await
    }

    async fn change(
        &self,
        id: UserId,
        change: UserChange,
        effects: Effects,
    ) -> Result<ChangedUser, StoreError> {
        let changed = with_mails(vec![Signal::UserChanged(id)], &effects);
        let inner = self.inner.clone();
        self.announcer.around(changed, async move { inner.change(id, change, effects).await }).await
    }

    async fn delete(&self, id: UserId, effects: Effects) -> Result<DeletedUser, StoreError> {
        let changed = with_mails(vec![Signal::UserChanged(id)], &effects);
        let inner = self.inner.clone();
        self.announcer.around(changed, async move { inner.delete(id, effects).await }).await
    }

    async fn list(&self, filter: &UserFilter) -> Result<UserPage, StoreError> {
        self.inner.list(filter).await
    }

    async fn sweep_unverified(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner.sweep_unverified(now, limit).await
    }
}
