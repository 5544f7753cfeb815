//! What administrators do to accounts.

use super::{Held, Sender};
use crate::call::{Reply, Touches};
use crate::fixtures::FIXTURES;
use crate::oracle::class::{Class, Classed, Guarded};
use crate::world::World;
use evently_auth_domain::Auth;
use evently_auth_domain::account::{Identifier, Role, UserId};
use evently_auth_domain::ports::Users;
use evently_auth_domain::usecases::admin::{AdminError, UpdateUser};
use std::rc::Rc;

/// A deed of an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Deactivate,
    DeactivateByChange,
    Activate,
    Delete,
    Demote,
    Promote,
    Revoke,
    CleanUp,
}

impl Deed {
    pub(crate) const ALL: [Self; 8] = [
        Self::Deactivate,
        Self::DeactivateByChange,
        Self::Activate,
        Self::Delete,
        Self::Demote,
        Self::Promote,
        Self::Revoke,
        Self::CleanUp,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Deactivate => "deactivate user",
            Self::DeactivateByChange => "change user to inactive",
            Self::Activate => "activate user",
            Self::Delete => "delete user",
            Self::Demote => "demote user",
            Self::Promote => "promote user",
            Self::Revoke => "revoke user's sessions",
            Self::CleanUp => "clean up sessions",
        }
    }
}

/// Of the sessions that may be ended none may be: then nothing is written. Everything else is one thing.
fn one<T>(_: T) -> u64 {
    1
}

impl World {
    /// Does it to whoever has the target's username now.
    pub(crate) async fn administer(self: &Rc<Self>, sender: Sender, held: &Held, deed: Deed, target: usize) {
        let Some(id) = self.account_of(target) else { return };
        let touches = Touches {
            people: if deed == Deed::CleanUp { Vec::new() } else { vec![target] },
            lifts: matches!(deed, Deed::Activate | Deed::Promote),
            removes: deed == Deed::Delete,
            watched: Some(sender.person),
            ..Touches::default()
        };
        let work = move |auth: Rc<Auth>, principal, client| async move {
            let update = |command| auth.update_user(id, command, &principal, &client);
            match deed {
                Deed::Deactivate => auth.deactivate_user(id, &principal, &client).await.map(one),
                Deed::DeactivateByChange => {
                    let off = UpdateUser { is_active: Some(false), ..UpdateUser::default() };
                    update(off).await.map(one)
                }
                Deed::Activate => auth.activate_user(id, &principal, &client).await.map(one),
                Deed::Delete => auth.delete_user(id, &principal, &client).await.map(one),
                Deed::Demote => {
                    update(UpdateUser { role: Some(Role::User), ..UpdateUser::default() }).await.map(one)
                }
                Deed::Promote => {
                    update(UpdateUser { role: Some(Role::Admin), ..UpdateUser::default() }).await.map(one)
                }
                Deed::Revoke => auth.revoke_user_sessions(id, &principal, &client).await,
                Deed::CleanUp => auth.cleanup_sessions(&principal, &client).await.map(one),
            }
        };
        let reply = self.guarded(deed.as_str(), sender, held, touches, work).await;
        self.conclude(sender, deed, target, id, &reply);
        if matches!(reply.answer, Some(Ok(done)) if done > 0) {
            self.expects(deed.as_str(), reply.call);
        }
    }

    fn conclude(
        &self,
        sender: Sender,
        deed: Deed,
        target: usize,
        id: UserId,
        reply: &Reply<Result<u64, Guarded<AdminError>>>,
    ) {
        let Some(class) = reply.answer.as_ref().map(Classed::class) else { return };
        let mut oracle = self.oracle.borrow_mut();
        // A refusal that cannot be written down is a failure of ours.
        let is_refusal = matches!(reply.answer, Some(Err(Guarded::UseCase(AdminError::Forbidden))));
        let is_admitted = matches!(reply.answer, Some(Ok(_) | Err(Guarded::UseCase(_))));
        let has_rights = is_admitted && !is_refusal && class != Class::Ours;
        let demoted = oracle.accounts.get(&sender.person).and_then(|account| account.demoted_since);
        if has_rights && demoted.is_some_and(|since| since < reply.began.step) {
            oracle.fails(format!("person {} administered after being demoted", sender.person));
        }
        if deed == Deed::CleanUp {
            return;
        }
        if class != Class::Ours && !(class == Class::Done && deed != Deed::Revoke) {
            oracle.left_alone(target, reply);
        }
        if class != Class::Done {
            return;
        }
        let lifted = oracle.was_lifted_after(reply.began.step, target);
        let since = Some(reply.ended.step).filter(|_| !lifted);
        match deed {
            Deed::Deactivate | Deed::DeactivateByChange => {
                oracle.ended(target, None, reply, "deactivation");
                oracle.accounts.entry(target).or_default().inactive_since = since;
            }
            Deed::Delete => {
                oracle.ended(target, None, reply, "deletion");
                oracle.accounts.entry(target).or_default().deleted.insert(id, reply.ended.step);
            }
            Deed::Revoke => oracle.ended(target, None, reply, "an administrator"),
            Deed::Demote => oracle.accounts.entry(target).or_default().demoted_since = since,
            Deed::Activate | Deed::Promote | Deed::CleanUp => {}
        }
    }

    /// The id behind a person's username, as an administrator finds it in the list.
    fn account_of(&self, person: usize) -> Option<UserId> {
        let name = Identifier::Username(FIXTURES.usernames[person].clone());
        let found = crate::fixtures::now_or_never(self.store.find_credentials(&name)).ok()?;
        found.map(|found| found.user.id)
    }
}
