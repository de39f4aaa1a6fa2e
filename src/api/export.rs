//! The account history as a file. It is streamed, so only a part of it is in memory.

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Problem;
use crate::{Code, EndedReason, Error, HistoryEntry, Refusal, Timestamp, User};

/// The format of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistoryFormat {
    /// One JSON object.
    #[default]
    Json,
    /// A table with a line for each entry (RFC 4180), for spreadsheets.
    Csv,
}

impl HistoryFormat {
    /// Reads a format from its name. Unknown names are JSON.
    pub fn of(name: &str) -> Self {
        if name == "csv" { Self::Csv } else { Self::Json }
    }
}

/// The whole history of an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryExport {
    /// When it was written.
    pub(crate) exported_at: Timestamp,
    /// The user of the account.
    pub(crate) user: User,
    /// What happened, the latest first; the first is this export.
    pub(crate) entries: Vec<HistoryEntry>,
}

const COLUMNS: [&str; 17] = [
    "at",
    "kind",
    "reason",
    "device",
    "ip_address",
    "place",
    "session_id",
    "by_device",
    "by_ip_address",
    "by_place",
    "by_session_id",
    "name",
    "previous_ip_address",
    "user_agent",
    "by_user_agent",
    "id",
    "signed_in_with",
];

/// Excel recognizes UTF-8 by it.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Ends the list of entries and the object of [`HistoryExport`].
const END: &str = "]}";

/// The file, for a browser to save.
pub fn history_file(
    format: HistoryFormat,
    exported_at: Timestamp,
    user: User,
    history: crate::HistoryExport,
) -> Response {
    let (content_type, name) = match format {
        HistoryFormat::Json => ("application/json", "history.json"),
        HistoryFormat::Csv => ("text/csv; charset=utf-8; header=present", "history.csv"),
    };
    let head = match begun(format, exported_at, user) {
        Ok(head) => head,
        Err(cause) => {
            tracing::error!(cause, "a history could not be written");
            return Problem::from(Code::Internal).into_response();
        }
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers =
        [(CONTENT_TYPE, content_type), (CONTENT_DISPOSITION, &*disposition), (CACHE_CONTROL, "no-store")];
    let writer = Writer { format, history, next: Next::Head(head) };
    (headers, Body::from_stream(futures_util::stream::try_unfold(writer, Writer::part))).into_response()
}

/// Writes a file part by part.
struct Writer {
    format: HistoryFormat,
    history: crate::HistoryExport,
    next: Next,
}

enum Next {
    Head(String),
    FirstEntries,
    Entries,
    Nothing,
}

impl Writer {
    /// Writes the next part. If it cannot be read, the connection breaks off, so that half a file does not
    /// look complete.
    async fn part(mut self) -> Result<Option<(Bytes, Self)>, Error> {
        let is_first = match self.next {
            Next::Head(head) => {
                self.next = Next::FirstEntries;
                return Ok(Some((head.into(), self)));
            }
            Next::FirstEntries => true,
            Next::Entries => false,
            Next::Nothing => return Ok(None),
        };
        let read = self.history.next().await.inspect_err(|error| {
            tracing::warn!(%error, "an export of a history was broken off");
        });
        let written = match (self.format, read?) {
            (HistoryFormat::Json, Some(entries)) => json_entries(&entries, is_first),
            (HistoryFormat::Csv, Some(entries)) => csv_entries(&entries),
            (format, None) => {
                self.next = Next::Nothing;
                let end = if format == HistoryFormat::Json { END } else { "" };
                return Ok(Some((end.into(), self)));
            }
        };
        match written {
            Ok(part) => {
                self.next = if is_first && part.is_empty() { Next::FirstEntries } else { Next::Entries };
                Ok(Some((part.into(), self)))
            }
            Err(cause) => {
                tracing::error!(cause, "a history could not be written");
                Err(Code::Internal.into())
            }
        }
    }
}

/// The part before the entries.
fn begun(format: HistoryFormat, exported_at: Timestamp, user: User) -> Result<String, String> {
    if format == HistoryFormat::Csv {
        return csv_head();
    }
    let empty = HistoryExport { exported_at, user, entries: Vec::new() };
    let mut json = serde_json::to_string(&empty).map_err(|error| error.to_string())?;
    json.truncate(json.len() - END.len());
    Ok(json)
}

/// A line for each entry.
fn json_entries(entries: &[HistoryEntry], are_first: bool) -> Result<String, String> {
    let mut text = String::new();
    for entry in entries {
        text.push_str(if are_first && text.is_empty() { "\n" } else { ",\n" });
        text.push_str(&serde_json::to_string(entry).map_err(|error| error.to_string())?);
    }
    Ok(text)
}

/// The head of the table.
pub(crate) fn csv_head() -> Result<String, String> {
    Ok([BYTE_ORDER_MARK, &table([COLUMNS.map(str::to_owned)])?].concat())
}

/// The lines of the table.
pub(crate) fn csv_entries(entries: &[HistoryEntry]) -> Result<String, String> {
    table(entries.iter().map(|entry| {
        let by = entry.by.as_ref();
        let of_actor = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let cells = [
            entry.at.to_string(),
            entry.kind.as_str().to_owned(),
            why(entry).to_owned(),
            entry.device.clone(),
            entry.ip_address.clone(),
            entry.place.clone().unwrap_or_default(),
            entry.session_id.as_ref().map_or_else(String::new, ToString::to_string),
            of_actor(by.map(|by| &*by.label)),
            of_actor(by.map(|by| &*by.ip_address)),
            of_actor(by.and_then(|by| by.place.as_deref())),
            by.map_or_else(String::new, |by| by.id.to_string()),
            entry.name.clone().unwrap_or_default(),
            entry.previous_ip_address.clone().unwrap_or_default(),
            entry.user_agent.clone(),
            of_actor(by.map(|by| &*by.user_agent)),
            entry.id.to_string(),
            entry.signed_in_with.as_ref().map_or_else(String::new, ToString::to_string),
        ];
        cells.map(|cell| inert(&cell))
    }))
}

fn table(rows: impl IntoIterator<Item = [String; COLUMNS.len()]>) -> Result<String, String> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        table.write_record(row).map_err(|error| error.to_string())?;
    }
    let bytes = table.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// The reason why a session ended or a right password was refused.
