//! What can be said on the command line.

use crate::commands::health::Health;
use crate::commands::import::Import;
use clap::{Args, Parser, Subcommand};
use evently_auth_domain::account::{EmailAddress, Username};
use evently_auth_domain::audit::AuditLink;
use evently_auth_domain::mail::MailStatus;

/// Authentication and authorization: registration, login, sessions, administration.
///
/// Settings come from environment variables; without any, everything is kept under ./data.
#[derive(Debug, Parser)]
#[command(name = "evently-auth", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the service (the default)
    Serve,
    /// Bring the database to this version, or back
    #[command(subcommand)]
    Migrate(Migrate),
    /// Look after administrators
    #[command(subcommand)]
    Admin(Admin),
    /// Look after waiting mails
    #[command(subcommand)]
    Mail(Mail),
    /// Look after the audit
    #[command(subcommand)]
    Audit(Audit),
    /// Bring the accounts of the service that this one replaces
    Import(Import),
    /// Say whether a process of this machine answers
    Health(Health),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Migrate {
    /// Apply every migration that is missing
    Up,
    /// Take migrations back, with the data that they brought
    Down {
        /// How many
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
    },
    /// List the migrations
    Status,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Make an administrator with a proven address
    Create(CreateAdmin),
}

#[derive(Debug, Args)]
pub(crate) struct CreateAdmin {
    /// Its e-mail address
    #[arg(long, value_parser = email)]
    pub(crate) email: EmailAddress,
    /// Its username
    #[arg(long, value_parser = username)]
    pub(crate) username: Username,
    /// Read the password from the first line of standard input
    #[arg(long, required = true)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Mail {
    /// List mails, newest first; what was sent or expired is shown for a week
    List {
        /// Only these: queued, sent, dead or expired
        #[arg(long, value_parser = status)]
        status: Option<MailStatus>,
        /// As a JSON array
        #[arg(long)]
        json: bool,
        /// How many at most
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Send dead mails again
    Retry {
        /// Which, by the number that the list shows
        #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "ID")]
        ids: Vec<i64>,
        /// All of them
        #[arg(long)]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Hold every row, every seal and both ends of their chain against their digests
    Verify {
        /// A seal that has to be in the chain: as an earlier run printed it, or the worker's log
        #[arg(long, value_name = "NUMBER:DIGEST", value_parser = link)]
        expect: Option<AuditLink>,
    },
}

fn link(text: &str) -> Result<AuditLink, String> {
    AuditLink::parse(text)
        .ok_or_else(|| "it is a number and 64 hexadecimal digits, such as 17:9f…".to_owned())
}

fn email(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).map_err(|fault| fault.message)
}

fn username(text: &str) -> Result<Username, String> {
    Username::parse(text).map_err(|fault| fault.message)
}

fn status(text: &str) -> Result<MailStatus, String> {
    MailStatus::parse(text).ok_or_else(|| "it is queued, sent, dead or expired".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
