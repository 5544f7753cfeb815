//! What a mail server's refusal means for the mail, and how it is told: one short line without addresses.

use crate::untrusted::one_line_of;
use evently_auth_domain::ports::MailerError;
use lettre::transport::smtp::Error;

/// Most characters of a reason.
const MAX_CHARS: usize = 300;

/// Answers that ask for (other) credentials or for encryption, whenever they come (RFC 4954, 6; RFC 3207, 4).
const CREDENTIALS: [u16; 4] = [530, 534, 535, 538];

/// A mail that was not taken at `stage`, once the server knew whom it was for.
pub(crate) fn refused(stage: &str, error: &Error) -> MailerError {
    let is_ours = error.status().is_some_and(|code| CREDENTIALS.contains(&code.into()));
    let reason = reason(stage, error);
    if error.is_permanent() && !is_ours {
        MailerError::Permanent(reason)
    } else {
        MailerError::Temporary(reason)
    }
}

/// A server that did not get as far as hearing of a recipient. Whatever it answered, also 5xx, concerns the server,
/// our credentials or our sender rather than the mail: a wrong password must not kill everything that waits.
pub(crate) fn unreachable(stage: &str, error: &Error) -> MailerError {
    MailerError::Temporary(reason(stage, error))
}

/// Reasons are logged and kept, and servers like to repeat the recipient, so addresses are left out.
fn reason(stage: &str, error: &Error) -> String {
    let text = format!("{stage}: {error}");
    let without_addresses =
        text.split_whitespace().map(|word| if word.contains('@') { "(address)" } else { word });
    one_line_of(&without_addresses.collect::<Vec<_>>().join(" "), MAX_CHARS).unwrap_or_default()
}
