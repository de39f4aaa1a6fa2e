//! Imports into the stores that support them.

use std::time::Duration;

use multi_session::{
    ChangeError, Code, EndedReason, Handle, HistoryKind, HistoryQuery, ImportOutcome, ImportRowError,
    ImportStore, ImportedRestrictions, ImportedSession, NewSession, Operator, SecretHash, Session, SessionId,
    Store, Timestamp, Touch, User, UserId,
};

const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn user(name: &str, updated_at: Timestamp) -> User {
    let id = UserId::new(name).expect("an id");
    let mut user = User::new(id, name, format!("{name}@example.org"), NOW.minus(HOUR));
    user.email_verified = true;
    user.updated_at = updated_at;
    user
}

fn session(name: &str, user: &str, expires_at: Timestamp) -> ImportedSession {
    let (id, user) = (SessionId::new(name).expect("an id"), UserId::new(user).expect("an id"));
    let handle = Handle::parse(&format!("{name:0>32}")).expect("a handle");
    let mut session = Session::new(id, handle, user, NOW.minus(HOUR), expires_at);
    session.user_agent = "theirs".to_owned();
    ImportedSession {
        session,
        secret_hash: SecretHash::from_bytes(&[7; 32]).expect("32 bytes"),
        remember: true,
    }
}

/// New rows are imported, known ones are updated, refused ones leave nothing, and sessions that ended there
/// end here.
pub(crate) async fn import_updates_from_the_other_system(store: &(impl Store + ImportStore)) {
    let later = NOW.plus(HOUR);
    let mut import = store.begin_import(NOW).await.expect("a transaction");
    assert_eq!(import.user(&user("ada", NOW)).await.expect("taken"), ImportOutcome::New);
    assert_eq!(import.user(&user("ada", NOW)).await.expect("taken"), ImportOutcome::Unchanged);
    let mut other = user("other", NOW);
    other.email = "ada@example.org".to_owned();
    assert!(matches!(import.user(&other).await, Err(ImportRowError::EmailTaken)));
    let ada = UserId::new("ada").expect("an id");
    assert!(matches!(import.password(&other.id, "hash", NOW).await, Err(ImportRowError::UnknownUser)));
    assert_eq!(import.password(&ada, "salt:key", NOW).await.expect("taken"), ImportOutcome::New);
    for name in ["stays", "goes", "used"] {
        assert_eq!(import.session(&session(name, "ada", later)).await.expect("taken"), ImportOutcome::New);
    }
    let foreign = import.session(&session("foreign", "nobody", later)).await;
    assert!(matches!(foreign, Err(ImportRowError::UnknownUser)));
    let mut twin = session("twin", "ada", later);
    twin.session.handle = session("stays", "ada", later).session.handle;
    assert!(matches!(import.session(&twin).await, Err(ImportRowError::HandleTaken)));
    assert_eq!(import.end_gone().await.expect("an answer"), 0);
    import.commit().await.expect("durable");
    store.touch(&[Touch::new(SessionId::new("used").expect("an id"), later)]).await.expect("a write");

    let again = NOW.plus(Duration::from_secs(60));
    let mut import = store.begin_import(again).await.expect("a transaction");
    let mut renamed = user("ada", again);
    renamed.name = "Ada L.".to_owned();
    assert_eq!(import.user(&renamed).await.expect("taken"), ImportOutcome::Updated);
    assert_eq!(import.password(&ada, "salt:other", again).await.expect("taken"), ImportOutcome::Updated);
    let longer = session("stays", "ada", later.plus(HOUR));
    assert_eq!(import.session(&longer).await.expect("taken"), ImportOutcome::Updated);
    assert_eq!(import.session(&longer).await.expect("taken"), ImportOutcome::Unchanged);
    assert_eq!(import.end_gone().await.expect("an answer"), 1);
    import.commit().await.expect("durable");

    let known = store.password_of("ada@example.org").await.expect("an answer").expect("a user");
    assert_eq!((known.user.name.as_str(), known.password_hash.as_deref()), ("Ada L.", Some("salt:other")));
    let live = store.live_of_user(&ada, again).await.expect("a list");
    let live: Vec<_> = live.iter().map(|stored| stored.session.id.as_str()).collect();
    assert_eq!(live, ["used", "stays"]);
    let gone = store.find(&[&SessionId::new("goes").expect("an id")]).await.expect("an answer");
    assert_eq!(gone[0].end.as_ref().map(|end| end.reason), Some(EndedReason::SignedOut));
}

