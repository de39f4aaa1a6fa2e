//! Threads on which pages are rendered.

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

/// One for each processor, with a runtime of its own, for as long as the process lives: connections to the database that
/// were opened by a page belong to its runtime.
static THREADS: LazyLock<LocalPoolHandle> =
    LazyLock::new(|| LocalPoolHandle::new(available_parallelism().map_or(2, usize::from)));

/// Starts the threads that render pages, once in each process. Do it before anything is served: a runtime needs files, of
/// which connections may have left none when the first page is asked for.
pub fn start_render_threads() {
    LazyLock::force(&THREADS);
}

/// Renders each page on one thread, to its end even when nobody waits for it any more: a middleware for
/// [`axum::middleware::from_fn`].
///
/// What Leptos does beside the rendering, such as asking for the list, would else run on another thread at the same moment.
/// Of 200,000 pages whose readers went away, four then found a value that was gone with its request, and panicked, and one
/// was never answered. What is no page, such as a file or a stream of events, is sent as it comes.
pub async fn pinned(request: Request, next: Next) -> Response {
    if !request.method().is_safe() {
        return next.run(request).await;
    }
    let span = Span::current();
    let (answer, answered) = oneshot::channel();
    let rendering = THREADS.spawn_pinned(move || {
        let rendering = async move {
            // Whoever does not listen any more has gone away.
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
            // A page that broke off must not look whole.
            if AssertUnwindSafe(forwarded).catch_unwind().await.is_err() {
                let _ =
                    chunks.unbounded_send(Err(axum::Error::new("the page could not be rendered completely")));
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

fn is_page(response: &Response) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
