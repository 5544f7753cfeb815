//! Who counts as somebody at this machine: the rule in front of what only a developer may see.

use actix_web::guard::GuardContext;
use actix_web::http::header::{FORWARDED, HOST, HeaderName, HeaderValue, X_FORWARDED_FOR};
use actix_web::http::uri::Authority;
use std::net::IpAddr;

/// Headers by which a proxy says that it speaks for somebody else.
const FORWARDING: [HeaderName; 3] = [FORWARDED, X_FORWARDED_FOR, HeaderName::from_static("x-real-ip")];

/// Whether the request was made on this machine, for this machine.
///
/// - The connection itself comes from a loopback address; no header can claim that.
/// - It asked for a loopback name, so a foreign page whose name was pointed at 127.0.0.1 (DNS rebinding) is
///   refused.
/// - Nobody says that it was forwarded: then a proxy is the neighbour, and not the one who asks.
pub(super) fn is_local(context: &GuardContext<'_>) -> bool {
    let head = context.head();
    let from_here = head.peer_addr.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let forwarded = FORWARDING.iter().any(|name| head.headers.contains_key(name));
    let mut names =
        head.headers.get_all(HOST).map(host_of).chain(head.uri.authority().map(|name| Some(name.clone())));
    let mut named = false;
    let all_local = names.all(|name| {
        named = true;
        name.is_some_and(|name| is_loopback_name(name.host()))
    });
    from_here && !forwarded && named && all_local
}

fn host_of(value: &HeaderValue) -> Option<Authority> {
    Authority::try_from(value.as_bytes()).ok()
}

fn is_loopback_name(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}
