//! Users of an application that keeps its own users.

use async_trait::async_trait;

use super::*;
use crate::{ChangeContext, HistoryKind, HistoryQuery, Transaction};

/// Somebody with a name, a shared address and no account.
pub(super) fn subject(name: &str) -> Subject {
    let id = UserId::new(format!("user-{name}")).expect("an id");
    Subject::new(id).name(name).email("team@example.org".to_owned())
}

/// A session of a subject, which lasts an hour from `NOW`.
pub(super) fn session_of(subject: &Subject, name: &str) -> NewSession {
    let user = NewUser { user: subject.first_seen(NOW), password_hash: String::new() };
    session(&user, name)
}

/// Begins a session of a subject, with a proof that is checked now.
pub(super) async fn begin(store: &Arc<dyn Store>, subject: &Subject, name: &str) -> Begun {
    let limit = Limit { epoch: Some(store.epoch(&subject.id).await.expect("an answer")), ..limit(5, &[]) };
    store.begin(subject, &session_of(subject, name), &limit, None).await.expect("a session")
}

async fn stored(store: &Arc<dyn Store>, subject: &Subject) -> User {
    store.find_user(&subject.id).await.expect("an answer").expect("a user")
}

/// With the profile that the application provides.
pub async fn a_user_is_stored_with_the_first_session(store: Arc<dyn Store>) {
    let ada = subject("ada").image("https://example.org/ada.png".to_owned());
    assert_eq!(store.epoch(&ada.id).await.expect("an answer"), crate::Epoch::UNKNOWN);
    let begun = begin(&store, &ada, "one").await;
    assert_eq!((&begun.user, begun.ended), (&ada.first_seen(NOW), vec![]));
    assert_eq!(stored(&store, &ada).await, begun.user);
    assert_eq!(store.epoch(&ada.id).await.expect("an answer"), crate::Epoch::FIRST);
    let nameless = Subject::new(UserId::new("nameless").expect("an id"));
    assert_eq!(begin(&store, &nameless, "two").await.user.email, "");
}

/// It is only written if it has changed.
pub async fn stored_profile_is_updated_with_every_session(store: Arc<dyn Store>) {
    let ada = subject("ada");
    begin(&store, &ada, "one").await;
    let later = NOW.plus(HOUR / 2);
    let at = |subject: &Subject, name: &str| {
        let mut new = session_of(subject, name);
        new.session.created_at = later;
        new
    };
    let same = store.begin(&ada, &at(&ada, "two"), &limit(5, &[]), None).await.expect("a session");
    assert_eq!(same.user, ada.first_seen(NOW));
    let other = Subject { email: None, ..ada.clone() }.name("Ada Lovelace").image("a.png".to_owned());
    let followed = store.begin(&other, &at(&other, "three"), &limit(5, &[]), None).await.expect("a session");
    let expected = User { updated_at: later, created_at: NOW, ..other.first_seen(NOW) };
    assert_eq!((&followed.user, &stored(&store, &ada).await), (&expected, &expected));
    assert_eq!(find(&store, "one").await.stored.user, expected, "in every list");
}

/// The address of a subject does not sign in and gets no mail.
pub async fn email_without_an_account_finds_nobody(store: Arc<dyn Store>) {
    for name in ["ada", "grace"] {
        begin(&store, &subject(name), name).await;
    }
    let email = "team@example.org";
    assert!(store.password_of(email).await.expect("an answer").is_none());
    assert!(!store.request_reset(email, None, NOW).await.expect("an answer"));
    let mut team = user("team");
    team.user.email = email.to_owned();
    open(&store, Some(&team), &session(&team, "t1"), &limit(5, &[])).await.expect("it is free");
    begin(&store, &subject("late"), "late").await;
    let found = store.password_of(email).await.expect("an answer").expect("an account");
    assert_eq!(found.user.id, team.user.id);
    assert!(store.has_password(&team.user.id).await.expect("an answer"));
    assert!(!store.has_password(&subject("ada").id).await.expect("an answer"));
}

/// Only the account itself changes it.
pub async fn account_keeps_its_own_profile(store: Arc<dyn Store>) {
    let (ada, _) = signed_in(&store, "ada", &["one"]).await;
    let stranger = Subject::new(ada.user.id.clone()).name("Eve").email("eve@example.org".to_owned());
    assert_eq!(begin(&store, &stranger, "two").await.user, ada.user);
    assert_eq!(stored(&store, &stranger).await, ada.user);
}

