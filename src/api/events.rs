//! `GET /multi-session/events`: events about the active user's sessions, as server-sent events.
//!
//! | event | data |
//! |---|---|
//! | `snapshot` | the whole list, as of `list-device-sessions` |
//! | `session` | a [`SessionEvent`](crate::SessionEvent) |
//! | `resync` | `{}`: events may have been missed, and a `snapshot` follows |
//!
//! Each has an id. A browser that reconnects with the last one in `Last-Event-ID` gets no snapshot if it has missed
//! nothing. When the session ends, the stream says so and closes. Without a live session there is no stream.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::api::openapi::{EVERY, HASHES, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, EventId, StreamItem, Watch};

/// Shorter than the idle timeout of every common proxy.
const HEARTBEAT: Duration = Duration::from_secs(20);

refusals!(Refusals = EVERY, READS_COOKIES, HASHES, [Code::Unauthorized, Code::InvalidOrigin]);

/// Follow changes of the sessions
///
/// Server-sent events, as long as the session lives. `snapshot` has the whole list, as listDeviceSessions returns it.
/// `session` has a SessionEvent. `resync` means that events may have been missed; a snapshot follows. When the session
/// ends, the stream says how and closes. Opening a stream is not activity and does not extend the session. Pages of
/// untrusted origins get no stream. The number of streams is limited per session, user and address; beyond it the
/// answer is 429.
#[utoipa::path(
    get,
    path = "/multi-session/events",
    operation_id = "watchSessions",
    tag = "devices",
    responses(
        (
            status = 200,
            description = "The stream.",
            content_type = "text/event-stream",
            body = String,
            example = "event: session\ndata: {\"type\":\"touched\",\"id\":\"01a2098d-43c3-76b6-ae3a-e0c25f2b34b2\",\"lastActiveAt\":\"2026-11-23T11:09:21.802Z\"}\nid: 4f5a1c2d3e4b5a69-7\n\n",
        ),
        Refusals,
    ),
    security(("session" = [])),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    api.http.origins().check_reader(&headers)?;
    let heard = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(EventId::parse);
    let watch = api.sessions.watch(&state.browser()?, state.client(), heard)?;
    let stream = futures_util::stream::unfold(watch, next);
    let heartbeat = KeepAlive::new().interval(HEARTBEAT);
    let mut response = Sse::new(stream).keep_alive(heartbeat).into_response();
    let headers = response.headers_mut();
    // The default is no-cache, which allows a cache to store it.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx would buffer the events.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

async fn next(mut watch: Watch) -> Option<(Result<Event, Infallible>, Watch)> {
    let (id, told) = watch.next().await?;
    let event = match &told {
        StreamItem::Snapshot(rows) => event("snapshot", rows),
        StreamItem::Event(event) => self::event("session", &**event),
        StreamItem::Resync => event("resync", &serde_json::json!({})),
    };
    Some((Ok(event.id(id.to_string())), watch))
}

fn event(name: &str, data: &impl Serialize) -> Event {
    // JSON has no line breaks of its own, and these types cannot fail to become JSON.
    Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}
