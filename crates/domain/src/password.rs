//! Passwords: how they come in, what a new one must be, and what is kept of them.

use crate::account::{EmailAddress, Username};
use crate::fault::Fault;
use std::fmt;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A password as somebody typed it, in NFC (NIST SP 800-63B-4, 3.1.1.2); wiped when dropped, never printed.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Normalises `raw`.
    ///
    /// # Errors
    /// `required` when it is empty.
    pub fn parse(raw: &str) -> Result<Self, Fault> {
        if raw.is_empty() {
            return Err(Fault::new("required", "A password is needed."));
        }
        Ok(Self(Zeroizing::new(raw.nfc().collect())))
    }

    /// The secret, for a hasher.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// What is kept of a password: a PHC string (`$argon2id$…`) or a bcrypt string (`$2b$…`); never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a hash over as it is; the hasher judges it when it is used.
    pub fn new(hash: impl Into<String>) -> Self {
        Self(hash.into())
    }

    /// The hash, for a hasher and for storage.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// What a new password must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Fewest characters (`PASSWORD_MIN_LENGTH`).
    pub min_chars: usize,
    /// Most bytes that the hash function reads; bcrypt ends at 72.
    pub max_bytes: Option<usize>,
    /// Ask for an upper-case letter, a lower-case letter and a digit as well (`PASSWORD_POLICY=composition`).
    pub composition: bool,
}

impl PasswordPolicy {
    /// Most characters, whatever the policy.
    pub const MAX_CHARS: usize = 128;
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_chars: 8, max_bytes: None, composition: false }
    }
}

/// Whose password it will be, as far as that is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct PasswordOwner<'a> {
    /// The owner's address.
    pub email: Option<&'a EmailAddress>,
    /// The owner's username.
    pub username: Option<&'a Username>,
}

/// A password that keeps the policy: only such a one can be set.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

impl NewPassword {
    /// Normalises `raw` and holds it against `policy` and its owner (NIST SP 800-63B-4, 3.1.1.2).
    ///
    /// # Errors
    /// Every fault at once: `required`, `too_short`, `too_long`, `missing_upper`, `missing_lower`, `missing_digit`,
    /// `contains_identity`, `too_common`.
    pub fn parse(raw: &str, policy: &PasswordPolicy, owner: PasswordOwner<'_>) -> Result<Self, Vec<Fault>> {
        let password = Password::parse(raw).map_err(|fault| vec![fault])?;
        let text = password.expose();
        let mut faults = Vec::new();
        let chars = text.chars().count();
        if chars < policy.min_chars {
            faults.push(Fault::new(
                "too_short",
                format!("A password has at least {} characters.", policy.min_chars),
            ));
        }
        if chars > PasswordPolicy::MAX_CHARS {
            faults.push(Fault::new("too_long", "A password has at most 128 characters."));
        } else if policy.max_bytes.is_some_and(|max| text.len() > max) {
            faults.push(Fault::new("too_long", "A password has at most 72 bytes in UTF-8."));
        }
        if policy.composition {
            faults.extend(composition_faults(text));
        }
        if let Err(fault) = avoid(text, owner) {
            faults.push(fault);
        }
        if faults.is_empty() && is_guessable(text, owner) {
            faults.push(Fault::new(
                "too_common",
                "This password is easy to guess. A few unrelated words make a better one.",
            ));
        }
        if faults.is_empty() { Ok(Self(password)) } else { Err(faults) }
    }

    /// Looks again once more is known of the owner.
    ///
    /// # Errors
    /// `contains_identity`.
    pub fn avoids(&self, owner: PasswordOwner<'_>) -> Result<(), Fault> {
        avoid(self.0.expose(), owner)
    }

    /// The password, for a hasher.
    pub fn as_password(&self) -> &Password {
        &self.0
    }
}

fn composition_faults(text: &str) -> Vec<Fault> {
    let missing = |holds: fn(char) -> bool| !text.chars().any(holds);
    let rules = [
        (missing(char::is_uppercase), "missing_upper", "A password needs an upper-case letter."),
        (missing(char::is_lowercase), "missing_lower", "A password needs a lower-case letter."),
        (missing(char::is_numeric), "missing_digit", "A password needs a digit."),
    ];
    rules
        .into_iter()
        .filter(|(missing, ..)| *missing)
        .map(|(_, code, message)| Fault::new(code, message))
        .collect()
}

fn avoid(text: &str, owner: PasswordOwner<'_>) -> Result<(), Fault> {
    let text = text.to_lowercase();
    if owner.email.is_some_and(|email| text.contains(email.as_str())) {
        return Err(Fault::new("contains_identity", "A password does not contain the e-mail address."));
    }
    if owner.username.is_some_and(|name| text.contains(name.as_str())) {
        return Err(Fault::new("contains_identity", "A password does not contain the username."));
    }
    Ok(())
}

