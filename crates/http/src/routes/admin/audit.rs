//! The audit, as administrators read it.

use super::audit_paging::{links, read_page};
use crate::dto::AuditEventResponse;
use crate::extract::Caller;
use crate::problem::Problem;
use crate::state::HttpState;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use evently_auth_domain::account::Permission;

#[utoipa::path(
    get,
    path = "/api/v1/admin/audit",
    tag = "Administration",
    summary = "List what happened, newest first",
    security(("bearer" = [])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "How many at most; 100 unless told"),
        ("cursor" = Option<String>, Query, max_length = 32,
            description = "Where the last page ended; taken from its `next` link and not to be made up"),
        ("actor" = Option<i64>, Query, minimum = 1, description = "Done by this account"),
        ("subject" = Option<i64>, Query, minimum = 1, description = "Done to this account"),
        ("action" = Option<String>, Query, description = "What, such as `session.logged_in`"),
        ("outcome" = Option<String>, Query, pattern = "^(success|failure)$", description = "How it ended"),
        ("ip_address" = Option<String>, Query, description = "From exactly this address"),
        ("request_id" = Option<String>, Query, max_length = 128, description = "In this request"),
        ("since" = Option<String>, Query, format = "date-time", description = "At this time or later"),
        ("until" = Option<String>, Query, format = "date-time", description = "Before this time"),
    ),
    responses(
        (status = 200, description = "A page of events", body = Vec<AuditEventResponse<'_>>, headers(
            ("Link" = String, description = "The page `first`, and `next` as long as there are older events"),
        )),
        (status = 422, description = "`validation`"),
    )
)]
pub(crate) async fn list_audit(
    state: web::Data<HttpState>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Caller { principal, client } = caller;
    state.auth.permit(Permission::ReadAudit, &principal, &client).await?;
    let page = read_page(req.query_string())?;
    // One more than asked for tells whether there is another page.
    let more = page.limit.saturating_add(1);
    let mut records = state.auth.list_audit(&page.filter, page.before, more, &principal, &client).await?;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let is_last = records.len() <= limit;
    records.truncate(limit);
    let next = records.last().filter(|_| !is_last).map(|record| (record.event.at, record.id));
    let events: Vec<_> = records.iter().map(AuditEventResponse::from).collect();
    Ok(HttpResponse::Ok().insert_header((header::LINK, links(req.path(), &page, next))).json(events))
}
