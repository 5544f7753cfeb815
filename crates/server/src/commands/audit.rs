//! `evently-auth audit verify`: names what was tampered with.

use crate::cli::Audit;
use anyhow::Context;
use chrono::SecondsFormat;
use evently_auth_config::Config;
use std::io::{self, Write};
use std::process::ExitCode;

pub(crate) async fn run(config: &Config, command: &Audit) -> anyhow::Result<ExitCode> {
    let Audit::Verify { expect } = command;
    let auth = evently_auth_wiring::assemble_existing(config).await?.auth;
    let mut report = auth.verify_audit().await.context("the audit cannot be read to its end")?;
    if let Some(expected) = expect {
        report.findings.extend(auth.verify_seal(*expected).await?);
    }
    let mut out = io::stdout();
    for finding in &report.findings {
        writeln!(out, "{finding}")?;
    }
    let is_intact = report.findings.is_empty();
    if is_intact {
        writeln!(out, "The audit is intact: {} rows, {} seals.", report.rows, report.seals)?;
    }
    if let Some(start) = report.start {
        let newest = start.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        writeln!(out, "Cut by age up to {newest}: {} rows, to seal {}.", start.rows, start.link)?;
    }
    for late in &report.late {
        writeln!(out, "Sealed late: {late}.")?;
    }
    match report.end {
        Some(end) => writeln!(out, "Sealed up to {}", end.link)?,
        None if report.seals > 0 && is_intact => {
            writeln!(out, "The end of the chain is not kept yet: the next seal does that.")?;
        }
        None => {}
    }
    if is_intact {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("evently-auth: the audit was tampered with ({} findings); see above", report.findings.len());
    Ok(ExitCode::FAILURE)
}
