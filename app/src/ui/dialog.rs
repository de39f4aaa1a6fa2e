//! A question before an act.

use leptos::{html, prelude::*};

use crate::{
    address::{Question, forget_query, use_address},
    hooks::{effect, focus_element, keep_focus, on_change},
    ui::piece::IntoPiece,
};

/// A native dialog that an address can open, so that it also works without JavaScript.
///
/// The server renders it open where the address asks for it; the browser makes it modal. Escape, a press
/// outside and Cancel close it, which takes the question out of the address and gives the focus back.
#[component]
pub fn Dialog(
    /// The id; the title's is `{id}-title`.
    id: &'static str,
    /// The question.
    title: &'static str,
    /// What will happen.
    #[prop(into)]
    text: Signal<String>,
    /// What the address says where it asks for it.
    question: Question,
    /// Whether there is anything to do.
    #[prop(into, default = true.into())]
    possible: Signal<bool>,
    /// Changes when the act has settled, well or not: the answer is in the toast, so the dialog closes.
    #[prop(into)]
    settled: Signal<usize>,
    /// The id of what opened it; empty where it may be any act.
    trigger: &'static str,
    /// Whether the form comes before Cancel: what stands first has the focus, and that should be what is to be filled in.
    #[prop(optional)]
    form_first: bool,
    /// The form that does it.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let asked = use_address().question;
    let open = Memo::new(move |_| asked.get() == Some(question) && possible.get());
    effect(move || {
        let Some(dialog) = node.get() else { return };
        // A press outside closes it; where the browser does not know the attribute, Escape and Cancel do.
        let _ = dialog.set_attribute("closedby", "any");
        let modal = dialog.matches(":modal").unwrap_or(false);
        match (open.get(), modal) {
            (true, false) => {
                // The server's open dialog is not modal yet; without the attribute it may become so.
                let shown = dialog.remove_attribute("open").and_then(|()| dialog.show_modal());
                if let Err(error) = shown {
                    leptos::logging::error!("the dialog {id} does not open: {error:?}");
                }
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });

    on_change(
        move || settled.get(),
        move || {
            if let Some(dialog) = node.get_untracked() {
                dialog.close();
            }
        },
    );

    let closed = move |_| {
        if asked.get_untracked() == Some(question) {
            asked.set(None);
            forget_query();
        }
        if !focus_element(trigger) {
            keep_focus();
        }
    };
    let cancel = move |event: web_sys::MouseEvent| {
        if let Some(dialog) = node.get_untracked() {
            event.prevent_default();
            dialog.close();
        }
    };

    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    let (labelled_by, described_by) = (title_id.clone(), text_id.clone());
    let form = Some(children().piece());
    let (first, last) = if form_first { (form, None) } else { (None, form) };
    view! {
        <dialog
            class="dialog"
            id=id
            node_ref=node
            open=open.get_untracked()
            aria-labelledby=labelled_by
            aria-describedby=described_by
            on:close=closed
        >
            <h2 id=title_id>{title}</h2>
            <p class="dialog__text" id=text_id>
                {text}
            </p>
            <div class="dialog__actions">
                {first}
                <a class="button" href="/sessions" on:click=cancel>
                    "Cancel"
                </a>
                {last}
            </div>
        </dialog>
    }
    .piece()
}
