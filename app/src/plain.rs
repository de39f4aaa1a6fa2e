//! Documents without scripts, for errors outside of the application.

use leptos::prelude::*;
use leptos_meta::HashedStylesheet;

use crate::{
    accounts::Switcher, brand::Brand, context::is_signed_in, hooks::provide_now, notice::provide_notices,
    options::use_options, sessions::provide_list_device_sessions,
};

/// The frame of such a page around its content.
pub fn plain(options: LeptosOptions, title: &str, content: AnyView) -> impl IntoView + use<> {
    let ours = use_options();
    let brand = ours.brand_name();
    let style = ours.stylesheet_address().map(|address| view! { <link rel="stylesheet" href=address /> });
    let title = format!("{title} · {brand}");
    // Signing out is on every page (ASVS 5.0, 7.4.4).
    let switcher = is_signed_in().then(|| {
        provide_now();
        provide_notices();
        provide_list_device_sessions();
        view! { <Switcher /> }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#15171d" media="(prefers-color-scheme: dark)" />
                <meta name="robots" content="noindex" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet options id="leptos" />
                {style}
                // As a text node it would have a hydration marker, which titles show.
                <title inner_html=title></title>
            </head>
            <body class="ms">
                <header class="ms-header">
                    <div class="ms-header__inner">
                        <Brand />
                        {switcher}
                    </div>
                </header>
                <main class="ms-page" id="content">
                    {content}
                </main>
            </body>
        </html>
    }
}
