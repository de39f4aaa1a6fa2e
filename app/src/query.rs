//! Reads addresses: values, and errors of forms.

#[cfg(feature = "ssr")]
use leptos::server_fn::error::ServerFnUrlError;
use multi_session::Code;

use crate::AppError;

/// Adds an error to the query of an address, as a form's redirect does.
#[cfg(feature = "ssr")]
pub(crate) fn with_error(address: &str, act: &str, error: &AppError) -> String {
    // A URL needs a host; only the part after it is used.
    let url = ServerFnUrlError::new(act, error.clone()).to_url(&["http://localhost", address].concat());
    url.map_or_else(|_| address.to_owned(), |url| [url.path(), "?", url.query().unwrap_or_default()].concat())
}

/// The error in a query, and its server function.
#[cfg(feature = "ssr")]
pub(crate) fn form_error(query: &str) -> Option<(String, AppError)> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let (_, error) = pairs.clone().find(|(name, _)| name == "__err")?;
    let act = pairs.find(|(name, _)| name == "__path").map(|(_, act)| act.into_owned()).unwrap_or_default();
    Some((act, trusted(ServerFnUrlError::<AppError>::decode_err(&error))))
}

/// The raw value of a name in a query. Ours need no decoding.
#[cfg(feature = "ssr")]
pub(crate) fn query_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    })
}

/// Sanitises an error from the address, which anybody can write: its code and number are kept, its text is
/// replaced.
pub(crate) fn trusted(error: AppError) -> AppError {
    let code = Code::ALL.iter().copied().find(|code| error.is(*code));
    code.map_or(Code::Internal.into(), |code| AppError::with_number(code, error.number))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn error_in_the_address_is_shown_with_our_text_only() {
        let forged = AppError {
            code: Code::InvalidSessionToken.as_str().to_owned(),
            message: "Call 0800 to get your account back".to_owned(),
            number: Some(800),
            proofs: Vec::new(),
        };
        assert_eq!(trusted(forged).message, Code::InvalidSessionToken.sentence());
        let unknown = AppError {
            code: "NONSENSE".to_owned(),
            message: "Call 0800".to_owned(),
            number: Some(800),
            proofs: Vec::new(),
        };
        assert_eq!(trusted(unknown).message, Code::Internal.sentence());
    }

    #[test]
    fn an_error_in_the_address_keeps_its_number() {
        let error = AppError::with_number(Code::TooManyRequests, Some(8));
        let address = with_error("/sign-in", "/fn/sign-in", &error);
        let (_, query) = address.split_once('?').expect("a query");
        assert_eq!(form_error(query), Some(("/fn/sign-in".to_owned(), error)));
    }

    #[test]
    fn unreadable_error_is_still_an_error() {
        let (act, error) = form_error("__path=%2Ffn%2Frevoke&__err=%25%25%25").expect("there is an error");
        assert_eq!(act, "/fn/revoke");
        assert_eq!(error.message, Code::Internal.sentence());
        assert_eq!(form_error("done=others"), None);
    }
}
