//! The page that names a device.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    components::Redirect,
    hooks::{use_navigate, use_query_map},
};
use multi_session::{Code, DeviceSession};

use crate::{
    accounts::entry::{About, Message, use_entry},
    answered::Unavailable,
    hooks::on_answer,
    notice::{form_action, use_notices},
    sessions::{Loaded, Rename, use_list_device_sessions},
    ui::Submit,
};

const ABOUT: About = &[(Code::InvalidName, "name")];

/// Asks for the name of the device that the address names.
#[component]
pub fn RenamePage() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let query = use_query_map();
    let row = move || {
        sessions.acting.with(|_| ());
        let id = query.read_untracked().get("session_id")?;
        sessions.rows.with_untracked(|rows| rows.iter().find(|row| row.id.as_str() == id).cloned())
    };
    view! {
        <Title text="Rename device" />
        <Loaded>
            {move || match (row(), sessions.error.get_untracked()) {
                (Some(row), _) => view! { <RenameForm row /> }.into_any(),
                (None, Some(error)) => view! { <Unavailable error /> }.into_any(),
                (None, None) => view! { <Redirect path=sessions.options.devices_path() /> }.into_any(),
            }}
        </Loaded>
    }
}

#[component]
fn RenameForm(row: DeviceSession) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let devices = sessions.options.devices_path();
    let action = form_action::<Rename>();
    sessions.watch_act(action.pending());
    let entry = use_entry(action, "name", ABOUT);
    let (notices, navigate) = (use_notices(), use_navigate());
    on_answer(action, move |result| {
        if result.is_ok() {
            notices.succeeded("Device renamed.".to_owned());
            sessions.refetch();
            navigate(devices, Default::default());
        }
    });
    let described = entry.error_of("name");
    // A browser without a user agent is an unknown device.
    let usual = Some(row.device.description()).filter(|usual| !usual.is_empty());
    let usual = usual.unwrap_or_else(|| "Unknown device".to_owned());
    view! {
        <div class="ms-entry">
            <div class="ms-entry__head">
                <h1>"Rename device"</h1>
                <p class="ms-entry__lead">
                    "Choose a name you'll recognize. Leave it empty to use “" <bdi>{usual}</bdi> "”."
                </p>
            </div>
            <div class="ms-card ms-entry__card">
                <ActionForm action>
                    <Message error=entry.error />
                    <input type="hidden" name="session_id" value=row.id.to_string() />
                    <div class="ms-field">
                        <label class="ms-field__label" for="name">
                            "Name"
                        </label>
                        <div class="ms-field__box">
                            <input
                                id="name"
                                name="name"
                                maxlength="100"
                                autocomplete="off"
                                autofocus
                                value=row.name
                                aria-invalid=move || described.get().map(|_| "true")
                                aria-describedby=described
                            />
                        </div>
                    </div>
                    <Submit class="ms-button ms-button--primary ms-button--wide" pending=action.pending()>
                        "Save"
                    </Submit>
                </ActionForm>
            </div>
            <p class="ms-entry__foot">
                <a href=devices>"Cancel"</a>
            </p>
        </div>
    }
}
