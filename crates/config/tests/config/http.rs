//! The HTTP server's settings.

use crate::{config, refusal};
use evently_auth_config::HttpConfig;
use std::net::IpAddr;

fn http(given: &[(&str, &str)]) -> HttpConfig {
    config(given).http
}

#[test]
fn listens_on_loopback_unless_told_otherwise() {
    assert_eq!(http(&[]).address().to_string(), "127.0.0.1:8000");
    assert_eq!(http(&[("HOST", "0.0.0.0"), ("PORT", "0")]).address().to_string(), "0.0.0.0:0");
    assert_eq!(http(&[("HOST", "LocalHost")]).host, "127.0.0.1".parse::<IpAddr>().unwrap());
    assert_eq!(http(&[("HOST", "::"), ("PORT", "65535")]).address().to_string(), "[::]:65535");
}

#[test]
fn a_host_is_an_address() {
    for host in ["auth.example.com", "127.0.0.1:80", "256.0.0.1", "*"] {
        let line = refusal(&[("HOST", host)]);
        assert_eq!(line, format!("HOST is {host:?}; it takes an IP address or `localhost`"));
    }
}

#[test]
fn origins_are_spelled_as_browsers_send_them() {
    let origins =
        http(&[("CORS_ORIGINS", "https://App.Example.com:443, http://localhost:3000/ ,,http://[::1]:80")]);
    assert_eq!(origins.cors_origins, ["https://app.example.com", "http://localhost:3000", "http://[::1]"]);
    assert!(http(&[]).cors_origins.is_empty());
}

#[test]
fn what_is_no_origin_is_refused() {
    for origin in [
        "*",
        "null",
        "app.example.com",
        "https://app.example.com/path",
        "https://app.example.com?x",
        "ftp://example.com",
        "https://app.example.com#x",
        "https://*.example.com:x",
        "file:///etc",
    ] {
        let line = refusal(&[("CORS_ORIGINS", &format!("https://good.example.com,{origin}"))]);
        let start =
            format!("CORS_ORIGINS holds {origin:?}; it takes a comma-separated list of origins such as");
        assert!(line.starts_with(&start), "{line}");
        assert!(line.contains("never `*`"), "{line}");
    }
}

#[test]
fn proxies_are_networks_or_addresses() {
    let proxies = http(&[("TRUSTED_PROXIES", "10.1.2.3/8, 192.0.2.1,2001:db8::/32,::1")]).trusted_proxies;
    let proxies: Vec<_> = proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::1/128"]);
    for wrong in ["proxy", "10.0.0.0/33", "10.0.0"] {
        assert!(
            refusal(&[("TRUSTED_PROXIES", wrong)]).starts_with(&format!("TRUSTED_PROXIES holds {wrong:?}"))
        );
    }
}

#[test]
fn trust_in_everybody_is_warned_of() {
    assert!(config(&[("TRUSTED_PROXIES", "10.0.0.0/8")]).warnings.is_empty());
    for all in ["0.0.0.0/0", "::/0"] {
        let warnings = config(&[("TRUSTED_PROXIES", all)]).warnings;
        assert!(warnings.len() == 1 && warnings[0].starts_with("TRUSTED_PROXIES "), "{warnings:?}");
    }
}

#[test]
fn the_public_url_ends_without_a_slash() {
    let url = |text| http(&[("PUBLIC_URL", text)]).public_url.unwrap();
    assert_eq!(url("https://Auth.example.com/"), "https://auth.example.com");
    assert_eq!(url("http://localhost:8000/auth//"), "http://localhost:8000/auth");
    assert_eq!(http(&[]).public_url, None);
    for (url, https) in [("https://auth.example.com", true), ("http://auth.example.com", false)] {
        assert_eq!(http(&[("PUBLIC_URL", url)]).is_https(), https);
    }
    assert!(!http(&[]).is_https());
    for wrong in [
        "auth.example.com",
        "javascript:alert(1)",
        "https://",
        "https://a.example/?q=1",
        "https://a.example/#x",
    ] {
        let line = refusal(&[("PUBLIC_URL", wrong)]);
        assert!(
            line.starts_with(&format!("PUBLIC_URL is {wrong:?}; it takes an http or https URL")),
            "{line}"
        );
    }
}
