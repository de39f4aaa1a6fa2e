//! Line icons.

use leptos::prelude::*;

/// The name of an icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconName {
    /// An exclamation mark in a circle.
    Alert,
    /// A tick.
    Check,
    /// A clock.
    Clock,
    /// An arrow head to the right.
    ChevronRight,
    /// An arrow head down.
    ChevronDown,
    /// A games console's controller.
    Console,
    /// A cross, to close.
    Cross,
    /// A desktop computer.
    Desktop,
    /// An eye, to show.
    Eye,
    /// A headset.
    Headset,
    /// A key, for a password.
    Key,
    /// The product's mark.
    Logo,
    /// Three dots in a row, for a menu.
    More,
    /// A telephone.
    Phone,
    /// A plus sign.
    Plus,
    /// A terminal.
    Program,
    /// A door with an arrow, to sign out.
    SignOut,
    /// A tablet.
    Tablet,
    /// A television.
    Tv,
    /// A question mark in a circle.
    Unknown,
}

impl IconName {
    const fn path(self) -> &'static str {
        match self {
            Self::Alert => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 8v5M12 16.5h.01",
            Self::Check => "M5 12.5l4.5 4.5L19 7.5",
            Self::Clock => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
            Self::ChevronRight => "M9 6l6 6-6 6",
            Self::ChevronDown => "M6 9l6 6 6-6",
            Self::Console => {
                "M7.5 8h9a4.5 4.5 0 0 1 0 9c-1.8 0-2.4-2-4.5-2s-2.7 2-4.5 2a4.5 4.5 0 0 1 0-9zM8 11v3M6.5 12.5h3M16 11.5h.01M17.5 13.5h.01"
            }
            Self::Cross => "M7 7l10 10M17 7L7 17",
            Self::Desktop => {
                "M4 5.5A1.5 1.5 0 0 1 5.5 4h13A1.5 1.5 0 0 1 20 5.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 14.5zM9 20h6M12 16v4"
            }
            Self::Eye => {
                "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"
            }
            Self::Headset => {
                "M5 8h14a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-3.5l-2-2.5h-3l-2 2.5H5a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2zM8 8V6h8v2"
            }
            Self::Key => {
                "M14.5 13.5a4.5 4.5 0 1 0-4.2-2.9L4 17v3h3l1.2-1.2v-1.6h1.6l1-1v-1.6h1.6l1.1-1.2M15.5 8.5h.01"
            }
            Self::Logo => {
                "M8 4h9a3 3 0 0 1 3 3v7M4 11a3 3 0 0 1 3-3h6a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3zM10 13v2"
            }
            Self::More => "M5.5 12h.01M12 12h.01M18.5 12h.01",
            Self::Phone => {
                "M7 4.5A1.5 1.5 0 0 1 8.5 3h7A1.5 1.5 0 0 1 17 4.5v15a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 7 19.5zM11 18h2"
            }
            Self::Plus => "M12 5v14M5 12h14",
            Self::Program => {
                "M4 5.5A1.5 1.5 0 0 1 5.5 4h13A1.5 1.5 0 0 1 20 5.5v13a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5zM8 9l3 3-3 3M13 15h3"
            }
            Self::SignOut => "M10 4H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H10M15 8l4 4-4 4M19 12H10",
            Self::Tablet => {
                "M5 4.5A1.5 1.5 0 0 1 6.5 3h11A1.5 1.5 0 0 1 19 4.5v15a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 19.5zM10.5 18h3"
            }
            Self::Tv => {
                "M3 6.5A1.5 1.5 0 0 1 4.5 5h15A1.5 1.5 0 0 1 21 6.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15.5zM7 20h10"
            }
            Self::Unknown => {
                "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 17h.01"
            }
        }
    }
}

/// A decorative icon next to a text with the same meaning.
#[component]
pub fn Icon(
    /// Which one.
    name: IconName,
    /// Its width and height in pixels.
    #[prop(default = 20)]
    size: u8,
) -> impl IntoView {
    view! {
        <svg
            width=size.to_string()
            height=size.to_string()
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="1.75"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d=name.path() />
        </svg>
    }
}
