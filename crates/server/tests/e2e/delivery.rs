//! Every registration that was answered ends in a delivered mail, whoever dies on the way.

use crate::harness::{PASSWORD, Process, Production, address};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const REGISTRATIONS: usize = 200;

/// Kills one of `processes` after another and starts each again, at moments that differ from run to run.
fn trouble(processes: &Mutex<Vec<Process>>, start: impl Fn(usize) -> Process, done: &AtomicBool) -> usize {
    let mut kills = 0;
    let mut random = std::process::id() as usize;
    while !done.load(Ordering::Relaxed) {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        thread::sleep(Duration::from_millis(100 + (random >> 33) as u64 % 300));
        let index = kills % processes.lock().unwrap().len();
        processes.lock().unwrap()[index].kill();
        let fresh = start(index);
        processes.lock().unwrap()[index] = fresh;
        kills += 1;
    }
    kills
}

#[test]
fn two_hundred_registrations_while_servers_and_workers_are_killed() {
    let mut site = Production::start();
    let servers = Mutex::new(std::mem::take(&mut site.servers));
    let workers = Mutex::new(std::mem::take(&mut site.workers));
    let (done, next, answered) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let register = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= REGISTRATIONS {
                return;
            }
            let name = format!("user-{number}");
            let new = json!({"email": address(&name), "username": name, "password": PASSWORD});
            // A server that died gave no answer, or cannot be reached: the client tries again. What it registered
            // before it died may be taken now: the mail of that one is owed by nobody's 201.
            for _ in 0..100 {
                match site.post("/api/v1/auth/register", &new).send().map(|answer| answer.status().as_u16()) {
                    Ok(201) => {
                        answered.lock().unwrap().push(address(&name));
                        break;
                    }
                    Ok(400) => break,
                    Ok(503) | Err(_) => thread::sleep(Duration::from_millis(20)),
                    Ok(status) => panic!("{status}"),
                }
            }
        }
    };
    let kills = thread::scope(|scope| {
        let (site, servers, workers, done) = (&site, &servers, &workers, &done);
        let server = |index: usize| site.server(site.bases[index].rsplit(':').next().unwrap()).0;
        let worker = |_| site.worker().0;
        let troubles = [
            scope.spawn(move || trouble(servers, server, done)),
            scope.spawn(move || trouble(workers, worker, done)),
        ];
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(register)).collect();
        for client in clients {
            client.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        troubles.map(|trouble| trouble.join().unwrap())
    });
    assert!(kills.iter().all(|kills| *kills >= 3), "hardly anybody was killed: {kills:?}");
    let answered = answered.into_inner().unwrap();
    assert!(answered.len() > REGISTRATIONS / 2, "only {} were answered", answered.len());

    // A mail whose worker was killed is claimed again once its lease of a minute is over.
    let missing = || {
        let mails = site.sink.mails();
        let arrived: HashSet<&String> = mails.iter().flat_map(|mail| &mail.recipients).collect();
        answered.iter().filter(|address| !arrived.contains(address)).cloned().collect::<Vec<_>>()
    };
    for _ in 0..900 {
        if missing().is_empty() {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(missing(), Vec::<String>::new());

    // A mail that came twice is the same mail: a code is sent under one Message-ID alone.
    let mut by_code: HashMap<(String, Option<String>), HashSet<String>> = HashMap::new();
    for mail in site.sink.mails() {
        let key = (mail.recipients[0].clone(), mail.code());
        by_code.entry(key).or_default().insert(mail.message_id());
    }
    let doubled: Vec<_> = by_code.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
}

#[test]
fn a_worker_that_is_told_to_stop_finishes_what_it_is_sending() {
    const MAILS: usize = 60;
    let mut site = Production::prepare(&[]);
    site.add_server();
    for number in 0..MAILS {
        site.register(&format!("user-{number}"));
    }
    for _ in 0..3 {
        let before = site.sink.mails().len();
        let (worker, _) = site.worker();
        while site.sink.mails().len() == before && before < MAILS {
            thread::sleep(Duration::from_micros(200));
        }
        let (success, log) = worker.stop();
        assert!(success, "{log}");
        // Whatever reached the mail server is written down as sent: nobody sends it again.
        let sent = site
            .runtime
            .block_on(site.postgres.sql("postgres", "SELECT count(*) FROM outbox WHERE status = 'sent'"));
        assert_eq!(sent.unwrap().trim(), site.sink.mails().len().to_string());
        // And nothing is left claimed by it.
        let claimed = site.runtime.block_on(site.postgres.sql(
            "postgres",
            "SELECT count(*) FROM outbox WHERE status = 'queued' AND next_attempt_at > now()",
        ));
        assert_eq!(claimed.unwrap().trim(), "0");
    }
    site.add_worker();
    site.wait_for("the rest", || (site.sink.mails().len() == MAILS).then_some(()));
    let ids: HashSet<String> = site.sink.mails().iter().map(|mail| mail.message_id()).collect();
    assert_eq!(ids.len(), MAILS, "each came once");
}
