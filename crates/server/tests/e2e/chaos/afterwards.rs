//! What is known of an account, held against the service when everything is served again.

use super::account::State;
use super::visit::Visit;
use super::world::{Answer, Ask, Verb};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many of the passwords that were replaced are tried.
const REPLACED: usize = 2;

impl Visit<'_> {
    /// Every token and every password.
    pub(super) async fn hold_to_account(&mut self) {
        for session in 0..self.account.sessions.len() {
            self.hold_session(session).await;
        }
        self.hold_passwords().await;
    }

    async fn hold_session(&mut self, session: usize) {
        let mut let_in = BTreeSet::new();
        for server in 0..self.world.bases.len() {
            let token = self.account.sessions[session].access.clone();
            let Some(answer) = self.ask_at(server, Verb::Get, "/auth/me", Some(&token), Value::Null).await
            else {
                return self.violation("no answer although nothing is broken");
            };
            let_in.insert(self.judge(session, &answer, "at the end"));
        }
        if let_in.len() > 1 {
            self.violation(format!("servers disagree on session {}", self.account.sessions[session].sid()));
        }
        let known = &self.account.sessions[session];
        let body = json!({"refresh_token": known.refresh});
        let must_work = !matches!(known.state, State::Dead(_));
        let Some(answer) = self.ask_at(0, Verb::Post, "/auth/refresh", None, body).await else {
            return self.violation("no answer although nothing is broken");
        };
        if (answer.status == 200) != must_work {
            self.unexpected("the last refresh token of a session, at the end", &answer);
        }
    }

    async fn hold_passwords(&mut self) {
        let account = &self.account;
        let expected = match (account.exists.value && account.active.value, account.verified.value) {
            (false, _) => 401,
            (true, false) => 403,
            (true, true) => 200,
        };
        let possible: Vec<_> =
            [&account.password.value].into_iter().chain(&account.password.maybe).cloned().collect();
        let replaced: Vec<_> = account.replaced.iter().rev().take(REPLACED).cloned().collect();
        let mut statuses = Vec::new();
        for password in &possible {
            statuses.push(self.log_in_at_the_end(password).await);
        }
        // Of those in doubt one is in force, and it is answered as the account is.
        statuses.sort_unstable_by_key(|status| *status == 401);
        let rest_is_dead = statuses.iter().skip(1).all(|status| *status == 401);
        if statuses.first() != Some(&expected) || !rest_is_dead {
            self.violation(format!(
                "logins with the passwords that may be in force: {statuses:?}, not {expected}"
            ));
        }
        for password in &replaced {
            let status = self.log_in_at_the_end(password).await;
            if status != 401 {
                self.violation(format!("a replaced password at the end: {status}"));
            }
        }
    }

    async fn log_in_at_the_end(&mut self, password: &str) -> u16 {
        let login = json!({"email": self.account.email, "password": password});
        let server = self.dice.index(self.world.bases.len());
        let answer = self.ask_at(server, Verb::Post, "/auth/login", None, login).await;
        answer.map_or(0, |answer| answer.status)
    }

    async fn ask_at(
        &mut self,
        server: usize,
        verb: Verb,
        path: &str,
        token: Option<&str>,
        body: Value,
    ) -> Option<Answer> {
        let ask = Ask { verb, path: format!("/api/v1{path}"), token, body, from: &self.account.from };
        self.world.ask_server(server, ask).await
    }
}
