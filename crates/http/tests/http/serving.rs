//! Over a real connection: what only the server itself can do.

use super::support::parts;
use evently_auth_http::{HttpState, serve};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// Runs `talk` against a server on a free port, then stops the server.
async fn with_server(talk: impl FnOnce(SocketAddr) + Send + 'static) {
    let (_, _, state) = parts();
    with_server_of(state, talk).await;
}

/// The same for a server of `state`.
pub(crate) async fn with_server_of(state: HttpState, talk: impl FnOnce(SocketAddr) + Send + 'static) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = serve(listener, state).unwrap();
    let handle = server.handle();
    let running = tokio::spawn(server);
    tokio::task::spawn_blocking(move || talk(address)).await.unwrap();
    handle.stop(true).await;
    running.await.unwrap().unwrap();
}

/// Sends bytes and reads until the server closes.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn head_has_no_body() {
    with_server(|address| {
        let get = exchange(address, b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(get.starts_with("HTTP/1.1 200") && get.ends_with(r#"{"status":"alive"}"#), "{get}");
        let head = exchange(address, b"HEAD /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
        assert!(head.to_lowercase().contains("content-length: 18"), "{head}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_about_to_stop_sends_its_clients_elsewhere() {
    let (_, _, state) = parts();
    let draining = state.draining.clone();
    with_server_of(state, move |address| {
        let mut kept = TcpStream::connect(address).unwrap();
        kept.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        kept.write_all(b"GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut before = [0; 12];
        kept.read_exact(&mut before).unwrap();
        assert_eq!(&before, b"HTTP/1.1 200");
        draining.begin();
        kept.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut rest = String::new();
        kept.read_to_string(&mut rest).unwrap(); // to its end: the server closes
        let last = rest.rsplit("HTTP/1.1 ").next().unwrap().to_lowercase();
        assert!(last.starts_with("200") && last.contains("connection: close"), "{rest}");
        let ready = exchange(address, b"GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n");
        assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("not_ready"), "{ready}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_long_still_gets_its_answer() {
    with_server(|address| {
        let body = "x".repeat(512 * 1024);
        let request = format!(
            "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = exchange(address, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("/problems/payload-too-large"), "{answer}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_endless_headers_are_refused() {
    with_server(|address| {
        let garbage = exchange(address, b"\x16\x03\x01 garbage\r\n\r\n");
        assert!(garbage.is_empty() || garbage.starts_with("HTTP/1.1 4"), "{garbage}");
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let line = format!("x-filler: {}\r\n", "x".repeat(1_000));
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n");
        let refused = (0..2_000).any(|_| stream.write_all(line.as_bytes()).is_err());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(refused || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    })
    .await;
}

/// As clients with a pool open one, and use it when all others are busy.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_may_be_used_long_after_it_was_opened() {
    with_server(|address| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(6))).unwrap();
        let nothing = stream.read(&mut [0]).map_err(|error| error.kind());
        assert_eq!(nothing, Err(ErrorKind::WouldBlock), "it is told something, or closed");
        stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_on_which_nothing_is_asked_do_not_hold_up_a_stop() {
    let (send, receive) = std::sync::mpsc::channel();
    with_server(move |address| {
        let unused = TcpStream::connect(address).unwrap();
        let mut idle = TcpStream::connect(address).unwrap();
        idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        idle.read_exact(&mut [0; 12]).unwrap();
        send.send((unused, idle, Instant::now())).unwrap();
    })
    .await;
    let (mut unused, mut idle, asked) = receive.recv().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!(unused.read(&mut [0]).unwrap(), 0, "it is closed without a word");
    idle.read_to_end(&mut Vec::new()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_dawdle_with_their_headers_are_let_go() {
    with_server(|address| {
        let started = Instant::now();
        let answer = exchange(address, b"GET / HTTP/1.1\r\nhost: x\r\n");
        assert!(started.elapsed() < Duration::from_secs(15));
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_dawdle_with_their_body_are_told() {
    with_server(|address| {
        let request = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
            content-type: application/json\r\ncontent-length: 50\r\n\r\n{\"email\":";
        let answer = exchange(address, request.as_bytes());
        assert!(
            answer.starts_with("HTTP/1.1 408") && answer.contains("/problems/request-timeout"),
            "{answer}"
        );
    })
    .await;
}

/// Two lengths, or a length beside chunks, are how one request is smuggled in another (RFC 9112, 6.3).
#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_one_end() {
    with_server(|address| {
        let ask = |lengths: &str| {
            let hidden = "GET /info HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            let request = format!("POST /health/live HTTP/1.1\r\nhost: x\r\n{lengths}\r\n0\r\n\r\n{hidden}");
            exchange(address, request.as_bytes())
        };
        let in_turn = ask("content-length: 5\r\n");
        assert!(in_turn.contains("auth-service"), "where the one ends, another may begin: {in_turn}");
        for lengths in [
            "content-length: 5\r\ncontent-length: 6\r\n",
            "content-length: 5, 6\r\n",
            "content-length: +5\r\n",
            "content-length: -1\r\n",
            "content-length: 5\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding: xchunked\r\n",
            "transfer-encoding: chunked, identity\r\n",
        ] {
            let answer = ask(lengths);
            assert!(
                answer.starts_with("HTTP/1.1 400") && !answer.contains("auth-service"),
                "{lengths}: {answer}"
            );
        }
    })
    .await;
}
