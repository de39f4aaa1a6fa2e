//! The page of a person's devices.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::sessions::{SessionsManager, skeleton::Skeleton, use_list_device_sessions};

/// `/sessions`: says whose devices these are, and manages them.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let email = move || sessions.current().map(|row| row.user.email);
    let lead = move || {
        let email = email()?;
        Some(view! { "Everywhere " <strong>{email}</strong> " is signed in. " })
    };

    view! {
        <Title text="Your devices" />
        <div class="page__head">
            <h1>"Your devices"</h1>
            <p class="page__lead">
                <Suspense>
                    {Suspend::new(async move {
                        sessions.list.await.ok();
                        lead
                    })}
                </Suspense> "If you do not recognise a device, revoke it."
            </p>
        </div>
        <Transition fallback=Skeleton>
            {Suspend::new(async move {
                sessions.list.await.ok();
                view! { <SessionsManager /> }
            })}
        </Transition>
    }
    .into_any()
}
