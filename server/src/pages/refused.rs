//! Answers forms that are refused before they reach their server function: always with a page, never with
//! JSON.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use leptos::prelude::*;
use multi_session::Code;
use multi_session::http::{Problem, TrustedOrigins};
use multi_session_leptos::{form_page, plain};

use crate::Server;

/// The path of the server functions.
const FUNCTIONS: &str = "/fn/";

/// The state of the layer [`explain_refusal`].
#[derive(Clone)]
pub(crate) struct Refusals {
    server: Arc<Server>,
}

impl Refusals {
    pub(crate) fn new(server: &Server) -> Self {
        Self { server: Arc::new(server.clone()) }
    }

    /// The page that answers a form.
    fn page(&self, response: Response, asked: &Asked, code: Code) -> Response {
        let (mut head, _) = response.into_parts();
        head.headers.remove(CONTENT_LENGTH);
        if head.status.is_success() {
            head.status = StatusCode::SEE_OTHER;
            head.headers.insert(LOCATION, HeaderValue::from_static("/"));
            return Response::from_parts(head, Body::empty());
        }
        let seconds = text(&head.headers, RETRY_AFTER.as_str()).parse().ok();
        let page = |link: &str, text: &str| (link.to_owned(), text.to_owned());
        let (sentence, link) = match self.other_address(asked, code) {
            Some(sentence) => {
                let base_url = self.server.http.base_url();
                (sentence, page(base_url, &format!("Open {base_url}")))
            }
            None => {
                let own = form_page(&asked.path).map(|path| page(path, "Go back"));
                (
                    code.sentence_with(seconds).into_owned(),
                    own.unwrap_or_else(|| page("/", "Go to home page")),
                )
            }
        };
        let options = self.server.leptos.clone();
        let document = Owner::new().with(|| {
            provide_context(self.server.options);
            self::page(options, TITLE, code.as_str(), sentence, link).to_html()
        });
        // The page has no script and loads only its style and images.
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'{}; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
            self.server.images
        );
        head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            head.headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        Response::from_parts(head, Body::from(document))
    }

    /// The text for a person who opened the page at another address than this server's.
    fn other_address(&self, asked: &Asked, code: Code) -> Option<String> {
        let origin = asked.own_origin.as_ref().filter(|_| code == Code::InvalidOrigin)?;
        let base_url = self.server.http.base_url();
        Some(format!("You opened this site at {origin}, which is not its address. Use {base_url} instead."))
    }
}

/// The properties of a call of a server function that the answer depends on.
struct Asked {
    path: String,
    /// Whether the browser will show the answer as a page.
    is_form: bool,
    /// The origin of the page that sent it, unless the browser says that this is another site.
    own_origin: Option<String>,
}

impl Asked {
    /// `None` for another request.
    fn of(request: &Request) -> Option<Self> {
        let (path, headers) = (request.uri().path(), request.headers());
        (request.method() == Method::POST && path.starts_with(FUNCTIONS)).then(|| Self {
            path: path.to_owned(),
            is_form: text(headers, ACCEPT.as_str()).contains("text/html"),
            own_origin: TrustedOrigins::own_page(headers),
        })
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Answers refused forms with a page. If the page was opened at another address than this server's, it tells
/// the person.
pub(crate) async fn explain_refusal(
    State(refusals): State<Refusals>,
    request: Request,
    next: Next,
) -> Response {
    let Some(asked) = Asked::of(&request) else { return next.run(request).await };
    let response = next.run(request).await;
    let code = response.extensions().get::<Code>().copied();
    if asked.is_form && !is_page(&response) {
        let code = code.unwrap_or_else(|| by_status(response.status()));
        return refusals.page(response, &asked, code);
    }
    match code.and_then(|code| Some((code, refusals.other_address(&asked, code)?))) {
        Some((code, sentence)) => {
            let (head, _) = response.into_parts();
            let told = Problem::with_message(code, sentence).into_response();
            let mut told = Response::from_parts(head, told.into_body());
            told.headers_mut().remove(CONTENT_LENGTH);
            told
        }
        None => response,
    }
}

/// Whether the response is a page.
fn is_page(response: &Response) -> bool {
    response.status().is_redirection()
        || text(response.headers(), CONTENT_TYPE.as_str()).starts_with("text/html")
}

fn by_status(status: StatusCode) -> Code {
    if status.is_client_error() { Code::BadRequest } else { Code::Internal }
}

/// The title of the page about a refusal.
pub(crate) const TITLE: &str = "Something went wrong";

/// The page about a refusal or a failure: title, code, text, and a link.
pub(crate) fn page(
    options: LeptosOptions,
    title: &'static str,
    code: &str,
    sentence: String,
    (link, text): (String, String),
) -> impl IntoView + use<> {
    let content = view! {
        <div class="ms-blank">
            <h1>{title}</h1>
            <p>{sentence}</p>
            <p>
                "Code: "<code>{code.to_owned()}</code>
            </p>
            <a class="ms-button" href=link>
                {text}
            </a>
        </div>
    };
    plain(options, title, content.into_any())
}
