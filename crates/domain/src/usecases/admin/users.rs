//! Looking at accounts, switching them on and off, deleting them.

use super::AdminError;
use crate::Auth;
use crate::access::Principal;
use crate::account::{Permission, User, UserId};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::effects::{Effects, EndSessions};
use crate::error::StoreError;
use crate::ports::{ChangedUser, DeletedUser, UserChange, UserFilter, UserPage};

impl Auth {
    /// The accounts that match, by id.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn list_users(
        &self,
        filter: &UserFilter,
        principal: &Principal,
        client: &Client,
    ) -> Result<UserPage, AdminError> {
        self.permit(Permission::ReadUsers, principal, client).await?;
        Ok(self.ports.users.list(filter).await?)
    }

    /// One account.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn find_user(
        &self,
        id: UserId,
        principal: &Principal,
        client: &Client,
    ) -> Result<User, AdminError> {
        self.permit(Permission::ReadUsers, principal, client).await?;
        self.ports.users.find(id).await?.ok_or(AdminError::NotFound)
    }

    /// Switches an account on.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn activate_user(
        &self,
        id: UserId,
        principal: &Principal,
        client: &Client,
    ) -> Result<(), AdminError> {
        self.permit(Permission::ManageUsers, principal, client).await?;
        let event = self.admin_event(AuditAction::UserActivated, id, principal, client);
        self.noting_refusal(event.clone(), self.switch(id, true, Effects::audit(event))).await
    }

    /// Switches an account off and ends its sessions.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn deactivate_user(
        &self,
        id: UserId,
        principal: &Principal,
        client: &Client,
    ) -> Result<(), AdminError> {
        self.permit(Permission::ManageUsers, principal, client).await?;
        let event = self.admin_event(AuditAction::UserDeactivated, id, principal, client);
        self.noting_refusal(event.clone(), async {
            if id == principal.user.id {
                return Err(AdminError::SelfAction("Cannot deactivate your own account"));
            }
            self.switch(id, false, Effects::audit(event).ending(EndSessions::All)).await
        })
        .await
    }

    /// Deletes an account and its sessions; its audit stays.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn delete_user(
        &self,
        id: UserId,
        principal: &Principal,
        client: &Client,
    ) -> Result<(), AdminError> {
        self.permit(Permission::ManageUsers, principal, client).await?;
        let event = self.admin_event(AuditAction::UserDeleted, id, principal, client);
        self.noting_refusal(event.clone(), async {
            if id == principal.user.id {
                return Err(AdminError::SelfAction("Cannot delete your own account"));
            }
            match self.ports.users.delete(id, Effects::audit(event)).await? {
                DeletedUser::Deleted => Ok(()),
                DeletedUser::Missing => Err(AdminError::NotFound),
                DeletedUser::LastAdmin => Err(AdminError::LastAdmin),
            }
        })
        .await
    }

    /// The account, which is not a held name: a change would end its claim, and its username would stay held for good.
    /// No account ever becomes one.
    pub(super) async fn account_to_change(&self, id: UserId) -> Result<User, AdminError> {
        let user = self.ports.users.find(id).await?.ok_or(AdminError::NotFound)?;
        if user.email.is_held_name() { Err(AdminError::HeldName) } else { Ok(user) }
    }

    async fn switch(&self, id: UserId, is_active: bool, effects: Effects) -> Result<(), AdminError> {
        self.account_to_change(id).await?;
        let change = UserChange {
            is_active: Some(is_active),
            pending_email: (!is_active).then_some(None),
            adopt: true,
            at: self.now(),
            ..UserChange::default()
        };
        match self.ports.users.change(id, change, effects).await? {
            ChangedUser::Changed(_) => Ok(()),
            ChangedUser::Missing => Err(AdminError::NotFound),
            ChangedUser::LastAdmin => Err(AdminError::LastAdmin),
            ChangedUser::Stale | ChangedUser::Taken => {
                Err(StoreError::corrupt("a switch neither expects nor takes anything").into())
            }
        }
    }

    pub(super) fn admin_event(
        &self,
        action: AuditAction,
        subject: UserId,
        principal: &Principal,
        client: &Client,
    ) -> AuditEvent {
        principal.event(action, AuditOutcome::Success, client, self.now()).about(subject)
    }
}
