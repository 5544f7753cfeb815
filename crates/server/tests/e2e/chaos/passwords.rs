//! Passwords: changed, forgotten, guessed.

use super::letters::Kind;
use super::person::new_password;
use super::visit::{Done, Visit};
use super::world::Verb;
use serde_json::json;
use std::time::Instant;

impl Visit<'_> {
    pub(super) async fn change_password(&mut self, session: usize) {
        let new = new_password(self.dice);
        let body = json!({"current_password": self.account.password.value, "new_password": new});
        match self.ask_in(session, Verb::Post, "/auth/change-password", body).await {
            Done::Lost => {
                self.account.password.doubt(new);
                self.account.end_sessions(None, |index| index != session);
                self.account.perhaps_owed(Kind::PasswordChanged);
                self.account.lost();
            }
            Done::Served(answer) if answer.status == 200 => {
                self.acknowledge("change password");
                self.replace_password(new);
                self.account.end_sessions(Some(answer.change()), |index| index != session);
                self.account.owed(Kind::PasswordChanged);
            }
            Done::Served(answer) => self.unexpected("change of the password", &answer),
            Done::Refused => {}
        }
    }

    pub(super) fn replace_password(&mut self, new: String) {
        let old = std::mem::replace(&mut self.account.password.value, new);
        self.account.replaced.push(old);
        self.account.password.maybe.clear();
    }

    pub(super) async fn reset_password(&mut self) {
        let email = self.account.email.clone();
        let earlier = self.earlier(Kind::ResetCode);
        let asked = Instant::now();
        let Some(answer) = self.ask(Verb::Post, "/auth/forgot-password", None, json!({"email": email})).await
        else {
            self.account.perhaps_owed(Kind::ResetCode);
            self.account.reset.doubt();
            return self.account.lost();
        };
        if answer.status != 200 {
            return self.unexpected("forgotten password", &answer);
        }
        self.acknowledge("forgot");
        self.account.owed(Kind::ResetCode);
        self.account.reset.renewed(asked, earlier);
        let Some(code) = self.read_code(&email, Kind::ResetCode, &self.account.reset.ended).await else {
            // When it comes, it cannot be told from the next one.
            return self.account.reset.doubt();
        };
        self.account.reset.ended.push(code.clone());
        self.set_forgotten(&email, &code).await;
    }

    async fn set_forgotten(&mut self, email: &str, code: &str) {
        let new = new_password(self.dice);
        let body = json!({"email": email, "otp": code, "new_password": new});
        let Some(answer) = self.ask(Verb::Post, "/auth/reset-password", None, body).await else {
            self.account.password.doubt(new);
            self.account.end_sessions(None, |_| true);
            self.account.perhaps_owed(Kind::PasswordReset);
            self.account.reset.doubt();
            return self.account.lost();
        };
        match answer.status {
            200 => {
                self.acknowledge("reset");
                self.replace_password(new);
                self.account.end_sessions(Some(answer.change()), |_| true);
                self.account.owed(Kind::PasswordReset);
            }
            400 if !self.must_work(&self.account.reset) => {}
            _ => self.unexpected("the reset code that was mailed", &answer),
        }
    }

    /// Wrong codes and wrong passwords change nothing.
    pub(super) async fn guess(&mut self) {
        if self.dice.chance(50) {
            return self.log_in_wrongly().await;
        }
        let new = new_password(self.dice);
        let body = json!({"email": self.account.email, "otp": "000000", "new_password": new});
        let mailed = self.world.letters.codes(&self.account.email, Kind::ResetCode);
        if mailed.iter().any(|code| code == "000000") {
            return;
        }
        match self.ask(Verb::Post, "/auth/reset-password", None, body).await {
            Some(answer) if answer.status != 400 => self.unexpected("a reset with a guessed code", &answer),
            Some(_) | None => {}
        }
    }

    /// Never with the password in force, unless nobody has it in force.
    pub(super) async fn log_in_wrongly(&mut self) {
        let account = &self.account;
        let is_out = !account.exists.value || !account.active.value;
        let password = match account.replaced.last() {
            _ if is_out => account.password.value.clone(),
            Some(replaced) if self.dice.chance(60) => replaced.clone(),
            _ => format!("{} not", account.password.value),
        };
        let login = json!({"email": account.email, "password": password});
        match self.ask(Verb::Post, "/auth/login", None, login).await {
            Some(answer) if answer.status != 401 => self.unexpected("login with a dead password", &answer),
            Some(_) | None => {}
        }
    }
}
