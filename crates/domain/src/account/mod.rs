//! People and what is known of them.

mod email;
mod full_name;
mod held_name;
mod role;
mod user;
mod username;

pub use email::EmailAddress;
pub use full_name::FullName;
pub use held_name::HeldNameKey;
pub use role::{Permission, Role};
pub use user::{Credentials, Identifier, NewUser, User, UserId};
pub use username::Username;
