//! The page for redirects that failed.

use crate::harness::{FIREFOX, TestApp};

async fn opened(query: &str) -> String {
    let app = TestApp::start().await;
    let answer = app.browser(FIREFOX).open(&format!("/api/auth/error{query}")).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.header("content-security-policy").contains("default-src 'self'"));
    answer.text
}

#[tokio::test]
async fn known_code_is_shown_as_a_sentence() {
    let page = opened("?error=INVALID_CALLBACK_URL").await;
    assert!(page.contains("<code>INVALID_CALLBACK_URL<"));
    assert!(page.contains("That address leads to another site, so it was blocked."));
    assert!(page.contains(r#"href="/""#));
}

#[tokio::test]
async fn an_unknown_code_is_shown_as_it_is() {
    let page =
        opened("?state=1&error=access_denied&error_description=%3Cb%3Ecall+this+number%3C%2Fb%3E").await;
    assert!(page.contains("<code>access_denied<"));
    assert!(!page.contains("number"), "what anybody can write there is not shown");
}

#[tokio::test]
async fn malformed_code_is_not_shown() {
    let long = format!("?error={}", "X".repeat(65));
    for query in [
        "",
        "?error",
        "?error=",
        "?error=%3Cscript%3Ealert(1)%3C/script%3E",
        "?error=a%20b",
        "?error=%FF",
        &long,
    ] {
        let page = opened(query).await;
        assert!(page.contains("<code>UNKNOWN<"), "{query}");
        assert!(!page.contains("alert(1)") && !page.contains(&"X".repeat(8)), "{query}");
    }
}
