//! Sign-in, sign-up, passwords, and the accounts that one browser holds.

mod actions;
mod avatar;
mod change_password;
mod check_email;
mod choose_device;
mod confirm;
pub(crate) mod entry;
mod forgot_password;
mod held_accounts;
mod mailed;
pub(crate) mod paths;
mod reset_password;
mod sign_in;
mod sign_up;
mod switcher;

#[cfg(feature = "ssr")]
pub use actions::step_up;
pub use actions::{
    ChangePassword, ConfirmStep, Reauthenticate, SignIn, SignOut, SignUp, change_password, confirm_step,
    reauthenticate, sign_in, sign_out, sign_up,
};
pub use change_password::ChangePasswordPage;
pub use choose_device::{ChooseDevice, ChooseDevicePage, choose_device};
pub use confirm::ConfirmPage;
pub use forgot_password::ForgotPasswordPage;
pub use held_accounts::HeldAccounts;
pub use mailed::{
    ForgotPassword, RESET_PASSWORD_FN, ResetPassword, SendAgain, forgot_password, reset_password, send_again,
};
pub use reset_password::ResetPasswordPage;
pub use sign_in::{SIGN_IN_TO_EXPORT, SignInPage};
pub use sign_up::SignUpPage;
pub use switcher::Switcher;

pub(crate) use avatar::Avatar;
pub(crate) use check_email::CheckEmail;
pub(crate) use reset_password::GONE;
