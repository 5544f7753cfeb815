//! Evently Auth without a server: who may sign in, for how long, and what is written down about it.
//!
//! Rules, ports and use cases. There is no I/O in here, no async runtime, no clock and no randomness: whatever the rules
//! need of the world comes in through the traits in [`ports`]. [`Auth`] is the handle that callers hold; it has a method
//! for each use case. Values are parsed once ([`account::EmailAddress::parse`], [`password::NewPassword::parse`]) and
//! are valid from then on.
//!
//! A registration, its proof and a login, on adapters in memory and with a clock that is moved by hand:
//!
//! ```
//! use chrono::TimeDelta;
//! use evently_auth_clock::MovableClock;
//! use evently_auth_domain::account::{EmailAddress, Identifier, Username};
//! use evently_auth_domain::client::Client;
//! use evently_auth_domain::code::OneTimeCode;
//! use evently_auth_domain::password::{NewPassword, Password, PasswordOwner};
//! use evently_auth_domain::usecases::{AuthenticateError, LogIn, Register, VerifyEmail};
//! use evently_auth_memory::MemoryWorld;
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = MovableClock::default();
//! let world = MemoryWorld::new(Arc::new(clock.clone()));
//! let auth = world.auth();
//! let client = Client::new("192.0.2.1".parse()?, None, "request-1");
//!
//! // Values are parsed at the edge; what is wrong with them comes as a code and a sentence.
//! # fn said(fault: evently_auth_domain::fault::Fault) -> String { fault.message }
//! let email = EmailAddress::parse("Ada@Example.com").map_err(said)?;
//! let username = Username::parse("ada").map_err(said)?;
//! let owner = PasswordOwner { email: Some(&email), username: Some(&username) };
//! let secret = "weaves algebraic patterns";
//! let password = NewPassword::parse(secret, &auth.settings().password_policy, owner)
//!     .map_err(|faults| faults[0].message.clone())?;
//!
//! let new = Register { email: email.clone(), username, full_name: None, password };
//! let user = auth.register(new, &client).await?;
//! assert!(!user.is_verified);
//!
//! // The mail waits in the outbox until it is delivered, here to an inbox that can be read.
//! auth.deliver_mails(10).await?;
//! let code = world.inbox().code_for("ada@example.com").ok_or("no mail")?;
//! let code = OneTimeCode::parse(&code).map_err(said)?;
//! auth.verify_email(VerifyEmail { email: email.clone(), code }, &client).await?;
//!
//! let password = Password::parse(secret).map_err(said)?;
//! let login = LogIn { identifier: Identifier::Email(email), password, devices: vec![] };
//! let tokens = auth.log_in(login, &client).await?.tokens;
//! let principal = auth.authenticate(tokens.access.expose(), &client).await?;
//! assert_eq!(principal.user.username.as_str(), "ada");
//!
//! // Half an hour later the access token has ended, and the refresh token gives the next pair.
//! clock.advance(TimeDelta::minutes(31));
//! let late = auth.authenticate(tokens.access.expose(), &client).await;
//! assert!(matches!(late, Err(AuthenticateError::InvalidToken)));
//! let tokens = auth.refresh(tokens.refresh.expose(), &client).await?;
//! auth.authenticate(tokens.access.expose(), &client).await?;
//! # Ok(())
//! # }
//! ```
pub mod access;
pub mod account;
pub mod audit;
mod auth;
pub mod client;
pub mod code;
pub mod code_note;
pub mod device;
pub mod effects;
pub mod error;
pub mod fault;
pub mod import;
pub mod keys;
pub mod limits;
pub mod mail;
pub mod password;
pub mod ports;
pub mod refresh;
pub mod session;
pub mod session_seal;
pub mod settings;
pub mod usecases;

pub use auth::{Auth, Ports};

/// A moment in UTC, to the microsecond.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
