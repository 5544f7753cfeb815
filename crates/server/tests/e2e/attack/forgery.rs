//! Forged tokens get 401 and nothing else, whoever signs them, and harm no genuine one.

use super::forgery_corpus::Forger;
use super::forgery_damage::respelled;
use super::forgery_signer::{Pair, Signer, encode, public, with};
use crate::harness::{BINARY, PASSWORD, Process, Production, Tokens, body};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evently_auth_crypto::{JwtAlgorithm, JwtKey};
use reqwest::blocking::Response;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SECRET: &str = "kR7vbn2Lq9sXw4TzY8mPc6HdJf3GaEu5";
const SECRET_KEY: &str = "Zx5Qw8Er2Ty7Ui3Op9As4Df6Gh1Jk0Lc";

#[test]
fn forged_tokens_are_refused_whoever_signs_them() {
    let mut site = Production::prepare(&[]);
    site.add_server();
    site.add_worker();
    let (ada, bob) = (site.signed_in("ada"), site.signed_in("bob"));
    refuses_what_is_no_bearer_token(&site, &ada);
    refuses_forged_refresh_tokens(&site, &site.log_in("ada", PASSWORD), &bob);

    let known =
        ["", "\u{0}", "secret", "changeme", "your-256-bit-secret", "evently-auth", "HS256", SECRET_KEY];
    let mut known: Vec<Vec<u8>> = known.map(|text| text.as_bytes().to_vec()).to_vec();
    known.extend(
        [SECRET.to_lowercase(), format!("{SECRET}\n"), STANDARD.encode(SECRET)].map(String::into_bytes),
    );
    let own = Signer::hs256("a key of the forger's own, long enough");
    let signers = (Signer::hs256(SECRET), own);
    refuses_forged_access_tokens(&site, &site.bases[0], [&ada, &bob], signers, known, Forger::all);

    // The same accounts on instances that sign with key pairs. What is no matter of keys is tried on the first of them.
    let generated = JwtKey::generate_pem(JwtAlgorithm::EdDsa).unwrap();
    let eddsa = include_str!("../../../../crypto/tests/keys/eddsa.pem");
    refuses_what_a_public_key_signed(&site, Pair::EdDsa, eddsa, &generated, Forger::all);
    let generated = JwtKey::generate_pem(JwtAlgorithm::Es256).unwrap();
    let es256 = include_str!("../../../../crypto/tests/keys/es256.pem");
    refuses_what_a_public_key_signed(&site, Pair::Es256, es256, &generated, Forger::about_keys);
    let rs256 = include_str!("../../../../crypto/tests/keys/rs256.pem");
    let forgers = include_str!("keys/forgers-rs256.pem");
    refuses_what_a_public_key_signed(&site, Pair::Rs256, rs256, forgers, Forger::about_keys);
}

/// The forged tokens of a family or of all.
type Corpus = fn(&Forger) -> Vec<(String, String)>;

/// On an instance that signs with the pair `key`: the forger knows its public half, in every form that it is published
/// in, and has a pair of his own.
fn refuses_what_a_public_key_signed(site: &Production, pair: Pair, key: &str, forgers: &str, corpus: Corpus) {
    let mut command = site.command(BINARY, &["serve"]);
    command.env("JWT_ALGORITHM", pair.name()).env("JWT_PRIVATE_KEY", key);
    let asymmetric = Process::start(&mut command);
    let base = asymmetric.wait_for_line(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        (line["message"] == "listening").then(|| format!("http://{}", line["address"].as_str().unwrap()))
    });
    let log_in = |name: &str| {
        let login = json!({"username": name, "password": PASSWORD});
        let answer = site.http.post(format!("{base}/api/v1/auth/login")).json(&login).send().unwrap();
        Tokens::of(&body(answer, 200))
    };
    let (here, there) = (log_in("ada"), log_in("bob"));
    let hmac = site.log_in("ada", PASSWORD);
    assert_refused(me(site, &base, &hmac.access), "a token of the other key");
    assert_refused(me(site, &site.bases[0], &here.access), "a token of the other key");

    let spki = public(key);
    let (raw, jwk) = published(pair, &spki);
    let kid = Forger::part(&here.access, 0)["kid"].as_str().unwrap().as_bytes().to_vec();
    let mut known = vec![b"".to_vec(), jwk.to_string().into_bytes(), kid, SECRET.into()];
    known.extend(jwk.as_object().unwrap().values().map(|value| value.as_str().unwrap().as_bytes().to_vec()));
    for (label, der) in [("PUBLIC KEY", spki), ("RSA PUBLIC KEY", raw)] {
        let text = STANDARD.encode(&der);
        let lines: Vec<&str> =
            (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
        for text in [text.clone(), lines.join("\n")] {
            let pem = format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----");
            known.extend([format!("{pem}\n"), pem.replace('\n', "\r\n"), pem, text].map(String::into_bytes));
        }
        known.push(der);
    }
    let [real, own] = [key, forgers].map(|key| Signer::Pair(pair, key.to_owned()));
    refuses_forged_access_tokens(site, &base, [&here, &there], (real, own), known, corpus);
}

