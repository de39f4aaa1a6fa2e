//! `POST /sign-in/email` `{email, password, callbackURL?, rememberMe?, sharedComputer?}` → `{redirect, token, url?, user}`.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::callback;
use crate::api::body::{Accepts, Fields, truth};
use crate::api::openapi::{CHANGES, EVERY, HASHES, READS_BODY, READS_COOKIES, as_form, example, refusals};
use crate::api::state::ApiState;
use crate::http::{Problem, SessionRequest};
use crate::{Code, Handle, SignIn, User};

/// The input for a sign-in.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct SignInBody {
    /// The address of the account.
    #[schema(format = "email")]
    email: String,
    /// Its password.
    #[schema(format = Password, max_length = 128)]
    password: String,
    /// Where the person goes next: a path of this site or an address of a trusted origin.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
    /// Whether the cookies stay when the browser is closed; by default they do.
    #[schema(schema_with = truth, required = false)]
    remember_me: Option<bool>,
    /// Whether this is a shared computer. Then the cookies end with the browser window, and the session ends after at
    /// most 30 minutes without activity.
    #[schema(schema_with = truth, required = false)]
    shared_computer: Option<bool>,
}

/// The same input as a form sends it.
struct SignInForm;

impl PartialSchema for SignInForm {
    fn schema() -> RefOr<Schema> {
        as_form(SignInBody::schema())
    }
}

impl ToSchema for SignInForm {}

impl SignInBody {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut fields = Fields::read(request, Accepts::JsonOrForm).await?;
        let body = Self {
            email: fields.required("email"),
            password: fields.required("password"),
            remember_me: fields.optional_bool("rememberMe"),
            shared_computer: fields.optional_bool("sharedComputer"),
            callback_url: fields.optional("callbackURL"),
        };
        fields.finish()?;
        Ok(body)
    }
}

/// The result of a sign-in.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedIn<'a> {
    /// Whether the client should go to `url`.
    redirect: bool,
    /// The public part of the new session's cookie.
    token: &'a Handle,
    /// The `callbackURL` of the request, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    url: Option<&'a str>,
    /// The user.
    user: &'a User,
}

impl<'a> SignedIn<'a> {
    /// The answer to a request without a `callbackURL`.
    pub(super) fn new(session: &'a Handle, user: &'a User) -> Self {
        Self { redirect: false, token: session, url: None, user }
    }
}

refusals!(
    Refusals = EVERY,
    READS_COOKIES,
    CHANGES,
    READS_BODY,
    HASHES,
    [
        Code::InvalidEmail,
        Code::PasswordTooLong,
        Code::InvalidEmailOrPassword,
        Code::PasswordResetRequired,
        Code::UserDisabled,
        Code::TwoFactorRequired,
        Code::CrossSiteLogin,
        Code::InvalidCallbackUrl,
        Code::MaximumSessionsReached,
        Code::MaximumAccountsReached,
    ]
);

/// Sign in with email and password
///
/// Other accounts in the browser stay signed in. At the maximum of sessions the user's oldest session ends, or, if the
/// server is configured so, the sign-in is refused. In that case, after the right password, the refusal has a `ticket`
/// and the user's `devices`, and `sign-in-instead` signs out the one that the person chooses.
#[utoipa::path(
    post,
    path = "/sign-in/email",
    operation_id = "signInEmail",
    tag = "accounts",
    request_body(content(
        (SignInBody = "application/json", examples(
            ("account" = (
                summary = "Email and password",
                value = json!({ "email": "ada@example.org", "password": "correct horse battery" })
            )),
            ("account and callback" = (
                summary = "With a page to go to",
                value = json!({
                    "email": "ada@example.org", "password": "correct horse battery", "callbackURL": "/sessions",
                    "rememberMe": false
                })
            )),
            ("shared computer" = (
                summary = "On a shared computer",
                value = json!({
                    "email": "ada@example.org", "password": "correct horse battery", "sharedComputer": true
                })
            )),
        )),
        (SignInForm = "application/x-www-form-urlencoded", example = json!({
            "email": "ada@example.org", "password": "correct horse battery", "rememberMe": "on"
        })),
    )),
    responses(
        (
            status = 200,
            description = "The browser is signed in.",
            headers(
                ("Set-Cookie" = String, description = "The session's cookies."),
                ("Location" = String, description = "The `callbackURL` of the request, if there was one."),
            ),
            body = SignedIn,
            example = json!(SignedIn::new(&example::handle(), &example::user())),
        ),
        Refusals,
    ),
    security(()),
)]
pub(super) async fn handle(
    State(api): State<ApiState>,
    state: SessionRequest,
    request: Request,
) -> Result<Response, Problem> {
    let body = SignInBody::read(request).await?;
    let url = body.callback_url;
    let callback = callback::check(&api, url.as_deref())?;
    let form = SignIn {
        email: body.email,
        password: body.password,
        remember: body.remember_me.unwrap_or(true),
        shared_computer: body.shared_computer.unwrap_or(false),
    };
    let browser = api.accounts()?.sign_in(&state.browser()?, state.client(), form).await?;
    let body = browser.active().map(|held| SignedIn {
        redirect: callback.is_some(),
        url: url.as_deref(),
        ..SignedIn::new(&held.session.handle, &held.user)
    });
    let mut response = Json(body).into_response();
    state.set_browser(browser);
    if let Some(url) = callback {
        response.headers_mut().insert(LOCATION, url);
    }
    Ok(response)
}
