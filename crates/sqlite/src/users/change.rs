//! Changing an account: look first, decide, then write, all under the write lock.

use super::{UserRow, credentials, has_other_working_admin};
use crate::effects;
use crate::failure::Failure;
use crate::rows::micros;
use crate::schema::users;
use diesel::prelude::*;
use evently_auth_domain::account::{Identifier, User, UserId};
use evently_auth_domain::audit::AuditKey;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{ChangedUser, UserChange};

pub(super) fn change(
    connection: &mut SqliteConnection,
    key: &AuditKey,
    id: UserId,
    change: &UserChange,
    effects: &Effects,
) -> Result<ChangedUser, Failure> {
    let Some(found) = credentials(connection, &Identifier::Id(id))? else {
        return Ok(ChangedUser::Missing);
    };
    if !change.expected.holds(&found.user, &found.password) {
        return Ok(ChangedUser::Stale);
    }
    let rivals = rivals(connection, id, change)?;
    if !rivals.iter().all(|rival| loses_address(rival, change)) {
        return Ok(ChangedUser::Taken);
    }
    let changed = change.applied_to(&found.user);
    if found.user.is_working_admin()
        && !changed.is_working_admin()
        && !has_other_working_admin(connection, id)?
    {
        return Ok(ChangedUser::LastAdmin);
    }
    for rival in &rivals {
        diesel::delete(users::table.find(rival.id.0)).execute(connection)?;
    }
    write(connection, &changed, change)?;
    effects::apply(connection, key, effects, Some(id))?;
    Ok(ChangedUser::Changed(changed))
}

/// The other accounts that have the wanted address or username.
fn rivals(connection: &mut SqliteConnection, id: UserId, change: &UserChange) -> Result<Vec<User>, Failure> {
    // A member that stays has no rivals; nobody has the empty text for an address or a username.
    let email = change.email.as_ref().map_or("", |email| email.as_str());
    let username = change.username.as_ref().map_or("", |username| username.as_str());
    let rows = users::table
        .filter(users::email.eq(email).or(users::username.eq(username)))
        .filter(users::id.ne(id.0))
        .select(UserRow::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(User::try_from).collect::<Result<_, _>>()?)
}

/// Whether the wanted address is taken away from `rival`: a never-verified account is gone then.
fn loses_address(rival: &User, change: &UserChange) -> bool {
    rival.claim_expires_at.is_some() && change.email.as_ref() == Some(&rival.email)
}

fn write(connection: &mut SqliteConnection, user: &User, change: &UserChange) -> Result<(), Failure> {
    // The time of the wish moves only with the wish.
    let wished_at = match (&change.pending_email, &user.pending_email) {
        (Some(_), Some(_)) => Some(Some(micros(change.at))),
        (_, None) => Some(None),
        (None, Some(_)) => None,
    };
    diesel::update(users::table.find(user.id.0))
        .set((
            users::email.eq(user.email.as_str()),
            users::username.eq(user.username.as_str()),
            users::full_name.eq(user.full_name.as_ref().map(|name| name.as_str())),
            change.password.as_ref().map(|hash| users::hashed_password.eq(hash.expose())),
            users::is_active.eq(user.is_active),
            users::is_verified.eq(user.is_verified),
            users::role.eq(user.role.as_str()),
            users::updated_at.eq(micros(user.updated_at)),
            users::pending_email.eq(user.pending_email.as_ref().map(|email| email.as_str())),
            wished_at.map(|at| users::pending_email_at.eq(at)),
            users::claim_expires_at.eq(user.claim_expires_at.map(micros)),
        ))
        .execute(connection)?;
    Ok(())
}
