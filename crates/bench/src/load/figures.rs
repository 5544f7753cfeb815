//! What a load came to, as the script prints it.

use anyhow::{Context, ensure};

/// What was answered, and how fast.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figures {
    /// Requests that were answered, whatever the answer.
    pub(crate) requests: f64,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
    /// Answers of 400 and above.
    pub(crate) errors: f64,
    /// Connections that broke, and answers that did not come in time.
    pub(crate) broken: f64,
    /// Answers of 503, and those of them that said when to come again; counted by scripts that look at answers.
    pub(crate) overloaded: f64,
    pub(crate) with_retry_after: f64,
    /// Latencies, in seconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Figures {
    /// Reads the line `figures name=number …`; nothing else that wrk prints counts.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let line = text.lines().find_map(|line| line.strip_prefix("figures "));
        let line = line.context("there are no figures")?;
        let number = |name: &str| {
            let mut pairs = line.split(' ').filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|(key, _)| *key == name).with_context(|| format!("there is no {name}"))?;
            found.1.parse::<f64>().with_context(|| format!("{name} is no number"))
        };
        const MICROS: f64 = 1e6;
        Ok(Self {
            requests: number("requests")?,
            seconds: number("micros")? / MICROS,
            errors: number("errors")?,
            broken: number("broken")?,
            overloaded: number("overloaded")?,
            with_retry_after: number("retry_after")?,
            p50: number("p50")? / MICROS,
            p99: number("p99")? / MICROS,
        })
    }

    /// Answers per second.
    pub(crate) fn per_second(&self) -> f64 {
        self.requests / self.seconds
    }

    /// Answers below 400 per second.
    pub(crate) fn good_per_second(&self) -> f64 {
        (self.requests - self.errors) / self.seconds
    }

    /// Itself, when every request was answered below 400.
    ///
    /// # Errors
    /// When one was not: then something else was measured than was meant to be.
    pub(crate) fn all_good(self) -> anyhow::Result<Self> {
        let Self { requests, errors, broken, .. } = self;
        ensure!(requests > 0.0, "nothing was answered");
        ensure!(
            errors == 0.0 && broken == 0.0,
            "of {requests} answers {errors} were errors, and {broken} requests broke"
        );
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "Running 2s test @ http://127.0.0.1:1\n  1 threads and 8 connections\nfigures requests=200 \
        micros=2000000 errors=20 broken=0 overloaded=20 retry_after=19 p50=1500 p99=9000\n";

    #[test]
    fn the_line_of_figures_is_read_among_what_wrk_prints() {
        let figures = Figures::parse(OUTPUT).unwrap();
        assert_eq!((figures.requests, figures.seconds, figures.errors), (200.0, 2.0, 20.0));
        assert_eq!((figures.overloaded, figures.with_retry_after), (20.0, 19.0));
        assert_eq!((figures.p50, figures.p99), (0.001_5, 0.009));
        assert_eq!((figures.per_second(), figures.good_per_second()), (100.0, 90.0));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(Figures::parse("Running 2s test").unwrap_err().to_string(), "there are no figures");
        let cut = OUTPUT.replace("p99=9000", "");
        assert_eq!(Figures::parse(&cut).unwrap_err().to_string(), "there is no p99");
    }

    #[test]
    fn a_load_with_errors_measures_nothing() {
        let figures = Figures::parse(OUTPUT).unwrap();
        assert!(figures.clone().all_good().is_err());
        assert!(Figures { errors: 0.0, ..figures.clone() }.all_good().is_ok());
        assert!(Figures { errors: 0.0, broken: 1.0, ..figures.clone() }.all_good().is_err());
        assert!(Figures { errors: 0.0, requests: 0.0, ..figures }.all_good().is_err());
    }
}
