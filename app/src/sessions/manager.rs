//! The complete list of devices.

use leptos::prelude::*;
use multi_session::{DeviceSession, SessionId};

use crate::{
    Feature,
    sessions::{
        bulk::Bulk,
        device_group::DeviceGroup,
        device_row::DeviceRow,
        entries::{Entry, entries, row_key},
        new_device::NewDevice,
        other_account::OtherAccount,
        recently_signed_out::RecentlySignedOut,
        signed_out::SignedOutRow,
        step_up::StepUp,
        use_list_device_sessions, words,
    },
    ui::{Icon, IconName},
};

/// Every session of the signed-in person, and the other accounts of this browser, with their actions.
///
/// Use it inside of a `Suspense` that awaits the list; see [`use_list_device_sessions()`].
#[component]
pub fn SessionsManager() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let others = move || {
        let user = sessions.current().map(|row| row.user.id);
        let is_other = |row: &&DeviceSession| user.as_ref() != Some(&row.user.id);
        sessions.rows.with(|rows| rows.iter().filter(is_other).cloned().collect::<Vec<_>>())
    };
    let failed = move || sessions.error.with(Option::is_some);
    let known = move || sessions.signed_in.get().is_some();
    let switches = sessions.options.has(Feature::Switcher);

    view! {
        <Show when=move || failed() && known()>
            <Stale />
        </Show>
        <Show when=move || !failed() || known()>
            <Devices />
            <Bulk />
            <RecentlySignedOut />
            <Show when=move || switches && !others().is_empty()>
                <section class="ms-section">
                    <h2 class="ms-section__title" id="others">
                        "Other accounts in this browser"
                    </h2>
                    <ul class="ms-card ms-devices" aria-labelledby="others">
                        <For each=others key=row_key let:row>
                            <OtherAccount row />
                        </For>
                    </ul>
                </section>
            </Show>
            <StepUp />
        </Show>
        <Show when=move || failed() && !known()>
            <Failure />
        </Show>
    }
}

/// The devices, and above them a question about a new one.
///
/// New rows wait while the pointer is over the list, so that nothing moves under it.
#[component]
fn Devices() -> impl IntoView {
    let sessions = use_list_device_sessions();
    // The rows that were in the list when the pointer arrived.
    let held = RwSignal::new(None::<Vec<SessionId>>);
    let shown = Memo::new(move |_| {
        let mut rows = sessions.devices();
        held.with(|held| {
            if let Some(held) = held {
                rows.retain(|row| held.contains(&row.id));
            }
        });
        rows
    });
    let hold = move |event: web_sys::PointerEvent| {
        if event.pointer_type() == "mouse" {
            let gone = sessions.signed_out.get_untracked().into_iter().map(|gone| gone.row.id);
            let shown = shown.get_untracked().into_iter().map(|row| row.id);
            held.set(Some(shown.chain(gone).collect()));
        }
    };
    let waiting = Memo::new(move |_| sessions.devices().len().saturating_sub(shown.with(Vec::len)));
    let entries = Memo::new(move |_| shown.with(|rows| sessions.signed_out.with(|gone| entries(rows, gone))));

    view! {
        <div
            class="ms-arrivals"
            on:pointerenter=hold
            on:pointerleave=move |_| held.set(None)
        >
            <NewDevice rows=shown />
            <section class="ms-section">
                <ul class="ms-card ms-devices" aria-label="Devices">
                    <For each=move || entries.get() key=Entry::key let:entry>
                        {match entry {
                            Entry::Device(row) => view! { <DeviceRow row /> }.into_any(),
                            Entry::Group(rows) => view! { <DeviceGroup rows entries /> }.into_any(),
                            Entry::SignedOut(row) => view! { <SignedOutRow row /> }.into_any(),
                        }}
                    </For>
                </ul>
                <Show when=move || entries.with(Vec::is_empty)>
                    <Empty />
                </Show>
            </section>
            <Show when=move || { waiting.get() > 0 }>
                <button class="ms-button ms-arrivals__show" type="button" on:click=move |_| held.set(None)>
                    {move || words::arrivals(waiting.get())}
                </button>
            </Show>
        </div>
    }
}

/// Shown for an empty list, for a moment before the page is left.
#[component]
fn Empty() -> impl IntoView {
    let sign_in = use_list_device_sessions().options.sign_in_path();
    view! {
        <div class="ms-card ms-blank">
            <Icon name=IconName::Unknown size=32 />
            <h2>"No devices"</h2>
            <p>"You're not signed in anywhere."</p>
            <a class="ms-button" href=sign_in>
                "Go to sign-in"
            </a>
        </div>
    }
}

/// A message above a list that could not be refreshed, with a button to try again.
#[component]
fn Stale() -> impl IntoView {
    let sessions = use_list_device_sessions();
    view! {
        <p class="ms-message" role="alert">
            <Icon name=IconName::Alert size=18 />
            <span class="ms-message__more">
                "This list may be out of date. " {move || sessions.error.get().map(|error| error.message)}
            </span>
            <TryAgain />
        </p>
    }
}

/// A message in place of a list that could not be loaded, with a button to try again.
#[component]
fn Failure() -> impl IntoView {
    let sessions = use_list_device_sessions();
    view! {
        <div class="ms-card ms-blank" role="alert">
            <Icon name=IconName::Alert size=32 />
            <h2>"We can't load your devices"</h2>
            <p>{move || sessions.error.get().map(|error| error.message)}</p>
            <TryAgain />
        </div>
    }
}

/// The button that fetches the list again.
#[component]
fn TryAgain() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let try_again = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        if !sessions.fetching.get_untracked() {
            sessions.refetch();
        }
    };
    view! {
        <a
            class="ms-button"
            href=sessions.options.devices_path()
            aria-busy=move || sessions.fetching.get().then_some("true")
            on:click=try_again
        >
            "Try again"
        </a>
    }
}
