//! NIST SP 800-63B-4: how long sessions may last at each level (2.1.3, 2.2.3, 2.3.3). `expiry.rs` and
//! `step_up.rs` test the exact second of the idle limit by REST, and what restarts the limits.

use std::time::Duration;

use super::sessions::ends_when_idle;
use super::surfaces::is_open;
use crate::harness::{DAY, FIREFOX, HOUR, MINUTE, TestApp};

#[tokio::test]
async fn nist_63b_overall_limits_end_a_session_that_is_always_in_use() {
    let second = Duration::from_secs(1);
    for (preset, overall, step) in [
        ("nist-aal1", 30 * DAY, 2 * DAY),
        ("nist-aal2", 24 * HOUR, HOUR / 2),
        ("nist-aal3", 12 * HOUR, 10 * MINUTE),
    ] {
        let app = TestApp::start_with(&["--preset", preset]).await;
        let browser = app.sign_up(FIREFOX, "ada").await;
        let mut passed = Duration::ZERO;
        while passed + step < overall {
            app.advance(step);
            passed += step;
            assert_eq!(browser.whoami().await, "ada", "{preset} after {passed:?}");
        }
        app.advance(overall - passed - second);
        assert!(is_open(&browser).await, "{preset}");
        app.advance(2 * second);
        assert!(!is_open(&browser).await, "{preset}");
    }
}

#[tokio::test]
async fn nist_63b_idle_limits_end_a_session_that_is_not_used() {
    // AAL1 has no idle limit. The overall limit ends the session, and activity does not extend that.
    for (preset, idle, slides) in
        [("nist-aal1", 30 * DAY, false), ("nist-aal2", HOUR, true), ("nist-aal3", 15 * MINUTE, true)]
    {
        ends_when_idle(&["--preset", preset], idle, slides).await;
    }
}
