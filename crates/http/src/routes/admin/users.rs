//! Accounts, as administrators see and change them.

use super::paging::{links, read_filter};
use crate::body::Body;
use crate::dto::{AdminUserUpdate, MessageResponse, UserResponse};
use crate::extract::{Caller, user_id};
use crate::problem::Problem;
use crate::state::HttpState;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use evently_auth_domain::account::{EmailAddress, FullName, Permission, Role, Username};
use evently_auth_domain::fault::Fault;
use evently_auth_domain::usecases::admin::UpdateUser;

#[utoipa::path(
    get,
    path = "/api/v1/admin/users",
    tag = "Administration",
    summary = "List accounts by id",
    security(("bearer" = [])),
    params(
        ("skip" = Option<u64>, Query, minimum = 0, description = "How many to leave out; 0 unless told"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "How many at most; 100 unless told"),
        ("q" = Option<String>, Query, max_length = 255,
            description = "A literal part of address, username or name; upper and lower case are the same"),
        ("role" = Option<String>, Query, pattern = "^(user|admin)$", description = "The role"),
        ("is_active" = Option<bool>, Query, description = "Active or not"),
        ("is_verified" = Option<bool>, Query, description = "Verified or not"),
    ),
    responses(
        (status = 200, description = "A page of accounts", body = Vec<UserResponse<'_>>, headers(
            ("X-Total-Count" = u64, description = "How many match in all"),
            ("Link" = String, description = "The pages `first`, `prev`, `next` and `last`, as far as there are"),
        )),
        (status = 422, description = "`validation`"),
    )
)]
pub(crate) async fn list_users(
    state: web::Data<HttpState>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    state.auth.permit(Permission::ReadUsers, &caller.principal, &caller.client).await?;
    let filter = read_filter(req.query_string())?;
    let page = state.auth.list_users(&filter, &caller.principal, &caller.client).await?;
    let users: Vec<_> = page.users.iter().map(UserResponse::from).collect();
    Ok(HttpResponse::Ok()
        .insert_header(("x-total-count", page.total))
        .insert_header((header::LINK, links(req.path(), &filter, page.total)))
        .json(users))
}

#[utoipa::path(
    get,
    path = "/api/v1/admin/users/{user_id}",
    tag = "Administration",
    summary = "Read an account",
    security(("bearer" = [])),
    params(("user_id" = i64, Path, minimum = 1, description = "Which account")),
    responses(
        (status = 200, description = "The account", body = UserResponse<'_>),
        (status = 404, description = "`not-found`"),
    )
)]
pub(crate) async fn read_user(
    state: web::Data<HttpState>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    state.auth.permit(Permission::ReadUsers, &caller.principal, &caller.client).await?;
    let user = state.auth.find_user(user_id(&id)?, &caller.principal, &caller.client).await?;
    Ok(HttpResponse::Ok().json(UserResponse::from(&user)))
}

#[utoipa::path(
    put,
    path = "/api/v1/admin/users/{user_id}",
    tag = "Administration",
    summary = "Change an account",
    security(("bearer" = [])),
    params(("user_id" = i64, Path, minimum = 1, description = "Which account")),
    request_body = AdminUserUpdate,
    responses(
        (status = 200, description = "The account as it is now", body = UserResponse<'_>),
        (status = 400, description = "`self-action`: nobody changes the own `role` or `is_active`"),
        (status = 404, description = "`not-found`"),
        (status = 409, description = "`account-exists`; `last-admin`: nobody would be left to administer; `held-name`: it is no account"),
    )
)]
pub(crate) async fn update_user(
    state: web::Data<HttpState>,
    caller: Caller,
    id: web::Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let Caller { principal, client } = caller;
    state.auth.permit(Permission::ManageUsers, &principal, &client).await?;
    let id = user_id(&id)?;
    let mut fields = body.fields().await?;
    let email = fields.optional("email", EmailAddress::parse);
    let username = fields.optional("username", Username::parse);
    let full_name = fields.nullable("full_name", FullName::parse);
    let is_active = fields.boolean("is_active");
    let is_verified = fields.boolean("is_verified");
    let role = fields.optional("role", |raw| {
        raw.parse::<Role>().map_err(|_| Fault::new("invalid_value", "A role is user or admin."))
    });
    let command =
        fields.finish(|| Some(UpdateUser { email, username, full_name, is_active, is_verified, role }))?;
    let user = state.auth.update_user(id, command, &principal, &client).await?;
    Ok(HttpResponse::Ok().json(UserResponse::from(&user)))
}

#[utoipa::path(
    delete,
    path = "/api/v1/admin/users/{user_id}",
    tag = "Administration",
    summary = "Delete an account",
    security(("bearer" = [])),
    params(("user_id" = i64, Path, minimum = 1, description = "Which account")),
    responses(
        (status = 200, description = "The account is gone", body = MessageResponse),
        (status = 400, description = "`self-action`"),
        (status = 404, description = "`not-found`"),
        (status = 409, description = "`last-admin`: nobody would be left to administer"),
    )
)]
pub(crate) async fn delete_user(
    state: web::Data<HttpState>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<web::Json<MessageResponse>, Problem> {
    state.auth.permit(Permission::ManageUsers, &caller.principal, &caller.client).await?;
    state.auth.delete_user(user_id(&id)?, &caller.principal, &caller.client).await?;
    Ok(web::Json(MessageResponse::new("User deleted successfully")))
}

#[utoipa::path(
    post,
    path = "/api/v1/admin/users/{user_id}/activate",
    tag = "Administration",
    summary = "Activate an account",
    security(("bearer" = [])),
    params(("user_id" = i64, Path, minimum = 1, description = "Which account")),
    responses(
        (status = 200, description = "The account is active", body = MessageResponse),
        (status = 404, description = "`not-found`"),
        (status = 409, description = "`held-name`: it is no account"),
    )
)]
pub(crate) async fn activate_user(
    state: web::Data<HttpState>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<web::Json<MessageResponse>, Problem> {
    state.auth.permit(Permission::ManageUsers, &caller.principal, &caller.client).await?;
    state.auth.activate_user(user_id(&id)?, &caller.principal, &caller.client).await?;
    Ok(web::Json(MessageResponse::new("User activated successfully")))
}

#[utoipa::path(
    post,
    path = "/api/v1/admin/users/{user_id}/deactivate",
    tag = "Administration",
    summary = "Deactivate an account and end its sessions",
    security(("bearer" = [])),
    params(("user_id" = i64, Path, minimum = 1, description = "Which account")),
    responses(
        (status = 200, description = "The account is inactive", body = MessageResponse),
        (status = 400, description = "`self-action`"),
        (status = 404, description = "`not-found`"),
        (status = 409, description = "`last-admin`: nobody would be left to administer; `held-name`: it is no account"),
    )
)]
pub(crate) async fn deactivate_user(
    state: web::Data<HttpState>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<web::Json<MessageResponse>, Problem> {
    state.auth.permit(Permission::ManageUsers, &caller.principal, &caller.client).await?;
    state.auth.deactivate_user(user_id(&id)?, &caller.principal, &caller.client).await?;
    Ok(web::Json(MessageResponse::new("User deactivated successfully")))
}
