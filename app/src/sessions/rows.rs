//! Rows of the list, each with its place in the page.

use leptos::prelude::*;
use multi_session::DeviceSession;

use crate::ui::piece::{IntoPiece, Piece};

/// A view for each row; a row that stays in the list stays in the page, unless it has another name.
pub(crate) fn rows(
    rows: impl Fn() -> Vec<DeviceSession> + Send + Sync + 'static,
    row: fn(DeviceSession) -> Piece,
) -> Piece {
    let rows: Box<dyn Fn() -> Vec<DeviceSession> + Send + Sync> = Box::new(rows);
    view! { <For each=rows key=|row| (row.id.clone(), row.is_current, row.device.label.clone()) children=row /> }.piece()
}
