//! Views of one type.

use leptos::prelude::*;

/// Erases the type of a view, down to that of its elements.
pub trait Erase {
    /// The same view. Leptos' `into_any` makes code for each element twice: inside of a view, and as all of one.
    fn erased(self) -> AnyView;
}

impl<T: IntoView + 'static> Erase for View<T> {
    fn erased(self) -> AnyView {
        self.into_inner().into_any()
    }
}
