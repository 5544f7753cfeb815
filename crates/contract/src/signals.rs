//! Clauses of `Signals`.

use crate::given::sid;
use crate::race;
use evently_auth_domain::account::UserId;
use evently_auth_domain::ports::{Signal, SignalListener, Signals};
use futures_util::future::BoxFuture;
use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Tests an adapter of `Signals`, given an async function that makes a fresh [`SignalsHarness`].
#[macro_export]
macro_rules! signals {
    ($fresh:expr) => {
        $crate::clauses!($fresh, signals: [
            listening_begins_with_the_state_of_the_line,
            every_instance_hears_what_is_sent,
            every_instance_has_heard_it_when_sending_ends,
            what_is_told_is_heard_as_well,
            every_listener_of_an_instance_hears_it,
            every_kind_of_signal_arrives_as_it_was,
            signals_come_in_the_order_of_the_sender,
            what_was_sent_was_heard_when_the_line_is_proven_next,
            listeners_are_called_one_at_a_time,
            a_lost_line_is_reported_and_comes_back,
            a_listener_of_a_lost_line_hears_again_when_it_is_up,
        ]);
    };
}

/// For `signals!`: two instances on one line.
pub struct SignalsHarness {
    /// An instance.
    pub one: Arc<dyn Signals>,
    /// Another one.
    pub other: Arc<dyn Signals>,
    /// Breaks the line of `other` and mends it again, as soon as this is done or before.
    pub interrupt: Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
    /// What must live as long as the line.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// What a listener was told, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Heard(Signal),
    Line(bool),
    Proven(Instant),
}

#[derive(Default)]
struct Ear {
    told: Mutex<Vec<Told>>,
    is_busy: AtomicBool,
    was_disturbed: AtomicBool,
}

impl Ear {
    fn on(signals: &Arc<dyn Signals>) -> Arc<Self> {
        let ear = Arc::new(Self::default());
        signals.listen(ear.clone());
        ear
    }

    /// One with a line that is up.
    async fn ready(signals: &Arc<dyn Signals>) -> Arc<Self> {
        let ear = Self::on(signals);
        ear.until("the line is up", |told| matches!(told.last(), Some(Told::Proven(_)))).await;
        ear
    }

    fn note(&self, told: Told) {
        if self.is_busy.swap(true, Ordering::SeqCst) {
            self.was_disturbed.store(true, Ordering::SeqCst);
        }
        self.told.lock().unwrap().push(told);
        self.is_busy.store(false, Ordering::SeqCst);
    }

    fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    fn heard(&self) -> Vec<Signal> {
        let heard = |told| if let Told::Heard(signal) = told { Some(signal) } else { None };
        self.told().into_iter().filter_map(heard).collect()
    }

    async fn until(&self, what: &str, holds: impl Fn(&[Told]) -> bool) {
        let start = Instant::now();
        while !holds(&self.told()) {
            assert!(start.elapsed() < Duration::from_secs(10), "never: {what}; told {:?}", self.told());
            sleep(Duration::from_millis(2)).await;
        }
    }

    async fn until_heard(&self, count: usize) -> Vec<Signal> {
        let heard = |told: &[Told]| told.iter().filter(|told| matches!(told, Told::Heard(_))).count();
        self.until("enough is heard", |told| heard(told) >= count).await;
        self.heard()
    }
}

impl SignalListener for Ear {
    fn heard(&self, signal: &Signal) {
        self.note(Told::Heard(signal.clone()));
    }

    fn line_changed(&self, is_up: bool) {
        self.note(Told::Line(is_up));
    }

    fn line_proven(&self, until: Instant) {
        self.note(Told::Proven(until));
    }
}

fn user(number: i64) -> Signal {
    Signal::UserChanged(UserId(number))
}

/// At once, before anything else; a line that is up is proven.
pub async fn listening_begins_with_the_state_of_the_line(given: SignalsHarness) {
    let early = Ear::on(&given.one);
    assert!(matches!(early.told().first(), Some(Told::Line(_))));
    early.until("the line is up", |told| told.contains(&Told::Line(true))).await;
    let late = Ear::on(&given.one);
    let told = late.told();
    assert_eq!(told.first(), Some(&Told::Line(true)));
    assert!(matches!(told.get(1), Some(Told::Proven(until)) if *until > Instant::now()), "{told:?}");
}

/// The sender too, once.
pub async fn every_instance_hears_what_is_sent(given: SignalsHarness) {
    let (one, other) = (Ear::ready(&given.one).await, Ear::ready(&given.other).await);
    given.one.send(&[user(1)]).await.unwrap();
    given.other.send(&[user(2)]).await.unwrap();
    for ear in [one, other] {
        assert_eq!(ear.until_heard(2).await, [user(1), user(2)]);
    }
}

