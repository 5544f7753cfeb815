//! `Users` in process.

use crate::state::{Account, MemoryStore, State};
use async_trait::async_trait;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{
    Credentials, EmailAddress, FullName, Identifier, NewUser, User, UserId, Username,
};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{
    ChangedUser, CreatedUser, DeletedUser, UserChange, UserFilter, UserPage, Users,
};

#[async_trait]
impl Users for MemoryStore {
    async fn create(&self, new: NewUser, mut effects: Effects) -> Result<CreatedUser, StoreError> {
        let mut state = self.state()?;
        let mut holders = state.holders(&new.email, &new.username);
        holders.extend(state.claimant(&new));
        if !holders.iter().all(|holder| new.takes_over_from(holder)) {
            return Ok(CreatedUser::Taken);
        }
        for replaced in holders {
            state.remove_user(replaced.id);
        }
        let id = UserId(state.next_number());
        let user = User {
            id,
            email: new.email,
            username: new.username,
            full_name: new.full_name,
            is_active: true,
            is_verified: new.is_verified,
            role: new.role,
            created_at: new.at,
            updated_at: new.at,
            last_login: None,
            pending_email: None,
            claim_expires_at: new.claim_expires_at,
        };
        state.users.insert(id, Account { user: user.clone(), password: new.password, wish: 0 });
        for event in &mut effects.audit {
            event.subject.get_or_insert(id);
        }
        state.write(effects, Some(id));
        Ok(CreatedUser::Created(user))
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.state()?.users.get(&id).map(|account| account.user.clone()))
    }

    async fn find_credentials(&self, identifier: &Identifier) -> Result<Option<Credentials>, StoreError> {
        let state = self.state()?;
        let named = |account: &&Account| match identifier {
            Identifier::Email(email) => account.user.email == *email,
            Identifier::Username(username) => account.user.username == *username,
            Identifier::Id(id) => account.user.id == *id,
        };
        let found = state.users.values().find(named);
        Ok(found
            .map(|account| Credentials { user: account.user.clone(), password: account.password.clone() }))
    }

    async fn find_unproven(&self, address: &EmailAddress) -> Result<Option<User>, StoreError> {
        let state = self.state()?;
        if let Some(holder) = state.users.values().find(|account| account.user.email == *address) {
            return Ok(Some(holder.user.clone()).filter(|user| !user.is_verified));
        }
        let wanting =
            state.users.values().filter(|account| account.user.pending_email.as_ref() == Some(address));
        Ok(wanting.max_by_key(|account| account.wish).map(|account| account.user.clone()))
    }

    async fn change(
        &self,
        id: UserId,
        change: UserChange,
        effects: Effects,
    ) -> Result<ChangedUser, StoreError> {
        let mut state = self.state()?;
        let Some(account) = state.users.get(&id) else {
            return Ok(ChangedUser::Missing);
        };
        if !change.expected.holds(&account.user, &account.password) {
            return Ok(ChangedUser::Stale);
        }
        let (before, user) = (account.user.clone(), change.applied_to(&account.user));
        let mut others = state.holders(&user.email, &user.username);
        others.retain(|other| other.id != id);
        let makes_way = |other: &User| other.email == user.email && other.claim_expires_at.is_some();
        if !others.iter().all(makes_way) {
            return Ok(ChangedUser::Taken);
        }
        if before.is_working_admin() && !user.is_working_admin() && state.is_last_admin(id) {
            return Ok(ChangedUser::LastAdmin);
        }
        for replaced in others {
            state.remove_user(replaced.id);
        }
        let wish = matches!(change.pending_email, Some(Some(_))).then(|| state.next_number());
        if let Some(account) = state.users.get_mut(&id) {
            account.user = user.clone();
            account.wish = wish.unwrap_or(account.wish);
            if let Some(password) = change.password {
                account.password = password;
            }
        }
        state.write(effects, Some(id));
        Ok(ChangedUser::Changed(user))
    }

    async fn delete(&self, id: UserId, effects: Effects) -> Result<DeletedUser, StoreError> {
        let mut state = self.state()?;
        let Some(account) = state.users.get(&id) else {
            return Ok(DeletedUser::Missing);
        };
        if account.user.is_working_admin() && state.is_last_admin(id) {
            return Ok(DeletedUser::LastAdmin);
        }
        state.remove_user(id);
        state.write(effects, Some(id));
        Ok(DeletedUser::Deleted)
    }

    async fn list(&self, filter: &UserFilter) -> Result<UserPage, StoreError> {
        let state = self.state()?;
        let matching =
            || state.users.values().map(|account| &account.user).filter(|user| matches(user, filter));
        let skip = usize::try_from(filter.skip).unwrap_or(usize::MAX);
        let users = matching().skip(skip).take(filter.limit as usize).cloned().collect();
        Ok(UserPage { users, total: matching().count() as u64 })
    }

    async fn sweep_unverified(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut state = self.state()?;
        let ended = |user: &&User| user.claim_expires_at.is_some_and(|until| until <= now);
        let users = state.users.values().map(|account| &account.user);
        let ids: Vec<_> = users.filter(ended).map(|user| user.id).take(limit as usize).collect();
        for id in &ids {
            state.remove_user(*id);
        }
        Ok(ids.len() as u64)
    }
}

impl State {
    /// Who has this address, and who this username: nobody, one, or two.
    fn holders(&self, email: &EmailAddress, username: &Username) -> Vec<User> {
        let users = self.users.values().map(|account| &account.user);
        users.filter(|user| user.email == *email || user.username == *username).cloned().collect()
    }

    /// The never-verified account of the address that `new` replaces besides.
    fn claimant(&self, new: &NewUser) -> Option<User> {
        let address = new.replaces.as_ref()?;
        let mut users = self.users.values().map(|account| &account.user);
        users.find(|user| user.email == *address && user.claim_expires_at.is_some()).cloned()
    }

    /// Whether nobody but `id` is a working admin.
    fn is_last_admin(&self, id: UserId) -> bool {
        !self.users.values().any(|account| account.user.id != id && account.user.is_working_admin())
    }
}

fn matches(user: &User, filter: &UserFilter) -> bool {
    let has_query = filter.query.as_ref().is_none_or(|query| {
        let query = query.to_lowercase();
        let name = user.full_name.as_ref().map_or("", FullName::as_str);
        [user.email.as_str(), user.username.as_str(), name]
            .iter()
            .any(|text| text.to_lowercase().contains(&query))
    });
    has_query
        && filter.role.is_none_or(|role| user.role == role)
        && filter.is_active.is_none_or(|active| user.is_active == active)
        && filter.is_verified.is_none_or(|verified| user.is_verified == verified)
}