/// The bare public key in a SubjectPublicKeyInfo, and the same as a JWK (RFC 7517, 8037).
fn published(pair: Pair, spki: &[u8]) -> (Vec<u8>, Value) {
    let from_end = |length: usize| spki[spki.len() - length..].to_vec();
    match pair {
        Pair::EdDsa => {
            let raw = from_end(32);
            let jwk = json!({"crv": "Ed25519", "kty": "OKP", "x": encode(&raw)});
            (raw, jwk)
        }
        Pair::Es256 => {
            let raw = from_end(65); // uncompressed: 4, x, y
            let jwk = json!({"crv": "P-256", "kty": "EC", "x": encode(&raw[1..33]), "y": encode(&raw[33..])});
            (raw, jwk)
        }
        Pair::Rs256 => {
            // 2048 bits: a sequence of the modulus, with a zero before it, and the exponent of three bytes.
            let raw = from_end(270);
            assert_eq!((&raw[..4], &raw[265..267]), (&[0x30, 0x82, 1, 10][..], &[2, 3][..]));
            let jwk = json!({"e": encode(&raw[267..]), "kty": "RSA", "n": encode(&raw[9..265])});
            (raw, jwk)
        }
    }
}

fn me(site: &Production, base: &str, token: &str) -> Response {
    site.http
        .get(format!("{base}/api/v1/auth/me"))
        .header("Authorization", format!("Bearer {token}"))
        .send()
        .unwrap()
}

#[track_caller]
fn assert_refused(answer: Response, what: &str) {
    let challenge = answer.headers().get("www-authenticate").cloned();
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{what}");
    let status = answer.status().as_u16();
    let problem: Value = serde_json::from_str(&answer.text().unwrap()).unwrap();
    assert_eq!((status, &problem["type"]), (401, &json!("/problems/invalid-token")), "{what}");
    assert!(challenge.is_some_and(|value| value.to_str().unwrap().starts_with("Bearer")), "{what}");
}

fn refuses_forged_access_tokens(
    site: &Production,
    base: &str,
    [ada, bob]: [&Tokens; 2],
    (real, own): (Signer, Signer),
    known: Vec<Vec<u8>>,
    corpus: Corpus,
) {
    // A moment ago.
    let now = Forger::part(&ada.access, 1)["iat"].as_i64().unwrap();
    let forger = Forger { token: ada.access.clone(), others: bob.access.clone(), real, own, known, now };
    let sound = forger.real.token(&forger.header(), &forger.claims());
    assert_eq!(me(site, base, &sound).status(), 200, "the forger knows his trade");

    let corpus = corpus(&forger);
    let distinct: BTreeSet<&String> = corpus.iter().map(|(_, token)| token).collect();
    assert!(!distinct.contains(&forger.token) && !distinct.contains(&sound));
    println!("{} forged access tokens, {} of them distinct", corpus.len(), distinct.len());
    assert!(distinct.len() >= 300, "only {} forged tokens", distinct.len());
    for (family, token) in &corpus {
        let what = format!("{family}: {}", &token.chars().take(600).collect::<String>());
        assert_refused(me(site, base, token), &what);
    }

    // The key's owner may name any role; the store has the last word.
    let promoted = forger.real.token(&forger.header(), &with(&forger.claims(), "role", json!("admin")));
    let users = site.http.get(format!("{base}/api/v1/admin/users")).bearer_auth(promoted).send().unwrap();
    assert_eq!(body(users, 403)["type"], "/problems/forbidden");
    for tokens in [ada, bob] {
        assert_eq!(me(site, base, &tokens.access).status(), 200, "the genuine ones are as good as before");
    }
}

