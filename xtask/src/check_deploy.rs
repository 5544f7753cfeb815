//! `deploy/` agrees with the service. The checks are the test `xtask/tests/deploy`, for the reasons that `generated.rs`
//! gives.

use crate::cargo;

/// Fails when anything in `deploy/` is wrong. Tools that are not installed are named; with `all` each is a failure.
pub(crate) fn run(all: bool) -> anyhow::Result<()> {
    let mut test = cargo::command("test --workspace --test deploy -- --quiet --nocapture --exact");
    test.arg("the_deployment_is_sound").env_remove("CHECK_DEPLOY_ALL");
    if all {
        test.env("CHECK_DEPLOY_ALL", "1");
    }
    cargo::run(&mut test)
}
