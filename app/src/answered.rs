//! What a page shows of a server function's answer.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    AppError,
    hooks::{keep_focus, on_change},
    sessions::use_list_device_sessions,
    ui::{Icon, IconName},
};

/// Waits for an answer and shows it. `None` sends the person to where they start. A failure shows at the page's own
/// address, so that they can try again.
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
    // The link that was pressed may have gone with the answer before.
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

/// Says why a page could not be loaded.
#[component]
pub(crate) fn Unavailable(error: AppError) -> impl IntoView {
    view! {
        <Title text="Not available" />
        <div class="ms-blank">
            <Icon name=IconName::Alert size=40 />
            <h1>"This page could not be loaded"</h1>
            <p>{error.message}</p>
            // An address that is empty is the page's own.
            <a class="ms-button" href="" rel="external">
                "Try again"
            </a>
        </div>
    }
}
