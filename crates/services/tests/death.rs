//! A test process that is killed takes its servers along, and the next one removes what it left on disk.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evently_auth_services::{Postgres, Redis};

const VICTIM: &str = "SERVICES_TEST_VICTIM";
const NAME: &str = "servers_die_with_the_process_that_started_them";

/// Plays two parts: the test, and, started by it, the process that is killed.
#[test]
fn servers_die_with_the_process_that_started_them() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if std::env::var_os(VICTIM).is_some() {
        return runtime.block_on(victim());
    }
    let mut victim = Command::new(std::env::current_exe().unwrap());
    victim.args(["--exact", NAME, "--nocapture"]).env(VICTIM, "1").stdout(Stdio::piped());
    let mut victim = victim.spawn().unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines().map(Result::unwrap);
    // The runner's own words come before on the same line.
    let report = lines.filter_map(|line| Some(line.split_once("victim:")?.1.to_owned())).next().unwrap();
    let paths: Vec<PathBuf> = report.split_whitespace().map(PathBuf::from).collect();
    let (processes, folders) = paths.split_at(4);
    assert!(paths.iter().all(|path| path.exists()), "{paths:?}");

    victim.kill().unwrap();
    victim.wait().unwrap();

    let start = Instant::now();
    while processes.iter().any(|process| process.exists()) {
        assert!(start.elapsed() < Duration::from_secs(20), "still there: {processes:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(runtime.block_on(Redis::launch()).unwrap());
    assert!(folders.iter().all(|folder| !folder.exists()), "{folders:?}");
}

/// Starts servers, says which, and waits for its end.
async fn victim() {
    // Started by a thread that ends at once: what counts is the process.
    let started = std::thread::spawn(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async { tokio::try_join!(Postgres::launch(), Postgres::launch(), Redis::launch()) })
    });
    let (postgres, frozen, redis) = started.join().unwrap().unwrap();
    let backend = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'";
    let backend: i32 = frozen.sql("postgres", backend).await.unwrap().parse().unwrap();
    frozen.freeze().unwrap();
    let pids = [postgres.pid().unwrap(), frozen.pid().unwrap(), redis.pid().unwrap(), backend];
    let mut report = String::from("victim:");
    for pid in pids {
        report.push_str(&format!(" /proc/{pid}"));
    }
    for pid in pids.iter().take(3) {
        let folder = Path::new("/proc").join(pid.to_string()).join("cwd").read_link().unwrap();
        let folder = folder.ancestors().find(|path| path.join("in-use").exists()).unwrap().to_owned();
        report.push_str(&format!(" {}", folder.display()));
    }
    println!("{report}");
    std::io::stdout().flush().unwrap();
    std::future::pending::<()>().await;
}
