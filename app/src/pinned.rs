//! Threads that render pages.

use std::{
    future::ready,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::LazyLock,
    thread::available_parallelism,
};

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::{
    FutureExt, StreamExt,
    channel::{mpsc, oneshot},
};
use http::header::CONTENT_TYPE;
use multi_session::{Code, http::Problem};
use tokio_util::task::LocalPoolHandle;
use tracing::{Instrument, Span};

/// One thread with its own runtime for each processor. They live as long as the process, because database
/// connections opened by a page belong to its runtime.
static THREADS: LazyLock<LocalPoolHandle> =
    LazyLock::new(|| LocalPoolHandle::new(available_parallelism().map_or(2, usize::from)));

/// Starts the threads that render pages, once in each process. Do it before anything is served: a runtime
/// needs open files, and connections may have used them up by the time of the first page.
pub fn start_render_threads() {
    LazyLock::force(&THREADS);
}

/// A middleware for [`axum::middleware::from_fn`] that renders each page on one thread and to its end, even
/// if the client disconnects.
///
/// Otherwise Leptos runs parts of a page, such as fetching the list, on another thread at the same time. In
/// 200,000 pages whose clients disconnected, four then panicked because a value was gone with its request,
/// and one was never answered. Other answers, such as files and event streams, are passed through.
pub async fn pinned(request: Request, next: Next) -> Response {
    if !request.method().is_safe() {
        return next.run(request).await;
    }
    let span = Span::current();
    let (answer, answered) = oneshot::channel();
    let rendering = THREADS.spawn_pinned(move || {
        let rendering = async move {
            // If nobody receives it, the client has disconnected.
            let response = next.run(request).await;
            if !is_page(&response) {
                let _ = answer.send(response);
                return;
            }
            let (head, body) = response.into_parts();
            let (chunks, rest) = mpsc::unbounded();
            let _ = answer.send(Response::from_parts(head, Body::from_stream(rest)));
            let sender = chunks.clone();
            let forwarded = body.into_data_stream().for_each(|chunk| {
                let _ = sender.unbounded_send(chunk);
                ready(())
            });
            // An incomplete page must not look complete.
            if AssertUnwindSafe(forwarded).catch_unwind().await.is_err() {
                let _ =
                    chunks.unbounded_send(Err(axum::Error::new("the page could not be rendered completely")));
            }
        };
        rendering.instrument(span)
    });
    match answered.await {
        Ok(response) => response,
        // Handle it like any other panic.
        Err(_) => match rendering.await.map_err(tokio::task::JoinError::try_into_panic) {
            Err(Ok(panic)) => resume_unwind(panic),
            // The server is stopping.
            _ => Problem::from(Code::ServerBusy).into_response(),
        },
    }
}

fn is_page(response: &Response) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
