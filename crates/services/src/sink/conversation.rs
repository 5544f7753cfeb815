//! One conversation in ESMTP (RFC 5321), from the greeting to its end.

use super::{Reaction, Shared, SinkMail, Stage};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// More than any mail of a test.
const MAX_BYTES: usize = 10 << 20;

/// A connection, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

/// Where a conversation stands. Its end, also a wanted one, is an error.
pub(super) struct Conversation {
    stream: BufReader<Box<dyn Stream>>,
    shared: Arc<Shared>,
    is_encrypted: bool,
    is_authenticated: bool,
    from: Option<String>,
    recipients: Vec<String>,
}

impl Conversation {
    /// Converses until one of both has enough.
    pub(super) async fn hold(stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut this = Self {
            stream: BufReader::new(Box::new(stream)),
            is_encrypted: false,
            is_authenticated: shared.credentials.is_none(),
            shared,
            from: None,
            recipients: Vec::new(),
        };
        if !this.may_go_on(Stage::Connect).await? {
            return Ok(());
        }
        if let Some(tls) = this.shared.implicit_tls.clone() {
            this = this.encrypted(tls).await?;
        }
        this.say("220 sink ESMTP").await?;
        loop {
            let line = this.line().await?;
            let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "STARTTLS" => match this.shared.start_tls.clone().filter(|_| !this.is_encrypted) {
                    None => this.say("502 5.5.1 no STARTTLS").await?,
                    Some(tls) => {
                        if this.may_go_on(Stage::StartTls).await? {
                            this.say("220 2.0.0 go ahead").await?;
                            this = this.encrypted(tls).await?;
                        }
                    }
                },
                verb => this.command(verb, argument).await?,
            }
        }
    }

    async fn command(&mut self, verb: &str, argument: &str) -> io::Result<()> {
        match verb {
            "EHLO" | "HELO" => self.hello().await,
            "AUTH" => self.auth(argument).await,
            "MAIL" => self.mail(argument).await,
            "RCPT" => self.rcpt(argument).await,
            "DATA" => self.data().await,
            "NOOP" => self.say("250 2.0.0 ok").await,
            "RSET" => {
                self.reset();
                self.say("250 2.0.0 ok").await
            }
            "QUIT" => {
                self.say("221 2.0.0 bye").await?;
                Err(ErrorKind::ConnectionAborted.into())
            }
            _ => self.say("500 5.5.2 what?").await,
        }
    }

    async fn hello(&mut self) -> io::Result<()> {
        if !self.may_go_on(Stage::Hello).await? {
            return Ok(());
        }
        self.reset();
        let mut lines = vec!["sink", "8BITMIME", "ENHANCEDSTATUSCODES"];
        if self.shared.has_smtputf8 {
            lines.push("SMTPUTF8");
        }
        if self.must_encrypt() {
            lines.push("STARTTLS");
        } else if self.shared.credentials.is_some() {
            lines.push("AUTH PLAIN LOGIN");
        }
        let last = lines.len() - 1;
        let mark = |(number, line)| format!("250{}{line}", if number == last { ' ' } else { '-' });
        let answer: Vec<_> = lines.into_iter().enumerate().map(mark).collect();
        self.say(&answer.join("\r\n")).await
    }

    /// AUTH PLAIN (RFC 4616) and the older LOGIN.
    async fn auth(&mut self, argument: &str) -> io::Result<()> {
        if self.must_encrypt() {
            return self.say("530 5.7.0 STARTTLS first").await;
        }
        if !self.may_go_on(Stage::Auth).await? {
            return Ok(());
        }
        let (mechanism, initial) = argument.split_once(' ').unwrap_or((argument, ""));
        let given = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let answer = if initial.is_empty() { self.ask("").await? } else { decoded(initial) };
                let mut parts = answer.split('\0').skip(1).map(str::to_owned);
                parts.next().zip(parts.next())
            }
            "LOGIN" => Some((self.ask("Username:").await?, self.ask("Password:").await?)),
            _ => return self.say("504 5.5.4 PLAIN or LOGIN").await,
        };
        if given.is_some() && given == self.shared.credentials {
            self.is_authenticated = true;
            self.say("235 2.7.0 welcome").await
        } else {
            self.say("535 5.7.8 wrong user or password").await
        }
    }

    async fn mail(&mut self, argument: &str) -> io::Result<()> {
        if self.must_encrypt() {
            return self.say("530 5.7.0 STARTTLS first").await;
        }
        if !self.is_authenticated {
            return self.say("530 5.7.0 AUTH first").await;
        }
        if self.from.is_some() {
            return self.say("503 5.5.1 one mail at a time").await;
        }
        let Some(from) = path(argument, "FROM:") else {
            return self.say("501 5.5.4 MAIL FROM:<address>").await;
        };
        if self.may_go_on(Stage::Sender).await? {
            self.from = Some(from);
            self.say("250 2.1.0 ok").await?;
        }
        Ok(())
    }

    async fn rcpt(&mut self, argument: &str) -> io::Result<()> {
        if self.from.is_none() {
            return self.say("503 5.5.1 MAIL first").await;
        }
        let Some(to) = path(argument, "TO:") else {
            return self.say("501 5.5.4 RCPT TO:<address>").await;
        };
        self.recipients.push(to);
        if self.may_go_on(Stage::Recipient).await? {
            self.say("250 2.1.5 ok").await?;
        } else {
            self.recipients.pop();
        }
        Ok(())
    }

    async fn data(&mut self) -> io::Result<()> {
        if self.recipients.is_empty() {
            return self.say("503 5.5.1 RCPT first").await;
        }
        if !self.may_go_on(Stage::Data).await? {
            return Ok(());
        }
        self.say("354 go ahead").await?;
        let raw = self.content().await?;
        if self.may_go_on(Stage::Content).await? {
            let recipients = self.recipients.clone();
            let mail = SinkMail { from: self.from.clone().unwrap_or_default(), recipients, raw };
            self.write_down(&mail).await?;
            self.shared.mails.send_modify(|mails| mails.push(mail));
            if self.may_go_on(Stage::Taken).await? {
                self.say("250 2.0.0 taken").await?;
            }
        }
        self.reset();
        Ok(())
    }

    /// Lines to the final dot, without the dots that were put before (RFC 5321, 4.5.2).
    async fn content(&mut self) -> io::Result<Vec<u8>> {
        let mut raw = Vec::new();
        while raw.len() < MAX_BYTES {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if line == b".\r\n" {
                return Ok(raw);
            }
            raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        Err(ErrorKind::FileTooLarge.into())
    }

    /// Writes the mail into the folder, if there is one: `{Message-ID}.eml`, or with a number when it came before.
    async fn write_down(&self, mail: &SinkMail) -> io::Result<()> {
        let Some(folder) = &self.shared.folder else { return Ok(()) };
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        let id: String = mail.message_id().chars().filter(is_plain).take(100).collect();
        let mut name = format!("{id}.eml");
        for number in 2.. {
            let new =
                tokio::fs::OpenOptions::new().write(true).create_new(true).open(folder.join(&name)).await;
            match new {
                Err(why) if why.kind() == ErrorKind::AlreadyExists => name = format!("{id}-{number}.eml"),
                new => {
                    let mut file = new?;
                    file.write_all(&mail.raw).await?;
                    return file.flush().await;
                }
            }
        }
        Ok(())
    }

    /// Whether nothing was told about this stage; if something was, does it.
    async fn may_go_on(&mut self, stage: Stage) -> io::Result<bool> {
        match self.shared.behaviour.at(stage, &self.recipients) {
            None => return Ok(true),
            Some(Reaction::Answer(text)) => {
                self.say(&text).await?;
                if !text.starts_with("421") {
                    return Ok(false);
                }
            }
            Some(Reaction::Hang) => while self.stream.read(&mut [0; 1_024]).await? > 0 {},
            Some(Reaction::Drop) => {}
        }
        Err(ErrorKind::ConnectionAborted.into())
    }

    async fn encrypted(self, tls: tokio_rustls::TlsAcceptor) -> io::Result<Self> {
        // What came before the handshake and was not read is gone with the buffer (RFC 3207, 4.2).
        let stream = tls.accept(self.stream.into_inner()).await?;
        Ok(Self { stream: BufReader::new(Box::new(stream)), is_encrypted: true, ..self })
    }

    fn must_encrypt(&self) -> bool {
        self.shared.start_tls.is_some() && !self.is_encrypted
    }

    fn reset(&mut self) {
        self.from = None;
        self.recipients.clear();
    }

    async fn ask(&mut self, question: &str) -> io::Result<String> {
        self.say(&format!("334 {}", BASE64.encode(question))).await?;
        Ok(decoded(&self.line().await?))
    }

    async fn say(&mut self, answer: &str) -> io::Result<()> {
        self.stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// The address of `FROM:<ada@example.com> SMTPUTF8`.
fn path(argument: &str, keyword: &str) -> Option<String> {
    let (start, rest) = argument.split_at_checked(keyword.len())?;
    let (address, _) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    start.eq_ignore_ascii_case(keyword).then(|| address.to_owned())
}

fn decoded(base64: &str) -> String {
    BASE64.decode(base64).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
