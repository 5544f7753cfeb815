//! Registration and the proof of an address.

use crate::body::Body;
use crate::dto::{
    EmailRequest, OtpSentResponse, RegisterRequest, UserResponse, VerifiedResponse, VerifyEmailRequest,
};
use crate::extract::Visitor;
use crate::problem::Problem;
use crate::state::HttpState;
use actix_web::{HttpResponse, web};
use evently_auth_domain::account::{EmailAddress, FullName, Username};
use evently_auth_domain::code::{MAX_ATTEMPTS, OneTimeCode};
use evently_auth_domain::password::{NewPassword, PasswordOwner};
use evently_auth_domain::usecases::{Register, VerifyEmail};

#[utoipa::path(
    post,
    path = "/api/v1/auth/register",
    tag = "Accounts",
    summary = "Register an account; a code goes to its address",
    description = "With `REGISTRATION_PRIVACY=conceal` a taken address is answered like any other, and its owner gets a \
        mail; 409 is for the username alone, and login answers 401 until the address is verified.",
    request_body = RegisterRequest,
    responses(
        (status = 201, description = "The account, to be verified", body = UserResponse<'_>),
        (status = 409, description = "`account-exists`: the address or the username is taken; which one is not told"),
        (status = 429, description = "`rate-limited`"),
    )
)]
pub(crate) async fn register(
    state: web::Data<HttpState>,
    Visitor(client): Visitor,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let policy = &state.auth.settings().password_policy;
    let mut fields = body.fields().await?;
    let email = fields.required("email", EmailAddress::parse);
    let username = fields.required("username", Username::parse);
    let full_name = fields.nullable("full_name", FullName::parse);
    let owner = PasswordOwner { email: email.as_ref(), username: username.as_ref() };
    let password = fields.required("password", |raw| NewPassword::parse(raw, policy, owner));
    let command = fields.finish(|| {
        Some(Register {
            email: email?,
            username: username?,
            full_name: full_name.flatten(),
            password: password?,
        })
    })?;
    let user = state.auth.register(command, &client).await?;
    Ok(HttpResponse::Created().json(UserResponse::from(&user)))
}

#[utoipa::path(
    post,
    path = "/api/v1/auth/verify-email",
    tag = "Accounts",
    summary = "Prove an address with the code that was sent to it",
    request_body = VerifyEmailRequest,
    responses(
        (status = 200, description = "The address is proven", body = VerifiedResponse),
        (status = 400, description = "`invalid-code`: wrong, expired or used, or no such address; which one is \
            not told. With the members `success`, `verified`, `message` and `remaining_attempts` besides"),
        (status = 429, description = "`rate-limited`"),
    )
)]
pub(crate) async fn verify_email(
    state: web::Data<HttpState>,
    Visitor(client): Visitor,
    body: Body,
) -> Result<web::Json<VerifiedResponse>, Problem> {
    let mut fields = body.fields().await?;
    let email = fields.required("email", EmailAddress::parse);
    let code = fields.required("otp", OneTimeCode::parse);
    let command = fields.finish(|| Some(VerifyEmail { email: email?, code: code? }))?;
    state.auth.verify_email(command, &client).await?;
    Ok(web::Json(VerifiedResponse::new("Email verified successfully")))
}

#[utoipa::path(
    post,
    path = "/api/v1/auth/resend-otp",
    tag = "Accounts",
    summary = "Ask for a new verification code",
    description = "The answer is the same whether or not the address exists or needs a code. A new code ends the old one.",
    request_body = EmailRequest,
    responses(
        (status = 200, description = "A code is on its way, if the address needs one", body = OtpSentResponse),
        (status = 429, description = "`rate-limited`"),
    )
)]
pub(crate) async fn resend_otp(
    state: web::Data<HttpState>,
    Visitor(client): Visitor,
    body: Body,
) -> Result<web::Json<OtpSentResponse>, Problem> {
    let mut fields = body.fields().await?;
    let email = fields.required("email", EmailAddress::parse);
    let email = fields.finish(|| email)?;
    state.auth.resend_code(&email, &client).await?;
    let message = "If the address waits for verification, a new code is on its way";
    Ok(web::Json(OtpSentResponse::new(message, MAX_ATTEMPTS)))
}
