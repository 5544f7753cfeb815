//! The service as a client sees it: one instance or several, and a mailbox that can be read.

use super::{PASSWORD, address, body};
use evently_auth_services::sink::{Sink, SinkMail};
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Longer than a mail takes that somebody was sending when he was killed: its lease of a minute has to end.
const PATIENCE: Duration = Duration::from_secs(90);

/// Instances of one service; each request goes to the next one.
pub(crate) struct Site {
    pub(crate) bases: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) folder: PathBuf,
    pub(crate) mailbox: Mailbox,
    pub(crate) http: Client,
    turn: AtomicUsize,
}

/// Where mails arrive.
pub(crate) enum Mailbox {
    /// The service shows them itself.
    Dev,
    /// A mail server took them.
    Sink(Arc<Sink>),
}

impl Site {
    pub(crate) fn new(folder: PathBuf, env: Vec<(String, String)>, mailbox: Mailbox) -> Self {
        // Built without a provider of its own; there is one after the first site.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Longer than any answer of the service may take.
        let http = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Self { bases: Vec::new(), env, folder, mailbox, http, turn: AtomicUsize::new(0) }
    }

    /// The next instance.
    fn base(&self) -> &str {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.bases[turn % self.bases.len()]
    }

    /// A command of the service with its settings, and nothing of the caller's environment.
    pub(crate) fn command(&self, binary: &str, args: &[&str]) -> Command {
        let mut command = Command::new(binary);
        command.args(args).env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end; `input` is what it reads.
    pub(crate) fn run(&self, args: &[&str], input: &str) -> Output {
        let mut command = self.command(super::BINARY, args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.base()))
    }

    pub(crate) fn delete(&self, path: &str) -> RequestBuilder {
        self.http.delete(format!("{}{path}", self.base()))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.put(format!("{}{path}", self.base())).json(body)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base())).json(body)
    }

    /// The mails that arrived, newest first: `to`, `code`, `subject`, `text`.
    pub(crate) fn mails(&self) -> Vec<Value> {
        match &self.mailbox {
            Mailbox::Dev => {
                let request = self.get("/dev/mailbox").header("Accept", "application/json");
                body(request.send().unwrap(), 200).as_array().unwrap().clone()
            }
            Mailbox::Sink(sink) => {
                let read = |mail: &SinkMail| json!({"to": mail.recipients[0], "code": mail.code(), "text": mail.text()});
                sink.mails().iter().rev().map(read).collect()
            }
        }
    }

    /// The newest code that was mailed to `address` and is not `than`.
    pub(crate) fn code_after(&self, address: &str, than: &str) -> String {
        self.wait_for(&format!("a code for {address}"), || {
            self.newest_code(address).filter(|code| code != than)
        })
    }

    fn newest_code(&self, address: &str) -> Option<String> {
        if let Mailbox::Sink(sink) = &self.mailbox {
            // Of hundreds of mails, those of one person alone are taken apart.
            let mails = sink.mails();
            return mails.iter().rev().filter(|mail| mail.recipients[0] == address).find_map(SinkMail::code);
        }
        let mails = self.mails();
        let mail = mails.iter().find(|mail| mail["to"] == address && mail["code"].is_string())?;
        mail["code"].as_str().map(str::to_owned)
    }

    pub(crate) fn code(&self, address: &str) -> String {
        self.code_after(address, "")
    }

    pub(crate) fn wait_for<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(started.elapsed() < PATIENCE, "{what} did not come");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn register(&self, name: &str) -> Value {
        let body_ = json!({"email": address(name), "username": name, "password": PASSWORD});
        body(self.post("/api/v1/auth/register", &body_).send().unwrap(), 201)
    }

    pub(crate) fn verify(&self, name: &str) {
        let proof = json!({"email": address(name), "otp": self.code(&address(name))});
        body(self.post("/api/v1/auth/verify-email", &proof).send().unwrap(), 200);
    }

    pub(crate) fn log_in(&self, name: &str, password: &str) -> Tokens {
        let login = json!({"email": address(name), "password": password});
        Tokens::of(&body(self.post("/api/v1/auth/login", &login).send().unwrap(), 200))
    }

    /// Somebody registered, verified and signed in.
    pub(crate) fn signed_in(&self, name: &str) -> Tokens {
        self.register(name);
        self.verify(name);
        self.log_in(name, PASSWORD)
    }

    /// An administrator, made by the command and signed in.
    pub(crate) fn administrator(&self, name: &str) -> Tokens {
        let email = address(name);
        let made = ["admin", "create", "--email", &email, "--username", name, "--password-stdin"];
        assert!(self.run(&made, PASSWORD).status.success());
        self.log_in(name, PASSWORD)
    }

    pub(crate) fn refresh(&self, token: &str) -> Response {
        self.post("/api/v1/auth/refresh", &json!({"refresh_token": token})).send().unwrap()
    }

    pub(crate) fn me(&self, tokens: &Tokens) -> Response {
        self.get("/api/v1/auth/me").bearer_auth(&tokens.access).send().unwrap()
    }
}

pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn of(body: &Value) -> Self {
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}
