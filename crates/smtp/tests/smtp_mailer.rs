//! The mailer against a mail server that behaves: the contract, encryption, credentials, and connections kept.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::mail_server::{SinkMailbox, mailer, options, permanent, temporary};
use common::{envelope, renderer};
use evently_auth_contract::MailHarness;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::mail::MailMessage;
use evently_auth_domain::ports::{Envelope, Mailer};
use evently_auth_services::Certificates;
use evently_auth_services::sink::{Sink, SinkOptions, SinkTls};
use evently_auth_smtp::{MailRenderer, SmtpEncryption, SmtpMailer, SmtpOptions};
use std::sync::Arc;
use std::time::Duration;

async fn fresh() -> MailHarness {
    let sink = Arc::new(Sink::start().await.unwrap());
    MailHarness {
        mailer: Arc::new(mailer(&sink)),
        mailbox: Arc::new(SinkMailbox(sink.clone())),
        keep: Box::new(sink),
    }
}

evently_auth_contract::mailer!(fresh);

fn welcome(id: &str) -> Envelope {
    envelope(id, "Ada", MailMessage::Welcome)
}

fn to(address: &str) -> Envelope {
    Envelope { to: EmailAddress::parse(address).unwrap(), ..welcome("id") }
}

#[tokio::test]
async fn what_arrives_is_what_was_rendered() {
    let sink = Sink::start().await.unwrap();
    let mail = welcome("AbC-_123");
    mailer(&sink).send(&mail).await.unwrap();
    let taken = sink.mails().remove(0);
    assert_eq!(taken.from, "no-reply@evently.example");
    assert_eq!(taken.recipients, ["ada@example.com"]);
    assert_eq!(taken.message_id(), "AbC-_123@evently.example");
    let rendered = renderer().render(&mail).unwrap().formatted();
    assert_eq!(taken.raw, rendered);
}

#[tokio::test]
async fn lines_that_begin_with_a_dot_arrive_whole() {
    let sink = Sink::start().await.unwrap();
    let mut found = false;
    for dots in 1..60 {
        let renderer = MailRenderer::new(&".".repeat(dots), "no-reply@evently.example", None).unwrap();
        let rendered = renderer.render(&welcome("id")).unwrap().formatted();
        found |= rendered.windows(2).any(|window| window == b"\n.");
        SmtpMailer::new(options(&sink), renderer).unwrap().send(&welcome("id")).await.unwrap();
        assert_eq!(sink.mails().last().unwrap().raw, rendered);
    }
    assert!(found, "no line began with a dot");
}

#[tokio::test]
async fn one_connection_serves_one_mail_after_the_other() {
    let sink = Sink::start().await.unwrap();
    let mailer = mailer(&sink);
    for number in 0..5 {
        mailer.send(&welcome(&format!("id-{number}"))).await.unwrap();
    }
    assert_eq!((sink.mails().len(), sink.connections()), (5, 1));
}

#[tokio::test]
async fn no_more_connections_are_kept_than_told_and_none_for_too_long() {
    let sink = Sink::start().await.unwrap();
    let options = SmtpOptions { kept: 1, idle: Duration::from_millis(200), ..options(&sink) };
    let mailer = SmtpMailer::new(options, renderer()).unwrap();
    let (one, two) = (welcome("one"), welcome("two"));
    let (first, second) = tokio::join!(mailer.send(&one), mailer.send(&two));
    first.and(second).unwrap();
    assert_eq!(sink.connections(), 2);
    mailer.send(&one).await.unwrap();
    assert_eq!(sink.connections(), 2);
    tokio::time::sleep(Duration::from_millis(250)).await;
    mailer.send(&two).await.unwrap();
    assert_eq!(sink.connections(), 3);
}

/// A sink for `localhost` with this encryption, and options that fit but for the encryption.
async fn encrypted(tls: SinkTls, trusted: &Certificates) -> (Sink, SmtpOptions) {
    let credentials = Some(("ada".to_owned(), "correct horse".to_owned()));
    let with = SinkOptions { tls, credentials: credentials.clone(), ..SinkOptions::default() };
    let sink = Sink::start_with(with).await.unwrap();
    let extra_roots = Some(trusted.authority().to_owned());
    let options = SmtpOptions { host: "localhost".to_owned(), credentials, extra_roots, ..options(&sink) };
    (sink, options)
}

