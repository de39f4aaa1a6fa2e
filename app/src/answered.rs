//! Shows the answer of a server function.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::Redirect, hooks::use_location};
use multi_session::Code;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    AppError,
    hooks::{keep_focus, on_change},
    options::use_options,
    sessions::use_list_device_sessions,
    ui::{Icon, IconName},
};

/// Waits for an answer and shows it. `None` redirects the person to their start page. A failure is shown at
/// the page's own address, so that they can try again.
pub(crate) fn answered<T, V>(
    answer: Resource<Result<Option<T>, AppError>>,
    view: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let sessions = use_list_device_sessions();
    Effect::watch(
        move || sessions.acting.get(),
        move |acting, before, _| {
            if before.is_some_and(Option::is_some) && acting.is_some() {
                answer.refetch();
            }
        },
        false,
    );
    // The link that was pressed may have disappeared with the previous answer.
    on_change(
        move || answer.track(),
        || {
            request_animation_frame(keep_focus);
        },
    );
    let shown = move || {
        let view = view.clone();
        Suspend::new(async move {
            match answer.await {
                Ok(Some(answer)) => view(answer).into_any(),
                Ok(None) => {
                    sessions.list.await.ok();
                    let signed_in = sessions.signed_in.get_untracked() != Some(false);
                    view! { <Redirect path=sessions.options.home(signed_in) /> }.into_any()
                }
                Err(error) => view! { <Unavailable error /> }.into_any(),
            }
        })
    };
    view! { <Transition>{shown}</Transition> }
}

/// Says why a page could not be loaded, and tries again.
#[component]
pub(crate) fn Unavailable(error: AppError) -> impl IntoView {
    let options = use_options();
    // These pages are only for signed-in people.
    let is_signed_in = use_location().pathname.with_untracked(|path| options.needs_sign_in(path));
    let text = if is_signed_in && error.is(Code::ServiceUnavailable) {
        "You're still signed in. Please try again.".to_owned()
    } else {
        error.message
    };
    let trying = RwSignal::new(false);
    view! {
        <Title text=UNAVAILABLE />
        <div class="ms-blank">
            <Icon name=IconName::Alert size=40 />
            <h1>{UNAVAILABLE}</h1>
            <p>{text}</p>
            // An empty address is that of the page itself.
            <a
                class="ms-button"
                href=""
                rel="external"
                aria-busy=move || trying.get().then_some("true")
                on:click=move |_| trying.set(true)
            >
                "Try again"
            </a>
        </div>
    }
}

/// The title of a page whose data is unavailable.
pub const UNAVAILABLE: &str = "We can't load your data right now";
