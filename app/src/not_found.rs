//! The "not found" page.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::{Icon, IconName};

/// Says that the page does not exist, with status 404.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::context::set_status(http::StatusCode::NOT_FOUND);

    view! {
        <Title text="Page not found" />
        <div class="ms-blank">
            <Icon name=IconName::Unknown size=40 />
            <h1>"Page not found"</h1>
            <p>"There is nothing at this address. It may have moved, or the link was mistyped."</p>
            <a class="ms-button" href="/" rel="external">
                "Go to home page"
            </a>
        </div>
    }
}
