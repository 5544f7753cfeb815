//! What several targets share: a service in process that can be sent anything, and keys to verify tokens with.

use actix_web::body::to_bytes;
use actix_web::dev::Service;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, Uri};
use actix_web::rt::{System, SystemRunner};
use actix_web::test::{TestRequest, init_service};
use async_trait::async_trait;
use evently_auth_clock::MovableClock;
use evently_auth_crypto::{JwtAccessTokens, JwtAlgorithm, JwtKey};
use evently_auth_domain::Timestamp;
use evently_auth_domain::access::AccessClaims;
use evently_auth_domain::account::{EmailAddress, Identifier, Role, UserId, Username};
use evently_auth_domain::client::Client;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::password::{NewPassword, Password, PasswordOwner, PasswordPolicy};
use evently_auth_domain::ports::{AccessTokens, Probe};
use evently_auth_domain::session::{Generation, Sid};
use evently_auth_domain::usecases::{CreateAdmin, LogIn};
use evently_auth_http::{Draining, HttpState, Probes, app, metrics_recorder};
use evently_auth_memory::MemoryWorld;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

const PASSWORD: &str = "weaves algebraic patterns";
/// Requests that one world serves: what they leave behind must not slow the fuzzer down.
const REQUESTS_PER_WORLD: u32 = 2_000;

type Send = Rc<dyn Fn(TestRequest) -> Pin<Box<dyn Future<Output = Answer>>>>;

/// The whole application over a world in memory; somebody called `ada` administers it.
pub struct Site {
    system: SystemRunner,
    send: Send,
    token: String,
    sent: u32,
}

