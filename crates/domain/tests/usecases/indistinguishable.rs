//! Two worlds that differ in one thing, whether an address is taken, under every sequence of steps that a stranger can
//! make: where registrations conceal, the stranger sees the same in both.

use crate::concealment::concealing;
use crate::world::{PASSWORD, World, email, from, new_password, password, username};
use chrono::TimeDelta;
use evently_auth_domain::access::Principal;
use evently_auth_domain::account::{Identifier, User, UserId};
use evently_auth_domain::client::Client;
use evently_auth_domain::code::OneTimeCode;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::Users;
use evently_auth_domain::usecases::{
    LogIn, LogInError, Register, RegisterError, ResetPassword, ResetPasswordError, UpdateProfile,
    UpdateProfileError, VerifyEmail, VerifyEmailError,
};
use proptest::prelude::*;
use std::fmt::Debug;

/// The address that is asked about, and two others.
const ADDRESSES: [&str; 3] = ["grace", "free", "stranger"];
/// Of the owner, of the stranger's own account, and of nobody.
const NAMES: [&str; 4] = ["owner", "stranger", "one", "two"];
const PASSWORDS: [&str; 2] = [PASSWORD, "a moth in relay seventy"];

/// What a stranger can do, and what time does.
#[derive(Debug, Clone)]
enum Step {
    Register {
        address: usize,
        name: usize,
        password: usize,
    },
    LogInByAddress {
        address: usize,
        password: usize,
    },
    LogInByName {
        name: usize,
        password: usize,
    },
    Verify {
        address: usize,
    },
    Resend {
        address: usize,
    },
    Forgot {
        address: usize,
    },
    Reset {
        address: usize,
    },
    TakeName {
        name: usize,
    },
    MoveTo {
        address: usize,
    },
    Wait {
        minutes: i64,
    },
    Sweep,
    /// The owner leaves, and the address is free in both worlds.
    OwnerLeaves,
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly about the one address, so that steps meet.
    let address = prop_oneof![3 => Just(0), 1 => 1..ADDRESSES.len()];
    let (name, password) = (0..NAMES.len(), 0..PASSWORDS.len());
    prop_oneof![
        6 => (address.clone(), name.clone(), password.clone())
            .prop_map(|(address, name, password)| Step::Register { address, name, password }),
        3 => (address.clone(), password.clone())
            .prop_map(|(address, password)| Step::LogInByAddress { address, password }),
        3 => (name.clone(), password).prop_map(|(name, password)| Step::LogInByName { name, password }),
        3 => address.clone().prop_map(|address| Step::Verify { address }),
        1 => address.clone().prop_map(|address| Step::Resend { address }),
        1 => address.clone().prop_map(|address| Step::Forgot { address }),
        1 => address.clone().prop_map(|address| Step::Reset { address }),
        1 => name.prop_map(|name| Step::TakeName { name }),
        1 => address.prop_map(|address| Step::MoveTo { address }),
        1 => prop_oneof![Just(4), Just(11), Just(700), Just(1_440)].prop_map(|minutes| Step::Wait { minutes }),
        1 => Just(Step::Sweep),
        1 => Just(Step::OwnerLeaves),
    ]
}

/// A world, and a stranger with an account of the own.
struct Play {
    world: World,
    owner: UserId,
    stranger: Principal,
    client: Client,
    /// Ids in the order in which they were seen: more mails make greater ids in this store, which is no secret.
    ids: Vec<UserId>,
}

impl Play {
    /// `owner` has the address of this name.
    async fn new(owner: &str) -> Self {
        let world = concealing();
        let register = Register {
            email: email(owner),
            username: username("owner"),
            full_name: None,
            password: new_password("known to the owner alone"),
        };
        let user = world.auth.register(register, &world.client).await.unwrap();
        world.try_verify(owner, world.code_for(owner).await).await.unwrap();
        let (_, stranger) = world.signed_in("stranger").await;
        let ids = vec![stranger.user.id];
        Self { world, owner: user.id, stranger, client: from("198.51.100.7"), ids }
    }

