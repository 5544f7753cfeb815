//! The few requests that are made one by one, outside of any load.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::site::PASSWORD;

/// Longer than any answer of the service may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Api(Client);

/// The answer to a login or a refresh.
#[derive(Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

impl Api {
    pub(crate) fn new() -> anyhow::Result<Self> {
        // The client is built without a provider of its own; when there is one already, that will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self(
            Client::builder()
                .timeout(PATIENCE)
                .tcp_nodelay(true)
                .build()
                .context("cannot make an HTTP client")?,
        ))
    }

    pub(crate) async fn login(&self, base: &str, user: u64) -> anyhow::Result<Tokens> {
        let body = json!({ "email": format!("user{user}@example.com"), "password": PASSWORD });
        self.tokens(&format!("{base}/api/v1/auth/login"), &body).await
    }

    pub(crate) async fn refresh(&self, base: &str, token: &str) -> anyhow::Result<Tokens> {
        self.tokens(&format!("{base}/api/v1/auth/refresh"), &json!({ "refresh_token": token })).await
    }

    async fn tokens(&self, url: &str, body: &Value) -> anyhow::Result<Tokens> {
        let answer = self.0.post(url).json(body).send().await?;
        ensure!(answer.status() == StatusCode::OK, "{url}: {}", answer.status());
        Ok(answer.json().await?)
    }

    /// The status of a request with an access token; the answer is read to its end.
    pub(crate) async fn status(&self, method: Method, url: &str, token: &str) -> anyhow::Result<StatusCode> {
        let answer = self.0.request(method, url).bearer_auth(token).send().await?;
        let status = answer.status();
        answer.bytes().await?;
        Ok(status)
    }

    /// Whether a GET is answered by 200.
    pub(crate) async fn is_ok(&self, url: &str) -> bool {
        self.0.get(url).send().await.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }
}
