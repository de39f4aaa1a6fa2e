//! The accounts of this browser, in the header.

use leptos::{ev, html, prelude::*};
use multi_session::DeviceSession;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};

use crate::{
    accounts::{Avatar, actions::SIGN_OUT},
    act::{Act, ActForm, Outcome, SessionForm},
    address::start,
    hooks::{effect, on_change},
    notice::use_notices,
    sessions::{Loaded, rows, use_list_device_sessions},
    ui::{
        Icon, IconName, Submit,
        piece::{IntoPiece, when},
    },
};

/// Shows who is signed in; its menu switches to another account of this browser, adds one, and signs out.
///
/// Nothing while nobody is signed in.
#[component]
pub fn Switcher() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let sign_out = Act::new(SIGN_OUT, |_, _| Some(start!("signed-out")));
    let notices = use_notices();
    effect(move || {
        if let Some(Outcome { result: Err(error), .. }) = sign_out.outcome().get() {
            notices.failed(&error);
            sessions.refetch();
        }
    });
    let menu = move || view! { <Menu sign_out /> }.piece();

    view! {
        <Loaded content=Box::new(move || when(move || sessions.signed_in.get() == Some(true), menu)) />
    }
    .piece()
}

/// The menu: a `<details>`, so that it opens without JavaScript.
#[component]
fn Menu(sign_out: Act) -> impl IntoView {
    let sessions = use_list_device_sessions();
    let node = NodeRef::<html::Details>::new();
    close_like_a_menu(node);
    on_change(move || sessions.set_active.version().get(), move || close(node));
    let name = Memo::new(move |_| sessions.current().map(|row| row.user.name).unwrap_or_default());
    let avatar = move || view! { <Avatar name=name.get() /> }.piece();
    let leave = view! {
        <Submit class="switcher__item" pending=sign_out.pending()>
            <Icon name=IconName::SignOut size=18 />
            "Sign out"
        </Submit>
    }
    .piece();

    view! {
        <details class="switcher" node_ref=node>
            <summary>
                <span class="visually-hidden">"Account: "</span>
                {avatar}
                <span class="switcher__name">{name}</span>
                <Icon name=IconName::ChevronDown size=16 />
            </summary>
            <div class="switcher__menu">
                <ul aria-label="Accounts">
                    {rows(move || sessions.held(), |row| view! { <Account row /> }.piece())}
                </ul>
                <hr class="switcher__rule" />
                <a class="switcher__item" href="/sign-in?add=1" on:click=move |_| close(node)>
                    <Icon name=IconName::Plus size=18 />
                    "Add another account"
                </a>
                <a class="switcher__item" href="/change-password" on:click=move |_| close(node)>
                    <Icon name=IconName::Key size=18 />
                    "Change password"
                </a>
                <ActForm act=sign_out fields=leave />
            </div>
        </details>
    }
    .piece()
}

/// One account of the menu: the active one is named, another one is a button.
#[component]
fn Account(row: DeviceSession) -> impl IntoView {
    let set_active = use_list_device_sessions().set_active;
    if row.is_current {
        return view! {
            <li>
                <div class="account account--active">
                    <Avatar name=row.user.name.clone() />
                    <span class="account__who">
                        <span class="account__name">{row.user.name}</span>
                        <span class="account__email">{row.user.email}</span>
                    </span>
                    <span class="visually-hidden">"active"</span>
                    <Icon name=IconName::Check size=18 />
                </div>
            </li>
        }
        .piece();
    }
    let id = row.id.to_string();
    let email_id = format!("account-{id}");
    let button = view! {
        <Avatar name=row.user.name.clone() />
        <span class="account__who">
            <span class="account__name">
                <span class="visually-hidden">"Switch to "</span>
                {row.user.name}
            </span>
            <span class="account__email" aria-hidden="true" id=email_id.clone()>
                {row.user.email}
            </span>
        </span>
    }
    .piece();

    view! {
        <li>
            <SessionForm
                act=set_active
                session_id=id
                class="account"
                pending=set_active.pending()
                label=String::new()
                described_by=email_id
                text=button
            />
        </li>
    }
    .piece()
}

fn close(node: NodeRef<html::Details>) {
    if let Some(details) = node.get_untracked() {
        details.set_open(false);
    }
}

/// Closes the menu on Escape, on a press outside, and when the focus leaves it.
fn close_like_a_menu(node: NodeRef<html::Details>) {
    let is_inside = move |target: Option<web_sys::EventTarget>| {
        let target = target.and_then(|target| target.dyn_into::<Node>().ok());
        node.get_untracked().is_some_and(|details| details.contains(target.as_ref()))
    };
    let is_open = move || node.get_untracked().is_some_and(|details| details.open());

    effect(move || {
        let pressed = window_event_listener(ev::pointerdown, move |event| {
            if is_open() && !is_inside(event.target()) {
                close(node);
            }
        });
        let moved = window_event_listener(ev::focusin, move |event| {
            if is_open() && !is_inside(event.target()) {
                close(node);
            }
        });
        let keyed = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape" && is_open() {
                close(node);
                let summary = node
                    .get_untracked()
                    .and_then(|details| details.query_selector("summary").ok().flatten())
                    .and_then(|summary| summary.dyn_into::<HtmlElement>().ok());
                if let Some(summary) = summary {
                    // Focus fails only for elements that cannot have it.
                    let _ = summary.focus();
                }
            }
        });
        on_cleanup(move || {
            pressed.remove();
            moved.remove();
            keyed.remove();
        });
    });
}
