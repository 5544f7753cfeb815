//! What people and workers do: a request, and what the oracle makes of its answer.

pub(crate) mod administering;
pub(crate) mod proving;
pub(crate) mod signing_in;
pub(crate) mod tending;
pub(crate) mod working;

use crate::call::{Reply, Touches};
use crate::oracle::class::{Class, Classed, Guarded};
use crate::trace::Event;
use crate::world::World;
use evently_auth_domain::Auth;
use evently_auth_domain::access::Principal;
use evently_auth_domain::client::Client;
use evently_auth_domain::usecases::AuthenticateError;
use std::rc::Rc;

/// Requests that give up when an address or an account changes under their hands again and again.
const CONTENDED: [&str; 5] =
    ["register", "resend code", "change user to inactive", "demote user", "promote user"];

/// Who sends a request, and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender {
    /// Whose account it is about.
    pub(crate) person: usize,
    /// The last byte of the address.
    pub(crate) host: u8,
}

/// What a client keeps of a sign-in.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) sid: String,
    pub(crate) generation: i64,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl World {
    /// Judges an answer by what is true of every answer.
    pub(crate) fn judge<T: Classed>(&self, reply: &Reply<T>) -> Option<Class> {
        let (back, limits_failed) = {
            let state = self.gate.state();
            (state.back, state.limits_failed)
        };
        let mut oracle = self.oracle.borrow_mut();
        (oracle.back, oracle.limits_failed) = (back, limits_failed);
        let class = reply.answer.as_ref()?.class();
        let what = oracle.calls.get(&reply.call).map_or("", |call| call.what);
        self.gate.note(reply.call, Event::Answered(what, class.as_str()));
        if reply.faults.store && matches!(class, Class::Invalid | Class::Denied) {
            oracle.fails(format!("{what} answered \"{}\" for a failure of ours", class.as_str()));
        }
        if class == Class::Ours && !reply.faults.store && !limits_failed && !CONTENDED.contains(&what) {
            oracle.fails(format!("{what} failed although nothing had"));
        }
        oracle.tally(reply.call, class, reply.began, reply.ended);
        if let Some(call) = oracle.calls.get_mut(&reply.call) {
            call.class = Some(class);
        }
        Some(class)
    }

    /// A request with an access token.
    pub(crate) async fn guarded<T: 'static, E: Classed + 'static, F>(
        self: &Rc<Self>,
        what: &'static str,
        sender: Sender,
        held: &Held,
        touches: Touches,
        work: impl FnOnce(Rc<Auth>, Principal, Client) -> F + 'static,
    ) -> Reply<Result<T, Guarded<E>>>
    where
        F: Future<Output = Result<T, E>> + 'static,
    {
        let token = held.access.clone();
        let claims = self.tokens.claims(&token);
        self.oracle.borrow_mut().uses(&held.sid);
        let reply = self
            .request(what, sender.host, touches, |auth, client| async move {
                let principal = auth.authenticate(&token, &client).await.map_err(Guarded::Token)?;
                work(auth, principal, client).await.map_err(Guarded::UseCase)
            })
            .await;
        self.judge(&reply);
        let is_in = match &reply.answer {
            None | Some(Err(Guarded::Token(AuthenticateError::Store(_)))) => None,
            Some(Err(Guarded::Token(AuthenticateError::InvalidToken))) => Some(false),
            Some(Ok(_) | Err(Guarded::UseCase(_))) => Some(true),
        };
        let mut oracle = self.oracle.borrow_mut();
        if let (Some(claims), Some(is_in)) = (claims, is_in) {
            oracle.authenticated(&claims, is_in, reply.began, reply.ended);
        }
        if reply.answer.is_some() {
            oracle.used(&held.sid, reply.ended);
        }
        drop(oracle);
        reply
    }

    /// What is known of a request's answer.
    pub(crate) fn class_of<T: Classed>(reply: &Reply<T>) -> Option<Class> {
        reply.answer.as_ref().map(Classed::class)
    }
}