fn why(entry: &HistoryEntry) -> &'static str {
    let ended = entry.reason.map(EndedReason::as_str);
    ended.or(entry.refusal.map(Refusal::as_str)).unwrap_or_default()
}

/// Escapes text that strangers chose, such as a user agent, so that spreadsheets do not read it as a formula
/// (OWASP, CSV injection): an apostrophe is put before each character that would begin one.
///
/// Where the system's list separator is a semicolon, spreadsheets split a cell at it, quoted or not; pasted tables are
/// split at tabs. So a cell may begin after each of these.
fn inert(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 1);
    let mut may_begin = true;
    if text.starts_with(['\t', '\r', '\n']) {
        written.push('\'');
    }
    for c in text.chars() {
        if may_begin && matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            written.push('\'');
        }
        may_begin = match c {
            ',' | ';' | '|' | '\t' | '\r' | '\n' => true,
            // Spreadsheets trim these.
            '"' | '\u{200b}' | '\u{feff}' => may_begin,
            c if c.is_whitespace() || c.is_control() => may_begin,
            _ => false,
        };
        written.push(c);
    }
    written
}

#[cfg(test)]
mod tests {
    use crate::api::openapi::example;

    use super::*;

    fn rows(text: &str) -> Vec<csv::StringRecord> {
        let text = text.strip_prefix(BYTE_ORDER_MARK).expect("a byte order mark");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().expect("a header").iter().collect::<Vec<_>>(), COLUMNS);
        reader.records().collect::<Result<_, _>>().expect("rows")
    }

    fn column(row: &csv::StringRecord, name: &str) -> String {
        row[COLUMNS.iter().position(|column| *column == name).expect("a column")].to_owned()
    }

    #[test]
    fn csv_has_a_line_for_each_entry_and_no_formulas() {
        let mut entry = example::history().entries.remove(0);
        entry.user_agent = "=HYPERLINK(\"https://evil.example\")".to_owned();
        entry.device = "Ada's, at \"home\"\n".to_owned();
        let refused = HistoryEntry { reason: None, refusal: Some(Refusal::Locked), ..entry.clone() };
        let text = [csv_head().expect("a head"), csv_entries(&[entry, refused]).expect("lines")].concat();
        let rows = rows(&text);
        assert_eq!(rows.len(), 2);
        assert_eq!((&*column(&rows[0], "reason"), &*column(&rows[1], "reason")), ("revoked", "locked"));
        assert_eq!(column(&rows[0], "user_agent"), "'=HYPERLINK(\"https://evil.example\")");
        assert_eq!(column(&rows[0], "device"), "Ada's, at \"home\"\n");
        assert_eq!(column(&rows[0], "at"), "2026-11-23T11:09:21.802Z");
        assert_eq!(column(&rows[0], "ip_address"), "198.51.100.9");
        assert_eq!(column(&rows[0], "by_ip_address"), "203.0.113.7");
        assert_eq!(column(&rows[0], "by_place"), "Berlin, Germany");
    }

    #[test]
    fn no_part_of_a_csv_cell_begins_a_formula() {
        for (text, written) in [
            ("x;=cmd|' /C calc'!A0", "x;'=cmd|' /C calc'!A0"),
            ("x\t=1+1", "x\t'=1+1"),
            ("x; \"=1\"", "x; \"'=1\""),
            ("x,@SUM(A1)", "x,'@SUM(A1)"),
            ("x\r\n+1", "x\r\n'+1"),
            ("\t=1", "'\t'=1"),
            ("\u{a0}=1", "\u{a0}'=1"),
            ("\u{feff}-1", "\u{feff}'-1"),
            ("＝1", "'＝1"),
            ("a=b; c-d", "a=b; c-d"),
            ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (X11; Linux x86_64)"),
            ("", ""),
        ] {
            assert_eq!(inert(text), written, "{text:?}");
        }
        let mut entry = example::history().entries.remove(0);
        // Imports may contain this too.
        for field in [&mut entry.ip_address, &mut entry.device, &mut entry.user_agent] {
            "x;=1".clone_into(field);
        }
        let by = entry.by.as_mut().expect("an actor");
        for field in [&mut by.label, &mut by.ip_address, &mut by.user_agent] {
            "x;=1".clone_into(field);
        }
        entry.name = Some("x;=1".to_owned());
        entry.place = Some("x;=1".to_owned());
        by.place = Some("x;=1".to_owned());
        entry.previous_ip_address = Some("x;=1".to_owned());
        let text = csv_entries(&[entry]).expect("a line");
        assert_eq!((text.matches(";'=1").count(), text.matches(";=1").count()), (10, 0), "{text}");
    }

    #[test]
    fn parts_of_a_json_file_form_one_object() {
        let (user, entry) = (example::user(), example::history().entries.remove(0));
        let parts = [
            begun(HistoryFormat::Json, entry.at, user.clone()).expect("a head"),
            json_entries(&[entry.clone(), entry.clone()], true).expect("entries"),
            json_entries(std::slice::from_ref(&entry), false).expect("entries"),
            END.to_owned(),
        ];
        let read: serde_json::Value = serde_json::from_str(&parts.concat()).expect("JSON");
        let entries = vec![entry.clone(), entry.clone(), entry.clone()];
        let whole = HistoryExport { exported_at: entry.at, user, entries };
        assert_eq!(read, serde_json::to_value(&whole).expect("JSON"));
    }
}
