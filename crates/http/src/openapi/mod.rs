//! The OpenAPI 3.1 document, collected from the handlers; what all operations share is added in one place.

mod complete;

use crate::problem::ProblemBody;
use crate::routes::{admin, health, profile, recovery, registration, sessions, system, tokens};
use complete::Complete;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Evently Auth",
        description = "Accounts, sessions and tokens.\n\nTimes are RFC 3339 in UTC. Unknown members of a body are \
            ignored. Every error is a problem (RFC 9457); its `type` is the address of a page about it, and its \
            `instance` ends in the request id, which is also in `X-Request-Id` of every answer.",
    ),
    tags(
        (name = "Accounts", description = "Registration and the proof of an address"),
        (name = "Tokens", description = "Login, refresh, logout"),
        (name = "Passwords", description = "Change and recovery"),
        (name = "Profile", description = "One's own account"),
        (name = "Sessions", description = "One's own devices"),
        (name = "Administration", description = "For the role `admin`"),
        (name = "System", description = "For operators"),
    ),
    paths(
        registration::register,
        registration::verify_email,
        registration::resend_otp,
        tokens::login,
        tokens::refresh,
        tokens::logout,
        recovery::forgot_password,
        recovery::reset_password,
        profile::read_me,
        profile::update_me,
        profile::change_password,
        sessions::list_sessions,
        sessions::revoke_other_sessions,
        sessions::revoke_session,
        admin::users::list_users,
        admin::users::read_user,
        admin::users::update_user,
        admin::users::delete_user,
        admin::users::activate_user,
        admin::users::deactivate_user,
        admin::sessions::list_user_sessions,
        admin::sessions::revoke_user_sessions,
        admin::sessions::cleanup_sessions,
        admin::audit::list_audit,
        health::health,
        health::live,
        health::ready,
        system::welcome,
        system::info,
        system::openapi,
        system::metrics,
    ),
    components(schemas(ProblemBody<'_>)),
    modifiers(&Complete)
)]
struct Document;

/// The document as JSON: indented, the same each time, with a line end.
pub fn openapi_json() -> String {
    let mut json = Document::openapi().to_pretty_json().unwrap_or_default();
    json.push('\n');
    json
}
