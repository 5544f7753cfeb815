//! What each kind of problem means, in words for the developer whose program received it.

use crate::problem::{FieldError, Problem, ProblemKind};

/// The text of a problem's page. The sentences are markup of our own; nothing from a request is in them.
pub(super) struct Explanation {
    /// When it happens.
    pub(super) happens: &'static str,
    /// What to do about it.
    pub(super) remedy: &'static str,
    /// The problem as it might arrive.
    pub(super) example: Problem,
}

/// Explains `kind`.
pub(super) fn explanation(kind: ProblemKind) -> Explanation {
    let (happens, remedy, detail) = words(kind);
    let example = Problem::new(kind, detail);
    let example = match kind {
        ProblemKind::Validation => Problem::validation(vec![
            fault("password", "too_short", "A password has at least 8 characters."),
            fault(
                "username",
                "invalid_format",
                "A username is made of the letters a to z, digits, underscores and hyphens.",
            ),
        ]),
        ProblemKind::InvalidCode => Problem::invalid_code(2),
        ProblemKind::InvalidToken => example.token_sent(),
        ProblemKind::RateLimited => example.retry_after(271),
        ProblemKind::Unavailable => example.retry_after(5),
        ProblemKind::Overloaded => example.retry_after(1),
        _ => example,
    };
    Explanation { happens, remedy, example }
}

fn fault(field: &'static str, code: &'static str, message: &str) -> FieldError {
    FieldError { field: field.into(), code: code.into(), message: message.to_owned() }
}

