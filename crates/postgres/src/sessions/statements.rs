//! The steps of a session's life, each one statement.

use super::row::{LiveSql, SessionRow};
use crate::statement::{Identity, Statement, Wording, columns};
use crate::users::UserRow;
use chrono::TimeDelta;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Timestamptz};
use evently_auth_domain::Timestamp;
use evently_auth_domain::audit::AuditKey;
use evently_auth_domain::client::UserAgent;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{SessionsToEnd, UnchangedPassword};
use evently_auth_domain::refresh::TokenProof;
use evently_auth_domain::session::{Generation, NewSession, Sid, Touch};
use std::sync::LazyLock;

static LIVE: LazyLock<String> =
    LazyLock::new(|| format!("{}, {}", columns::<SessionRow>(), columns::<UserRow>()));

/// Yields the session with its owner, or nothing when it is refused.
///
/// The owner's row is locked by its own condition, which is tested again after the wait for whoever changes
/// it.
pub(super) fn open(
    key: &AuditKey,
    new: &NewSession,
    password: &UnchangedPassword,
    effects: &Effects,
) -> Statement<LiveSql> {
    let ip = new.ip_address.map(|ip| ip.to_string());
    let agent = new.user_agent.as_ref().map(|agent| UserAgent::as_str(agent).to_owned());
    Statement::new(
        "WITH owner AS (
            UPDATE users SET last_login = ?, hashed_password = coalesce(?, hashed_password)
            WHERE id = ? AND is_active AND is_verified AND hashed_password = ?
            RETURNING users.*
        )",
    )
    .bind::<Timestamptz, _>(new.at)
    .bind::<Nullable<Text>, _>(password.rehashed.as_ref().map(|hash| hash.expose().to_owned()))
    .bind::<BigInt, _>(new.user_id.0)
    .bind::<Text, _>(password.verified.expose().to_owned())
    .effects(key, effects, "owner", Some("id"))
    .sql(
        ", opened AS (
            INSERT INTO user_sessions (user_id, session_token, seed, generation, is_active, created_at,
                expires_at, last_accessed, ip_address, user_agent, last_ip_address, last_user_agent)
            SELECT id, ?, ?, ?, true, ?, ?, ?, ?, ?, ?, ? FROM owner
            RETURNING user_sessions.*
        ) SELECT ",
    )
    .bind::<Text, _>(new.sid.as_str().to_owned())
    .bind::<Binary, _>(new.seed.expose().to_vec())
    .bind::<BigInt, _>(Generation::FIRST.0)
    .bind::<Timestamptz, _>(new.at)
    .bind::<Timestamptz, _>(new.expires_at)
    .bind::<Timestamptz, _>(new.at)
    .bind::<Nullable<Text>, _>(ip.clone())
    .bind::<Nullable<Text>, _>(agent.clone())
    .bind::<Nullable<Text>, _>(ip)
    .bind::<Nullable<Text>, _>(agent)
    .sql(&LIVE)
    .sql(" FROM opened AS user_sessions JOIN owner AS users ON users.id = user_sessions.user_id")
}

pub(super) fn find(sid: &Sid) -> Statement<LiveSql, Find> {
    static FIND: LazyLock<Wording> = LazyLock::new(|| {
        Wording::new("SELECT ")
            .sql(&LIVE)
            .sql(" FROM user_sessions JOIN users ON users.id = user_sessions.user_id WHERE session_token = ?")
    });
    Statement::fixed(&FIND).bind::<Text, _>(sid.as_str().to_owned())
}

pub(super) enum Find {}

impl Identity for Find {}

