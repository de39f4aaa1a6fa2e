//! Operators, who act without a session.

use std::fmt;

/// The name of an operator in the log and in the list of operator acts.
///
/// It is a name, not a proof: the caller has authorised the operator. It is kept after users are erased, so it must not
/// be a secret or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator(String);

impl Operator {
    /// The maximum number of characters.
    pub const MAXIMUM_CHARACTERS: usize = 64;

    /// Takes a name, such as `cli:ada` or `token:1a2b3c4d`. A longer name is truncated. Control characters, which a
    /// terminal would obey, become question marks.
    ///
    /// # Examples
    ///
    /// ```
    /// use multi_session::Operator;
    ///
    /// assert_eq!(Operator::new("cli:ada\n").as_str(), "cli:ada?");
    /// ```
    pub fn new(name: &str) -> Self {
        let kept = name.chars().take(Self::MAXIMUM_CHARACTERS);
        Self(kept.map(|it| if it.is_control() { '?' } else { it }).collect())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_one_short_line_without_control_characters() {
        assert_eq!(Operator::new("token:1a2b3c4d").to_string(), "token:1a2b3c4d");
        assert_eq!(Operator::new("cli:a\0b\u{1b}[31m").as_str(), "cli:a?b?[31m");
        assert_eq!(Operator::new(&"é".repeat(100)).as_str(), "é".repeat(Operator::MAXIMUM_CHARACTERS));
    }
}
