//! Health and measurements alone: what a process without an API is asked.

use crate::middleware::envelope;
use crate::routes::operation_routes;
use crate::serve::serve_app;
use crate::state::Probes;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, web};
use metrics_exporter_prometheus::PrometheusHandle;
use std::io;
use std::net::TcpListener;

/// Serves `/health`, `/health/live`, `/health/ready` and `/metrics` on `listener` until the server's handle stops it, as
/// [`serve`](crate::serve) does: whoever reaches it holds it no longer than that one.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve_operations(
    listener: TcpListener,
    probes: Probes,
    metrics: PrometheusHandle,
) -> io::Result<Server> {
    let app = move || {
        App::new()
            .app_data(web::Data::new(probes.clone()))
            .app_data(web::Data::new(metrics.clone()))
            .configure(operation_routes)
            .wrap(from_fn(envelope))
    };
    serve_app(listener, Some(1), app)
}
