//! Login, use, refresh and logout.

use super::{Held, Sender};
use crate::call::Touches;
use crate::fixtures::{FIXTURES, NEWCOMERS};
use crate::oracle::class::{Class, Classed};
use crate::oracle::limits::Key;
use crate::world::World;
use evently_auth_domain::account::Identifier;
use evently_auth_domain::device::PresentedDevice;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::usecases::{LogIn, SignedIn, Tokens};
use std::rc::Rc;

impl World {
    /// Signs a person in with one of the passwords.
    pub(crate) async fn log_in(self: &Rc<Self>, sender: Sender, password: usize) -> Option<Held> {
        let Sender { person, host } = sender;
        let identifier = if self.chance(800) {
            Identifier::Username(FIXTURES.usernames[person].clone())
        } else {
            Identifier::Email(FIXTURES.addresses[0][person].clone())
        };
        let by_name = matches!(identifier, Identifier::Username(_));
        // A device that is known has a budget of its own; what it is good for is attacked elsewhere.
        let device = self.devices.borrow().get(&person).cloned().filter(|_| self.chance(300));
        let presented = device.as_deref().and_then(PresentedDevice::parse);
        let is_stranger = presented.is_none();
        let command = LogIn {
            identifier,
            password: FIXTURES.passwords[password].as_password().clone(),
            devices: presented.into_iter().collect(),
        };
        // An address may be another person's by now, and a device may be none of this account: such a login may count in
        // anybody's budget, or in none.
        let is_optional = !by_name || !is_stranger;
        let limit = self.instances[0].settings().limits.login;
        let budget = |whose: usize| {
            let key = Key::new("login", &format!("{whose}|{host}"), limit);
            Key { failures: true, account_of: Some(whose), has_fallback: true, is_optional, ..key }
        };
        let budgets = if is_optional { 0..NEWCOMERS } else { person..person + 1 };
        let limits = budgets.map(budget).collect();
        let touches = Touches { watched: Some(person), limits, ..Touches::default() };
        let work =
            |auth: Rc<evently_auth_domain::Auth>, client| async move { auth.log_in(command, &client).await };
        let reply = self.request("log in", host, touches, work).await;
        let class = self.judge(&reply)?;
        if class == Class::Done {
            self.expects("log in", reply.call);
        }
        let mut oracle = self.oracle.borrow_mut();
        if by_name {
            oracle.login_answered(person, password, class, &reply);
        }
        let SignedIn { tokens, device } = reply.answer.as_ref()?.as_ref().ok()?;
        self.devices.borrow_mut().insert(person, device.expose().to_owned());
        let held = self.held(tokens)?;
        let claims = self.tokens.claims(&held.access)?;
        if claims.username != FIXTURES.usernames[person] {
            // Somebody else moved to the address, and has the same password.
            return None;
        }
        oracle.opened(person, password, tokens, &claims, &reply);
        Some(held)
    }

    /// Uses an access token for nothing in particular.
    pub(crate) async fn look(self: &Rc<Self>, sender: Sender, held: &Held) {
        let touches = Touches { watched: Some(sender.person), ..Touches::default() };
        let work = |_, _, _| async { Ok::<(), StoreError>(()) };
        self.guarded("look", sender, held, touches, work).await;
    }

    /// Trades a refresh token for its successor; nothing when the client has to sign in again. A client that heard
    /// nothing, or of a failure of ours, keeps what it has.
    pub(crate) async fn refresh(self: &Rc<Self>, sender: Sender, held: Held) -> Option<Held> {
        let touches =
            Touches { watched: Some(sender.person), chain: Some(held.sid.clone()), ..Touches::default() };
        self.oracle.borrow_mut().uses(&held.sid);
        let token = held.refresh.clone();
        let work =
            |auth: Rc<evently_auth_domain::Auth>, client| async move { auth.refresh(&token, &client).await };
        let reply = self.request("refresh", sender.host, touches, work).await;
        let Some(class) = self.judge(&reply) else { return Some(held) };
        let tokens = reply.answer.as_ref().and_then(|answer| answer.as_ref().ok());
        let next = tokens.and_then(|tokens| self.held(tokens));
        let claims = next.as_ref().and_then(|next| self.tokens.claims(&next.access));
        let successor = tokens.zip(claims.as_ref());
        let mut oracle = self.oracle.borrow_mut();
        oracle.refreshed(&held.sid, held.generation, successor, class, &reply);
        oracle.used(&held.sid, reply.ended);
        drop(oracle);
        match class {
            Class::Done => next,
            Class::Invalid => None,
            _ => Some(held),
        }
    }

    /// Ends the session behind a token.
    pub(crate) async fn log_out(self: &Rc<Self>, sender: Sender, held: &Held) {
        let touches = Touches { people: vec![sender.person], ..Touches::default() };
        let work = |auth: Rc<evently_auth_domain::Auth>, principal, client| async move {
            auth.log_out(&principal, &client).await
        };
        let reply = self.guarded("log out", sender, held, touches, work).await;
        let mut oracle = self.oracle.borrow_mut();
        if reply.answer.is_some() {
            oracle.left_alone(sender.person, &reply);
        }
        let is_done = reply.answer.as_ref().map(Classed::class) == Some(Class::Done);
        let ended_it = is_done && oracle.was_ended_by(&held.sid, &reply);
        if let Some(session) = oracle.sessions.get_mut(&held.sid).filter(|_| is_done) {
            session.ends(reply.ended.step, "a logout");
        }
        drop(oracle);
        if ended_it {
            self.expects("log out", reply.call);
        }
    }

    fn held(&self, tokens: &Tokens) -> Option<Held> {
        let claims = self.tokens.claims(tokens.access.expose())?;
        Some(Held {
            sid: claims.sid.to_string(),
            generation: claims.generation.0,
            access: tokens.access.expose().to_owned(),
            refresh: tokens.refresh.expose().to_owned(),
        })
    }
}
