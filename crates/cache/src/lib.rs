//! Sessions cached beside the store, and how several instances agree on what they are.
//!
//! What is guaranteed, for a change that goes through the decorators of one instance:
//!
//! - Its own next `find` sees it: what the instance has in its local cache is void before the call returns.
//! - So does the next `find` of every other instance: before the call returns, what is shared in Redis is forgotten, and
//!   every instance that listens has said that it heard the signal. (A login, a rotation and a plain use are told to
//!   nobody, for nobody is refused by them: elsewhere an account's `last_login` may be five seconds old.)
//! - An entry that was loading while a signal came is void: entries carry the moment at which their load began, and count
//!   for nothing once something newer was heard about the session or its owner.
//! - Nothing is answered from a cache while the line of signals is down, or not proven within the last second. What was
//!   cached before it was lost stays void. What is shared in Redis is not read for the first five seconds of a new line: a
//!   Redis that came back with old data has none of that age left then.
//! - Whatever goes wrong, no entry is used for longer than five seconds after its load from the database began.
//!
//! What remains: when an instance commits a change and is killed before it tells, when it alone is cut off from Redis, or
//! when the telling takes over half a second, others may be behind for those five seconds. Telling is tried for as
//! long. A caller that goes away ends neither the change nor the telling. Nobody waits longer for one that keeps silent;
//! a second after it stopped listening its line is not proven any more.
//!
//! What is cached only ever admits. A refusal asks the store (`Sessions::find_fresh`), and so does each step of the
//! refresh chain: the store settles it.
//!
//! Only sessions that admit are cached, and none of an account that never was verified: such accounts are replaced and
//! swept without a name by which others could be told.

mod announcer;
mod local;
mod notices;
mod outbox;
mod sessions;
mod users;

use announcer::Announcer;
use evently_auth_domain::ports::{Outbox, SessionCache, Sessions, Signals, Users};
use local::LocalCache;
use outbox::NotifyingOutbox;
use sessions::CachedSessions;
use std::sync::Arc;
use std::time::Duration;
use users::NotifyingUsers;

/// No entry is used for longer after its load from the database began.
const LIFE: Duration = Duration::from_secs(5);

/// The ports whose changes others want to know of.
#[derive(Clone)]
pub struct Stores {
    /// Accounts.
    pub users: Arc<dyn Users>,
    /// Sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Waiting mails.
    pub outbox: Arc<dyn Outbox>,
}

/// Puts the cache in front of `stores`, and tells over `signals` what changes in them and that mails wait. With a
/// `session_cache` instances also share what they loaded.
///
/// Every process that changes accounts or sessions has to do so through such a decorator, be it one that never reads.
pub fn decorate(
    stores: Stores,
    signals: Arc<dyn Signals>,
    session_cache: Option<Arc<dyn SessionCache>>,
) -> Stores {
    let local = Arc::new(LocalCache::new());
    signals.listen(local.clone());
    let announcer = Announcer::new(local.clone(), signals, session_cache.clone());
    Stores {
        users: Arc::new(NotifyingUsers { inner: stores.users, announcer: announcer.clone() }),
        sessions: Arc::new(CachedSessions {
            inner: stores.sessions,
            announcer: announcer.clone(),
            local,
            shared: session_cache,
        }),
        outbox: Arc::new(NotifyingOutbox { inner: stores.outbox, announcer }),
    }
}
