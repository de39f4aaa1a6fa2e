//! What the forms with a password have in common: sign-in, sign-up, change of password, proof of who one is.

use leptos::prelude::*;
use multi_session::Code;

use crate::{
    AppError,
    act::{Act, Outcome},
    hooks::{focus_element, on_change},
    notice::use_refusal,
    ui::{
        Icon, IconName,
        piece::{IntoPiece, Piece},
    },
};

/// The id of the message above the form.
pub(crate) const MESSAGE: &str = "entry-error";

/// Which field each refusal is about.
pub(crate) type About = &'static [(Code, &'static str)];

/// The state of one of the forms.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// What the form does; success leads away from it.
    pub(crate) act: Act,
    /// Why the last try was refused.
    pub(crate) error: Memo<Option<AppError>>,
    about: About,
}

impl Entry {
    /// Names the message to the field that it is about.
    pub(crate) fn error_of(self, field: &'static str) -> Signal<Option<&'static str>> {
        Signal::derive(move || self.error.with(|error| (self.field(error) == Some(field)).then_some(MESSAGE)))
    }

    fn field(self, error: &Option<AppError>) -> Option<&'static str> {
        let error = error.as_ref()?;
        self.about.iter().find(|(code, _)| error.is(*code)).map(|(_, field)| *field)
    }
}

/// Follows a form: after a refusal the focus goes to the field in question, or else to the `first`.
pub(crate) fn use_entry(act: Act, first: &'static str, about: About) -> Entry {
    let outcome = act.outcome();
    // The first may come from the address, which a form's redirect has written.
    if let Some(error) = use_refusal() {
        outcome.set(Some(Outcome { session_id: String::new(), result: Err(error) }));
    }
    let error = Memo::new(move |_| outcome.get().and_then(|outcome| outcome.result.err()));
    let entry = Entry { act, error, about };
    let tries = act.version();
    on_change(
        move || tries.get(),
        move || {
            error.with(|error| {
                if error.is_some() {
                    focus_element(entry.field(error).unwrap_or(first));
                }
            });
        },
    );
    entry
}

/// The choice for a computer that others use too; there nothing is kept, whatever else is chosen.
#[component]
pub(super) fn SharedComputer() -> impl IntoView {
    view! {
        <label class="check check--tall">
            <input type="checkbox" name="shared_computer" value="true" />
            <span>
                "This is a shared computer"
                <span class="check__hint">
                    "Signs you out when the browser closes, or after 30 minutes without activity."
                </span>
            </span>
        </label>
    }
    .piece()
}

/// The refusal, above the form.
#[component]
pub(crate) fn Message(
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
