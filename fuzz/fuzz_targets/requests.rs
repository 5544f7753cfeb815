//! Whatever comes as a request line or a header: every route answers with what the contract knows. An input is text: the
//! method and the path on the first line, a header on each of the others.
#![no_main]

use evently_auth_fuzz::{Site, check, lines};
use libfuzzer_sys::{Corpus, fuzz_target};
use std::cell::RefCell;
use std::mem::ManuallyDrop;

/// The headers that somebody of ours reads; the rest is the web framework's.
const HEADERS: [&str; 14] = [
    "authorization",
    "x-forwarded-for",
    "user-agent",
    "x-request-id",
    "traceparent",
    "tracestate",
    "cookie",
    "x-device-token",
    "origin",
    "access-control-request-method",
    "access-control-request-headers",
    "content-type",
    "content-encoding",
    "accept",
];

thread_local! {
    /// Never dropped: at the end of the process its runtime would miss thread locals that went before it.
    static SITE: RefCell<ManuallyDrop<Site>> = RefCell::new(ManuallyDrop::new(Site::new()));
}

fuzz_target!(|input: &[u8]| -> Corpus {
    let mut lines = lines(input);
    let Some((method, uri)) = lines.next().and_then(|line| str::from_utf8(line).ok()?.split_once(' ')) else {
        return Corpus::Reject;
    };
    let header = |line: &'_ [u8]| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HEADERS.into_iter().find(|name| line[..colon].eq_ignore_ascii_case(name.as_bytes()))?;
        Some((name, line[colon + 1..].trim_ascii().to_vec()))
    };
    let headers: Vec<_> = lines.filter_map(header).collect();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
    SITE.with_borrow_mut(|site| check(&site.send(method, uri, &headers, b"")));
    Corpus::Keep
});
