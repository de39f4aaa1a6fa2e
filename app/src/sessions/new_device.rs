//! The sign-in to think about, above the list.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::{
    hooks::use_now,
    sessions::{rows, use_list_device_sessions, words},
    ui::{
        Icon, IconName,
        piece::{IntoPiece, Piece},
    },
};

/// For a day, the latest sign-in from a browser that was never seen before: where it is, and what to do if it was
/// somebody else.
pub(super) fn new_device() -> Piece {
    let sessions = use_list_device_sessions();
    let now = use_now();
    let latest = move || sessions.rows.with(|rows| words::to_think_about(rows, now.get()).cloned());
    rows(move || latest().into_iter().collect(), banner)
}

fn banner(row: DeviceSession) -> Piece {
    let title = ["New sign-in from ", &*row.device.label].concat();
    let name = title.clone();
    let from = [" · ", &*words::first_address(&row)].concat();
    view! {
        <section class="card news" aria-label=name>
            <Icon name=IconName::Alert size=22 />
            <p>
                <strong>{title}</strong>
                {from}
            </p>
            <a class="button button--danger" href=["/not-me?session_id=", row.id.as_str()].concat()>
                "This wasn't me"
            </a>
        </section>
    }
    .piece()
}
