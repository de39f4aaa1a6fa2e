//! Whether the browser has taken the page over.

use leptos::prelude::*;

/// The context of [`use_hydrated`].
#[derive(Clone, Copy, Debug)]
pub struct Hydrated(ReadSignal<bool>);

/// Tells whether the browser has taken the page over: false on the server and while hydrating, true from then on.
///
/// For what makes sense only with JavaScript, as a button that shows the password. The first call also marks
/// `<body>` with `data-hydrated="true"` at that moment, which style sheets and tests can see.
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
/// The signal is false and stays so.
pub fn use_hydrated() -> ReadSignal<bool> {
    if let Some(Hydrated(hydrated)) = use_context() {
        return hydrated;
    }
    let (hydrated, set_hydrated) = signal(false);
    provide_context(Hydrated(hydrated));
    Effect::new(move |_| {
        set_hydrated.set(true);
        if let Some(body) = document().body() {
            // Only a name that is no attribute name can be refused.
            let _ = body.set_attribute("data-hydrated", "true");
        }
    });
    hydrated
}
