//! `POST /multi-session/export-history` `{format?}` → a file.

use axum::extract::{Request, State};
use axum::response::Response;
use utoipa::ToSchema;

use crate::Code;
use crate::api::body::{Accepts, Fields};
use crate::api::export::{HistoryExport, HistoryFormat, history_file};
use crate::api::openapi::{CHANGES, ENDS_OTHERS, EVERY, READS_BODY, READS_COOKIES, example, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};

/// The format of the history.
#[derive(ToSchema)]
struct ExportHistoryBody {
    /// `json`, the default, or `csv`.
    #[schema(pattern = "^(json|csv)$")]
    #[expect(dead_code, reason = "it only describes what is read")]
    format: Option<String>,
}

refusals!(Refusals = EVERY, READS_COOKIES, CHANGES, READS_BODY, ENDS_OTHERS, [Code::Unauthorized]);

/// Export the account history
///
/// The whole history of the active user, as a JSON or CSV file (UTF-8 with a byte order mark). It requires a fresh
/// sign-in, as ending other sessions does, and the history records the export. The file is streamed: if it cannot be
/// completed, or nothing is read for 30 seconds, the connection is closed.
#[utoipa::path(
    post,
    path = "/multi-session/export-history",
    operation_id = "exportHistory",
    tag = "devices",
    request_body(content = Option<ExportHistoryBody>, example = json!({ "format": "json" })),
    responses(
        (
            status = 200,
            description = "The file.",
            content(
                (HistoryExport = "application/json", example = json!(example::history_export())),
                (String = "text/csv", example = json!(example::history_csv())),
            ),
        ),
        Refusals,
    ),
    security((), ("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Response, Problem> {
    let browser = state.browser()?;
    let mut fields = Fields::read(request, Accepts::OptionalJson).await?;
    let format = fields.one_of("format", &[("json", HistoryFormat::Json), ("csv", HistoryFormat::Csv)]);
    fields.finish()?;
    let history = api.sessions.export_history(&browser, state.client()).await?;
    let user = browser.signed_in()?.user.clone();
    Ok(history_file(format, api.sessions.now(), user, history))
}
