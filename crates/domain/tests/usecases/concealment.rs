//! Registrations that conceal whose address is taken: what happens instead of a refusal.

use crate::world::{PASSWORD, World, email, from, new_password, password, username, world_with};
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::account::{EmailAddress, Identifier, NewUser, Role, User};
use evently_auth_domain::audit::{AuditAction, AuditOutcome};
use evently_auth_domain::client::Network;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::password::{Password, PasswordHash};
use evently_auth_domain::ports::{
    AuditLog, CreatedUser, DeletedUser, HashError, PasswordHasher, PasswordVerdict, UserFilter, Users,
};
use evently_auth_domain::settings::RegistrationPrivacy;
use evently_auth_domain::usecases::admin::{AdminError, UpdateUser};
use evently_auth_domain::usecases::{LogIn, LogInError, Register, RegisterError};
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::{MemoryStore, PlainHasher};
use std::sync::Arc;

pub(crate) fn concealing() -> World {
    world_with(|settings| settings.registration_privacy = RegistrationPrivacy::Conceal)
}

/// What stands for `address` while it is taken.
fn held_name(world: &World, address: &str) -> EmailAddress {
    world.memory.keys().held_names.address(&email(address))
}

async fn holder(world: &World, address: &EmailAddress) -> Option<User> {
    let identifier = Identifier::Email(address.clone());
    world.memory.store().find_credentials(&identifier).await.unwrap().map(|found| found.user)
}

/// Why the right password does not let a username in, and how many failures are left.
async fn by_username(world: &World, name: &str) -> (LogInError, u32) {
    let client = from("198.51.100.7");
    let login = LogIn {
        identifier: Identifier::Username(username(name)),
        password: password(PASSWORD),
        devices: vec![],
    };
    (world.auth.log_in(login, &client).await.unwrap_err(), client.limit().unwrap().remaining)
}

