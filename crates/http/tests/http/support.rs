//! A world to send requests to, and answers that check what every answer must be.

use actix_web::body::to_bytes;
use actix_web::dev::Service;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};
use async_trait::async_trait;
use evently_auth_clock::MovableClock;
use evently_auth_domain::Auth;
use evently_auth_domain::account::{EmailAddress, Username};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::password::{NewPassword, PasswordOwner, PasswordPolicy};
use evently_auth_domain::ports::Probe;
use evently_auth_domain::settings::Settings;
use evently_auth_domain::usecases::CreateAdmin;
use evently_auth_http::{Draining, HttpState, Probes, app, metrics_recorder};
use evently_auth_memory::MemoryWorld;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

/// What every account of these tests has, until it is changed.
pub(crate) const PASSWORD: &str = "weaves algebraic patterns";

type Send = Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Answer>>;

/// The application, and a handle on everything behind it.
pub(crate) struct World {
    pub(crate) memory: MemoryWorld,
    pub(crate) clock: MovableClock,
    pub(crate) auth: Auth,
    send: Send,
    addresses: Cell<u32>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut HttpState)) -> Self {
        let (memory, clock, mut state) = parts();
        change(&mut state);
        Self::over(memory, clock, state).await
    }

    pub(crate) async fn with_settings(settings: Settings) -> Self {
        let (memory, clock, state) = parts_with(settings);
        Self::over(memory, clock, state).await
    }

    pub(crate) async fn over(memory: MemoryWorld, clock: MovableClock, state: HttpState) -> Self {
        let auth = state.auth.clone();
        let service = Rc::new(init_service(app(state)).await);
        let send = move |request: TestRequest| {
            let service = service.clone();
            async move {
                let response = match service.call(request.to_request()).await {
                    Ok(response) => response.into_parts().1,
                    Err(error) => error.error_response(),
                };
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                let body = to_bytes(response.into_body()).await.unwrap().to_vec();
                Answer { status, headers, body }
            }
            .boxed_local()
        };
        Self { memory, clock, auth, send: Box::new(send), addresses: Cell::new(0) }
    }

    /// Sends a request; from an address of its own unless told otherwise, so that limits stay out of the way.
    pub(crate) async fn send(&self, call: Call) -> Answer {
        let n = self.addresses.get() + 1;
        self.addresses.set(n);
        let from = call.from.unwrap_or_else(|| format!("10.{}.{}.1", n / 256, n % 256));
        let request = call.request.insert_header(("x-forwarded-for", from));
        let answer = (self.send)(request).await;
        answer.check_what_all_have_in_common();
        answer
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(post(path).json(&body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(get(path)).await
    }

    pub(crate) fn email_of(name: &str) -> String {
        format!("{name}@example.com")
    }

    /// The code that was last mailed to an address.
    pub(crate) async fn code_for(&self, email: &str) -> String {
        self.auth.deliver_mails(1_000).await.unwrap();
        self.memory.inbox().code_for(email).expect("a code was mailed")
    }

    /// Registers an account, not verified.
    pub(crate) async fn register(&self, name: &str) -> Answer {
        let body = json!({"email": Self::email_of(name), "username": name, "password": PASSWORD});
        self.post("/api/v1/auth/register", body).await
    }

    /// Registers and verifies an account; its id.
    pub(crate) async fn account(&self, name: &str) -> i64 {
        let id = self.register(name).await.expect(201)["id"].as_i64().unwrap();
        let email = Self::email_of(name);
        let body = json!({"email": email, "otp": self.code_for(&email).await});
        self.post("/api/v1/auth/verify-email", body).await.expect(200);
        id
    }

    /// Signs in: access and refresh token.
    pub(crate) async fn log_in(&self, name: &str) -> (String, String) {
        let body = json!({"username": name, "password": PASSWORD});
        let tokens = self.post("/api/v1/auth/login", body).await.expect(200);
        let text = |member: &str| tokens[member].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    /// A verified account that is signed in: id and access token.
    pub(crate) async fn user(&self, name: &str) -> (i64, String) {
        let id = self.account(name).await;
        (id, self.log_in(name).await.0)
    }

    /// An administrator who is signed in: id and access token.
    pub(crate) async fn admin(&self, name: &str) -> (i64, String) {
        let owner = PasswordOwner::default();
        let command = CreateAdmin {
            email: EmailAddress::parse(&Self::email_of(name)).unwrap(),
            username: Username::parse(name).unwrap(),
            password: NewPassword::parse(PASSWORD, &PasswordPolicy::default(), owner).unwrap(),
        };
        let admin = self.auth.create_admin(command).await.unwrap();
        (admin.id.0, self.log_in(name).await.0)
    }
}

/// A world's parts, for those who serve it themselves.
pub(crate) fn parts() -> (MemoryWorld, MovableClock, HttpState) {
    parts_with(Settings::default())
}

fn parts_with(settings: Settings) -> (MemoryWorld, MovableClock, HttpState) {
    let clock = MovableClock::default();
    let memory = MemoryWorld::with_settings(Arc::new(clock.clone()), settings);
    let state = HttpState {
        auth: memory.auth(),
        probes: Probes { database: Arc::new(There), redis: None },
        mailbox: None,
        metrics: metrics_recorder().unwrap().handle(),
        cors_origins: Arc::new([]),
        trusted_proxies: Arc::new(["127.0.0.1/32".parse().unwrap()]),
        https: false,
        draining: Draining::default(),
    };
    (memory, clock, state)
}

/// A dependency that answers.
pub(crate) struct There;

#[async_trait]
impl Probe for There {
    async fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A request to be.
pub(crate) struct Call {
    request: TestRequest,
    from: Option<String>,
}

pub(crate) fn call(method: &str, path: &str) -> Call {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let peer = "127.0.0.1:4711".parse().unwrap();
    Call { request: TestRequest::with_uri(path).method(method).peer_addr(peer), from: None }
}

pub(crate) fn get(path: &str) -> Call {
    call("GET", path)
}

pub(crate) fn post(path: &str) -> Call {
    call("POST", path)
}

impl Call {
    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").bytes(body.to_string())
    }

    pub(crate) fn bytes(self, body: impl Into<Vec<u8>>) -> Self {
        Self { request: self.request.set_payload(body.into()), ..self }
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn header(self, name: &'static str, value: &str) -> Self {
        Self { request: self.request.append_header((name, value)), ..self }
    }

    /// From this address, as a trusted proxy says.
    pub(crate) fn from(self, address: &str) -> Self {
        Self { from: Some(address.to_owned()), ..self }
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body, when the status is as expected.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// The body, when it is the problem that was expected.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, slug: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(body["type"], format!("/problems/{slug}"), "{body}");
        body
    }

    /// The faults of a validation problem, as `field code`.
    #[track_caller]
    pub(crate) fn faults(&self) -> Vec<String> {
        let body = self.problem(422, "validation");
        let text = |error: &Value, member: &str| error[member].as_str().unwrap().to_owned();
        let errors = body["errors"].as_array().unwrap();
        assert!(errors.iter().all(|error| !text(error, "message").is_empty()));
        errors.iter().map(|error| format!("{} {}", text(error, "field"), text(error, "code"))).collect()
    }

    fn check_what_all_have_in_common(&self) {
        let id = self.header("x-request-id").expect("a request id");
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"));
        assert!(self.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
        assert_eq!(self.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(self.header("server"), None);
        if self.status < 400 || self.header("content-type") == Some("application/json") {
            return;
        }
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.status);
        let body = self.json();
        assert_eq!(body["status"], self.status);
        assert!(body["type"].as_str().unwrap().starts_with("/problems/"));
        assert!(!body["title"].as_str().unwrap().is_empty());
        assert!(!body["detail"].as_str().unwrap().is_empty());
        assert!(body["instance"].as_str().unwrap().ends_with(id));
        assert_eq!(self.status == 401, self.headers.contains_key("www-authenticate"));
        assert_eq!(self.status == 405, self.headers.contains_key("allow"));
        assert_eq!(matches!(self.status, 429 | 503), self.headers.contains_key("retry-after"));
        assert_eq!(self.status == 422, !body["errors"].is_null());
    }
}
