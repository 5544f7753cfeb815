//! The application as it is served, by the binary and by tests alike.

use crate::middleware::{RequestSpan, cors, envelope, finish, measure, strip_foreign};
use crate::state::HttpState;
use crate::{pages, routes};
use actix_web::body::BoxBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, Error, HttpServer, web};
use std::io;
use std::net::TcpListener;
use std::time::Duration;
use tracing_actix_web::TracingLogger;

/// How long a client may take to send its headers.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept; longer than the minute that balancers keep theirs.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a closing connection may linger.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long requests under way may take once the server is asked to stop, in seconds.
const SHUTDOWN_TIMEOUT: u64 = 20;
/// Most connections per worker thread.
const MAX_CONNECTIONS: usize = 10_000;

/// Every route and every layer around them.
pub fn app(
    state: HttpState,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let mailbox = state.mailbox.clone();
    let has_origins = !state.cors_origins.is_empty();
    let cors = cors(&state.cors_origins);
    // The last one wrapped is the first to see a request.
    App::new()
        .app_data(web::Data::new(state.probes.clone()))
        .app_data(web::Data::new(state.metrics.clone()))
        .app_data(web::Data::new(state.draining.clone()))
        .app_data(web::Data::new(state))
        .configure(routes::configure)
        .configure(|cfg| pages::configure(cfg, mailbox))
        .wrap(Condition::new(has_origins, cors))
        .wrap(Condition::new(has_origins, from_fn(strip_foreign)))
        .wrap(from_fn(measure))
        .wrap(TracingLogger::<RequestSpan>::new())
        .wrap(from_fn(envelope))
        .wrap(from_fn(finish))
}

/// Serves on `listener` until the server's handle stops it: gracefully, requests under way are answered. Signals are the
/// caller's business. To be called on a Tokio runtime of any kind.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, state: HttpState) -> io::Result<Server> {
    Ok(HttpServer::new(move || app(state.clone()))
        .client_request_timeout(HEADERS_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .client_disconnect_timeout(DISCONNECT_TIMEOUT)
        .shutdown_timeout(SHUTDOWN_TIMEOUT)
        .max_connections(MAX_CONNECTIONS)
        .disable_signals()
        .listen(listener)?
        .run())
}