/// When it happens, what to do, and a `detail` as it might read.
fn words(kind: ProblemKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        ProblemKind::BadRequest => (
            "The request cannot be understood at the level of HTTP: a header, the address or the framing of \
             the body breaks the protocol.",
            "Correct the request; sent again as it is, it fails again. Where a proxy stands in between, see \
             what it makes of the request.",
            "The body broke off before its announced end.",
        ),
        ProblemKind::MalformedJson => (
            "The body is empty, is not valid JSON in UTF-8, or names a member twice.",
            "Send one JSON object, produced by a JSON library. The <code>detail</code> says where reading \
             stopped.",
            "The body is not valid JSON (line 3, column 18).",
        ),
        ProblemKind::InvalidCode => (
            "The one-time code does not fit the address. A wrong code, an expired one, one that was used, \
             and an address that waits for none are answered alike.",
            "Ask the person to read the code again; <code>remaining_attempts</code> counts down from 2. A \
             code lives for ten minutes and three attempts. After that, request a new one from <code>POST \
             /api/v1/auth/resend-otp</code>, or <code>POST /api/v1/auth/forgot-password</code> for a \
             password reset. A new code ends the one before.",
            "Invalid or expired code.",
        ),
        ProblemKind::WrongPassword => (
            "A change that needs the current password came with another one: a new password, or a new e-mail \
             address.",
            "Ask for the current password again. Attempts are limited. A person who does not know it any \
             more can set a new one by <code>POST /api/v1/auth/forgot-password</code>.",
            "Invalid current password",
        ),
        ProblemKind::SelfAction => (
            "An administrator tried to delete or deactivate the own account, or to change its role.",
            "Let another administrator do it.",
            "Cannot delete your own account",
        ),
        ProblemKind::InvalidCredentials => (
            "Nobody can sign in with this combination. An unknown address, a wrong password and a \
             deactivated account are answered alike, so that nobody learns who has an account.",
            "Ask for both again, and offer a password reset. Failures are limited for each account and \
             client address: read <code>X-RateLimit-Remaining</code> before you let a person try once more.",
            "Invalid e-mail address, username or password.",
        ),
        ProblemKind::InvalidToken => (
            "The route needs an access token and none came, or it expired, was changed, or belongs to a \
             session that has ended. <code>POST /api/v1/auth/refresh</code> answers it for a refresh token \
             that is not good (any more).",
            "For an access token: refresh once by <code>POST /api/v1/auth/refresh</code> and repeat the \
             request. For a refresh token: the session is over, so sign in again. Send access tokens as \
             <code>Authorization: Bearer &hellip;</code>, and keep only the latest refresh token: a spent \
             one ends the session.",
            "The access token is not valid.",
        ),
        ProblemKind::EmailUnverified => (
            "The password was right, but the account's e-mail address has not been proven yet.",
            "Ask for the code from the mail and send it to <code>POST /api/v1/auth/verify-email</code>; \
             <code>POST /api/v1/auth/resend-otp</code> sends another. Then sign in again.",
            "The e-mail address is not verified yet. Please enter the code that was sent to it.",
        ),
        ProblemKind::Forbidden => (
            "The access token is good, but the account's role does not allow this route.",
            "Use an account with the role that it takes. The role is looked up with every request, so a new \
             one counts at once, with the token that you have.",
            "Not enough permissions",
        ),
        ProblemKind::NotFound => (
            "There is no such route, or nothing with this id that the caller may see. An id that is not a \
             positive 64-bit integer counts as unknown, and so does another person's session.",
            "Check path and id. The routes are listed in the <a href=\"/docs\">documentation</a>.",
            "There is nothing at this address.",
        ),
        ProblemKind::MethodNotAllowed => (
            "The route exists, but not with this method.",
            "Use one of the methods that the header <code>Allow</code> names.",
            "This address knows other methods; see the header Allow.",
        ),
        ProblemKind::RequestTimeout => (
            "The request took too long to arrive: its body has ten seconds.",
            "Send it again, in one go. Where it happens often, look at the connection between client and \
             service.",
            "The body took more than ten seconds to arrive.",
        ),
        ProblemKind::AccountExists => (
            "The e-mail address or the username belongs to another account. Registration does not say which \
             of the two.",
            "Choose another username, or sign in with the account that exists. A forgotten password can be \
             reset.",
            "Registration failed. Email or username may already exist.",
        ),
        ProblemKind::LastAdmin => (
            "The change would leave no active administrator: it demotes, deactivates or deletes the last \
             one.",
            "Make another account an administrator first, then repeat the request.",
            "This is the last active administrator.",
        ),
        ProblemKind::PayloadTooLarge => (
            "The body is longer than 64 KiB.",
            "Send less. No request of this API needs more than a few hundred bytes.",
            "The body has at most 64 KiB.",
        ),
        ProblemKind::UnsupportedMediaType => (
            "The body is not declared as JSON.",
            "Send <code>Content-Type: application/json</code>, and no <code>Content-Encoding</code>.",
            "The body is JSON, sent with Content-Type: application/json, in UTF-8 and not compressed.",
        ),
        ProblemKind::Validation => (
            "The request is well-formed, but a value is missing or breaks a rule, or the body is JSON \
             without being an object.",
            "Show each entry of <code>errors</code> beside the field that it names: all faults are listed at \
             once. <code>code</code> is stable and meant for programs, <code>message</code> is meant for \
             people.",
            "Some values are missing or not valid.",
        ),
        ProblemKind::RateLimited => (
            "Too many requests of this sort came from this client, for this account or for this address.",
            "Wait for as many seconds as <code>Retry-After</code> says; the next request passes then. The \
             headers <code>X-RateLimit-Limit</code>, <code>X-RateLimit-Remaining</code> and \
             <code>X-RateLimit-Reset</code> of earlier answers tell how close the limit is. A login that brings \
             the <code>X-Device-Token</code> or the cookie of an earlier login to the same account has a limit \
             of its own, which the failures of others do not use up.",
            "Too many requests. Please wait before you try again.",
        ),
        ProblemKind::HeadersTooLarge => (
            "The headers of the request are longer than the service reads.",
            "Send fewer or shorter headers. Large cookies of other applications on the same host are a \
             common cause.",
            "The request was refused.",
        ),
        ProblemKind::Internal => (
            "Something broke on our side. The cause is in the service's log, under the request id.",
            "Sending the request again may help. If it persists, tell the operator the request id: it is the \
             end of <code>instance</code>, and in the header <code>X-Request-Id</code>.",
            "Something went wrong on our side. It has been noted.",
        ),
        ProblemKind::Unavailable => (
            "Something that the service depends on, such as its database, does not answer at the moment. \
             <code>GET /health</code> shows which.",
            "Send the same request again after as many seconds as <code>Retry-After</code> says. Tokens stay \
             as good as they were: nobody has to sign in again.",
            "Something that this service needs does not answer. Please try again shortly.",
        ),
        ProblemKind::Overloaded => (
            "More sign-ins wait for password hashing than can be served soon. The service refuses at once, \
             rather than letting everybody wait.",
            "Send the same request again after as many seconds as <code>Retry-After</code> says, with some \
             random delay added. Other routes are not affected.",
            "Too many others wait already. Please try again shortly.",
        ),
    }
}
