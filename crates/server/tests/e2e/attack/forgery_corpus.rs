//! The forged access tokens, family by family. Whoever makes them has a genuine token, knows a public key where there is
//! one, and in some families even has the secret: then it is the claims that are wrong.

use super::forgery_signer::{Signer, decode, encode, with, without};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The order of the curve P-256, which is zero there (SEC 2, 2.4.2).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Each token with the name of its family.
fn named<const COUNT: usize>(families: [(&str, Vec<String>); COUNT]) -> Vec<(String, String)> {
    let named = families
        .into_iter()
        .flat_map(|(family, tokens)| tokens.into_iter().map(move |token| (family.to_owned(), token)));
    named.collect()
}

/// What the forger works with.
pub(crate) struct Forger {
    /// His own token, which is good.
    pub(crate) token: String,
    /// Somebody else's good token.
    pub(crate) others: String,
    /// The server's key.
    pub(crate) real: Signer,
    /// A key of his own for the same algorithm.
    pub(crate) own: Signer,
    /// Whatever he knows that could pass for a secret.
    pub(crate) known: Vec<Vec<u8>>,
    /// Seconds since 1970: the present, or a moment before.
    pub(crate) now: i64,
}

impl Forger {
    pub(crate) fn part(token: &str, index: usize) -> Value {
        serde_json::from_slice(&decode(token.split('.').nth(index).unwrap())).unwrap()
    }

    pub(crate) fn header(&self) -> Value {
        Self::part(&self.token, 0)
    }

    pub(crate) fn claims(&self) -> Value {
        Self::part(&self.token, 1)
    }

    pub(super) fn signature(&self) -> &str {
        self.token.rsplit('.').next().unwrap()
    }

