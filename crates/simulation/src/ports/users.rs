//! `Users` behind the gate.

use super::Gated;
use async_trait::async_trait;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{Credentials, EmailAddress, Identifier, NewUser, User, UserId};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{
    ChangedUser, CreatedUser, DeletedUser, UserChange, UserFilter, UserPage, Users,
};

#[async_trait]
impl<P: Users> Users for Gated<P> {
    async fn create(&self, new: NewUser, effects: Effects) -> Result<CreatedUser, StoreError> {
        self.gate.pass("users.create", self.port.create(new, effects)).await
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.gate.pass("users.find", self.port.find(id)).await
    }

    async fn find_credentials(&self, identifier: &Identifier) -> Result<Option<Credentials>, StoreError> {
        self.gate.pass("users.find_credentials", self.port.find_credentials(identifier)).await
    }

    async fn find_unproven(&self, address: &EmailAddress) -> Result<Option<User>, StoreError> {
        self.gate.pass("users.find_unproven", self.port.find_unproven(address)).await
    }

    async fn change(
        &self,
        id: UserId,
        change: UserChange,
        effects: Effects,
    ) -> Result<ChangedUser, StoreError> {
        self.gate.pass("users.change", self.port.change(id, change, effects)).await
    }

    async fn delete(&self, id: UserId, effects: Effects) -> Result<DeletedUser, StoreError> {
        self.gate.pass("users.delete", self.port.delete(id, effects)).await
    }

    async fn list(&self, filter: &UserFilter) -> Result<UserPage, StoreError> {
        self.gate.pass("users.list", self.port.list(filter)).await
    }

    async fn sweep_unverified(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.gate.pass("users.sweep_unverified", self.port.sweep_unverified(now, limit)).await
    }
}
