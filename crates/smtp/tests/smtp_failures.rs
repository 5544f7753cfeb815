//! The mailer against a mail server that misbehaves: what kind of failure it is, within which time, and that the
//! next mail goes out as if nothing had been.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::mail_server::{mailer, options, permanent, temporary};
use common::{envelope, renderer};
use evently_auth_domain::mail::MailMessage;
use evently_auth_domain::ports::{Envelope, Mailer, MailerError};
use evently_auth_services::Certificates;
use evently_auth_services::sink::{Reaction, Sink, SinkOptions, SinkTls, Stage};
use evently_auth_smtp::{SmtpEncryption, SmtpMailer, SmtpOptions};
use std::time::{Duration, Instant};

fn welcome() -> Envelope {
    envelope("id", "Ada", MailMessage::Welcome)
}

/// Sends, in the time that a mail may take at most.
async fn send(mailer: &SmtpMailer) -> Result<(), MailerError> {
    let started = Instant::now();
    let sent = mailer.send(&welcome()).await;
    assert!(started.elapsed() < Duration::from_millis(2_900), "{:?}", started.elapsed());
    sent
}

/// Over a new connection and over one that served a mail before.
async fn outcomes(stage: Stage, reaction: &Reaction) -> [Result<(), MailerError>; 2] {
    let sink = Sink::start().await.unwrap();
    let (new, used) = (mailer(&sink), mailer(&sink));
    send(&used).await.unwrap();
    sink.react(stage, reaction.clone());
    let outcomes = [send(&new).await, send(&used).await];
    sink.accept_all();
    for mailer in [&new, &used] {
        send(mailer).await.unwrap();
    }
    outcomes
}

const BEFORE_THE_MAIL: [Stage; 2] = [Stage::Connect, Stage::Hello];
const ABOUT_THE_MAIL: [Stage; 5] =
    [Stage::Sender, Stage::Recipient, Stage::Data, Stage::Content, Stage::Taken];

#[tokio::test]
async fn a_5xx_about_the_mail_is_permanent() {
    for stage in ABOUT_THE_MAIL.into_iter().filter(|stage| *stage != Stage::Sender) {
        for sent in outcomes(stage, &Reaction::answer("550 5.7.1 no, thanks")).await {
            let reason = permanent(sent);
            assert!(reason.contains("550") && reason.contains("5.7.1 no, thanks"), "{stage:?}: {reason}");
        }
    }
}

#[tokio::test]
async fn a_4xx_is_temporary() {
    for stage in BEFORE_THE_MAIL.into_iter().chain(ABOUT_THE_MAIL) {
        for answer in ["451 4.3.0 later, please", "421 4.3.2 shutting down later"] {
            let [new, used] = outcomes(stage, &Reaction::answer(answer)).await;
            let reason = temporary(new);
            assert!(reason.contains(&answer[..3]) && reason.contains("later"), "{stage:?}: {reason}");
            // A connection that is open already has these stages behind it.
            if BEFORE_THE_MAIL.contains(&stage) { used.unwrap() } else { drop(temporary(used)) }
        }
    }
}

#[tokio::test]
async fn a_5xx_before_the_mail_is_temporary() {
    for stage in BEFORE_THE_MAIL {
        let [new, _] = outcomes(stage, &Reaction::answer("554 5.3.2 go away")).await;
        let reason = temporary(new);
        assert!(reason.contains("554") && reason.contains("5.3.2 go away"), "{stage:?}: {reason}");
    }
}

/// Every mail has it: a wrong `FROM_ADDRESS` must not make dead letters of all that wait.
#[tokio::test]
async fn a_5xx_about_our_sender_is_temporary() {
    for sent in outcomes(Stage::Sender, &Reaction::answer("550 5.7.1 not from you")).await {
        let reason = temporary(sent);
        assert!(reason.starts_with("MAIL FROM: ") && reason.contains("5.7.1 not from you"), "{reason}");
    }
}

#[tokio::test]
async fn an_answer_that_fits_another_command_is_no_success() {
    for (stage, answer) in [
        (Stage::Sender, "354 go ahead"),
        (Stage::Recipient, "354 go ahead"),
        (Stage::Data, "250 2.0.0 ok"),
        (Stage::Content, "354 go ahead"),
    ] {
        for sent in outcomes(stage, &Reaction::answer(answer)).await {
            let reason = temporary(sent);
            assert!(reason.ends_with(&format!("the answer {} is out of place", &answer[..3])), "{reason}");
        }
    }
}

#[tokio::test]
async fn a_demand_for_credentials_is_temporary_at_any_stage() {
    for stage in ABOUT_THE_MAIL {
        for sent in outcomes(stage, &Reaction::answer("530 5.7.0 authentication required")).await {
            temporary(sent);
        }
    }
}

