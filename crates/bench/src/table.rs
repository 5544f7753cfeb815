//! The table: figure, reference, ratio and budget of each row, as text, Markdown or JSON.

use serde::Serialize;

use crate::machine::Machine;
use crate::stats::{median, ratios, spread};
use crate::work::{Row, Work};

/// What was measured for a row. Figures and references that were taken side by side have the same place.
#[derive(Default)]
pub(crate) struct Measured {
    pub(crate) figures: Vec<f64>,
    pub(crate) references: Vec<f64>,
    /// What else is worth knowing.
    pub(crate) notes: Vec<String>,
    /// What has to hold beside the budget, and does not.
    pub(crate) violations: Vec<String>,
}

impl Measured {
    /// A row that could not be measured; the others can.
    pub(crate) fn failed(error: &anyhow::Error) -> Self {
        Self { violations: vec![format!("could not be measured: {error:#}")], ..Self::default() }
    }
}

/// A row with what was measured.
#[derive(Serialize)]
pub(crate) struct Line {
    name: String,
    work: &'static str,
    /// Medians, with the least and the greatest; seconds, per second, bytes or plain.
    figure: f64,
    figure_spread: (f64, f64),
    reference: Option<&'static str>,
    reference_figure: Option<f64>,
    ratio: Option<f64>,
    ratio_spread: Option<(f64, f64)>,
    budget: String,
    holds: bool,
    notes: Vec<String>,
    violations: Vec<String>,
    #[serde(skip)]
    shown: [String; 2],
}

/// The whole run.
#[derive(Serialize)]
pub(crate) struct Table {
    machine: Machine,
    /// What "many users" were.
    users: u64,
    rows: Vec<Line>,
}

impl Line {
    pub(crate) fn new(work: Work, measured: Measured) -> Self {
        let Row { work: title, reference, unit, budget } = work.row();
        let Measured { figures, references, notes, violations } = measured;
        let figure = median(&figures);
        let reference_figure = (!references.is_empty()).then(|| median(&references));
        let paired = ratios(&figures, &references);
        let ratio = (!paired.is_empty()).then(|| median(&paired));
        let (least, greatest) = spread(&figures);
        let range = if figures.len() > 1 {
            format!(" ({}–{})", unit.show(least), unit.show(greatest))
        } else {
            String::new()
        };
        Self {
            name: work.name(),
            work: title,
            figure,
            figure_spread: (least, greatest),
            reference: (!reference.is_empty()).then_some(reference),
            reference_figure,
            ratio,
            ratio_spread: ratio.map(|_| spread(&paired)),
            budget: budget.show(unit),
            holds: budget.holds(figure, ratio.unwrap_or(f64::NAN)) && violations.is_empty(),
            notes,
            violations,
            shown: [
                format!("{}{range}", unit.show(figure)),
                reference_figure
                    .map(|value| format!("{reference}: {}", unit.show(value)))
                    .unwrap_or_default(),
            ],
        }
    }

    /// For whoever waits for the others.
    pub(crate) fn summary(&self) -> String {
        let [_, cells @ ..] = self.cells();
        let shown = cells.iter().filter(|cell| !cell.is_empty()).map(String::as_str);
        std::iter::once(self.name.as_str()).chain(shown).collect::<Vec<_>>().join("  ")
    }

    fn cells(&self) -> [String; 6] {
        let [figure, reference] = self.shown.clone();
        let ratio = self.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        let verdict = if self.holds { "holds" } else { "misses" };
        [self.work.to_owned(), figure, reference, ratio, self.budget.clone(), verdict.to_owned()]
    }

    /// What else is to be said, a line each.
    fn remarks(&self) -> impl Iterator<Item = String> {
        let violations =
            self.violations.iter().map(|violation| format!("{}: MISSES: {violation}", self.name));
        self.notes.iter().map(|note| format!("{}: {note}", self.name)).chain(violations)
    }
}

const HEAD: [&str; 6] = ["work", "figure (spread)", "reference", "ratio", "budget", ""];

impl Table {
    pub(crate) fn new(machine: Machine, users: u64, rows: Vec<Line>) -> Self {
        Self { machine, users, rows }
    }

