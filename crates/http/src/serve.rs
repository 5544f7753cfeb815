//! The application on a socket: how long clients may take, and how many there may be.

use crate::app::app;
use crate::state::HttpState;
use crate::stream::Lively;
use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::rt::net::TcpStream;
use actix_web::{App, Error};
use futures_util::future::{Either, select};
use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::time::Duration;
use tokio::time::timeout;

/// How long a client may take to send its first headers, from their first byte on.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept, used before or not; longer than the minute that balancers keep theirs.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a connection is kept to which nothing can be sent: longer than an idle one, and than any answer takes.
const SILENCE: Duration = Duration::from_secs(80);
/// How long a closing connection may linger.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long requests under way may take once the server is asked to stop, in seconds.
const SHUTDOWN_TIMEOUT: u64 = 20;
/// Most connections per worker thread.
const MAX_CONNECTIONS: usize = 10_000;

/// Serves on `listener` until the server's handle stops it: gracefully, requests under way are answered. Signals are the
/// caller's business. To be called on a Tokio runtime of any kind.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, state: HttpState) -> io::Result<Server> {
    serve_app(listener, None, move || app(state.clone()))
}

/// Serves an application of ours, whichever it is, on so many threads, or on one for each core.
///
/// It is `HttpServer`, made by hand, because that takes no stream of ours; and actix alone waits for ever for the rest
/// of headers that are not the first on their connection, of a chunked body that nobody reads, and for a client to
/// take its answer. It also has headers begin when a connection is opened: a client that opens some in advance would be
/// told 408 on one, as if in answer to what it just begins to ask.
pub(crate) fn serve_app<T>(
    listener: TcpListener,
    threads: Option<usize>,
    app: impl Fn() -> App<T> + Clone + Send + 'static,
) -> io::Result<Server>
where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<BoxBody>,
            Error = Error,
            InitError = (),
        > + 'static,
{
    let address = listener.local_addr()?;
    let server = match threads {
        Some(threads) => Server::build().workers(threads),
        None => Server::build(),
    };
    // At a stop it has idle connections closed at once.
    let stopping = server.graceful_shutdown_signal();
    let service = move || {
        let (stopping, stops) = (stopping.clone(), stopping.clone());
        let app = app().into_factory().map_err(|error| error.error_response());
        let http = HttpService::build()
            .client_request_timeout(HEADERS_TIMEOUT)
            .keep_alive(KEEP_ALIVE)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .local_addr(address)
            .h1(map_config(app, |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| {
            let stops = stops.clone();
            async move {
                let peer = stream.peer_addr().ok();
                first_use(&stream, stops.notified()).await?;
                Ok::<_, DispatchError>((Lively::new(stream, SILENCE), peer))
            }
        })
        .and_then(http)
    };
    Ok(server
        .shutdown_timeout(SHUTDOWN_TIMEOUT)
        .max_concurrent_connections(MAX_CONNECTIONS)
        .disable_signals()
        .listen("http", listener, service)?
        .run())
}

/// Waits until something can be read from `stream`, or its client closed it.
///
/// # Errors
/// When nothing came in time, or the server `stops` before something does; then it is closed without a word.
async fn first_use(stream: &TcpStream, stops: impl Future<Output = ()>) -> Result<(), DispatchError> {
    let (used, stops) = (timeout(KEEP_ALIVE, stream.readable()), pin!(stops));
    match select(pin!(used), stops).await {
        Either::Left((Ok(readable), _)) => Ok(readable?),
        Either::Left((Err(_), _)) | Either::Right(_) => Err(DispatchError::SlowRequestTimeout),
    }
}
