//! What the service is, what it offers, and what it has measured.

use crate::openapi::openapi_json;
use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use std::sync::LazyLock;
use utoipa::ToSchema;

/// What the service calls itself.
pub(super) const SERVICE: &str = "auth-service";
/// Its version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the service is.
#[derive(Serialize, ToSchema)]
#[schema(as = Info)]
pub(crate) struct InfoResponse {
    #[schema(examples("auth-service"))]
    service: &'static str,
    #[schema(examples("1.0.0"))]
    version: &'static str,
    description: &'static str,
    endpoints: Endpoints,
    features: [&'static str; 8],
}

/// Where to find what.
#[derive(Serialize, ToSchema)]
pub(crate) struct Endpoints {
    auth: &'static str,
    admin: &'static str,
    health: &'static str,
    docs: &'static str,
    openapi: &'static str,
    metrics: &'static str,
    problems: &'static str,
}

/// What the service is, in short.
#[derive(Serialize, ToSchema)]
#[schema(as = Welcome)]
pub(crate) struct WelcomeResponse {
    #[schema(examples("auth-service"))]
    service: &'static str,
    #[schema(examples("1.0.0"))]
    version: &'static str,
    #[schema(examples("/docs"))]
    docs: &'static str,
    #[schema(examples("/health"))]
    health: &'static str,
}

#[utoipa::path(
    get,
    path = "/",
    tag = "System",
    summary = "What answers here",
    responses((status = 200, description = "The short form of `/info`", body = WelcomeResponse))
)]
pub(crate) async fn welcome() -> web::Json<WelcomeResponse> {
    web::Json(WelcomeResponse { service: SERVICE, version: VERSION, docs: "/docs", health: "/health" })
}

#[utoipa::path(
    get,
    path = "/info",
    tag = "System",
    summary = "What the service is and offers",
    responses((status = 200, description = "The service", body = InfoResponse))
)]
pub(crate) async fn info() -> web::Json<InfoResponse> {
    web::Json(InfoResponse {
        service: SERVICE,
        version: VERSION,
        description: "Accounts, sessions and tokens of the Evently platform",
        endpoints: Endpoints {
            auth: "/api/v1/auth",
            admin: "/api/v1/admin",
            health: "/health",
            docs: "/docs",
            openapi: "/openapi.json",
            metrics: "/metrics",
            problems: "/problems",
        },
        features: [
            "registration",
            "email-verification",
            "login",
            "refresh-token-rotation",
            "session-management",
            "password-reset",
            "rate-limiting",
            "user-administration",
        ],
    })
}

#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "System",
    summary = "This document",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object))
)]
pub(crate) async fn openapi() -> HttpResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(openapi_json);
    HttpResponse::Ok().content_type(ContentType::json()).body(DOCUMENT.as_str())
}

#[utoipa::path(
    get,
    path = "/metrics",
    tag = "System",
    summary = "What was measured, for Prometheus",
    description = "Whoever reaches the port may read it: there is nothing of any account in it. Where it should not be \
        public, the proxy in front keeps this path to itself.",
    responses((status = 200, description = "Prometheus text format", content_type = "text/plain", body = String))
)]
pub(crate) async fn metrics(metrics: web::Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics.render())
}
