//! A request that may change something is finished once it began, also when its client hangs up meanwhile.
//!
//! A server drops what it does for a connection that breaks off, wherever it waits just then. A use case of several
//! steps would stop between two of them: an account without its code. What is given up with its connection is a body
//! that never comes: without one nothing begins. At a stop, requests whose clients still wait are finished.

use crate::problem::{Problem, ProblemKind};
use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::spawn;

/// See the module.
pub(crate) async fn finish(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let answer = if req.method().is_safe() {
        next.call(req).await
    } else {
        // It ends without an answer when the whole server does.
        spawn(next.call(req)).await.unwrap_or_else(|_| {
            Err(Problem::new(ProblemKind::Unavailable, "The service is stopping. Try again.").into())
        })
    };
    answer.map(ServiceResponse::map_into_boxed_body)
}
