//! What is told above every page of an account.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use multi_session::AccountStatus;

use crate::{
    Feature,
    account_status::use_account_status,
    history::refused_path,
    sessions::use_list_device_sessions,
    ui::{Icon, IconName},
};

/// From how many failed sign-ins on a person is told: anybody mistypes a password.
const WORTH_TELLING: u64 = 3;
/// As many as are counted.
const MOST: u64 = 1_000;

/// Says above a page that the password is locked, until another one is set; and above the devices how often a sign-in has
/// failed of late. Nothing in an application with a login of its own.
#[component]
pub(crate) fn AccountBanner() -> impl IntoView {
    let sessions = use_list_device_sessions();
    sessions.options.has_passwords().then(|| view! { <Told /> })
}

#[component]
fn Told() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let options = sessions.options;
    let status = use_account_status();
    let path = use_location().pathname;
    let locked = move || {
        // These pages say it themselves.
        let is_told = path.with(|path| options.not_me_path().is(path) || options.password_path().is(path));
        (!is_told).then(|| {
            view! {
                <section class="ms-banner" aria-label="Password locked">
                    <Icon name=IconName::Alert size=20 />
                    <p>
                        <strong>"Your password is locked."</strong>
                        " Set a new one with the link we emailed you."
                    </p>
                    <a class="ms-button" href=options.password_path().to_string()>
                        "Set a new password"
                    </a>
                </section>
            }
            .into_any()
        })
    };
    let refused = move |count: u64| {
        let is_shown = options.has(Feature::History) && path.with(|path| path == options.devices_path());
        (is_shown && count >= WORTH_TELLING).then(|| {
            view! {
                <section class="ms-banner" aria-label="Failed sign-ins">
                    <Icon name=IconName::Alert size=20 />
                    <p>{words(count)}</p>
                    <a class="ms-button" href=refused_path(&options)>
                        "See activity"
                    </a>
                </section>
            }
            .into_any()
        })
    };
    let told = move || {
        Suspend::new(async move {
            // What cannot be told now, the page tells itself.
            let status = status.await.ok().flatten();
            status.map(|AccountStatus { is_locked, refused_sign_ins, .. }| {
                view! {
                    {move || is_locked.then(locked)}
                    {move || refused(refused_sign_ins)}
                }
                .into_any()
            })
        })
    };
    view! { <Transition>{told}</Transition> }
}

fn words(count: u64) -> String {
    let more = if count >= MOST { "+" } else { "" };
    format!("{count}{more} failed sign-ins in the last 24 hours.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_that_goes_no_further_may_be_more() {
        assert_eq!(words(70), "70 failed sign-ins in the last 24 hours.");
        assert_eq!(words(1_000), "1000+ failed sign-ins in the last 24 hours.");
    }
}
