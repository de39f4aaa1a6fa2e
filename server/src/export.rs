//! A history as a file that its person keeps.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use multi_session::http::Problem;
use multi_session::{Code, EndedReason, HistoryEntry, Refusal, Timestamp, User};
use serde::Serialize;
use utoipa::ToSchema;

/// How a history is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON object.
    #[default]
    Json,
    /// A table with a line for each entry (RFC 4180), for spreadsheets.
    Csv,
}

impl Format {
    /// Takes a format's name; whatever is none is JSON.
    pub(crate) fn of(name: &str) -> Self {
        if name == "csv" { Self::Csv } else { Self::Json }
    }
}

/// All that is kept of what happened to an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryExport {
    /// When it was written.
    pub(crate) exported_at: Timestamp,
    /// Whose account it is.
    pub(crate) user: User,
    /// What happened, the latest first; the first is this export.
    pub(crate) entries: Vec<HistoryEntry>,
}

const COLUMNS: [&str; 13] = [
    "at",
    "kind",
    "reason",
    "device",
    "ip_address",
    "place",
    "session_id",
    "by_device",
    "by_session_id",
    "name",
    "previous_ip_address",
    "user_agent",
    "id",
];

impl HistoryExport {
    /// The file, for a browser to save.
    pub(crate) fn file(&self, format: Format) -> Response {
        let (content_type, name, written) = match format {
            Format::Json => {
                let json = serde_json::to_vec_pretty(self).map_err(|error| error.to_string());
                ("application/json", "history.json", json)
            }
            Format::Csv => ("text/csv; charset=utf-8; header=present", "history.csv", self.csv()),
        };
        match written {
            Ok(bytes) => {
                let disposition = format!("attachment; filename=\"{name}\"");
                let headers = [
                    (CONTENT_TYPE, content_type),
                    (CONTENT_DISPOSITION, &*disposition),
                    (CACHE_CONTROL, "no-store"),
                ];
                (headers, Body::from(bytes)).into_response()
            }
            Err(cause) => {
                tracing::error!(cause, "a history could not be written");
                Problem::from(Code::Internal).into_response()
            }
        }
    }

    /// The table.
    pub(crate) fn csv(&self) -> Result<Vec<u8>, String> {
        let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let mut write = || {
            table.write_record(COLUMNS)?;
            for entry in &self.entries {
                let by = entry.by.as_ref();
                table.write_record([
                    entry.at.to_string(),
                    entry.kind.as_str().to_owned(),
                    why(entry).to_owned(),
                    inert(&entry.device),
                    entry.ip_address.clone(),
                    inert(entry.place.as_deref().unwrap_or_default()),
                    entry.session_id.as_ref().map_or_else(String::new, ToString::to_string),
                    by.map_or_else(String::new, |by| inert(&by.label)),
                    by.map_or_else(String::new, |by| by.id.to_string()),
                    inert(entry.name.as_deref().unwrap_or_default()),
                    entry.previous_ip_address.clone().unwrap_or_default(),
                    inert(&entry.user_agent),
                    entry.id.to_string(),
                ])?;
            }
            Ok::<_, csv::Error>(())
        };
        write().map_err(|error| error.to_string())?;
        table.into_inner().map_err(|error| error.to_string())
    }
}

/// Why a session ended or a right password was refused.
fn why(entry: &HistoryEntry) -> &'static str {
    let ended = entry.reason.map(EndedReason::as_str);
    ended.or(entry.refusal.map(Refusal::as_str)).unwrap_or_default()
}

/// A text that strangers chose, such as a user agent, so that no spreadsheet takes it for a formula (OWASP, CSV
/// injection).
fn inert(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if is_formula { ["'", text].concat() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use crate::openapi::example;

    use super::*;

    #[test]
    fn a_table_has_a_line_for_each_entry_and_no_formulas() {
        let mut export = example::history_export();
        let mut entry = export.entries.remove(0);
        entry.user_agent = "=HYPERLINK(\"https://evil.example\")".to_owned();
        entry.device = "Ada's, at \"home\"\n".to_owned();
        let refused = HistoryEntry { reason: None, refusal: Some(Refusal::Locked), ..entry.clone() };
        export.entries = vec![entry, refused];
        let csv = export.csv().expect("a table");
        let mut reader = csv::Reader::from_reader(&csv[..]);
        let headers = reader.headers().expect("a header").clone();
        assert_eq!(headers.iter().collect::<Vec<_>>(), COLUMNS);
        let rows = reader.records().collect::<Result<Vec<_>, _>>().expect("rows");
        assert_eq!(rows.len(), 2);
        let column = |name| &rows[0][COLUMNS.iter().position(|column| *column == name).expect("a column")];
        let reason = COLUMNS.iter().position(|column| *column == "reason").expect("a column");
        assert_eq!((&rows[0][reason], &rows[1][reason]), ("revoked", "locked"));
        assert_eq!(column("user_agent"), "'=HYPERLINK(\"https://evil.example\")");
        assert_eq!(column("device"), "Ada's, at \"home\"\n");
        assert_eq!(column("at"), "2026-11-23T11:09:21.802Z");
        assert_eq!(column("place"), "Berlin, Germany");
    }
}
