//! Running the user base; each use case asks for its permission first.

mod audit;
mod sessions;
mod update_user;
mod users;

pub use update_user::UpdateUser;

use crate::Auth;
use crate::audit::{AuditEvent, AuditOutcome};
use crate::effects::Effects;
use crate::error::StoreError;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The caller's role does not allow it.
    #[error("not enough permissions")]
    Forbidden,
    /// Nobody does this to the own account; says what.
    #[error("{0}")]
    SelfAction(&'static str),
    /// There is no such account.
    #[error("no such account")]
    NotFound,
    /// Address or username belong to somebody.
    #[error("address or username may already exist")]
    Taken,
    /// It is a held name, which nobody owns and nobody can be made the owner of.
    #[error("a held name is no account")]
    HeldName,
    /// Nobody would be left to administer.
    #[error("the last active administrator")]
    LastAdmin,
    /// Something broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AdminError {
    /// What the audit says of a refusal; nothing, when it is there already or when something broke.
    fn refusal(&self) -> Option<&'static str> {
        match self {
            Self::SelfAction(_) => Some("refused: own account"),
            Self::NotFound => Some("refused: no such account"),
            Self::Taken => Some("refused: taken"),
            Self::HeldName => Some("refused: held name"),
            Self::LastAdmin => Some("refused: last administrator"),
            Self::Forbidden | Self::Store(_) => None,
        }
    }
}

impl Auth {
    /// Passes `done` on; when it is a refusal, it is in the audit as the failure of `event` when this returns.
    async fn noting_refusal<T>(
        &self,
        event: AuditEvent,
        done: impl Future<Output = Result<T, AdminError>>,
    ) -> Result<T, AdminError> {
        let done = done.await;
        if let Some(refusal) = done.as_ref().err().and_then(AdminError::refusal) {
            let detail = match &event.detail {
                Some(asked) => format!("{refusal}; {asked}"),
                None => refusal.to_owned(),
            };
            let event = AuditEvent { outcome: AuditOutcome::Failure, ..event };
            self.ports.outbox.put(Effects::audit(event.with(detail))).await?;
        }
        done
    }
}