/// A million guesses or fewer would find it. The estimate costs more than linear time, so its input is cut.
fn is_guessable(text: &str, owner: PasswordOwner<'_>) -> bool {
    const ESTIMATED_CHARS: usize = 64;
    let head: String = text.chars().take(ESTIMATED_CHARS).collect();
    let mut known = vec!["evently"];
    known.extend(owner.email.iter().flat_map(|email| email.as_str().split(['@', '.', '+', '-', '_'])));
    known.extend(owner.username.iter().flat_map(|name| name.as_str().split(['-', '_'])));
    zxcvbn::zxcvbn(&head, &known).score() < zxcvbn::Score::Two
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(raw: &str, policy: &PasswordPolicy) -> Vec<&'static str> {
        let email = EmailAddress::parse("ada@example.com").unwrap();
        let username = Username::parse("lovelace").unwrap();
        let owner = PasswordOwner { email: Some(&email), username: Some(&username) };
        NewPassword::parse(raw, policy, owner)
            .err()
            .unwrap_or_default()
            .iter()
            .map(|fault| fault.code)
            .collect()
    }

    #[test]
    fn takes_any_unguessable_text() {
        let policy = PasswordPolicy::default();
        for raw in
            ["correct horse battery staple", "пароль-длинный-и-хороший", "🦀🐙🦑🐡🐠🐟🐬🐳", "tr0ub4dor&3x"]
        {
            assert_eq!(codes(raw, &policy), Vec::<&str>::new(), "{raw}");
        }
    }

    #[test]
    fn a_password_counts_as_it_was_typed() {
        let typed = "  Wandering \t Ädalovelace  ";
        assert_eq!(Password::parse(typed).unwrap().expose(), typed);
        let long: String = "wandering kites ".chars().cycle().take(PasswordPolicy::MAX_CHARS).collect();
        let taken = NewPassword::parse(&long, &PasswordPolicy::default(), PasswordOwner::default()).unwrap();
        assert_eq!(taken.as_password().expose(), long);
    }

    #[test]
    fn refuses_with_a_reason() {
        let policy = PasswordPolicy::default();
        assert_eq!(codes("", &policy), ["required"]);
        assert_eq!(codes("x9!kQ2", &policy), ["too_short"]);
        assert_eq!(codes(&"xK9 ".repeat(33), &policy), ["too_long"]);
        for common in ["password", "Password1", "12345678", "qwertyuiop", "aaaaaaaaaa", "evently1"] {
            assert_eq!(codes(common, &policy), ["too_common"], "{common}");
        }
        assert_eq!(codes("my-LoveLace-7731", &policy), ["contains_identity"]);
        assert_eq!(codes("x ada@example.com x", &policy), ["contains_identity"]);
    }

    /// From published lists of the commonest ones, those that the minimum length lets through.
    #[test]
    fn the_commonest_passwords_are_refused() {
        const COMMON: &str = "password 12345678 123456789 1234567890 qwertyui qwerty123 password1 password123 \
            iloveyou sunshine princess football baseball superman trustno1 1q2w3e4r 1qaz2wsx 11111111 00000000 \
            abcd1234 abc12345 passw0rd p@ssw0rd p@ssword welcome1 letmein1 admin123 administrator master123 \
            starwars whatever computer internet michelle jennifer jordan23 liverpool chelsea1 charlie1 butterfly \
            pokemon1 asdfghjkl zxcvbnm1 qazwsxedc q1w2e3r4 87654321 987654321 123123123 12341234 qwertyuiop \
            dragon123 monkey123 shadow123 changeme secret123 samantha victoria elizabeth alexander christian \
            mercedes corvette mustang1 midnight mountain hello123 test1234 default1 snowball chocolate";
        let policy = PasswordPolicy::default();
        for common in COMMON.split_whitespace() {
            assert!(common.len() >= policy.min_chars, "{common}");
            assert_eq!(codes(common, &policy), ["too_common"], "{common}");
            assert_eq!(codes(&common.to_uppercase(), &policy), ["too_common"], "{common} in capitals");
        }
    }

    #[test]
    fn composition_reports_all_that_is_missing() {
        let policy = PasswordPolicy { composition: true, ..PasswordPolicy::default() };
        assert_eq!(codes("!!?? ..;;", &policy), ["missing_upper", "missing_lower", "missing_digit"]);
        assert_eq!(codes("Tangled7 rope", &policy), Vec::<&str>::new());
    }

    #[test]
    fn counts_characters_after_normalisation() {
        let policy = PasswordPolicy::default();
        let composed = "\u{e9}\u{e8}\u{ea}\u{eb}\u{f1}\u{fc}\u{f6}";
        let decomposed: String = composed.nfd().collect();
        assert_eq!(codes(&decomposed, &policy), ["too_short"]);
    }

    #[test]
    fn bcrypt_ends_at_72_bytes() {
        let policy = PasswordPolicy { max_bytes: Some(72), ..PasswordPolicy::default() };
        let fits = format!("wandering-{}", "ä".repeat(31));
        assert_eq!(fits.len(), 72);
        assert_eq!(codes(&fits, &policy), Vec::<&str>::new());
        assert_eq!(codes(&format!("{fits}x"), &policy), ["too_long"]);
    }

    #[test]
    fn secrets_do_not_print_themselves() {
        let password = Password::parse("hunter2hunter2").unwrap();
        let hash = PasswordHash::new("$argon2id$secret");
        assert_eq!(format!("{password:?} {hash:?}"), "Password(..) PasswordHash(..)");
    }
}
