//! Threads with a bounded queue. A full queue answers at once, a panicking job costs nothing but its own answer, a job
//! that nobody waits for any more is skipped, and dropping the pool ends its threads. Idle threads hold no state.

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Threads that run jobs; each has a state `S` of its own, which its jobs use one after another.
pub(super) struct Pool<S> {
    jobs: Sender<Job<S>>,
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
    /// The queue is full; the job was not taken.
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
        let (jobs, waiting) = bounded(queue.get());
        for _ in 0..threads.get() {
            let (waiting, state) = (waiting.clone(), state.clone());
            thread::Builder::new()
                .name("password-hash".to_owned())
                .spawn(move || work(&waiting, &state, idle))?;
        }
        Ok(Self { jobs, threads })
    }

    /// Has a thread do `job` and waits for the answer, on any executor.
    ///
    /// # Errors
    /// [`PoolError::Full`] at once, or [`PoolError::Panicked`].
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move |state: &mut S| {
            if !reply.is_closed() {
                // Whoever asked may have gone away meanwhile.
                let _ = reply.send(job(state));
            }
        });
        self.jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => PoolError::Full,
            // The threads end after the pool, so there is always somebody to take the job.
            TrySendError::Disconnected(_) => PoolError::Panicked,
        })?;
        answer.await.map_err(|_| PoolError::Panicked)
    }

    pub(super) fn load(&self) -> PoolLoad {
        PoolLoad {
            queued: self.jobs.len(),
            capacity: self.jobs.capacity().unwrap_or(usize::MAX),
            threads: self.threads.get(),
        }
    }
}

fn work<S>(waiting: &Receiver<Job<S>>, state: &impl Fn() -> S, idle: Duration) {
    while let Ok(mut job) = waiting.recv() {
        let mut own = state();
        loop {
            if catch_unwind(AssertUnwindSafe(|| job(&mut own))).is_err() {
                // The job may have left it half-changed.
                own = state();
            }
            match waiting.recv_timeout(idle) {
                Ok(next) => job = next,
                Err(_) => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Instant;

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
        let mut running = Box::pin(pool.run(move |()| {
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
        let mut waiting = [1, 2].map(|answer| Box::pin(pool.run(move |()| answer)));
        for job in &mut waiting {
            assert!(job.as_mut().now_or_never().is_none());
        }
        assert_eq!(pool.load(), PoolLoad { queued: 2, capacity: 2, threads: 1 });
        assert_eq!(pool.run(|()| 3).now_or_never(), Some(Err(PoolError::Full)), "no waiting");
        release.send(()).unwrap();
        assert_eq!(running.await, Ok(()));
        let [first, second] = waiting;
        assert_eq!((first.await, second.await), (Ok(1), Ok(2)));
        assert_eq!(pool.run(|()| 3).await, Ok(3));
        assert_eq!(pool.load().queued, 0);
    }

    #[tokio::test]
    async fn a_job_without_a_caller_is_skipped() {
        let pool = pool(1, 2, || ());
        let (running, release) = occupy(&pool);
        let done = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&done);
        let count = move |_: &mut ()| counter.fetch_add(1, Ordering::SeqCst);
        assert!(pool.run(count).now_or_never().is_none(), "it waits, and is then forgotten");
        release.send(()).unwrap();
        running.await.unwrap();
        assert_eq!(pool.run(|()| 7).await, Ok(7));
        assert_eq!(done.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_panic_costs_its_own_answer_alone() {
        let pool = pool(1, 4, || 0);
        assert_eq!(pool.run(|seen| *seen = 5).await, Ok(()));
        assert_eq!(pool.run(|seen| *seen).await, Ok(5), "a thread keeps its state");
        for _ in 0..10 {
            assert_eq!(pool.run(|_| panic!("on purpose")).await, Err::<(), _>(PoolError::Panicked));
        }
        assert_eq!(pool.run(|seen| *seen).await, Ok(0), "after a panic the state is a fresh one");
    }

    #[tokio::test]
    async fn dropping_the_pool_ends_its_threads() {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let pool = pool(3, 3, move || Arc::clone(&held));
        assert_eq!(pool.run(|_| 1).await, Ok(1));
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
            assert!(pool.run(|own| Arc::strong_count(own)).await.unwrap() > 2);
            // What is left is ours, and the one that the thread makes its states from.
            eventually(|| Arc::strong_count(&alive) == 2);
        }
    }

    #[test]
    fn no_runtime_is_needed() {
        let pool = pool(2, 2, || ());
        let mut running = Box::pin(pool.run(|()| 42));
        let mut answer = None;
        eventually(|| {
            answer = running.as_mut().now_or_never();
            answer.is_some()
        });
        assert_eq!(answer, Some(Ok(42)));
    }
}
