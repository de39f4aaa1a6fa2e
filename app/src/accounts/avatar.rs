//! A face for an account.

use leptos::prelude::*;

/// The initials of a name, on a colour of its own.
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

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

fn colour(name: &str) -> u32 {
    name.bytes().fold(0, |sum, byte| (sum * 31 + u32::from(byte)) % 9973) % 6
}

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
            ("", ""),
        ] {
            assert_eq!(initials(name), expected);
        }
    }

    #[test]
    fn every_name_has_a_colour() {
        for name in ["", "Ada Lovelace", "Grace Hopper", "名前"] {
            assert!(colour(name) < 6);
        }
    }
}