#[tokio::test]
async fn start_tls_with_credentials() {
    let certificates = Certificates::generate().unwrap();
    let (sink, options) = encrypted(SinkTls::StartTls(certificates.clone()), &certificates).await;
    let options = SmtpOptions { encryption: SmtpEncryption::StartTls, ..options };
    SmtpMailer::new(options, renderer()).unwrap().send(&welcome("id")).await.unwrap();
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn implicit_tls_with_credentials() {
    let certificates = Certificates::generate().unwrap();
    let (sink, options) = encrypted(SinkTls::Implicit(certificates.clone()), &certificates).await;
    let options = SmtpOptions { encryption: SmtpEncryption::Implicit, ..options };
    SmtpMailer::new(options, renderer()).unwrap().send(&welcome("id")).await.unwrap();
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn nothing_goes_out_to_a_server_whose_certificate_is_not_trusted() {
    let elsewhere = Certificates::for_names(&["elsewhere.example"]).unwrap();
    let here = Certificates::generate().unwrap();
    for (certificates, trusts) in [(&here, false), (&elsewhere, true)] {
        for encryption in [SmtpEncryption::StartTls, SmtpEncryption::Implicit] {
            let tls = match encryption {
                SmtpEncryption::StartTls => SinkTls::StartTls(certificates.clone()),
                _ => SinkTls::Implicit(certificates.clone()),
            };
            let (sink, options) = encrypted(tls, certificates).await;
            let extra_roots = options.extra_roots.clone().filter(|_| trusts);
            let options = SmtpOptions { encryption, extra_roots, ..options };
            let sent = SmtpMailer::new(options, renderer()).unwrap().send(&welcome("id")).await;
            let reason = temporary(sent);
            assert!(reason.contains("certificate"), "{reason}");
            assert!(sink.mails().is_empty());
        }
    }
}

#[tokio::test]
async fn nothing_goes_out_without_start_tls() {
    let (sink, options) = encrypted(SinkTls::Off, &Certificates::generate().unwrap()).await;
    let options = SmtpOptions { encryption: SmtpEncryption::StartTls, ..options };
    let reason = temporary(SmtpMailer::new(options, renderer()).unwrap().send(&welcome("id")).await);
    assert!(reason.contains("STARTTLS"), "{reason}");
    assert!(sink.mails().is_empty());
}

#[tokio::test]
async fn wrong_and_missing_credentials_kill_no_mail() {
    let (sink, options) = encrypted(SinkTls::Off, &Certificates::generate().unwrap()).await;
    let wrong = Some(("ada".to_owned(), "wrong horse".to_owned()));
    for (credentials, code) in [(wrong, "535"), (None, "530")] {
        let options = SmtpOptions { credentials, ..options.clone() };
        let reason = temporary(SmtpMailer::new(options, renderer()).unwrap().send(&welcome("id")).await);
        assert!(reason.contains(code), "{reason}");
        assert!(!reason.contains("horse"), "{reason}");
    }
    SmtpMailer::new(options, renderer()).unwrap().send(&welcome("id")).await.unwrap();
    assert_eq!(sink.mails().len(), 1);
}

#[test]
fn certificates_that_are_none_are_refused_at_the_start() {
    let extra_roots = Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned());
    let options = SmtpOptions { extra_roots, ..SmtpOptions::new("localhost", 25) };
    assert!(SmtpMailer::new(options, renderer()).is_err());
}

#[tokio::test]
async fn addresses_beyond_ascii_need_smtputf8_for_their_local_part_alone() {
    let (full, old) = (
        Sink::start().await.unwrap(),
        Sink::start_with(SinkOptions { without_smtputf8: true, ..SinkOptions::default() }).await.unwrap(),
    );
    mailer(&full).send(&to("zoë@münchen.example")).await.unwrap();
    assert_eq!(full.mails()[0].recipients, ["zoë@xn--mnchen-3ya.example"]);
    let mailer = mailer(&old);
    mailer.send(&to("zoe@münchen.example")).await.unwrap();
    assert_eq!(old.mails()[0].recipients, ["zoe@xn--mnchen-3ya.example"]);
    let reason = permanent(mailer.send(&to("zoë@münchen.example")).await);
    assert!(reason.contains("SMTPUTF8"), "{reason}");
    assert_eq!(old.mails().len(), 1);
}

#[tokio::test]
async fn a_sender_that_the_server_cannot_take_kills_no_mail() {
    let without = SinkOptions { without_smtputf8: true, ..SinkOptions::default() };
    let sink = Sink::start_with(without).await.unwrap();
    let renderer = MailRenderer::new("Evently", "zoë@evently.example", None).unwrap();
    let reason = temporary(SmtpMailer::new(options(&sink), renderer).unwrap().send(&welcome("id")).await);
    assert!(reason.contains("SMTPUTF8"), "{reason}");
}