/// What came back.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// A fresh world.
    pub fn new() -> Self {
        let system = System::new();
        let (send, token) = system.block_on(world());
        Self { system, send, token, sent: 0 }
    }

    /// Sends a request from an address of its own, unless `headers` say otherwise. `Bearer ADA` becomes her token; with
    /// no `Authorization` at all hers is sent. What is no path at all is not sent: the web framework refuses it.
    pub fn send(
        &mut self,
        method: &str,
        uri: &str,
        headers: &[(&'static str, &[u8])],
        body: &[u8],
    ) -> Option<Answer> {
        self.sent += 1;
        if self.sent > REQUESTS_PER_WORLD {
            (self.send, self.token) = self.system.block_on(world());
            self.sent = 1;
        }
        let uri: Uri = uri.parse().ok()?;
        let mut request = TestRequest::default().method(method.parse::<Method>().ok()?).uri(&uri.to_string());
        request = request.peer_addr(([127, 0, 0, 1], 4711).into()).set_payload(body.to_vec());
        let bearer = format!("Bearer {}", self.token);
        let [_, b, c, d] = self.sent.to_be_bytes();
        let address = Ipv4Addr::new(10, b, c, d).to_string();
        let given = |name: &str| headers.iter().any(|(given, _)| *given == name);
        for (name, value) in headers {
            let value = if *value == b"Bearer ADA" { bearer.as_bytes() } else { value };
            if let Ok(value) = HeaderValue::from_bytes(value) {
                request = request.append_header((HeaderName::from_static(name), value));
            }
        }
        for (name, value) in [("x-forwarded-for", &address), ("authorization", &bearer)] {
            if !given(name) {
                request = request.append_header((name, value.as_str()));
            }
        }
        Some(self.system.block_on((self.send)(request)))
    }
}

/// An application over a new world, and the token of its administrator.
async fn world() -> (Send, String) {
    let clock = MovableClock::default();
    let memory = MemoryWorld::new(Arc::new(clock));
    let auth = memory.auth();
    let command = CreateAdmin {
        email: EmailAddress::parse("ada@example.com").unwrap(),
        username: Username::parse("ada").unwrap(),
        password: NewPassword::parse(PASSWORD, &PasswordPolicy::default(), PasswordOwner::default()).unwrap(),
    };
    auth.create_admin(command).await.unwrap();
    let client = Client::new(IpAddr::V4(Ipv4Addr::LOCALHOST), None, "the-fuzzer");
    let command = LogIn {
        identifier: Identifier::Username(Username::parse("ada").unwrap()),
        password: Password::parse(PASSWORD).unwrap(),
        devices: Vec::new(),
    };
    let tokens = auth.log_in(command, &client).await.unwrap().tokens;
    let state = HttpState {
        auth,
        probes: Probes { database: Arc::new(There), redis: None },
        mailbox: None,
        metrics: metrics_recorder().unwrap().handle(),
        cors_origins: Arc::new(["https://app.example.com".to_owned()]),
        trusted_proxies: Arc::new(["127.0.0.1/32".parse().unwrap()]),
        draining: Draining::default(),
        https: false,
    };
    let service = Rc::new(init_service(app(state)).await);
    let send: Send = Rc::new(move |request: TestRequest| {
        let service = service.clone();
        Box::pin(async move {
            let response = match service.call(request.to_request()).await {
                Ok(response) => response.into_parts().1,
                Err(error) => error.error_response(),
            };
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = to_bytes(response.into_body()).await.map(|body| body.to_vec()).unwrap_or_default();
            Answer { status, headers, body }
        })
    });
    (send, tokens.access.expose().to_owned())
}

struct There;

#[async_trait]
impl Probe for There {
    async fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Holds an answer against what all answers have in common: nothing here is a failure of ours, and an error is a problem
/// that says what is wrong.
pub fn check(answer: &Option<Answer>) {
    let Some(Answer { status, headers, body }) = answer else { return };
    let shown = || format!("{status}: {}", String::from_utf8_lossy(body));
    assert!(*status < 500, "{}", shown());
    assert!(headers.contains_key("x-request-id"), "{}", shown());
    assert_eq!(headers.get("x-content-type-options").map(HeaderValue::as_bytes), Some(&b"nosniff"[..]));
    if *status < 400 || body.is_empty() {
        return;
    }
    let problem: serde_json::Value = serde_json::from_slice(body).expect("an error is JSON");
    assert_eq!(problem["status"], *status, "{}", shown());
    assert!(problem["type"].as_str().is_some_and(|slug| slug.starts_with("/problems/")), "{}", shown());
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", shown());
}

/// The moment at which tokens are issued and verified.
pub fn now() -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// A verifier for each kind of key.
pub fn keys() -> Vec<Box<dyn AccessTokens>> {
    let hmac = JwtKey::hmac(JwtAlgorithm::Hs256, b"the fuzzer's secret, of 32 bytes and more").unwrap();
    let pem = |algorithm| JwtKey::from_pem(algorithm, &JwtKey::generate_pem(algorithm).unwrap()).unwrap();
    // Making one of RSA takes long without optimisation; this one is used by tests alone as well.
    let rsa = include_str!("../../crates/crypto/tests/keys/rs256.pem");
    let rsa = JwtKey::from_pem(JwtAlgorithm::Rs256, rsa).unwrap();
    [hmac, pem(JwtAlgorithm::EdDsa), pem(JwtAlgorithm::Es256), rsa]
        .into_iter()
        .map(|key| Box::new(JwtAccessTokens::new(key, "evently", None)) as Box<dyn AccessTokens>)
        .collect()
}

/// A token that is valid [`now`].
pub fn issued(tokens: &dyn AccessTokens) -> String {
    let claims = AccessClaims {
        user_id: UserId(7),
        email: EmailAddress::parse("ada@example.com").unwrap(),
        username: Username::parse("ada").unwrap(),
        role: Role::User,
        sid: Sid::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap(),
        generation: Generation(0),
        token_id: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        issued_at: now(),
        expires_at: now() + chrono::TimeDelta::minutes(30),
    };
    tokens.issue(&claims).unwrap().expose().to_owned()
}

/// The lines of an input, as bytes.
pub fn lines(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    input.split(|byte| *byte == b'\n')
}
