//! A line of a form: label, box, hint.

use leptos::prelude::*;

use crate::{
    hooks::use_hydrated,
    ui::{Icon, IconName},
};

/// A labelled line of text.
#[component]
pub fn Field(
    /// The argument's name; also the element's id.
    name: &'static str,
    /// What is asked for.
    label: &'static str,
    /// The `type` attribute.
    #[prop(default = "text")]
    kind: &'static str,
    /// The `autocomplete` attribute.
    autocomplete: &'static str,
    /// The most characters it takes.
    max_length: &'static str,
    /// What is in it already.
    #[prop(optional)]
    value: String,
    /// Whether it has the focus when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// The id of the error that names this field, if there is one.
    #[prop(into)]
    error: Signal<Option<&'static str>>,
) -> impl IntoView {
    let reason = if kind == "email" { "Enter an email address" } else { "Fill this in" };
    view! {
        <div class="ms-field">
            <label class="ms-field__label" for=name>
                {label}
            </label>
            <Invalid reason />
            <div class="ms-field__box">
                <input
                    id=name
                    name=name
                    type=kind
                    required
                    maxlength=max_length
                    value=value
                    autofocus=autofocus
                    autocomplete=autocomplete
                    autocapitalize=if kind == "email" { "none" } else { "words" }
                    spellcheck="false"
                    aria-invalid=move || error.get().map(|_| "true")
                    aria-describedby=move || error.get()
                />
            </div>
        </div>
    }
}

/// Why the browser does not send what is in the field, beside the label. Style shows it, so that it needs no JavaScript:
/// Firefox covers its own reason with the list of saved passwords, below the field.
#[component]
fn Invalid(reason: &'static str) -> impl IntoView {
    view! { <p class="ms-field__invalid">{reason}</p> }
}

/// A labelled email address, which names the account.
#[component]
pub fn EmailField(
    /// What is in it already.
    #[prop(optional)]
    value: String,
    /// Whether it has the focus when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// The id of the error that names this field, if there is one.
    #[prop(into)]
    error: Signal<Option<&'static str>>,
) -> impl IntoView {
    view! {
        <Field
            name="email"
            label="Email"
            kind="email"
            autocomplete="username"
            max_length="254"
            value
            autofocus
            error
        />
    }
}

/// A labelled password, which a button shows where there is JavaScript.
#[component]
pub fn PasswordField(
    /// The argument's name; also the element's id.
    name: &'static str,
    /// What is asked for.
    label: &'static str,
    /// The `autocomplete` attribute.
    autocomplete: &'static str,
    /// What a password must be, for a new one.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Whether it has the focus when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// The id of the error that names this field, if there is one.
    #[prop(into)]
    error: Signal<Option<&'static str>>,
    /// What stands beside the label, and comes after the field for the keyboard.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let hydrated = use_hydrated();
    let shown = RwSignal::new(false);
    let toggle_label = format!("Show {}", label.to_ascii_lowercase());
    let hint_id = format!("{name}-hint");
    let describes = hint_id.clone();
    let described_by = move || {
        let error = error.get().map(str::to_owned);
        error.or_else(|| hint.map(|_| hint_id.clone()))
    };

    view! {
        <div class="ms-field">
            <label class="ms-field__label" for=name>
                {label}
            </label>
            <Invalid reason=if hint.is_some() { "Enter at least 8 characters" } else { "Fill this in" } />
            <div class="ms-field__box ms-field__box--toggle">
                <input
                    id=name
                    name=name
                    type=move || if shown.get() { "text" } else { "password" }
                    required
                    minlength=hint.map(|_| "8")
                    autofocus=autofocus
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    aria-invalid=move || error.get().map(|_| "true")
                    aria-describedby=described_by
                />
                <Show when=move || hydrated.get()>
                    <button
                        class="ms-field__toggle"
                        type="button"
                        aria-label=toggle_label.clone()
                        aria-pressed=move || shown.get().to_string()
                        on:click=move |_| shown.update(|shown| *shown = !*shown)
                    >
                        <Icon name=IconName::Eye />
                    </button>
                </Show>
            </div>
            {children.map(|children| view! { <p class="ms-field__aside">{children()}</p> }.into_any())}
            {hint.map(|hint| view! { <p class="ms-field__hint" id=describes>{hint}</p> }.into_any())}
        </div>
    }
}
