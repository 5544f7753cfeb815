//! Proofs of an address with a code whose note is missing or no good: as a version without notes left it, or somebody
//! who can write where codes are kept.

use crate::world::{PASSWORD, World, email, password, world};
use async_trait::async_trait;
use chrono::TimeDelta;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeMac, CodeSlot, StoredCode, TakenCode};
use evently_auth_domain::code_note::SealedNote;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::Codes;
use evently_auth_domain::usecases::UpdateProfile;
use evently_auth_domain::{Auth, Ports};
use std::sync::Arc;

/// Codes that are kept with another note, or none.
struct Noted {
    codes: Arc<dyn Codes>,
    note: Option<SealedNote>,
}

#[async_trait]
impl Codes for Noted {
    async fn put(&self, slot: CodeSlot, code: Option<StoredCode>) -> Result<Option<UserId>, StoreError> {
        let code = code.map(|code| {
            assert!(code.note.is_some());
            StoredCode { note: self.note.clone(), ..code }
        });
        self.codes.put(slot, code).await
    }

    async fn check(&self, slot: CodeSlot, attempt: CodeMac) -> Result<CodeCheck, StoreError> {
        self.codes.check(slot, attempt).await
    }

    async fn restore(&self, slot: CodeSlot, taken: TakenCode) -> Result<(), StoreError> {
        self.codes.restore(slot, taken).await
    }
}

fn noted(note: Option<Vec<u8>>) -> World {
    let world = world();
    let ports = world.memory.ports();
    let codes = Noted { codes: ports.codes.clone(), note: note.map(SealedNote) };
    let ports = Ports { codes: Arc::new(codes), ..ports };
    let auth = Auth::new(ports, world.auth.settings().clone(), world.memory.keys().clone());
    World { auth, ..world }
}

#[tokio::test]
async fn a_proof_needs_no_note() {
    for note in [None, Some(Vec::new()), Some(vec![0; 100])] {
        let world = noted(note);
        let (_, principal) = world.signed_in("grace").await;
        assert_eq!(world.mails_to("grace").await.last(), Some(&"welcome"));
        let to = UpdateProfile {
            email: Some(email("hopper")),
            current_password: Some(password(PASSWORD)),
            ..UpdateProfile::default()
        };
        world.auth.update_profile(to, &principal, &world.client).await.unwrap();
        world.wait(TimeDelta::seconds(1));
        world.try_verify("hopper", world.code_for("hopper").await).await.unwrap();
        let user = world.principal(&world.log_in("hopper").await).await.unwrap().user;
        assert_eq!((user.email, user.pending_email), (email("hopper"), None));
        assert_eq!(world.mails_to("grace").await.last(), Some(&"email_changed"));
    }
}
