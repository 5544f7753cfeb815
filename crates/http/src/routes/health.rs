//! Whether the service works: asked of the dependencies themselves, each for two seconds at most.

use crate::draining::Draining;
use crate::state::Probes;
use actix_web::{HttpResponse, web};
use evently_auth_domain::ports::Probe;
use serde::Serialize;
use std::time::{Duration, Instant};
use utoipa::ToSchema;

/// How long a dependency may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How the service is.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthResponse {
    #[schema(pattern = "^(healthy|degraded|unhealthy)$", examples("healthy"))]
    status: &'static str,
    #[schema(examples("auth-service"))]
    service: &'static str,
    #[schema(examples("1.0.0"))]
    version: &'static str,
    #[schema(pattern = "^(connected|disconnected)$", examples("connected"))]
    database: &'static str,
    #[schema(pattern = "^(connected|disconnected|embedded)$", examples("connected"))]
    redis: &'static str,
    checks: Checks,
}

/// Each dependency that was asked.
#[derive(Serialize, ToSchema)]
pub(crate) struct Checks {
    database: Check,
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<Check>,
}

/// What a dependency answered, and how fast.
#[derive(Serialize, ToSchema)]
pub(crate) struct Check {
    #[schema(pattern = "^(connected|disconnected)$", examples("connected"))]
    status: &'static str,
    #[schema(minimum = 0, examples(0.42))]
    latency_ms: f64,
}

/// Whether the process is there, or fit for requests.
#[derive(Serialize, ToSchema)]
#[schema(as = Liveness)]
pub(crate) struct LivenessResponse {
    #[schema(examples("alive"))]
    status: &'static str,
}

impl Check {
    async fn of(dependency: &'static str, probe: &dyn Probe) -> Self {
        let started = Instant::now();
        let answer = tokio::time::timeout(PATIENCE, probe.probe()).await;
        let status = match answer {
            Ok(Ok(())) => "connected",
            Ok(Err(error)) => {
                tracing::error!(dependency, %error, "a health check failed");
                "disconnected"
            }
            Err(_) => {
                tracing::error!(dependency, "a health check took too long");
                "disconnected"
            }
        };
        let micros = u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX);
        Self { status, latency_ms: f64::from(micros) / 1000.0 }
    }

    fn is_good(&self) -> bool {
        self.status == "connected"
    }
}

#[utoipa::path(
    get,
    path = "/health",
    tag = "System",
    summary = "How the service and its dependencies are",
    responses(
        (status = 200, description = "`healthy`; `degraded` when Redis is away and requests are still served",
            body = HealthResponse),
        (status = 503, description = "`unhealthy`: the database is away", body = HealthResponse),
    )
)]
pub(crate) async fn health(probes: web::Data<Probes>) -> HttpResponse {
    let redis = async {
        match &probes.redis {
            Some(probe) => Some(Check::of("redis", probe.as_ref()).await),
            None => None,
        }
    };
    let database = Check::of("database", probes.database.as_ref());
    let (database, redis) = futures_util::future::join(database, redis).await;
    let status = match &redis {
        _ if !database.is_good() => "unhealthy",
        Some(redis) if !redis.is_good() => "degraded",
        _ => "healthy",
    };
    let mut response =
        if database.is_good() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(HealthResponse {
        status,
        service: super::system::SERVICE,
        version: super::system::VERSION,
        database: database.status,
        redis: redis.as_ref().map_or("embedded", |redis| redis.status),
        checks: Checks { database, redis },
    })
}

#[utoipa::path(
    get,
    path = "/health/live",
    tag = "System",
    summary = "Whether the process is there; no dependency is asked",
    responses((status = 200, description = "It is", body = LivenessResponse))
)]
pub(crate) async fn live() -> web::Json<LivenessResponse> {
    web::Json(LivenessResponse { status: "alive" })
}

#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "System",
    summary = "Whether requests can be served",
    responses(
        (status = 200, description = "`ready`", body = LivenessResponse),
        (status = 503, description = "`not_ready`: the database is away, or the server is about to stop",
            body = LivenessResponse),
    )
)]
pub(crate) async fn ready(probes: web::Data<Probes>, draining: Option<web::Data<Draining>>) -> HttpResponse {
    let is_leaving = draining.is_some_and(|draining| draining.has_begun());
    if !is_leaving && Check::of("database", probes.database.as_ref()).await.is_good() {
        HttpResponse::Ok().json(LivenessResponse { status: "ready" })
    } else {
        HttpResponse::ServiceUnavailable().json(LivenessResponse { status: "not_ready" })
    }
}
