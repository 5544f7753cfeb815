//! The pair of tokens that login and refresh give.

use crate::access::{AccessClaims, AccessToken};
use crate::error::StoreError;
use crate::refresh::RefreshToken;
use crate::session::LiveSession;
use crate::{Auth, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{SubsecRound, TimeDelta};

/// What a signed-in client holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// For requests.
    pub access: AccessToken,
    /// For the next pair.
    pub refresh: RefreshToken,
    /// How long the access token lives from now; never longer than the session.
    pub expires_in: TimeDelta,
}

impl Auth {
    /// Makes the pair of the session's current generation: the refresh token is the same each time.
    pub(crate) fn tokens(&self, live: &LiveSession, now: Timestamp) -> Result<Tokens, StoreError> {
        let (user, session) = (&live.user, &live.session);
        let mut token_id = [0; 16];
        self.ports.entropy.fill(&mut token_id)?;
        let issued_at = now.trunc_subsecs(0);
        let ends = (issued_at + self.settings.access_token_lifetime).min(session.expires_at);
        let expires_at = ends.trunc_subsecs(0);
        let access = self.ports.access_tokens.issue(&AccessClaims {
            user_id: user.id,
            email: user.email.clone(),
            username: user.username.clone(),
            role: user.role,
            sid: session.sid.clone(),
            generation: session.generation,
            token_id: URL_SAFE_NO_PAD.encode(token_id),
            issued_at,
            expires_at,
        })?;
        let refresh = self.keys.refresh.token(&session.sid, &session.seed, session.generation);
        Ok(Tokens { access, refresh, expires_in: expires_at - issued_at })
    }
}