    /// What the stranger sees of a step.
    async fn take(&mut self, step: &Step) -> String {
        self.client = from("198.51.100.7"); // a request each
        let (auth, client) = (&self.world.auth, &self.client);
        let wrong = || OneTimeCode::parse("000000").unwrap();
        let seen = match *step {
            Step::Register { address, name, password } => {
                let register = Register {
                    email: email(ADDRESSES[address]),
                    username: username(NAMES[name]),
                    full_name: None,
                    password: new_password(PASSWORDS[password]),
                };
                match auth.register(register, client).await {
                    Ok(user) => self.user(user),
                    Err(RegisterError::Taken) => "taken".to_owned(),
                    Err(other) => limited(other),
                }
            }
            Step::LogInByAddress { address, password } => {
                self.log_in(Identifier::Email(email(ADDRESSES[address])), password).await
            }
            Step::LogInByName { name, password } => {
                self.log_in(Identifier::Username(username(NAMES[name])), password).await
            }
            Step::Verify { address } => {
                let verify = VerifyEmail { email: email(ADDRESSES[address]), code: wrong() };
                match auth.verify_email(verify, client).await {
                    Err(VerifyEmailError::InvalidCode { remaining }) => format!("{remaining} left"),
                    other => limited(other),
                }
            }
            Step::Resend { address } => limited(auth.resend_code(&email(ADDRESSES[address]), client).await),
            Step::Forgot { address } => {
                limited(auth.forgot_password(&email(ADDRESSES[address]), client).await)
            }
            Step::Reset { address } => {
                let new_password = new_password(PASSWORDS[1]);
                let reset = ResetPassword { email: email(ADDRESSES[address]), code: wrong(), new_password };
                match auth.reset_password(reset, client).await {
                    Err(ResetPasswordError::InvalidCode { remaining }) => format!("{remaining} left"),
                    other => limited(other),
                }
            }
            Step::TakeName { name } => {
                let change =
                    UpdateProfile { username: Some(username(NAMES[name])), ..UpdateProfile::default() };
                self.update(change).await
            }
            Step::MoveTo { address } => {
                let change = UpdateProfile {
                    email: Some(email(ADDRESSES[address])),
                    current_password: Some(password(PASSWORD)),
                    ..UpdateProfile::default()
                };
                self.update(change).await
            }
            Step::Wait { minutes } => {
                self.world.wait(TimeDelta::minutes(minutes));
                return String::new();
            }
            Step::Sweep => {
                auth.sweep().await.unwrap();
                return String::new();
            }
            Step::OwnerLeaves => {
                self.world.memory.store().delete(self.owner, Effects::default()).await.unwrap();
                return String::new();
            }
        };
        format!("{seen}, limit {:?}", self.client.limit())
    }

    async fn log_in(&self, identifier: Identifier, number: usize) -> String {
        let login = LogIn { identifier, password: password(PASSWORDS[number]), devices: vec![] };
        match self.world.auth.log_in(login, &self.client).await {
            Ok(_) => "in".to_owned(),
            Err(LogInError::InvalidOrUnverified) => "refused".to_owned(),
            Err(other) => limited(other),
        }
    }

    async fn update(&mut self, change: UpdateProfile) -> String {
        match self.world.auth.update_profile(change, &self.stranger, &self.client).await {
            Ok(user) => self.user(user),
            Err(UpdateProfileError::Taken) => "taken".to_owned(),
            Err(other) => limited(other),
        }
    }

    fn user(&mut self, user: User) -> String {
        let place = self.ids.iter().position(|id| *id == user.id).unwrap_or_else(|| {
            assert!(self.ids.iter().all(|id| *id < user.id), "ids grow");
            self.ids.push(user.id);
            self.ids.len() - 1
        });
        format!("{:?}", User { id: UserId(place as i64), ..user })
    }

    async fn mails_to_held_names(&self) -> usize {
        self.world.auth.deliver_mails(1_000).await.unwrap();
        self.world.memory.inbox().all().iter().filter(|mail| mail.to.is_held_name()).count()
    }
}

fn limited(other: impl Debug) -> String {
    let text = format!("{other:?}");
    assert!(
        text.starts_with("RateLimited") || text.contains("Err(RateLimited") || text == "Ok(())",
        "{text}"
    );
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stranger_sees_the_same_whether_or_not_an_address_is_taken(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut taken = Play::new("grace").await;
            let mut free = Play::new("elsewhere").await;
            for (number, step) in steps.iter().enumerate() {
                let (seen, would_be_seen) = (taken.take(step).await, free.take(step).await);
                assert_eq!(seen, would_be_seen, "step {number}: {step:?}");
            }
            assert_eq!(taken.mails_to_held_names().await, 0);
        });
    }
}
