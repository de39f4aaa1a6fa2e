//! Views without their types, at a small price in the client's size.
//!
//! A view's type is the tree of its elements, and Leptos makes code for each such type: to build, to rebuild, to
//! hydrate at once, to hydrate piece by piece. [`Piece`] hides the type like [`AnyView`], but keeps only what this
//! client uses: build and hydrate. It makes the client a quarter smaller.

use leptos::prelude::*;

pub(crate) use kind::Piece;

/// Hides the type of a view, which must not be `()`: the server marks that one, and the client would not know.
pub(crate) trait IntoPiece {
    /// Hides the type of this view.
    fn piece(self) -> Piece;
}

/// Shows a view while a condition holds.
pub(crate) fn when(
    condition: impl Fn() -> bool + Send + Sync + 'static,
    content: impl Fn() -> Piece + Send + Sync + 'static,
) -> Piece {
    let condition = Memo::new(move |_| condition());
    let content: Box<dyn Fn() -> Piece + Send + Sync> = Box::new(content);
    (move || condition.get().then(&content)).piece()
}

#[cfg(feature = "ssr")]
mod kind {
    use leptos::prelude::*;

    /// On the server a piece is what Leptos has for the purpose.
    pub(crate) type Piece = AnyView;

    impl<T: IntoAny> super::IntoPiece for T {
        fn piece(self) -> Piece {
            self.into_any()
        }
    }
}

#[cfg(not(feature = "ssr"))]
mod kind {
    use leptos::{
        attr::{Attribute, any_attribute::AnyAttribute},
        prelude::*,
        tachys::{
            hydration::Cursor,
            renderer::types::{Element, Node},
            view::{Position, PositionState},
        },
    };

    /// A view whose type is hidden.
    pub struct Piece(Box<dyn Part>);

    /// What a piece becomes in the page.
    pub struct PieceState(Box<dyn Mountable>);

    pub trait Part: Send {
        fn build(self: Box<Self>) -> PieceState;
        fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> PieceState;
    }

    impl<T> super::IntoPiece for T
    where
        T: RenderHtml + 'static,
        T::State: 'static,
    {
        fn piece(self) -> Piece {
            Piece(Box::new(self))
        }
    }

    impl<T> Part for T
    where
        T: RenderHtml,
        T::State: 'static,
    {
        fn build(self: Box<Self>) -> PieceState {
            PieceState(Box::new((*self).build()))
        }

        fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> PieceState {
            PieceState(Box::new((*self).hydrate::<true>(cursor, position)))
        }
    }

    impl Render for Piece {
        type State = PieceState;

        fn build(self) -> PieceState {
            self.0.build()
        }

        /// Two pieces may be of different types, so the new one takes the place of the old one.
        fn rebuild(self, state: &mut PieceState) {
            let mut new = self.0.build();
            state.insert_before_this(&mut new);
            state.unmount();
            *state = new;
        }
    }

    impl RenderHtml for Piece {
        type AsyncOutput = Self;
        type Owned = Self;

        const MIN_LENGTH: usize = 0;

        fn dry_resolve(&mut self) {}

        async fn resolve(self) -> Self {
            self
        }

        /// Only the server writes HTML, and there a piece is an [`AnyView`].
        fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}

        fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> PieceState {
            self.0.hydrate(cursor, position)
        }

        fn into_owned(self) -> Self {
            self
        }
    }

    impl AddAnyAttr for Piece {
        type Output<A: Attribute> = Self;

        /// Nothing here spreads attributes over a component.
        fn add_any_attr<A: Attribute>(self, _: A) -> Self {
            self
        }
    }

    impl Mountable for PieceState {
        fn unmount(&mut self) {
            self.0.unmount();
        }

        fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
            self.0.mount(parent, marker);
        }

        fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
            self.0.insert_before_this(child)
        }

        fn elements(&self) -> Vec<Element> {
            self.0.elements()
        }
    }
}
