//! Whether the page is hydrated.

use leptos::prelude::*;

/// The context of [`use_hydrated`].
#[derive(Clone, Copy, Debug)]
pub struct Hydrated(ReadSignal<bool>);

/// Whether the page is hydrated: false on the server and while hydrating, true from then on.
///
/// Use it for parts that need JavaScript, such as a button that shows the password. The first call also sets
/// `data-hydrated="true"` on `<body>` at that moment, for style sheets and tests.
///
/// # Examples
///
/// ```
/// # use leptos::prelude::*;
/// use multi_session_leptos::hooks::use_hydrated;
///
/// #[component]
/// fn ShowButton() -> impl IntoView {
///     let hydrated = use_hydrated();
///     view! { <Show when=move || hydrated.get()><button type="button">"Show"</button></Show> }
/// }
/// ```
///
/// ## Server-Side Rendering
///
/// The signal stays false.
pub fn use_hydrated() -> ReadSignal<bool> {
    if let Some(Hydrated(hydrated)) = use_context() {
        return hydrated;
    }
    let (hydrated, set_hydrated) = signal(false);
    provide_context(Hydrated(hydrated));
    Effect::new(move |_| {
        set_hydrated.set(true);
        if let Some(body) = document().body() {
            // It fails only for an invalid attribute name.
            let _ = body.set_attribute("data-hydrated", "true");
        }
    });
    hydrated
}
