//! The question, over HTTP: bounded in time, size and attempts.

use crate::endpoint::Endpoint;
use crate::error::ZeroError;
use crate::{CALLER, PROJECT};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long one attempt may take to connect.
const CONNECT: Duration = Duration::from_secs(2);

/// The waits before the second and the third attempt.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(600)];

/// The most bytes of an answer.
const MAX_BYTES: usize = 1024 * 1024;

const QUERY: &str = "query Secrets($token: String!, $pick: [String!], $callerName: String) { \
     secrets(zeroToken: $token, pick: $pick, callerName: $callerName) { name fields { name value } } }";

/// An answer as it came.
pub(crate) struct Body {
    pub(crate) status: u16,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// What an attempt came to, when that is no answer.
enum Failed {
    /// Another attempt may help.
    Again(String),
    /// It will not.
    Final(ZeroError),
}

/// Asks, up to three times where asking again may help.
pub(crate) async fn ask(endpoint: &Endpoint, token: &str) -> Result<Body, ZeroError> {
    let client = client(endpoint)?;
    let mut pauses = PAUSES.iter();
    loop {
        let why = match attempt(&client, endpoint, token).await {
            Ok(body) => return Ok(body),
            Err(Failed::Final(error)) => return Err(error),
            Err(Failed::Again(why)) => why,
        };
        let Some(pause) = pauses.next() else {
            return Err(ZeroError::unreachable(endpoint, why));
        };
        tokio::time::sleep(*pause).await;
    }
}

async fn attempt(client: &Client, endpoint: &Endpoint, token: &str) -> Result<Body, Failed> {
    let variables = json!({ "token": token, "pick": [PROJECT], "callerName": CALLER });
    let question = json!({ "query": QUERY, "variables": variables });
    let sent = client.post(endpoint.url.clone()).json(&question).send().await;
    let response = sent.map_err(|error| Failed::Again(cause(&error)))?;
    let status = response.status();
    if status.is_server_error() {
        return Err(Failed::Again(format!("it answers {}", status.as_u16())));
    }
    if status.is_redirection() {
        let why = format!("it answers with a redirect ({}), which is not followed", status.as_u16());
        return Err(Failed::Final(ZeroError::not_zero(endpoint, why)));
    }
    let bytes = bounded(response, endpoint).await?;
    Ok(Body { status: status.as_u16(), bytes })
}

async fn bounded(mut response: Response, endpoint: &Endpoint) -> Result<Zeroizing<Vec<u8>>, Failed> {
    // Room for all of it from the start: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
    while let Some(chunk) = response.chunk().await.map_err(|error| Failed::Again(cause(&error)))? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            let why = "its answer has more than 1 MiB";
            return Err(Failed::Final(ZeroError::not_zero(endpoint, why)));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn client(endpoint: &Endpoint) -> Result<Client, ZeroError> {
    let builder = Client::builder().connect_timeout(CONNECT).redirect(Policy::none()).user_agent(CALLER);
    let builder = if endpoint.is_encrypted() {
        builder.https_only(true).tls_backend_preconfigured(tls(native_roots()?)?)
    } else {
        // Whatever proxy the environment names, what is said on this machine stays here.
        builder.no_proxy().tls_backend_preconfigured(tls(RootCertStore::empty())?)
    };
    builder.build().map_err(|error| ZeroError::unreachable(endpoint, cause(&error)))
}

/// TLS by ring, whatever provider the process may have by default.
fn tls(roots: RootCertStore) -> Result<ClientConfig, ZeroError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ZeroError::NoRoots(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn native_roots() -> Result<RootCertStore, ZeroError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or_else(|| "none were found".to_owned(), ToString::to_string);
        return Err(ZeroError::NoRoots(why));
    }
    Ok(roots)
}

/// The innermost cause, which says most; those around it say that something failed.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
