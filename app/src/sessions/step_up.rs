//! The step-up dialog before other sessions end. The action then continues.

use leptos::prelude::*;
use multi_session::Code;

use crate::{
    accounts::{
        Reauthenticate,
        entry::{About, Message, use_entry},
    },
    hooks::{focus_element, on_answer, on_change},
    sessions::use_list_device_sessions,
    ui::{Dialog, PasswordField, Submit},
};

const ABOUT: About = &[(Code::InvalidPassword, PASSWORD)];
const PASSWORD: &str = "password";

/// The dialog that asks for the password. Without JavaScript it is a page.
#[component]
pub(super) fn StepUp() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let is_asked = Memo::new(move |_| sessions.waiting.with(|waiting| !waiting.is_empty()));
    let close = move || sessions.waiting.set(Vec::new());
    let email = Memo::new(move |_| sessions.email());
    let purpose = move || {
        let step = sessions.waiting.with(|waiting| waiting.first().cloned());
        let label = |id: &str| {
            sessions.rows.with(|rows| {
                rows.iter().find(|row| row.id.as_str() == id).map(|row| row.device.label.clone())
            })
        };
        step.map(|step| step.words(label(step.session_id()).as_deref()).1).unwrap_or_default()
    };
    // The action was for the account that was active then.
    on_change(move || sessions.acting.with(|_| ()), close);
    let action = ServerAction::<Reauthenticate>::new();
    sessions.watch_act(action.pending());
    on_answer(action, move |result| {
        if result.is_ok() && is_asked.get_untracked() {
            sessions.resume();
        } else {
            // If another account is active by now, the list shows it.
            sessions.refetch();
        }
    });

    view! {
        <Dialog
            id="step-up"
            title="Confirm it's you"
            text=Signal::derive(move || {
                ["Enter the password for ", &*email.get(), " to ", &*purpose(), "."].concat()
            })
            open=is_asked
            close
            cancel=sessions.options.devices_path()
            form_first=true
        >
            // Rendered again each time, so that it has no earlier password or error.
            <Show when=move || is_asked.get()>
                <PasswordForm action email />
            </Show>
        </Dialog>
    }
}

#[component]
fn PasswordForm(action: ServerAction<Reauthenticate>, email: Memo<String>) -> impl IntoView {
    let sessions = use_list_device_sessions();
    action.clear();
    let entry = use_entry(action, PASSWORD, ABOUT);
    request_animation_frame(|| {
        focus_element(PASSWORD);
    });
    let acting = move || sessions.current().map(|row| row.id.to_string());

    view! {
        <ActionForm action>
            <Message error=entry.error />
            <input type="hidden" name="acting" value=acting />
            // Password managers need to know the account.
            <input type="text" autocomplete="username" value=email readonly hidden />
            <PasswordField
                name=PASSWORD
                label="Password"
                autocomplete="current-password"
                error=entry.error_of(PASSWORD)
            />
            <Submit class="ms-button ms-button--primary" pending=action.pending()>
                "Continue"
            </Submit>
        </ActionForm>
    }
}
