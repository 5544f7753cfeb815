//! From nothing to a proven address.

use super::account::{Codes, Earlier};
use super::letters::Kind;
use super::visit::Visit;
use super::world::Verb;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long somebody looks at the mailbox before doing something else.
const LOOKS: Duration = Duration::from_secs(6);

impl Visit<'_> {
    /// Also once more after an answer was lost: whoever registered then is replaced.
    pub(super) async fn register(&mut self) {
        let account = &self.account;
        let new = json!({
            "email": account.email,
            "username": account.username,
            "full_name": account.full_name.value,
            "password": account.password.value,
            "role": "admin", "is_verified": true, // never obeyed
        });
        let earlier = self.earlier(Kind::Verification);
        let asked = Instant::now();
        let Some(answer) = self.ask(Verb::Post, "/auth/register", None, new).await else {
            self.account.exists.doubt(true);
            self.account.perhaps_owed(Kind::Verification);
            self.account.verification.doubt();
            return self.account.lost();
        };
        let fields = ["email", "username", "full_name", "role"].map(|name| answer.text(name));
        let account = &self.account;
        let expected = [
            Some(account.email.as_str()),
            Some(&account.username),
            account.full_name.value.as_deref(),
            Some("user"),
        ];
        if answer.status != 201 || fields != expected || answer.body["is_verified"] != false {
            return self.unexpected("registration", &answer);
        }
        self.acknowledge("register");
        self.account.id = answer.body["id"].as_i64();
        self.account.exists.acknowledge(true);
        self.account.owed(Kind::Verification);
        self.account.verification.renewed(asked, earlier);
    }

    /// The codes of this kind that came so far.
    pub(super) fn earlier(&self, kind: Kind) -> Earlier {
        self.account.earlier(kind, self.world.letters.codes(&self.account.email, kind))
    }

    /// Reads the code and presents it; on the way, what must not work.
    pub(super) async fn prove_address(&mut self) {
        if self.dice.chance(15) {
            return self.log_in_unproven().await;
        }
        if self.dice.chance(15) {
            return self.resend().await;
        }
        if self.dice.chance(20) && self.account.verification.wrong == 0 {
            self.present_wrong_code().await;
            return;
        }
        let email = self.account.email.clone();
        let Some(code) = self.read_code(&email, Kind::Verification, &self.account.verification.ended).await
        else {
            // It is late, or a loss of Redis took a code that was sent: somebody in doubt asks for another.
            if self.account.verification.in_doubt.is_some() || self.dice.chance(30) {
                self.resend().await;
            }
            return;
        };
        self.present(code).await;
    }

    /// The newest code that did not end; waits a while for it.
    pub(super) async fn read_code(&self, email: &str, kind: Kind, ended: &[String]) -> Option<String> {
        let begun = Instant::now();
        while begun.elapsed() < LOOKS && !self.world.done.load(Ordering::Relaxed) {
            let code = self.world.letters.codes(email, kind).into_iter().rfind(|code| !ended.contains(code));
            if code.is_some() {
                return code;
            }
            self.rest(40).await;
        }
        None
    }

    async fn present(&mut self, code: String) {
        let proof = json!({"email": self.account.email, "otp": code});
        let Some(answer) = self.ask(Verb::Post, "/auth/verify-email", None, proof).await else {
            self.account.verified.doubt(true);
            self.account.perhaps_owed(Kind::Welcome);
            self.account.verification.doubt();
            return self.account.lost();
        };
        let must_work = self.must_work(&self.account.verification);
        let codes = &mut self.account.verification;
        codes.ended.push(code);
        match answer.status {
            200 => {
                self.account.verified.acknowledge(true);
                self.account.owed(Kind::Welcome);
                self.acknowledge("verify");
                if self.dice.chance(20) {
                    self.present_ended_code().await;
                }
            }
            400 if !must_work => {
                codes.wrong += 1;
                self.resend().await;
            }
            _ => self.unexpected("the code that was mailed", &answer),
        }
    }

    /// Whether the code that was mailed last works for sure.
    pub(super) fn must_work(&self, codes: &Codes) -> bool {
        codes.in_doubt.is_none()
            && codes.wrong < 3
            && codes.asked.is_some_and(|asked| !self.world.book.codes_may_be_lost(asked))
    }

    async fn present_wrong_code(&mut self) {
        let mailed = self.world.letters.codes(&self.account.email, Kind::Verification);
        // One that is under way is hit once in a million times.
        let guess = (0..).map(|number: u32| format!("{number:06}")).find(|guess| !mailed.contains(guess));
        self.account.verification.wrong += 1;
        self.must_be_refused(guess.unwrap_or_default()).await;
    }

    async fn present_ended_code(&mut self) {
        if let Some(code) = self.account.verification.ended.last().cloned() {
            self.account.verification.wrong += 1;
            self.must_be_refused(code).await;
        }
    }

    async fn must_be_refused(&mut self, code: String) {
        let proof = json!({"email": self.account.email, "otp": code});
        match self.ask(Verb::Post, "/auth/verify-email", None, proof).await {
            None => self.account.verification.doubt(),
            Some(answer) if answer.status == 400 => {}
            Some(answer) => self.unexpected("a code that is none", &answer),
        }
    }

    async fn resend(&mut self) {
        let earlier = self.earlier(Kind::Verification);
        let asked = Instant::now();
        let wanted = json!({"email": self.account.email});
        let Some(answer) = self.ask(Verb::Post, "/auth/resend-otp", None, wanted).await else {
            self.account.verification.doubt();
            self.account.perhaps_owed(Kind::Verification);
            return self.account.lost();
        };
        if answer.status != 200 {
            return self.unexpected("resend", &answer);
        }
        self.acknowledge("resend");
        self.account.owed(Kind::Verification);
        let codes = &mut self.account.verification;
        let before = codes.ended.len();
        codes.renewed(asked, earlier);
        if codes.ended.len() > before && self.dice.chance(30) {
            self.present_ended_code().await;
        }
    }

    async fn log_in_unproven(&mut self) {
        let login = json!({"email": self.account.email, "password": self.account.password.value});
        match self.ask(Verb::Post, "/auth/login", None, login).await {
            Some(answer) if answer.status != 403 => {
                self.unexpected("a login before the address is proven", &answer);
            }
            Some(_) | None => {}
        }
    }

    pub(super) fn nothing() -> Value {
        json!({})
    }
}
