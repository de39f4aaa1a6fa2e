//! Signing in and up, confirming and changing the password, and the accounts that one browser holds.

mod actions;
mod avatar;
mod change_password;
#[cfg(feature = "ssr")]
mod confirm;
pub(crate) mod entry;
#[cfg(feature = "ssr")]
mod forgot_password;
mod held_accounts;
#[cfg(feature = "ssr")]
mod mailed;
#[cfg(feature = "ssr")]
mod reset_password;
mod sign_in;
mod sign_up;
mod switcher;

pub(crate) use actions::REAUTHENTICATE;
#[cfg(feature = "ssr")]
pub(crate) use actions::SIGN_OUT;
pub use actions::{
    ChangePassword, ConfirmStep, Reauthenticate, SignIn, SignOut, SignUp, change_password, confirm_step,
    reauthenticate, sign_in, sign_out, sign_up,
};
pub use change_password::ChangePasswordPage;
#[cfg(feature = "ssr")]
pub use confirm::{Confirm, Step};
#[cfg(feature = "ssr")]
pub(crate) use entry::{MESSAGE, Message};
pub use sign_in::SignInPage;
pub use sign_up::SignUpPage;
pub use switcher::Switcher;
#[cfg(feature = "ssr")]
pub use {
    forgot_password::{FORGOT_PASSWORD, ForgotPasswordPage},
    mailed::{ForgotPassword, RESET_PASSWORD_FN, ResetPassword, forgot_password, reset_password},
    reset_password::{RESET_PASSWORD, ResetPasswordPage},
};

pub(crate) use avatar::Avatar;
