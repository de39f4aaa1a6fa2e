//! Signing in and up, changing the password, and the accounts that one browser holds.

mod actions;
mod avatar;
mod change_password;
mod entry;
mod held_accounts;
mod sign_in;
mod sign_up;
mod switcher;

pub use actions::{ChangePassword, SignIn, SignOut, SignUp, change_password, sign_in, sign_out, sign_up};
pub use change_password::ChangePasswordPage;
pub use sign_in::SignInPage;
pub use sign_up::SignUpPage;
pub use switcher::Switcher;

pub(crate) use avatar::Avatar;
