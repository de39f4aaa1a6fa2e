//! The question for the password before other sessions end: what it was asked for then goes on by itself.

use leptos::prelude::*;
use multi_session::Code;

use crate::{
    accounts::{
        REAUTHENTICATE,
        entry::{About, Message, use_entry},
    },
    act::{Act, ActForm, is_acting},
    address::{Question, use_address},
    hooks::{effect, focus_element, on_change},
    sessions::use_list_device_sessions,
    ui::{
        Dialog, PasswordField, Submit,
        piece::{IntoPiece, when},
    },
};

const ABOUT: About = &[(Code::InvalidPassword, PASSWORD)];
const PASSWORD: &str = "password";

/// The dialog in which a person proves once more who they are. Without JavaScript it is a page.
#[component]
pub(super) fn StepUp() -> impl IntoView {
    let sessions = use_list_device_sessions();
    let address = use_address();
    let asked = address.question;
    let is_asked = move || asked.get() == Some(Question::StepUp);
    let act = Act::new(REAUTHENTICATE, move |_, _| {
        // Who has closed the question meanwhile has thought better of it.
        if is_asked() {
            asked.set(None);
            Act::go_on(address);
        }
        None
    });
    let entry = use_entry(act, PASSWORD, ABOUT);
    let email = Memo::new(move |_| sessions.email());
    let acting = Memo::new(move |_| sessions.current().map(|row| row.id.to_string()).unwrap_or_default());
    // What was asked for was asked for as this account.
    let mut acts_as = String::new();
    effect(move || {
        let before = std::mem::replace(&mut acts_as, acting.get());
        if acts_as != before && untrack(is_asked) {
            asked.set(None);
        }
    });
    // Whoever is not the one who was asked any more finds out by the list. What goes on asks for it itself, and would
    // cross with an answer from before its end.
    on_change(
        move || act.version().get(),
        move || {
            if !is_acting() {
                sessions.refetch();
            }
        },
    );
    // Made anew each time, so that no password and no refusal of the last time is in it.
    let form = move || {
        act.outcome().set(None);
        request_animation_frame(|| {
            focus_element(PASSWORD);
        });
        let fields = view! {
            <Message error=entry.error />
            <input type="hidden" name="acting" value=acting />
            // Password managers ask of which account it is.
            <input type="text" autocomplete="username" value=email readonly hidden />
            <PasswordField
                name=PASSWORD
                label="Password"
                autocomplete="current-password"
                error=entry.error_of(PASSWORD)
            />
            <Submit class="button button--primary" pending=act.pending()>
                "Continue"
            </Submit>
        }
        .piece();
        view! { <ActForm act fields /> }.piece()
    };

    view! {
        <Dialog
            id="step-up"
            title="Confirm that it's you"
            text=Signal::derive(move || {
                ["You signed in a while ago. Enter the password of ", &email.get(), " to sign devices out."].concat()
            })
            question=Question::StepUp
            settled=Signal::stored(0)
            trigger=""
            form_first=true
        >
            {when(is_asked, form)}
        </Dialog>
    }
    .piece()
}
