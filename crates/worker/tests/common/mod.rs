//! A world in memory whose mails go out over SMTP into a sink.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper may fail loudly")]

use evently_auth_clock::MovableClock;
use evently_auth_domain::Auth;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::mail::{Mail, MailContent, MailMessage};
use evently_auth_domain::ports::{Clock, Mailer, Outbox};
use evently_auth_memory::{MemoryWorld, SeededEntropy};
use evently_auth_services::sink::Sink;
use evently_auth_smtp::{MailRenderer, SmtpEncryption, SmtpMailer, SmtpOptions};
use evently_auth_worker::WorkerOptions;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Long enough for never.
pub(crate) const NEVER: Duration = Duration::from_secs(3_600);

/// What takes no time takes less than this, also on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(3);

/// How long a hanging server is waited for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(8);

/// Looks only once, and when it is woken.
pub(crate) fn options() -> WorkerOptions {
    WorkerOptions {
        poll: NEVER,
        poll_while_woken: NEVER,
        concurrency: 4,
        seal: NEVER,
        sweep: NEVER,
        ..WorkerOptions::default()
    }
}

/// Looks again and again.
pub(crate) fn polling() -> WorkerOptions {
    WorkerOptions { poll: Duration::from_millis(20), ..options() }
}

pub(crate) struct Setup {
    pub(crate) clock: MovableClock,
    pub(crate) world: MemoryWorld,
    pub(crate) sink: Sink,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        let clock = MovableClock::default();
        let world = MemoryWorld::new(Arc::new(clock.clone()));
        Self { clock, world, sink: Sink::start().await.unwrap() }
    }

    /// The use cases, sending over SMTP.
    pub(crate) fn auth(&self) -> Auth {
        let renderer = MailRenderer::new("Evently", "no-reply@evently.example", None).unwrap();
        let options = SmtpOptions {
            encryption: SmtpEncryption::Off,
            timeout: TIMEOUT,
            ..SmtpOptions::new("127.0.0.1", self.sink.port())
        };
        self.auth_with(Arc::new(SmtpMailer::new(options, renderer).unwrap()))
    }

    /// The use cases, sending by `mailer`.
    pub(crate) fn auth_with(&self, mailer: Arc<dyn Mailer>) -> Auth {
        let ports = evently_auth_domain::Ports { mailer, ..self.world.ports() };
        Auth::new(ports, self.world.settings().clone(), self.world.keys().clone())
    }

    /// Starts a worker that sends over SMTP.
    pub(crate) fn work(&self, options: WorkerOptions) -> Worker {
        Worker::start(self.auth(), options)
    }

    /// Lets a notice to `<name>@example.com` wait.
    pub(crate) async fn notice(&self, name: &str) {
        self.put(name, MailMessage::Welcome).await;
    }

    /// Lets a code for `<name>@example.com` wait.
    pub(crate) async fn code(&self, name: &str) {
        self.put(name, MailMessage::VerificationCode { code: "012345".to_owned() }).await;
    }

    async fn put(&self, name: &str, message: MailMessage) {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let entropy = SeededEntropy::new(NUMBER.fetch_add(1, Ordering::Relaxed));
        let content = MailContent { name: "Ada".to_owned(), message };
        let mail = Mail { to: format!("{name}@example.com").parse().unwrap(), content };
        let mail = self.world.keys().mails.seal(&mail, self.clock.now(), "request-1", &entropy).unwrap();
        let effects = Effects { mails: vec![mail], ..Effects::default() };
        self.world.store().put(effects).await.unwrap();
    }

    /// How many mails wait or are being sent.
    pub(crate) async fn queued(&self) -> u64 {
        self.world.store().stats().await.unwrap().queued
    }

    /// Waits until so many wait or are being sent.
    pub(crate) async fn until_queued(&self, count: u64) {
        let counting = async {
            while self.queued().await != count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within(SOON, counting).await;
    }

    /// The recipients of what the sink took, in order, without the domain.
    pub(crate) fn arrived(&self) -> Vec<String> {
        let to = |mail: evently_auth_services::sink::SinkMail| {
            mail.recipients.concat().replace("@example.com", "")
        };
        self.sink.mails().into_iter().map(to).collect()
    }
}

/// A running worker.
pub(crate) struct Worker {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    pub(crate) fn start(auth: Auth, options: WorkerOptions) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(evently_auth_worker::run(auth, options, stop.clone()));
        Self { stop, task }
    }

    /// Tells it to stop.
    pub(crate) fn tell_to_stop(&self) {
        self.stop.cancel();
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        within(SOON, self.task).await.unwrap();
    }
}

/// What `future` gives, in bounded time.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> F::Output {
    match tokio::time::timeout(limit, future).await {
        Ok(output) => output,
        Err(_) => panic!("it took longer than {limit:?}"),
    }
}
