//! Shows notices.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use multi_session::UNDO_WINDOW;

use crate::{
    hooks::{focus_element, forget_query, keep_focus},
    notice::{Notice, Tone, use_notices},
    options::use_options,
    sessions::{Expiring, use_list_device_sessions},
    ui::{Icon, IconName, Submit},
};

/// How long a success stays visible.
const STAY: Duration = Duration::from_secs(6);

/// The query parameters that become a notice.
const TELLING: &[&str] = &["done", "undo", "ended", "__err", "__path"];

/// Shows notices in one place. Successes disappear after six seconds unless somebody is reading them. It also
/// warns before a session expires.
///
/// Put it into the application's frame once.
#[component]
pub fn Toaster() -> impl IntoView {
    let notice = use_notices().shown();
    let undo_revoke = use_list_device_sessions().undo_revoke;
    let reading = RwSignal::new(false);

    let (path, options, forget) = (use_location().pathname, use_options(), forget_query(TELLING));
    let hide = move || {
        let is_asked = notice.with_untracked(|notice| notice.as_ref().is_some_and(|notice| notice.is_asked));
        notice.set(None);
        reading.set(false);
        // That page shows the result itself.
        if is_asked && !options.not_me_path().is(&path.read_untracked()) {
            forget();
        }
    };
    let after = {
        let hide = hide.clone();
        move |time| {
            if let Ok(timeout) = set_timeout_with_handle(hide.clone(), time) {
                on_cleanup(move || timeout.clear());
            }
        }
    };
    Effect::new(move |_| {
        // Another notice starts without pointer and focus, which may have been on the previous one and
        // disappeared with it.
        notice.track();
        if reading.get_untracked() {
            reading.set(false);
            request_animation_frame(keep_focus);
        }
    });
    Effect::new(move |_| {
        // A notice with "Undo" disappears when the time is over, even if somebody is reading it.
        match notice
            .with(|notice| notice.as_ref().map(|notice| (notice.tone != Tone::Bad, notice.undo.is_none())))
        {
            Some((true, true)) if !reading.get() => after(STAY),
            Some((_, false)) => after(UNDO_WINDOW),
            _ => {}
        }
    });

    let dismiss = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        hide();
        focus_element("content");
    };
    let toast = move |notice: Notice| {
        let (class, icon) = match notice.tone {
            Tone::Done => ("ms-toast", IconName::Check),
            Tone::News => ("ms-toast ms-toast--news", IconName::Alert),
            Tone::Bad => ("ms-toast ms-toast--bad", IconName::Alert),
        };
        let undo = notice.undo.map(|id| {
            view! {
                <ActionForm action=undo_revoke>
                    <input type="hidden" name="session_id" value=id.to_string() />
                    <Submit class="ms-toast__act" pending=undo_revoke.pending() autofocus=true>
                        "Undo"
                    </Submit>
                </ActionForm>
            }
        });
        // `//host` would name another host.
        let here = path.get_untracked();
        let here = if here.starts_with("//") { "/".to_owned() } else { here };
        view! {
            <div
                class=class
                on:mouseenter=move |_| reading.set(true)
                on:mouseleave=move |_| reading.set(false)
                on:focusin=move |_| reading.set(true)
                on:focusout=move |_| reading.set(false)
            >
                <Icon name=icon />
                <p class="ms-toast__text">{notice.text}</p>
                {undo}
                <a class="ms-toast__close" href=here aria-label="Dismiss" on:click=dismiss.clone()>
                    <Icon name=IconName::Cross size=18 />
                </a>
            </div>
        }
        .into_any()
    };
    let bad_toast = toast.clone();

    view! {
        <div class="ms ms-toaster">
            <Expiring />
            <div role="status">{move || notice.get().filter(|notice| notice.tone != Tone::Bad).map(toast.clone())}</div>
            {move || {
                notice
                    .get()
                    .filter(|notice| notice.tone == Tone::Bad)
                    .map(|notice| view! { <div role="alert">{bad_toast(notice)}</div> }.into_any())
            }}
        </div>
    }
}
