//! What each mail says, once for both bodies: plain English, short, and what to do if one did not ask for it.

use crate::device;
use crate::untrusted::one_line;
use evently_auth_domain::Timestamp;
use evently_auth_domain::code::LIFETIME;
use evently_auth_domain::mail::MailMessage;

/// The words of one mail; plain text throughout, escaped by whoever writes it into markup.
pub(crate) struct Words {
    /// The subject of the mail.
    pub(crate) subject: String,
    /// The subject in a few words, above the text.
    pub(crate) heading: String,
    /// What happened, or what to do.
    pub(crate) opening: String,
    /// The six digits that this is about.
    pub(crate) code: Option<String>,
    /// How long the code lives.
    pub(crate) code_note: Option<String>,
    /// Details, a label and a value each.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// What to do if one did not expect this mail.
    pub(crate) caution: &'static str,
    /// What the link to the product says, in mails after which one may want to go there.
    pub(crate) action: Option<String>,
}

impl Words {
    /// What `product` says on this occasion; `at` is when it happened.
    pub(crate) fn new(message: &MailMessage, product: &str, at: Timestamp) -> Self {
        let when = || ("When", at.format("%-d %B %Y, %H:%M UTC").to_string());
        let new_address = |masked: &str| one_line(masked).map(|masked| ("New address", masked));
        let device_name = |device: Option<&str>| device.and_then(device::name).map(|name| ("Device", name));
        match message {
            MailMessage::VerificationCode { code } => Self::with_code(
                code,
                format!("Your verification code for {product}"),
                "Confirm your e-mail address",
                format!("Thank you for signing up. Enter this code to start using {product}."),
                "If you did not sign up, ignore this e-mail. Without the code, nobody can use your address.",
            ),
            MailMessage::EmailChangeCode { code } => Self::with_code(
                code,
                format!("Confirm your new address for {product}"),
                "Confirm your new address",
                format!("Enter this code to move your {product} account to this e-mail address."),
                "If you did not ask for this, ignore this e-mail. Nothing changes without the code.",
            ),
            MailMessage::PasswordResetCode { code } => Self::with_code(
                code,
                format!("Your password reset code for {product}"),
                "Reset your password",
                format!("Enter this code to set a new password for your {product} account."),
                "If you did not ask for this, ignore this e-mail. Your password stays as it is.",
            ),
            MailMessage::Welcome => Self::notice(
                format!("Welcome to {product}"),
                format!("Welcome to {product}"),
                "Your e-mail address is confirmed and your account is ready. You can sign in now.".to_owned(),
                Vec::new(),
                "If you did not open this account, reset its password: that signs out whoever did.",
            )
            .with_action(format!("Open {product}")),
            MailMessage::PasswordChanged => Self::notice(
                format!("Your {product} password was changed"),
                "Your password was changed".to_owned(),
                format!(
                    "The password of your {product} account was changed, and your other devices were signed \
                     out."
                ),
                vec![when()],
                "If this was not you, choose \"Forgot password\" at sign-in and set a new one right away.",
            )
            .with_action(format!("Open {product}")),
            MailMessage::PasswordReset => Self::notice(
                format!("Your {product} password was reset"),
                "Your password was reset".to_owned(),
                "A new password was set with a code that we sent to this address. All devices were signed \
                 out; sign in again with the new password."
                    .to_owned(),
                vec![when()],
                "If this was not you, somebody may be reading your e-mail. Secure your mailbox first, then \
                 reset the password again.",
            )
            .with_action(format!("Open {product}")),
            MailMessage::EmailChangeRequested { new_address: masked } => Self::notice(
                format!("A new address for your {product} account?"),
                "Is your address changing?".to_owned(),
                format!(
                    "Somebody who knows your password asked to move your {product} account to another e-mail \
                     address. It moves once the new address is confirmed; until then, nothing changes."
                ),
                new_address(masked).into_iter().chain([when()]).collect(),
                "If this was not you, change your password right away.",
            )
            .with_action(format!("Open {product}")),
            MailMessage::EmailChanged { new_address: masked } => Self::notice(
                format!("The address of your {product} account was changed"),
                "Your address was changed".to_owned(),
                format!("Your {product} account has a new e-mail address. Use it to sign in from now on."),
                new_address(masked).into_iter().chain([when()]).collect(),
                "If you did not expect this, contact the people who run the service without delay.",
            ),
            MailMessage::AddressInUse => Self::notice(
                format!("You already have an account with {product}"),
                "You already have an account".to_owned(),
                "Somebody, perhaps you, tried to use this e-mail address for an account. It belongs to \
                 yours already, so nothing was changed. If you forgot your password, choose \
                 \"Forgot password\" at sign-in."
                    .to_owned(),
                vec![when()],
                "If this was not you, there is nothing to do. Your account is safe.",
            )
            .with_action(format!("Open {product}")),
            MailMessage::SessionTheft { device } => Self::notice(
                format!("We ended a session of your {product} account"),
                "We ended one of your sessions".to_owned(),
                "An old key of this session was used again. Somebody may have copied it, so we signed that \
                 device out. Your other devices stay signed in."
                    .to_owned(),
                device_name(device.as_deref()).into_iter().chain([when()]).collect(),
                "Sign in again if the device is yours. If it is not, change your password right away.",
            )
            .with_action(format!("Open {product}")),
        }
    }

    fn with_code(code: &str, subject: String, heading: &str, opening: String, caution: &'static str) -> Self {
        let minutes = LIFETIME.num_minutes();
        Self {
            code: one_line(code),
            code_note: Some(format!(
                "The code works once, within {minutes} minutes. Do not share it with anybody."
            )),
            ..Self::notice(subject, heading.to_owned(), opening, Vec::new(), caution)
        }
    }

    fn notice(
        subject: String,
        heading: String,
        opening: String,
        facts: Vec<(&'static str, String)>,
        caution: &'static str,
    ) -> Self {
        Self { subject, heading, opening, code: None, code_note: None, facts, caution, action: None }
    }

    fn with_action(self, label: String) -> Self {
        Self { action: Some(label), ..self }
    }
}
