//! Device tokens between client and rules: in the cookie `device`, or in a header for clients without cookies.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use evently_auth_domain::device::{DeviceToken, LIFETIME, PresentedDevice};
use std::convert::Infallible;
use std::future::{Ready, ready};

/// The header that carries a device token both ways.
pub(crate) const X_DEVICE_TOKEN: &str = "x-device-token";

/// The cookie that carries it both ways.
const COOKIE: &str = "device";

/// Where the cookie is sent: to the login alone.
const PATH: &str = "/api/v1/auth/login";

/// Most tokens of one request that are looked at.
const MAX_TOKENS: usize = 4;

/// The well-formed device tokens of a request: of the header when there is one, else of every cookie of that name, for
/// a sibling domain or another path may have set one as well. What is malformed is no token, and no reason to refuse.
pub(crate) struct Devices(pub(crate) Vec<PresentedDevice>);

impl Devices {
    fn of(req: &HttpRequest) -> Self {
        let parse = |text: &str| PresentedDevice::parse(text);
        if let Some(sent) = req.headers().get(X_DEVICE_TOKEN) {
            return Self(sent.to_str().ok().and_then(parse).into_iter().collect());
        }
        let Ok(cookies) = req.cookies_raw() else { return Self(Vec::new()) };
        let named = cookies.iter().filter(|cookie| cookie.name() == COOKIE);
        Self(named.filter_map(|cookie| parse(cookie.value())).take(MAX_TOKENS).collect())
    }
}

impl FromRequest for Devices {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(req)))
    }
}

/// The cookie that brings `token` back with the next login: out of reach of scripts and of other sites, over TLS alone
/// (OWASP ASVS 5.0, 3.3).
pub(crate) fn device_cookie(token: &DeviceToken) -> Cookie<'static> {
    Cookie::build(COOKIE, token.expose().to_owned())
        .path(PATH)
        .max_age(Duration::seconds(LIFETIME.num_seconds()))
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Strict)
        .finish()
}
