//! What people type as address, username, name, password or code: what is taken is bounded, canonical and harmless.
#![no_main]

use evently_auth_domain::account::{EmailAddress, FullName, Username};
use evently_auth_domain::client::UserAgent;
use evently_auth_domain::code::OneTimeCode;
use evently_auth_domain::password::Password;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &str| {
    if let Ok(email) = EmailAddress::parse(raw) {
        let text = email.as_str();
        assert!((3..=254).contains(&text.len()) && text.contains('@'), "{text:?}");
        assert!(!text.chars().any(|c| c.is_control()), "{text:?}");
        assert_eq!(EmailAddress::parse(text).as_ref(), Ok(&email), "not canonical");
        assert!(!email.masked().is_empty());
    }
    if let Ok(name) = Username::parse(raw) {
        assert!((3..=100).contains(&name.as_str().len()));
        assert_eq!(Username::parse(name.as_str()), Ok(name));
    }
    if let Ok(Some(name)) = FullName::parse(raw) {
        assert!((1..=255).contains(&name.as_str().chars().count()));
        assert!(!name.as_str().chars().any(|c| c.is_control()));
        assert_eq!(FullName::parse(name.as_str()), Ok(Some(name.clone())), "not canonical");
    }
    if let Some(agent) = UserAgent::parse(raw) {
        assert!((1..=255).contains(&agent.as_str().chars().count()));
        assert_eq!(UserAgent::parse(agent.as_str()).as_ref(), Some(&agent), "not canonical");
    }
    if let Ok(code) = OneTimeCode::parse(raw) {
        assert!(code.expose().len() == 6 && code.expose().bytes().all(|byte| byte.is_ascii_digit()));
    }
    let _ = Password::parse(raw);
});
