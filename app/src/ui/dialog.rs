//! A confirmation dialog.

use leptos::{html, prelude::*};

use crate::hooks::{focus_element, keep_focus};

/// A native dialog that an address can open, so that it also works without JavaScript.
///
/// The server renders it open if the address asks for it, and the browser makes it modal. Escape, a press
/// outside and Cancel close it and restore the focus.
#[component]
pub fn Dialog(
    /// The id. The id of the title is `{id}-title`.
    id: &'static str,
    /// The title.
    title: &'static str,
    /// The text that explains what will happen.
    #[prop(into)]
    text: Signal<String>,
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Called when the person wants to close the dialog. It must make `open` false, which closes it.
    close: impl Fn() + Clone + 'static,
    /// The address that Cancel links to without JavaScript.
    cancel: &'static str,
    /// The id of the element that opened it; empty if it may be any.
    #[prop(default = "")]
    trigger: &'static str,
    /// Whether the form comes before Cancel. The first element gets the focus, which should be a field if
    /// there is one.
    #[prop(optional)]
    form_first: bool,
    /// The form.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        // A press outside closes it. In browsers without the attribute, Escape and Cancel do.
        let _ = dialog.set_attribute("closedby", "any");
        let modal = dialog.matches(":modal").unwrap_or(false);
        match (open.get(), modal) {
            (true, false) => {
                // The dialog that the server opened is not modal. It must lose the attribute before it can
                // become modal.
                let shown = dialog.remove_attribute("open").and_then(|()| dialog.show_modal());
                if let Err(error) = shown {
                    leptos::logging::error!("the dialog {id} does not open: {error:?}");
                }
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });

    // If the dialog closed before `open` changes, somebody who opens it again at once would see it close.
    let escaped = close.clone();
    let escape = move |event: web_sys::Event| {
        event.prevent_default();
        escaped();
    };
    let dismissed = close.clone();
    let dismiss = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        dismissed();
    };
    let closed = move |_| {
        // The browser closes it without asking if the person has done nothing since it asked last.
        if open.get_untracked() {
            close();
        }
        if !focus_element(trigger) {
            keep_focus();
        }
    };

    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    let (labelled_by, described_by) = (title_id.clone(), text_id.clone());
    let form = Some(children());
    let (first, last) = if form_first { (form, None) } else { (None, form) };
    view! {
        <dialog
            class="ms-dialog"
            id=id
            node_ref=node
            open=open.get_untracked()
            aria-labelledby=labelled_by
            aria-describedby=described_by
            on:cancel=escape
            on:close=closed
        >
            <h2 id=title_id>{title}</h2>
            <p class="ms-dialog__text" id=text_id>
                {text}
            </p>
            <div class="ms-dialog__actions">
                {first}
                // Without scripts nothing else moves the focus to the dialog.
                <a class="ms-button" href=cancel autofocus=open.get_untracked() on:click=dismiss>
                    "Cancel"
                </a>
                {last}
            </div>
        </dialog>
    }
}