/// Somebody verified, as other means than this client's make one.
fn verified(name: &str) -> NewUser {
    NewUser {
        email: email(name),
        username: username(&format!("{name}-verified")),
        full_name: None,
        password: PasswordHash::new("none"),
        role: Role::User,
        is_verified: true,
        claim_expires_at: None,
        replaces: None,
        at: chrono::DateTime::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn a_taken_address_gets_the_answer_of_a_free_one_for_the_same_work() {
    let world = concealing();
    world.verified("grace").await;
    let cost = async || {
        let events = world.memory.store().rows(0, 1_000).await.unwrap().len();
        world.auth.deliver_mails(100).await.unwrap();
        (events, world.memory.inbox().all().len(), world.memory.password_hasher().work())
    };
    let mut users = Vec::new();
    for (address, name) in [("free", "one"), ("grace", "two")] {
        let before = cost().await;
        users.push(world.try_register(address, name).await.unwrap());
        let after = cost().await;
        assert_eq!(after, (before.0 + 1, before.1 + 1, before.2 + 1), "event, mail, hash: {address}");
    }
    let [free, taken] = &users[..] else { panic!() };
    assert_eq!((&taken.email, &taken.username), (&email("grace"), &username("two")));
    assert!(taken.id > free.id);
    let alike =
        User { id: free.id, email: free.email.clone(), username: free.username.clone(), ..taken.clone() };
    assert_eq!(alike, *free);
    assert_eq!(world.mails_to("grace").await, ["verification_code", "welcome", "address_in_use"]);
    world.log_in("grace").await;
}

#[tokio::test]
async fn the_audit_alone_knows() {
    let world = concealing();
    let owner = world.verified("grace").await;
    world.try_register("grace", "other").await.unwrap();
    let rows = world.memory.store().rows(0, 100).await.unwrap();
    let event = &rows.last().unwrap().event;
    assert_eq!((event.action, event.outcome), (AuditAction::Registered, AuditOutcome::Failure));
    assert_eq!((event.subject, event.detail.as_deref()), (Some(owner.id), Some("taken")));
}

#[tokio::test]
async fn an_address_has_one_held_name_at_a_time() {
    let world = concealing();
    world.verified("grace").await;
    world.try_register("grace", "one").await.unwrap();
    let first = holder(&world, &held_name(&world, "grace")).await.unwrap();
    world.try_register("Grace", "two").await.unwrap();
    let second = holder(&world, &held_name(&world, "grace")).await.unwrap();
    assert_eq!((first.username, second.username.clone()), (username("one"), username("two")));
    assert!(!second.is_verified && second.claim_expires_at == Some(second.created_at + TimeDelta::hours(24)));
    assert!(matches!(world.try_register("other", "two").await, Err(RegisterError::Taken)));
    world.try_register("other", "one").await.unwrap();
    world.wait(TimeDelta::hours(24));
    assert_eq!(world.auth.sweep().await.unwrap().accounts, 2);
    world.try_register("third", "two").await.unwrap();
}

#[tokio::test]
async fn a_taken_username_is_refused_and_nobody_is_told() {
    let world = concealing();
    world.verified("grace").await;
    world.verified("ada").await;
    let mails = world.mails_to("grace").await;
    for address in ["grace", "free"] {
        assert!(matches!(world.try_register(address, "ADA").await, Err(RegisterError::Taken)), "{address}");
    }
    assert_eq!(world.mails_to("grace").await, mails);
    assert_eq!(world.mails_to("free").await, Vec::<&str>::new());
    assert_eq!(holder(&world, &held_name(&world, "grace")).await, None);
}

#[tokio::test]
async fn whoever_has_an_owner_is_concealed() {
    let world = concealing();
    let admin = world.admin("root").await;
    let inactive = world.verified("inactive").await;
    world.auth.deactivate_user(inactive.id, &admin, &world.client).await.unwrap();
    let unverified = world.verified("unverified").await;
    let set_back = UpdateUser { is_verified: Some(false), ..UpdateUser::default() };
    world.auth.update_user(unverified.id, set_back, &admin, &world.client).await.unwrap();
    for owner in [inactive, unverified] {
        let name = owner.username.as_str();
        let answer = world.try_register(name, &format!("{name}-2")).await.unwrap();
        assert_eq!((answer.email, answer.is_active, answer.is_verified), (owner.email, true, false));
        assert_eq!(world.mails_to(name).await.last(), Some(&"address_in_use"));
        assert_eq!(world.memory.store().find(owner.id).await.unwrap().unwrap().username, owner.username);
    }
}

#[tokio::test]
async fn a_never_verified_address_is_nobodys_yet() {
    let world = concealing();
    let first = world.register("grace").await;
    let second = world.try_register("grace", "hopper").await.unwrap();
    assert_eq!(world.memory.store().find(first.id).await.unwrap(), None);
    world.try_verify("grace", world.code_for("grace").await).await.unwrap();
    assert_eq!(world.principal(&world.log_in("grace").await).await.unwrap().user.id, second.id);
}

#[tokio::test]
async fn login_has_one_refusal_which_counts_as_a_failure() {
    let world = concealing();
    world.verified("grace").await;
    world.try_register("grace", "held").await.unwrap();
    world.register("free").await;
    for name in ["held", "free", "nobody"] {
        for remaining in (0..5).rev() {
            let (refused, left) = by_username(&world, name).await;
            assert!(matches!(refused, LogInError::InvalidOrUnverified), "{refused:?}");
            assert_eq!(left, remaining, "{name}");
        }
        assert!(matches!(by_username(&world, name).await, (LogInError::RateLimited(_), 0)));
    }
    let refused = world.try_log_in("grace", "wrong", &world.client).await.unwrap_err();
    assert!(matches!(refused, LogInError::InvalidOrUnverified), "{refused:?}");
    world.log_in("grace").await;
}

#[tokio::test]
async fn a_held_name_goes_with_the_next_account_of_its_address() {
    let world = concealing();
    let owner = world.verified("grace").await;
    world.try_register("grace", "one").await.unwrap();
    let gone = world.memory.store().delete(owner.id, Effects::default()).await.unwrap();
    assert_eq!(gone, DeletedUser::Deleted);
    world.try_register("grace", "two").await.unwrap();
    assert_eq!(holder(&world, &held_name(&world, "grace")).await, None);
    world.try_register("other", "one").await.unwrap();
    world.try_verify("grace", world.code_for("grace").await).await.unwrap();
    world.log_in("grace").await;
}

#[tokio::test]
async fn an_administrator_can_delete_a_held_name_and_nothing_else() {
    let world = concealing();
    let admin = world.admin("root").await;
    world.verified("grace").await;
    world.try_register("grace", "held").await.unwrap();
    let held = holder(&world, &held_name(&world, "grace")).await.unwrap();
    let everything = UpdateUser {
        email: Some(email("other")),
        is_verified: Some(true),
        role: Some(Role::Admin),
        ..UpdateUser::default()
    };
    let (auth, client) = (&world.auth, &world.client);
    for refused in [
        auth.update_user(held.id, everything, &admin, client).await.err(),
        auth.update_user(held.id, UpdateUser::default(), &admin, client).await.err(),
        auth.activate_user(held.id, &admin, client).await.err(),
        auth.deactivate_user(held.id, &admin, client).await.err(),
    ] {
        assert!(matches!(refused, Some(AdminError::HeldName)), "{refused:?}");
    }
    let rows = world.memory.store().rows(0, 1_000).await.unwrap();
    let refusals = rows.iter().filter(|row| {
        row.event.detail.as_deref().is_some_and(|detail| detail.starts_with("refused: held name"))
    });
    assert_eq!(refusals.count(), 4);
    let filter =
        UserFilter { query: None, role: None, is_active: None, is_verified: None, skip: 0, limit: 10 };
    assert!(auth.list_users(&filter, &admin, client).await.unwrap().users.contains(&held));
    auth.delete_user(held.id, &admin, client).await.unwrap();
    world.try_register("other", "held").await.unwrap();
}

/// A hasher during whose work an address changes hands.
struct Meanwhile {
    hasher: PlainHasher,
    store: MemoryStore,
    what: What,
}

#[derive(Clone)]
enum What {
    Taken(Box<NewUser>),
    Freed(User),
}

#[async_trait]
impl PasswordHasher for Meanwhile {
    async fn hash(&self, password: &Password, network: Option<Network>) -> Result<PasswordHash, HashError> {
        match self.what.clone() {
            What::Taken(by) => {
                let created = self.store.create(*by, Effects::default()).await.unwrap();
                assert!(matches!(created, CreatedUser::Created(_)));
            }
            What::Freed(owner) => drop(self.store.delete(owner.id, Effects::default()).await.unwrap()),
        }
        self.hasher.hash(password, network).await
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
        network: Option<Network>,
    ) -> Result<PasswordVerdict, HashError> {
        self.hasher.verify(password, hash, network).await
    }

    fn has_room(&self, network: Option<Network>) -> Result<(), HashError> {
        self.hasher.has_room(network)
    }
}

async fn register_meanwhile(world: &World, name: &str, what: What) -> Result<User, RegisterError> {
    let hasher = Meanwhile {
        hasher: world.memory.password_hasher().clone(),
        store: world.memory.store().clone(),
        what,
    };
    let ports = Ports { password_hasher: Arc::new(hasher), ..world.memory.ports() };
    let auth = Auth::new(ports, world.auth.settings().clone(), world.memory.keys().clone());
    let (email, username) = (email("grace"), username(name));
    let command = Register { email, username, full_name: None, password: new_password(PASSWORD) };
    auth.register(command, &world.client).await
}

#[tokio::test]
async fn an_address_may_change_hands_while_the_password_is_hashed() {
    let world = concealing();
    let answer = register_meanwhile(&world, "one", What::Taken(Box::new(verified("grace")))).await.unwrap();
    assert_eq!(answer.email, email("grace"));
    assert_eq!(world.mails_to("grace").await, ["address_in_use"]);
    let owner = holder(&world, &email("grace")).await.unwrap();
    assert_eq!(owner.username, username("grace-verified"));

    // The username belongs to the owner who leaves, as it would to anybody: free at last, and so is the address.
    let answer = register_meanwhile(&world, "grace-verified", What::Freed(owner)).await.unwrap();
    assert_eq!((answer.email, answer.username), (email("grace"), username("grace-verified")));
}

/// Nobody's mailbox is filled from many networks, and those who register notice nothing of it.
#[tokio::test]
async fn an_owner_gets_no_more_notices_than_codes() {
    let world = world_with(|settings| {
        settings.registration_privacy = RegistrationPrivacy::Conceal;
        settings.limits.resend.max = 3;
    });
    world.verified("grace").await;
    for name in ["one", "two", "three", "four", "five"] {
        world.try_register("grace", name).await.unwrap();
    }
    let notices = async || {
        let mails = world.mails_to("grace").await;
        mails.into_iter().filter(|kind| *kind == "address_in_use").count()
    };
    // The registration that made the account counted as well.
    assert_eq!(notices().await, 2);
    world.wait(TimeDelta::minutes(10));
    world.try_register("grace", "six").await.unwrap();
    assert_eq!(notices().await, 3);
}
