//! The OpenAPI document: the descriptions of all endpoints, and what they have in common.

use std::collections::HashSet;

use axum::body::Bytes;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, PathItem, RefOr, Schema, Server};
use utoipa_axum::router::OpenApiRouter;

use crate::SessionEvent;
use crate::http::{Problem, SessionHttp};

pub(crate) mod example;
mod form;
mod refusal;
mod webhooks;

pub(crate) use form::as_form;
pub(crate) use refusal::{
    ByScript, CHANGES, ENDS_OTHERS, EVERY, HASHES, READS_BODY, READS_COOKIES, WithoutFields, refusals,
    responses,
};

/// The name of the security scheme in operations.
const SESSION: &str = "session";
/// The same for the endpoints for operators.
const OPERATOR: &str = "operator";
/// The tag of those endpoints.
const OPERATORS: &str = "operators";

/// The part that does not depend on the configuration.
#[derive(OpenApi)]
#[openapi(
    info(title = "Multi-session", description = include_str!("openapi/description.md")),
    tags(
        (name = "accounts", description = "Sign up, sign in, and change or reset the password."),
        (name = "session", description = "Read the active session, and sign out."),
        (name = "devices", description = "List, switch, name and end the sessions of a user."),
        (name = "operators", description = "For operator programs, with a token and without cookies."),
        (name = "server", description = "About the server itself; all of it is public."),
    ),
    components(schemas(Problem, SessionEvent)),
)]
struct Common;

/// The document of these endpoints, at the path where they are mounted.
pub(super) fn document<S: Clone + Send + Sync + 'static>(
    endpoints: OpenApiRouter<S>,
    http: &SessionHttp,
    sends_webhooks: bool,
) -> Bytes {
    let path = http.api_path();
    let mut document = OpenApiRouter::with_openapi(Common::openapi()).nest(path, endpoints).into_openapi();
    // The licence in Cargo.toml is the library's, not the service's.
    document.info.license = None;
    document.info.description = document.info.description.map(|it| it.replace(SessionHttp::API_PATH, path));
    document.servers = Some(vec![Server::new(http.base_url())]);
    if sends_webhooks {
        webhooks::describe(&mut document);
    }
    document.paths.paths.values_mut().for_each(distinguish_missing_from_null);
    let operations = document.paths.paths.values().flat_map(|item| [&item.get, &item.post]).flatten();
    let used: HashSet<String> = operations.flat_map(|it| it.tags.iter().flatten().cloned()).collect();
    document.tags.iter_mut().for_each(|tags| tags.retain(|tag| used.contains(&tag.name)));
    let description = format!(
        "Set when a session begins. It is httpOnly, so scripts cannot read it. In addition each account in the browser has a \
         cookie named `{}` followed by its session's token in lower case.",
        http.names().held_prefix()
    );
    let cookie = ApiKeyValue::with_description(http.names().active(), &description);
    let components = document.components.get_or_insert_with(Components::new);
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    if used.contains(OPERATORS) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("mso_…");
        let says = "An operator token. The server is configured with its SHA-256.";
        let bearer = bearer.description(Some(says)).build();
        components.add_security_scheme(OPERATOR, SecurityScheme::Http(bearer));
    }
    // Serialising a document cannot fail.
    serde_json::to_vec(&document).map(Bytes::from).unwrap_or_default()
}

/// utoipa describes an optional body as one that may be `null`, which the server does not accept.
fn distinguish_missing_from_null(item: &mut PathItem) {
    let Some(RefOr::T(body)) = item.post.as_mut().and_then(|post| post.request_body.as_mut()) else { return };
    for content in body.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(RefOr::T(Schema::OneOf(one_of))) = &content.schema
            && let [body @ RefOr::Ref(_), _null] = one_of.items.as_slice()
        {
            content.schema = Some(body.clone());
        }
    }
}