/// Yields whether the chain moved on, and the session with its owner as they are now.
///
/// The lock is what makes it one statement: it waits for another rotation and then holds the session as that
/// one left it, where a plain look would show it as it was before. The token is proven in it too: the server learns
/// enough for that one token, which is spent by it.
pub(super) fn rotate(
    sid: &Sid,
    proof: &TokenProof,
    at: Timestamp,
    idle_limit: Option<TimeDelta>,
) -> Statement<(Bool, LiveSql), Rotate> {
    static ROTATE: LazyLock<Wording> = LazyLock::new(|| {
        Wording::new(
            "WITH held AS (
                SELECT *, ?::timestamptz AS at FROM user_sessions WHERE session_token = ? FOR NO KEY UPDATE
            ), moved AS (
                UPDATE user_sessions SET generation = held.generation + 1, rotated_at = held.at,
                    seen_generation = greatest(held.seen_generation, held.generation),
                    last_accessed = greatest(held.last_accessed, held.at)
                FROM held JOIN users ON users.id = held.user_id
                WHERE user_sessions.id = held.id AND held.generation = ? AND held.is_active
                    AND held.expires_at > held.at AND users.is_active
                    AND coalesce(held.last_accessed >= ?, true)
                    AND sha256(sha256(?::bytea || sha256(?::bytea || held.seed))) = ?
                RETURNING user_sessions.*
            ) SELECT true, ",
        )
        .sql(&LIVE)
        .sql(" FROM moved AS user_sessions JOIN users ON users.id = user_sessions.user_id")
        .sql(" UNION ALL SELECT false, ")
        .sql(&LIVE)
        .sql(
            " FROM held AS user_sessions JOIN users ON users.id = user_sessions.user_id
            WHERE NOT EXISTS (SELECT FROM moved)",
        )
    });
    let (inner, outer, digest) = proof.expose();
    Statement::fixed(&ROTATE)
        .bind::<Timestamptz, _>(at)
        .bind::<Text, _>(sid.as_str().to_owned())
        .bind::<BigInt, _>(proof.generation.0)
        .bind::<Nullable<Timestamptz>, _>(idle_limit.map(|limit| at - limit))
        .bind::<Binary, _>(outer.to_vec())
        .bind::<Binary, _>(inner.to_vec())
        .bind::<Binary, _>(digest.to_vec())
}

pub(super) enum Rotate {}

impl Identity for Rotate {}

/// An older use that is noted late does not say where the session was used last.
pub(super) fn touch(key: &AuditKey, touch: &Touch, effects: &Effects) -> Statement {
    let ip = touch.ip_address.map(|ip| ip.to_string());
    let agent = touch.user_agent.as_ref().map(|agent| UserAgent::as_str(agent).to_owned());
    Statement::new(
        "WITH touched AS (
            UPDATE user_sessions SET
                seen_generation = greatest(seen_generation, ?),
                last_ip_address = CASE WHEN ? >= last_accessed THEN ? ELSE last_ip_address END,
                last_user_agent = CASE WHEN ? >= last_accessed THEN ? ELSE last_user_agent END,
                last_accessed = greatest(last_accessed, ?)
            WHERE session_token = ?
            RETURNING user_id
        )",
    )
    .bind::<BigInt, _>(touch.seen_generation.0)
    .bind::<Timestamptz, _>(touch.at)
    .bind::<Nullable<Text>, _>(ip)
    .bind::<Timestamptz, _>(touch.at)
    .bind::<Nullable<Text>, _>(agent)
    .bind::<Timestamptz, _>(touch.at)
    .bind::<Text, _>(touch.sid.as_str().to_owned())
    .effects(key, effects, "touched", Some("user_id"))
    .sql(" SELECT count(*) FROM touched")
}

/// Yields how many were active and have ended.
pub(super) fn end(key: &AuditKey, which: &SessionsToEnd, effects: &Effects) -> Statement<BigInt> {
    let ended =
        Statement::new("WITH stopped AS (UPDATE user_sessions SET is_active = false WHERE is_active AND ");
    let ended = match which {
        SessionsToEnd::One(sid) => ended.sql("session_token = ?").bind::<Text, _>(sid.as_str().to_owned()),
        SessionsToEnd::Owned(user, id) => {
            ended.sql("user_id = ? AND id = ?").bind::<BigInt, _>(user.0).bind::<BigInt, _>(id.0)
        }
        SessionsToEnd::AllOf(user) => ended.sql("user_id = ?").bind::<BigInt, _>(user.0),
        SessionsToEnd::OthersOf(user, sid) => ended
            .sql("user_id = ? AND session_token <> ?")
            .bind::<BigInt, _>(user.0)
            .bind::<Text, _>(sid.as_str().to_owned()),
    };
    ended
        .sql(" RETURNING user_id)")
        .effects(key, effects, "stopped", Some("user_id"))
        .sql(" SELECT count(*) FROM stopped")
}
