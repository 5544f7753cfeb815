//! Every kind of mail, whoever is called whatever: complete, harmless and always the same.
#![allow(missing_docs)]

mod common;

use common::{CODE, Read, at, envelope, message, raw_header, renderer};
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::mail::{MailKind, MailMessage};
use evently_auth_domain::ports::MailerError;
use evently_auth_smtp::{InvalidSender, MailRenderer};
use std::collections::HashSet;

/// Runs of digits that stand alone, as a person or a program would look for a code.
fn codes(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}

#[test]
fn every_kind_says_the_same_in_both_bodies() {
    let mut subjects = HashSet::new();
    for kind in MailKind::ALL {
        let message = message(kind);
        let mail = Read::rendered(&renderer(), &envelope("id", "Ada Lovelace", message.clone()));
        assert!(subjects.insert(mail.header("Subject").to_owned()), "{kind:?} has a subject of its own");
        for body in [&mail.text, &mail.html] {
            assert!(body.contains("Ada Lovelace"), "{kind:?}: {body}");
            assert!(body.contains("Evently"), "{kind:?}");
            assert!(body.contains("If "), "{kind:?} says what to do if one did not expect it");
            assert_eq!(codes(body), Vec::from_iter(message.code()), "{kind:?}");
            assert_eq!(body.contains("10 minutes"), message.code().is_some(), "{kind:?}");
            assert!(!body.contains("{{") && !body.contains("{%"), "{kind:?}");
        }
        let alone = mail.text.lines().filter(|line| *line == CODE).count();
        assert_eq!(alone, usize::from(message.code().is_some()), "{kind:?}: {}", mail.text);
        assert!(
            !mail.text.contains("\n\n\n") && !mail.text.contains("\r\n\r\n\r\n"),
            "{kind:?}: {}",
            mail.text
        );
    }
}

#[test]
fn details_are_shown() {
    let text = |kind| Read::rendered(&renderer(), &envelope("id", "Ada", message(kind))).text;
    assert!(text(MailKind::EmailChanged).contains("New address: l***@example.org\r\n"));
    assert!(text(MailKind::PasswordChanged).contains("When: 31 January 2026, 23:59 UTC\r\n"));
    assert!(text(MailKind::SessionTheft).contains("Device: Phone of Ada\r\n"));
    let nameless = MailMessage::SessionTheft { device: None };
    assert!(!Read::rendered(&renderer(), &envelope("id", "Ada", nameless)).text.contains("Device"));
}

#[test]
fn links_lead_to_the_public_url_or_nowhere() {
    let silent = MailRenderer::new("Evently", "no-reply@evently.example", None).unwrap();
    for kind in MailKind::ALL {
        let envelope = envelope("id", "Ada", message(kind));
        let mail = Read::rendered(&silent, &envelope);
        assert!(!mail.html.contains("href") && !mail.html.contains("http"), "{kind:?}");
        assert!(!mail.text.contains("http"), "{kind:?}");
        let mail = Read::rendered(&renderer(), &envelope);
        assert_eq!(
            mail.html.matches("http").count(),
            mail.html.matches("href=\"https://evently.example\"").count()
        );
        for asset in ["src=", "url(", "<img", "<script", "<link", "@import"] {
            assert!(!mail.html.contains(asset), "{kind:?} loads {asset}");
        }
    }
    let welcome = Read::rendered(&renderer(), &envelope("id", "Ada", MailMessage::Welcome));
    assert!(welcome.html.contains("href=\"https://evently.example\""));
    assert!(welcome.text.contains("Open Evently: https://evently.example\r\n"));
}

#[test]
fn headers_are_complete() {
    let mail = Read::rendered(&renderer(), &envelope("AbC-_123", "Ada", message(MailKind::Welcome)));
    assert_eq!(mail.header("From"), "Evently <no-reply@evently.example>");
    assert_eq!(mail.header("To"), "Ada <ada@example.com>");
    assert_eq!(mail.header("Subject"), "Welcome to Evently");
    assert_eq!(mail.header("Message-ID"), "<AbC-_123@evently.example>");
    assert_eq!(mail.header("Date"), "Sat, 31 Jan 2026 23:59:59 +0000");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("MIME-Version"), "1.0");
    assert_eq!(mail.headers.len(), 8);
}

#[test]
fn the_same_envelope_gives_the_same_bytes() {
    for kind in MailKind::ALL {
        let one = envelope("id", "Zoë", message(kind));
        assert_eq!(
            renderer().render(&one).unwrap().formatted(),
            renderer().render(&one.clone()).unwrap().formatted()
        );
    }
    let other = envelope("other", "Zoë", message(MailKind::Welcome));
    let one = envelope("id", "Zoë", message(MailKind::Welcome));
    assert_ne!(renderer().render(&one).unwrap().formatted(), renderer().render(&other).unwrap().formatted());
}

