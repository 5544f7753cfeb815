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
        let proof = self.keys.refresh.proof(&presented);
        let idle_limit = self.settings.session_idle_limit;
        if self.settings.session_binding.refuses() {
            // Whoever it refuses must not move the chain, so it is asked first, at the price of one more look.
            let found = self.ports.sessions.find_fresh(&presented.sid).await?;
            let found = found
                .filter(|found| found.session.is_live(now, idle_limit) && proof.holds(&found.session.seed));
            let found = found.ok_or(RefreshError::InvalidToken)?;
            // Theft is theft wherever it comes from; the binding has a say in what is left.
            if judge(&found.session, presented.generation, now) != Verdict::Theft
                && matches!(self.judge_use(&found.session, client, now).await?, Use::Refused)
            {
                return Err(RefreshError::InvalidToken);
            }
        }

        // The store proves the token and settles the rotation in one step; what is left is decided on what it says.
        let live = match self.ports.sessions.rotate(&presented.sid, &proof, now, idle_limit).await? {
            Rotation::Rotated(live) => live,
            Rotation::Unmoved(live) if proof.holds(&live.session.seed) => {
                match judge(&live.session, presented.generation, now) {
                    Verdict::Repeat => live,
                    Verdict::Theft => return self.end_stolen(&live, client, now).await,
                    Verdict::Rotate | Verdict::Unknown => return Err(RefreshError::InvalidToken),
                }
            }
            Rotation::Unmoved(_) | Rotation::Ended => return Err(RefreshError::InvalidToken),
        };
        match self.judge_use(&live.session, client, now).await? {
            Use::Usual => {}
            Use::Moved(effects) => {
                let touch = Touch::of(&live.session, presented.generation, client, now);
                self.ports.sessions.touch(touch, effects).await?;
            }
            Use::Refused => return Err(RefreshError::InvalidToken),
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
