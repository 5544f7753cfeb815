//! Logins, refreshes, ends of sessions, and tokens that are dead.

use super::account::{Session, State};
use super::book::Change;
use super::dice::Dice;
use super::letters::Kind;
use super::visit::{Done, Visit};
use super::world::{Answer, Ask, Verb};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinSet;

/// How many dead sessions of an account are kept to haunt the service with.
const DEAD: usize = 6;

impl Visit<'_> {
    pub(super) async fn log_in(&mut self) {
        let name = if self.dice.chance(50) { "email" } else { "username" };
        let account = &self.account;
        let who = if name == "email" { &account.email } else { &account.username };
        let login = json!({name: who, "password": account.password.value});
        let Some(answer) = self.ask(Verb::Post, "/auth/login", None, login).await else {
            self.account.lost_logins += 1;
            return;
        };
        if answer.status != 200 {
            return self.unexpected("login with the password in force", &answer);
        }
        self.open(&answer);
    }

    pub(super) fn open(&mut self, answer: &Answer) {
        let Some(tokens) = self.tokens(answer) else { return };
        self.acknowledge("login");
        self.account.sessions.push(Session::new(tokens));
        let dead = self.account.dead();
        if dead.len() > DEAD {
            self.account.sessions.remove(dead[0]);
        }
    }

    pub(super) async fn look_at_profile(&mut self, session: usize) {
        let Done::Served(answer) = self.ask_in(session, Verb::Get, "/auth/me", Value::Null).await else {
            return;
        };
        let account = &self.account;
        if answer.text("email") != Some(&account.email) {
            return self.unexpected("somebody else's profile", &answer);
        }
        let is_current = account.full_name.value.as_deref() == answer.text("full_name");
        let is_known = |change: &Change| self.world.book.is_known(change, answer.server, answer.sent);
        if !is_current && account.renamed.as_ref().is_none_or(is_known) {
            self.unexpected(&format!("an old profile, not {:?}", account.full_name.value), &answer);
        }
    }

    /// While a refresh without an answer may still arrive, the chain does not move on: then it would look like theft.
    fn must_wait(&self, session: usize) -> bool {
        self.account.sessions[session].lost_refresh.is_some_and(|lost| lost.may_arrive())
    }

    /// Asks until there is an answer, as clients do: the same token, the same successor.
    pub(super) async fn refresh(&mut self, session: usize) {
        if self.must_wait(session) {
            return self.look_at_profile(session).await;
        }
        let presented = self.account.sessions[session].refresh.clone();
        for _ in 0..3 {
            if self.refresh_with(session, &presented).await {
                break;
            }
        }
        // The answer is thrown away once in a while.
        if self.account.sessions[session].is_alive() && self.dice.chance(30) {
            self.refresh_with(session, &presented).await;
        }
    }

    /// Whether there was an answer.
    async fn refresh_with(&mut self, session: usize, presented: &str) -> bool {
        let body = json!({"refresh_token": presented});
        let asked = Instant::now();
        let answer = self.ask(Verb::Post, "/auth/refresh", None, body).await;
        self.refreshed(session, presented, asked, answer)
    }

    fn refreshed(&mut self, session: usize, presented: &str, asked: Instant, answer: Option<Answer>) -> bool {
        let Some(answer) = answer else {
            self.account.sessions[session].loses_refresh(asked);
            self.account.perhaps_owed(Kind::Theft);
            return false;
        };
        if !self.judge(session, &answer, "refresh") {
            return true;
        }
        let Some(tokens) = self.tokens(&answer) else { return true };
        let known = &mut self.account.sessions[session];
        if known.refresh != presented && known.refresh != tokens.refresh {
            let sid = known.sid().to_owned();
            self.violation(format!("session {sid} has two successors"));
            return true;
        }
        if known.is_dead() {
            return true;
        }
        known.advance(tokens);
        self.acknowledge("refresh");
        true
    }

    /// Several tabs refresh at once.
    pub(super) async fn refresh_at_once(&mut self, session: usize) {
        if self.must_wait(session) {
            return self.look_at_profile(session).await;
        }
        let presented = self.account.sessions[session].refresh.clone();
        let asked = Instant::now();
        let mut tabs = JoinSet::new();
        for _ in 0..2 + self.dice.below(5) {
            let (world, from) = (Arc::clone(self.world), self.account.from.clone());
            let body = json!({"refresh_token": presented});
            let mut dice = Dice::new(self.dice.below(u64::MAX), 0);
            tabs.spawn(async move {
                let path = "/api/v1/auth/refresh".to_owned();
                let ask = Ask { verb: Verb::Post, path, token: None, body, from: &from };
                world.ask(&mut dice, ask).await
            });
        }
        for answer in tabs.join_all().await {
            self.refreshed(session, &presented, asked, answer);
        }
    }

    /// Shows a refresh token that was spent long ago: the session ends, and its owner is told.
    pub(super) async fn steal(&mut self, session: usize) {
        let Some(spent) = self.account.sessions[session].spent.pop() else {
            return self.refresh(session).await;
        };
        let body = json!({"refresh_token": spent});
        let Some(answer) = self.ask(Verb::Post, "/auth/refresh", None, body).await else {
            self.account.sessions[session].state = State::Doubt;
            self.account.perhaps_owed(Kind::Theft);
            return self.account.lost();
        };
        if answer.status != 401 {
            return self.unexpected("a spent refresh token", &answer);
        }
        let known = &mut self.account.sessions[session];
        known.state = State::Dead(answer.change());
        if known.lost_refresh.is_none() {
            self.account.owed(Kind::Theft);
        } else {
            self.account.perhaps_owed(Kind::Theft);
        }
        self.acknowledge("theft");
        self.haunt_at_once(session, &answer).await;
    }

    pub(super) async fn log_out(&mut self, session: usize) {
        match self.ask_in(session, Verb::Post, "/auth/logout", Self::nothing()).await {
            Done::Lost => {
                self.account.sessions[session].state = State::Doubt;
                self.account.lost();
            }
            Done::Served(answer) if answer.status == 200 => {
                self.acknowledge("logout");
                self.account.end_sessions(Some(answer.change()), |index| index == session);
                self.haunt_at_once(session, &answer).await;
            }
            Done::Served(answer) => self.unexpected("logout", &answer),
            Done::Refused => {}
        }
    }

    pub(super) async fn revoke_one(&mut self, session: usize) {
        let alive = self.account.alive();
        let victim = alive[self.dice.index(alive.len())];
        let Done::Served(list) = self.ask_in(victim, Verb::Get, "/auth/sessions", Value::Null).await else {
            return;
        };
        let listed = list.body.as_array().cloned().unwrap_or_default();
        let Some(id) =
            listed.iter().find(|entry| entry["current"] == true).and_then(|entry| entry["id"].as_i64())
        else {
            return self.unexpected("no current session in the list", &list);
        };
        match self.ask_in(session, Verb::Delete, &format!("/auth/sessions/{id}"), Value::Null).await {
            Done::Lost => {
                self.account.sessions[victim].state = State::Doubt;
                self.account.lost();
            }
            Done::Served(answer) if answer.status == 200 => {
                self.acknowledge("revoke one");
                self.account.end_sessions(Some(answer.change()), |index| index == victim);
                self.haunt_at_once(victim, &answer).await;
            }
            Done::Served(answer) if self.account.sessions[victim].lost_refresh.is_none() => {
                self.unexpected("revocation of a session", &answer);
            }
            Done::Served(_) => self.account.sessions[victim].state = State::Doubt,
            Done::Refused => {}
        }
    }

    pub(super) async fn revoke_others(&mut self, session: usize) {
        match self.ask_in(session, Verb::Delete, "/auth/sessions", Value::Null).await {
            Done::Lost => {
                self.account.end_sessions(None, |index| index != session);
                self.account.lost();
            }
            Done::Served(answer) if answer.status == 200 => {
                self.acknowledge("revoke others");
                self.account.end_sessions(Some(answer.change()), |index| index != session);
            }
            Done::Served(answer) => self.unexpected("revocation of other sessions", &answer),
            Done::Refused => {}
        }
    }

    /// The next request on the instance that acknowledged the end.
    async fn haunt_at_once(&mut self, session: usize, end: &Answer) {
        let token = self.account.sessions[session].access.clone();
        let path = "/api/v1/auth/me".to_owned();
        let (token, from) = (Some(token.as_str()), self.account.from.as_str());
        let ask = Ask { verb: Verb::Get, path, token, body: Value::Null, from };
        if let Some(answer) = self.world.ask_server(end.server, ask).await {
            self.judge(session, &answer, "the next request");
        }
    }

    /// Uses what is dead: tokens, and passwords that were replaced or belong to nobody.
    pub(super) async fn haunt(&mut self) {
        let dead = self.account.dead();
        if dead.is_empty() || self.dice.chance(20) {
            return self.log_in_wrongly().await;
        }
        let session = dead[self.dice.index(dead.len())];
        if self.dice.chance(70) {
            self.ask_in(session, Verb::Get, "/auth/me", Value::Null).await;
        } else {
            let presented = self.account.sessions[session].refresh.clone();
            let body = json!({"refresh_token": presented});
            let answer = self.ask(Verb::Post, "/auth/refresh", None, body).await;
            if let Some(answer) = answer.filter(|answer| answer.status != 401) {
                // The chain is settled by the database: it is dead everywhere at once.
                self.unexpected("a refresh token of a session that has ended", &answer);
            }
        }
    }
}
