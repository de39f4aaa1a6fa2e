//! Warnings above every page of an account.

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

/// How many failed sign-ins are needed for a warning. Anybody mistypes a password.
const MIN_FAILURES: u64 = 3;
/// The count stops here.
const MOST: u64 = 1_000;

/// Warns above pages that the password is locked until a new one is set, and above the devices that sign-ins
/// have failed recently. Shows nothing in an application with its own login.
#[component]
pub(crate) fn AccountBanner() -> impl IntoView {
    let sessions = use_list_device_sessions();
    sessions.options.has_passwords().then(|| view! { <AccountWarnings /> })
}

#[component]
fn AccountWarnings() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let options = sessions.options;
    let status = use_account_status();
    let path = use_location().pathname;
    let locked = move || {
        // These pages explain it themselves.
        let is_explained =
            path.with(|path| options.not_me_path().is(path) || options.password_path().is(path));
        (!is_explained).then(|| {
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
        (is_shown && count >= MIN_FAILURES).then(|| {
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
    let warnings = move || {
        Suspend::new(async move {
            // If the status is unavailable, the page reports the error itself.
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
    view! { <Transition>{warnings}</Transition> }
}

fn words(count: u64) -> String {
    let more = if count >= MOST { "+" } else { "" };
    format!("{count}{more} failed sign-ins in the last 24 hours.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capped_count_is_shown_with_a_plus() {
        assert_eq!(words(70), "70 failed sign-ins in the last 24 hours.");
        assert_eq!(words(1_000), "1000+ failed sign-ins in the last 24 hours.");
    }
}
