//! A server in a folder of its own, on a port of its own, and a client that reads its mailbox.

use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_evently-auth");
pub(crate) const PASSWORD: &str = "turning wheels by steam";
const PATIENCE: Duration = Duration::from_secs(20);

/// A command of the binary on the data in `folder`, with nothing of the caller's environment.
pub(crate) fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(args).env_clear().env("DATA_DIR", folder.join("data")).current_dir(folder);
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end; `input` is what it reads.
pub(crate) fn run(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = command(folder, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    log: Option<JoinHandle<String>>,
    pub(crate) base: String,
    pub(crate) folder: PathBuf,
    client: Client,
}

impl Server {
    /// Starts a server on the data in `folder`, with limits that no journey meets unless `env` says otherwise.
    pub(crate) fn start(folder: &Path, env: &[(&str, &str)]) -> Self {
        let mut command = command(folder, &["serve"]);
        for name in ["REGISTER", "VERIFY", "RESEND", "RESEND_ADDRESS", "PASSWORD", "LOGIN"] {
            command.env(format!("RATE_LIMIT_{name}"), "1000");
        }
        // The cheapest hash that is still Argon2id: no journey is about its cost.
        command.env("ARGON2_MEMORY_KIB", "7168").env("ARGON2_ITERATIONS", "1");
        command.env("PORT", "0").envs(env.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).unwrap();
            text
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = lines.find_map(|line| {
            let line = line.unwrap();
            Some(line.trim().strip_prefix("API")?.trim().strip_suffix("/api/v1")?.to_owned())
        });
        let Some(base) = base else { panic!("the server did not start: {}", log.join().unwrap()) };
        Self { child, log: Some(log), base, folder: folder.to_owned(), client: Client::new() }
    }

    /// Ends it without warning and starts another on the same data.
    pub(crate) fn kill_and_restart(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        Self::start(&self.folder.clone(), &[])
    }

    /// Asks it to stop; says what it wrote to the log.
    pub(crate) fn stop(mut self) -> (bool, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let ended = self.child.wait().unwrap();
        (ended.success(), self.log.take().unwrap().join().unwrap())
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    pub(crate) fn delete(&self, path: &str) -> RequestBuilder {
        self.client.delete(format!("{}{path}", self.base))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.put(format!("{}{path}", self.base)).json(body)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base)).json(body)
    }

    /// The newest code that was mailed to `address` and is not `than`.
    pub(crate) fn code_after(&self, address: &str, than: &str) -> String {
        let newest = |mails: &Value| {
            let mail =
                mails.as_array()?.iter().find(|mail| mail["to"] == address && mail["code"].is_string())?;
            mail["code"].as_str().filter(|code| *code != than).map(str::to_owned)
        };
        self.wait_for(&format!("a code for {address}"), || newest(&self.mails()))
    }

    pub(crate) fn code(&self, address: &str) -> String {
        self.code_after(address, "")
    }

    pub(crate) fn mails(&self) -> Value {
        body(self.get("/dev/mailbox").header("Accept", "application/json").send().unwrap(), 200)
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

    pub(crate) fn refresh(&self, token: &str) -> Response {
        self.post("/api/v1/auth/refresh", &json!({"refresh_token": token})).send().unwrap()
    }

    pub(crate) fn me(&self, tokens: &Tokens) -> Response {
        self.get("/api/v1/auth/me").bearer_auth(&tokens.access).send().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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

pub(crate) fn address(name: &str) -> String {
    format!("{name}@example.com")
}

/// The body of an answer that has to have this status.
pub(crate) fn body(response: Response, status: u16) -> Value {
    let (got, url) = (response.status().as_u16(), response.url().clone());
    let text = response.text().unwrap();
    assert_eq!(got, status, "{url}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{url}: {error}: {text}"))
}
