//! What the routes need of the world.

use crate::draining::Draining;
use evently_auth_domain::Auth;
use evently_auth_domain::ports::{Mailbox, Probe};
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;

/// What the routes need of the world; wiring chooses each. Cheap to clone.
#[derive(Clone)]
pub struct HttpState {
    /// The use cases.
    pub auth: Auth,
    /// What `/health` asks.
    pub probes: Probes,
    /// Mails that a developer can read at `/dev/mailbox`; embedded mode alone.
    pub mailbox: Option<Arc<dyn Mailbox>>,
    /// What `/metrics` shows; see [`crate::metrics_recorder`].
    pub metrics: PrometheusHandle,
    /// Origins whose scripts may call the API (`CORS_ORIGINS`); empty: none.
    pub cors_origins: Arc<[String]>,
    /// Proxies whose `X-Forwarded-For` is believed (`TRUSTED_PROXIES`).
    pub trusted_proxies: Arc<[IpNet]>,
    /// Whether users reach the service by HTTPS (`PUBLIC_URL` says so): then browsers are told to use nothing else.
    pub https: bool,
    /// Whether the server is about to stop.
    pub draining: Draining,
}

/// The dependencies that `/health` asks.
#[derive(Clone)]
pub struct Probes {
    /// Without it nothing works.
    pub database: Arc<dyn Probe>,
    /// Without it some things do not; `None` in embedded mode.
    pub redis: Option<Arc<dyn Probe>>,
}
