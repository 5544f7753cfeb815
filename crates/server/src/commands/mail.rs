//! `evently-auth mail list|retry`: what waits, what was given up, and another try.

use crate::cli::Mail;
use anyhow::bail;
use evently_auth_config::Config;
use evently_auth_domain::Timestamp;
use evently_auth_domain::mail::{MailEntry, MailId, MailStatus};
use serde_json::json;
use std::io::{self, Write};

pub(crate) async fn run(config: &Config, command: &Mail) -> anyhow::Result<()> {
    let auth = evently_auth_wiring::assemble_existing(config).await?.auth;
    let mut out = io::stdout();
    match command {
        Mail::List { status, json, limit } => {
            let mails = auth.list_mails(*status, *limit).await?;
            if *json {
                let mails: Vec<_> = mails.iter().map(as_json).collect();
                writeln!(out, "{}", serde_json::to_string_pretty(&mails)?)?;
            } else {
                print_table(&mut out, &mails)?;
            }
        }
        Mail::Retry { all: true, .. } => {
            writeln!(out, "{} dead mails will be sent again.", auth.retry_mails(None).await?)?;
        }
        Mail::Retry { ids, .. } => {
            let ids: Vec<_> = ids.iter().copied().map(MailId).collect();
            let requeued = auth.retry_mails(Some(&ids)).await?;
            if requeued == 0 {
                bail!("none of these mails is dead; `evently-auth mail list --status dead` shows which are");
            }
            writeln!(out, "{requeued} dead mails will be sent again.")?;
        }
    }
    Ok(())
}

fn print_table(out: &mut impl Write, mails: &[MailEntry]) -> io::Result<()> {
    if mails.is_empty() {
        return writeln!(out, "No mails.");
    }
    writeln!(out, "{:>8}  {:8}  {:24}  {:>5}  {:27}  TO", "ID", "STATUS", "KIND", "TRIES", "WRITTEN")?;
    for mail in mails {
        let (status, kind) = (mail.status.as_str(), mail.kind.as_str());
        let written = time(mail.created_at);
        writeln!(
            out,
            "{:>8}  {status:8}  {kind:24}  {:>5}  {written:27}  {}",
            mail.id.0, mail.attempts, mail.to
        )?;
        if let Some(error) = &mail.last_error {
            writeln!(out, "{:>8}  {error}", "")?;
        }
    }
    Ok(())
}

fn as_json(mail: &MailEntry) -> serde_json::Value {
    let next = (mail.status == MailStatus::Queued).then(|| time(mail.next_attempt_at));
    json!({
        "id": mail.id.0,
        "message_id": mail.message_id,
        "kind": mail.kind.as_str(),
        "to": mail.to.as_str(),
        "status": mail.status.as_str(),
        "attempts": mail.attempts,
        "next_attempt_at": next,
        "last_error": mail.last_error,
        "created_at": time(mail.created_at),
    })
}

fn time(at: Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
