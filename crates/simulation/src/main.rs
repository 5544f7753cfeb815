//! The long form: `cargo xtask simulate --schedules N --seed S`. Runs on every core, and stops at the first failure.

use evently_auth_simulation::{Counts, Report, run};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|number| number.parse().ok()).collect();
    let [schedules, first] = numbers.as_slice() else {
        eprintln!("error: takes how many schedules and the first seed; try `cargo xtask simulate --help`");
        return ExitCode::from(2);
    };
    let start = Instant::now();
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let total = Mutex::new(Total::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Total::default();
                while !failed.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= *schedules {
                        break;
                    }
                    match run(first.wrapping_add(number), None) {
                        Ok(report) => own.add(&report),
                        Err(failure) => {
                            failed.store(true, Ordering::Relaxed);
                            println!("{failure}");
                        }
                    }
                }
                if let Ok(mut total) = total.lock() {
                    total.merge(&own);
                }
            });
        }
    });
    let total = total.into_inner().unwrap_or_default();
    println!("{} schedules in {:.1} s on {threads} threads", total.schedules, start.elapsed().as_secs_f64());
    println!("{:#?}", total.counts);
    for ((what, how), times) in &total.answers {
        println!("{times:>12}  {what}: {how}");
    }
    if failed.into_inner() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

#[derive(Default)]
struct Total {
    schedules: u64,
    counts: Counts,
    answers: BTreeMap<(&'static str, &'static str), u64>,
}

impl Total {
    fn add(&mut self, report: &Report) {
        self.schedules += 1;
        self.counts += report.counts;
        for (answer, times) in &report.answers {
            *self.answers.entry(*answer).or_default() += times;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.schedules += other.schedules;
        self.counts += other.counts;
        for (answer, times) in &other.answers {
            *self.answers.entry(*answer).or_default() += times;
        }
    }
}
