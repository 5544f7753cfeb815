//! The caller's own account.

use crate::body::Body;
use crate::dto::{ChangePasswordRequest, MessageResponse, ProfileResponse, ProfileUpdate};
use crate::extract::Caller;
use crate::problem::Problem;
use crate::state::HttpState;
use actix_web::{HttpResponse, web};
use evently_auth_domain::account::{EmailAddress, FullName, Username};
use evently_auth_domain::password::{NewPassword, Password, PasswordOwner};
use evently_auth_domain::usecases::{ChangePassword, UpdateProfile};

#[utoipa::path(
    get,
    path = "/api/v1/auth/me",
    tag = "Profile",
    summary = "Read one's own account",
    security(("bearer" = [])),
    responses((status = 200, description = "The account", body = ProfileResponse<'_>))
)]
pub(crate) async fn read_me(caller: Caller) -> HttpResponse {
    HttpResponse::Ok().json(ProfileResponse::from(&caller.principal.user))
}

#[utoipa::path(
    put,
    path = "/api/v1/auth/me",
    tag = "Profile",
    summary = "Change one's own account",
    description = "A new address waits as `pending_email` until the code that goes there comes back to \
        `/auth/verify-email`.",
    security(("bearer" = [])),
    request_body = ProfileUpdate,
    responses(
        (status = 200, description = "The account as it is now", body = ProfileResponse<'_>),
        (status = 400, description = "`wrong-password`"),
        (status = 409, description = "`account-exists`: the username is taken"),
        (status = 429, description = "`rate-limited`, for changes of the address"),
    )
)]
pub(crate) async fn update_me(
    state: web::Data<HttpState>,
    caller: Caller,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let Caller { principal, client } = caller;
    let mut fields = body.fields().await?;
    let username = fields.optional("username", Username::parse);
    let full_name = fields.nullable("full_name", FullName::parse);
    let email = fields.optional("email", EmailAddress::parse);
    let is_new_address = email.as_ref().is_some_and(|email| *email != principal.user.email);
    let current_password = if is_new_address {
        fields.required("current_password", Password::parse)
    } else {
        fields.optional("current_password", Password::parse)
    };
    let command = fields.finish(|| Some(UpdateProfile { username, full_name, email, current_password }))?;
    let user = state.auth.update_profile(command, &principal, &client).await?;
    Ok(HttpResponse::Ok().json(ProfileResponse::from(&user)))
}

#[utoipa::path(
    post,
    path = "/api/v1/auth/change-password",
    tag = "Passwords",
    summary = "Set a new password with the current one",
    description = "Ends all other sessions.",
    security(("bearer" = [])),
    request_body = ChangePasswordRequest,
    responses(
        (status = 200, description = "The password is set", body = MessageResponse),
        (status = 400, description = "`wrong-password`"),
        (status = 429, description = "`rate-limited`"),
    )
)]
pub(crate) async fn change_password(
    state: web::Data<HttpState>,
    caller: Caller,
    body: Body,
) -> Result<web::Json<MessageResponse>, Problem> {
    let Caller { principal, client } = caller;
    state.auth.note_password_limit(&principal, &client).await?;
    let policy = &state.auth.settings().password_policy;
    let owner =
        PasswordOwner { email: Some(&principal.user.email), username: Some(&principal.user.username) };
    let mut fields = body.fields().await?;
    let current = fields.required("current_password", Password::parse);
    let new = fields.required("new_password", |raw| NewPassword::parse(raw, policy, owner));
    let command = fields.finish(|| Some(ChangePassword { current: current?, new: new? }))?;
    state.auth.change_password(command, &principal, &client).await?;
    Ok(web::Json(MessageResponse::new("Password changed successfully")))
}
