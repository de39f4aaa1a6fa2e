//! Users of an earlier version without email keys.

use multi_session::AccountStore;

/// As that version stores them. There are two for `bob`.
pub(crate) const USERS: &str = "insert into users (id, email, name, created_at, updated_at) values \
     ('ada', 'ada@example.org', '', 0, 0), ('eve', 'eve@b\u{fc}cherei.example', '', 0, 0), \
     ('bob', 'bob@b\u{fc}cherei.example', '', 0, 0), ('bo2', 'bob@xn--bcherei-n2a.example', '', 0, 0), \
     ('odd', '\"odd\"@example.org', '', 0, 0)";

async fn find(store: &impl AccountStore, email: &str) -> Option<String> {
    let found = store.password_of(email).await.expect("an answer");
    found.map(|found| found.user.id.to_string())
}

/// Each is found by the spelling that is stored.
pub(crate) async fn each_is_found_by_the_stored_spelling(store: &impl AccountStore) {
    for (email, id) in [
        ("ada@example.org", "ada"),
        ("eve@b\u{fc}cherei.example", "eve"),
        ("bob@b\u{fc}cherei.example", "bob"),
        ("bob@xn--bcherei-n2a.example", "bo2"),
        ("\"odd\"@example.org", "odd"),
    ] {
        assert_eq!(find(store, email).await.as_deref(), Some(id), "{email}");
    }
    let by_key = find(store, "bob@bu\u{308}cherei.example").await;
    assert_eq!(by_key.as_deref(), Some("bo2"), "whose address is its own key");
}

/// Each without a twin is found by every other spelling too.
pub(crate) async fn each_is_found_by_its_key(store: &impl AccountStore) {
    each_is_found_by_the_stored_spelling(store).await;
    for email in ["eve@xn--bcherei-n2a.example", "eve@bu\u{308}cherei.example"] {
        assert_eq!(find(store, email).await.as_deref(), Some("eve"), "{email}");
    }
}