#[tokio::test]
async fn a_dropped_connection_is_temporary() {
    for stage in BEFORE_THE_MAIL.into_iter().chain(ABOUT_THE_MAIL) {
        let [new, used] = outcomes(stage, &Reaction::Drop).await;
        temporary(new);
        if BEFORE_THE_MAIL.contains(&stage) { used.unwrap() } else { drop(temporary(used)) }
    }
}

#[tokio::test]
async fn a_hanging_server_is_given_up_in_time() {
    let stages = BEFORE_THE_MAIL.into_iter().chain(ABOUT_THE_MAIL);
    let hanging = stages.map(|stage| async move { (stage, outcomes(stage, &Reaction::Hang).await) });
    for (stage, [new, used]) in futures_util::future::join_all(hanging).await {
        let reason = temporary(new);
        assert!(reason.contains("took longer"), "{stage:?}: {reason}");
        if BEFORE_THE_MAIL.contains(&stage) { used.unwrap() } else { drop(temporary(used)) }
    }
}

#[tokio::test]
async fn only_what_was_dropped_after_the_server_had_it_arrives_twice() {
    for (stage, copies) in [(Stage::Content, 1), (Stage::Taken, 2)] {
        let sink = Sink::start().await.unwrap();
        let mailer = mailer(&sink);
        sink.react(stage, Reaction::Drop);
        temporary(send(&mailer).await);
        sink.accept_all();
        send(&mailer).await.unwrap();
        let mails = sink.mails();
        assert_eq!(mails.len(), copies);
        assert!(mails.iter().all(|mail| *mail == mails[0]), "the same mail, byte for byte");
    }
}

/// `SinkTls::StartTls` with credentials: the stages that come between the greeting and the mail.
#[tokio::test]
async fn whatever_happens_at_start_tls_and_auth_is_temporary() {
    let certificates = Certificates::generate().unwrap();
    let credentials = Some(("ada".to_owned(), "correct horse".to_owned()));
    let sink = Sink::start_with(SinkOptions {
        tls: SinkTls::StartTls(certificates.clone()),
        credentials: credentials.clone(),
        ..SinkOptions::default()
    });
    let sink = sink.await.unwrap();
    let mailer = || {
        let options = SmtpOptions {
            host: "localhost".to_owned(),
            encryption: SmtpEncryption::StartTls,
            extra_roots: Some(certificates.authority().to_owned()),
            credentials: credentials.clone(),
            ..options(&sink)
        };
        SmtpMailer::new(options, renderer()).unwrap()
    };
    for (stage, name) in [(Stage::StartTls, "STARTTLS"), (Stage::Auth, "AUTH")] {
        for code in ["454", "554"] {
            sink.react(stage, Reaction::Answer(format!("{code} not now")));
            let reason = temporary(send(&mailer()).await);
            assert!(reason.starts_with(name) && reason.contains(code), "{reason}");
        }
        for reaction in [Reaction::Drop, Reaction::Hang] {
            sink.react(stage, reaction);
            temporary(send(&mailer()).await);
        }
        sink.accept_all();
    }
    assert!(sink.mails().is_empty());
    send(&mailer()).await.unwrap();
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn a_refused_connection_is_temporary_and_a_restart_goes_unnoticed() {
    let sink = Sink::start().await.unwrap();
    let mailer = mailer(&sink);
    send(&mailer).await.unwrap();
    sink.stop_listening().await.unwrap();
    let reason = temporary(send(&mailer).await);
    assert!(reason.contains("refused"), "{reason}");
    sink.listen_again().await.unwrap();
    send(&mailer).await.unwrap();
    // The connection that is kept died with the server; the mail goes out over a new one.
    sink.stop_listening().await.unwrap();
    sink.listen_again().await.unwrap();
    send(&mailer).await.unwrap();
    assert_eq!(sink.mails().len(), 3);
}

#[tokio::test]
async fn a_recipient_that_hangs_holds_up_nobody_else() {
    let sink = Sink::start().await.unwrap();
    let mailer = mailer(&sink);
    sink.react_for("ada", Stage::Data, Reaction::Hang);
    let (poison, mut other) = (welcome(), welcome());
    other.to = "bob@example.com".parse().unwrap();
    let others = async {
        let started = Instant::now();
        for _ in 0..20 {
            mailer.send(&other).await.unwrap();
        }
        started.elapsed()
    };
    let (hung, elapsed) = tokio::join!(mailer.send(&poison), others);
    temporary(hung);
    assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
}

#[tokio::test]
async fn a_reason_is_one_short_line_without_addresses() {
    let sink = Sink::start().await.unwrap();
    let answer = format!("550 <ada@example.com>\u{1b}[31m unknown {}", "x".repeat(900));
    sink.react(Stage::Recipient, Reaction::Answer(answer));
    let reason = permanent(send(&mailer(&sink)).await);
    assert!(reason.starts_with("RCPT TO: ") && reason.contains("550"), "{reason}");
    assert!(reason.chars().count() <= 300 && !reason.contains(char::is_control), "{reason}");
    assert!(!reason.contains("ada"), "{reason}");
}
