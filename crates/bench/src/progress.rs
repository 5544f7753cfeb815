//! What is being done, on standard error: a bar on a terminal, lines anywhere else.

use std::io::IsTerminal;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::sync::Mutex;

pub(crate) struct Progress {
    bars: MultiProgress,
    /// The rows of the table.
    rows: ProgressBar,
    /// What takes long within one of them.
    within: Mutex<Option<ProgressBar>>,
    is_terminal: bool,
}

impl Progress {
    pub(crate) fn new(rows: usize) -> Self {
        let bars = MultiProgress::new();
        let rows = bars.add(ProgressBar::new(u64::try_from(rows).unwrap_or(0)).with_style(style()));
        Self { bars, rows, within: Mutex::new(None), is_terminal: std::io::stderr().is_terminal() }
    }

    /// The next row is being measured.
    pub(crate) fn row(&self, name: &str) {
        self.rows.set_message(name.to_owned());
        self.rows.tick();
        if !self.is_terminal {
            eprintln!("{name}");
        }
    }

    /// It is measured, and this came of it.
    pub(crate) fn row_done(&self, summary: &str) {
        self.end(); // of what it may have broken off in
        self.rows.inc(1);
        if self.is_terminal {
            self.rows.println(summary);
        } else {
            eprintln!("   {summary}");
        }
    }

    /// Something that takes `steps` steps begins.
    pub(crate) fn begin(&self, what: &str, steps: u64) {
        if !self.is_terminal {
            eprintln!("   {what}");
        }
        let bar = self.bars.add(ProgressBar::new(steps).with_style(style()).with_message(what.to_owned()));
        self.replace(Some(bar));
    }

    pub(crate) fn add(&self, steps: u64) {
        let within = self.within.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(bar) = within.as_ref() {
            bar.inc(steps);
        }
    }

    /// What began last has ended.
    pub(crate) fn end(&self) {
        self.replace(None);
    }

    /// Nothing more is shown.
    pub(crate) fn clear(&self) {
        self.end();
        self.rows.finish_and_clear();
    }

    fn replace(&self, with: Option<ProgressBar>) {
        let mut within = self.within.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(bar) = std::mem::replace(&mut *within, with) {
            bar.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    let template = "{elapsed_precise} {wide_bar} {pos}/{len} {msg}";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
