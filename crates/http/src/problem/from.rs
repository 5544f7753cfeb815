//! What each failure of a use case is to the caller: exhaustive, so a new failure finds its place here.

use super::{FieldError, Problem, ProblemKind};
use evently_auth_domain::error::{StoreError, StoreErrorKind};
use evently_auth_domain::fault::Fault;
use evently_auth_domain::ports::HashError;
use evently_auth_domain::usecases::admin::AdminError;
use evently_auth_domain::usecases::{
    AuthenticateError, ChangePasswordError, ForgotPasswordError, LogInError, RateLimited, RefreshError,
    RegisterError, ResendCodeError, ResetPasswordError, RevokeSessionError, UpdateProfileError,
    VerifyEmailError,
};

/// A fault of one member, found by a use case.
fn fault_of(field: &'static str, fault: Fault) -> Problem {
    let Fault { code, message } = fault;
    Problem::validation(vec![FieldError { field: field.into(), code: code.into(), message }])
}

fn invalid_token() -> Problem {
    Problem::new(ProblemKind::InvalidToken, "The token is not valid, or no longer.").token_sent()
}

fn wrong_password() -> Problem {
    Problem::new(ProblemKind::WrongPassword, "Invalid current password")
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let kind = match error.kind {
            StoreErrorKind::Unavailable | StoreErrorKind::Contention => ProblemKind::Unavailable,
            StoreErrorKind::Corrupt => ProblemKind::Internal,
        };
        Self::failure(kind, &error)
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded { retry_after } => {
                tracing::warn!("the password hasher is overloaded");
                let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
                Self::new(ProblemKind::Overloaded, "Too many others wait already. Please try again shortly.")
                    .retry_after(seconds)
            }
            HashError::Failed(error) => error.into(),
        }
    }
}

impl From<RateLimited> for Problem {
    fn from(RateLimited(status): RateLimited) -> Self {
        Self::new(ProblemKind::RateLimited, "Too many requests. Please wait before you try again.")
            .retry_after(status.reset_seconds())
    }
}

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::InvalidToken => invalid_token(),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::RateLimited(limited) => limited.into(),
            RegisterError::Taken => Self::new(
                ProblemKind::AccountExists,
                "Registration failed. Email or username may already exist.",
            ),
            RegisterError::Hash(error) => error.into(),
            RegisterError::Store(error) => error.into(),
        }
    }
}

impl From<VerifyEmailError> for Problem {
    fn from(error: VerifyEmailError) -> Self {
        match error {
            VerifyEmailError::RateLimited(limited) => limited.into(),
            VerifyEmailError::InvalidCode { remaining } => Self::invalid_code(remaining),
            VerifyEmailError::Store(error) => error.into(),
        }
    }
}

impl From<ResendCodeError> for Problem {
    fn from(error: ResendCodeError) -> Self {
        match error {
            ResendCodeError::RateLimited(limited) => limited.into(),
            ResendCodeError::Store(error) => error.into(),
        }
    }
}

impl From<LogInError> for Problem {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::RateLimited(limited) => limited.into(),
            LogInError::InvalidCredentials => {
                Self::new(ProblemKind::InvalidCredentials, "Invalid e-mail address, username or password.")
            }
            LogInError::InvalidOrUnverified => Self::new(
                ProblemKind::InvalidCredentials,
                "Invalid e-mail address, username or password, or the e-mail address is not verified yet.",
            ),
            LogInError::Unverified => Self::new(
                ProblemKind::EmailUnverified,
                "The e-mail address is not verified yet. Please enter the code that was sent to it.",
            ),
            LogInError::Hash(error) => error.into(),
            LogInError::Store(error) => error.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::InvalidToken => invalid_token(),
            RefreshError::Store(error) => error.into(),
        }
    }
}

impl From<ForgotPasswordError> for Problem {
    fn from(error: ForgotPasswordError) -> Self {
        match error {
            ForgotPasswordError::RateLimited(limited) => limited.into(),
            ForgotPasswordError::Store(error) => error.into(),
        }
    }
}

impl From<ResetPasswordError> for Problem {
    fn from(error: ResetPasswordError) -> Self {
        match error {
            ResetPasswordError::RateLimited(limited) => limited.into(),
            ResetPasswordError::InvalidCode { remaining } => Self::invalid_code(remaining),
            ResetPasswordError::WeakPassword(fault) => fault_of("new_password", fault),
            ResetPasswordError::Hash(error) => error.into(),
            ResetPasswordError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateProfileError> for Problem {
    fn from(error: UpdateProfileError) -> Self {
        match error {
            UpdateProfileError::PasswordRequired => fault_of(
                "current_password",
                Fault::new("required", "Another e-mail address needs the current password."),
            ),
            UpdateProfileError::RateLimited(limited) => limited.into(),
            UpdateProfileError::WrongPassword => wrong_password(),
            UpdateProfileError::Taken => {
                Self::new(ProblemKind::AccountExists, "Update failed. The username may already exist.")
            }
            UpdateProfileError::Gone => invalid_token(),
            UpdateProfileError::Hash(error) => error.into(),
            UpdateProfileError::Store(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::RateLimited(limited) => limited.into(),
            ChangePasswordError::WrongPassword => wrong_password(),
            ChangePasswordError::Hash(error) => error.into(),
            ChangePasswordError::Store(error) => error.into(),
        }
    }
}

impl From<RevokeSessionError> for Problem {
    fn from(error: RevokeSessionError) -> Self {
        match error {
            RevokeSessionError::NotFound => Self::new(ProblemKind::NotFound, "Session not found"),
            RevokeSessionError::Store(error) => error.into(),
        }
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Forbidden => Self::new(ProblemKind::Forbidden, "Not enough permissions"),
            AdminError::SelfAction(what) => Self::new(ProblemKind::SelfAction, what),
            AdminError::NotFound => Self::new(ProblemKind::NotFound, "User not found"),
            AdminError::Taken => {
                Self::new(ProblemKind::AccountExists, "Update failed. Email or username may already exist.")
            }
            AdminError::HeldName => Self::new(
                ProblemKind::HeldName,
                "This is a held name, not an account. It can be deleted, and goes by itself when its time is over.",
            ),
            AdminError::LastAdmin => {
                Self::new(ProblemKind::LastAdmin, "This is the last active administrator.")
            }
            AdminError::Store(error) => error.into(),
        }
    }
}
