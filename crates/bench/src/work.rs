//! The rows of the table: what is measured, what it is held against, and what it may cost.

use clap::ValueEnum;

/// A row, by the name that `--only` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// Server CPU of GET /auth/me
    Me,
    /// Server CPU of POST /auth/refresh
    Refresh,
    /// Round trips to PostgreSQL of POST /auth/refresh
    RefreshTrips,
    /// Server CPU of POST /auth/login
    Login,
    /// Server CPU of POST /auth/register
    Register,
    /// Logins per second
    Throughput,
    /// Latency of GET /auth/me while ten times as many logins arrive as can be served
    Flood,
    /// Time until another instance refuses a revoked session
    Revocation,
    /// Mails that a worker delivers per second
    Mails,
    /// CPU of a login with many users
    ManyLogin,
    /// CPU of GET /auth/me with many users
    ManyMe,
    /// CPU of a refresh with many users
    ManyRefresh,
    /// CPU of the first page of the list of many users
    ManyFirstPage,
    /// CPU of a page at nine tenths of the list of many users
    ManyDeepPage,
    /// Memory of a server that nobody uses
    Memory,
    /// Time from the start of a server to its first answer
    Start,
    /// Size of the program
    Size,
}

/// What a figure is counted in; values are in seconds, per second, bytes, or plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Time,
    PerSecond,
    Bytes,
    Count,
}

/// What a figure has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Budget {
    /// At most so many times the reference.
    RatioAtMost(f64),
    /// At least so many times the reference.
    RatioAtLeast(f64),
    /// At most this.
    AtMost(f64),
}

/// What the table says about a row beside its figures.
pub(crate) struct Row {
    /// What is done.
    pub(crate) work: &'static str,
    /// What it is held against, measured in the same run.
    pub(crate) reference: &'static str,
    pub(crate) unit: Unit,
    pub(crate) budget: Budget,
}

const MIB: f64 = 1_048_576.0;
const MILLI: f64 = 1e-3;

impl Work {
    /// The name that `--only` takes.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    pub(crate) fn row(self) -> Row {
        use Budget::{AtMost, RatioAtLeast, RatioAtMost};
        use Unit::{Bytes, Count, PerSecond, Time};
        let (work, reference, unit, budget) = match self {
            Self::Me => ("GET /auth/me, server CPU", "GET /health/live", Time, RatioAtMost(1.5)),
            Self::Refresh => ("POST /auth/refresh, server CPU", "GET /health/live", Time, RatioAtMost(4.0)),
            Self::RefreshTrips => ("POST /auth/refresh, trips to PostgreSQL", "SELECT 1", Count, AtMost(1.0)),
            Self::Login => ("POST /auth/login, server CPU", "raw Argon2id", Time, RatioAtMost(1.05)),
            Self::Register => ("POST /auth/register, server CPU", "raw Argon2id", Time, RatioAtMost(1.10)),
            Self::Throughput => ("logins per second", "cores ÷ raw Argon2id", PerSecond, RatioAtLeast(0.90)),
            Self::Flood => {
                ("GET /auth/me p99, logins at 10 × capacity", "idle p99", Time, AtMost(50.0 * MILLI))
            }
            Self::Revocation => {
                ("revocation seen by another instance, p99", "raw PUBLISH, p99", Time, AtMost(50.0 * MILLI))
            }
            Self::Mails => {
                ("mails per second of one worker", "raw lettre loop", PerSecond, RatioAtLeast(0.8))
            }
            Self::ManyLogin => ("login with many users, CPU", "with 1,000 users", Time, RatioAtMost(1.2)),
            Self::ManyMe => ("GET /auth/me with many users, CPU", "with 1,000 users", Time, RatioAtMost(1.2)),
            Self::ManyRefresh => ("refresh with many users, CPU", "with 1,000 users", Time, RatioAtMost(1.2)),
            Self::ManyFirstPage => {
                ("list of many users, page 1, CPU", "with 1,000 users", Time, RatioAtMost(1.2))
            }
            Self::ManyDeepPage => {
                ("list of many users, page at 9/10, CPU", "with 1,000 users", Time, RatioAtMost(1.2))
            }
            Self::Memory => ("memory of an idle server", "", Bytes, AtMost(40.0 * MIB)),
            Self::Start => ("start to first answer", "", Time, AtMost(300.0 * MILLI)),
            Self::Size => ("program, stripped", "", Bytes, AtMost(25.0 * MIB)),
        };
        Row { work, reference, unit, budget }
    }
}

