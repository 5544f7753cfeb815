//! The settings of mail.

use crate::{config, refusal};
use evently_auth_config::SmtpTls;

#[test]
fn mails_go_to_files_until_a_server_is_named() {
    let mail = config(&[]).mail;
    assert!(mail.smtp.is_none());
    assert_eq!(mail.from_address.as_str(), "no-reply@evently.example");
    assert_eq!(mail.from_name, "Evently");
}

#[test]
fn a_server_has_defaults_that_are_safe() {
    let smtp = config(&[("SMTP_HOST", "mail.example.com")]).mail.smtp.unwrap();
    assert_eq!((smtp.host.as_str(), smtp.port, smtp.tls), ("mail.example.com", 587, SmtpTls::StartTls));
    assert!(smtp.credentials.is_none());
}

#[test]
fn the_port_decides_how_tls_begins() {
    let tls = |port, tls| {
        config(&[("SMTP_HOST", "::1"), ("SMTP_PORT", port), ("SMTP_USE_TLS", tls)]).mail.smtp.unwrap().tls
    };
    assert_eq!(tls("465", "true"), SmtpTls::Implicit);
    assert_eq!(tls("2525", "true"), SmtpTls::StartTls);
    assert_eq!(tls("465", "false"), SmtpTls::Off);
}

#[test]
fn user_and_password_come_together() {
    let given = [("SMTP_HOST", "mail"), ("SMTP_USERNAME", "auth"), ("SMTP_PASSWORD", " pass word ")];
    let credentials = config(&given).mail.smtp.unwrap().credentials.unwrap();
    assert_eq!((credentials.username.as_str(), credentials.password.expose()), ("auth", " pass word "));
    let line = refusal(&[("SMTP_USERNAME", "auth")]);
    assert_eq!(
        line,
        "SMTP_PASSWORD is not set: SMTP_USERNAME is; it takes a password, beside `SMTP_USERNAME`"
    );
    assert!(
        refusal(&[("SMTP_PASSWORD", "x")])
            .starts_with("SMTP_USERNAME is not set: SMTP_PASSWORD is; it takes")
    );
}

#[test]
fn the_sender_is_a_real_address_and_a_plain_name() {
    let mail = config(&[("FROM_ADDRESS", "Hello@Example.com"), ("FROM_NAME", "Évently Ltd.")]).mail;
    assert_eq!((mail.from_address.as_str(), mail.from_name.as_str()), ("hello@example.com", "Évently Ltd."));
    assert_eq!(
        refusal(&[("FROM_ADDRESS", "nobody")]),
        r#"FROM_ADDRESS is "nobody"; it takes an e-mail address"#
    );
    assert!(
        refusal(&[("FROM_NAME", "Evently\r\nBcc: x")]).starts_with(r#"FROM_NAME is "Evently\r\nBcc: x";"#)
    );
    assert!(refusal(&[("FROM_NAME", &"x".repeat(256))]).starts_with("FROM_NAME is "));
}

#[test]
fn a_server_is_a_host() {
    for host in ["mail.example.com:25", "smtp://mail", "a b", "mail/x"] {
        let line = refusal(&[("SMTP_HOST", host)]);
        assert_eq!(line, format!("SMTP_HOST is {host:?}; it takes a host name or an IP address"));
    }
}
