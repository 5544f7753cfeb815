//! Answers, by whose fault they tell of.

use evently_auth_domain::error::StoreError;
use evently_auth_domain::usecases::admin::AdminError;
use evently_auth_domain::usecases::{
    AuthenticateError, ChangePasswordError, ForgotPasswordError, LogInError, RefreshError, RegisterError,
    ResendCodeError, ResetPasswordError, RevokeSessionError, UpdateProfileError, VerifyEmailError,
};

/// What an answer says of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// It was done.
    Done,
    /// What it brought as a proof is none: 400 or 401.
    Invalid,
    /// Its access token is none: 401.
    Denied,
    /// Something stands against it: 403, 404, 409, 422.
    Refused,
    /// 429.
    Limited,
    /// Something of ours broke: 503.
    Ours,
}

impl Class {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Invalid => "invalid",
            Self::Denied => "not authenticated",
            Self::Refused => "refused",
            Self::Limited => "limited",
            Self::Ours => "a failure of ours",
        }
    }
}

pub(crate) trait Classed {
    fn class(&self) -> Class;
}

impl<T, E: Classed> Classed for Result<T, E> {
    fn class(&self) -> Class {
        self.as_ref().err().map_or(Class::Done, Classed::class)
    }
}

macro_rules! classes {
    ($($error:ident { $($pattern:pat => $class:ident,)+ })+) => {
        $(impl Classed for $error {
            fn class(&self) -> Class {
                use $error::*;
                match self { $($pattern => Class::$class,)+ }
            }
        })+
    };
}

classes! {
    RegisterError { RateLimited(_) => Limited, Taken => Refused, Hash(_) | Store(_) => Ours, }
    VerifyEmailError { RateLimited(_) => Limited, InvalidCode { .. } => Invalid, Store(_) => Ours, }
    ResendCodeError { RateLimited(_) => Limited, Store(_) => Ours, }
    ForgotPasswordError { RateLimited(_) => Limited, Store(_) => Ours, }
    ResetPasswordError {
        RateLimited(_) => Limited, InvalidCode { .. } => Invalid, WeakPassword(_) => Refused, Hash(_) | Store(_) => Ours,
    }
    LogInError {
        RateLimited(_) => Limited, InvalidCredentials | InvalidOrUnverified => Invalid, Unverified => Refused, Hash(_) | Store(_) => Ours,
    }
    RefreshError { InvalidToken => Invalid, Store(_) => Ours, }
    AuthenticateError { InvalidToken => Denied, Store(_) => Ours, }
    ChangePasswordError { RateLimited(_) => Limited, WrongPassword => Invalid, Hash(_) | Store(_) => Ours, }
    UpdateProfileError {
        RateLimited(_) => Limited, WrongPassword => Invalid, PasswordRequired | Taken | Gone => Refused,
        Hash(_) | Store(_) => Ours,
    }
    RevokeSessionError { NotFound => Refused, Store(_) => Ours, }
    AdminError {
        Forbidden | SelfAction(_) | NotFound | Taken | HeldName | LastAdmin => Refused, Store(_) => Ours,
    }
}

impl Classed for StoreError {
    fn class(&self) -> Class {
        Class::Ours
    }
}

/// Why a request with an access token was not done.
pub(crate) enum Guarded<E> {
    /// The token admits nobody, or that could not be found out.
    Token(AuthenticateError),
    /// The use case said so.
    UseCase(E),
}

impl<E: Classed> Classed for Guarded<E> {
    fn class(&self) -> Class {
        match self {
            Self::Token(error) => error.class(),
            Self::UseCase(error) => error.class(),
        }
    }
}