/// From its first listener to the last: whoever goes there next finds it done.
pub async fn every_instance_has_heard_it_when_sending_ends(given: SignalsHarness) {
    let mut ears = vec![Ear::ready(&given.one).await];
    for _ in 0..3 {
        ears.push(Ear::ready(&given.other).await);
    }
    for number in 0..200 {
        let sender = if number % 2 == 0 { &given.one } else { &given.other };
        sender.send(&[user(number), Signal::SessionChanged(sid(1))]).await.unwrap();
        for ear in &ears {
            let told = ear.heard();
            assert!(told.ends_with(&[user(number), Signal::SessionChanged(sid(1))]), "{number}: {told:?}");
        }
    }
}

/// In its turn.
pub async fn what_is_told_is_heard_as_well(given: SignalsHarness) {
    let (one, other) = (Ear::ready(&given.one).await, Ear::ready(&given.other).await);
    given.one.tell(&[]).await.unwrap();
    given.one.tell(&[user(1), Signal::MailWaiting]).await.unwrap();
    given.one.send(&[user(2)]).await.unwrap();
    for ear in [one, other] {
        assert_eq!(ear.heard(), [user(1), Signal::MailWaiting, user(2)]);
    }
}

/// And not just the last to come.
pub async fn every_listener_of_an_instance_hears_it(given: SignalsHarness) {
    let ears = [Ear::ready(&given.other).await, Ear::ready(&given.other).await];
    given.one.send(&[user(1)]).await.unwrap();
    for ear in ears {
        assert_eq!(ear.until_heard(1).await, [user(1)]);
    }
}

/// Several in one call.
pub async fn every_kind_of_signal_arrives_as_it_was(given: SignalsHarness) {
    let ear = Ear::ready(&given.other).await;
    let signals =
        [Signal::MailWaiting, user(i64::MAX), Signal::SessionChanged(sid(1)), user(1), Signal::MailWaiting];
    given.one.send(&[]).await.unwrap();
    given.one.send(&signals).await.unwrap();
    assert_eq!(ear.until_heard(signals.len()).await, signals);
}

/// Whatever others send meanwhile.
pub async fn signals_come_in_the_order_of_the_sender(given: SignalsHarness) {
    let ear = Ear::ready(&given.other).await;
    for number in 0..100 {
        given.one.send(&[user(number)]).await.unwrap();
    }
    assert_eq!(ear.until_heard(100).await, (0..100).map(user).collect::<Vec<_>>());
}

/// Whoever relies on a proof has heard everything that was sent before it began; none is good for over a second where
/// signals can be late.
pub async fn what_was_sent_was_heard_when_the_line_is_proven_next(given: SignalsHarness) {
    let ear = Ear::ready(&given.other).await;
    for number in 0..50 {
        let before = ear.told().len();
        given.one.send(&[user(number)]).await.unwrap();
        let late = Instant::now() + Duration::from_secs(1);
        let is_heard = |told: &Told| *told == Told::Heard(user(number));
        let is_later = |told: &Told| matches!(told, Told::Proven(until) if *until > late);
        ear.until("heard or proven", |told| {
            told[before..].iter().any(|told| is_heard(told) || is_later(told))
        })
        .await;
        let first = ear.told()[before..].iter().find(|told| is_heard(told) || is_later(told)).cloned();
        assert!(first.as_ref().is_some_and(is_heard), "proven before it was heard: {first:?}");
        sleep(Duration::from_millis(7)).await;
    }
}

/// So they need no lock of their own.
pub async fn listeners_are_called_one_at_a_time(given: SignalsHarness) {
    let ear = Ear::ready(&given.other).await;
    race(64, |number| {
        let signals = if number % 2 == 0 { given.one.clone() } else { given.other.clone() };
        async move { signals.send(&[Signal::MailWaiting]).await.unwrap() }
    })
    .await;
    ear.until_heard(64).await;
    assert!(!ear.was_disturbed.load(Ordering::SeqCst));
}

/// Down before it is up, and proven when it is.
pub async fn a_lost_line_is_reported_and_comes_back(given: SignalsHarness) {
    let ear = Ear::ready(&given.other).await;
    let before = ear.told().len();
    (given.interrupt)().await;
    let lines = |told: &[Told]| {
        let line = |told: &Told| if let Told::Line(is_up) = told { Some(*is_up) } else { None };
        told[before..].iter().filter_map(line).collect::<Vec<_>>()
    };
    ear.until("down and up", |told| lines(told) == [false, true]).await;
    ear.until("proven", |told| matches!(told.last(), Some(Told::Proven(_)))).await;
}

/// As before.
pub async fn a_listener_of_a_lost_line_hears_again_when_it_is_up(given: SignalsHarness) {
    let ear = Ear::ready(&given.other).await;
    let before = ear.told().len();
    (given.interrupt)().await;
    ear.until("up again", |told| told[before..].contains(&Told::Line(true))).await;
    given.one.send(&[user(7)]).await.unwrap();
    ear.until("heard", |told| told.contains(&Told::Heard(user(7)))).await;
}
