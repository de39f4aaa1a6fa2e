//! What sign-in and sign-up have in common.

use leptos::prelude::*;
use multi_session::Code;

use crate::{
    AppError,
    act::{Act, Outcome},
    address::start,
    hooks::{focus_element, on_change},
    notice::use_refusal,
    ui::{
        Icon, IconName,
        piece::{IntoPiece, Piece},
    },
};

/// The id of the message above the form.
const MESSAGE: &str = "entry-error";

/// The state of one of the two forms.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// What the form does; success leads to the start.
    pub(super) act: Act,
    /// Why the last try was refused.
    pub(super) error: Memo<Option<AppError>>,
}

impl Entry {
    /// Names the message to the field that it is about.
    pub(super) fn error_of(self, field: &'static str) -> Signal<Option<&'static str>> {
        Signal::derive(move || {
            self.error
                .with(|error| error.as_ref().filter(|error| field_of(error) == Some(field)).map(|_| MESSAGE))
        })
    }
}

/// Follows a form: after a refusal the focus goes to the field in question.
pub(super) fn use_entry(path: &'static str) -> Entry {
    let act = Act::new(path, |_| Some(start!("signed-in")));
    let outcome = act.outcome();
    // The first may come from the address, which a form's redirect has written.
    if let Some(error) = use_refusal() {
        outcome.set(Some(Outcome { session_id: String::new(), result: Err(error) }));
    }
    let error = Memo::new(move |_| outcome.get().and_then(|outcome| outcome.result.err()));
    let tries = act.version();
    on_change(
        move || tries.get(),
        move || {
            if let Some(error) = error.get() {
                focus_element(field_of(&error).unwrap_or("email"));
            }
        },
    );
    Entry { act, error }
}

/// The field that the refusal is about.
fn field_of(error: &AppError) -> Option<&'static str> {
    let about = |codes: &[Code]| codes.iter().any(|code| error.is(*code));
    if about(&[Code::InvalidEmail, Code::UserAlreadyExists, Code::InvalidEmailOrPassword]) {
        Some("email")
    } else if about(&[Code::PasswordTooShort, Code::PasswordTooLong]) {
        Some("password")
    } else if about(&[Code::InvalidName]) {
        Some("name")
    } else {
        None
    }
}

/// The refusal, above the form.
#[component]
pub(super) fn Message(
    /// Why the last try was refused.
    error: Memo<Option<AppError>>,
) -> impl IntoView {
    let message = |error: AppError| -> Piece {
        view! {
            <p class="message" role="alert" id=MESSAGE>
                <Icon name=IconName::Alert size=18 />
                <span>{error.message}</span>
            </p>
        }
        .piece()
    };
    (move || error.get().map(message)).piece()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_leads_to_its_field() {
        assert_eq!(field_of(&Code::InvalidEmailOrPassword.into()), Some("email"));
        assert_eq!(field_of(&Code::PasswordTooShort.into()), Some("password"));
        assert_eq!(field_of(&Code::InvalidName.into()), Some("name"));
        assert_eq!(field_of(&Code::ServiceUnavailable.into()), None);
    }
}
