//! A service in memory, and short words for what tests do with it.

use chrono::TimeDelta;
use evently_auth_clock::MovableClock;
use evently_auth_domain::Auth;
use evently_auth_domain::access::Principal;
use evently_auth_domain::account::{EmailAddress, Identifier, User, Username};
use evently_auth_domain::client::{Client, UserAgent};
use evently_auth_domain::code::OneTimeCode;
use evently_auth_domain::password::{NewPassword, Password, PasswordOwner, PasswordPolicy};
use evently_auth_domain::settings::Settings;
use evently_auth_domain::usecases::{
    CreateAdmin, LogIn, LogInError, Register, RegisterError, Tokens, VerifyEmail, VerifyEmailError,
};
use evently_auth_memory::MemoryWorld;
use std::sync::Arc;

pub(crate) const PASSWORD: &str = "turning wheels by steam";

pub(crate) struct World {
    pub(crate) memory: MemoryWorld,
    pub(crate) auth: Auth,
    pub(crate) clock: MovableClock,
    /// Most tests are not about limits, which are wide.
    pub(crate) client: Client,
}

pub(crate) fn world() -> World {
    world_with(|_| {})
}

pub(crate) fn world_with(change: impl FnOnce(&mut Settings)) -> World {
    let clock = MovableClock::default();
    let mut settings = Settings::default();
    let limits = &mut settings.limits;
    for limit in [&mut limits.register, &mut limits.verify, &mut limits.resend, &mut limits.resend_address] {
        limit.max = 1_000;
    }
    change(&mut settings);
    let memory = MemoryWorld::with_settings(Arc::new(clock.clone()), settings);
    World { auth: memory.auth(), memory, clock, client: from("192.0.2.1") }
}

pub(crate) fn from(address: &str) -> Client {
    Client::new(address.parse().unwrap(), UserAgent::parse("Firefox/1.0"), "request-1")
}

pub(crate) fn with(address: &str, agent: &str) -> Client {
    Client::new(address.parse().unwrap(), UserAgent::parse(agent), "request-1")
}

pub(crate) fn email(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}@example.com")).unwrap()
}

pub(crate) fn username(name: &str) -> Username {
    Username::parse(name).unwrap()
}

pub(crate) fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

pub(crate) fn new_password(text: &str) -> NewPassword {
    NewPassword::parse(text, &PasswordPolicy::default(), PasswordOwner::default()).unwrap()
}

pub(crate) fn code(text: &str) -> OneTimeCode {
    OneTimeCode::parse(text).unwrap()
}

impl World {
    pub(crate) async fn try_register(&self, address: &str, name: &str) -> Result<User, RegisterError> {
        let new = Register {
            email: email(address),
            username: username(name),
            full_name: None,
            password: new_password(PASSWORD),
        };
        self.auth.register(new, &self.client).await
    }

    pub(crate) async fn register(&self, name: &str) -> User {
        self.try_register(name, name).await.unwrap()
    }

    /// The newest code that was mailed to an address.
    pub(crate) async fn code_for(&self, name: &str) -> OneTimeCode {
        self.auth.deliver_mails(100).await.unwrap();
        code(&self.memory.inbox().code_for(email(name).as_str()).expect("a mail with a code"))
    }

    /// What kinds of mail an address got so far, oldest first.
    pub(crate) async fn mails_to(&self, name: &str) -> Vec<&'static str> {
        self.auth.deliver_mails(100).await.unwrap();
        let mails = self.memory.inbox().to(email(name).as_str());
        mails.iter().map(|mail| mail.content.message.kind().as_str()).collect()
    }

    pub(crate) async fn try_verify(&self, name: &str, code: OneTimeCode) -> Result<(), VerifyEmailError> {
        self.auth.verify_email(VerifyEmail { email: email(name), code }, &self.client).await
    }

    /// Somebody registered and verified.
    pub(crate) async fn verified(&self, name: &str) -> User {
        let user = self.register(name).await;
        self.try_verify(name, self.code_for(name).await).await.unwrap();
        user
    }

    pub(crate) async fn try_log_in(
        &self,
        name: &str,
        text: &str,
        client: &Client,
    ) -> Result<Tokens, LogInError> {
        let login =
            LogIn { identifier: Identifier::Email(email(name)), password: password(text), devices: vec![] };
        self.auth.log_in(login, client).await.map(|signed_in| signed_in.tokens)
    }

    pub(crate) async fn log_in(&self, name: &str) -> Tokens {
        self.try_log_in(name, PASSWORD, &self.client).await.unwrap()
    }

    pub(crate) async fn principal(&self, tokens: &Tokens) -> Option<Principal> {
        self.auth.authenticate(tokens.access.expose(), &self.client).await.ok()
    }

    pub(crate) async fn is_live(&self, tokens: &Tokens) -> bool {
        self.principal(tokens).await.is_some()
    }

    /// Somebody registered, verified and signed in.
    pub(crate) async fn signed_in(&self, name: &str) -> (Tokens, Principal) {
        self.verified(name).await;
        let tokens = self.log_in(name).await;
        let principal = self.principal(&tokens).await.unwrap();
        (tokens, principal)
    }

    pub(crate) async fn admin(&self, name: &str) -> Principal {
        let new =
            CreateAdmin { email: email(name), username: username(name), password: new_password(PASSWORD) };
        self.auth.create_admin(new).await.unwrap();
        self.principal(&self.log_in(name).await).await.unwrap()
    }

    pub(crate) fn wait(&self, time: TimeDelta) {
        self.clock.advance(time);
    }
}
