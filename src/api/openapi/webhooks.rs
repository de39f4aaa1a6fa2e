//! The webhooks in the document: what a server that is configured for them sends.

use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, HttpMethod, PathItem, Paths, Ref, Required, ResponseBuilder};
use utoipa::{OpenApi, ToSchema};

use super::example;
use crate::{Webhook, WebhookType};

/// The schemas of what is sent.
#[derive(OpenApi)]
#[openapi(components(schemas(Webhook)))]
struct Schemas;

/// The headers of each request, by Standard Webhooks.
const HEADERS: [(&str, Type, &str); 3] = [
    ("webhook-id", Type::String, "The event. It is the same when the event is sent again."),
    ("webhook-timestamp", Type::Integer, "When this request was made, in seconds since 1970."),
    (
        "webhook-signature",
        Type::String,
        "`v1,` and the HMAC-SHA-256, in base64, of the id, the timestamp and the body, joined by full stops. While a \
         secret is replaced there are two, separated by a space.",
    ),
];

/// Adds every webhook to the document, by the name of its type.
pub(super) fn describe(document: &mut utoipa::openapi::OpenApi) {
    document.merge(Schemas::openapi());
    let items = WebhookType::ALL.iter().map(|kind| (kind.as_str().to_owned(), item(*kind)));
    let mut webhooks = Paths::new();
    webhooks.paths = items.collect();
    document.webhooks = Some(webhooks);
}

fn item(kind: WebhookType) -> PathItem {
    // An example cannot fail to become JSON.
    let example = serde_json::to_value(example::webhook(kind)).ok();
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(Webhook::name()))).example(example);
    let body = RequestBodyBuilder::new()
        .content("application/json", body.build())
        .required(Some(Required::True))
        .build();
    let received = "It was received. Any other answer, also a redirect, and none within 15 seconds is a failure: the event \
                    is sent again, for three days.";
    let operation = OperationBuilder::new()
        .summary(Some(kind.as_str()))
        .description(Some(kind.description()))
        .parameters(Some(HEADERS.map(header)))
        .request_body(Some(body))
        .response("2XX", ResponseBuilder::new().description(received).build());
    PathItem::new(HttpMethod::Post, operation.build())
}

fn header((name, kind, description): (&str, Type, &str)) -> utoipa::openapi::path::Parameter {
    let format = (kind == Type::Integer).then_some(SchemaFormat::KnownFormat(KnownFormat::Int64));
    let schema = ObjectBuilder::new().schema_type(SchemaType::Type(kind)).format(format).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}
