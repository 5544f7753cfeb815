//! The test suite that every adapter of a port must pass: each sentence in a port's documentation is a clause here.
//!
//! A clause is an async function that is given a fresh harness and panics when the promise is broken. A macro per port
//! turns all of its clauses into tests, so a failure names the clause. An adapter's test file is three lines:
//!
//! ```text
//! async fn fresh() -> evently_auth_contract::StoreHarness { /* an empty store */ }
//! evently_auth_contract::users!(fresh);
//! evently_auth_contract::sessions!(fresh);
//! ```
//!
//! What no port can show, adapters test themselves: that a store refuses to change audit rows, that the payload of a
//! sent mail is gone from the disk, that `verify` without a hash takes as long as with one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a clause tells by a panic that it was broken"
)]

pub mod access_tokens;
pub mod audit_log;
pub mod clock;
pub mod codes;
pub mod entropy;
pub mod given;
mod harness;
pub mod mailer;
pub mod outbox;
pub mod password_hasher;
pub mod probe;
mod race;
pub mod rate_limits;
pub mod session_cache;
pub mod sessions;
pub mod signals;
pub mod tampering;
pub mod user_imports;
pub mod users;

pub use harness::{
    Advance, CodesHarness, HasherHarness, ImportHarness, LimitsHarness, MailHarness, ProbeHarness,
    StoreHarness, TokensHarness,
};
pub use race::{race, run};
pub use session_cache::SessionCacheHarness;
pub use signals::SignalsHarness;
pub use tampering::TamperHarness;

/// Makes a module of tests out of clauses; the macro of each port calls it with its own.
#[doc(hidden)]
#[macro_export]
macro_rules! clauses {
    ($fresh:expr, $port:ident: [$($clause:ident,)*]) => {
        mod $port {
            #[allow(unused_imports, reason = "the harness may be named by a full path")]
            use super::*;
            $(
                #[test]
                fn $clause() {
                    $crate::run(async { $crate::$port::$clause(($fresh)().await).await });
                }
            )*
        }
    };
    ($fresh:expr, $port:ident: {$($topic:ident: [$($clause:ident,)*],)*}) => {
        mod $port {
            #[allow(unused_imports, reason = "the harness may be named by a full path")]
            use super::*;
            $(
                mod $topic {
                    #[allow(unused_imports, reason = "the harness may be named by a full path")]
                    use super::*;
                    $(
                        #[test]
                        fn $clause() {
                            $crate::run(async { $crate::$port::$topic::$clause(($fresh)().await).await });
                        }
                    )*
                }
            )*
        }
    };
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
    }

    /// A clause that no macro names would be kept by nobody.
    #[test]
    fn every_clause_is_in_the_macro_of_its_port() {
        let mut clauses = 0;
        for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            let source = fs::read_to_string(&path).unwrap();
            let port = path.with_file_name("mod.rs");
            let suite = if port.exists() { fs::read_to_string(port).unwrap() } else { source.clone() };
            for clause in source.lines().filter_map(|line| line.strip_prefix("pub async fn ")) {
                let name = clause.split(['(', '<']).next().unwrap();
                if name != "race" {
                    clauses += 1;
                    assert!(
                        suite.contains(&format!(" {name},")) || suite.contains(&format!("[{name},")),
                        "{name}"
                    );
                }
            }
        }
        assert!(clauses > 200, "only {clauses} clauses were found");
    }
}
