//! Which part of the history an address asks for.

use multi_session::{HistoryFilter, HistoryKind, SessionId};

use crate::address::value;

/// The address of the history.
pub const HISTORY: &str = "/history";
/// The address of the file.
pub(crate) const EXPORT: &str = "/history/export";
/// The name of a format.
pub(crate) const JSON: &str = "json";
/// The name of a format.
pub(crate) const CSV: &str = "csv";

/// How many entries there are on a page.
const ON_A_PAGE: u32 = 50;

/// The address of the page that goes on to the file by itself.
pub(crate) fn export_page(format: &str) -> String {
    [HISTORY, "?export=", format].concat()
}

/// The address of the file.
pub(super) fn export_file(format: &str) -> String {
    [EXPORT, "?format=", format].concat()
}

/// What people look for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Group {
    /// Whatever there is.
    #[default]
    All,
    /// Who came in or tried to.
    SignIns,
    /// Which sessions ended.
    Ended,
    /// What was changed.
    Changes,
}

impl Group {
    pub(super) const ALL: [Self; 4] = [Self::All, Self::SignIns, Self::Ended, Self::Changes];

    /// Its name in addresses.
    const fn name(self) -> &'static str {
        match self {
            Self::All => "",
            Self::SignIns => "sign-ins",
            Self::Ended => "ended",
            Self::Changes => "changes",
        }
    }

    /// What people read.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::All => "Everything",
            Self::SignIns => "Sign-ins",
            Self::Ended => "Ended sessions",
            Self::Changes => "Changes",
        }
    }

    fn has(self, kind: HistoryKind) -> bool {
        let group = match kind {
            HistoryKind::SignedIn
            | HistoryKind::NewDevice
            | HistoryKind::PasswordRefused
            | HistoryKind::Reauthenticated
            | HistoryKind::AddressChanged
            | HistoryKind::BrowserChanged => Self::SignIns,
            HistoryKind::Ended | HistoryKind::RevokeUndone => Self::Ended,
            _ => Self::Changes,
        };
        self == group
    }

    /// The kinds that it has; none stand for all.
    fn kinds(self) -> Vec<HistoryKind> {
        HistoryKind::ALL.iter().copied().filter(|kind| self.has(*kind)).collect()
    }
}

/// What an address asks for; whatever it does not say well is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryAsked {
    pub(super) group: Group,
    pub(super) session: Option<SessionId>,
    pub(super) before: Option<i64>,
    /// The format of the file that the page goes on to.
    pub(super) export: Option<&'static str>,
}

impl HistoryAsked {
    /// Takes the address's query.
    pub fn of(query: &str) -> Self {
        let group = value(query, "show").unwrap_or_default();
        Self {
            group: Group::ALL.into_iter().find(|known| known.name() == group).unwrap_or_default(),
            session: value(query, "session_id").and_then(|id| SessionId::new(id).ok()),
            before: value(query, "before").and_then(|before| before.parse().ok()),
            export: value(query, "export")
                .and_then(|format| [JSON, CSV].into_iter().find(|it| *it == format)),
        }
    }

    /// What the server is asked for.
    pub fn filter(&self) -> HistoryFilter {
        HistoryFilter {
            session: self.session.clone(),
            kinds: self.group.kinds(),
            before: self.before,
            limit: ON_A_PAGE,
        }
    }

    /// The address of the first page of another group, of the same session.
    pub(super) fn with_group(&self, group: Group) -> String {
        Self { group, before: None, export: None, ..self.clone() }.address()
    }

    /// The address of the page that begins after an entry.
    pub(super) fn with_before(&self, before: i64) -> String {
        Self { before: Some(before), export: None, ..self.clone() }.address()
    }

    fn address(&self) -> String {
        let pairs = [
            ("show", Some(self.group.name().to_owned()).filter(|name| !name.is_empty())),
            ("session_id", self.session.as_ref().map(ToString::to_string)),
            ("before", self.before.map(|before| before.to_string())),
        ];
        let pairs: Vec<_> =
            pairs.into_iter().filter_map(|(name, value)| Some([name, "=", &value?].concat())).collect();
        if pairs.is_empty() { HISTORY.to_owned() } else { [HISTORY, "?", &pairs.join("&")].concat() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_asks_for_what_it_was_made_of() {
        for group in Group::ALL {
            for session in [None, Some(SessionId::new("session_123").expect("an id"))] {
                for before in [None, Some(42)] {
                    let asked = HistoryAsked { group, session: session.clone(), before, export: None };
                    let address = asked.address();
                    let query = address.split_once('?').map_or("", |(_, query)| query);
                    assert_eq!(HistoryAsked::of(query), asked, "{address}");
                }
            }
        }
        assert_eq!(
            HistoryAsked::of("show=nonsense&session_id=%00&before=x&export=exe"),
            HistoryAsked::default()
        );
        assert_eq!(HistoryAsked::of("export=csv").export, Some("csv"));
    }

    #[test]
    fn every_kind_is_in_one_group_and_among_everything() {
        for &kind in HistoryKind::ALL {
            assert_eq!(Group::ALL.into_iter().filter(|group| group.has(kind)).count(), 1, "{kind:?}");
        }
        assert_eq!(Group::All.kinds(), []);
    }
}
