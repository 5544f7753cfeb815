//! Threads with a bounded queue that is fair by client network (see [`Queue`]). A job that finds no place, or loses it to
//! another network, is answered at once, a panicking job costs nothing but its own answer, a job that nobody waits for
//! any more is skipped and keeps nobody out, and dropping the pool ends its threads. Idle threads hold no state. The
//! threads stand back behind all others of the process.
//!
//! The thread that rested last is woken first: the caches of its core may still hold its memory. Threads that take turns
//! need 9 to 15 % more time for an Argon2 of 19 MiB.

use super::priority;
use super::queue::Queue;
use evently_auth_domain::client::Network;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Threads that run jobs; each has a state `S` of its own, which its jobs use one after another.
pub(super) struct Pool<S> {
    shared: Arc<Shared<S>>,
    threads: NonZeroUsize,
}

/// How busy a pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLoad {
    /// Jobs that wait; those that run are not among them.
    pub queued: usize,
    /// Jobs that can wait.
    pub capacity: usize,
    /// Jobs that can run.
    pub threads: usize,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PoolError {
    /// There was no place, or it went to another network; the job was not begun.
    Full,
    /// The job panicked.
    Panicked,
}

impl<S: 'static> Pool<S> {
    /// Starts `threads` threads, each with a `state()` of its own that is dropped after `idle` without a job; `queue`
    /// jobs can wait for them.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(
        threads: NonZeroUsize,
        queue: NonZeroUsize,
        idle: Duration,
        state: impl Fn() -> S + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let waiting =
            Mutex::new(Waiting { queue: Queue::new(queue.get()), resting: Vec::new(), ended: false });
        // Made before the threads: should one of them be missing, its end is that of the others.
        let pool = Self { shared: Arc::new(Shared { waiting }), threads };
        for _ in 0..threads.get() {
            let (shared, state) = (Arc::clone(&pool.shared), state.clone());
            thread::Builder::new().name("password-hash".to_owned()).spawn(move || {
                priority::stand_back();
                work(&shared, &state, idle);
            })?;
        }
        Ok(pool)
    }

    /// Has a thread do `job` for `network` and waits for the answer, on any executor.
    ///
    /// # Errors
    /// [`PoolError::Full`], at once when there is no place, later when it goes to another network;
    /// [`PoolError::Panicked`].
    pub(super) async fn run<T: Send + 'static>(
        &self,
        network: Option<Network>,
        job: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (reply, answer) = oneshot::channel();
        self.shared.put(network, Box::new(Asked { work: job, reply }))?;
        answer.await.map_err(|_| PoolError::Panicked)?
    }

    /// Whether a job of `network` would find a place now.
    pub(super) fn has_room(&self, network: Option<Network>) -> bool {
        self.shared.tidied().queue.has_room(network)
    }

    pub(super) fn load(&self) -> PoolLoad {
        let waiting = self.shared.lock();
        PoolLoad {
            queued: waiting.queue.len(),
            capacity: waiting.queue.capacity(),
            threads: self.threads.get(),
        }
    }
}

impl<S> Drop for Pool<S> {
    fn drop(&mut self) {
        let mut waiting = self.shared.lock();
        waiting.ended = true;
        waiting.resting.drain(..).for_each(|thread| thread.unpark());
    }
}

/// What the pool and its threads share.
struct Shared<S> {
    waiting: Mutex<Waiting<S>>,
}

struct Waiting<S> {
    queue: Queue<Box<dyn Job<S>>>,
    /// Threads without a job that nobody woke yet; the one that rested last comes last.
    resting: Vec<Thread>,
    ended: bool,
}

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, Waiting<S>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A full queue may be so for jobs alone that nobody waits for.
    fn tidied(&self) -> MutexGuard<'_, Waiting<S>> {
        let mut waiting = self.lock();
        if waiting.queue.is_full() {
            waiting.queue.retain(|job| !job.is_abandoned());
        }
        waiting
    }

    fn put(&self, network: Option<Network>, job: Box<dyn Job<S>>) -> Result<(), PoolError> {
        let mut waiting = self.tidied();
        let gave_up = waiting.queue.put(network, job).map_err(|_| PoolError::Full)?;
        let woken = waiting.resting.pop();
        drop(waiting);
        woken.inspect(Thread::unpark);
        if let Some(job) = gave_up {
            job.turn_away();
        }
        Ok(())
    }

    /// The next job, waited for as long as it takes, or for `idle`; nothing if there was none, or at the end.
    fn next(&self, idle: Option<Duration>) -> Option<Box<dyn Job<S>>> {
        let (thread, start) = (thread::current(), Instant::now());
        let mut waiting = self.lock();
        loop {
            let left = idle.map(|idle| idle.saturating_sub(start.elapsed()));
            let job = waiting.queue.take();
            if job.is_some() || waiting.ended || left.is_some_and(|left| left.is_zero()) {
                return job;
            }
            waiting.resting.push(thread.clone());
            drop(waiting);
            left.map_or_else(thread::park, thread::park_timeout);
            waiting = self.lock();
            // It may have woken by itself.
            waiting.resting.retain(|resting| resting.id() != thread.id());
        }
    }
}

