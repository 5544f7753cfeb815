//! Whatever an operator writes into variables: the settings are checked, or one line names the variable. An input is text:
//! `NAME=value` on each line.
#![no_main]

use evently_auth_config::{Config, VARIABLES};
use evently_auth_fuzz::lines;
use libfuzzer_sys::fuzz_target;
use std::collections::HashMap;

fuzz_target!(|input: &[u8]| {
    // No `NAME_FILE`: the files of a machine are no input.
    let is_known = |name: &str| VARIABLES.iter().any(|variable| variable.name == name);
    let variables: HashMap<String, String> = lines(input)
        .filter_map(|line| str::from_utf8(line).ok()?.split_once('='))
        .filter(|(name, _)| is_known(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if let Err(error) = Config::from_source(&variables) {
        let line = error.to_string();
        assert!(!line.contains('\n'), "{line:?}");
        assert!(VARIABLES.iter().any(|variable| line.contains(variable.name)), "{line:?}");
    }
});
