//! Anybody's sessions, as administrators see and end them.

use crate::dto::{CleanupResponse, MessageResponse, SessionResponse};
use crate::extract::{Caller, user_id};
use crate::problem::Problem;
use crate::routes::sessions::shown;
use crate::state::HttpState;
use actix_web::{HttpResponse, web};
use evently_auth_domain::account::Permission;

#[utoipa::path(
    get,
    path = "/api/v1/admin/users/{user_id}/sessions",
    tag = "Administration",
    summary = "List an account's active sessions, newest first",
    security(("bearer" = [])),
    params(("user_id" = i64, Path, minimum = 1, description = "Which account")),
    responses(
        (status = 200, description = "The sessions", body = Vec<SessionResponse<'_>>),
        (status = 404, description = "`not-found`"),
    )
)]
pub(crate) async fn list_user_sessions(
    state: web::Data<HttpState>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    state.auth.permit(Permission::ReadSessions, &caller.principal, &caller.client).await?;
    let sessions = state.auth.list_user_sessions(user_id(&id)?, &caller.principal, &caller.client).await?;
    Ok(shown(&sessions, &caller.principal))
}

#[utoipa::path(
    delete,
    path = "/api/v1/admin/users/{user_id}/sessions",
    tag = "Administration",
    summary = "End all sessions of an account",
    security(("bearer" = [])),
    params(("user_id" = i64, Path, minimum = 1, description = "Which account")),
    responses(
        (status = 200, description = "The sessions are over", body = MessageResponse),
        (status = 404, description = "`not-found`"),
    )
)]
pub(crate) async fn revoke_user_sessions(
    state: web::Data<HttpState>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<web::Json<MessageResponse>, Problem> {
    state.auth.permit(Permission::ManageSessions, &caller.principal, &caller.client).await?;
    state.auth.revoke_user_sessions(user_id(&id)?, &caller.principal, &caller.client).await?;
    Ok(web::Json(MessageResponse::new("All user sessions revoked successfully")))
}

#[utoipa::path(
    post,
    path = "/api/v1/admin/cleanup-sessions",
    tag = "Administration",
    summary = "Remove expired sessions",
    security(("bearer" = [])),
    responses((status = 200, description = "How many were removed", body = CleanupResponse))
)]
pub(crate) async fn cleanup_sessions(
    state: web::Data<HttpState>,
    caller: Caller,
) -> Result<web::Json<CleanupResponse>, Problem> {
    state.auth.permit(Permission::ManageSessions, &caller.principal, &caller.client).await?;
    let removed = state.auth.cleanup_sessions(&caller.principal, &caller.client).await?;
    Ok(web::Json(CleanupResponse::new(removed)))
}