/// A password that was set here stays, and an ended session stays ended.
pub(crate) async fn changes_made_here_stay(store: &(impl Store + ImportStore)) {
    let (later, ada) = (NOW.plus(HOUR), user("ada", NOW));
    let mut import = store.begin_import(NOW).await.expect("a transaction");
    import.user(&ada).await.expect("taken");
    import.password(&ada.id, "salt:key", NOW).await.expect("taken");
    let taken = session("one", "ada", later);
    import.session(&taken).await.expect("taken");
    import.commit().await.expect("durable");
    store.rehash_password(&ada.id, "salt:key", "$argon2id$ours", NOW).await.expect("an answer");
    let ended = store.end_held(&[&taken.session.id], None, EndedReason::Revoked, NOW).await;
    assert_eq!(ended.expect("an answer").len(), 1);

    let mut import = store.begin_import(later).await.expect("a transaction");
    assert_eq!(import.password(&ada.id, "salt:new", later).await.expect("taken"), ImportOutcome::Unchanged);
    let longer = session("one", "ada", later.plus(HOUR));
    assert_eq!(import.session(&longer).await.expect("taken"), ImportOutcome::Unchanged);
    import.commit().await.expect("durable");
    assert!(store.live_of_user(&ada.id, NOW).await.expect("a list").is_empty());
    let known = store.password_of("ada@example.org").await.expect("an answer").expect("a user");
    assert_eq!(known.password_hash.as_deref(), Some("$argon2id$ours"));
}

/// A user who is disabled here stays so, and none of their sessions is imported.
pub(crate) async fn user_disabled_here_stays_disabled(store: &(impl Store + ImportStore)) {
    let (later, ada) = (NOW.plus(HOUR), user("ada", NOW));
    let mut import = store.begin_import(NOW).await.expect("a transaction");
    import.user(&ada).await.expect("taken");
    import.password(&ada.id, "salt:key", NOW).await.expect("taken");
    import.session(&session("one", "ada", later)).await.expect("taken");
    import.commit().await.expect("durable");
    let by = Operator::new("cli:test");
    let ended = store.disable_user(&by, &ada.id, NOW).await.expect("an answer").expect("a user");
    assert_eq!(ended.len(), 1);

    let mut import = store.begin_import(NOW).await.expect("a transaction");
    import.user(&user("ada", later)).await.expect("taken");
    let known = import.session(&session("one", "ada", later.plus(HOUR))).await;
    assert_eq!(known.expect("taken"), ImportOutcome::Unchanged);
    let new = import.session(&session("two", "ada", later)).await;
    assert!(matches!(new, Err(ImportRowError::UserDisabled)), "{new:?}");
    import.commit().await.expect("durable");
    assert!(store.live_of_user(&ada.id, NOW).await.expect("a list").is_empty());
    let known = store.password_of("ada@example.org").await.expect("an answer").expect("a user");
    assert!(known.is_disabled);
}

/// A user who is banned there is signed out here at once. A user with two-factor authentication there stays
/// signed in, but no session begins until an operator allows the password alone.
pub(crate) async fn restrictions_of_the_other_system_apply(store: &(impl Store + ImportStore)) {
    let later = NOW.plus(HOUR);
    let mut import = store.begin_import(NOW).await.expect("a transaction");
    for name in ["ada", "grace"] {
        let user = user(name, NOW);
        import.user(&user).await.expect("taken");
        import.password(&user.id, "salt:key", NOW).await.expect("taken");
        import.session(&session(name, name, later)).await.expect("taken");
    }
    import.commit().await.expect("durable");

    let (ada, grace) = (user("ada", NOW).id, user("grace", NOW).id);
    let mut import = store.begin_import(NOW).await.expect("a transaction");
    let banned = ImportedRestrictions { is_banned: true, needs_two_factor: false };
    assert_eq!(import.restrict(&ada, banned).await.expect("taken").ended, 1);
    assert_eq!(import.restrict(&ada, banned).await.expect("taken").ended, 0);
    let two_factor = ImportedRestrictions { is_banned: false, needs_two_factor: true };
    assert_eq!(import.restrict(&grace, two_factor).await.expect("taken").ended, 0);
    let nobody = UserId::new("nobody").expect("an id");
    assert!(matches!(import.restrict(&nobody, banned).await, Err(ImportRowError::UnknownUser)));
    import.commit().await.expect("durable");

    assert!(store.live_of_user(&ada, NOW).await.expect("a list").is_empty());
    assert_eq!(store.live_of_user(&grace, NOW).await.expect("a list").len(), 1);
    let open = async |id: &str, user: &str| {
        let ImportedSession { mut session, secret_hash, remember } = session(id, user, later);
        session.created_at = NOW;
        let new = NewSession {
            session,
            secret_hash,
            remember,
            shared_computer: false,
            new_device: false,
            device_keys: Vec::new(),
            signed_in_with: None,
        };
        crate::opening::open(store, None, &new).await
    };
    let refused = open("one", "ada").await;
    assert!(matches!(refused, Err(ChangeError::UserDisabled)), "{refused:?}");
    let refused = open("two", "grace").await;
    let Err(ChangeError::Alongside(error)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.code(), Code::TwoFactorRequired);
    let kinds = &[HistoryKind::Disabled];
    let query = HistoryQuery { session: None, kinds, before: None, limit: 10 };
    assert_eq!(store.history(&ada, query).await.expect("a list").len(), 1);

    let by = Operator::new("cli:test");
    assert!(!store.allow_password_alone(&by, &nobody, NOW).await.expect("an answer"));
    assert!(store.allow_password_alone(&by, &grace, NOW).await.expect("an answer"));
    open("two", "grace").await.expect("it begins");
    let acts = store.operator_acts(None, 10).await.expect("a list");
    assert_eq!((acts.len(), &*acts[0].act), (1, "allow_password_alone"));
}
