//! What a signed-in person does about the own account: password, profile, sessions.

use super::{Held, Sender};
use crate::call::Touches;
use crate::fixtures::FIXTURES;
use crate::oracle::class::{Class, Guarded};
use crate::oracle::codes::Slot;
use crate::oracle::limits::Key;
use crate::world::World;
use evently_auth_domain::Auth;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::code::Purpose;
use evently_auth_domain::session::Session;
use evently_auth_domain::usecases::{ChangePassword, UpdateProfile};
use std::rc::Rc;

impl World {
    /// Changes the password, knowing the current one or not.
    pub(crate) async fn change_password(
        self: &Rc<Self>,
        sender: Sender,
        held: &Held,
        current: usize,
        new: usize,
    ) {
        let person = sender.person;
        let touches =
            Touches { people: vec![person], limits: self.password_limit(held, false), ..Touches::default() };
        let command = ChangePassword {
            current: FIXTURES.passwords[current].as_password().clone(),
            new: FIXTURES.passwords[new].clone(),
        };
        let work = |auth: Rc<Auth>, principal, client| async move {
            auth.change_password(command, &principal, &client).await
        };
        let reply = self.guarded("change password", sender, held, touches, work).await;
        let Some(class) = Self::class_of(&reply) else { return };
        let mut oracle = self.oracle.borrow_mut();
        match class {
            Class::Done => {
                oracle.spares(&held.sid, reply.call);
                oracle.password_set(person, new, &reply);
                oracle.ended(person, Some(&held.sid), &reply, "a change of the password");
            }
            Class::Ours => {}
            _ => oracle.left_alone(person, &reply),
        }
        drop(oracle);
        if class == Class::Done {
            self.expects("change password", reply.call);
        }
    }

    /// Asks to move to another address.
    pub(crate) async fn move_to(
        self: &Rc<Self>,
        sender: Sender,
        held: &Held,
        address: &EmailAddress,
        password: usize,
    ) {
        let slot = Slot::new(Purpose::VerifyEmail, address);
        let owner = FIXTURES.addresses.iter().find_map(|all| all.iter().position(|one| one == address));
        if owner != Some(sender.person) {
            self.oracle.borrow_mut().slots.entry(slot.clone()).or_default().is_crossed = true;
        }
        let touches = Touches {
            people: vec![sender.person],
            slots: vec![slot],
            // The own address needs no password.
            limits: self.password_limit(held, true),
            issues: true,
            ..Touches::default()
        };
        let command = UpdateProfile {
            email: Some(address.clone()),
            current_password: Some(FIXTURES.passwords[password].as_password().clone()),
            ..UpdateProfile::default()
        };
        let work = |auth: Rc<Auth>, principal, client| async move {
            auth.update_profile(command, &principal, &client).await
        };
        let reply = self.guarded("ask to move", sender, held, touches, work).await;
        if reply.answer.is_some() {
            self.oracle.borrow_mut().left_alone(sender.person, &reply);
        }
        // The own address calls off what was asked for before.
        if let Some(Ok(user)) = &reply.answer
            && user.pending_email.as_ref() == Some(address)
        {
            self.expects("ask to move", reply.call);
        }
    }

    /// The sessions that the person sees.
    pub(crate) async fn list(self: &Rc<Self>, sender: Sender, held: &Held) -> Vec<Session> {
        let touches = Touches { watched: Some(sender.person), ..Touches::default() };
        let work = |auth: Rc<Auth>, principal, _| async move { auth.list_sessions(&principal).await };
        let reply = self.guarded("list sessions", sender, held, touches, work).await;
        reply.answer.and_then(Result::ok).unwrap_or_default()
    }

    /// Ends one session.
    pub(crate) async fn revoke(self: &Rc<Self>, sender: Sender, held: &Held, target: &Session) {
        let id = target.id;
        let touches = Touches { people: vec![sender.person], ..Touches::default() };
        let work = move |auth: Rc<Auth>, principal, client| async move {
            auth.revoke_session(id, &principal, &client).await
        };
        let reply = self.guarded("revoke session", sender, held, touches, work).await;
        let Some(class) = Self::class_of(&reply) else { return };
        let mut oracle = self.oracle.borrow_mut();
        oracle.left_alone(sender.person, &reply);
        // Not found is over as well, for it was the caller's own.
        let is_over = class == Class::Done
            || matches!(reply.answer, Some(Err(Guarded::UseCase(_)))) && class == Class::Refused;
        if let Some(session) = oracle.sessions.get_mut(target.sid.as_str()).filter(|_| is_over) {
            session.ends(reply.ended.step, "being revoked");
        }
        drop(oracle);
        if class == Class::Done {
            self.expects("revoke session", reply.call);
        }
    }

    /// Ends all other sessions.
    pub(crate) async fn revoke_others(self: &Rc<Self>, sender: Sender, held: &Held) {
        let touches = Touches { people: vec![sender.person], ..Touches::default() };
        let work = |auth: Rc<Auth>, principal, client| async move {
            auth.revoke_other_sessions(&principal, &client).await
        };
        let reply = self.guarded("revoke other sessions", sender, held, touches, work).await;
        let Some(class) = Self::class_of(&reply) else { return };
        let mut oracle = self.oracle.borrow_mut();
        oracle.left_alone(sender.person, &reply);
        if class == Class::Done {
            oracle.ended(sender.person, Some(&held.sid), &reply, "the revocation of all others");
        }
        drop(oracle);
        if matches!(reply.answer, Some(Ok(ended)) if ended > 0) {
            self.expects("revoke other sessions", reply.call);
        }
    }

    fn password_limit(&self, held: &Held, is_optional: bool) -> Vec<Key> {
        let user = self.tokens.claims(&held.access).map_or(0, |claims| claims.user_id.0);
        let key = Key::new("password", &user, self.instances[0].settings().limits.password);
        vec![Key { has_fallback: true, is_optional, ..key }]
    }
}
