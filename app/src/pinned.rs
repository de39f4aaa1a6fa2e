//! Threads on which pages are rendered.

use std::{panic::resume_unwind, thread::available_parallelism};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::{
    StreamExt,
    channel::{mpsc, oneshot},
};
use multi_session::{Code, http::Problem};
use tokio_util::task::LocalPoolHandle;
use tracing::{Instrument, Span};

/// The threads that render pages: one for each processor, with a runtime of its own.
#[derive(Clone, Debug)]
pub struct RenderThreads(LocalPoolHandle);

impl RenderThreads {
    /// Starts them. Do it before anything is served: a runtime needs files, of which connections may have left none when the
    /// first page is asked for.
    pub fn start() -> Self {
        Self(LocalPoolHandle::new(available_parallelism().map_or(2, usize::from)))
    }
}

/// Renders each page on one thread, to its end even when nobody waits for it any more: a middleware for
/// [`axum::middleware::from_fn_with_state`].
///
/// What Leptos does beside the rendering, such as asking for the list, would else run on another thread at the same moment.
/// Of 200,000 pages whose readers went away, four then found a value that was gone with its request, and panicked, and one
/// was never answered.
pub async fn pinned(State(threads): State<RenderThreads>, request: Request, next: Next) -> Response {
    if !request.method().is_safe() {
        return next.run(request).await;
    }
    let span = Span::current();
    let (answer, answered) = oneshot::channel();
    let rendering = threads.0.spawn_pinned(move || {
        let rendering = async move {
            let (head, body) = next.run(request).await.into_parts();
            let (chunks, rest) = mpsc::unbounded();
            // Whoever does not listen any more has gone away.
            let _ = answer.send(Response::from_parts(head, Body::from_stream(rest)));
            let mut body = body.into_data_stream();
            while let Some(chunk) = body.next().await {
                let _ = chunks.unbounded_send(chunk);
            }
        };
        rendering.instrument(span)
    });
    match answered.await {
        Ok(response) => response,
        // It is answered as any other panic.
        Err(_) => match rendering.await.map_err(tokio::task::JoinError::try_into_panic) {
            Err(Ok(panic)) => resume_unwind(panic),
            // The server is stopping.
            _ => Problem::from(Code::ServerBusy).into_response(),
        },
    }
}