#[test]
fn hostile_names_stay_names() {
    let emoji = "👩‍🚀".repeat(85);
    for name in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "Ada\r\nBcc: victim@example.org\r\n\r\nHello",
        "Ada\nX-Evil: 1",
        "\u{202e}gnp.eciovni\u{202c}\u{0}\u{7}\u{1b}[2J\u{85}\u{2028}",
        emoji.as_str(),
        "a,b;c:d<e@f>(g)[h]\\\"i\"",
        "=?utf-8?q?Bcc:_x=0D=0A?=",
        "{{ product }} {% if %}",
        "111111",
        "Free money at https://evil.example",
        "",
    ] {
        for kind in MailKind::ALL {
            let raw = renderer().render(&envelope("id", name, message(kind))).unwrap().formatted();
            assert!(raw.is_ascii(), "{name:?}");
            assert!(raw.split(|byte| *byte == b'\n').all(|line| line.len() <= 998), "{name:?}");
            let mail = Read::new(&raw);
            assert_eq!(mail.headers.len(), 8, "{name:?} adds a header: {:?}", mail.headers);
            assert_eq!(mail.to, "ada@example.com", "{name:?}");
            for evil in ["<script", "<img", "evil.example", "\u{202e}", "\u{0}", "\u{1b}"] {
                assert!(!mail.html.contains(evil), "{name:?} brings {evil:?}");
            }
            for evil in ["evil.example", "\u{202e}", "\u{0}", "\u{1b}", "\nBcc", "\nX-Evil"] {
                assert!(!mail.text.contains(evil), "{name:?} brings {evil:?}");
            }
            assert!(mail.text.lines().all(|line| line.chars().count() < 400), "{name:?} is not cut");
            let alone: Vec<_> = mail.text.lines().filter(|line| codes(line) == [*line]).collect();
            assert_eq!(alone, Vec::from_iter(message(kind).code()), "{name:?}");
        }
    }
    let script = Read::rendered(&renderer(), &envelope("id", "<b>Ada</b>", MailMessage::Welcome));
    assert!(script.html.contains("<bdi>&#60;b&#62;Ada&#60;/b&#62;</bdi>"));
    assert!(script.text.contains("Hello <b>Ada</b>,"));
    let nameless = Read::rendered(&renderer(), &envelope("id", "Win at evil.example", MailMessage::Welcome));
    assert!(nameless.text.contains("\r\nHello,\r\n"));
    assert_eq!(nameless.header("To"), "ada@example.com");
}

#[test]
fn hostile_devices_stay_devices() {
    for device in ["<script>", "x\r\n111111\r\ny", "bot (+https://evil.example)"] {
        let theft = MailMessage::SessionTheft { device: Some(device.to_owned()) };
        let mail = Read::rendered(&renderer(), &envelope("id", "Ada", theft));
        assert!(!mail.html.contains("<script") && !mail.html.contains("evil.example"));
        assert!(mail.text.lines().all(|line| line != "111111"), "{}", mail.text);
    }
}

#[test]
fn other_alphabets_are_encoded() {
    let renderer = MailRenderer::new("Événement 山", "post@bücher.example", None).unwrap();
    let mut envelope = envelope("id", "Zoë Åström", message(MailKind::VerificationCode));
    envelope.to = EmailAddress::parse("zoë@münchen.example").unwrap();
    let raw = renderer.render(&envelope).unwrap().formatted();
    assert!(raw_header(&raw, "Subject").contains("=?utf-8?b?"), "{}", raw_header(&raw, "Subject"));
    let mail = Read::new(&raw);
    assert_eq!(mail.header("Subject"), "Your verification code for Événement 山");
    assert_eq!(mail.header("From"), "Événement 山 <post@xn--bcher-kva.example>");
    assert_eq!(mail.header("To"), "Zoë Åström <zoë@xn--mnchen-3ya.example>");
    assert_eq!(mail.header("Message-ID"), "<id@xn--bcher-kva.example>");
    assert!(mail.text.contains("Hello Zoë Åström,"));
}

#[test]
fn what_cannot_be_written_down_is_permanent() {
    let good = envelope("id", "Ada", MailMessage::Welcome);
    for id in ["", "a b", "../x", "a\r\nb", "a\"b", &"x".repeat(65)] {
        let envelope = evently_auth_domain::ports::Envelope { message_id: id.to_owned(), ..good.clone() };
        assert!(matches!(renderer().render(&envelope), Err(MailerError::Permanent(_))), "{id:?}");
    }
    for time in ["1969-12-31T23:59:59Z", "+10000-01-01T00:00:00Z"] {
        let envelope = evently_auth_domain::ports::Envelope { created_at: at(time), ..good.clone() };
        assert!(matches!(renderer().render(&envelope), Err(MailerError::Permanent(_))), "{time}");
    }
    // Accepted by the domain, no host name by the rules for international ones.
    let to = EmailAddress::parse("ada@xn--a.example").unwrap();
    let refused = renderer().render(&evently_auth_domain::ports::Envelope { to, ..good });
    let Err(MailerError::Permanent(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("a***@") && !why.contains("ada@"), "{why}");
}

#[test]
fn a_sender_is_checked() {
    let address = "no-reply@evently.example";
    assert_eq!(MailRenderer::new(" \r\n", address, None).unwrap_err(), InvalidSender::Name);
    for bad in ["", "evently", "@evently.example", "a@b\r\nBcc: x@y"] {
        assert_eq!(MailRenderer::new("E", bad, None).unwrap_err(), InvalidSender::Address(bad.to_owned()));
    }
    assert!(MailRenderer::new("E", "evently@localhost", None).is_ok());
    for bad in ["", "evently.example", "javascript:alert(1)", "https://", "https://a\"b", "https://a b"] {
        assert_eq!(
            MailRenderer::new("E", address, Some(bad)).unwrap_err(),
            InvalidSender::PublicUrl(bad.to_owned())
        );
    }
    let broken = MailRenderer::new("Even\r\ntly", address, None).unwrap();
    assert_eq!(
        Read::rendered(&broken, &envelope("id", "Ada", MailMessage::Welcome)).header("Subject"),
        "Welcome to Even tly"
    );
}

#[test]
fn one_mail_in_full() {
    let raw = renderer().render(&envelope("AbC-_123", "Ada Lovelace", message(MailKind::VerificationCode)));
    insta::assert_snapshot!(String::from_utf8(raw.unwrap().formatted()).unwrap().replace("\r\n", "\n"));
}
