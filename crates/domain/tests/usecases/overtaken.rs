//! Requests for one address at once: whichever code is kept last, the newest that was mailed works.

use crate::concealment::concealing;
use crate::world::{PASSWORD, World, email, new_password, username, world};
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_clock::MovableClock;
use evently_auth_domain::account::UserId;
use evently_auth_domain::client::Client;
use evently_auth_domain::code::{CodeCheck, CodeMac, CodeSlot, StoredCode, TakenCode};
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{AuditLog, Codes, Outbox};
use evently_auth_domain::usecases::Register;
use evently_auth_domain::{Auth, Ports};
use std::sync::{Arc, Mutex};

/// Codes that somebody else registers before, each time that one is put while there is somebody left.
struct Overtaken {
    codes: Arc<dyn Codes>,
    faster: Mutex<Vec<Register>>,
    auth: Auth,
    clock: MovableClock,
    client: Client,
}

#[async_trait]
impl Codes for Overtaken {
    async fn put(&self, slot: CodeSlot, code: Option<StoredCode>) -> Result<Option<UserId>, StoreError> {
        let faster = self.faster.lock().unwrap().pop();
        if let Some(faster) = faster {
            self.auth.register(faster, &self.client).await.unwrap();
            self.clock.advance(TimeDelta::seconds(1)); // so that the newest mail is the newest
        }
        self.codes.put(slot, code).await
    }

    async fn check(&self, slot: CodeSlot, attempt: CodeMac) -> Result<CodeCheck, StoreError> {
        self.codes.check(slot, attempt).await
    }

    async fn restore(&self, slot: CodeSlot, taken: TakenCode) -> Result<(), StoreError> {
        self.codes.restore(slot, taken).await
    }
}

fn registration(name: &str) -> Register {
    let password = new_password(PASSWORD);
    Register { email: email("grace"), username: username(name), full_name: None, password }
}

/// The service, on which those of `names` register the same address between a request and its code, the last one first.
fn overtaken(world: &World, names: &[&str]) -> Auth {
    let ports = world.memory.ports();
    let codes = Overtaken {
        codes: ports.codes.clone(),
        faster: Mutex::new(names.iter().map(|name| registration(name)).collect()),
        auth: world.auth.clone(),
        clock: world.clock.clone(),
        client: world.client.clone(),
    };
    let ports = Ports { codes: Arc::new(codes), ..ports };
    Auth::new(ports, world.auth.settings().clone(), world.memory.keys().clone())
}

/// The newest code proves the address, and the account is that of the one who registered last.
async fn the_newest_code_is_for(world: &World, name: &str) {
    world.try_verify("grace", world.code_for("grace").await).await.unwrap();
    let principal = world.principal(&world.log_in("grace").await).await.unwrap();
    assert_eq!(principal.user.username, username(name));
}

#[tokio::test]
async fn of_two_registrations_the_newest_code_works() {
    let world = world();
    overtaken(&world, &["faster"]).register(registration("slower"), &world.client).await.unwrap();
    assert_eq!(world.mails_to("grace").await.len(), 3);
    the_newest_code_is_for(&world, "faster").await;
}

#[tokio::test]
async fn a_code_that_was_asked_for_before_a_registration_is_for_its_account() {
    for names in [&["faster"][..], &["fastest", "faster"]] {
        for is_registered in [false, true] {
            let world = world();
            if is_registered {
                world.register("grace").await;
            }
            overtaken(&world, names).resend_code(&email("grace"), &world.client).await.unwrap();
            the_newest_code_is_for(&world, names[0]).await;
        }
    }
}

#[tokio::test]
async fn an_address_that_never_rests_is_a_failure_of_ours() {
    let world = world();
    let overtaken = overtaken(&world, &["fourth", "third", "second", "first"]);
    assert!(overtaken.resend_code(&email("grace"), &world.client).await.is_err());
}

/// What a race leaves behind is as much as anybody could see of it.
#[tokio::test]
async fn a_race_for_a_taken_address_is_like_one_for_a_free_address() {
    let mut left = Vec::new();
    for is_taken in [false, true] {
        let world = concealing();
        if is_taken {
            world.verified("grace").await;
        }
        let count = async || {
            let mails = Outbox::list(world.memory.store(), None, 1_000).await.unwrap().len();
            (mails, AuditLog::rows(world.memory.store(), 0, 1_000).await.unwrap().len())
        };
        let before = count().await;
        overtaken(&world, &["faster"]).register(registration("slower"), &world.client).await.unwrap();
        let after = count().await;
        left.push((after.0 - before.0, after.1 - before.1));
    }
    assert_eq!(left, [(3, 3), (3, 3)]);
}
