//! A directory that mails go to: each is one complete `.eml` file that only its owner can read.

use crate::MailRenderer;
use crate::eml::Eml;
use async_trait::async_trait;
use chrono::NaiveDateTime;
use evently_auth_domain::Timestamp;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::ports::{Envelope, Mailbox, MailboxMessage, Mailer, MailerError};
use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Delivers into a directory, and lists what lies there.
///
/// The directory is made when it is missing, with mode 0700. Files have mode 0600, and appear complete or not
/// at all.
#[derive(Debug, Clone)]
pub struct FileMailbox {
    directory: PathBuf,
    renderer: MailRenderer,
}

impl FileMailbox {
    /// A mailbox in `directory`, which need not exist yet.
    pub fn new(directory: impl Into<PathBuf>, renderer: MailRenderer) -> Self {
        Self { directory: directory.into(), renderer }
    }
}

#[async_trait]
impl Mailer for FileMailbox {
    async fn send(&self, envelope: &Envelope) -> Result<(), MailerError> {
        let mail = self.renderer.render(envelope)?.formatted();
        let name = FileName { at: envelope.created_at, id: envelope.message_id.clone() }.to_string();
        let directory = self.directory.clone();
        tokio::task::spawn_blocking(move || write(&directory, &name, &mail))
            .await
            .map_err(io::Error::from)
            .flatten()
            .map_err(|why| MailerError::Temporary(format!("the mail directory: {why}")))
    }
}

#[async_trait]
impl Mailbox for FileMailbox {
    async fn messages(&self, limit: usize) -> Result<Vec<MailboxMessage>, StoreError> {
        let directory = self.directory.clone();
        tokio::task::spawn_blocking(move || list(&directory, limit))
            .await
            .map_err(io::Error::from)
            .flatten()
            .map_err(StoreError::unavailable)
    }
}

/// `20260131T235959.123456Z-{id}.eml`: the order of names is the order of time.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct FileName {
    at: Timestamp,
    id: String,
}

impl FileName {
    const TIME: &str = "%Y%m%dT%H%M%S%.6fZ";

    /// Takes names that `Display` wrote, no others.
    fn parse(name: &str) -> Option<Self> {
        let (at, id) = name.strip_suffix(".eml")?.split_once('-')?;
        let at = NaiveDateTime::parse_from_str(at, Self::TIME).ok()?.and_utc();
        Some(Self { at, id: id.to_owned() }).filter(|parsed| parsed.to_string() == name)
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}.eml", self.at.format(Self::TIME), self.id)
    }
}

/// Writes a file that is there completely, also after a crash, or not at all.
fn write(directory: &Path, name: &str, mail: &[u8]) -> io::Result<()> {
    make_private(directory)?;
    // Private from the beginning (mode 0600), and removed when anything fails.
    let mut file = tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(directory)?;
    file.write_all(mail)?;
    file.as_file().sync_all()?;
    file.persist(directory.join(name))?;
    File::open(directory)?.sync_all()
}

fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// The newest mails; what is no mail of ours is passed over.
fn list(directory: &Path, limit: usize) -> io::Result<Vec<MailboxMessage>> {
    let entries = match directory.read_dir() {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().to_str().and_then(FileName::parse));
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names.into_iter().filter_map(|name| read(directory, name)).take(limit).collect())
}

/// The mail in this file, if it is one.
fn read(directory: &Path, name: FileName) -> Option<MailboxMessage> {
    /// Ours are a few kilobytes.
    const MAX_BYTES: u64 = 1 << 20;
    let path = directory.join(name.to_string());
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut raw = Vec::new();
    File::open(path).ok()?.take(MAX_BYTES).read_to_end(&mut raw).ok()?;
    let mail = Eml::parse(&raw)?;
    Some(MailboxMessage {
        id: name.id,
        at: name.at,
        code: mail.code(),
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
    })
}