/// It is in lists and in the history. A later proof by another method does not change it.
pub async fn sign_in_method_is_stored(store: Arc<dyn Store>) {
    let ada = subject("ada");
    for (name, method) in [("one", SignInMethod::parse("oidc:google")), ("two", None)] {
        let new = NewSession { signed_in_with: method.clone(), ..session_of(&ada, name) };
        store.begin(&ada, &new, &limit(5, &[]), None).await.expect("a session");
        assert_eq!(find(&store, name).await.stored.signed_in_with, method);
    }
    let one = session_of(&ada, "one");
    assert!(store.prove(actor(&one), &renewal("r1", NOW), None, NOW).await.expect("an answer"));
    let live = store.live_of_user(&ada.id, NOW).await.expect("a list");
    let methods: Vec<_> =
        live.iter().map(|it| it.signed_in_with.as_ref().map(SignInMethod::as_str)).collect();
    assert_eq!(methods, [None, Some("oidc:google")]);
    let kinds = &[HistoryKind::SignedIn];
    let query = HistoryQuery { session: None, kinds, before: None, limit: 10 };
    let history = store.history(&ada.id, query).await.expect("a history");
    let details: Vec<_> = history.iter().map(|entry| entry.detail.as_deref()).collect();
    assert_eq!(details, [None, Some("oidc:google")]);
}

/// Adds an account, then refuses where it is told to.
struct AddAndRefuse<'a> {
    work: AddAccount<'a, dyn Store>,
    refuses: bool,
}

#[async_trait]
impl Alongside for AddAndRefuse<'_> {
    async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> crate::Result<()> {
        self.work.run(tx, change).await?;
        if self.refuses { Err(Error::alongside("a reason of its own")) } else { Ok(()) }
    }
}

/// With every change that accepts such work. The caller gets its error.
pub async fn work_alongside_commits_with_its_change_or_not_at_all(store: Arc<dyn Store>) {
    for (number, change) in ["begin", "changed", "changed-of", "report", "report-of"].into_iter().enumerate()
    {
        let ada = subject(&format!("ada{number}"));
        let names = [format!("a{number}"), format!("b{number}"), format!("c{number}")];
        begin(&store, &ada, &names[0]).await;
        begin(&store, &ada, &names[1]).await;
        let (one, two, three) =
            (session_of(&ada, &names[0]), session_of(&ada, &names[1]), session_of(&ada, &names[2]));
        let email = format!("{change}@example.org");
        for refuses in [true, false] {
            let work = AddAccount { store: &*store, email: &email, hash: "a hash" };
            let work = AddAndRefuse { work, refuses };
            let (work, by, now) = (Some(&work as &dyn Alongside), actor(&one), NOW);
            let rotation = Rotation { handle: handle(&format!("r{number}")), secret_hash: one.secret_hash };
            let before = store.epoch(&ada.id).await.expect("an answer");
            let outcome = match change {
                "begin" => store.begin(&ada, &three, &limit(5, &[]), work).await.map(drop),
                "changed" => {
                    let next = NextSession::New(&three);
                    store.credentials_changed(by, next, work, now).await.map(drop)
                }
                "changed-of" => store.credentials_changed_of(&ada.id, work, now).await.map(drop),
                "report" => store.report(by, &two.session.id, &rotation, true, work, now).await.map(drop),
                _ => store.report_of(&ada.id, None, true, work, now).await.map(drop),
            };
            let has_password = store.has_password(&ada.id).await.expect("an answer");
            assert_eq!((outcome.is_err(), has_password), (refuses, !refuses), "{change}");
            if let Err(error) = outcome {
                let ChangeError::Alongside(Error::Alongside(cause)) = error else { panic!("{error}") };
                assert_eq!(cause.to_string(), "a reason of its own", "{change}");
                let live = store.live_of_user(&ada.id, NOW).await.expect("a list");
                assert_eq!(live.len(), 2, "{change}: nothing ended and nothing began");
                assert_eq!(store.epoch(&ada.id).await.expect("an answer"), before, "{change}");
            }
        }
    }
}

/// If the work of a new account fails, no user is stored.
pub async fn a_refused_first_session_leaves_no_user(store: Arc<dyn Store>) {
    let ada = subject("ada");
    let work = AddAccount { store: &*store, email: "ada@example.org", hash: "a hash" };
    let work = AddAndRefuse { work, refuses: true };
    let refused = store.begin(&ada, &session_of(&ada, "one"), &limit(5, &[]), Some(&work)).await;
    assert!(refused.is_err());
    assert!(store.find_user(&ada.id).await.expect("an answer").is_none());
    assert!(store.password_of("ada@example.org").await.expect("an answer").is_none());
}
