//! `evently-auth health`: whether a process of this machine answers, within two seconds, in one line. Images have no
//! shell and no curl; this is what their health check runs.

use actix_web::http::Uri;
use anyhow::{Context, bail, ensure};
use clap::Args;
use evently_auth_config::{Config, Environment, Source};
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long connecting, asking and answering may take together.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most bytes of an answer that are looked at: its first line fits in.
const STATUS_LINE_BYTES: u64 = 256;

/// Which process is asked what.
#[derive(Debug, Args)]
pub(crate) struct Health {
    /// Ask this URL (http alone) in place of this machine's own process
    #[arg(long, conflicts_with_all = ["worker", "ready"])]
    pub(crate) url: Option<Uri>,
    /// Ask the worker in place of the server
    #[arg(long)]
    pub(crate) worker: bool,
    /// Ask whether requests can be served, and not only whether the process is there
    #[arg(long)]
    pub(crate) ready: bool,
}

/// Says that the process is well.
///
/// # Errors
/// When it does not answer in time, or with a status other than 2xx.
pub(crate) async fn run(command: &Health) -> anyhow::Result<()> {
    let url = command.whom(&Places(Environment::snapshot()))?;
    ask(&url).await?;
    writeln!(io::stdout(), "{url} answered well")?;
    Ok(())
}

/// Where processes listen, and nothing else: a health check neither opens secrets nor fails for want of them.
struct Places<S>(S);

impl<S: Source> Source for Places<S> {
    fn get(&self, name: &str) -> Option<OsString> {
        ["HOST", "PORT", "WORKER_PORT"].contains(&name).then(|| self.0.get(name)).flatten()
    }
}

impl Health {
    /// Whom to ask, of those that `places` names.
    fn whom(&self, places: &dyn Source) -> anyhow::Result<Uri> {
        if let Some(url) = &self.url {
            return Ok(url.clone());
        }
        let config = Config::from_source(places)?;
        let port = if self.worker { config.worker.port } else { config.http.port };
        own_url(SocketAddr::new(config.http.host, port), self.ready)
    }
}

async fn ask(url: &Uri) -> anyhow::Result<()> {
    let Ok(status) = tokio::time::timeout(PATIENCE, status_of(url)).await else {
        bail!("{url} did not answer within {} s", PATIENCE.as_secs());
    };
    let status = status.with_context(|| format!("{url} does not answer"))?;
    ensure!((200..300).contains(&status), "{url} answered {status}");
    Ok(())
}

/// Where a process that listens on `address` is asked from the machine it runs on.
fn own_url(address: SocketAddr, ready: bool) -> anyhow::Result<Uri> {
    let ip = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        _ => address.ip(),
    };
    ensure!(address.port() != 0, "the port is 0, any free one: `--url` says where to ask");
    let path = if ready { "ready" } else { "live" };
    Ok(format!("http://{}/health/{path}", SocketAddr::new(ip, address.port())).parse()?)
}

/// The status that a GET of `url` is answered with (RFC 9112, 3 and 4).
async fn status_of(url: &Uri) -> anyhow::Result<u16> {
    ensure!(url.scheme_str() == Some("http"), "it is no http URL");
    let host = url.host().context("it has no host")?;
    let authority = format!("{host}:{}", url.port_u16().unwrap_or(80));
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let mut stream = TcpStream::connect(&authority).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(STATUS_LINE_BYTES).read_to_end(&mut answer).await?;
    parse_status(&answer).context("it does not speak HTTP/1.1")
}

