//! Making an account, and who has to make way for it.

use super::UserRow;
use crate::effects;
use crate::failure::Failure;
use crate::rows::micros;
use crate::schema::users;
use diesel::prelude::*;
use evently_auth_domain::account::{NewUser, User};
use evently_auth_domain::audit::AuditKey;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::CreatedUser;

pub(super) fn create(
    connection: &mut SqliteConnection,
    key: &AuditKey,
    new: &NewUser,
    mut effects: Effects,
) -> Result<CreatedUser, Failure> {
    let (email, username) = (new.email.as_str(), new.username.as_str());
    // Nobody has the empty text for an address.
    let replaced = new.replaces.as_ref().map_or("", |replaced| replaced.as_str());
    let claimant = users::email.eq(replaced).and(users::claim_expires_at.is_not_null());
    let holders = users::table
        .filter(users::email.eq(email).or(users::username.eq(username)).or(claimant))
        .select(UserRow::as_select())
        .load(connection)?;
    let holders = holders.into_iter().map(User::try_from).collect::<Result<Vec<_>, _>>()?;
    if !holders.iter().all(|holder| new.takes_over_from(holder)) {
        return Ok(CreatedUser::Taken);
    }
    for holder in &holders {
        diesel::delete(users::table.find(holder.id.0)).execute(connection)?;
    }
    let user: User = diesel::insert_into(users::table)
        .values((
            users::email.eq(email),
            users::username.eq(username),
            users::hashed_password.eq(new.password.expose()),
            users::full_name.eq(new.full_name.as_ref().map(|name| name.as_str())),
            users::is_active.eq(true),
            users::is_verified.eq(new.is_verified),
            users::role.eq(new.role.as_str()),
            users::created_at.eq(micros(new.at)),
            users::updated_at.eq(micros(new.at)),
            // Whoever is verified claims nothing: the sweep must never meet such an account.
            users::claim_expires_at.eq(new.claim_expires_at.filter(|_| !new.is_verified).map(micros)),
        ))
        .returning(UserRow::as_returning())
        .get_result(connection)?
        .try_into()?;
    for event in &mut effects.audit {
        event.subject.get_or_insert(user.id);
    }
    effects::apply(connection, key, &effects, Some(user.id))?;
    Ok(CreatedUser::Created(user))
}
