//! STARTTLS with somebody on the way: what was said before the handshake counts for nothing after it.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::mail_server::{options, temporary};
use common::{envelope, renderer};
use evently_auth_domain::mail::MailMessage;
use evently_auth_domain::ports::Mailer;
use evently_auth_services::Certificates;
use evently_auth_services::sink::{Reaction, Sink, SinkOptions, SinkTls, Stage};
use evently_auth_smtp::{SmtpEncryption, SmtpMailer, SmtpOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

/// Passes everything on to `port`, and puts `forged` behind the server's answer to STARTTLS; says where.
async fn somebody_on_the_way(port: u16, forged: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut client, mut client_out) = listener.accept().await.unwrap().0.into_split();
            let (mut server, mut server_out) =
                TcpStream::connect(("127.0.0.1", port)).await.unwrap().into_split();
            tokio::spawn(async move { copy(&mut client, &mut server_out).await });
            let forged = forged.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 4_096];
                while let Ok(read @ 1..) = server.read(&mut buffer).await {
                    let mut said: Vec<u8> = buffer.iter().take(read).copied().collect();
                    if said.ends_with(b"go ahead\r\n") {
                        said.extend_from_slice(forged.as_bytes());
                    }
                    if client_out.write_all(&said).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    own
}

#[tokio::test]
async fn answers_from_before_the_handshake_are_not_believed() {
    let certificates = Certificates::generate().unwrap();
    let sink = Sink::start_with(SinkOptions {
        tls: SinkTls::StartTls(certificates.clone()),
        ..SinkOptions::default()
    });
    let sink = sink.await.unwrap();
    sink.react(Stage::Recipient, Reaction::answer("451 4.3.0 not now"));
    let script = ["250 sink", "250 sender", "250 recipient", "354 go", "250 taken"];
    for forged in 0..=script.len() {
        let forged: String = script.iter().take(forged).map(|line| format!("{line}\r\n")).collect();
        let options = SmtpOptions {
            host: "localhost".to_owned(),
            port: somebody_on_the_way(sink.port(), forged.clone()).await,
            encryption: SmtpEncryption::StartTls,
            extra_roots: Some(certificates.authority().to_owned()),
            ..options(&sink)
        };
        let mailer = SmtpMailer::new(options, renderer()).unwrap();
        let reason = temporary(mailer.send(&envelope("id", "Ada", MailMessage::Welcome)).await);
        // One alone may be found out by the answers that no longer fit.
        let expected = match forged.lines().count() {
            0 => "4.3.0 not now",
            1 => "",
            _ => "nobody asked for",
        };
        assert!(reason.contains(expected), "{forged:?}: {reason}");
    }
    assert!(sink.mails().is_empty());
}
