//! Ids in paths: whatever is no positive 64-bit integer names nothing.

use crate::problem::{Problem, ProblemKind};
use evently_auth_domain::account::UserId;
use evently_auth_domain::session::SessionId;

/// The account that a path names.
///
/// # Errors
/// `not-found`.
pub(crate) fn user_id(text: &str) -> Result<UserId, Problem> {
    positive(text).map(UserId).ok_or_else(|| Problem::new(ProblemKind::NotFound, "User not found"))
}

/// The session that a path names.
///
/// # Errors
/// `not-found`.
pub(crate) fn session_id(text: &str) -> Result<SessionId, Problem> {
    positive(text).map(SessionId).ok_or_else(|| Problem::new(ProblemKind::NotFound, "Session not found"))
}

fn positive(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|id| digits && *id > 0)
}

#[cfg(test)]
mod tests {
    use super::positive;

    #[test]
    fn ids_are_positive_64_bit_integers() {
        assert_eq!(positive("1"), Some(1));
        assert_eq!(positive("9223372036854775807"), Some(i64::MAX));
        for text in ["", "0", "-1", "+1", "1.0", "9223372036854775808", "a", "1 ", "0x1", "１"] {
            assert_eq!(positive(text), None, "{text:?}");
        }
    }
}