fn refuses_forged_refresh_tokens(site: &Production, ada: &Tokens, bob: &Tokens) {
    let parts: Vec<&str> = ada.refresh.split('.').collect();
    let (sid, generation, mac) = (parts[0], parts[1], parts[2]);
    let other: Vec<&str> = bob.refresh.split('.').collect();
    let token = &ada.refresh;
    let mut forged = vec![
        String::new(),
        ".".into(),
        "..".into(),
        sid.into(),
        format!("{sid}.{generation}"),
        format!("{sid}.{generation}."),
        format!("{sid}..{mac}"),
        format!(".{generation}.{mac}"),
        format!("{}.{generation}.{mac}", other[0]),
        format!("{sid}.{generation}.{}", other[2]),
        format!("{}.{generation}.{mac}", sid.to_lowercase()),
        format!("{}.{generation}.{mac}", "A".repeat(22)),
        format!("{sid}\u{0}.{generation}.{mac}"),
        format!("{token}="),
        format!("{token}."),
        format!("{token}A"),
        format!("{token} "),
        format!(" {token}"),
        format!("{token}\n"),
        format!("\t{token}"),
        format!("{token}\r\n"),
        format!("\u{a0}{token}"),
        format!("\u{feff}{token}"),
        format!("{token}\u{0}"),
        format!("{token}{token}"),
        format!("{token},{}", bob.refresh),
        format!("Bearer {token}"),
        token.replace('.', "%2E"),
        token.replace('.', "\u{3002}"),
        token.replace('.', ","),
        ada.access.clone(),
        bob.access.clone(),
        format!("{sid}.{generation}.{}", ada.access.rsplit('.').next().unwrap()),
        "x".repeat(60_000),
        "' OR 1=1 --".into(),
        "*.0.*".into(),
    ];
    let number: i64 = generation.parse().unwrap();
    for other in [number + 1, number + 2, number - 1, -1, i64::MAX, i64::MIN] {
        forged.push(format!("{sid}.{other}.{mac}"));
    }
    for other in ["00", "+0", " 0", "0.0", "0x0", "1e0", "9223372036854775808", "x", "\u{660}"] {
        forged.push(format!("{sid}.{other}.{mac}"));
    }
    for position in 0..mac.len() {
        let mut bytes = mac.as_bytes().to_vec();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        forged.push(format!("{sid}.{generation}.{}", String::from_utf8(bytes).unwrap()));
    }
    forged.extend(respelled(mac).into_iter().map(|mac| format!("{sid}.{generation}.{mac}")));
    for key in ["", SECRET, SECRET_KEY] {
        for input in [format!("{sid}.{generation}"), generation.to_owned(), sid.to_owned()] {
            let mac = encode(Signer::hs256(key).sign(&input));
            forged.push(format!("{sid}.{generation}.{mac}"));
        }
    }
    println!("{} forged refresh tokens", forged.len());
    assert!(forged.iter().collect::<BTreeSet<_>>().len() >= 100);
    for text in &forged {
        assert_refused(site.refresh(text), &format!("{text:.200}"));
    }
    assert_eq!(site.me(ada).status(), 200, "nobody's session ended by it");
    assert_eq!(site.refresh(&ada.refresh).status(), 200);
}

fn refuses_what_is_no_bearer_token(site: &Production, ada: &Tokens) {
    let token = &ada.access;
    let values = [
        String::new(),
        token.clone(),
        "Bearer".into(),
        "Bearer ".into(),
        format!("Bearer\t{token}"),
        format!("Bearer{token}"),
        format!("Bearer:{token}"),
        format!("Bearer={token}"),
        format!("Bearer, {token}"),
        format!("Bearers {token}"),
        format!("Basic {token}"),
        format!("Basic {}", STANDARD.encode(format!("ada:{token}"))),
        format!("Token {token}"),
        format!("JWT {token}"),
        format!("DPoP {token}"),
        format!("Digest {token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {token} {token}"),
        format!("Basic x, Bearer {token}"),
        format!("Bearer token={token}"),
        format!("Bearer \"{token}\""),
        format!("\u{a0}Bearer {token}"),
    ];
    let me = || site.get("/api/v1/auth/me");
    for value in &values {
        assert_refused(me().header("Authorization", value).send().unwrap(), value);
    }
    for (name, value) in [
        ("Cookie", format!("access_token={token}; token={token}; Authorization=Bearer {token}")),
        ("Proxy-Authorization", format!("Bearer {token}")),
        ("X-Authorization", format!("Bearer {token}")),
        ("X-Access-Token", token.clone()),
        ("X-User-Id", "1".into()),
        ("X-Forwarded-User", "ada".into()),
    ] {
        assert_refused(me().header(name, value).send().unwrap(), name);
    }
    for parameter in ["access_token", "token", "jwt", "authorization", "bearer_token"] {
        let request = site.get(&format!("/api/v1/auth/me?{parameter}={token}"));
        assert_refused(request.send().unwrap(), parameter);
    }
    let both = |first: &str, second: &str| {
        let first = me().header("Authorization", format!("Bearer {first}"));
        first.header("Authorization", format!("Bearer {second}")).send().unwrap()
    };
    for (first, second) in [(token.as_str(), token.as_str()), (token, "x"), ("x", token)] {
        assert_refused(both(first, second), "two headers");
    }
    let body_ = json!({"access_token": token});
    assert_refused(site.put("/api/v1/auth/me", &body_).send().unwrap(), "in the body");
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let answer = me().header("Authorization", format!("{scheme} {token}")).send().unwrap();
        assert_eq!(answer.status(), 200, "schemes have no case (RFC 9110, 11.1): {scheme}");
    }
}
