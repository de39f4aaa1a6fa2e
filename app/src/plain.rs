//! Documents without scripts, for what is told where the application itself has failed.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::HashedStylesheet;

use crate::{
    accounts::SignOut,
    brand::Brand,
    context::is_signed_in,
    options::use_options,
    ui::{Icon, IconName},
};

/// The frame of such a page, around its content.
pub fn plain(options: LeptosOptions, title: &str, content: AnyView) -> impl IntoView + use<> {
    let brand = use_options().brand_name();
    let title = format!("{title} · {brand}");
    // On every page (ASVS 5.0, 7.4.4).
    let sign_out = is_signed_in().then(|| {
        view! {
            <form method="post" action=SignOut::PATH>
                <button class="ms-button">
                    <Icon name=IconName::SignOut size=18 />
                    "Sign out"
                </button>
            </form>
        }
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
                <title>{title}</title>
            </head>
            <body class="ms">
                <header class="ms-header">
                    <div class="ms-header__inner">
                        <Brand />
                        {sign_out}
                    </div>
                </header>
                <main class="ms-page" id="content">
                    {content}
                </main>
            </body>
        </html>
    }
}
