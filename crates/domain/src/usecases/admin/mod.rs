//! Running the user base; each use case asks for its permission first.

mod sessions;
mod update_user;
mod users;

pub use update_user::UpdateUser;

use crate::access::Forbidden;
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

impl From<Forbidden> for AdminError {
    fn from(_: Forbidden) -> Self {
        Self::Forbidden
    }
}
