//! What breaks, and how it is mended.
//!
//! The seed decides what breaks, in which order, how long it lasts and what else breaks meanwhile. When exactly that is,
//! and which request it meets, differs from run to run.

use super::dice::Dice;
use super::world::World;
use crate::harness::{Process, Production};
use evently_auth_services::sink::{Reaction, Stage};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// How soon everything has to be served again once nothing is broken any more.
const RECOVERY: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Server(usize),
    Worker(usize),
    Postgres,
    Redis,
    Sink,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Stopped,
    Killed,
    Frozen,
    /// Redis forgets every key.
    Flushed,
    /// The sink takes mails and ends the connection before it says so.
    Forgetful,
    /// The sink has no time: 451.
    Busy,
}

const FAULTS: [(Part, How, &str); 23] = [
    (Part::Server(0), How::Stopped, "server stopped"),
    (Part::Server(0), How::Killed, "server killed"),
    (Part::Server(0), How::Frozen, "server frozen"),
    (Part::Server(1), How::Stopped, "server stopped"),
    (Part::Server(1), How::Killed, "server killed"),
    (Part::Server(1), How::Frozen, "server frozen"),
    (Part::Worker(0), How::Stopped, "worker stopped"),
    (Part::Worker(0), How::Killed, "worker killed"),
    (Part::Worker(0), How::Frozen, "worker frozen"),
    (Part::Worker(1), How::Stopped, "worker stopped"),
    (Part::Worker(1), How::Killed, "worker killed"),
    (Part::Worker(1), How::Frozen, "worker frozen"),
    (Part::Postgres, How::Stopped, "PostgreSQL stopped"),
    (Part::Postgres, How::Killed, "PostgreSQL killed"),
    (Part::Postgres, How::Frozen, "PostgreSQL frozen"),
    (Part::Redis, How::Stopped, "Redis stopped"),
    (Part::Redis, How::Killed, "Redis killed"),
    (Part::Redis, How::Frozen, "Redis frozen"),
    (Part::Redis, How::Flushed, "Redis flushed"),
    (Part::Sink, How::Stopped, "sink stopped"),
    (Part::Sink, How::Frozen, "sink frozen"),
    (Part::Sink, How::Forgetful, "sink cut off after taking"),
    (Part::Sink, How::Busy, "sink refused for now"),
];

/// Whoever starts and mends everything.
pub(super) struct Operator<'a> {
    pub(super) site: &'a Production,
    pub(super) world: &'a World,
    servers: Vec<Mutex<Option<Process>>>,
    workers: Vec<Mutex<Option<(Process, String)>>>,
}

impl<'a> Operator<'a> {
    pub(super) fn new(
        site: &'a Production,
        world: &'a World,
        servers: Vec<Process>,
        workers: Vec<(Process, String)>,
    ) -> Self {
        let servers = servers.into_iter().map(|server| Mutex::new(Some(server))).collect();
        let workers = workers.into_iter().map(|worker| Mutex::new(Some(worker))).collect();
        Self { site, world, servers, workers }
    }