    /// Every family.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let families = [
            ("header", self.headers()),
            ("claims", self.wrong_claims()),
            ("values", self.wrong_values()),
            ("twice", self.doubled()),
            ("text", self.damaged()),
            ("flipped", self.flipped()),
        ];
        [self.about_keys(), named(families)].concat()
    }

    /// The families that are about the key and the signature, and so about the algorithm.
    pub(crate) fn about_keys(&self) -> Vec<(String, String)> {
        named([
            ("none", self.unsigned()),
            ("confusion", self.confused()),
            ("kid", self.named_keys()),
            ("degenerate", self.degenerate()),
        ])
    }

    /// Signatures that some verifier or other took for any message: empty, zero, or numbers beside the group's order, in
    /// every length that a signature has and in both encodings; under every algorithm's name.
    fn degenerate(&self) -> Vec<String> {
        let numbers = |r: &[u8], s: &[u8]| [r, s].concat();
        let (zero, one) = ([0; 32], [[0; 31].as_slice(), &[1]].concat());
        let mut signatures = vec![numbers(&ORDER, &ORDER), numbers(&zero, &ORDER), numbers(&ORDER, &zero)];
        signatures.extend([numbers(&zero, &one), numbers(&one, &zero), numbers(&one, &one)]);
        // In DER: both zero, both one.
        signatures.extend([0, 1].map(|number| vec![0x30, 6, 2, 1, number, 2, 1, number]));
        // The neutral point of Ed25519 (a one, little-endian), with zero.
        signatures.push(numbers(&[&[1], [0; 31].as_slice()].concat(), &zero));
        for length in [1, 32, 48, 64, 96, 128, 256, 384] {
            signatures.push(vec![0; length]);
            signatures.push(vec![0xff; length]);
            signatures.push([vec![0; length - 1], vec![1]].concat());
        }
        let sound = decode(self.signature());
        signatures.push(sound.iter().rev().copied().collect());
        signatures.push(sound.repeat(2));
        let mut tokens = Vec::new();
        let admin = with(&self.claims(), "role", json!("admin"));
        let other = with(&self.claims(), "jti", json!("another"));
        for signature in signatures {
            for claims in [&self.claims(), &admin, &other] {
                let input = format!("{}.{}", encode(self.header().to_string()), encode(claims.to_string()));
                tokens.push(format!("{input}.{}", encode(&signature)));
            }
            for alg in ["HS256", "RS256", "PS256", "ES256", "ES384", "EdDSA"] {
                let header = with(&self.header(), "alg", json!(alg)).to_string();
                let input = format!("{}.{}", encode(header), encode(self.claims().to_string()));
                tokens.push(format!("{input}.{}", encode(&signature)));
            }
        }
        tokens
    }

    /// No algorithm, in all spellings, with every kind of signature.
    fn unsigned(&self) -> Vec<String> {
        let names = ["none", "None", "NONE", "nOnE", "noNe", " none", "none ", "none\u{0}", "null", ""];
        let odd = [json!(null), json!([]), json!({}), json!(0), json!(true), json!(["none"])];
        let algorithms = names.iter().map(|name| json!(name)).chain(odd);
        let headers = algorithms.map(|alg| with(&self.header(), "alg", alg));
        let mut tokens = Vec::new();
        for header in headers.chain([without(&self.header(), "alg")]) {
            let input = format!("{}.{}", encode(header.to_string()), encode(self.claims().to_string()));
            tokens.push(format!("{input}."));
            tokens.push(input.clone());
            tokens.push(format!("{input}.{}", self.signature()));
            tokens.push(format!("{input}.{}", encode(self.real.sign(&input))));
        }
        tokens
    }

    /// HMAC with what is no secret, and the right key under the name of another algorithm.
    fn confused(&self) -> Vec<String> {
        let mut tokens = Vec::new();
        for key in &self.known {
            for bits in [256, 384, 512] {
                let header = with(&self.header(), "alg", json!(format!("HS{bits}")));
                tokens.push(Signer::Hmac(bits, key.clone()).token(&header, &self.claims()));
            }
        }
        let names = ["HS384", "HS512", "RS256", "PS256", "ES256", "ES256K", "hs256", "eddsa", "Ed25519"];
        let own = self.header()["alg"].clone();
        for alg in names.into_iter().filter(|alg| own != *alg) {
            tokens.push(self.real.token(&with(&self.header(), "alg", json!(alg)), &self.claims()));
        }
        // A key of his own, under the server's name for its key.
        tokens.push(self.own.token(&self.header(), &self.claims()));
        if let Signer::Hmac(_, secret) = &self.real {
            for bits in [384, 512] {
                let header = with(&self.header(), "alg", json!(format!("HS{bits}")));
                tokens.push(Signer::Hmac(bits, secret.clone()).token(&header, &self.claims()));
            }
        }
        tokens
    }

    /// Key names that point elsewhere: to a file, a row, an address, or nothing. Signed by the right key too, for the
    /// name is matched exactly.
    fn named_keys(&self) -> Vec<String> {
        let kid = self.header()["kid"].as_str().unwrap().to_owned();
        let mut names = vec![json!(null), json!(1), json!([]), json!({}), json!([kid]), json!(true)];
        let texts = [
            "",
            "0",
            "-1",
            "other",
            "../../../../../../dev/null",
            "/dev/null",
            "/proc/self/environ",
            "file:///dev/null",
            "http://127.0.0.1:1/key",
            "' UNION SELECT 'key' -- ",
            "x' OR '1'='1",
            "\u{0}",
            "%00",
            "|id",
            "$(id)",
            "{{7*7}}",
            "keys/jwt.pem\u{0}.json",
        ];
        names.extend(texts.iter().map(|text| json!(text)));
        let near = [
            format!("{kid} "),
            format!(" {kid}"),
            format!("{kid}\u{0}"),
            format!("{kid}{kid}"),
            kid[..kid.len() / 2].to_owned(),
            kid.to_uppercase(),
            "k".repeat(2_500),
        ];
        names.extend(near.into_iter().map(Value::String));
        let headers = names.into_iter().map(|name| with(&self.header(), "kid", name));
        let mut tokens = Vec::new();
        for header in headers.chain([without(&self.header(), "kid")]) {
            tokens.push(self.real.token(&header, &self.claims()));
            tokens.push(Signer::hs256([]).token(&with(&header, "alg", json!("HS256")), &self.claims()));
        }
        tokens
    }

    /// Other types, critical extensions, and keys that the token brings along.
    fn headers(&self) -> Vec<String> {
        let (header, claims) = (self.header(), self.claims());
        let mut tokens = Vec::new();
        for typ in
            [json!(null), json!(""), json!("JWT"), json!("at"), json!("rt+jwt"), json!("id_token"), json!(1)]
        {
            tokens.push(self.real.token(&with(&header, "typ", typ), &claims));
        }
        tokens.push(self.real.token(&without(&header, "typ"), &claims));
        for crit in [
            json!([]),
            json!(null),
            json!(["exp"]),
            json!(["b64"]),
            json!("exp"),
            json!({}),
            json!(["\u{0}"]),
        ] {
            tokens.push(self.real.token(&with(&header, "crit", crit), &claims));
        }
        let key = encode([9; 32]);
        let brought = [
            ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": key, "kid": header["kid"]})),
            ("jwk", json!({"kty": "oct", "k": ""})),
            ("jwk", json!("{\"kty\":\"oct\",\"k\":\"\"}")),
            ("jku", json!("http://127.0.0.1:1/jwks.json")),
            ("jku", json!("file:///dev/null")),
            ("x5u", json!("http://127.0.0.1:1/chain.pem")),
            ("x5c", json!([STANDARD.encode([9; 32])])),
            ("x5t", json!(key)),
            ("x5t#S256", json!(key)),
            ("zip", json!("DEF")),
            ("cty", json!("JWT")),
        ];
        for (member, value) in brought {
            let header = with(&header, member, value);
            tokens.push(self.real.token(&header, &claims));
            tokens.push(self.own.token(&header, &claims));
            tokens.push(Signer::hs256([]).token(&with(&header, "alg", json!("HS256")), &claims));
        }
        tokens.push(self.own.token(&header, &claims));
        tokens.push(self.own.token(&without(&header, "kid"), &claims));
        // A token in a token (RFC 7519, 5.2), and other wrappings.
        tokens.push(self.real.token_of(&with(&header, "cty", json!("JWT")).to_string(), &self.token));
        tokens.push(self.real.token_of(&header.to_string(), &json!(self.token).to_string()));
        tokens.push(self.real.token_of(&header.to_string(), &json!([claims]).to_string()));
        tokens.push(self.real.token_of(&json!([header]).to_string(), &claims.to_string()));
        for text in ["", "null", "{", "{}", "[]", "\"x\"", "1", "\u{0}", "\u{feff}{}"] {
            tokens.push(self.real.token_of(&header.to_string(), text));
            tokens.push(self.real.token_of(text, &claims.to_string()));
        }
        let filler = "x".repeat(4_000);
        tokens.push(self.real.token(&header, &with(&claims, "more", json!(filler))));
        tokens.push(self.real.token(&with(&header, "more", json!(filler)), &claims));
        tokens.push(self.real.token(&header, &with(&claims, "more", json!("x".repeat(40_000)))));
        tokens
    }

    /// The right key, and each claim missing or of another type.
    fn wrong_claims(&self) -> Vec<String> {
        let (header, claims) = (self.header(), self.claims());
        let mut tokens = Vec::new();
        for member in claims.as_object().unwrap().keys() {
            tokens.push(self.real.token(&header, &without(&claims, member)));
            let odd = [json!(null), json!({}), json!([]), json!([claims[member]]), json!(true), json!(0.5)];
            tokens.extend(odd.map(|value| self.real.token(&header, &with(&claims, member, value))));
            if member != "jti" {
                // Any text is a good `jti`.
                tokens.push(self.real.token(&header, &with(&claims, member, json!("x\u{0}"))));
                tokens.push(self.real.token(&header, &with(&claims, member, json!(""))));
            }
        }
        tokens
    }

    /// The right key, and claims of the right type that are not true.
    fn wrong_values(&self) -> Vec<String> {
        let (header, claims, now) = (self.header(), self.claims(), self.now);
        let other = Self::part(&self.others, 1);
        let sid = claims["sid"].as_str().unwrap().to_owned();
        let generation = claims["gen"].as_i64().unwrap();
        let id = claims["user_id"].as_i64().unwrap();
        let mut pairs = vec![
            ("sid", other["sid"].clone()),
            ("sid", json!("A".repeat(22))),
            ("sid", json!(sid.to_lowercase())),
            ("sid", json!(sid[..21])),
            ("sid", json!(format!("{sid}A"))),
            ("sid", json!(format!("{sid}\u{0}"))),
            ("sid", json!("../../../../../../../")),
            ("sid", json!("*")),
            ("gen", json!(generation + 1)),
            ("gen", json!(generation + 1_000)),
            ("gen", json!(i64::MAX)),
            ("gen", json!(u64::MAX)),
            ("gen", json!(generation.to_string())),
            ("sub", other["sub"].clone()),
            ("sub", json!(format!("0{id}"))),
            ("sub", json!(format!("+{id}"))),
            ("sub", json!(format!(" {id}"))),
            ("sub", json!(id)),
            ("user_id", other["user_id"].clone()),
            ("user_id", json!(0)),
            ("user_id", json!(-id)),
            ("user_id", json!(id.to_string())),
            ("user_id", json!(u64::MAX)),
            ("role", json!("root")),
            ("role", json!("ADMIN")),
            ("role", json!("admin ")),
            ("type", json!("refresh")),
            ("type", json!("id")),
            ("type", json!("Access")),
            ("type", json!("access ")),
            ("type", json!(["access"])),
            ("iss", json!("https://evil.example")),
            ("iss", json!("Evently-Auth")),
            ("iss", json!("evently-auth ")),
            ("iss", json!("evently-auth\u{0}")),
            ("aud", json!("bookings")),
            ("aud", json!("")),
            ("aud", json!([])),
            ("aud", json!(["evently-auth"])),
            ("nbf", json!(now + 3_600)),
            ("iat", json!(now + 120)),
            ("iat", json!(i64::MAX)),
            ("iat", json!(i64::MIN)),
            ("iat", json!(u64::MAX)),
            ("iat", json!(now.to_string())),
        ];
        for exp in [0, 1, -1, now, now - 1, now - 3_600, -now, i64::MIN, i64::MAX] {
            pairs.push(("exp", json!(exp)));
        }
        let exp = claims["exp"].as_i64().unwrap();
        pairs.extend([json!(u64::MAX), json!(1e300), json!(1e18), json!(0.0)].map(|value| ("exp", value)));
        pairs.push(("exp", json!(exp.to_string())));
        pairs.push(("exp", json!("never")));
        let mut tokens: Vec<_> = pairs
            .into_iter()
            .map(|(member, value)| self.real.token(&header, &with(&claims, member, value)))
            .collect();
        // Somebody else altogether, in one's own session.
        let mut somebody = other.clone();
        somebody["sid"] = claims["sid"].clone();
        tokens.push(self.real.token(&header, &somebody));
        // Numbers that no `json!` writes.
        for number in
            [format!("{exp}.5"), format!("{exp}e1"), "1e400".into(), "9".repeat(40), format!("0{exp}")]
        {
            let text = claims.to_string().replace(&format!("\"exp\":{exp}"), &format!("\"exp\":{number}"));
            assert!(text.contains(&number));
            tokens.push(self.real.token_of(&header.to_string(), &text));
        }
        tokens
    }

    /// Each member twice, the false one first or last.
    fn doubled(&self) -> Vec<String> {
        let (header, claims) = (self.header(), self.claims());
        let twice = |object: &Value, member: &str, value: &Value| {
            let text = object.to_string();
            let inner = &text[1..text.len() - 1];
            [format!("{{\"{member}\":{value},{inner}}}"), format!("{{{inner},\"{member}\":{value}}}")]
        };
        let mut tokens = Vec::new();
        for (member, value) in claims.as_object().unwrap() {
            for value in [value, &json!("x")] {
                let texts = twice(&claims, member, value);
                tokens.extend(texts.map(|text| self.real.token_of(&header.to_string(), &text)));
            }
        }
        for (member, value) in header.as_object().unwrap() {
            for value in [value, &json!("none")] {
                let texts = twice(&header, member, value);
                tokens.extend(texts.map(|text| self.real.token_of(&text, &claims.to_string())));
            }
        }
        tokens
    }
}
