//! What travels with a change: written on the same connection, so in the same transaction.

use crate::failure::Failure;
use crate::rows::micros;
use crate::schema::{audit_log, outbox, user_sessions};
use diesel::prelude::*;
use evently_auth_domain::account::UserId;
use evently_auth_domain::audit::{AuditEvent, AuditKey};
use evently_auth_domain::effects::{Effects, EndSessions};
use evently_auth_domain::mail::{MailStatus, Priority, SealedMail};

/// Ends the sessions of `owner`, puts the mails into the outbox and the events, with their digests, into the
/// audit.
pub(crate) fn apply(
    connection: &mut SqliteConnection,
    key: &AuditKey,
    effects: &Effects,
    owner: Option<UserId>,
) -> Result<(), Failure> {
    if let Some(owner) = owner {
        end_sessions(connection, owner, &effects.end_sessions)?;
    }
    for mail in &effects.mails {
        put_mail(connection, mail)?;
    }
    for event in &effects.audit {
        put_event(connection, key, event)?;
    }
    Ok(())
}

fn end_sessions(
    connection: &mut SqliteConnection,
    owner: UserId,
    which: &EndSessions,
) -> Result<(), Failure> {
    let kept = match which {
        EndSessions::None => return Ok(()),
        EndSessions::All => "",
        EndSessions::AllBut(sid) => sid.as_str(),
    };
    let ended = user_sessions::table
        .filter(user_sessions::user_id.eq(owner.0))
        .filter(user_sessions::session_token.ne(kept));
    diesel::update(ended).set(user_sessions::is_active.eq(false)).execute(connection)?;
    Ok(())
}

fn put_mail(connection: &mut SqliteConnection, mail: &SealedMail) -> Result<(), Failure> {
    diesel::insert_into(outbox::table)
        .values((
            outbox::message_id.eq(&mail.message_id),
            outbox::kind.eq(mail.kind.as_str()),
            outbox::priority.eq(rank(mail.priority)),
            outbox::recipient.eq(mail.to.as_str()),
            outbox::payload.eq(&mail.payload),
            outbox::expires_at.eq(mail.expires_at.map(micros)),
            outbox::request_id.eq(&mail.request_id),
            outbox::created_at.eq(micros(mail.created_at)),
            outbox::status.eq(MailStatus::Queued.as_str()),
            outbox::attempts.eq(0),
            outbox::next_attempt_at.eq(micros(mail.created_at)),
            outbox::lease.eq(0),
            outbox::is_claimed.eq(false),
        ))
        .execute(connection)?;
    Ok(())
}

/// A priority as it is stored: the lower goes first.
pub(crate) fn rank(priority: Priority) -> i64 {
    match priority {
        Priority::Code => 0,
        Priority::Notice => 1,
    }
}

fn put_event(connection: &mut SqliteConnection, key: &AuditKey, event: &AuditEvent) -> Result<(), Failure> {
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::at.eq(micros(event.at)),
            audit_log::action.eq(event.action.as_str()),
            audit_log::outcome.eq(event.outcome.as_str()),
            audit_log::actor.eq(event.actor.map(|id| id.0)),
            audit_log::subject.eq(event.subject.map(|id| id.0)),
            audit_log::sid.eq(event.sid.as_ref().map(|sid| sid.as_str())),
            audit_log::ip_address.eq(event.ip_address.map(|ip| ip.to_string())),
            audit_log::user_agent.eq(&event.user_agent),
            audit_log::request_id.eq(&event.request_id),
            audit_log::detail.eq(&event.detail),
            audit_log::mac.eq(key.row_mac(event).0.to_vec()),
        ))
        .execute(connection)?;
    Ok(())
}
