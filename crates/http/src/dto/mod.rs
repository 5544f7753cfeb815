//! The shapes of the contract: what comes in, for the document, and what goes out.

mod audit;
mod requests;
mod responses;

pub(crate) use audit::AuditEventResponse;
pub(crate) use requests::{
    AdminUserUpdate, ChangePasswordRequest, EmailRequest, LoginRequest, ProfileUpdate, RefreshRequest,
    RegisterRequest, ResetPasswordRequest, VerifyEmailRequest,
};
pub(crate) use responses::{
    CleanupResponse, MessageResponse, OtpSentResponse, ProfileResponse, SessionResponse, TokenResponse,
    UserResponse, VerifiedResponse,
};
