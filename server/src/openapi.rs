//! The OpenAPI document: what every endpoint says of itself, and what holds for all of them.

use axum::body::Bytes;
use multi_session::SessionEvent;
use multi_session::http::{CookieNames, Problem};
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, PathItem, RefOr, Schema, Server};

pub(crate) mod example;
mod form;
mod refusal;

pub(crate) use form::as_form;
pub(crate) use refusal::{
    ByScript, CHANGES, ENDS_OTHERS, EVERY, HASHES, READS_BODY, READS_COOKIES, WithoutFields, refusals,
    responses,
};

/// The name of the security scheme in operations.
const SESSION: &str = "session";
/// The same for what operators' programs call.
const OPERATOR: &str = "operator";

/// What is the same whatever the configuration.
#[derive(OpenApi)]
#[openapi(
    info(title = "Multi-session", description = include_str!("openapi/description.md")),
    tags(
        (name = "accounts", description = "Sign up, sign in, sign out, and the password."),
        (name = "session", description = "Who this browser is signed in as."),
        (name = "devices", description = "Every sign-in of a person: list, switch, end."),
        (name = "operators", description = "For operators' programs, with a token and without cookies."),
        (name = "server", description = "What is about the server itself; all of it is public."),
    ),
    components(schemas(Problem, SessionEvent)),
)]
struct Common;

/// The document without endpoints.
pub(crate) fn common() -> utoipa::openapi::OpenApi {
    Common::openapi()
}

/// Completes what the endpoints say with what the configuration says.
pub(crate) fn document(
    mut document: utoipa::openapi::OpenApi,
    base_url: &str,
    names: &CookieNames,
) -> Result<Bytes, serde_json::Error> {
    // Cargo has no licence to tell of.
    document.info.license = None;
    document.paths.paths.values_mut().for_each(distinguish_missing_from_null);
    document.servers = Some(vec![Server::new(base_url.trim_end_matches('/'))]);
    let description = format!(
        "Set by sign-up and sign-in; httpOnly, so that no script reads it. Each account that the browser holds has \
         a cookie `{}` and its session's token in lower case beside it.",
        names.held_prefix()
    );
    let cookie = ApiKeyValue::with_description(names.active(), &description);
    let components = document.components.get_or_insert_with(Components::new);
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    if document.paths.paths.keys().any(|path| path.contains("/operator/")) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("mso_…");
        let says =
            "A token that `multi-session operator-token` made; the server is configured with its SHA-256.";
        let bearer = bearer.description(Some(says)).build();
        components.add_security_scheme(OPERATOR, SecurityScheme::Http(bearer));
    }
    serde_json::to_vec(&document).map(Bytes::from)
}

/// A body that may be missing is an `Option` to utoipa, which says that it may be `null`; the server takes no `null`.
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
