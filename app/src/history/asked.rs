//! The part of the history that an address selects.

use leptos_router::params::ParamsMap;
use multi_session::SessionId;
#[cfg(feature = "ssr")]
use multi_session::{HistoryFilter, HistoryKind};

use crate::MultiSessionOptions;

/// The name of an export that waits for a step-up.
pub(crate) const EXPORT: &str = "/history/export";
/// The name of a format.
pub(crate) const JSON: &str = "json";
/// The name of a format.
pub(crate) const CSV: &str = "csv";

/// The address of the page that then loads the file.
#[cfg(feature = "ssr")]
pub(crate) fn export_page(options: &MultiSessionOptions, format: &str) -> String {
    format!("{}?export={format}", options.history_path())
}

/// The format of the file to load, if the address of the page names one.
#[cfg(feature = "ssr")]
pub(super) fn export_asked(query: &ParamsMap) -> Option<&'static str> {
    let format = query.get_str("export")?;
    [JSON, CSV].into_iter().find(|it| *it == format)
}

/// The address of the file.
pub(super) fn export_file(options: &MultiSessionOptions, format: &str) -> String {
    format!("{}?format={format}", options.export_path())
}

/// A filter of the history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Group {
    /// All entries.
    #[default]
    All,
    /// Sign-ins.
    SignIns,
    /// Failed sign-ins.
    Refused,
    /// Ended sessions.
    Ended,
    /// Changes.
    Changes,
}

impl Group {
    pub(super) const ALL: [Self; 5] = [Self::All, Self::SignIns, Self::Refused, Self::Ended, Self::Changes];

    /// The group with a name in an address.
    pub(super) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|known| known.name() == name).unwrap_or_default()
    }

    /// Its name in addresses.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::All => "",
            Self::SignIns => "sign-ins",
            Self::Refused => "refused",
            Self::Ended => "ended",
            Self::Changes => "changes",
        }
    }

    /// The text for people.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::SignIns => "Sign-ins",
            Self::Refused => "Failed sign-ins",
            Self::Ended => "Sign-outs",
            Self::Changes => "Changes",
        }
    }

    #[cfg(feature = "ssr")]
    fn has(self, kind: HistoryKind) -> bool {
        let group = match kind {
            HistoryKind::SignedIn
            | HistoryKind::NewDevice
            | HistoryKind::Reauthenticated
            | HistoryKind::AddressChanged
            | HistoryKind::BrowserChanged => Self::SignIns,
            HistoryKind::PasswordRefused => Self::Refused,
            HistoryKind::Ended | HistoryKind::RevokeUndone => Self::Ended,
            _ => Self::Changes,
        };
        self == group
    }

    /// The filter for the server.
    #[cfg(feature = "ssr")]
    pub(super) fn filter(self, session: Option<SessionId>, before: Option<i64>) -> HistoryFilter {
        HistoryFilter { session, kinds: self.kinds(), before, limit: HistoryFilter::MAXIMUM }
    }

    /// The kinds in the group; empty for all kinds.
    #[cfg(feature = "ssr")]
    fn kinds(self) -> Vec<HistoryKind> {
        HistoryKind::ALL.iter().copied().filter(|kind| self.has(*kind)).collect()
    }
}

/// The address of the failed sign-ins.
pub(crate) fn refused_path(options: &MultiSessionOptions) -> String {
    HistoryAsked::default().with_group(options, Group::Refused)
}

/// The filter in an address. Malformed parts are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HistoryAsked {
    pub(super) group: Group,
    pub(super) session: Option<SessionId>,
    pub(super) before: Option<i64>,
}

impl HistoryAsked {
    /// Reads the query of an address.
    pub(super) fn of(query: &ParamsMap) -> Self {
        Self {
            group: Group::named(query.get_str("show").unwrap_or_default()),
            session: query.get("session_id").and_then(|id| SessionId::new(id).ok()),
            before: query.get_str("before").and_then(|before| before.parse().ok()),
        }
    }

    /// The address of the first page of another group, of the same session.
    pub(super) fn with_group(&self, options: &MultiSessionOptions, group: Group) -> String {
        Self { group, before: None, ..self.clone() }.address(options)
    }

    /// The address of the page that begins after an entry.
    pub(super) fn with_before(&self, options: &MultiSessionOptions, before: i64) -> String {
        Self { before: Some(before), ..self.clone() }.address(options)
    }

    fn address(&self, options: &MultiSessionOptions) -> String {
        let pairs = [
            ("show", Some(self.group.name().to_owned()).filter(|name| !name.is_empty())),
            ("session_id", self.session.as_ref().map(ToString::to_string)),
            ("before", self.before.map(|before| before.to_string())),
        ];
        // Ids and names need no escaping.
        let pairs: Vec<_> =
            pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
        let mark = if pairs.is_empty() { "" } else { "?" };
        format!("{}{mark}{}", options.history_path(), pairs.join("&"))
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn asked(pairs: &[(&'static str, &str)]) -> HistoryAsked {
        HistoryAsked::of(&pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect())
    }

    #[test]
    fn filter_round_trips_through_its_address() {
        let all = HistoryAsked {
            group: Group::Ended,
            session: Some(SessionId::new("session_123").expect("an id")),
            before: Some(42),
        };
        let options = MultiSessionOptions::default();
        assert_eq!(all.address(&options), "/history?show=ended&session_id=session_123&before=42");
        assert_eq!(HistoryAsked::default().address(&options), "/history");
        assert_eq!(asked(&[("show", "ended"), ("session_id", "session_123"), ("before", "42")]), all);
        assert_eq!(
            asked(&[("show", "nonsense"), ("session_id", "\0"), ("before", "x")]),
            HistoryAsked::default()
        );
        let exported = |format: &str| export_asked(&[("export", format.to_owned())].into_iter().collect());
        assert_eq!((exported("csv"), exported("exe")), (Some("csv"), None));
    }

    #[test]
    fn every_kind_is_in_one_group_and_in_all() {
        for &kind in HistoryKind::ALL {
            assert_eq!(Group::ALL.into_iter().filter(|group| group.has(kind)).count(), 1, "{kind:?}");
        }
        assert_eq!(Group::All.kinds(), []);
    }
}
