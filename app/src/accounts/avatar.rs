//! The picture of an account.

use leptos::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

/// The initials of a name, on a colour that depends on it.
#[component]
pub(crate) fn Avatar(
    /// The name.
    name: String,
) -> impl IntoView {
    view! {
        <span class=format!("ms-avatar ms-avatar--{}", colour(&name)) aria-hidden="true">
            {initials(&name)}
        </span>
    }
}

/// The first visible character of the first and the last word. An emoji may be many code points.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.graphemes(true).next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).map(str::to_uppercase).collect()
}

/// One of six, by FNV-1a, so that similar names get different colours.
fn colour(name: &str) -> u32 {
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ hash >> 16) % COLOURS
}

const COLOURS: u32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_of_names() {
        for (name, expected) in [
            ("Ada Lovelace", "AL"),
            ("ada", "A"),
            ("Grace Brewster Murray Hopper", "GH"),
            ("  émile   zola ", "ÉZ"),
            ("👩‍👩‍👧 Family", "👩‍👩‍👧F"),
            ("🇩🇪 e\u{301}mile", "🇩🇪E\u{301}"),
            ("", ""),
        ] {
            assert_eq!(initials(name), expected);
        }
    }

    #[test]
    fn colours_are_spread_over_names() {
        let mut counts = [0; COLOURS as usize];
        for number in 0..600 {
            counts[colour(&format!("Person {number}")) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (60..=140).contains(count)), "{counts:?}");
        assert!(colour("") < COLOURS);
    }
}
