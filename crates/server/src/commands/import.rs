//! `evently-auth import`: brings the accounts of the old service; run again, it brings what is missing.

use anyhow::{Context, bail};
use clap::Args;
use evently_auth_config::{Config, SecretText};
use evently_auth_domain::usecases::{ImportError, ImportProgress, ImportSummary, ImportUsers};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, Write};

/// The most bytes of a URL on standard input.
const MAX_URL_BYTES: u64 = 4096;

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Its database, as postgres://user:password@host:port/name?sslmode=require; `-` reads that from the first line
    /// of standard input, so that no list of processes shows the password
    #[arg(long, value_name = "URL", value_parser = secret)]
    from_url: SecretText,
    /// Say what would happen, and bring nobody
    #[arg(long)]
    dry_run: bool,
    /// How many accounts are read, and written in one step
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    batch_size: u32,
}

/// Never fails: clap would repeat the value.
#[expect(clippy::unnecessary_wraps, reason = "that is the form of a value parser")]
fn secret(text: &str) -> Result<SecretText, std::convert::Infallible> {
    Ok(SecretText::new(text))
}

pub(crate) async fn run(config: &Config, import: &Import) -> anyhow::Result<()> {
    let from = evently_auth_wiring::legacy_users(&url(import)?).await?;
    let system = evently_auth_wiring::assemble(config).await?;
    let bar = progress_bar(from.count().await.map_err(ImportError::Source)?)?;
    let options = ImportUsers { batch_size: import.batch_size, dry_run: import.dry_run };
    let mut report = |progress: ImportProgress<'_>| match progress {
        // Whether anybody reads it is no reason to stop half-way.
        ImportProgress::Remark(id, remark) => bar.suspend(|| {
            let _ = writeln!(io::stdout(), "{id}: {remark}");
        }),
        ImportProgress::Batch(summary) => bar.set_position(summary.total()),
    };
    let into = system.user_imports.as_ref();
    let result = system.auth.import_users(from.as_ref(), into, options, &mut report).await;
    bar.finish_and_clear();
    let summary =
        result.context("the import ended early; what it brought stays, and another run goes on after it")?;
    writeln!(io::stdout(), "{}", told(summary, import.dry_run))?;
    Ok(())
}

fn url(import: &Import) -> anyhow::Result<SecretText> {
    use io::{BufRead, Read};
    if import.from_url.expose() != "-" {
        return Ok(import.from_url.clone());
    }
    let mut line = String::new();
    io::stdin()
        .lock()
        .take(MAX_URL_BYTES)
        .read_line(&mut line)
        .context("cannot read the URL from standard input")?;
    if line.trim().is_empty() {
        bail!("there is no URL on the first line of standard input");
    }
    Ok(SecretText::new(line.trim()))
}

/// On standard error, and only when that is a terminal.
fn progress_bar(total: u64) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} accounts, {eta} left")?;
    Ok(ProgressBar::new(total).with_style(style))
}

fn told(summary: ImportSummary, dry_run: bool) -> String {
    let ImportSummary { imported, already_there, conflicts, skipped } = summary;
    let (verb, end) = if dry_run { ("Would import", " Nothing was written.") } else { ("Imported", "") };
    format!(
        "{verb} {imported} accounts; {already_there} were there already, {conflicts} conflict with others here, \
         {skipped} were skipped.{end}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_what_happened_or_would() {
        let summary = ImportSummary { imported: 5, already_there: 4, conflicts: 3, skipped: 2 };
        let told = |dry_run| told(summary, dry_run);
        let rest = "5 accounts; 4 were there already, 3 conflict with others here, 2 were skipped.";
        assert_eq!(told(false), format!("Imported {rest}"));
        assert_eq!(told(true), format!("Would import {rest} Nothing was written."));
    }
}
