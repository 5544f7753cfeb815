//! What travels with a change: clauses of the statement that makes it, so in the same transaction and round
//! trip.

use crate::statement::Statement;
use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text, Timestamptz};
use evently_auth_domain::audit::{AuditEvent, AuditKey};
use evently_auth_domain::effects::{Effects, EndSessions};
use evently_auth_domain::mail::{Priority, SealedMail};

type Time = DateTime<Utc>;

impl<ST> Statement<ST> {
    /// Goes on with clauses that end sessions, fill the outbox and write the audit, if the clause `cause` has
    /// rows; `owner` is the column of `cause` that names the owner of the sessions.
    ///
    /// The sessions that end are those that were there when the statement began. A change locks the account
    /// by an earlier statement, so that no session of a login at the same moment is missed.
    pub(crate) fn effects(self, key: &AuditKey, effects: &Effects, cause: &str, owner: Option<&str>) -> Self {
        self.end_sessions(&effects.end_sessions, cause, owner).put_mails(&effects.mails, cause).put_events(
            key,
            &effects.audit,
            cause,
        )
    }

    fn end_sessions(self, which: &EndSessions, cause: &str, owner: Option<&str>) -> Self {
        let kept = match which {
            EndSessions::None => return self,
            EndSessions::All => "",
            EndSessions::AllBut(sid) => sid.as_str(),
        };
        let Some(owner) = owner else { return self };
        self.sql(&format!(
            ", ended AS (
                UPDATE user_sessions SET is_active = false
                WHERE user_id IN (SELECT {owner} FROM {cause}) AND is_active AND session_token <> ?
            )"
        ))
        .bind::<Text, _>(kept.to_owned())
    }

    fn put_mails(self, mails: &[SealedMail], cause: &str) -> Self {
        if mails.is_empty() {
            return self;
        }
        self.sql(&format!(
            ", posted AS (
                INSERT INTO outbox (message_id, kind, priority, recipient, payload, expires_at, request_id,
                    created_at, status, attempts, next_attempt_at, lease, is_claimed)
                SELECT message_id, kind, priority, recipient, payload, expires_at, request_id,
                    created_at, 'queued', 0, created_at, 0, false
                FROM unnest(?::text[], ?::text[], ?::bigint[], ?::text[], ?::bytea[], ?::timestamptz[],
                        ?::text[], ?::timestamptz[])
                    WITH ORDINALITY AS mail (message_id, kind, priority, recipient, payload, expires_at,
                        request_id, created_at, number)
                WHERE EXISTS (SELECT FROM {cause}) ORDER BY number
            )"
        ))
        .bind::<Array<Text>, Vec<_>>(each(mails, |mail| mail.message_id.clone()))
        .bind::<Array<Text>, Vec<_>>(each(mails, |mail| mail.kind.as_str()))
        .bind::<Array<BigInt>, Vec<_>>(each(mails, |mail| rank(mail.priority)))
        .bind::<Array<Text>, Vec<_>>(each(mails, |mail| mail.to.as_str().to_owned()))
        .bind::<Array<Binary>, Vec<_>>(each(mails, |mail| mail.payload.clone()))
        .bind::<Array<Nullable<Timestamptz>>, Vec<Option<Time>>>(each(mails, |mail| mail.expires_at))
        .bind::<Array<Text>, Vec<_>>(each(mails, |mail| mail.request_id.clone()))
        .bind::<Array<Timestamptz>, Vec<Time>>(each(mails, |mail| mail.created_at))
    }

    fn put_events(self, key: &AuditKey, events: &[AuditEvent], cause: &str) -> Self {
        if events.is_empty() {
            return self;
        }
        self.sql(&format!(
            ", told AS (
                INSERT INTO audit_log (at, action, outcome, actor, subject, sid, ip_address, user_agent,
                    request_id, detail, mac)
                SELECT at, action, outcome, actor, subject, sid, ip_address, user_agent, request_id, detail,
                    mac
                FROM unnest(?::timestamptz[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::text[],
                        ?::text[], ?::text[], ?::text[], ?::text[], ?::bytea[])
                    WITH ORDINALITY AS event (at, action, outcome, actor, subject, sid, ip_address,
                        user_agent, request_id, detail, mac, number)
                WHERE EXISTS (SELECT FROM {cause}) ORDER BY number
            )"
        ))
        .bind::<Array<Timestamptz>, Vec<Time>>(each(events, |event| event.at))
        .bind::<Array<Text>, Vec<_>>(each(events, |event| event.action.as_str()))
        .bind::<Array<Text>, Vec<_>>(each(events, |event| event.outcome.as_str()))
        .bind::<Array<Nullable<BigInt>>, Vec<_>>(each(events, |event| event.actor.map(|id| id.0)))
        .bind::<Array<Nullable<BigInt>>, Vec<_>>(each(events, |event| event.subject.map(|id| id.0)))
        .texts(events, |event| event.sid.as_ref().map(|sid| sid.as_str().to_owned()))
        .texts(events, |event| event.ip_address.map(|ip| ip.to_string()))
        .texts(events, |event| event.user_agent.clone())
        .texts(events, |event| event.request_id.clone())
        .texts(events, |event| event.detail.clone())
        .bind::<Array<Binary>, Vec<_>>(each(events, |event| key.row_mac(event).0.to_vec()))
    }

    fn texts(self, events: &[AuditEvent], member: impl Fn(&AuditEvent) -> Option<String>) -> Self {
        self.bind::<Array<Nullable<Text>>, Vec<_>>(each(events, member))
    }
}

fn each<T, V>(items: &[T], member: impl Fn(&T) -> V) -> Vec<V> {
    items.iter().map(member).collect()
}

/// A priority as it is stored: the lower goes first.
pub(crate) fn rank(priority: Priority) -> i64 {
    match priority {
        Priority::Code => 0,
        Priority::Notice => 1,
    }
}
