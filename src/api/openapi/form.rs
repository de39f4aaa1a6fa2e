//! Schemas of forms.

use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

/// Converts the schema of a body to that of a form: each field is a text and never null.
pub(crate) fn as_form(mut body: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(body)) = &mut body {
        body.properties.values_mut().for_each(only_text);
    }
    body
}

fn only_text(field: &mut RefOr<Schema>) {
    match field {
        RefOr::T(Schema::Object(field)) => field.schema_type = SchemaType::Type(Type::String),
        RefOr::T(Schema::AnyOf(field)) => field.items.retain(is_text),
        _ => {}
    }
}

fn is_text(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(of)) if of.schema_type == SchemaType::Type(Type::String))
}
