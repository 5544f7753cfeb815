//! Whatever is sent as a JSON body: the strict reading differs from the usual one by duplicates alone, and every route
//! answers it with what the contract knows. An input is text: a digit that chooses the route, then the body.
#![no_main]

use evently_auth_fuzz::{Site, check};
use evently_auth_http::fuzzing::parse_strict;
use libfuzzer_sys::{Corpus, fuzz_target};
use std::cell::RefCell;
use std::mem::ManuallyDrop;

/// The routes that take a body.
const ROUTES: [(&str, &str); 10] = [
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/verify-email"),
    ("POST", "/api/v1/auth/resend-otp"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/refresh"),
    ("POST", "/api/v1/auth/forgot-password"),
    ("POST", "/api/v1/auth/reset-password"),
    ("PUT", "/api/v1/auth/me"),
    ("POST", "/api/v1/auth/change-password"),
    ("PUT", "/api/v1/admin/users/1"),
];

thread_local! {
    /// Never dropped: at the end of the process its runtime would miss thread locals that went before it.
    static SITE: RefCell<ManuallyDrop<Site>> = RefCell::new(ManuallyDrop::new(Site::new()));
}

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((route, body)) = input.split_first() else { return Corpus::Reject };
    if let Some(value) = parse_strict(body) {
        let usual: serde_json::Value =
            serde_json::from_slice(body).expect("taken by the strict reading alone");
        assert_eq!(value, usual);
    }
    let (method, path) = ROUTES[usize::from(route.wrapping_sub(b'0')) % ROUTES.len()];
    SITE.with_borrow_mut(|site| {
        check(&site.send(method, path, &[("content-type", b"application/json")], body))
    });
    Corpus::Keep
});
