//! Registrations whose mails follow in a step of their own.

use async_trait::async_trait;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{Credentials, EmailAddress, Identifier, NewUser, User, UserId};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{
    ChangedUser, CreatedUser, DeletedUser, Outbox, UserChange, UserFilter, UserPage, Users,
};
use std::mem;
use std::sync::Arc;

pub(crate) struct Afterwards {
    pub(crate) users: Arc<dyn Users>,
    pub(crate) outbox: Arc<dyn Outbox>,
}

#[async_trait]
impl Users for Afterwards {
    async fn create(&self, new: NewUser, mut effects: Effects) -> Result<CreatedUser, StoreError> {
        let mails = Effects { mails: mem::take(&mut effects.mails), ..Effects::default() };
        let created = self.users.create(new, effects).await?;
        if matches!(created, CreatedUser::Created(_)) {
            drop(self.outbox.put(mails).await);
        }
        Ok(created)
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.users.find(id).await
    }

    async fn find_credentials(&self, identifier: &Identifier) -> Result<Option<Credentials>, StoreError> {
        self.users.find_credentials(identifier).await
    }

    async fn find_unproven(&self, address: &EmailAddress) -> Result<Option<User>, StoreError> {
        self.users.find_unproven(address).await
    }

    async fn change(
        &self,
        id: UserId,
        change: UserChange,
        effects: Effects,
    ) -> Result<ChangedUser, StoreError> {
        self.users.change(id, change, effects).await
    }

    async fn delete(&self, id: UserId, effects: Effects) -> Result<DeletedUser, StoreError> {
        self.users.delete(id, effects).await
    }

    async fn list(&self, filter: &UserFilter) -> Result<UserPage, StoreError> {
        self.users.list(filter).await
    }

    async fn sweep_unverified(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.users.sweep_unverified(now, limit).await
    }
}
