//! A request on an instance: it may be cut off by the death of its instance, or outlive its client.

use crate::gate::{Faults, Moment};
use crate::trace::Event;
use crate::world::World;
use evently_auth_domain::Auth;
use evently_auth_domain::client::Client;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// What a client knows when its request is over.
pub(crate) struct Reply<T> {
    pub(crate) call: u32,
    /// Nothing, when the connection broke.
    pub(crate) answer: Option<T>,
    pub(crate) began: Moment,
    pub(crate) ended: Moment,
    pub(crate) faults: Faults,
}

/// A request that an instance works on; nothing comes of it when the instance dies.
struct Running<T> {
    work: Pin<Box<dyn Future<Output = T>>>,
    world: Rc<World>,
    call: u32,
    instance: usize,
    life: u64,
}

impl<T> Future for Running<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let gate = self.world.gate.clone();
        if gate.life_of(self.instance) != self.life {
            self.world.oracle.borrow_mut().is_over(self.call, gate.now());
            return Poll::Ready(None);
        }
        gate.enter(self.call, self.instance);
        let polled = self.work.as_mut().poll(context);
        gate.enter(0, 0);
        polled.map(|answer| {
            self.world.oracle.borrow_mut().is_over(self.call, gate.now());
            Some(answer)
        })
    }
}

/// A client that waits for its answer, unless it goes away.
struct Waiting<T>(Option<Running<T>>);

impl<T: 'static> Future for Waiting<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(mut running) = self.0.take() else { return Poll::Ready(None) };
        if running.world.hangs_up(running.call) {
            let world = running.world.clone();
            world.spawner.spawn(async move { drop(running.await) });
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut running).poll(context);
        if polled.is_pending() {
            self.0 = Some(running);
        }
        polled
    }
}

impl World {
    /// Sends a request to any instance; `touches` tells the oracle what it may change.
    pub(crate) async fn request<T: 'static, F: Future<Output = T> + 'static>(
        self: &Rc<Self>,
        what: &'static str,
        host: u8,
        touches: Touches,
        work: impl FnOnce(Rc<Auth>, Client) -> F,
    ) -> Reply<T> {
        let call = self.gate.number_call();
        let instance = self.below(self.instances.len());
        self.gate.note(call, Event::Begins(what, instance));
        let began = self.gate.now();
        self.oracle.borrow_mut().begins(call, what, began, touches);
        let client = Client::new([192, 0, 2, host].into(), None, format!("r{call}"));
        let work = Box::pin(work(self.instances[instance].clone(), client));
        let life = self.gate.life_of(instance);
        let running = Running { work, world: self.clone(), call, instance, life };
        let answer = Waiting(Some(running)).await;
        if answer.is_none() {
            self.gate.note(call, Event::Lost(what));
            self.oracle.borrow_mut().lost(call);
        }
        Reply { call, answer, began, ended: self.gate.now(), faults: self.gate.faults_of(call) }
    }
}

/// What a request may change or count, as far as its sender knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touches {
    /// People whose account it may change, so that a password or a session may end.
    pub(crate) people: Vec<usize>,
    /// The session whose chain it may move.
    pub(crate) chain: Option<String>,
    /// The limits that it may be counted in.
    pub(crate) limits: Vec<crate::oracle::limits::Key>,
    /// Codes that it may make, end or try.
    pub(crate) slots: Vec<crate::oracle::codes::Slot>,
    /// It may switch an account on, give it a role, or make another one.
    pub(crate) lifts: bool,
    /// It may remove the account.
    pub(crate) removes: bool,
    /// It may put a code into its slots.
    pub(crate) issues: bool,
    /// The person whose account it depends on without changing it.
    pub(crate) watched: Option<usize>,
}