/// The status in `HTTP/1.1 200 OK`.
fn parse_status(answer: &[u8]) -> Option<u16> {
    let (line, _) = answer.split_at_checked(answer.iter().position(|byte| *byte == b'\r')?)?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next()?.strip_prefix("HTTP/1.")?;
    words.next().filter(|code| code.len() == 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::time::Instant;
    use tokio::net::TcpListener;

    /// Answers one connection with `answer`, after it has read a request; says where, and what was asked.
    async fn listener(answer: &'static [u8]) -> (SocketAddr, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(answer).await.unwrap();
            String::from_utf8(request[..length].to_vec()).unwrap()
        });
        (address, asked)
    }

    fn health(url: Option<&str>, worker: bool, ready: bool) -> Health {
        Health { url: url.map(|url| url.parse().unwrap()), worker, ready }
    }

    fn places(settings: &[(&'static str, &'static str)]) -> Places<HashMap<&'static str, &'static str>> {
        Places(settings.iter().copied().collect())
    }

    #[tokio::test]
    async fn a_process_that_answers_is_well() {
        let (server, asked) = listener(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n").await;
        ask(&own_url(server, false).unwrap()).await.unwrap();
        let request = asked.await.unwrap();
        assert!(request.starts_with("GET /health/live HTTP/1.1\r\n"), "{request}");
        assert!(request.contains(&format!("\r\nHost: {server}\r\n")), "{request}");
    }

    #[tokio::test]
    async fn a_name_and_a_query_are_understood() {
        let (server, asked) = listener(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let url = format!("http://localhost:{}/health?deep=1", server.port());
        ask(&url.parse().unwrap()).await.unwrap();
        assert!(asked.await.unwrap().starts_with("GET /health?deep=1 HTTP/1.1\r\n"));
    }

    #[tokio::test]
    async fn anything_but_2xx_is_unwell() {
        for (answer, why) in [
            (&b"HTTP/1.1 503 Service Unavailable\r\n\r\n"[..], "answered 503"),
            (b"HTTP/1.1 302 Found\r\n\r\n", "answered 302"),
            (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
            (b"", "does not speak HTTP"),
        ] {
            let (server, _) = listener(answer).await;
            let error = ask(&own_url(server, false).unwrap()).await.unwrap_err();
            let line = format!("{error:#}");
            assert!(line.contains(why) && line.contains(&server.to_string()), "{line}");
        }
    }

    #[tokio::test]
    async fn nobody_there_is_unwell() {
        let error = ask(&"http://127.0.0.1:1/".parse().unwrap()).await.unwrap_err();
        assert!(format!("{error:#}").contains("does not answer"), "{error:#}");
        let error = ask(&"https://127.0.0.1:1/".parse().unwrap()).await.unwrap_err();
        assert!(format!("{error:#}").contains("no http URL"), "{error:#}");
    }

    #[tokio::test]
    async fn a_process_that_hangs_is_unwell_after_two_seconds() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let started = Instant::now();
        let error = ask(&own_url(silent.local_addr().unwrap(), false).unwrap()).await.unwrap_err();
        assert!(error.to_string().contains("did not answer within 2 s"), "{error}");
        assert!(started.elapsed() >= PATIENCE);
    }

    #[test]
    fn whom_to_ask_follows_the_settings_of_the_process() {
        let whom = |health: Health, settings: &[_]| health.whom(&places(settings)).map(|url| url.to_string());
        let everywhere = [("HOST", "0.0.0.0"), ("PORT", "80"), ("WORKER_PORT", "81")];
        assert_eq!(whom(health(None, false, false), &[]).unwrap(), "http://127.0.0.1:8000/health/live");
        assert_eq!(whom(health(None, false, true), &everywhere).unwrap(), "http://127.0.0.1:80/health/ready");
        assert_eq!(whom(health(None, true, false), &everywhere).unwrap(), "http://127.0.0.1:81/health/live");
        let elsewhere = "http://auth.example.com/health";
        assert_eq!(whom(health(Some(elsewhere), false, false), &everywhere).unwrap(), elsewhere);
        let v6 = [("HOST", "::")];
        assert_eq!(whom(health(None, true, false), &v6).unwrap(), "http://[::1]:8001/health/live");
        let own = [("HOST", "10.1.2.3")];
        assert_eq!(whom(health(None, false, false), &own).unwrap(), "http://10.1.2.3:8000/health/live");
        let any = whom(health(None, false, false), &[("PORT", "0")]).unwrap_err();
        assert!(any.to_string().contains("--url"), "{any}");
        assert!(whom(health(None, false, false), &[("PORT", "x")]).unwrap_err().to_string().contains("PORT"));
    }

    #[test]
    fn secrets_are_neither_needed_nor_opened() {
        let settings = [("DB_HOST", "db"), ("JWT_SECRET_FILE", "/nowhere"), ("ZERO_TOKEN", "token")];
        assert!(health(None, false, false).whom(&places(&settings)).is_ok());
    }
}
