//! What the forms with a password have in common: sign-in, sign-up, change of password, proof of who one is.

use leptos::{prelude::*, server_fn::ServerFn};
use multi_session::Code;

use crate::{
    AppError,
    hooks::{focus_element, on_answer},
    notice::form_error_of,
    ui::{Icon, IconName},
};

/// The id of the message above the form.
const MESSAGE: &str = "entry-error";

/// Which field each refusal is about.
pub(crate) type About = &'static [(Code, &'static str)];

/// Why the last try of one of the forms was refused.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// The refusal.
    pub(crate) error: Signal<Option<AppError>>,
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
pub(crate) fn use_entry<S>(action: ServerAction<S>, first: &'static str, about: About) -> Entry
where
    S: ServerFn<Error = AppError> + Send + Sync + Clone + 'static,
    S::Output: Send + Sync + Clone + 'static,
{
    let value = action.value();
    let error = Memo::new(move |_| value.with(|value| value.as_ref()?.as_ref().err().cloned()));
    let entry = Entry { error: error.into(), about };
    on_answer(action, move |result| {
        if let Err(error) = result {
            focus_element(entry.field(&Some(error)).unwrap_or(first));
        }
    });
    entry
}

/// The same of a form that the browser posts itself: only the address tells of a refusal.
pub(crate) fn posted_entry<S: ServerFn>(about: About) -> Entry {
    Entry { error: Signal::stored(form_error_of::<S>()), about }
}

/// The choice for a computer that others use too; there nothing is kept, whatever else is chosen.
#[component]
pub(super) fn SharedComputer() -> impl IntoView {
    view! {
        <label class="ms-check ms-check--tall">
            <input type="checkbox" name="shared_computer" value="true" />
            <span>
                "This is a shared computer"
                <span class="ms-check__hint">
                    "Signs you out when the browser closes, or after 30 minutes without activity."
                </span>
            </span>
        </label>
    }
}

/// The refusal, above the form.
#[component]
pub(crate) fn Message(
    /// Why the last try was refused.
    error: Signal<Option<AppError>>,
) -> impl IntoView {
    let message = |error: AppError| {
        view! {
            <p class="ms-message" role="alert" id=MESSAGE>
                <Icon name=IconName::Alert size=18 />
                <span>{error.message}</span>
            </p>
        }
        .into_any()
    };
    view! { {move || error.get().map(message)} }
}
