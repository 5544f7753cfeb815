//! One thing that a person does with an account, and what the answers say about the service.

use super::account::{Account, State};
use super::dice::Dice;
use super::world::{Answer, Ask, Verb, World};
use crate::harness::Tokens;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Visit<'a> {
    pub(super) world: &'a Arc<World>,
    pub(super) dice: &'a mut Dice,
    pub(super) account: &'a mut Account,
}

/// What became of a request with an access token.
pub(super) enum Done {
    /// Whoever shows this token was let in.
    Served(Answer),
    Refused,
    Lost,
}

impl Visit<'_> {
    /// Does something that makes sense at this point of the account's life.
    pub(super) async fn act(&mut self) {
        if self.account.quiet_until.is_some() && !self.look_again().await {
            return;
        }
        if !self.account.exists.value {
            return if self.account.id.is_none() { self.register().await } else { self.haunt().await };
        }
        if !self.account.active.value {
            return if self.dice.chance(50) { self.activate().await } else { self.haunt().await };
        }
        if !self.account.verified.value {
            return self.prove_address().await;
        }
        if !self.look_at_password().await {
            return;
        }
        let alive = self.account.alive();
        if alive.is_empty() || alive.len() < 4 && self.dice.chance(12) {
            return self.log_in().await;
        }
        let session = alive[self.dice.index(alive.len())];
        match self.dice.below(100) {
            0..26 => self.look_at_profile(session).await,
            26..40 => self.refresh(session).await,
            40..48 => self.refresh_at_once(session).await,
            48..55 => self.rename(session).await,
            55..60 => self.change_password(session).await,
            60..64 => self.reset_password().await,
            64..69 => self.log_out(session).await,
            69..73 => self.revoke_one(session).await,
            73..76 => self.revoke_others(session).await,
            76..79 => self.deactivate().await,
            79..81 => self.revoke_all_by_admin().await,
            81..84 => self.change_role(session).await,
            84..87 => self.use_role(session).await,
            87..90 => self.steal(session).await,
            90..91 => self.delete().await,
            91..94 => self.guess().await,
            _ => self.haunt().await,
        }
    }

    pub(super) async fn ask(
        &mut self,
        verb: Verb,
        path: &str,
        token: Option<&str>,
        body: Value,
    ) -> Option<Answer> {
        let ask = Ask { verb, path: format!("/api/v1{path}"), token, body, from: &self.account.from };
        self.world.ask(self.dice, ask).await
    }

    /// The same with the token of the administrator, whose session never ends.
    pub(super) async fn ask_as_admin(&mut self, verb: Verb, path: &str, body: Value) -> Option<Answer> {
        let world = Arc::clone(self.world);
        let answer = self.ask(verb, path, Some(&world.root.access), body).await?;
        if [401, 403].contains(&answer.status) {
            self.violation(format!("the administrator is refused at {path}: {}", answer.status));
            return None;
        }
        Some(answer)
    }

    /// The same with the access token of a session, held against what is known of it.
    pub(super) async fn ask_in(&mut self, session: usize, verb: Verb, path: &str, body: Value) -> Done {
        let token = self.account.sessions[session].access.clone();
        let Some(answer) = self.ask(verb, path, Some(&token), body).await else { return Done::Lost };
        if self.judge(session, &answer, path) { Done::Served(answer) } else { Done::Refused }
    }

    /// Whether the session was let in; a dead one that is let in, and a live one that is not, is a violation.
    pub(super) fn judge(&mut self, session: usize, answer: &Answer, what: &str) -> bool {
        let is_refused = answer.status == 401;
        let known = &mut self.account.sessions[session];
        let sid = known.sid().to_owned();
        match &known.state {
            State::Dead(change) => {
                if !is_refused && self.world.book.is_known(change, answer.server, answer.sent) {
                    let late = answer.sent.duration_since(change.answered);
                    let (there, here) = (change.server, answer.server);
                    let taken = change.answered.duration_since(change.asked);
                    self.violation(format!(
                        "{what}: session {sid}, ended on server {there} (which took {taken:?}), is served by server \
                         {here} to a request sent {late:?} after: {}",
                        answer.status
                    ));
                }
            }
            State::Alive if is_refused => {
                let lost_refresh = known.lost_refresh;
                known.state = State::Dead(answer.change());
                if let Some(lost) = lost_refresh {
                    self.world.book.entries().late.push((sid, lost));
                } else {
                    self.violation(format!(
                        "{what}: the live session {sid} is refused by server {}",
                        answer.server
                    ));
                }
            }
            State::Doubt if is_refused => known.state = State::Dead(answer.change()),
            State::Alive | State::Doubt => known.is_served(answer.sent),
        }
        !is_refused
    }

    pub(super) fn violation(&self, what: impl AsRef<str>) {
        self.world.book.violation(format!("{}: {}", self.account.email, what.as_ref()));
    }

    pub(super) fn unexpected(&self, what: &str, answer: &Answer) {
        let body = if answer.text("access_token").is_some() { &Value::from("tokens") } else { &answer.body };
        self.violation(format!("{what}: {} {body}", answer.status));
    }

    pub(super) fn acknowledge(&self, kind: &'static str) {
        self.world.book.acknowledge(kind);
    }

    /// The tokens of an answer that has them.
    pub(super) fn tokens(&self, answer: &Answer) -> Option<Tokens> {
        if answer.text("access_token").is_some() && answer.text("refresh_token").is_some() {
            return Some(Tokens::of(&answer.body));
        }
        self.unexpected("tokens are missing", answer);
        None
    }

    pub(super) async fn rest(&self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}
