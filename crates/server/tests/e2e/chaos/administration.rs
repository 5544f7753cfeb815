//! What an administrator does to the account, and what its owner may do as one.

use super::account::State;
use super::visit::{Done, Visit};
use super::world::{Answer, Verb};
use serde_json::{Value, json};

impl Visit<'_> {
    fn user(&self, what: &str) -> String {
        format!("/admin/users/{}{what}", self.account.id.unwrap_or_default())
    }

    /// An action on the account that has to be answered with 200; `None` leaves it in doubt.
    async fn administer(&mut self, verb: Verb, what: &str, body: Value) -> Option<Answer> {
        let path = self.user(what);
        let answer = self.ask_as_admin(verb, &path, body).await?;
        if answer.status != 200 {
            self.unexpected(&path, &answer);
            return None;
        }
        Some(answer)
    }

    pub(super) async fn deactivate(&mut self) {
        let done = if self.dice.chance(50) {
            self.administer(Verb::Post, "/deactivate", Self::nothing()).await
        } else {
            self.administer(Verb::Put, "", json!({"is_active": false})).await
        };
        let Some(answer) = done else {
            self.account.active.doubt(false);
            self.account.end_sessions(None, |_| true);
            return self.account.lost();
        };
        self.acknowledge("deactivate");
        self.account.active.acknowledge(false);
        self.account.end_sessions(Some(answer.change()), |_| true);
    }

    pub(super) async fn activate(&mut self) {
        if self.administer(Verb::Post, "/activate", Self::nothing()).await.is_none() {
            self.account.active.doubt(true);
            return self.account.lost();
        }
        self.acknowledge("activate");
        self.account.active.acknowledge(true);
    }

    pub(super) async fn delete(&mut self) {
        let Some(answer) = self.administer(Verb::Delete, "", Value::Null).await else {
            self.account.exists.doubt(false);
            self.account.end_sessions(None, |_| true);
            return self.account.lost();
        };
        self.acknowledge("delete");
        self.account.exists.acknowledge(false);
        self.account.end_sessions(Some(answer.change()), |_| true);
    }

    pub(super) async fn revoke_all_by_admin(&mut self) {
        let Some(answer) = self.administer(Verb::Delete, "/sessions", Value::Null).await else {
            self.account.end_sessions(None, |_| true);
            return self.account.lost();
        };
        self.acknowledge("revoke all");
        self.account.end_sessions(Some(answer.change()), |_| true);
    }

    /// Promotes or demotes, and tries the role at once.
    pub(super) async fn change_role(&mut self, session: usize) {
        let becomes_admin = !self.account.admin.value;
        let role = if becomes_admin { "admin" } else { "user" };
        let Some(answer) = self.administer(Verb::Put, "", json!({"role": role})).await else {
            self.account.admin.doubt(becomes_admin);
            return self.account.lost();
        };
        self.acknowledge(if becomes_admin { "promote" } else { "demote" });
        self.account.admin.acknowledge(becomes_admin);
        self.account.role_changed = Some(answer.change());
        self.use_role(session).await;
    }

    /// Asks for what only administrators get.
    pub(super) async fn use_role(&mut self, session: usize) {
        let list = self.ask_in(session, Verb::Get, "/admin/users?limit=1", Value::Null).await;
        let Done::Served(answer) = list else { return };
        let is_right = if self.account.admin.value { answer.status == 200 } else { answer.status == 403 };
        let changed = &self.account.role_changed;
        let must_know = changed
            .as_ref()
            .is_none_or(|change| self.world.book.is_known(change, answer.server, answer.sent));
        if !is_right && (must_know || ![200, 403].contains(&answer.status)) {
            let (admin, status) = (self.account.admin.value, answer.status);
            self.violation(format!(
                "the role is not obeyed by server {}: admin {admin}, {status}",
                answer.server
            ));
        }
    }

    pub(super) async fn rename(&mut self, session: usize) {
        let name = self.dice.chance(80).then(|| format!("Person {:06}", self.dice.below(1_000_000)));
        let body = json!({"full_name": name, "role": "admin", "is_active": true});
        match self.ask_in(session, Verb::Put, "/auth/me", body).await {
            Done::Lost => {
                self.account.full_name.doubt(name);
                self.account.lost();
            }
            Done::Served(answer) if answer.status == 200 && answer.text("full_name") == name.as_deref() => {
                self.acknowledge("profile");
                self.account.full_name.acknowledge(name);
                self.account.renamed = Some(answer.change());
            }
            Done::Served(answer) => self.unexpected("change of the profile", &answer),
            Done::Refused => {}
        }
    }

    /// After a write in doubt: what is true now has to be what was acknowledged, or what was in doubt. Says whether all
    /// of it is known again.
    pub(super) async fn look_again(&mut self) -> bool {
        if self.account.id.is_some() && !(self.look_at_account().await && self.look_at_password().await) {
            return false;
        }
        for session in 0..self.account.sessions.len() {
            if !matches!(self.account.sessions[session].state, State::Doubt) {
                continue;
            }
            match self.ask_in(session, Verb::Get, "/auth/me", Value::Null).await {
                Done::Served(_) => self.account.sessions[session].state = State::Alive,
                Done::Refused => {}
                Done::Lost => return false,
            }
        }
        self.account.quiet_until = None;
        true
    }

    async fn look_at_account(&mut self) -> bool {
        let path = self.user("");
        let Some(answer) = self.ask_as_admin(Verb::Get, &path, Value::Null).await else { return false };
        let exists = answer.status == 200;
        let account = &mut self.account;
        let mut wrong = Vec::new();
        let mut settle = |name: &str, fact: &mut super::account::Fact<bool>, found: bool| {
            if !fact.admits(&found) {
                wrong.push(format!("{name} is {found}"));
            }
            fact.acknowledge(found);
        };
        settle("existence", &mut account.exists, exists);
        if exists {
            settle("is_verified", &mut account.verified, answer.body["is_verified"] == true);
            settle("is_active", &mut account.active, answer.body["is_active"] == true);
            settle("administrator", &mut account.admin, answer.body["role"] == "admin");
            let name = answer.text("full_name").map(str::to_owned);
            if !account.full_name.admits(&name) {
                wrong.push(format!("full_name is {name:?}"));
            }
            account.full_name.acknowledge(name);
        }
        if !wrong.is_empty() {
            self.violation(format!("neither acknowledged nor in doubt: {}", wrong.join(", ")));
        }
        true
    }

    /// Which of the passwords in doubt is in force.
    pub(super) async fn look_at_password(&mut self) -> bool {
        let account = &self.account;
        let can_log_in = account.exists.value && account.active.value && account.verified.value;
        if account.password.maybe.is_empty() || !can_log_in {
            return true;
        }
        let doubtful: Vec<_> =
            account.password.maybe.iter().chain([&account.password.value]).cloned().collect();
        for password in &doubtful {
            let login = json!({"email": self.account.email, "password": password});
            let Some(answer) = self.ask(Verb::Post, "/auth/login", None, login).await else {
                self.account.lost_logins += 1;
                return false;
            };
            if answer.status == 200 {
                self.open(&answer);
                let others = doubtful.iter().filter(|other| *other != password).cloned();
                self.account.replaced.extend(others);
                self.account.password.acknowledge(password.clone());
                return true;
            }
        }
        self.violation("no password is in force, neither the acknowledged one nor one in doubt");
        true
    }
}
