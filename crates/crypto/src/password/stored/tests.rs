//! Hashes of our own, of others, and of nobody.

use super::*;
use crate::password::memory::MAPPED_ALONE;
use proptest::prelude::*;

const SMALL: HashParams = HashParams::Argon2id { memory_kib: 64, iterations: 2, parallelism: 1 };
const QUICK: HashParams = HashParams::Bcrypt { cost: 4 };

/// Hashes of "pässword" that the reference implementations made.
const FOREIGN: [&str; 7] = [
    "$argon2id$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$eiBDlGk6k8Ts93p/GNYWwa1fe4akTLgW5XnpcbuHbWc",
    "$argon2id$v=19$m=1024,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$/rSFH8JRMEIdc/ZYF5OLJYa6M3kTEkfztJ5Zu5e8dUo",
    "$argon2id$v=19$m=256,t=1,p=2$MTIzNDU2Nzg$NESUIa6Qn9Q0e7S57bJHDw",
    "$argon2id$v=16$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$F/FdaVGofQI+V8MlkaTzgxV1CHQpI3fmldyJz7LftaA",
    "$2b$05$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2",
    "$2a$05$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2",
    // The last bit of the salt's last character is none of the salt's.
    "$2y$05$qu8uqI8b5fmaI0XIyZ4/0vZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2",
];

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

fn parse(text: &str) -> Option<Stored> {
    Stored::parse(&PasswordHash::new(text))
}

#[test]
fn verifies_what_others_made() {
    let mut memory = Memory::for_params(SMALL);
    for text in FOREIGN {
        let stored = parse(text).unwrap();
        assert!(stored.matches(&password("pässword"), &mut memory), "{text}");
        assert!(!stored.matches(&password("password"), &mut memory), "{text}");
    }
}

#[test]
fn one_memory_serves_all_parameters_and_keeps_what_the_current_ones_need() {
    let mut memory = Memory::for_params(SMALL);
    for text in FOREIGN.iter().cycle().take(50) {
        let stored = parse(text).unwrap();
        assert!(stored.matches(&password("pässword"), &mut memory), "{text}");
        assert!(memory.blocks.len() <= 64 && memory.blocks.capacity() <= MAPPED_ALONE);
    }
    assert_eq!(memory.blocks.len(), 64);
}

#[test]
fn what_it_makes_is_read_back_and_current() {
    for params in [SMALL, QUICK] {
        let mut memory = Memory::for_params(params);
        let made = Stored::make(params, [7; SALT_BYTES], &password("pässword"), &mut memory).unwrap();
        let read = Stored::parse(&made.to_hash()).unwrap();
        assert!(read.matches(&password("pässword"), &mut memory));
        assert!(!read.matches(&password("Pässword"), &mut memory));
        assert!(!read.is_outdated(params, &password("pässword")));
    }
    let mut memory = Memory::for_params(SMALL);
    let salt = *b"0123456789abcdef";
    let made = Stored::make(SMALL, salt, &password("pässword"), &mut memory).unwrap();
    assert_eq!(made.to_hash().expose(), FOREIGN[0], "byte for byte what the reference implementation makes");
}

#[test]
fn other_parameters_are_outdated() {
    let x = password("x");
    for text in FOREIGN {
        assert_eq!(parse(text).unwrap().is_outdated(SMALL, &x), text != FOREIGN[0], "{text}");
    }
    for params in [
        HashParams::Argon2id { memory_kib: 65, iterations: 2, parallelism: 1 },
        HashParams::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 },
        HashParams::Argon2id { memory_kib: 64, iterations: 2, parallelism: 2 },
        HashParams::Bcrypt { cost: 5 },
    ] {
        assert!(parse(FOREIGN[0]).unwrap().is_outdated(params, &x), "{params:?}");
    }
    let bcrypt = parse(FOREIGN[4]).unwrap();
    assert!(!bcrypt.is_outdated(HashParams::Bcrypt { cost: 5 }, &x));
    assert!(bcrypt.is_outdated(HashParams::Bcrypt { cost: 6 }, &x));
    let argon2 = parse(FOREIGN[0]).unwrap();
    assert!(!argon2.is_outdated(QUICK, &password(&"x".repeat(73))), "bcrypt could not take over");
}