impl Unit {
    /// The value with three digits that count, and its unit.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            _ if value.is_nan() => "?".to_owned(),
            Self::Time if value < 1e-3 => format!("{} µs", digits(value * 1e6)),
            Self::Time if value < 1.0 => format!("{} ms", digits(value * 1e3)),
            Self::Time => format!("{} s", digits(value)),
            Self::PerSecond => format!("{} /s", digits(value)),
            Self::Bytes => format!("{} MiB", digits(value / MIB)),
            Self::Count => digits(value),
        }
    }
}

/// Three digits that count, or all before the point; without zeros behind it.
fn digits(value: f64) -> String {
    let text = match value {
        _ if value < 10.0 => format!("{value:.2}"),
        _ if value < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

impl Budget {
    /// Whether figure and ratio keep it; what is no number keeps nothing.
    pub(crate) fn holds(self, figure: f64, ratio: f64) -> bool {
        match self {
            Self::RatioAtMost(most) => ratio <= most,
            Self::RatioAtLeast(least) => ratio >= least,
            Self::AtMost(most) => figure <= most,
        }
    }

    pub(crate) fn show(self, unit: Unit) -> String {
        match self {
            Self::RatioAtMost(most) => format!("≤ {most} ×"),
            Self::RatioAtLeast(least) => format!("≥ {least} ×"),
            Self::AtMost(most) => format!("≤ {}", unit.show(most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `cargo xtask bench` takes without building this crate.
    const XTASK: &str = include_str!("../../../xtask/src/bench.rs");
    const DOCUMENT: &str = include_str!("../../../docs/performance.md");

    #[test]
    fn xtask_knows_every_row_by_its_name() {
        for work in Work::value_variants() {
            let name = format!("\"{}\"", work.name());
            assert!(XTASK.contains(&name), "{name} is missing in xtask/src/bench.rs");
        }
    }

    #[test]
    fn the_document_explains_and_shows_every_row() {
        for work in Work::value_variants() {
            let (name, row) = (work.name(), work.row());
            assert!(
                DOCUMENT.contains(&format!("- `{name}`:")),
                "{name} is not explained in docs/performance.md"
            );
            assert!(DOCUMENT.contains(row.work), "{} is not in the table of docs/performance.md", row.work);
        }
    }

    #[test]
    fn a_budget_is_kept_up_to_its_very_limit() {
        assert!(Budget::RatioAtMost(1.5).holds(99.0, 1.5) && !Budget::RatioAtMost(1.5).holds(99.0, 1.51));
        assert!(Budget::RatioAtLeast(0.9).holds(99.0, 0.9) && !Budget::RatioAtLeast(0.9).holds(99.0, 0.89));
        assert!(Budget::AtMost(0.05).holds(0.05, 99.0) && !Budget::AtMost(0.05).holds(0.051, 0.0));
    }

    #[test]
    fn what_could_not_be_measured_keeps_no_budget() {
        for budget in [Budget::RatioAtMost(1.0), Budget::RatioAtLeast(0.0), Budget::AtMost(1.0)] {
            assert!(!budget.holds(f64::NAN, f64::NAN));
        }
    }

    #[test]
    fn values_are_shown_with_fitting_units() {
        assert_eq!(Unit::Time.show(0.000_012_34), "12.3 µs");
        assert_eq!(Unit::Time.show(0.025_6), "25.6 ms");
        assert_eq!(Unit::Time.show(0.003_2), "3.2 ms");
        assert_eq!(Unit::Bytes.show(20.0 * MIB), "20 MiB");
        assert_eq!(Unit::PerSecond.show(1234.5), "1234 /s");
        assert_eq!(Budget::AtMost(0.05).show(Unit::Time), "≤ 50 ms");
        assert_eq!(Budget::RatioAtMost(1.05).show(Unit::Time), "≤ 1.05 ×");
    }
}
