//! `deploy/` agrees with the service. The checks are the test `xtask/tests/deploy`, for the reasons that `generated.rs`
//! gives.

use crate::cargo;

/// Fails when anything in `deploy/` is wrong. Tools that are not installed are named; with `all`, and where
/// `CHECK_ALL` is set, each is a failure.
pub(crate) fn run(all: bool) -> anyhow::Result<()> {
    let mut test = cargo::command("test --workspace --test deploy -- --quiet --nocapture --exact");
    test.arg("the_deployment_is_sound");
    if all {
        test.env("CHECK_ALL", "1");
    }
    cargo::run_one_test(&mut test)
}
