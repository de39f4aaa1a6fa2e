//! Common parts of the forms with a password: sign-in, sign-up, password change, and step-up.

use leptos::{prelude::*, server_fn::ServerFn};
use multi_session::{Code, Keep};

use crate::{
    AppError,
    hooks::{focus_element, on_answer},
    notice::form_error_of,
    ui::{Icon, IconName},
};

/// The id of the message above the form.
const MESSAGE: &str = "entry-error";

/// The field that each error is about.
pub(crate) type About = &'static [(Code, &'static str)];

/// The error of the last attempt, and the fields of the form.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// The error.
    pub(crate) error: Signal<Option<AppError>>,
    /// The first field.
    first: &'static str,
    about: About,
}

impl Entry {
    /// The id of the message, for the field that the error is about.
    pub(crate) fn error_of(self, field: &'static str) -> Signal<Option<&'static str>> {
        Signal::derive(move || self.error.with(|error| (self.field(error) == Some(field)).then_some(MESSAGE)))
    }

    /// Whether a field has the focus when the page opens: the one that the error is about, or else the first.
    pub(crate) fn begins_with(self, field: &'static str) -> bool {
        self.error.with_untracked(|error| self.field(error)).unwrap_or(self.first) == field
    }

    fn field(self, error: &Option<AppError>) -> Option<&'static str> {
        let error = error.as_ref()?;
        self.about.iter().find(|(code, _)| error.is(*code)).map(|(_, field)| *field)
    }
}

/// Watches a form. After an error the focus moves to the field that it is about, or else to `first`.
pub(crate) fn use_entry<S>(action: ServerAction<S>, first: &'static str, about: About) -> Entry
where
    S: ServerFn<Error = AppError> + Send + Sync + Clone + 'static,
    S::Output: Send + Sync + Clone + 'static,
{
    let value = action.value();
    let error = Memo::new(move |_| value.with(|value| value.as_ref()?.as_ref().err().cloned()));
    let entry = Entry { error: error.into(), first, about };
    on_answer(action, move |result| {
        if let Err(error) = result {
            focus_element(entry.field(&Some(error)).unwrap_or(first));
        }
    });
    entry
}

/// The same for a form that the browser itself submits. Its errors come only in the address.
pub(crate) fn posted_entry<S: ServerFn>(first: &'static str, about: About) -> Entry {
    Entry { error: Signal::stored(form_error_of::<S>()), first, about }
}

/// The choice how long the browser keeps the sign-in.
#[component]
pub(super) fn KeepChoice() -> impl IntoView {
    let choice = |keep: Keep, checked: bool, text: &'static str, hint: Option<&'static str>| {
        let value = serde_json::to_value(keep).ok().and_then(|value| value.as_str().map(str::to_owned));
        view! {
            <label class="ms-check ms-check--tall">
                <input type="radio" name="keep" value=value checked=checked />
                <span>{text} {hint.map(|hint| view! { <span class="ms-check__hint">{hint}</span> }.into_any())}</span>
            </label>
        }
        .into_any()
    };
    view! {
        <fieldset class="ms-choice">
            <legend class="ms-visually-hidden">"On this device"</legend>
            {choice(Keep::Remembered, true, "Stay signed in", None)}
            {choice(Keep::Window, false, "Until I close the browser", None)}
            {choice(
                Keep::SharedComputer,
                false,
                "This is a shared computer",
                Some("Also signs you out after 30 minutes without activity."),
            )}
        </fieldset>
    }
}

/// The error message above the form.
#[component]
pub(crate) fn Message(
    /// The error of the last attempt.
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
