//! The table of routes. Each handler parses, calls one use case and maps the result.

pub(crate) mod admin;
pub(crate) mod health;
pub(crate) mod profile;
pub(crate) mod recovery;
pub(crate) mod registration;
pub(crate) mod sessions;
pub(crate) mod system;
pub(crate) mod tokens;

use crate::middleware::show_limits;
use actix_web::middleware::from_fn;
use actix_web::web::{ServiceConfig, delete, get, post, put, resource, scope};
use evently_auth_domain::usecases::LimitedRoute;

/// Registers every route of the contract but the pages.
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.configure(system_routes);
    cfg.service(scope("/api/v1/auth").configure(auth_routes));
    cfg.service(scope("/api/v1/admin").configure(admin_routes));
}

fn system_routes(cfg: &mut ServiceConfig) {
    cfg.service(resource("/").route(get().to(system::welcome)))
        .service(resource("/info").route(get().to(system::info)))
        .service(resource("/openapi.json").route(get().to(system::openapi)))
        .configure(operation_routes);
}

/// What those who run a process ask it; the worker answers these alone.
pub(crate) fn operation_routes(cfg: &mut ServiceConfig) {
    cfg.service(resource("/metrics").route(get().to(system::metrics)))
        .service(resource("/health").route(get().to(health::health)))
        .service(resource("/health/live").route(get().to(health::live)))
        .service(resource("/health/ready").route(get().to(health::ready)));
}

fn auth_routes(cfg: &mut ServiceConfig) {
    use LimitedRoute::{LogIn, Register, RequestCode, VerifyCode};
    let shown = |route| from_fn(show_limits(Some(route)));
    let shown_if_counted = || from_fn(show_limits(None));
    cfg.service(resource("/register").route(post().to(registration::register).wrap(shown(Register))))
        .service(
            resource("/verify-email").route(post().to(registration::verify_email).wrap(shown(VerifyCode))),
        )
        .service(resource("/resend-otp").route(post().to(registration::resend_otp).wrap(shown(RequestCode))))
        .service(resource("/login").route(post().to(tokens::login).wrap(shown(LogIn))))
        .service(resource("/refresh").route(post().to(tokens::refresh)))
        .service(resource("/logout").route(post().to(tokens::logout)))
        .service(
            resource("/forgot-password").route(post().to(recovery::forgot_password).wrap(shown(RequestCode))),
        )
        .service(
            resource("/reset-password").route(post().to(recovery::reset_password).wrap(shown(VerifyCode))),
        )
        .service(
            resource("/me")
                .route(get().to(profile::read_me))
                .route(put().to(profile::update_me).wrap(shown_if_counted())),
        )
        .service(
            resource("/change-password").route(post().to(profile::change_password).wrap(shown_if_counted())),
        )
        .service(
            resource("/sessions")
                .route(get().to(sessions::list_sessions))
                .route(delete().to(sessions::revoke_other_sessions)),
        )
        .service(resource("/sessions/{id}").route(delete().to(sessions::revoke_session)));
}

fn admin_routes(cfg: &mut ServiceConfig) {
    use admin::{audit, sessions, users};
    cfg.service(resource("/users").route(get().to(users::list_users)))
        .service(
            resource("/users/{user_id}")
                .route(get().to(users::read_user))
                .route(put().to(users::update_user))
                .route(delete().to(users::delete_user)),
        )
        .service(resource("/users/{user_id}/activate").route(post().to(users::activate_user)))
        .service(resource("/users/{user_id}/deactivate").route(post().to(users::deactivate_user)))
        .service(
            resource("/users/{user_id}/sessions")
                .route(get().to(sessions::list_user_sessions))
                .route(delete().to(sessions::revoke_user_sessions)),
        )
        .service(resource("/audit").route(get().to(audit::list_audit)))
        .service(resource("/cleanup-sessions").route(post().to(sessions::cleanup_sessions)));
}
