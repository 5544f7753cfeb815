//! The sink takes mails, shows them, and closes and opens its port. How it misbehaves is tested with the mailer.
#![allow(clippy::unwrap_used, missing_docs)]

use evently_auth_services::sink::{Reaction, Sink, Stage};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MAIL: &str =
    "Message-ID: <one@example.com>\r\nContent-Type: text/plain\r\n\r\nHello\r\n..dot\r\n012345\r\n";

/// Sends a mail without waiting for answers, and returns them all.
async fn deliver(sink: &Sink, to: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", sink.port())).await?;
    let talk =
        format!("EHLO me\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<{to}>\r\nDATA\r\n{MAIL}.\r\nQUIT\r\n");
    stream.write_all(talk.as_bytes()).await?;
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await?;
    Ok(answers)
}

#[tokio::test]
async fn a_mail_can_be_read_and_lies_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start_with_folder(folder.path().join("mails")).await.unwrap();
    deliver(&sink, "ada@example.com").await.unwrap();
    deliver(&sink, "ada@example.com").await.unwrap();
    let mails = sink.wait_for(2).await;
    assert_eq!((mails.len(), sink.connections()), (2, 2));
    assert_eq!(
        (mails[0].from.as_str(), mails[0].recipients.as_slice()),
        ("a@example.com", &["ada@example.com".to_owned()][..])
    );
    assert_eq!(mails[0].message_id(), "one@example.com");
    assert_eq!(mails[0].header("content-type").as_deref(), Some("text/plain"));
    assert_eq!(mails[0].text().as_deref(), Some("Hello\n.dot\n012345\n"));
    assert_eq!(mails[0].code().as_deref(), Some("012345"));
    for name in ["one@example.com.eml", "one@example.com-2.eml"] {
        assert_eq!(std::fs::read(folder.path().join("mails").join(name)).unwrap(), mails[0].raw);
    }
    sink.clear();
    assert!(sink.mails().is_empty());
}

#[tokio::test]
async fn a_reaction_holds_for_whom_it_names_until_it_is_taken_back() {
    let sink = Sink::start().await.unwrap();
    sink.react_for("poison", Stage::Recipient, Reaction::answer("550 5.1.1 no such user"));
    let answers = deliver(&sink, "poison@example.com").await.unwrap();
    assert!(answers.contains("550 5.1.1 no such user\r\n"), "{answers}");
    deliver(&sink, "ada@example.com").await.unwrap();
    assert_eq!(sink.mails().len(), 1);
    sink.accept_all();
    deliver(&sink, "poison@example.com").await.unwrap();
    assert_eq!(sink.mails().len(), 2);
}

#[tokio::test]
async fn a_closed_port_refuses_and_opens_again() {
    let sink = Sink::start().await.unwrap();
    for _ in 0..3 {
        let mut open = TcpStream::connect(("127.0.0.1", sink.port())).await.unwrap();
        sink.stop_listening().await.unwrap();
        let mut rest = Vec::new();
        let _ = open.read_to_end(&mut rest).await;
        let refused = TcpStream::connect(("127.0.0.1", sink.port())).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        sink.listen_again().await.unwrap();
        deliver(&sink, "ada@example.com").await.unwrap();
    }
    assert_eq!(sink.mails().len(), 3);
}
