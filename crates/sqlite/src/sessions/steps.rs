//! The steps of a session's life, each to be run under the write lock.

use super::row::SessionRow;
use crate::effects;
use crate::failure::Failure;
use crate::rows::micros;
use crate::schema::{user_sessions, users};
use crate::users::UserRow;
use chrono::TimeDelta;
use diesel::prelude::*;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{User, UserId};
use evently_auth_domain::audit::AuditKey;
use evently_auth_domain::client::UserAgent;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{Opened, Rotation, SessionsToEnd, UnchangedPassword};
use evently_auth_domain::refresh::TokenProof;
use evently_auth_domain::session::{Generation, LiveSession, NewSession, Session, Sid, Touch};

/// The session with its owner, in one statement; needs no lock.
pub(super) fn live(connection: &mut SqliteConnection, sid: &Sid) -> Result<Option<LiveSession>, Failure> {
    let row: Option<(SessionRow, UserRow)> = user_sessions::table
        .inner_join(users::table)
        .filter(user_sessions::session_token.eq(sid.as_str()))
        .select((SessionRow::as_select(), UserRow::as_select()))
        .first(connection)
        .optional()?;
    let Some((session, user)) = row else {
        return Ok(None);
    };
    Ok(Some(LiveSession { session: session.try_into()?, user: user.try_into()? }))
}

pub(super) fn open(
    connection: &mut SqliteConnection,
    key: &AuditKey,
    new: &NewSession,
    password: &UnchangedPassword,
    effects: &Effects,
) -> Result<Opened, Failure> {
    let owner = users::table
        .find(new.user_id.0)
        .filter(users::is_active.eq(true))
        .filter(users::is_verified.eq(true))
        .filter(users::hashed_password.eq(password.verified.expose()));
    let rehashed = password.rehashed.as_ref().map(|hash| users::hashed_password.eq(hash.expose()));
    let owner = diesel::update(owner)
        .set((users::last_login.eq(micros(new.at)), rehashed))
        .returning(UserRow::as_returning())
        .get_result(connection)
        .optional()?;
    let Some(owner) = owner else {
        return Ok(Opened::Refused);
    };
    // Before the new session is there: what ends are the others.
    effects::apply(connection, key, effects, Some(new.user_id))?;
    let session = insert(connection, new)?;
    Ok(Opened::Opened(LiveSession { session, user: User::try_from(owner)? }))
}

fn insert(connection: &mut SqliteConnection, new: &NewSession) -> Result<Session, Failure> {
    let ip = new.ip_address.map(|ip| ip.to_string());
    let agent = new.user_agent.as_ref().map(UserAgent::as_str);
    let row = diesel::insert_into(user_sessions::table)
        .values((
            user_sessions::user_id.eq(new.user_id.0),
            user_sessions::session_token.eq(new.sid.as_str()),
            user_sessions::seed.eq(new.seed.expose().as_slice()),
            user_sessions::generation.eq(Generation::FIRST.0),
            user_sessions::is_active.eq(true),
            user_sessions::created_at.eq(micros(new.at)),
            user_sessions::expires_at.eq(micros(new.expires_at)),
            user_sessions::last_accessed.eq(micros(new.at)),
            user_sessions::ip_address.eq(&ip),
            user_sessions::user_agent.eq(agent),
            user_sessions::last_ip_address.eq(&ip),
            user_sessions::last_user_agent.eq(agent),
        ))
        .returning(SessionRow::as_returning())
        .get_result(connection)?;
    Ok(row.try_into()?)
}

pub(super) fn rotate(
    connection: &mut SqliteConnection,
    sid: &Sid,
    proof: &TokenProof,
    at: Timestamp,
    idle_limit: Option<TimeDelta>,
) -> Result<Rotation, Failure> {
    let Some(mut live) = live(connection, sid)? else {
        return Ok(Rotation::Ended);
    };
    let session = &mut live.session;
    if !session.is_live(at, idle_limit) || !live.user.is_active {
        return Ok(Rotation::Ended);
    }
    if session.generation != proof.generation || !proof.holds(&session.seed) {
        return Ok(Rotation::Unmoved(live));
    }
    session.generation = proof.generation.next();
    session.seen_generation = session.seen_generation.max(Some(proof.generation));
    session.rotated_at = Some(at);
    session.last_accessed = session.last_accessed.max(at);
    diesel::update(user_sessions::table.find(session.id.0))
        .set((
            user_sessions::generation.eq(session.generation.0),
            user_sessions::seen_generation.eq(session.seen_generation.map(|seen| seen.0)),
            user_sessions::rotated_at.eq(micros(at)),
            user_sessions::last_accessed.eq(micros(session.last_accessed)),
        ))
        .execute(connection)?;
    Ok(Rotation::Rotated(live))
}

pub(super) fn touch(
    connection: &mut SqliteConnection,
    key: &AuditKey,
    touch: &Touch,
    effects: &Effects,
) -> Result<(), Failure> {
    let Some(LiveSession { session, user }) = live(connection, &touch.sid)? else {
        return Ok(());
    };
    let seen = session.seen_generation.max(Some(touch.seen_generation));
    // An older use that is noted late does not say where the session was used last.
    let latest = (touch.at >= session.last_accessed).then(|| {
        (
            user_sessions::last_accessed.eq(micros(touch.at)),
            user_sessions::last_ip_address.eq(touch.ip_address.map(|ip| ip.to_string())),
            user_sessions::last_user_agent.eq(touch.user_agent.as_ref().map(UserAgent::as_str)),
        )
    });
    diesel::update(user_sessions::table.find(session.id.0))
        .set((user_sessions::seen_generation.eq(seen.map(|seen| seen.0)), latest))
        .execute(connection)?;
    effects::apply(connection, key, effects, Some(user.id))
}

/// Ends what is active of `which`; gives the owner of each ended session.
pub(super) fn end(connection: &mut SqliteConnection, which: &SessionsToEnd) -> Result<Vec<UserId>, Failure> {
    let active = diesel::update(user_sessions::table)
        .set(user_sessions::is_active.eq(false))
        .filter(user_sessions::is_active.eq(true))
        .returning(user_sessions::user_id);
    let owners: Vec<i64> = match which {
        SessionsToEnd::One(sid) => {
            active.filter(user_sessions::session_token.eq(sid.as_str())).get_results(connection)?
        }
        SessionsToEnd::Owned(user, id) => active
            .filter(user_sessions::user_id.eq(user.0))
            .filter(user_sessions::id.eq(id.0))
            .get_results(connection)?,
        SessionsToEnd::AllOf(user) => {
            active.filter(user_sessions::user_id.eq(user.0)).get_results(connection)?
        }
        SessionsToEnd::OthersOf(user, sid) => active
            .filter(user_sessions::user_id.eq(user.0))
            .filter(user_sessions::session_token.ne(sid.as_str()))
            .get_results(connection)?,
    };
    Ok(owners.into_iter().map(UserId).collect())
}
