//! Who is behind an access token: asked anew on every request.

use crate::access::Principal;
use crate::client::Client;
use crate::effects::Effects;
use crate::error::StoreError;
use crate::session::{Generation, LiveSession, Session, Sid, Touch};
use crate::usecases::binding::Use;
use crate::{Auth, Timestamp};
use chrono::TimeDelta;

/// A session's `last_accessed` is true to this much; it keeps reads from becoming writes.
const ACCESS_RESOLUTION: TimeDelta = TimeDelta::seconds(60);

/// Why nobody is behind it.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// Not ours, expired, revoked, or its owner is inactive; which is not told.
    #[error("invalid access token")]
    InvalidToken,
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// The live session and owner behind `token`. Its first use marks the generation that it was issued with as seen.
    ///
    /// # Errors
    /// See [`AuthenticateError`].
    pub async fn authenticate(&self, token: &str, client: &Client) -> Result<Principal, AuthenticateError> {
        let now = self.now();
        let claims =
            self.ports.access_tokens.verify(token, now).map_err(|_| AuthenticateError::InvalidToken)?;
        let idle_limit = self.settings.session_idle_limit;
        let admits = |found: &LiveSession| {
            found.session.is_live(now, idle_limit)
                && found.user.is_active
                && found.user.id == claims.user_id
                && claims.generation <= found.session.generation
        };
        let found =
            self.find_admitting(&claims.sid, now, admits).await?.ok_or(AuthenticateError::InvalidToken)?;
        let session = &found.session;
        let effects = match self.judge_use(session, client, now).await? {
            Use::Refused => return Err(AuthenticateError::InvalidToken),
            Use::Moved(effects) => Some(effects),
            Use::Usual => None,
        };
        if effects.is_some() || self.is_news(session, claims.generation, now) {
            let touch = Touch::of(session, claims.generation, client, now);
            self.ports.sessions.touch(touch, effects.unwrap_or_else(Effects::default)).await?;
        }
        Ok(found.into())
    }
}

impl Auth {
    /// The session with its owner, if they admit the caller. What is found first may be behind (idle since another
    /// instance was used, a generation that another one made): only the store's own word
    /// refuses. What has ended needs no second word.
    pub(crate) async fn find_admitting(
        &self,
        sid: &Sid,
        now: Timestamp,
        admits: impl Fn(&LiveSession) -> bool + Send + Sync,
    ) -> Result<Option<LiveSession>, StoreError> {
        match self.ports.sessions.find(sid).await? {
            Some(found) if admits(&found) => Ok(Some(found)),
            Some(found) if !found.session.has_ended(now) => {
                Ok(self.ports.sessions.find_fresh(sid).await?.filter(&admits))
            }
            Some(_) | None => Ok(None),
        }
    }

    fn is_news(&self, session: &Session, generation: Generation, now: Timestamp) -> bool {
        // With an idle limit of minutes the note has to be finer, or the session would end early.
        let resolution = self
            .settings
            .session_idle_limit
            .map_or(ACCESS_RESOLUTION, |limit| ACCESS_RESOLUTION.min(limit / 10));
        session.seen_generation.is_none_or(|seen| seen < generation)
            || now - session.last_accessed >= resolution
    }
}
