//! The caller's own sessions.

use crate::dto::{MessageResponse, SessionResponse};
use crate::extract::{Caller, session_id};
use crate::problem::Problem;
use crate::state::HttpState;
use actix_web::{HttpResponse, web};
use evently_auth_domain::access::Principal;
use evently_auth_domain::session::Session;

#[utoipa::path(
    get,
    path = "/api/v1/auth/sessions",
    tag = "Sessions",
    summary = "List one's own active sessions, newest first",
    security(("bearer" = [])),
    responses((status = 200, description = "The sessions", body = Vec<SessionResponse<'_>>))
)]
pub(crate) async fn list_sessions(
    state: web::Data<HttpState>,
    caller: Caller,
) -> Result<HttpResponse, Problem> {
    let sessions = state.auth.list_sessions(&caller.principal).await?;
    Ok(shown(&sessions, &caller.principal))
}

#[utoipa::path(
    delete,
    path = "/api/v1/auth/sessions/{id}",
    tag = "Sessions",
    summary = "End one of one's own sessions",
    security(("bearer" = [])),
    params(("id" = i64, Path, minimum = 1, description = "Which session")),
    responses(
        (status = 200, description = "The session is over", body = MessageResponse),
        (status = 404, description = "`not-found`: no such session, or somebody else's"),
    )
)]
pub(crate) async fn revoke_session(
    state: web::Data<HttpState>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<web::Json<MessageResponse>, Problem> {
    let id = session_id(&id)?;
    state.auth.revoke_session(id, &caller.principal, &caller.client).await?;
    Ok(web::Json(MessageResponse::new("Session revoked successfully")))
}

#[utoipa::path(
    delete,
    path = "/api/v1/auth/sessions",
    tag = "Sessions",
    summary = "End all of one's own sessions but this one",
    security(("bearer" = [])),
    responses((status = 200, description = "The other sessions are over", body = MessageResponse))
)]
pub(crate) async fn revoke_other_sessions(
    state: web::Data<HttpState>,
    caller: Caller,
) -> Result<web::Json<MessageResponse>, Problem> {
    state.auth.revoke_other_sessions(&caller.principal, &caller.client).await?;
    Ok(web::Json(MessageResponse::new("All other sessions revoked successfully")))
}

/// Sessions as `principal` sees them.
pub(super) fn shown(sessions: &[Session], principal: &Principal) -> HttpResponse {
    let own = &principal.session.sid;
    let sessions: Vec<_> = sessions.iter().map(|session| SessionResponse::new(session, own)).collect();
    HttpResponse::Ok().json(sessions)
}
