//! What proxies and others write into `X-Forwarded-For`: the client is the peer, or an address that a trusted hop told. An
//! input is text: the peer's address on the first line, a header on each of the others.
#![no_main]

use actix_web::http::header::{HeaderMap, HeaderValue, X_FORWARDED_FOR};
use evently_auth_fuzz::lines;
use evently_auth_http::fuzzing::client_address;
use ipnet::IpNet;
use libfuzzer_sys::{Corpus, fuzz_target};
use std::net::IpAddr;

fuzz_target!(|input: &[u8]| -> Corpus {
    let mut lines = lines(input);
    let Some(peer) = lines.next().and_then(|line| str::from_utf8(line).ok()?.parse::<IpAddr>().ok()) else {
        return Corpus::Reject;
    };
    let trusted: [IpNet; 2] = ["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let mut headers = HeaderMap::new();
    for line in lines.filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(X_FORWARDED_FOR, line);
    }
    let client = client_address(peer, &headers, &trusted);
    let peer = peer.to_canonical();
    assert_eq!(client, client.to_canonical());
    if client != peer {
        assert!(is_trusted(peer) && !headers.is_empty(), "{client}: a stranger was believed");
    }
    assert_eq!(client_address(peer, &headers, &[]), peer, "believed without any trusted proxy");
    // What a stranger wrote before a trusted proxy appended his address changes nothing.
    headers.append(X_FORWARDED_FOR, HeaderValue::from_static("198.51.100.7"));
    if is_trusted(peer) {
        assert_eq!(client_address(peer, &headers, &trusted).to_string(), "198.51.100.7");
    }
    Corpus::Keep
});
