//! Instances over one store in memory.

use crate::watched::Watched;
use chrono::TimeDelta;
use evently_auth_cache::{Stores, decorate};
use evently_auth_clock::MovableClock;
use evently_auth_contract::given;
use evently_auth_domain::account::User;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{
    CreatedUser, Opened, SessionCache, Sessions, Signals, UnchangedPassword, Users,
};
use evently_auth_domain::session::{LiveSession, Sid};
use evently_auth_domain::settings::Settings;
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::{MemorySessionCache, MemorySignals, MemoryStore, MemoryWorld};
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct World {
    pub(crate) clock: MovableClock,
    pub(crate) memory: MemoryWorld,
    pub(crate) cache: MemorySessionCache,
    signals: MemorySignals,
}

/// One of several servers.
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) stores: Stores,
    pub(crate) watched: Arc<Watched>,
    pub(crate) signals: MemorySignals,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_settings(Settings::default())
    }

    pub(crate) fn with_settings(settings: Settings) -> Self {
        let clock = MovableClock::default();
        Self {
            memory: MemoryWorld::with_settings(Arc::new(clock.clone()), settings),
            cache: MemorySessionCache::new(Arc::new(clock.clone())),
            signals: MemorySignals::default(),
            clock,
        }
    }

    pub(crate) fn store(&self) -> &MemoryStore {
        self.memory.store()
    }

    /// One without a shared cache.
    pub(crate) fn instance(&self) -> Instance {
        self.made(self.signals.instance(), None)
    }

    /// One with a shared cache, which it uses when it is five seconds old.
    pub(crate) fn sharing_instance(&self) -> Instance {
        self.made(self.signals.instance(), Some(Arc::new(self.cache.clone())))
    }

    /// One that hears nobody, and is heard by nobody.
    pub(crate) fn deaf_instance(&self) -> Instance {
        self.made(MemorySignals::default(), None)
    }

    fn made(&self, signals: MemorySignals, cache: Option<Arc<dyn SessionCache>>) -> Instance {
        let watched = Arc::new(Watched::new(self.store().clone()));
        let plain = Stores {
            users: Arc::new(self.store().clone()),
            sessions: watched.clone(),
            outbox: Arc::new(self.store().clone()),
        };
        let heard: Arc<dyn Signals> = Arc::new(signals.clone());
        Instance { stores: decorate(plain, heard, cache), watched, signals }
    }

    /// Every use case on an instance.
    pub(crate) fn auth(&self, instance: &Instance) -> Auth {
        let Stores { users, sessions, outbox } = instance.stores.clone();
        let ports = Ports { users, sessions, outbox, ..self.memory.ports() };
        Auth::new(ports, self.memory.settings().clone(), self.memory.keys().clone())
    }

    /// An account with a session of this number.
    pub(crate) async fn signed_in(&self, name: &str, number: usize) -> LiveSession {
        let created = self.store().create(given::user(name), Effects::default()).await.unwrap();
        let CreatedUser::Created(user) = created else { panic!("the name is free") };
        self.session(&user, number).await
    }

    /// A session of this number.
    pub(crate) async fn session(&self, user: &User, number: usize) -> LiveSession {
        let password = UnchangedPassword { verified: given::password(), rehashed: None };
        let opened = self.store().open(given::session(user, number), password, Effects::default()).await;
        let Opened::Opened(live) = opened.unwrap() else { panic!("it may sign in") };
        live
    }

    /// What the store says.
    pub(crate) async fn truth(&self, sid: &Sid) -> Option<LiveSession> {
        Sessions::find(self.store(), sid).await.unwrap()
    }

    /// Waits until every instance uses the shared cache; the runtime's time has to be paused.
    pub(crate) async fn until_shared(&self) {
        self.pass(Duration::from_millis(5_100)).await;
    }

    /// Lets time pass for everybody; the runtime's has to be paused.
    pub(crate) async fn pass(&self, time: Duration) {
        self.clock.advance(TimeDelta::from_std(time).unwrap());
        tokio::time::advance(time).await;
    }
}

impl Instance {
    pub(crate) async fn find(&self, sid: &Sid) -> Option<LiveSession> {
        self.stores.sessions.find(sid).await.unwrap()
    }

    /// Has it cached.
    pub(crate) async fn warm(&self, sid: &Sid) {
        self.find(sid).await;
        let before = self.watched.finds();
        self.find(sid).await;
        assert_eq!(self.watched.finds(), before, "it is cached");
    }

    pub(crate) fn users(&self) -> &dyn Users {
        self.stores.users.as_ref()
    }
}
