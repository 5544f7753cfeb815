//! Login, refresh, logout.

use crate::body::{Body, Fields};
use crate::dto::{LoginRequest, MessageResponse, RefreshRequest, TokenResponse};
use crate::extract::{Caller, Devices, Visitor, X_DEVICE_TOKEN, device_cookie};
use crate::problem::Problem;
use crate::state::HttpState;
use actix_web::{HttpResponse, web};
use evently_auth_domain::account::{EmailAddress, Identifier, Username};
use evently_auth_domain::fault::Fault;
use evently_auth_domain::password::Password;
use evently_auth_domain::usecases::{LogIn, SignedIn};

#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    tag = "Tokens",
    summary = "Sign in with address or username, and password",
    description = "Failed logins are limited for each account, from all addresses together. A device that signed in \
        before has a limit of its own, so that the failures of others cannot keep it out: browsers send the cookie \
        `device` by themselves, other clients keep the latest `X-Device-Token` of each account and send it along.",
    request_body = LoginRequest,
    params(
        ("X-Device-Token" = Option<String>, Header, description = "What the last login to this account from this \
            device was answered with. A token that is not good, or no longer, changes nothing"),
        ("device" = Option<String>, Cookie, description = "The same; not looked at beside the header"),
    ),
    responses(
        (
            status = 200,
            description = "A pair of tokens",
            body = TokenResponse<'_>,
            headers(
                ("X-Device-Token" = String, description = "For the next login from this device; good for 400 days"),
                ("Set-Cookie" = String, description = "The same as the cookie `device`"),
            ),
        ),
        (status = 401, description = "`invalid-credentials`: unknown, wrong or inactive; which one is not told"),
        (status = 403, description = "`email-unverified`: the password was right, the address is not proven"),
        (status = 429, description = "`rate-limited`"),
    )
)]
pub(crate) async fn login(
    state: web::Data<HttpState>,
    Visitor(client): Visitor,
    Devices(devices): Devices,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.fields().await?;
    let identifier = identifier(&mut fields);
    let password = fields.required("password", Password::parse);
    let command = fields.finish(|| Some(LogIn { identifier: identifier?, password: password?, devices }))?;
    let SignedIn { tokens, device } = state.auth.log_in(command, &client).await?;
    Ok(HttpResponse::Ok()
        .cookie(device_cookie(&device))
        .insert_header((X_DEVICE_TOKEN, device.expose()))
        .json(TokenResponse::from(&tokens)))
}

/// Exactly one of address and username; null is as good as absent.
fn identifier(fields: &mut Fields) -> Option<Identifier> {
    match (fields.has("email"), fields.has("username")) {
        (true, false) => fields.required("email", EmailAddress::parse).map(Identifier::Email),
        (false, true) => fields.required("username", Username::parse).map(Identifier::Username),
        (true, true) => {
            fields.refuse("username", "conflict", "Either the address or the username, not both.");
            None
        }
        (false, false) => {
            fields.refuse("email", "required", "Either the address or the username is required.");
            None
        }
    }
}

#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    tag = "Tokens",
    summary = "Exchange a refresh token for a new pair",
    description = "Each refresh token works once. Reuse of a spent one ends the session.",
    request_body = RefreshRequest,
    responses(
        (status = 200, description = "A pair of tokens, both new", body = TokenResponse<'_>),
        (status = 401, description = "`invalid-token`: unknown, spent or ended; which one is not told"),
    )
)]
pub(crate) async fn refresh(
    state: web::Data<HttpState>,
    Visitor(client): Visitor,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.fields().await?;
    let token = fields.required("refresh_token", |raw| Ok::<_, Fault>(raw.to_owned()));
    let token = fields.finish(|| token)?;
    let tokens = state.auth.refresh(&token, &client).await?;
    Ok(HttpResponse::Ok().json(TokenResponse::from(&tokens)))
}

#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    tag = "Tokens",
    summary = "End the session of this access token",
    security(("bearer" = [])),
    responses((status = 200, description = "The session is over", body = MessageResponse))
)]
pub(crate) async fn logout(
    state: web::Data<HttpState>,
    caller: Caller,
) -> Result<web::Json<MessageResponse>, Problem> {
    state.auth.log_out(&caller.principal, &caller.client).await?;
    Ok(web::Json(MessageResponse::new("Successfully logged out")))
}
