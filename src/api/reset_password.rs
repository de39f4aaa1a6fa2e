//! `POST /reset-password` `{newPassword, token}` → `{status: true}`, and `GET
//! /reset-password/{token}?callbackURL=`, which mails link to if `redirectTo` was given, and which redirects
//! the person there.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{LOCATION, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use url::{Url, form_urlencoded};
use utoipa::ToSchema;

use crate::api::answer::Done;
use crate::api::body::{Accepts, Fields};
use crate::api::openapi::{CHANGES, EVERY, HASHES, READS_BODY, READS_COOKIES, refusals};
use crate::api::state::ApiState;
use crate::http::Problem;
use crate::{Code, Purpose, ResetPassword};

/// The input of the form behind the link.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct ResetPasswordBody {
    /// The new password.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    new_password: String,
    /// The token of the mailed link. It may be in the query instead.
    token: Option<String>,
}

impl ResetPasswordBody {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut fields = Fields::read(request, Accepts::Json).await?;
        let body = Self { new_password: fields.required("newPassword"), token: fields.optional("token") };
        fields.finish()?;
        Ok(body)
    }
}

/// A parameter of the query. If it is repeated, the first one counts.
fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    HASHES,
    [Code::PasswordTooShort, Code::PasswordTooLong, Code::InvalidToken]
);

/// Set a new password by a mailed link
///
/// The token works once. Every session of the user ends on every device, and the user's other mailed links stop
/// working. The browser is not signed in.
#[utoipa::path(
    post,
    path = "/reset-password",
    operation_id = "resetPassword",
    tag = "accounts",
    params(("token" = Option<String>, Query, description = "The token of the mailed link, if it is not in the body.", example = "mY1p4VbC0p1UwIhZ2rE7cW5kJ9sQ3xT6yL8nB0vG4fA")),
    request_body(
        content = ResetPasswordBody,
        example = json!({
            "newPassword": "another good password", "token": "mY1p4VbC0p1UwIhZ2rE7cW5kJ9sQ3xT6yL8nB0vG4fA"
        }),
    ),
    responses(
        (status = 200, description = "The password was set.", body = Done, example = json!(Done::DONE)),
        Refusals,
    ),
    security(()),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Json<Done>, Problem> {
    let ResetPasswordBody { new_password, token } = ResetPasswordBody::read(request).await?;
    let token = token
        .filter(|token| !token.is_empty())
        .or_else(|| parameter(query.as_deref(), "token"))
        .unwrap_or_default();
    // In the order in which Better Auth reports problems.
    if token.is_empty() {
        return Err(Code::InvalidToken.into());
    }
    api.accounts()?.reset_password(ResetPassword { token, new_password }).await?;
    Ok(Json(Done::DONE))
}

/// The parameter of the path, read by its name, because the path of the API may have a parameter too.
#[derive(Deserialize)]
pub(super) struct Link {
    token: String,
}

refusals!(FollowRefusals = EVERY, READS_COOKIES, [Code::ValidationError, Code::InvalidCallbackUrl]);

/// Follow a mailed link
///
/// Redirects to `callbackURL` with `?token=`, or with `?error=INVALID_TOKEN` if the link was used or has expired. This
/// does not use the link up, because mail scanners open links too.
#[utoipa::path(
    get,
    path = "/reset-password/{token}",
    operation_id = "resetPasswordCallback",
    tag = "accounts",
    params(
        ("token" = String, Path, description = "The token of the mailed link.",
         example = "mY1p4VbC0p1UwIhZ2rE7cW5kJ9sQ3xT6yL8nB0vG4fA"),
        ("callbackURL" = String, Query, description = "A path of this site or an address of a trusted origin.",
         example = "/reset-password"),
    ),
    responses(
        (
            status = 302,
            description = "A redirect to `callbackURL`.",
            headers(("Location" = String, description = "`callbackURL` with `token` or `error`.")),
        ),
        FollowRefusals,
    ),
    security(()),
)]
pub(super) async fn follow(
    State(api): State<ApiState>,
    link: Result<Path<Link>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    // A token that is not valid text is not valid either.
    let token = link.map(|Path(link)| link.token).unwrap_or_default();
    let to = parameter(query.as_deref(), "callbackURL").ok_or_else(|| {
        let message = "[query.callbackURL] Invalid input: expected string, received undefined";
        Problem::with_message(Code::ValidationError, message.to_owned())
    })?;
    let is_somewhere = !to.is_empty();
    let to = if is_somewhere { to } else { [api.http.api_path(), "/error"].concat() };
    let to = api.http.origins().resolve_callback(&to)?;
    let is_valid = is_somewhere && api.accounts()?.is_valid_link(&token, Purpose::ResetPassword).await?;
    let told = if is_valid { ("token", &*token) } else { ("error", Code::InvalidToken.as_str()) };
    let location = with(to, told).ok_or(Code::InvalidCallbackUrl)?;
    let mut response = StatusCode::FOUND.into_response();
    response.headers_mut().insert(LOCATION, location);
    // The address contains the secret.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// Adds a parameter to an address, or replaces it.
fn with(mut url: Url, (name, value): (&str, &str)) -> Option<HeaderValue> {
    let others: Vec<(String, String)> =
        url.query_pairs().filter(|(other, _)| other != name).map(|(a, b)| (a.into(), b.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
    HeaderValue::try_from(url.as_str()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_is_added_to_existing_ones() {
        let with = |to| {
            let to = Url::parse(to).expect("a URL");
            with(to, ("token", "abc")).map(|it| it.to_str().expect("text").to_owned())
        };
        assert_eq!(with("https://a.example/reset").as_deref(), Some("https://a.example/reset?token=abc"));
        assert_eq!(
            with("https://a.example/r?a=b&token=x").as_deref(),
            Some("https://a.example/r?a=b&token=abc")
        );
        assert_eq!(with("https://a.example").as_deref(), Some("https://a.example/?token=abc"));
        assert_eq!(with("https://a.example/app#x").as_deref(), Some("https://a.example/app?token=abc#x"));
    }
}
