//! What clauses are about: people, sessions, mails and events, made by the domain's own constructors.

use chrono::{DateTime, TimeDelta};
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{EmailAddress, FullName, NewUser, Role, User, Username};
use evently_auth_domain::audit::{
    AuditAction, AuditEnd, AuditEvent, AuditKey, AuditLink, AuditOutcome, AuditRecord, AuditSeal, AuditSide,
};
use evently_auth_domain::client::{Client, Network, UserAgent};
use evently_auth_domain::effects::{Effects, EndSessions};
use evently_auth_domain::mail::{MailKind, Priority, SealedMail};
use evently_auth_domain::password::PasswordHash;
use evently_auth_domain::ports::UserFilter;
use evently_auth_domain::refresh::{PresentedToken, RefreshKey, RefreshToken, TokenProof};
use evently_auth_domain::session::{Generation, NewSession, Seed, Sid};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};

/// The key that a harness makes its audit with.
pub fn audit_key() -> AuditKey {
    AuditKey::new([7; 32])
}

/// The seal after `previous` over `rows`, made at `at(60)`.
pub fn seal(previous: Option<&AuditSeal>, rows: &[AuditRecord]) -> AuditSeal {
    audit_key().seal(previous.map_or(AuditLink::NONE, AuditSeal::link), rows, at(60) + INSTANT)
}

/// The end of a chain whose last seal is `seal`.
pub fn end(seal: &AuditSeal) -> AuditEnd {
    audit_key().end(AuditSide::End, seal.link(), 0, seal.last_row(), seal.at)
}

/// The start of a chain that was cut up to `seal`, with so many rows.
pub fn start(seal: &AuditSeal, rows: i64) -> AuditEnd {
    audit_key().end(AuditSide::Start, seal.link(), rows, seal.last_row(), at(0))
}

/// A moment, `seconds` after the first; no digit of its microseconds is zero.
pub fn at(seconds: i64) -> Timestamp {
    let first = DateTime::from_timestamp_micros(1_767_323_045_678_912).unwrap();
    first + TimeDelta::seconds(seconds)
}

/// The least that time can differ by.
pub const INSTANT: TimeDelta = TimeDelta::microseconds(1);

/// The network that asks for more than its share.
pub fn crowding() -> Network {
    Network::of(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 66)))
}

/// `<name>@example.com`.
pub fn email(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}@example.com")).unwrap()
}

/// A username.
pub fn username(name: &str) -> Username {
    Username::parse(name).unwrap()
}

/// A full name.
pub fn full_name(name: &str) -> Option<FullName> {
    FullName::parse(name).unwrap()
}

/// The hash of everybody's password.
pub fn password() -> PasswordHash {
    PasswordHash::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$Zmlyc3QgaGFzaA")
}

/// The hash of another password.
pub fn other_password() -> PasswordHash {
    PasswordHash::new("$2b$12$abcdefghijklmnopqrstuv0123456789ABCDEFGHIJKLMNOPQRSTU")
}

/// A verified account to be, registered at `at(0)`.
pub fn user(name: &str) -> NewUser {
    NewUser {
        email: email(name),
        username: username(name),
        full_name: None,
        password: password(),
        role: Role::User,
        is_verified: true,
        claim_expires_at: None,
        replaces: None,
        at: at(0),
    }
}

/// A verified administrator to be.
pub fn admin(name: &str) -> NewUser {
    NewUser { role: Role::Admin, ..user(name) }
}

/// A never-verified account to be; its claim ends at `at(86_400)`.
pub fn unverified(name: &str) -> NewUser {
    NewUser { is_verified: false, claim_expires_at: Some(at(86_400)), ..user(name) }
}

/// Everybody, on one page.
pub fn everybody() -> UserFilter {
    UserFilter { query: None, role: None, is_active: None, is_verified: None, skip: 0, limit: 500 }
}

/// The session name of this number.
pub fn sid(number: usize) -> Sid {
    Sid::parse(&format!("{number:022}")).unwrap()
}

/// The seed of the session of this number.
fn seed(number: usize) -> Seed {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    Seed::from_bytes(seed)
}

/// What proves the refresh token of a generation of [`session`] number `number`.
pub fn proof(number: usize, generation: i64) -> TokenProof {
    let key = RefreshKey::new([7; 32]);
    proof_of(&key.token(&sid(number), &seed(number), Generation(generation)))
}

/// What would prove `token`, had the server made it.
pub fn proof_of(token: &RefreshToken) -> TokenProof {
    RefreshKey::new([7; 32]).proof(&PresentedToken::parse(token.expose()).unwrap())
}

/// A session to be, opened at `at(0)` for seven days.
pub fn session(user: &User, number: usize) -> NewSession {
    NewSession {
        sid: sid(number),
        user_id: user.id,
        seed: seed(number),
        expires_at: at(604_800),
        ip_address: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
        user_agent: UserAgent::parse("Firefox/120.0"),
        at: at(0),
    }
}

/// A caller.
pub fn client() -> Client {
    Client::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), UserAgent::parse("Firefox/120.0"), "request-1")
}

/// An event of `at(0)` about nobody.
pub fn event(action: AuditAction) -> AuditEvent {
    AuditEvent::new(action, AuditOutcome::Success, &client(), at(0))
}

/// A notice, written at `at(seconds)`; each is another mail.
pub fn notice(seconds: i64) -> SealedMail {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    SealedMail {
        message_id: format!("message-{number:014}"),
        kind: MailKind::Welcome,
        priority: Priority::Notice,
        to: email("ada"),
        payload: [b"\x00\xff\n'".as_slice(), number.to_be_bytes().as_slice()].concat(),
        expires_at: None,
        request_id: "request-1".to_owned(),
        created_at: at(seconds),
    }
}

/// A mail with a code, written at `at(seconds)`, good for ten minutes.
pub fn code_mail(seconds: i64) -> SealedMail {
    SealedMail {
        kind: MailKind::VerificationCode,
        priority: Priority::Code,
        expires_at: Some(at(seconds + 600)),
        ..notice(seconds)
    }
}

/// One mail and one event.
pub fn effects() -> Effects {
    Effects::audit(event(AuditAction::ProfileChanged)).mail(notice(0))
}

/// One mail, one event, and the end of all sessions.
pub fn drastic_effects() -> Effects {
    effects().ending(EndSessions::All)
}
