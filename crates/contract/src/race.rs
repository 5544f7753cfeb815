//! Many calls at one moment.

use std::future::Future;
use std::sync::Arc;
use tokio::sync::Barrier;

/// Runs a clause on several threads, so that calls at once are really at once.
pub fn run(clause: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(clause);
}

/// Starts `count` calls at the same moment and waits for all; `call` is given its number.
pub async fn race<T, F>(count: usize, call: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let start = Arc::new(Barrier::new(count));
    let calls: Vec<_> = (0..count)
        .map(|number| {
            let (start, call) = (start.clone(), call(number));
            tokio::spawn(async move {
                start.wait().await;
                call.await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(count);
    for call in calls {
        results.push(call.await.expect("a call that does not panic"));
    }
    results
}
