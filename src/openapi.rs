//! OpenAPI schemas of the types that are strings on the wire.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::{Code, Handle, SessionId, Timestamp, UserId, WebhookType};

impl PartialSchema for Handle {
    fn schema() -> RefOr<Schema> {
        text("The public name of a session: Better Auth's `token`. Alone it opens nothing.")
            .pattern(Some("^[A-Za-z0-9]{32}$"))
            .examples(["3gympsuydpb41jpqgy61f1zliq564nui"])
            .into()
    }
}

impl PartialSchema for SessionId {
    fn schema() -> RefOr<Schema> {
        id("The id of a session in lists and calls. It opens nothing.")
    }
}

impl PartialSchema for UserId {
    fn schema() -> RefOr<Schema> {
        id("The id of a user.")
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        text("A time in UTC, with milliseconds.")
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .pattern(Some(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"))
            .examples(["2026-11-23T11:09:21.802Z"])
            .into()
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        text("The stable code of an error.").enum_values(Some(Self::ALL.iter().map(|it| it.as_str()))).into()
    }
}

impl PartialSchema for WebhookType {
    fn schema() -> RefOr<Schema> {
        text("What a webhook tells.").enum_values(Some(Self::ALL.iter().map(|it| it.as_str()))).into()
    }
}

impl ToSchema for Handle {}
impl ToSchema for SessionId {}
impl ToSchema for UserId {}
impl ToSchema for Timestamp {}
impl ToSchema for Code {}
impl ToSchema for WebhookType {}

fn id(description: &str) -> RefOr<Schema> {
    text(description)
        .pattern(Some("^[A-Za-z0-9_-]{1,64}$"))
        .examples(["01a2098d-43c3-76b6-ae3a-e0c25f2b34b2"])
        .into()
}

fn text(description: &str) -> ObjectBuilder {
    Object::builder().schema_type(SchemaType::Type(Type::String)).description(Some(description))
}
