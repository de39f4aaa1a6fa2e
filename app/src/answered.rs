//! What a page shows of a server function's answer.

use std::pin::Pin;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    AppError, Json,
    hooks::{keep_focus, on_change},
    sessions::use_list_device_sessions,
    ui::{Erase, Icon, IconName},
};

/// Waits for an answer and shows it. `None` sends the person to where they start. A failure is told at the page's own
/// address, which may be a mailed one, so that they can try again.
pub(crate) fn answered<T, V>(
    answer: Resource<Result<Option<T>, AppError>, Json>,
    view: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let latest = *answer;
    let viewed = move || -> Viewed {
        let view = view.clone();
        Box::pin(async move { Ok(answer.await?.map(|answer| view(answer).into_any())) })
    };
    follow(Box::new(move || latest.track()), Box::new(move || answer.refetch()), Box::new(viewed))
}

/// The view of an answer, once it is there.
type Viewed = Pin<Box<dyn Future<Output = Result<Option<AnyView>, AppError>> + Send>>;

/// The same for answers of any type, since Leptos makes code for each.
fn follow(track: Box<dyn Fn()>, refetch: Box<dyn Fn()>, viewed: Box<dyn Fn() -> Viewed + Send>) -> AnyView {
    let sessions = use_list_device_sessions();
    // What an account is told is not for the next one.
    let acting = Memo::new(move |_| sessions.current().map(|row| row.id));
    Effect::watch(
        move || acting.get(),
        move |acting, before, _| {
            if before.is_some_and(Option::is_some) && acting.is_some() {
                refetch();
            }
        },
        false,
    );
    // The link that was pressed may have gone with the answer before.
    on_change(track, || {
        request_animation_frame(keep_focus);
    });
    view! {
        <Transition>
            {move || {
                let viewed = viewed();
                Suspend::new(async move {
                    match viewed.await {
                        Ok(Some(view)) => view,
                        Ok(None) => {
                            sessions.list.await.ok();
                            let signed_in = sessions.signed_in.get_untracked() != Some(false);
                            view! { <Redirect path=sessions.options.home(signed_in) /> }.erased()
                        }
                        Err(error) => view! { <Unavailable error /> }.erased(),
                    }
                })
            }}
        </Transition>
    }
    .erased()
}

/// Says why a page cannot be made.
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
    .erased()
}
