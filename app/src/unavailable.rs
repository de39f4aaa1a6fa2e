//! The page in place of one that cannot be made now.

use leptos::prelude::*;
use multi_session::Error;

use crate::{
    context::fail,
    plain::plain,
    ui::{Icon, IconName},
};

/// Says why a page cannot be made, with the reason's status. It stands at the page's own address, which may be a mailed
/// one, so that the person can ask for it again.
#[derive(Clone, Debug)]
pub struct UnavailablePage(pub Error);

impl UnavailablePage {
    /// The page.
    pub fn page(self, options: LeptosOptions) -> impl IntoView + use<> {
        let Self(error) = self;
        let error = fail(error);
        let content = view! {
            <div class="blank">
                <Icon name=IconName::Alert size=40 />
                <h1>"This page could not be loaded"</h1>
                <p>{error.message}</p>
                // An address that is empty is the page's own.
                <a class="button" href="">
                    "Try again"
                </a>
            </div>
        };
        plain(options, "Not available", content.into_any())
    }
}
