//! The login: a one-time code, which is written to the log instead of a mail.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

#[cfg(feature = "ssr")]
pub mod codes;

/// Sends a code to an address.
#[server(prefix = "/login/fn")]
pub async fn send_code(
    email: String,
    page: String,
    act: String,
    session_id: String,
) -> Result<(), ServerFnError> {
    codes::make(&email).await?;
    let page = if page == "verify" { "/verify" } else { "/login" };
    leptos_axum::redirect(&asking(page, &[("email", &email), ("act", &act), ("session_id", &session_id)]));
    Ok(())
}

/// Logs in with a code.
#[server(prefix = "/login/fn")]
pub async fn log_in(email: String, code: String) -> Result<(), ServerFnError> {
    let request: SessionRequest = leptos_axum::extract().await?; // multi-session
    match codes::verify(request.sessions(), &email, &code).await? {
        Some((user, proof)) => {
            request.begin(Subject::new(user).name(&email).email(email.clone()), proof).await?; // multi-session
            leptos_axum::redirect("/");
        }
        None => leptos_axum::redirect(&asking("/login", &[("email", &email), ("wrong", "")])),
    }
    Ok(())
}

/// Confirms with a code who the person is, and continues the action that needed it.
#[server(prefix = "/login/fn")]
pub async fn confirm(code: String, act: String, session_id: String) -> Result<(), ServerFnError> {
    let request: SessionRequest = leptos_axum::extract().await?; // multi-session
    let email = request.browser()?.signed_in()?.user.email.clone();
    match codes::verify(request.sessions(), &email, &code).await? {
        Some((_, proof)) => multi_session_leptos::step_up(proof, &act, &session_id).await?, // multi-session
        None => {
            let query = [("email", &*email), ("act", &act), ("session_id", &session_id), ("wrong", "")];
            leptos_axum::redirect(&asking("/verify", &query));
        }
    }
    Ok(())
}

#[cfg(feature = "ssr")]
use multi_session::{Subject, http::SessionRequest}; // multi-session

/// The address of a page that asks for the code.
#[cfg(feature = "ssr")]
fn asking(page: &str, query: &[(&'static str, &str)]) -> String {
    let query: leptos_router::params::ParamsMap =
        query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    page.to_owned() + &query.to_query_string()
}

/// The login page: first it asks for the address, then for the code.
#[component]
pub fn LoginPage() -> impl IntoView {
    view! {
        <Title text="Log in" />
        <h1>"Log in"</h1>
        <multi_session_leptos::accounts::HeldAccounts /> // multi-session
        <Code page="login" action=LogIn::PATH />
    }
}

/// The step-up page, before actions that need a fresh session.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    let query = use_query_map();
    let value = move |name| query.read().get(name).unwrap_or_default();
    let purpose = move || multi_session_leptos::step_up_purpose(&value("act"), &value("session_id")); // multi-session
    view! {
        <Title text="Confirm it's you" />
        <h1>"Confirm it's you"</h1>
        <p>{move || purpose().map(|purpose| format!("Enter the code we emailed you to {purpose}."))}</p>
        <Code page="verify" action=Confirm::PATH />
    }
}

/// The browser itself submits the forms. It then loads a new document, without data of the previous account.
#[component]
fn Code(page: &'static str, action: &'static str) -> impl IntoView {
    let query = use_query_map();
    move || {
        let query = query.read();
        let value = |name| query.get(name).unwrap_or_default();
        let step = view! {
            <input type="hidden" name="act" value=value("act") />
            <input type="hidden" name="session_id" value=value("session_id") />
        };
        match query.get("email") {
            None => view! {
                <form method="post" action=SendCode::PATH>
                    <input type="hidden" name="page" value=page />
                    {step}
                    <label>"Email " <input type="email" name="email" autocomplete="username" required /></label>
                    <button>"Send me a code"</button>
                </form>
            }
            .into_any(),
            Some(email) => view! {
                <form method="post" action=action>
                    {query.get("wrong").map(|_| view! { <p role="alert">"This code is wrong or has expired."</p> })}
                    <input type="hidden" name="email" value=email />
                    {step}
                    <label>
                        "Code from the log "
                        <input name="code" inputmode="numeric" autocomplete="one-time-code" required />
                    </label>
                    <button>"Continue"</button>
                </form>
            }
            .into_any(),
        }
    }
}
