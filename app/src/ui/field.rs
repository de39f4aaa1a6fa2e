//! A field of a form: label, input, hint.

use leptos::prelude::*;

use crate::{
    hooks::use_hydrated,
    ui::{Icon, IconName},
};

/// A labelled text field.
#[component]
pub fn Field(
    /// The argument's name; also the element's id.
    name: &'static str,
    /// The label.
    label: &'static str,
    /// The `type` attribute.
    #[prop(default = "text")]
    kind: &'static str,
    /// The `autocomplete` attribute.
    autocomplete: &'static str,
    /// The maximum number of characters.
    max_length: &'static str,
    /// The initial value.
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

/// The reason why the browser does not submit the field, next to the label. The style sheet shows it, so it
/// needs no JavaScript. Firefox covers its own message below the field with the list of saved passwords.
#[component]
fn Invalid(reason: &'static str) -> impl IntoView {
    view! { <p class="ms-field__invalid">{reason}</p> }
}

/// A labelled field for the email address of the account.
#[component]
pub fn EmailField(
    /// The initial value.
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

/// A labelled password field, with a button to show the password if there is JavaScript.
#[component]
pub fn PasswordField(
    /// The argument's name; also the element's id.
    name: &'static str,
    /// The label.
    label: &'static str,
    /// The `autocomplete` attribute.
    autocomplete: &'static str,
    /// The requirements of a new password.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Whether it has the focus when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// The id of the error that names this field, if there is one.
    #[prop(into)]
    error: Signal<Option<&'static str>>,
    /// Content next to the label, which follows the field in the tab order.
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
