//! What sign-in and sign-up have in common.

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};
use multi_session::Code;

use crate::{
    AppError,
    guard::is_adding,
    hooks::{focus_element, on_change},
    notice::trusted,
    sessions::use_list_device_sessions,
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
    /// Why the last try was refused.
    pub(super) error: Memo<Option<AppError>>,
    /// Whether a try is under way, up to the arrival at the next page.
    pub(super) pending: Signal<bool>,
    /// Whether an account is added to those the browser holds.
    pub(super) adding: Memo<bool>,
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

/// Follows a form: after a refusal the focus goes to the field in question, after success the person arrives.
pub(super) fn use_entry<S>(action: ServerAction<S>) -> Entry
where
    S: leptos::server_fn::ServerFn<Output = (), Error = AppError> + Clone + Send + Sync + 'static,
{
    let sessions = use_list_device_sessions();
    let adding = Memo::new({
        let query = use_query_map();
        move |_| query.with(is_adding)
    });
    // The first value may come from the address, which a form's redirect has written.
    let value = action.value();
    let tries = action.version();
    let error = Memo::new(move |_| {
        let error = value.with(|value| value.as_ref().and_then(|value| value.as_ref().err().cloned()))?;
        Some(if tries.get() == 0 { trusted(error) } else { error })
    });
    let in_flight = action.pending();
    let pending =
        Signal::derive(move || in_flight.get() || value.with(|value| matches!(value, Some(Ok(())))));

    let navigate = use_navigate();
    on_change(
        move || tries.get(),
        move || match error.get() {
            Some(error) => {
                focus_element(field_of(&error).unwrap_or("email"));
            }
            None => {
                sessions.refetch();
                // Who was signed in already is not sent on by the rule of who belongs where.
                if adding.get() {
                    navigate("/sessions", Default::default());
                }
            }
        },
    );
    Entry { error, pending, adding }
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
