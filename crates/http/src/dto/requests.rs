//! Request bodies as the OpenAPI document shows them. They are read by [`crate::body::Fields`]; a test keeps both in
//! step.

#![expect(dead_code, reason = "the document is made of these members; their values are read by `Fields`")]

use utoipa::ToSchema;

/// A new account.
#[derive(ToSchema)]
pub(crate) struct RegisterRequest {
    /// Lower-cased; unique.
    #[schema(format = "email", max_length = 254, examples("ada@example.com"))]
    pub(crate) email: String,
    /// Lower-cased; unique.
    #[schema(min_length = 3, max_length = 100, pattern = "^[A-Za-z0-9_-]+$", examples("ada"))]
    pub(crate) username: String,
    /// Blank is null.
    #[schema(max_length = 255, examples("Ada Lovelace"))]
    pub(crate) full_name: Option<String>,
    /// Not a common one, and without address and username in it.
    #[schema(format = "password", min_length = 8, max_length = 128, examples("seventeen purple kites"))]
    pub(crate) password: String,
}

/// An address and the code that was sent to it.
#[derive(ToSchema)]
pub(crate) struct VerifyEmailRequest {
    /// The address to prove.
    #[schema(format = "email", max_length = 254, examples("ada@example.com"))]
    pub(crate) email: String,
    /// Six digits.
    #[schema(min_length = 6, max_length = 6, pattern = "^[0-9]{6}$", examples("042871"))]
    pub(crate) otp: String,
}

/// An address.
#[derive(ToSchema)]
pub(crate) struct EmailRequest {
    /// Where the code goes.
    #[schema(format = "email", max_length = 254, examples("ada@example.com"))]
    pub(crate) email: String,
}

/// A login: exactly one of `email` and `username`.
#[derive(ToSchema)]
pub(crate) struct LoginRequest {
    /// The account's address.
    #[schema(format = "email", max_length = 254, examples("ada@example.com"))]
    pub(crate) email: Option<String>,
    /// The account's username, in place of the address.
    #[schema(min_length = 3, max_length = 100, pattern = "^[A-Za-z0-9_-]+$")]
    pub(crate) username: Option<String>,
    /// As typed.
    #[schema(format = "password", min_length = 1, examples("seventeen purple kites"))]
    pub(crate) password: String,
}

/// A refresh token.
#[derive(ToSchema)]
pub(crate) struct RefreshRequest {
    /// The latest one.
    pub(crate) refresh_token: String,
}

/// A new password, with a code.
#[derive(ToSchema)]
pub(crate) struct ResetPasswordRequest {
    /// The account's address.
    #[schema(format = "email", max_length = 254, examples("ada@example.com"))]
    pub(crate) email: String,
    /// Six digits.
    #[schema(min_length = 6, max_length = 6, pattern = "^[0-9]{6}$", examples("042871"))]
    pub(crate) otp: String,
    /// Not a common one, and without address and username in it.
    #[schema(format = "password", min_length = 8, max_length = 128, examples("seventeen purple kites"))]
    pub(crate) new_password: String,
}

/// A new password, with the current one.
#[derive(ToSchema)]
pub(crate) struct ChangePasswordRequest {
    /// As typed.
    #[schema(format = "password", min_length = 1, examples("seventeen purple kites"))]
    pub(crate) current_password: String,
    /// Not a common one, and without address and username in it.
    #[schema(format = "password", min_length = 8, max_length = 128, examples("eighteen yellow boats"))]
    pub(crate) new_password: String,
}

/// What is to be different in one's own profile; absent members stay.
#[derive(ToSchema)]
pub(crate) struct ProfileUpdate {
    /// Another username.
    #[schema(
        min_length = 3,
        max_length = 100,
        pattern = "^[A-Za-z0-9_-]+$",
        nullable = false,
        examples("ada")
    )]
    pub(crate) username: Option<String>,
    /// Another name; null clears it.
    #[schema(max_length = 255, examples("Ada Lovelace"))]
    pub(crate) full_name: Option<String>,
    /// Another address; it waits as `pending_email` until its code comes back to `/auth/verify-email`.
    #[schema(format = "email", max_length = 254, nullable = false)]
    pub(crate) email: Option<String>,
    /// Needed for another address.
    #[schema(format = "password", min_length = 1, nullable = false)]
    pub(crate) current_password: Option<String>,
}

/// What is to be different in an account; absent members stay.
#[derive(ToSchema)]
pub(crate) struct AdminUserUpdate {
    /// Another address, at once.
    #[schema(format = "email", max_length = 254, nullable = false)]
    pub(crate) email: Option<String>,
    /// Another username.
    #[schema(min_length = 3, max_length = 100, pattern = "^[A-Za-z0-9_-]+$", nullable = false)]
    pub(crate) username: Option<String>,
    /// Another name; null clears it.
    #[schema(max_length = 255, examples("Ada Lovelace"))]
    pub(crate) full_name: Option<String>,
    /// `false` deactivates and ends all sessions.
    #[schema(nullable = false)]
    pub(crate) is_active: Option<bool>,
    /// Whether the address counts as proven.
    #[schema(nullable = false)]
    pub(crate) is_verified: Option<bool>,
    /// Another role.
    #[schema(nullable = false, pattern = "^(user|admin)$", examples("user"))]
    pub(crate) role: Option<String>,
}
