//! Changing anybody's account.

use super::AdminError;
use crate::access::Principal;
use crate::account::{EmailAddress, FullName, Permission, Role, User, UserId, Username};
use crate::audit::{AuditAction, AuditEvent};
use crate::client::Client;
use crate::effects::{Effects, EndSessions};
use crate::error::StoreError;
use crate::ports::{ChangedUser, Expected, UserChange};
use crate::usecases::verify_email::email_changed;
use crate::{Auth, Timestamp};

/// How often a change is decided anew because the account changed meanwhile.
const TRIES: usize = 3;

/// What is to be different; `None` leaves a member as it is.
#[derive(Debug, Clone, Default)]
pub struct UpdateUser {
    /// Another address, at once; both addresses are told.
    pub email: Option<EmailAddress>,
    /// Another username.
    pub username: Option<Username>,
    /// Another name, or none.
    pub full_name: Option<Option<FullName>>,
    /// `false` ends all sessions.
    pub is_active: Option<bool>,
    /// Whether the address counts as proven.
    pub is_verified: Option<bool>,
    /// Another role, from the next request on.
    pub role: Option<Role>,
}

impl Auth {
    /// Changes an account. Nobody changes the own role or switches the own account off.
    ///
    /// # Errors
    /// See [`AdminError`]; then nothing was changed.
    pub async fn update_user(
        &self,
        id: UserId,
        command: UpdateUser,
        principal: &Principal,
        client: &Client,
    ) -> Result<User, AdminError> {
        self.permit(Permission::ManageUsers, principal, client).await?;
        let event = self.admin_event(AuditAction::UserChanged, id, principal, client);
        let event = event.with(describe(&command));
        self.noting_refusal(event.clone(), self.update_permitted(id, command, principal, client, event)).await
    }

    async fn update_permitted(
        &self,
        id: UserId,
        command: UpdateUser,
        principal: &Principal,
        client: &Client,
        event: AuditEvent,
    ) -> Result<User, AdminError> {
        if id == principal.user.id {
            let role = command.role.is_some_and(|role| role != principal.user.role);
            let active = command.is_active.is_some_and(|active| active != principal.user.is_active);
            if role || active {
                return Err(AdminError::SelfAction(
                    "Cannot change your own role or deactivate your own account",
                ));
            }
        }
        for _ in 0..TRIES {
            let user = self.account_to_change(id).await?;
            let now = self.now();
            let moves_to = command.email.as_ref().filter(|email| **email != user.email);
            let mut effects = Effects::audit(event.clone());
            if let Some(active) = command.is_active.filter(|active| *active != user.is_active) {
                let action = if active { AuditAction::UserActivated } else { AuditAction::UserDeactivated };
                effects.audit.push(self.admin_event(action, id, principal, client));
            }
            for mail in
                moves_to.map(|new| email_changed(&user.email, new, user.display_name())).into_iter().flatten()
            {
                effects = effects.mail(self.seal(&mail, client, now)?);
            }
            if command.is_active == Some(false) {
                effects = effects.ending(EndSessions::All);
            }
            match self.ports.users.change(id, change(&command, &user, moves_to, now), effects).await? {
                ChangedUser::Changed(user) => return Ok(user),
                ChangedUser::Missing => return Err(AdminError::NotFound),
                ChangedUser::Taken => return Err(AdminError::Taken),
                ChangedUser::LastAdmin => return Err(AdminError::LastAdmin),
                ChangedUser::Stale => {}
            }
        }
        Err(StoreError::contention("the account kept changing").into())
    }
}

fn change(command: &UpdateUser, user: &User, moves_to: Option<&EmailAddress>, now: Timestamp) -> UserChange {
    UserChange {
        email: moves_to.cloned(),
        username: command.username.clone(),
        full_name: command.full_name.clone(),
        pending_email: (command.is_active == Some(false)).then_some(None),
        is_active: command.is_active,
        is_verified: command.is_verified,
        role: command.role,
        adopt: true,
        expected: Expected { email: Some(user.email.clone()), ..Expected::default() },
        at: now,
        ..UserChange::default()
    }
}

/// The members that were sent, with the values that matter for security.
fn describe(command: &UpdateUser) -> String {
    let mut members = Vec::new();
    members.extend(command.email.as_ref().map(|_| "email".to_owned()));
    members.extend(command.username.as_ref().map(|_| "username".to_owned()));
    members.extend(command.full_name.as_ref().map(|_| "full_name".to_owned()));
    members.extend(command.is_active.map(|active| format!("is_active={active}")));
    members.extend(command.is_verified.map(|verified| format!("is_verified={verified}")));
    members.extend(command.role.map(|role| format!("role={role}")));
    members.join(", ")
}
