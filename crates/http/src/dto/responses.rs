//! Response bodies. They borrow what they show: JSON is written straight from the domain's values.

use chrono::{DateTime, SecondsFormat, Utc};
use evently_auth_domain::account::{EmailAddress, FullName, User};
use evently_auth_domain::session::{Session, Sid};
use evently_auth_domain::usecases::Tokens;
use serde::{Serialize, Serializer};
use std::net::IpAddr;
use utoipa::ToSchema;

/// RFC 3339 in UTC with `Z`, to the microsecond.
pub(super) fn time<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn maybe_time<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => time(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// An account.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserResponse<'a> {
    #[schema(format = "email", examples("ada@example.com"))]
    email: &'a str,
    #[schema(examples("ada"))]
    username: &'a str,
    #[schema(required, examples("Ada Lovelace"))]
    full_name: Option<&'a str>,
    #[schema(minimum = 1, examples(17))]
    id: i64,
    is_active: bool,
    is_verified: bool,
    #[schema(pattern = "^(user|admin)$", examples("user"))]
    role: &'static str,
    #[serde(serialize_with = "time")]
    #[schema(examples("2026-01-31T09:26:53.589793Z"))]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    #[schema(examples("2026-01-31T09:26:53.589793Z"))]
    updated_at: DateTime<Utc>,
    #[serde(serialize_with = "maybe_time")]
    #[schema(required)]
    last_login: Option<DateTime<Utc>>,
}

impl<'a> From<&'a User> for UserResponse<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            email: user.email.as_str(),
            username: user.username.as_str(),
            full_name: user.full_name.as_ref().map(FullName::as_str),
            id: user.id.0,
            is_active: user.is_active,
            is_verified: user.is_verified,
            role: user.role.as_str(),
            created_at: user.created_at,
            updated_at: user.updated_at,
            last_login: user.last_login,
        }
    }
}

/// The caller's own account.
#[derive(Serialize, ToSchema)]
#[schema(as = Profile)]
pub(crate) struct ProfileResponse<'a> {
    #[serde(flatten)]
    user: UserResponse<'a>,
    /// The address that takes over as soon as it is proven.
    #[schema(required, format = "email")]
    pending_email: Option<&'a str>,
}

impl<'a> From<&'a User> for ProfileResponse<'a> {
    fn from(user: &'a User) -> Self {
        Self { user: user.into(), pending_email: user.pending_email.as_ref().map(EmailAddress::as_str) }
    }
}

/// A pair of tokens.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenResponse<'a> {
    /// For `Authorization: Bearer`.
    access_token: &'a str,
    /// For `/auth/refresh`; opaque.
    refresh_token: &'a str,
    #[schema(pattern = "^bearer$", examples("bearer"))]
    token_type: &'static str,
    /// How long the access token lives, in seconds.
    #[schema(examples(1800))]
    expires_in: i64,
}

impl<'a> From<&'a Tokens> for TokenResponse<'a> {
    fn from(tokens: &'a Tokens) -> Self {
        Self {
            access_token: tokens.access.expose(),
            refresh_token: tokens.refresh.expose(),
            token_type: "bearer",
            expires_in: tokens.expires_in.num_seconds(),
        }
    }
}

/// A sign-in on one device.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionResponse<'a> {
    #[schema(minimum = 1, examples(42))]
    id: i64,
    #[schema(minimum = 1, examples(17))]
    user_id: i64,
    is_active: bool,
    #[serde(serialize_with = "time")]
    #[schema(examples("2026-02-07T09:26:53.589793Z"))]
    expires_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    #[schema(examples("2026-01-31T09:26:53.589793Z"))]
    created_at: DateTime<Utc>,
    /// To about a minute.
    #[serde(serialize_with = "time")]
    #[schema(examples("2026-01-31T09:26:53.589793Z"))]
    last_accessed: DateTime<Utc>,
    #[schema(required, value_type = Option<String>, examples("192.0.2.1"))]
    ip_address: Option<IpAddr>,
    #[schema(required)]
    user_agent: Option<&'a str>,
    /// Whether this very request belongs to it.
    current: bool,
}

impl<'a> SessionResponse<'a> {
    /// A session as the one who is signed in with `own` sees it.
    pub(crate) fn new(session: &'a Session, own: &Sid) -> Self {
        Self {
            id: session.id.0,
            user_id: session.user_id.0,
            is_active: session.is_active,
            expires_at: session.expires_at,
            created_at: session.created_at,
            last_accessed: session.last_accessed,
            ip_address: session.ip_address,
            user_agent: session.user_agent.as_ref().map(|agent| agent.as_str()),
            current: session.sid == *own,
        }
    }
}

/// What was done.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageResponse {
    message: &'static str,
    #[schema(examples(true))]
    success: bool,
}

impl MessageResponse {
    /// A success, in words.
    pub(crate) fn new(message: &'static str) -> Self {
        Self { message, success: true }
    }
}

/// An address was proven.
#[derive(Serialize, ToSchema)]
#[schema(as = Verified)]
pub(crate) struct VerifiedResponse {
    #[schema(examples(true))]
    success: bool,
    message: &'static str,
    #[schema(examples(true))]
    verified: bool,
    /// Always null: nothing is left to attempt.
    #[schema(required)]
    remaining_attempts: Option<u32>,
}

impl VerifiedResponse {
    /// The success.
    pub(crate) fn new(message: &'static str) -> Self {
        Self { success: true, message, verified: true, remaining_attempts: None }
    }
}

/// A code is on its way, if the address needs one.
#[derive(Serialize, ToSchema)]
#[schema(as = OtpSent)]
pub(crate) struct OtpSentResponse {
    #[schema(examples(true))]
    success: bool,
    message: &'static str,
    #[schema(examples(true))]
    otp_sent: bool,
    /// How many attempts the new code has.
    #[schema(examples(3))]
    remaining_attempts: u32,
}

impl OtpSentResponse {
    /// The success.
    pub(crate) fn new(message: &'static str, remaining_attempts: u32) -> Self {
        Self { success: true, message, otp_sent: true, remaining_attempts }
    }
}

/// How many expired sessions were removed.
#[derive(Serialize, ToSchema)]
#[schema(as = Cleanup)]
pub(crate) struct CleanupResponse {
    #[schema(examples("Cleaned up 3 expired sessions"))]
    message: String,
    #[schema(examples(true))]
    success: bool,
    #[schema(minimum = 0, examples(3))]
    removed: u64,
}

impl CleanupResponse {
    /// The success.
    pub(crate) fn new(removed: u64) -> Self {
        Self { message: format!("Cleaned up {removed} expired sessions"), success: true, removed }
    }
}
