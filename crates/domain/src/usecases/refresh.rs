//! Refresh: the next pair of tokens for the current refresh token. The chain is in [`crate::refresh`].

use crate::audit::{AuditAction, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::effects::Effects;
use crate::error::StoreError;
use crate::mail::{Mail, MailMessage};
use crate::ports::{Rotation, SessionsToEnd};
use crate::refresh::{PresentedToken, Verdict, judge};
use crate::session::{LiveSession, Touch};
use crate::usecases::Tokens;
use crate::usecases::binding::Use;
use crate::{Auth, Timestamp};

/// Why there are no new tokens.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Not ours, spent, or its session is over; which is not told.
    #[error("invalid refresh token")]
    InvalidToken,
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Gives the successor of a refresh token, and an access token beside it. A spent token ends its session.
    ///
    /// # Errors
    /// See [`RefreshError`].
    pub async fn refresh(&self, token: &str, client: &Client) -> Result<Tokens, RefreshError> {
        let presented = PresentedToken::parse(token).ok_or(RefreshError::InvalidToken)?;
        let now = self.now();
        let is_live = |found: &LiveSession| found.session.is_live(now, self.settings.session_idle_limit);
        let found =
            self.find_admitting(&presented.sid, now, is_live).await?.ok_or(RefreshError::InvalidToken)?;
        if !self.keys.refresh.proves(&presented, &found.session.seed) {
            return Err(RefreshError::InvalidToken);
        }
        // Theft is theft wherever it comes from, and stays theft however far the chain has moved on since; the binding
        // has a say in what is left.
        if judge(&found.session, presented.generation, now) == Verdict::Theft {
            return self.end_stolen(&found, client, now).await;
        }
        let judged = self.judge_use(&found.session, client, now).await?;
        if matches!(judged, Use::Refused) {
            return Err(RefreshError::InvalidToken);
        }

        // What was found may be old; the rotation is settled by the store, and decided on what it says.
        let live = match self.ports.sessions.rotate(&presented.sid, presented.generation, now).await? {
            Rotation::Rotated(live) => live,
            Rotation::Ended => return Err(RefreshError::InvalidToken),
            Rotation::Behind(live) => match judge(&live.session, presented.generation, now) {
                Verdict::Repeat => live,
                Verdict::Theft => return self.end_stolen(&live, client, now).await,
                Verdict::Rotate | Verdict::Unknown => return Err(RefreshError::InvalidToken),
            },
        };
        if let Use::Moved(effects) = judged {
            self.ports
                .sessions
                .touch(Touch::of(&live.session, presented.generation, client, now), effects)
                .await?;
        }
        Ok(self.tokens(&live, now)?)
    }

    async fn end_stolen(
        &self,
        live: &LiveSession,
        client: &Client,
        now: Timestamp,
    ) -> Result<Tokens, RefreshError> {
        let LiveSession { session, user } = live;
        let event = AuditEvent::new(AuditAction::RefreshTokenReused, AuditOutcome::Failure, client, now)
            .about(user.id)
            .in_session(&session.sid);
        let device = session.user_agent.as_ref().map(|agent| agent.as_str().to_owned());
        let mail = self.seal(&Mail::to_user(user, MailMessage::SessionTheft { device }), client, now)?;
        let effects = Effects::audit(event).mail(mail);
        self.ports.sessions.end(SessionsToEnd::One(session.sid.clone()), effects).await?;
        Err(RefreshError::InvalidToken)
    }
}
