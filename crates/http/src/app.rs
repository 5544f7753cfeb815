//! The application as it is served, by the binary and by tests alike.

use crate::middleware::{RequestSpan, cors, envelope, finish, measure, strip_foreign};
use crate::state::HttpState;
use crate::{pages, routes};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, Error, web};
use tracing_actix_web::TracingLogger;

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