    /// Breaks things, up to three at once, until `end`; waits each time until everything is served again.
    pub(super) fn trouble(&self, end: Instant) {
        let mut dice = Dice::new(self.world.seed, 0);
        let mut deck = Vec::new();
        while Instant::now() < end {
            let mut round: Vec<(Part, How, &'static str)> = Vec::new();
            for _ in 0..=dice.below(3) {
                if deck.is_empty() {
                    deck = FAULTS.to_vec();
                    dice.shuffle(&mut deck);
                }
                // A part breaks in one way at a time.
                let is_free = |(part, ..): &(Part, How, &str)| round.iter().all(|(other, ..)| part != other);
                if let Some(at) = deck.iter().position(is_free) {
                    round.push(deck.remove(at));
                }
            }
            thread::scope(|scope| {
                for fault in round {
                    let (begin, lasts) = (dice.millis(0, 1_000), dice.millis(200, 4_000));
                    scope.spawn(move || self.break_and_mend(fault, begin, lasts));
                }
            });
            self.recover();
            thread::sleep(dice.millis(200, 1_500));
        }
    }

    fn break_and_mend(&self, (part, how, name): (Part, How, &'static str), begin: Duration, lasts: Duration) {
        thread::sleep(begin);
        self.world.book.fault(name);
        let number = match part {
            Part::Server(number) | Part::Worker(number) => format!(" ({number})"),
            Part::Postgres | Part::Redis | Part::Sink => String::new(),
        };
        self.world.book.note(format!("{name}{number} for {} ms", lasts.as_millis()));
        match part {
            Part::Server(number) => self.trouble_server(number, how, lasts),
            Part::Worker(number) => self.trouble_worker(number, how, lasts),
            Part::Postgres => self.trouble_postgres(how, lasts),
            Part::Redis => self.trouble_redis(how, lasts),
            Part::Sink => self.trouble_sink(how, lasts),
        }
        self.world.book.note(format!("{name}{number}: mended"));
    }

    fn trouble_server(&self, number: usize, how: How, lasts: Duration) {
        let mut place = self.servers[number].lock().unwrap();
        if how == How::Frozen {
            return freeze(place.as_ref().unwrap(), lasts);
        }
        self.end(place.take().unwrap(), how);
        thread::sleep(lasts);
        let port = self.world.bases[number].rsplit(':').next().unwrap();
        *place = Some(self.site.server(port).0);
    }

    fn trouble_worker(&self, number: usize, how: How, lasts: Duration) {
        let mut place = self.workers[number].lock().unwrap();
        if how == How::Frozen {
            return freeze(&place.as_ref().unwrap().0, lasts);
        }
        self.end(place.take().unwrap().0, how);
        thread::sleep(lasts);
        *place = Some(self.site.worker());
    }

    /// Kills or stops what has to run until then, and reads its log.
    fn end(&self, mut process: Process, how: How) {
        self.must_run(&mut process);
        if how == How::Killed {
            process.kill();
            return self.read(&process.log());
        }
        let (success, log) = process.stop();
        if !success {
            self.world.book.violation(format!("what was told to stop failed: {log}"));
        }
        self.read(&log);
    }

    fn must_run(&self, process: &mut Process) {
        if !process.is_running() {
            self.world.book.violation(format!("a process ended by itself: {}", process.log()));
        }
    }

    fn read(&self, log: &str) {
        if let Some(line) = log.lines().find(|line| line.contains("panicked")) {
            self.world.book.violation(format!("a panic: {line}"));
        }
    }

    fn trouble_postgres(&self, how: How, lasts: Duration) {
        let (runtime, postgres) = (&self.site.runtime, &self.site.postgres);
        match how {
            How::Stopped => runtime.block_on(postgres.stop()).unwrap(),
            How::Killed => runtime.block_on(postgres.kill()).unwrap(),
            _ => postgres.freeze().unwrap(),
        }
        thread::sleep(lasts);
        match how {
            How::Stopped | How::Killed => runtime.block_on(postgres.start()).unwrap(),
            _ => postgres.thaw().unwrap(),
        }
    }

    fn trouble_redis(&self, how: How, lasts: Duration) {
        let (runtime, redis, book) = (&self.site.runtime, &self.site.redis, &self.world.book);
        if how == How::Frozen {
            book.redis_freezes();
            redis.freeze().unwrap();
            thread::sleep(lasts);
            redis.thaw().unwrap();
            return book.redis_thaws();
        }
        book.redis_begins_to_forget();
        match how {
            How::Stopped => runtime.block_on(redis.stop()).unwrap(),
            How::Killed => runtime.block_on(redis.kill()).unwrap(),
            _ => runtime.block_on(redis.flush()).unwrap(),
        }
        book.redis_forgot();
        if how != How::Flushed {
            thread::sleep(lasts);
            runtime.block_on(redis.start()).unwrap();
        }
    }

    fn trouble_sink(&self, how: How, lasts: Duration) {
        let (runtime, sink) = (&self.site.runtime, &self.site.sink);
        match how {
            How::Frozen => sink.react(Stage::Sender, Reaction::Hang),
            How::Forgetful => sink.react(Stage::Taken, Reaction::Drop),
            How::Busy => sink.react(Stage::Recipient, Reaction::answer("451 4.3.0 later")),
            _ => runtime.block_on(sink.stop_listening()).unwrap(),
        }
        thread::sleep(lasts);
        sink.accept_all();
        runtime.block_on(sink.listen_again()).unwrap();
    }

    /// Nothing is broken: everything is served again soon, and nobody starts anything for that.
    pub(super) fn recover(&self) {
        let begun = Instant::now();
        while let Some(what) = self.is_away() {
            if begun.elapsed() > RECOVERY {
                return self.world.book.violation(format!("not served again after {RECOVERY:?}: {what}"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        let took = begun.elapsed();
        self.world.book.note(format!("served again after {} ms", took.as_millis()));
        let longest = &mut self.world.book.entries().longest_recovery;
        *longest = took.max(*longest);
    }

    /// What is not served yet.
    fn is_away(&self) -> Option<String> {
        let status = |request: reqwest::blocking::RequestBuilder| {
            request.timeout(Duration::from_secs(8)).send().map_or(0, |answer| answer.status().as_u16())
        };
        let http = &self.site.http;
        for base in &self.world.bases {
            let health = http.get(format!("{base}/health")).timeout(Duration::from_secs(8)).send();
            let health: serde_json::Value = health.and_then(|answer| answer.json()).unwrap_or_default();
            if health["status"] != "healthy" {
                return Some(format!("{base}/health: {health}"));
            }
            // Asks the database, and is also served to an administrator who was demoted in the end.
            let sessions = http.get(format!("{base}/api/v1/auth/sessions"));
            let nobody = serde_json::json!({"email": "nobody@example.com"});
            let forgot = http.post(format!("{base}/api/v1/auth/forgot-password")).json(&nobody);
            let statuses = [status(sessions.bearer_auth(&self.world.root.access)), status(forgot)];
            if statuses != [200, 200] {
                return Some(format!("{base}: {statuses:?}"));
            }
        }
        let ready = |worker: &Mutex<Option<(Process, String)>>| {
            let place = worker.lock().unwrap();
            let (_, base) = place.as_ref().unwrap();
            status(http.get(format!("{base}/health/ready"))) == 200
        };
        self.workers.iter().position(|worker| !ready(worker)).map(|number| format!("worker {number}"))
    }

    /// Everybody who was started last still runs, and nobody panicked.
    pub(super) fn look_at_processes(&self) {
        for server in &self.servers {
            let mut place = server.lock().unwrap();
            self.must_run(place.as_mut().unwrap());
            self.read(&place.as_ref().unwrap().log());
        }
        for worker in &self.workers {
            let mut place = worker.lock().unwrap();
            self.must_run(&mut place.as_mut().unwrap().0);
            self.read(&place.as_ref().unwrap().0.log());
        }
    }
}

fn freeze(process: &Process, lasts: Duration) {
    process.signal("STOP");
    thread::sleep(lasts);
    process.signal("CONT");
}
