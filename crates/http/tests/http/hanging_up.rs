//! Clients that hang up: what they began is finished, and what they did not send begins nothing.

use super::serving::{exchange, with_server_of};
use super::support::{PASSWORD, parts};
use async_trait::async_trait;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::client::Network;
use evently_auth_domain::password::{Password, PasswordHash};
use evently_auth_domain::ports::{HashError, PasswordHasher, PasswordVerdict, Users};
use evently_auth_domain::{Auth, Ports};
use evently_auth_http::HttpState;
use evently_auth_memory::{MemoryWorld, PlainHasher};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long a hash takes here: longer than it takes to hang up.
const SLOW: Duration = Duration::from_millis(300);
/// A password that the hasher cannot bear.
const PANICS: &str = "trembles at algebraic patterns";

struct SlowHasher(PlainHasher);

#[async_trait]
impl PasswordHasher for SlowHasher {
    async fn hash(&self, password: &Password, network: Option<Network>) -> Result<PasswordHash, HashError> {
        tokio::time::sleep(SLOW).await;
        assert!(password.expose() != PANICS, "a bug");
        self.0.hash(password, network).await
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
        network: Option<Network>,
    ) -> Result<PasswordVerdict, HashError> {
        self.0.verify(password, hash, network).await
    }

    fn has_room(&self, network: Option<Network>) -> Result<(), HashError> {
        self.0.has_room(network)
    }
}

fn slow() -> (MemoryWorld, HttpState) {
    let (memory, _, state) = parts();
    let hasher = SlowHasher(memory.password_hasher().clone());
    let ports = Ports { password_hasher: Arc::new(hasher), ..memory.ports() };
    let auth = Auth::new(ports, memory.settings().clone(), memory.keys().clone());
    (memory, HttpState { auth, ..state })
}

fn post(route: &str, body: &serde_json::Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST /api/v1/auth/{route} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn registration(password: &str) -> Vec<u8> {
    post("register", &json!({"email": "ada@example.com", "username": "ada", "password": password}))
}

/// Sends bytes and resets the connection: that is what closing it means while an answer was not read.
fn send_and_reset(address: SocketAddr, request: &[u8]) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    stream.read_exact(&mut [0]).unwrap();
    stream.write_all(request).unwrap();
    std::thread::sleep(SLOW / 3); // so that the work has begun
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_is_finished_without_its_client() {
    let (memory, state) = slow();
    let (auth, runtime) = (memory.auth(), Handle::current());
    with_server_of(state, move |address| {
        send_and_reset(address, &registration(PASSWORD));
        std::thread::sleep(SLOW * 2);
        runtime.block_on(auth.deliver_mails(10)).unwrap();
        let code = memory.inbox().code_for("ada@example.com").expect("a mail with a code");
        let proof = post("verify-email", &json!({"email": "ada@example.com", "otp": code}));
        let answer = exchange(address, &proof);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_begins_nothing() {
    let (memory, state) = slow();
    let runtime = Handle::current();
    with_server_of(state, move |address| {
        let request = registration(PASSWORD);
        send_and_reset(address, &request[..request.len() - 1]);
        std::thread::sleep(SLOW * 2);
        let ada = EmailAddress::parse("ada@example.com").unwrap();
        assert_eq!(runtime.block_on(memory.store().find_unproven(&ada)).unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_what_is_finished_is_still_an_answer() {
    let (_, state) = slow();
    with_server_of(state, move |address| {
        let answer = exchange(address, &registration(PANICS));
        assert!(answer.starts_with("HTTP/1.1 500") && answer.contains("/problems/internal"), "{answer}");
        assert!(answer.contains("x-request-id") && answer.contains("content-security-policy"), "{answer}");
        send_and_reset(address, &registration(PANICS));
        std::thread::sleep(SLOW * 2);
        let answer = exchange(address, &registration(PASSWORD));
        assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("x-ratelimit-remaining"), "{answer}");
    })
    .await;
}
