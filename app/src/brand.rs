//! The name of our own site.

use leptos::prelude::*;

use crate::{
    options::use_options,
    ui::{Icon, IconName},
};

/// The logo and name of the site, with a link to the start page.
#[component]
pub(crate) fn Brand() -> impl IntoView {
    let options = use_options();
    let logo =
        options.logo_view().unwrap_or_else(|| view! { <Icon name=IconName::Logo size=24 /> }.into_any());
    view! {
        <a class="ms-brand" href="/">
            {logo}
            <span>{options.brand_name()}</span>
        </a>
    }
}