/// Work that somebody waits for, whatever comes of it.
trait Job<S>: Send {
    /// Whether nobody waits any more.
    fn is_abandoned(&self) -> bool;
    fn run(self: Box<Self>, state: &mut S);
    /// Answers that it was not done.
    fn turn_away(self: Box<Self>);
}

struct Asked<W, T> {
    work: W,
    reply: oneshot::Sender<Result<T, PoolError>>,
}

impl<S, T: Send, W: FnOnce(&mut S) -> T + Send> Job<S> for Asked<W, T> {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(self: Box<Self>, state: &mut S) {
        if !self.is_abandoned() {
            // Whoever asked may have gone away meanwhile.
            let _ = self.reply.send(Ok((self.work)(state)));
        }
    }

    fn turn_away(self: Box<Self>) {
        let _ = self.reply.send(Err(PoolError::Full));
    }
}

fn work<S>(shared: &Shared<S>, state: &impl Fn() -> S, idle: Duration) {
    while let Some(mut job) = shared.next(None) {
        let mut own = state();
        loop {
            if catch_unwind(AssertUnwindSafe(|| job.run(&mut own))).is_err() {
                // The job may have left it half-changed.
                own = state();
            }
            match shared.next(Some(idle)) {
                Some(next) => job = next,
                None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::collections::HashSet;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    const LONG: Duration = Duration::from_secs(3_600);

    fn pool<S: 'static>(
        threads: usize,
        queue: usize,
        state: impl Fn() -> S + Clone + Send + 'static,
    ) -> Pool<S> {
        let count = |n| NonZeroUsize::new(n).unwrap();
        Pool::start(count(threads), count(queue), LONG, state).unwrap()
    }

    fn eventually(mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !holds() {
            assert!(Instant::now() < deadline, "it never came true");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Occupies the pool's only thread until the returned sender is used.
    fn occupy(pool: &Pool<()>) -> (impl Future<Output = Result<(), PoolError>> + Unpin, mpsc::Sender<()>) {
        let (release, released) = mpsc::channel();
        let (started, has_started) = mpsc::channel();
        let mut running = Box::pin(pool.run(None, move |()| {
            started.send(()).unwrap();
            released.recv().unwrap();
        }));
        assert!(running.as_mut().now_or_never().is_none());
        has_started.recv().unwrap();
        (running, release)
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_recovers() {
        let pool = pool(1, 2, || ());
        let (running, release) = occupy(&pool);
        let mut waiting = [1, 2].map(|answer| Box::pin(pool.run(None, move |()| answer)));
        for job in &mut waiting {
            assert!(job.as_mut().now_or_never().is_none());
        }
        assert_eq!(pool.load(), PoolLoad { queued: 2, capacity: 2, threads: 1 });
        assert_eq!(pool.run(None, |()| 3).now_or_never(), Some(Err(PoolError::Full)), "no waiting");
        release.send(()).unwrap();
        assert_eq!(running.await, Ok(()));
        let [first, second] = waiting;
        assert_eq!((first.await, second.await), (Ok(1), Ok(2)));
        assert_eq!(pool.run(None, |()| 3).await, Ok(3));
        assert_eq!(pool.load().queued, 0);
    }

    #[tokio::test]
    async fn a_job_without_a_caller_is_skipped() {
        let pool = pool(1, 2, || ());
        let (running, release) = occupy(&pool);
        let done = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&done);
        let count = move |_: &mut ()| counter.fetch_add(1, Ordering::SeqCst);
        assert!(pool.run(None, count).now_or_never().is_none(), "it waits, and is then forgotten");
        release.send(()).unwrap();
        running.await.unwrap();
        assert_eq!(pool.run(None, |()| 7).await, Ok(7));
        assert_eq!(done.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_job_without_a_caller_keeps_nobody_out() {
        let pool = pool(1, 2, || ());
        let (running, release) = occupy(&pool);
        let mut waiting = [1, 2].map(|answer| Box::pin(pool.run(None, move |()| answer)));
        for job in &mut waiting {
            assert!(job.as_mut().now_or_never().is_none());
        }
        assert!(!pool.has_room(None));
        let [first, second] = waiting;
        drop(first);
        assert!(pool.has_room(None));
        let mut third = Box::pin(pool.run(None, |()| 3));
        assert!(third.as_mut().now_or_never().is_none(), "it has the place of the first");
        release.send(()).unwrap();
        running.await.unwrap();
        assert_eq!((second.await, third.await), (Ok(2), Ok(3)));
    }

    #[tokio::test]
    async fn a_place_that_goes_to_another_network_is_answered_at_once() {
        let pool = pool(1, 2, || ());
        let (running, release) = occupy(&pool);
        let mut waiting = [1, 2].map(|answer| Box::pin(pool.run(None, move |()| answer)));
        for job in &mut waiting {
            assert!(job.as_mut().now_or_never().is_none());
        }
        let other = Some(Network::of([192, 0, 2, 1].into()));
        assert!(pool.has_room(other));
        let mut admitted = Box::pin(pool.run(other, |()| 3));
        assert!(admitted.as_mut().now_or_never().is_none());
        let [first, second] = waiting;
        assert_eq!(second.now_or_never(), Some(Err(PoolError::Full)));
        release.send(()).unwrap();
        assert_eq!((running.await, first.await, admitted.await), (Ok(()), Ok(1), Ok(3)));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn its_threads_stand_back_behind_others() {
        let niceness = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            // After the name, which ends with the only closing bracket that a space follows, it is the 17th.
            let (_, rest) = stat.rsplit_once(") ").unwrap();
            rest.split(' ').nth(16).unwrap().parse::<i32>().unwrap()
        };
        let pool = pool(2, 2, || ());
        let ours = niceness();
        assert_eq!(pool.run(None, move |()| niceness()).await, Ok((ours + 10).min(19)));
        assert_eq!(niceness(), ours, "and they alone");
    }

    #[tokio::test]
    async fn a_panic_costs_its_own_answer_alone() {
        let pool = pool(1, 4, || 0);
        assert_eq!(pool.run(None, |seen| *seen = 5).await, Ok(()));
        assert_eq!(pool.run(None, |seen| *seen).await, Ok(5), "a thread keeps its state");
        for _ in 0..10 {
            assert_eq!(pool.run(None, |_| panic!("on purpose")).await, Err::<(), _>(PoolError::Panicked));
        }
        assert_eq!(pool.run(None, |seen| *seen).await, Ok(0), "after a panic the state is a fresh one");
    }

    #[tokio::test]
    async fn one_job_after_another_is_done_by_one_thread() {
        let pool = pool(3, 3, || ());
        let mut used = HashSet::new();
        for _ in 0..20 {
            eventually(|| pool.shared.lock().resting.len() == 3);
            used.insert(pool.run(None, |()| thread::current().id()).await.unwrap());
        }
        assert_eq!(used.len(), 1);
    }

    #[tokio::test]
    async fn dropping_the_pool_ends_its_threads() {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let pool = pool(3, 3, move || Arc::clone(&held));
        assert_eq!(pool.run(None, |_| 1).await, Ok(1));
        drop(pool);
        eventually(|| Arc::strong_count(&alive) == 1);
    }

    #[tokio::test]
    async fn an_idle_thread_holds_no_state() {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let state = move || Arc::clone(&held);
        let pool =
            Pool::start(NonZeroUsize::MIN, NonZeroUsize::MIN, Duration::from_millis(1), state).unwrap();
        for _ in 0..3 {
            assert!(pool.run(None, |own| Arc::strong_count(own)).await.unwrap() > 2);
            // What is left is ours, and the one that the thread makes its states from.
            eventually(|| Arc::strong_count(&alive) == 2);
        }
    }

    #[test]
    fn no_runtime_is_needed() {
        let pool = pool(2, 2, || ());
        let mut running = Box::pin(pool.run(None, |()| 42));
        let mut answer = None;
        eventually(|| {
            answer = running.as_mut().now_or_never();
            answer.is_some()
        });
        assert_eq!(answer, Some(Ok(42)));
    }
}
