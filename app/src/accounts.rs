//! Signing in and up, and the accounts that one browser holds.

mod actions;
mod avatar;
mod entry;
mod held_accounts;
mod sign_in;
mod sign_up;
mod switcher;

pub use actions::{SignIn, SignOut, SignUp, sign_in, sign_out, sign_up};
pub use sign_in::SignInPage;
pub use sign_up::SignUpPage;
pub use switcher::Switcher;

pub(crate) use avatar::Avatar;