#[test]
fn bcrypt_takes_72_bytes_and_no_more() {
    let mut memory = Memory::for_params(QUICK);
    let whole = "x".repeat(72);
    let foreign = parse("$2b$04$v3OKS8ayM.xYPfnDa6TUQusqRG2h.E/Pu57K9egq5MD5ze5YO6PFC").unwrap();
    let own = Stored::make(QUICK, [1; SALT_BYTES], &password(&whole), &mut memory).unwrap();
    for stored in [foreign, own] {
        assert!(stored.matches(&password(&whole), &mut memory));
        assert!(!stored.matches(&password(&whole[1..]), &mut memory));
        memory.computed.clear();
        assert!(!stored.matches(&password(&format!("{whole}x")), &mut memory));
        assert_eq!(memory.computed, [QUICK], "refused, but not sooner");
    }
    let long = Stored::make(QUICK, [1; SALT_BYTES], &password(&format!("{whole}x")), &mut memory);
    assert!(matches!(long, Err(Unhashable::TooLong)));
}

#[test]
fn refuses_what_it_should_not_compute() {
    let phc =
        |head: &str| format!("{head}$MDEyMzQ1Njc4OWFiY2RlZg$eiBDlGk6k8Ts93p/GNYWwa1fe4akTLgW5XnpcbuHbWc");
    assert!(parse(&phc("$argon2id$v=19$m=64,t=2,p=1")).is_some());
    for head in [
        "$argon2i$v=19$m=64,t=2,p=1",
        "$argon2d$v=19$m=64,t=2,p=1",
        "$argon2$v=19$m=64,t=2,p=1",
        "$scrypt$v=19$m=64,t=2,p=1",
        "$argon2id$v=20$m=64,t=2,p=1",
        "$argon2id$v=19$m=4194304,t=2,p=1",
        "$argon2id$v=19$m=262145,t=2,p=1",
        "$argon2id$v=19$m=7,t=2,p=1",
        "$argon2id$v=19$m=64,t=21,p=1",
        "$argon2id$v=19$m=64,t=0,p=1",
        "$argon2id$v=19$m=64,t=4294967295,p=1",
        "$argon2id$v=19$m=64,t=2,p=0",
        "$argon2id$v=19$m=1024,t=2,p=17",
        "$argon2id$v=19$m=64,t=2",
        "$argon2id$v=19$m=64,t=2,p=1,keyid=AAAA",
        "$argon2id$v=19$m=64,t=2,p=1,data=AAAA",
        "$argon2id$v=19$m=64,t=2,m=64",
        "$argon2id$v=19",
        "$argon2id$v=19$m=99999999999,t=2,p=1",
        "argon2id$v=19$m=64,t=2,p=1",
    ] {
        assert!(parse(&phc(head)).is_none(), "{head}");
    }
    for text in [
        "",
        "$",
        "$$$$$$",
        "password",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "!",
        "$argon2id$v=19$m=64,t=2,p=1",
        "$argon2id$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$zEYwnoHTs3EaC5Zs",
        "$argon2id$v=19$m=64,t=2,p=1$MDEy$eiBDlGk6k8Ts93p/GNYWwa1fe4akTLgW5XnpcbuHbWc",
        "$2b$05$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek",
        "$2b$05$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek22",
        "$2b$05$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7e=2",
        "$2b$05$qu8uqI8b5fmaI0XIyZ4/ääZ1e6qNbXvhVISWXYMBPwce/lB8B7ek",
        "$2x$05$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2",
        "$2$05$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2",
        "$2b$03$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2",
        "$2b$17$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2",
        "$2b$31$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2",
        "$2b$+5$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2",
        "$2b$5$qu8uqI8b5fmaI0XIyZ4/0uZ1e6qNbXvhVISWXYMBPwce/lB8B7ek2",
    ] {
        assert!(parse(text).is_none(), "{text}");
    }
}

proptest! {
    #[test]
    fn reading_never_fails(text in "[$]?(argon2id|2b|2a|.{0,4})[$].{0,80}", noise in ".{0,80}") {
        let _ = (parse(&text), parse(&noise));
    }

    #[test]
    fn a_damaged_hash_verifies_nothing_or_is_refused(
        which in 0..FOREIGN.len(), position: prop::sample::Index, byte in 0x20_u8..0x7f,
    ) {
        let mut damaged = FOREIGN[which].as_bytes().to_vec();
        let position = position.index(damaged.len());
        damaged[position] = byte;
        let text = String::from_utf8(damaged).unwrap();
        if let Some(stored) = parse(&text) {
            prop_assert!(stored.params.check().is_ok());
            // Costs that differ by a digit are bounded, yet not quick.
            if stored.params == parse(FOREIGN[which]).unwrap().params {
                let mut memory = Memory::for_params(SMALL);
                let same = parse(FOREIGN[which]).unwrap();
                let unchanged = stored.salt == same.salt
                    && stored.digest == same.digest
                    && stored.version == same.version;
                prop_assert_eq!(stored.matches(&password("pässword"), &mut memory), unchanged);
            }
        }
    }
}
