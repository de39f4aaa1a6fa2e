//! What stands where the list will be.

use leptos::prelude::*;

use crate::ui::piece::IntoPiece;

/// Rows without words, of the size of rows with words.
#[component]
pub(super) fn Skeleton() -> impl IntoView {
    let row = || {
        view! {
            <li class="device">
                <span class="device__icon skeleton"></span>
                <div class="device__title">
                    <span class="skeleton skeleton--line skeleton--half"></span>
                </div>
                <div class="device__more">
                    <div class="skeleton skeleton--line skeleton--wide"></div>
                    <div class="skeleton skeleton--line skeleton--short"></div>
                </div>
                <div class="device__actions">
                    <span class="skeleton skeleton--button"></span>
                </div>
            </li>
        }
    };
    view! {
        <div aria-busy="true">
            <p class="visually-hidden">"Your devices are loading"</p>
            <ul class="card devices" aria-hidden="true">
                {row()}
                {row()}
                {row()}
            </ul>
        </div>
    }
    .piece()
}
