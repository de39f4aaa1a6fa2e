//! What browsers say about themselves in addition to the user agent.

/// The client hints of a browser: the values of its `Sec-CH-UA-*` headers, as they are stored. Only browsers that are
/// based on Chromium send them; for others it is empty.
///
/// Chromium's user agents say less and less: every Android device is an "Android 10; K", every Windows is 10, and Brave
/// is Chrome. The hints have the real values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClientHints(Box<str>);

impl ClientHints {
    /// The headers that are read, in the order in which their values are stored.
    pub const HEADERS: [&str; 6] = [
        "sec-ch-ua",
        "sec-ch-ua-mobile",
        "sec-ch-ua-platform",
        "sec-ch-ua-platform-version",
        "sec-ch-ua-model",
        "sec-ch-ua-form-factors",
    ];

    /// The value of `Accept-CH`: browsers send these only to a server that asks.
    pub const ASKED_FOR: &str = "Sec-CH-UA-Platform-Version, Sec-CH-UA-Model, Sec-CH-UA-Form-Factors";

    /// The longest value that is stored, in bytes. One that is longer is ignored.
    const MAXIMUM_LEN: usize = 256;

    /// Takes the values of the headers, which `value_of` gives by their lower-case name.
    ///
    /// # Examples
    ///
    /// ```
    /// use multi_session::ClientHints;
    ///
    /// let headers = [("sec-ch-ua-platform", "\"Linux\"")];
    /// let hints = ClientHints::new(|name| headers.iter().find(|(it, _)| *it == name).map(|(_, value)| *value));
    /// assert!(!hints.is_empty());
    /// ```
    pub fn new<'a>(value_of: impl Fn(&str) -> Option<&'a str>) -> Self {
        let values = Self::HEADERS.map(|name| {
            value_of(name)
                .filter(|value| value.len() <= Self::MAXIMUM_LEN && !value.contains(char::is_control))
                .unwrap_or_default()
        });
        if values.iter().all(|value| value.is_empty()) {
            Self::default()
        } else {
            Self(values.join("\t").into())
        }
    }

    /// Whether the browser sent no hints.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(feature = "engine")]
impl ClientHints {
    /// Joins a user agent and its hints into one text, as stores keep them: the history has one column for
    /// what a browser said about itself.
    pub(crate) fn joined_to(&self, user_agent: &str) -> String {
        if self.is_empty() { user_agent.to_owned() } else { [user_agent, "\n", &self.0].concat() }
    }

    /// Splits a stored text. It works because no header contains a line feed.
    pub(crate) fn split_from(stored: &str) -> (&str, Self) {
        match stored.split_once('\n') {
            Some((user_agent, hints)) => (user_agent, Self(hints.into())),
            None => (stored, Self::default()),
        }
    }

    /// The values of [`Self::HEADERS`].
    pub(crate) fn values(&self) -> [&str; 6] {
        let mut values = self.0.split('\t');
        Self::HEADERS.map(|_| values.next().unwrap_or_default())
    }
}
