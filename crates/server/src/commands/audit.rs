//! `evently-auth audit verify`: names what was tampered with.

use crate::cli::Audit;
use evently_auth_config::Config;
use std::io::{self, Write};
use std::process::ExitCode;

pub(crate) async fn run(config: &Config, command: &Audit) -> anyhow::Result<ExitCode> {
    let Audit::Verify = command;
    let system = evently_auth_wiring::assemble_existing(config).await?;
    let report = system.auth.verify_audit().await?;
    let mut out = io::stdout();
    for finding in &report.findings {
        writeln!(out, "{finding}")?;
    }
    if report.findings.is_empty() {
        writeln!(out, "The audit is intact: {} rows, {} seals.", report.rows, report.seals)?;
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("evently-auth: the audit was tampered with ({} findings); see above", report.findings.len());
    Ok(ExitCode::FAILURE)
}
