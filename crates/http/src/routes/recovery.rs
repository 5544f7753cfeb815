//! A new password for whoever forgot the old one.

use crate::body::Body;
use crate::dto::{EmailRequest, MessageResponse, ResetPasswordRequest};
use crate::extract::Visitor;
use crate::problem::Problem;
use crate::state::HttpState;
use actix_web::web;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::code::OneTimeCode;
use evently_auth_domain::password::{NewPassword, PasswordOwner};
use evently_auth_domain::usecases::ResetPassword;

#[utoipa::path(
    post,
    path = "/api/v1/auth/forgot-password",
    tag = "Passwords",
    summary = "Ask for a code that sets a new password",
    description = "The answer is the same for every address.",
    request_body = EmailRequest,
    responses(
        (status = 200, description = "A code is on its way, if the address has an account", body = MessageResponse),
        (status = 429, description = "`rate-limited`"),
    )
)]
pub(crate) async fn forgot_password(
    state: web::Data<HttpState>,
    Visitor(client): Visitor,
    body: Body,
) -> Result<web::Json<MessageResponse>, Problem> {
    let mut fields = body.fields().await?;
    let email = fields.required("email", EmailAddress::parse);
    let email = fields.finish(|| email)?;
    state.auth.forgot_password(&email, &client).await?;
    Ok(web::Json(MessageResponse::new("If the address has an account, a code is on its way")))
}

#[utoipa::path(
    post,
    path = "/api/v1/auth/reset-password",
    tag = "Passwords",
    summary = "Set a new password with a code",
    description = "Ends all sessions of the account, and proves its address.",
    request_body = ResetPasswordRequest,
    responses(
        (status = 200, description = "The password is set", body = MessageResponse),
        (status = 400, description = "`invalid-code`: wrong, expired or used, or no such address; which one is \
            not told. With the members `success`, `verified`, `message` and `remaining_attempts` besides"),
        (status = 429, description = "`rate-limited`"),
    )
)]
pub(crate) async fn reset_password(
    state: web::Data<HttpState>,
    Visitor(client): Visitor,
    body: Body,
) -> Result<web::Json<MessageResponse>, Problem> {
    let policy = &state.auth.settings().password_policy;
    let mut fields = body.fields().await?;
    let email = fields.required("email", EmailAddress::parse);
    let code = fields.required("otp", OneTimeCode::parse);
    let owner = PasswordOwner { email: email.as_ref(), username: None };
    let new_password = fields.required("new_password", |raw| NewPassword::parse(raw, policy, owner));
    let command =
        fields.finish(|| Some(ResetPassword { email: email?, code: code?, new_password: new_password? }))?;
    state.auth.reset_password(command, &client).await?;
    Ok(web::Json(MessageResponse::new("Password reset successfully")))
}
