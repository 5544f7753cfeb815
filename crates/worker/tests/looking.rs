//! When the worker looks for mails, what it tells of the queue, and that many workers seal and sweep in peace.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use chrono::TimeDelta;
use common::{SOON, Setup, Worker, options, polling, within};
use evently_auth_clock::MovableClock;
use evently_auth_contract::given::event;
use evently_auth_domain::audit::AuditAction;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{AuditLog, Outbox, Signal, Signals};
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::{MemorySignals, MemoryWorld};
use evently_auth_services::sink::{Reaction, Stage};
use evently_auth_sqlite::SqliteStore;
use evently_auth_worker::WorkerOptions;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::sync::Arc;
use std::time::Duration;

/// A worker that has sent what waited, and rests.
async fn resting(setup: &Setup, options: WorkerOptions) -> Worker {
    setup.notice("first").await;
    let worker = setup.work(options);
    within(SOON, setup.sink.wait_for(1)).await;
    setup.until_queued(0).await;
    setup.sink.clear();
    worker
}

/// Waits long enough for a worker that would look by itself.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn a_signal_wakes() {
    let setup = Setup::new().await;
    let signals = MemorySignals::default();
    let woken = WorkerOptions { signals: Some(Arc::new(signals.instance())), ..options() };
    let worker = resting(&setup, woken).await;
    setup.notice("ada").await;
    a_moment().await;
    assert!(setup.arrived().is_empty());
    signals.send(&[Signal::MailWaiting]).await.unwrap();
    assert_eq!(within(SOON, setup.sink.wait_for(1)).await.len(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn a_signal_that_comes_while_all_places_are_taken_is_not_lost() {
    let setup = Setup::new().await;
    let signals = MemorySignals::default();
    setup.sink.react_for("slow", Stage::Data, Reaction::Hang);
    setup.notice("slow").await;
    let woken = WorkerOptions { signals: Some(Arc::new(signals.clone())), concurrency: 1, ..options() };
    let worker = setup.work(woken);
    a_moment().await;
    setup.notice("ada").await;
    signals.send(&[Signal::MailWaiting]).await.unwrap();
    a_moment().await;
    // The connection that hangs is cut off.
    setup.sink.stop_listening().await.unwrap();
    setup.sink.listen_again().await.unwrap();
    assert_eq!(within(SOON, setup.sink.wait_for(1)).await.len(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn while_the_line_is_down_it_looks_by_itself() {
    let setup = Setup::new().await;
    let signals = MemorySignals::default();
    let woken = WorkerOptions { signals: Some(Arc::new(signals.clone())), ..polling() };
    let worker = resting(&setup, woken).await;
    setup.notice("one").await;
    a_moment().await;
    assert!(setup.arrived().is_empty(), "the line is up");
    // Whatever was missed is found at once, what comes later soon.
    signals.set_line(false);
    assert_eq!(within(SOON, setup.sink.wait_for(1)).await.len(), 1);
    setup.notice("two").await;
    assert_eq!(within(SOON, setup.sink.wait_for(2)).await.len(), 2);
    setup.until_queued(0).await;
    signals.set_line(true);
    a_moment().await;
    setup.notice("three").await;
    a_moment().await;
    assert_eq!(setup.arrived(), ["one", "two"], "the line is up again");
    worker.stop().await;
}

#[tokio::test]
async fn without_signals_it_looks_by_itself() {
    let setup = Setup::new().await;
    let worker = resting(&setup, polling()).await;
    setup.notice("ada").await;
    assert_eq!(within(SOON, setup.sink.wait_for(1)).await.len(), 1);
    worker.stop().await;
}

#[test]
fn the_queue_is_told_while_nothing_happens() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let setup = Setup::new().await;
            setup.sink.react_for("nobody", Stage::Recipient, Reaction::answer("550 no such user"));
            setup.sink.react_for("full", Stage::Recipient, Reaction::answer("452 mailbox full"));
            for name in ["nobody", "full", "ada"] {
                setup.notice(name).await;
            }
            let worker = setup.work(WorkerOptions { count: Duration::from_millis(20), ..options() });
            let tells = async |lines: &[&str]| {
                within(SOON, async {
                    while !lines.iter().all(|line| metrics.render().lines().any(|told| told == *line)) {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                })
                .await;
            };
            tells(&[
                "evently_auth_mails_total{kind=\"welcome\",outcome=\"sent\"} 1",
                "evently_auth_mails_total{kind=\"welcome\",outcome=\"retried\"} 1",
                "evently_auth_mails_total{kind=\"welcome\",outcome=\"dead\"} 1",
                "evently_auth_mails_queued 1",
                "evently_auth_mails_dead 1",
                "evently_auth_mails_oldest_seconds 0",
                "evently_auth_mail_send_duration_seconds_count 3",
            ])
            .await;
            setup.clock.advance(TimeDelta::seconds(30));
            tells(&["evently_auth_mails_oldest_seconds 30"]).await;
            worker.stop().await;
        });
    });
}

/// Over SQLite, which settles by itself who seals.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_workers_seal_and_sweep_in_peace() {
    let world = MemoryWorld::new(Arc::new(MovableClock::default()));
    let folder = tempfile::tempdir().unwrap();
    let key = world.keys().audit.clone();
    let store = Arc::new(SqliteStore::open(&folder.path().join("auth.db"), key).await.unwrap());
    store.migrate_up().await.unwrap();
    let ports = Ports {
        users: store.clone(),
        sessions: store.clone(),
        outbox: store.clone(),
        audit_log: store.clone(),
        ..world.ports()
    };
    let auth = Auth::new(ports, world.settings().clone(), world.keys().clone());
    let busy = WorkerOptions { seal: Duration::from_millis(1), sweep: Duration::from_millis(1), ..options() };
    let workers: Vec<_> = (0..4).map(|_| Worker::start(auth.clone(), busy.clone())).collect();
    for number in 0..300 {
        let event = event(AuditAction::ProfileChanged).with(format!("change {number}"));
        store.put(Effects::audit(event)).await.unwrap();
    }
    within(SOON, async {
        while !store.unsealed(1).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    for worker in workers {
        worker.stop().await;
    }
    let report = auth.verify_audit().await.unwrap();
    assert_eq!((report.rows, report.findings), (300, vec![]));
    assert!(report.seals > 1);
}
