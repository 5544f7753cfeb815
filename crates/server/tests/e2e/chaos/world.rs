//! What everybody in the soak shares: two servers behind no balancer, a mailbox, an administrator, the book.

use super::book::{Book, Change};
use super::dice::Dice;
use super::letters::Letters;
use crate::harness::Tokens;
use serde_json::Value;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Longer than any answer takes, with a freeze on the way.
const PATIENCE: Duration = Duration::from_secs(15);
/// For so long nobody may be listening.
const NOBODY: Duration = Duration::from_secs(30);

pub(super) struct World {
    pub(super) seed: u64,
    /// Of a hundred requests so many get hardly any time.
    pub(super) impatience: u64,
    pub(super) bases: Vec<String>,
    pub(super) http: reqwest::Client,
    pub(super) book: Book,
    pub(super) letters: Letters,
    pub(super) root: Tokens,
    pub(super) done: AtomicBool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

/// A request before it is known which server gets it.
pub(super) struct Ask<'a> {
    pub(super) verb: Verb,
    pub(super) path: String,
    pub(super) token: Option<&'a str>,
    pub(super) body: Value,
    /// Who asks, as a proxy would say it: nobody shares a limit.
    pub(super) from: &'a str,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) server: usize,
    pub(super) sent: Instant,
    came: Instant,
}

impl Answer {
    /// The change that this answer acknowledges.
    pub(super) fn change(&self) -> Change {
        Change { asked: self.sent, answered: self.came, server: self.server }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body[name].as_str()
    }
}

impl World {
    /// Asks one of the servers, chosen at random, sometimes with hardly any patience. `None` when the answer is lost or
    /// says that the service is not available: what was asked for may have been done, or be done yet.
    pub(super) async fn ask(&self, dice: &mut Dice, ask: Ask<'_>) -> Option<Answer> {
        let patience = if dice.chance(self.impatience) { dice.millis(3, 250) } else { PATIENCE };
        self.ask_patiently(dice.index(self.bases.len()), patience, ask).await
    }

    /// Asks this server; the next one when nobody listens there.
    pub(super) async fn ask_server(&self, server: usize, ask: Ask<'_>) -> Option<Answer> {
        self.ask_patiently(server, PATIENCE, ask).await
    }

    async fn ask_patiently(&self, mut server: usize, patience: Duration, ask: Ask<'_>) -> Option<Answer> {
        let begun = Instant::now();
        loop {
            let sent = Instant::now();
            Book::count(&self.book.requests);
            match self.request(server, &ask).timeout(patience).send().await {
                Ok(response) => return self.read(server, sent, &ask, response).await,
                // It never went out.
                Err(error) if error.is_connect() && begun.elapsed() < NOBODY => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    server = (server + 1) % self.bases.len();
                }
                Err(error) => {
                    if error.is_connect() {
                        self.book.violation(format!("nobody listens: {error:?}"));
                    }
                    Book::count(&self.book.lost);
                    return None;
                }
            }
        }
    }

    fn request(&self, server: usize, ask: &Ask<'_>) -> reqwest::RequestBuilder {
        let url = format!("{}{}", self.bases[server], ask.path);
        let request = match ask.verb {
            Verb::Get => self.http.get(url),
            Verb::Post => self.http.post(url),
            Verb::Put => self.http.put(url),
            Verb::Delete => self.http.delete(url),
        };
        let request = request.header("X-Forwarded-For", ask.from);
        let request = if ask.body.is_null() { request } else { request.json(&ask.body) };
        if let Some(token) = ask.token { request.bearer_auth(token) } else { request }
    }

    async fn read(
        &self,
        server: usize,
        sent: Instant,
        ask: &Ask<'_>,
        response: reqwest::Response,
    ) -> Option<Answer> {
        let status = response.status().as_u16();
        let has_retry_after = response.headers().contains_key("retry-after");
        let Ok(body) = response.bytes().await else {
            Book::count(&self.book.lost);
            return None;
        };
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status == 503 {
            Book::count(&self.book.unavailable);
            if !has_retry_after {
                self.book.violation(format!("{}: 503 without Retry-After: {body}", ask.path));
            }
            return None;
        }
        // Nothing that is asked here is limited, too large or malformed, and an error of ours is a 503.
        if status >= 500 || [405, 413, 415, 422, 429].contains(&status) {
            self.book.violation(format!("{}: {status} {body}", ask.path));
            return None;
        }
        Some(Answer { status, body, server, sent, came: Instant::now() })
    }
}
