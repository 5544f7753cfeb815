//! Forged and damaged access tokens: nobody but the key makes a valid one, and even the key none of another kind.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod common;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::*;
use evently_auth_crypto::{JwtAlgorithm, JwtKey};
use evently_auth_domain::ports::{AccessTokens, InvalidAccessToken};
use hmac::{Hmac, KeyInit, Mac};
use jwt_simple::prelude::{Ed25519KeyPair, EdDSAKeyPairLike};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

/// What somebody who knows the secret can make.
fn forge(header: &Value, payload: &str) -> String {
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload));
    macro_rules! tag {
        ($hash:ty) => {{
            let mut mac = Hmac::<$hash>::new_from_slice(SECRET).unwrap();
            mac.update(signed.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }};
    }
    let tag = match header["alg"].as_str() {
        Some("HS384") => tag!(Sha384),
        Some("HS512") => tag!(Sha512),
        Some("none") => Vec::new(),
        _ => tag!(Sha256),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn with(mut object: Value, member: &str, value: Value) -> Value {
    object[member] = value;
    object
}

fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().unwrap().remove(member).unwrap();
    object
}

fn is_refused(token: &str) -> bool {
    hs256().verify(token, now()) == Err(InvalidAccessToken)
}

#[test]
fn a_header_cannot_choose() {
    let (header, payload) = genuine();
    let payload = payload.to_string();
    assert!(!is_refused(&forge(&header, &payload)), "the forgery itself is sound");
    for alg in ["none", "None", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256", ""] {
        assert!(is_refused(&forge(&with(header.clone(), "alg", json!(alg)), &payload)), "{alg}");
    }
    for kid in [json!("other"), json!(""), json!(null), json!(1)] {
        assert!(is_refused(&forge(&with(header.clone(), "kid", kid.clone()), &payload)), "{kid}");
    }
    for typ in [json!("JWT"), json!("rt+jwt"), json!("at"), json!(""), json!(null)] {
        assert!(is_refused(&forge(&with(header.clone(), "typ", typ.clone()), &payload)), "{typ}");
    }
    for member in ["alg", "kid", "typ"] {
        assert!(is_refused(&forge(&without(header.clone(), member), &payload)), "{member}");
    }
    for (member, value) in [
        ("crit", json!(["b64"])),
        ("crit", json!([])),
        ("crit", json!(null)),
        ("b64", json!(true)),
        ("jku", json!("https://keys.example/")),
        ("zip", json!("DEF")),
        ("x", json!(1)),
    ] {
        assert!(
            is_refused(&forge(&with(header.clone(), member, value.clone()), &payload)),
            "{member}: {value}"
        );
    }
}

/// The library takes a key's algorithm under the name of its curve as well (RFC 9864); siblings and we write `EdDSA`.
#[test]
fn an_algorithm_has_one_name() {
    let tokens = tokens(JwtKey::from_pem(JwtAlgorithm::EdDsa, EDDSA).unwrap());
    let issued = tokens.issue(&claims()).unwrap().expose().to_owned();
    let pair = Ed25519KeyPair::from_pem(EDDSA).unwrap();
    let signed_as = |alg: &str| {
        let header = with(part(&issued, 0), "alg", json!(alg)).to_string();
        let payload = part(&issued, 1).to_string();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = pair.key_pair().as_ref().sk.sign(&signed, None);
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(*signature))
    };
    assert_eq!(tokens.verify(&signed_as("EdDSA"), now()), Ok(claims()), "the forgery itself is sound");
    for alg in ["Ed25519", "ed25519", "eddsa", "Ed448", "ES256"] {
        assert_eq!(tokens.verify(&signed_as(alg), now()), Err(InvalidAccessToken), "{alg}");
    }
}

#[test]
fn a_payload_has_every_claim_as_it_should_be() {
    let (header, payload) = genuine();
    let members: Vec<_> = payload.as_object().unwrap().keys().cloned().collect();
    for member in &members {
        assert!(is_refused(&forge(&header, &without(payload.clone(), member).to_string())), "no {member}");
        for value in [json!(null), json!({}), json!([1]), json!(true), json!(1.5), json!("x\u{0}"), json!(-1)]
        {
            // `gen` and `jti` are ours to give: any number and any text will do.
            let may_be = (member == "gen" && value == json!(-1)) || (member == "jti" && value.is_string());
            let token = forge(&header, &with(payload.clone(), member, value.clone()).to_string());
            assert_eq!(is_refused(&token), !may_be, "{member}: {value}");
        }
        let twice = format!("{{\"{member}\":{},{}", payload[member], &payload.to_string()[1..]);
        assert!(is_refused(&forge(&header, &twice)), "{member} twice");
    }
    let later = now().timestamp() + 31;
    for (member, value) in [
        ("type", json!("refresh")),
        ("type", json!("")),
        ("iss", json!("other")),
        ("sub", json!("43")),
        ("user_id", json!(43)),
        ("role", json!("root")),
        ("aud", json!("bookings")),
        ("aud", json!(["bookings"])),
        ("iat", json!(later)),
        ("exp", json!(now().timestamp())),
        ("exp", json!(0)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(i64::MIN)),
        ("exp", json!(1e300)),
        ("iat", json!(i64::MAX)),
        ("iat", json!(i64::MIN)),
        ("nbf", json!(later)),
        ("exp", json!("1767227400")),
        ("sid", json!("short")),
    ] {
        assert!(
            is_refused(&forge(&header, &with(payload.clone(), member, value.clone()).to_string())),
            "{member}: {value}"
        );
    }
    for text in ["", "null", "[]", "{}", "\"x\"", "{", "\u{0}"] {
        assert!(is_refused(&forge(&header, text)), "{text:?}");
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let token = hs256().issue(&claims()).unwrap().expose().to_owned();
    let huge = format!("{token}{}", "A".repeat(5_000));
    for text in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "\u{0}.\u{0}.\u{0}",
        "é.é.é",
        &huge,
        &format!("{token}."),
        &format!(".{token}"),
        &format!("{token}="),
        &format!(" {token}"),
        &format!("{token}\n"),
        &format!("Bearer {token}"),
    ] {
        assert!(is_refused(text), "{text:?}");
    }
    let (header, payload) = genuine();
    let fits = with(payload.clone(), "more", json!("x".repeat(2_000)));
    assert!(!is_refused(&forge(&header, &fits.to_string())));
    let oversized = with(payload, "more", json!("x".repeat(4_000)));
    assert!(is_refused(&forge(&header, &oversized.to_string())));
}

proptest! {
    #[test]
    fn any_changed_byte_is_noticed(position: prop::sample::Index, byte in 0_u8..128) {
        let token = hs256().issue(&claims()).unwrap();
        let mut bytes = token.expose().as_bytes().to_vec();
        let position = position.index(bytes.len());
        prop_assume!(bytes[position] != byte);
        bytes[position] = byte;
        prop_assert!(is_refused(&String::from_utf8(bytes).unwrap()));
    }

    #[test]
    fn any_shortened_token_is_refused(length: prop::sample::Index) {
        let token = hs256().issue(&claims()).unwrap();
        let length = length.index(token.expose().len());
        prop_assert!(is_refused(&token.expose()[..length]));
    }

    #[test]
    fn nothing_that_is_sent_breaks_it(text in ".{0,200}", parts in prop::array::uniform3("[A-Za-z0-9_-]{0,60}")) {
        prop_assert!(is_refused(&text));
        prop_assert!(is_refused(&parts.join(".")));
    }
}
