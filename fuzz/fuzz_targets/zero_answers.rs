//! Whatever answers in the place of the secrets manager: secrets come with a status that says so, and what stops the start
//! is one line without the token. An input is text: the status on the first line, then the body.
#![no_main]

use evently_auth_zero::fuzzing::read_answer;
use libfuzzer_sys::{Corpus, fuzz_target};

/// Stands in an input as `TOKEN`.
const TOKEN: &str = "zt-9c41e07b";

fuzz_target!(|input: &str| -> Corpus {
    let Some((status, body)) = input.split_once('\n') else { return Corpus::Reject };
    let Ok(status) = status.parse() else { return Corpus::Reject };
    match read_answer(status, body.replace("TOKEN", TOKEN).as_bytes(), TOKEN) {
        Ok(secrets) => {
            assert!((200..300).contains(&status), "{status}");
            assert!(secrets.len() <= body.len());
            secrets.variable("DB_HOST");
        }
        Err(error) => {
            let line = error.to_string();
            assert!(!line.chars().any(char::is_control), "{line:?}");
            assert!(!line.contains(TOKEN), "{line:?}");
            assert!(line.len() < 2_000, "{line:?}");
        }
    }
    Corpus::Keep
});