    /// Whether every budget is kept.
    pub(crate) fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.holds)
    }

    /// For a terminal: columns as wide as they have to be.
    pub(crate) fn text(&self) -> String {
        let rows: Vec<_> = self.rows.iter().map(Line::cells).collect();
        let mut widths = HEAD.map(|cell| cell.chars().count());
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        let mut text = String::new();
        for row in std::iter::once(&HEAD.map(str::to_owned)).chain(&rows) {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        for remark in self.rows.iter().flat_map(Line::remarks) {
            text.push_str(&format!("\n{remark}"));
        }
        format!(
            "{text}\n\nMany users are {}, with five sessions each.\n{}\n",
            grouped(self.users),
            self.machine.line()
        )
    }

    /// For the document.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &[String; 6]| format!("| {} |\n", cells.join(" | "));
        let mut text = format!(
            "Machine: {}. Many users are {}, with five sessions each.\n\n",
            self.machine.line(),
            grouped(self.users)
        );
        text.push_str(&line(&HEAD.map(str::to_owned)));
        text.push_str(&line(&HEAD.map(|_| "---".to_owned())));
        text.extend(self.rows.iter().map(|row| line(&row.cells())));
        text.push('\n');
        text.extend(self.rows.iter().flat_map(Line::remarks).map(|remark| format!("- {remark}\n")));
        text
    }

    pub(crate) fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}

/// 1000000 as 1,000,000.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(figures: &[f64], references: &[f64]) -> Measured {
        Measured { figures: figures.into(), references: references.into(), ..Measured::default() }
    }

    #[test]
    fn a_row_shows_medians_and_the_ratio_of_what_was_side_by_side() {
        let line = Line::new(Work::Me, measured(&[14e-6, 28e-6, 13e-6], &[10e-6, 20e-6, 10e-6]));
        let cells = line.cells();
        assert_eq!(cells[1], "14 µs (13 µs–28 µs)");
        assert_eq!(cells[2], "GET /health/live: 10 µs");
        assert_eq!(&cells[3..], ["1.40", "≤ 1.5 ×", "holds"]);
    }

    #[test]
    fn a_missed_budget_shows_in_the_row_and_in_the_whole() {
        let good = Line::new(Work::Start, measured(&[0.1], &[]));
        let bad = Line::new(Work::Login, measured(&[0.05], &[0.02]));
        assert!(good.holds && !bad.holds);
        assert!(!Table::new(Machine::look(), 10, vec![good, bad]).holds());
    }

    #[test]
    fn a_violation_misses_whatever_the_figure() {
        let mut flood = measured(&[0.001], &[0.001]);
        flood.violations.push("3 answers of 503 without Retry-After".to_owned());
        let line = Line::new(Work::Flood, flood);
        assert!(!line.holds);
        assert!(line.remarks().any(|remark| remark == "flood: MISSES: 3 answers of 503 without Retry-After"));
    }

    #[test]
    fn a_row_that_could_not_be_measured_misses_and_says_why() {
        let line = Line::new(Work::Memory, Measured::failed(&anyhow::anyhow!("no server")));
        assert_eq!(line.summary(), "memory  ?  ≤ 40 MiB  misses");
        let table = Table::new(Machine::look(), 10, vec![line]);
        assert!(table.text().contains("memory: MISSES: could not be measured: no server"));
        assert!(table.json().is_ok());
    }

    #[test]
    fn the_columns_of_the_text_are_aligned() {
        let rows = vec![
            Line::new(Work::Start, measured(&[0.1], &[])),
            Line::new(Work::Me, measured(&[1e-5], &[1e-5])),
        ];
        let text = Table::new(Machine::look(), 1_000_000, rows).text();
        let column = |line: &str| line.chars().take_while(|c| *c != '≤').count();
        let lines: Vec<_> = text.lines().filter(|line| line.contains('≤')).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(column(lines[0]), column(lines[1]));
        assert!(text.contains("Many users are 1,000,000"));
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!([1, 999, 1_000, 1_000_000].map(grouped), ["1", "999", "1,000", "1,000,000"]);
    }
}
