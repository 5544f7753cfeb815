//! The table is what is read: no variable beside it, no default and no range but its own.

use crate::{config, production_with, read, refusal};
use evently_auth_config::{Config, ConfigError, Source, Takes, VARIABLES, Variable, markdown_table};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;

/// Knows nothing, and remembers what it was asked for.
#[derive(Default)]
struct Recorder(RefCell<BTreeSet<String>>);

impl Source for Recorder {
    fn get(&self, name: &str) -> Option<OsString> {
        self.0.borrow_mut().insert(name.to_owned());
        None
    }
}

#[test]
fn exactly_the_variables_of_the_table_are_read() {
    let asked = Recorder::default();
    Config::from_source(&asked).unwrap();
    let table: BTreeSet<String> = VARIABLES
        .iter()
        .flat_map(|variable| {
            let file = variable.secret.then(|| format!("{}_FILE", variable.name));
            std::iter::once(variable.name.to_owned()).chain(file)
        })
        .collect();
    assert_eq!(asked.0.into_inner(), table);
}

#[test]
fn all_of_them_are_asked_of_zero_but_files_and_what_opens_it() {
    let asked = Recorder::default();
    Config::from_sources(&HashMap::<&str, &str>::new(), Some(&asked)).unwrap();
    let names = VARIABLES.iter().map(|variable| variable.name.to_owned());
    let table: BTreeSet<String> = names.filter(|name| !name.starts_with("ZERO_")).collect();
    assert_eq!(asked.0.into_inner(), table);
}

#[test]
fn each_name_stands_once() {
    let names: BTreeSet<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(names.len(), VARIABLES.len());
}

/// A change of any setting shows here, and secrets as present or absent.
fn looks(given: &[(&str, &str)]) -> String {
    format!("{:?}", config(&production_with(given)))
}

#[test]
fn every_default_is_the_value_that_the_variable_may_be_set_to() {
    for variable in VARIABLES {
        let Some(default) = variable.default else { continue };
        assert_eq!(looks(&[(variable.name, default)]), looks(&[]), "{}", variable.name);
    }
}

#[test]
fn every_number_is_taken_within_its_range_alone() {
    for variable in VARIABLES {
        let Takes::Number { min, max, .. } = variable.takes else {
            continue;
        };
        let name = variable.name;
        for good in [min, max] {
            config(&[(name, &good.to_string())]);
        }
        let below = i128::from(min) - 1;
        let above = u128::from(max) + 1;
        for bad in [
            below.to_string(),
            above.to_string(),
            "-1".into(),
            "1.5".into(),
            "many".into(),
            "1e3".into(),
            u64::MAX.to_string(),
            format!("{}0", u64::MAX),
        ] {
            let line = refusal(&[(name, &bad)]);
            assert_eq!(line, format!("{name} is {bad:?}; it takes {}", variable.takes));
        }
    }
}

#[test]
fn every_choice_and_flag_is_taken_in_any_case_and_nothing_else() {
    for variable in VARIABLES {
        let words: &[&str] = match variable.takes {
            Takes::OneOf(words) => words,
            Takes::Flag => &["true", "false", "1", "0", "yes", "no", "on", "off"],
            Takes::Number { .. } | Takes::Text(_) | Takes::Secret(_) => continue,
        };
        for word in words {
            config(&[(variable.name, &word.to_uppercase())]);
            config(&[(variable.name, &word.to_lowercase())]);
        }
        let line = refusal(&[(variable.name, "maybe")]);
        assert_eq!(line, format!("{} is \"maybe\"; it takes {}", variable.name, variable.takes));
    }
}

#[test]
fn the_documentation_has_a_row_of_four_cells_for_each() {
    let table = markdown_table();
    let rows: Vec<_> = table.lines().collect();
    assert_eq!(rows.len(), VARIABLES.len() + 2);
    assert!(rows.iter().all(|row| row.matches('|').count() == 5), "{table}");
    assert!(table.contains(
        "
| `PORT` | `8000` | a whole number, 0 to 65535 | The port that"
    ));
    assert!(table.contains("| `JWT_SECRET`, `JWT_SECRET_FILE` |  | at least 32 random bytes"));
}

fn stops_with_one_line(name: &str, value: &str, read: Result<Config, ConfigError>) {
    let Err(error) = read else { return };
    let line = error.to_string();
    assert_eq!(line.lines().count(), 1, "{name}={value:?}: {line}");
    assert!(line.contains(error.variable()) && line.contains("; it takes "), "{line}");
}

fn secrets() -> Vec<Variable> {
    VARIABLES.iter().copied().filter(|variable| variable.secret).collect()
}

proptest! {
    #[test]
    fn no_value_of_any_variable_does_worse_than_stop_the_start(
        index in 0..VARIABLES.len(),
        value in prop_oneof![
            any::<String>(),
            "[a-z0-9:/@.,%?=\\[\\]-]{0,40}",
            "(postgres|redis|https)://[a-z0-9:/@.,%?=\\[\\]-]{0,40}",
        ],
    ) {
        let name = VARIABLES[index].name;
        stops_with_one_line(name, &value, read(&[(name, &value)]));
    }

    #[test]
    fn a_secret_is_never_repeated(
        variable in proptest::sample::select(secrets()),
        canary in "[A-Z]{10}",
        around in "(postgres://|redis://|-----BEGIN )?[a-z:/@?%]{0,6}",
    ) {
        let value = format!("{around}{canary}{around}");
        let source = HashMap::from([(variable.name, value.as_str())]);
        let said = match Config::from_source(&source) {
            Ok(config) => format!("{:?}", config.tokens) + &format!("{:?}", config.secret_key),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!said.contains(&canary), "{said}");
    }
}
