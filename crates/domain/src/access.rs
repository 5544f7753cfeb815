//! Access tokens: what they say, and who may act on it.

use crate::Timestamp;
use crate::account::{EmailAddress, Permission, Role, User, UserId, Username};
use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::session::{Generation, LiveSession, Session, Sid};
use std::fmt;

/// What an access token says. Siblings read `user_id`, `email` and `role`; we read `sid` and `gen`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims {
    /// `user_id`, and as text `sub`.
    pub user_id: UserId,
    /// `email`.
    pub email: EmailAddress,
    /// `username`.
    pub username: Username,
    /// `role`.
    pub role: Role,
    /// `sid`: the session that it belongs to.
    pub sid: Sid,
    /// `gen`: the refresh token that it was issued beside.
    pub generation: Generation,
    /// `jti`: 128 random bits as base64url.
    pub token_id: String,
    /// `iat`, whole seconds.
    pub issued_at: Timestamp,
    /// `exp`, whole seconds.
    pub expires_at: Timestamp,
}

/// A signed access token; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// Takes over what an issuer signed.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token, for its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// Who is acting: a session that was live when the request came in, and its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The owner, as stored now; the token's claims are not trusted for it.
    pub user: User,
    /// The session.
    pub session: Session,
}

/// The principal's role does not have the permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forbidden;

impl Principal {
    /// Asks for a permission.
    ///
    /// # Errors
    /// [`Forbidden`] when the role does not have it.
    pub fn require(&self, permission: Permission) -> Result<(), Forbidden> {
        if self.user.role.allows(permission) { Ok(()) } else { Err(Forbidden) }
    }
}

impl Principal {
    /// An event that the principal caused through `client`, about the own account unless said otherwise.
    pub(crate) fn event(
        &self,
        action: AuditAction,
        outcome: AuditOutcome,
        client: &Client,
        at: Timestamp,
    ) -> AuditEvent {
        AuditEvent::new(action, outcome, client, at)
            .by(self.user.id)
            .about(self.user.id)
            .in_session(&self.session.sid)
    }
}

impl From<LiveSession> for Principal {
    fn from(live: LiveSession) -> Self {
        Self { user: live.user, session: live.session }
    }
}
