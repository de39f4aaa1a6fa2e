//! Imports databases of Better Auth, as its command-line tool creates them.

use std::time::Duration;

use multi_session::{
    AccountStore, BetterAuthSource, ImportError, ImportOptions, ImportProgress, ImportReport, Operator,
    OperatorStore, PostgresTestDatabase, SourceError, SourceName, SqliteStore, Store, Timestamp, UserId,
    import_better_auth,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);
const HOUR: Duration = Duration::from_secs(60 * 60);
const HASH: &str = "bec9de764d0c91aec0a5b53f398529bc:f611109c36710f661495b70dfc860081d8888325d69d385b50154266c770ccb9e3bba76a17a3d78e31acdaa0c86bde66c9f9c263c1af83e87f6fd86a248a8638";

/// A database of Better Auth.
enum Theirs {
    Sqlite(TempDir),
    Postgres(Box<PostgresTestDatabase>),
}

impl Theirs {
    fn sqlite() -> Self {
        Self::Sqlite(TempDir::new().expect("a folder"))
    }

    async fn each() -> [Self; 2] {
        [Self::sqlite(), Self::Postgres(Box::new(PostgresTestDatabase::empty().await))]
    }

    fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}", folder.path().join("theirs.db").display()),
            Self::Postgres(database) => database.url(),
        }
    }

    async fn run(&self, statements: String) {
        let statements = sqlx::raw_sql(AssertSqlSafe(statements));
        match self {
            Self::Sqlite(_) => {
                let url = self.url() + "?mode=rwc";
                let mut connection = SqliteConnection::connect(&url).await.expect("a database");
                statements.execute(&mut connection).await.expect("their statements");
                connection.close().await.expect("written");
            }
            Self::Postgres(_) => {
                let mut connection = PgConnection::connect(&self.url()).await.expect("a database");
                statements.execute(&mut connection).await.expect("their statements");
            }
        }
    }
}

/// How a generator of the command-line tool writes names and times in a schema.
#[derive(Clone, Copy, Debug)]
struct Style {
    name: &'static str,
    is_snake: bool,
    is_plural: bool,
    is_capital: bool,
    /// Only in SQLite. PostgreSQL has its own types.
    times_are_numbers: bool,
    /// Only in PostgreSQL.
    times_have_zone: bool,
}

const KYSELY: Style = Style {
    name: "kysely",
    is_snake: false,
    is_plural: false,
    is_capital: false,
    times_are_numbers: false,
    times_have_zone: true,
};
const DRIZZLE: Style =
    Style { name: "drizzle", is_snake: true, times_are_numbers: true, times_have_zone: false, ..KYSELY };
const PRISMA: Style = Style { name: "prisma", is_snake: false, ..DRIZZLE };
const STYLES: [Style; 5] = [
    KYSELY,
    DRIZZLE,
    Style { name: "drizzle with usePlural", is_plural: true, ..DRIZZLE },
    PRISMA,
    Style { name: "prisma without @@map", is_capital: true, ..PRISMA },
];

/// Writes statements in the style of a generator and its database.
struct Script<'a> {
    theirs: &'a Theirs,
    style: Style,
}

impl Script<'_> {
    fn table(&self, name: &str) -> String {
        let name = if self.style.is_snake { snake(name) } else { name.to_owned() };
        let name = if self.style.is_capital { name[..1].to_uppercase() + &name[1..] } else { name };
        format!("\"{name}{}\"", if self.style.is_plural { "s" } else { "" })
    }

    fn create(&self, table: &str, columns: &str) -> String {
        let columns = columns.split_whitespace().map(|column| {
            let (name, kind) = column.split_once(':').unwrap_or((column, "text"));
            let is_sqlite = matches!(self.theirs, Theirs::Sqlite(_));
            let kind = match kind {
                "time" if is_sqlite && self.style.times_are_numbers => "integer",
                "time" if is_sqlite => "date",
                "time" if self.style.times_have_zone => "timestamptz",
                "time" => "timestamp(3)",
                "boolean" if is_sqlite => "integer",
                other => other,
            };
            format!("\"{}\" {kind}", if self.style.is_snake { snake(name) } else { name.to_owned() })
        });
        format!("create table {} ({});", self.table(table), columns.collect::<Vec<_>>().join(", "))
    }

    fn insert(&self, table: &str, values: &[&str]) -> String {
        format!("insert into {} values ({});", self.table(table), values.join(", "))
    }

    fn time(&self, at: Timestamp) -> String {
        let ms = at.unix_ms();
        match self.theirs {
            Theirs::Sqlite(_) if self.style.times_are_numbers => ms.to_string(),
            Theirs::Sqlite(_) => format!("'{at}'"),
            Theirs::Postgres(_) if self.style.times_have_zone => format!("to_timestamp({ms} / 1000.0)"),
            Theirs::Postgres(_) => format!("to_timestamp({ms} / 1000.0) at time zone 'utc'"),
        }
    }

    fn truth(&self, it: bool) -> &'static str {
        match (self.theirs, it) {
            (Theirs::Sqlite(_), true) => "1",
            (Theirs::Sqlite(_), false) => "0",
            (Theirs::Postgres(_), true) => "true",
            (Theirs::Postgres(_), false) => "false",
        }
    }

    fn tables(&self) -> String {
        [
            self.create(
                "user",
                "id name email emailVerified:boolean image createdAt:time updatedAt:time role banned:boolean \
                 banReason banExpires:time twoFactorEnabled:boolean",
            ),
            self.create(
                "session",
                "id expiresAt:time token createdAt:time updatedAt:time ipAddress userAgent userId impersonatedBy",
            ),
            self.create(
                "account",
                "id accountId providerId userId accessToken password createdAt:time updatedAt:time",
            ),
            self.create("verification", "id identifier value expiresAt:time createdAt:time updatedAt:time"),
            self.create("twoFactor", "id secret backupCodes userId"),
            self.create("organization", "id name"),
        ]
        .concat()
    }

    /// A user with a password. `rest` is banned, banExpires and twoFactorEnabled.
    fn user(&self, name: &str, rest: [&str; 3]) -> String {
        let (id, email) = (format!("'{name}'"), format!("'{name}@example.org'"));
        let (before, [banned, ban_expires, two_factor]) = (self.time(NOW.minus(HOUR)), rest);
        let verified = self.truth(true);
        let columns = [
            &*id,
            &id,
            &email,
            verified,
            "null",
            &before,
            &before,
            "null",
            banned,
            "null",
            ban_expires,
            two_factor,
        ];
        let hash = format!("'{HASH}'");
        let account = [&*id, &id, "'credential'", &id, "null", &hash, &before, &before];
        self.insert("user", &columns) + &self.insert("account", &account)
    }

    fn session(&self, id: &str, user: &str, address: &str, impersonated_by: &str) -> String {
        let (before, later) = (self.time(NOW.minus(HOUR)), self.time(NOW.plus(HOUR)));
        let (token, id) = (format!("'{id:0>32}'"), format!("'{id}'"));
        let (user, address) = (format!("'{user}'"), format!("'{address}'"));
        let columns = [&*id, &later, &token, &before, &before, &address, "'theirs'", &user, impersonated_by];
        self.insert("session", &columns)
    }
}

fn snake(name: &str) -> String {
    name.chars().fold(String::new(), |mut text, it| {
        if it.is_uppercase() {
            text.push('_');
        }
        text.extend(it.to_lowercase());
        text
    })
}

/// Our store.
struct Ours {
    store: SqliteStore,
    _folder: TempDir,
}

impl Ours {
    async fn open() -> Self {
        let folder = TempDir::new().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("ours.db").display());
        Self { store: SqliteStore::open(&url).await.expect("a database"), _folder: folder }
    }

    /// The problems that are reported during an import, and its report.
    async fn import_with(
        &self,
        url: &str,
        names: &[&str],
        options: ImportOptions,
    ) -> Result<(Vec<String>, ImportReport), ImportError> {
        let names: Vec<SourceName> = names.iter().map(|name| name.parse().expect("a name")).collect();
        let mut source = BetterAuthSource::open(url, &names).await?;
        let mut told = Vec::new();
        let mut tell = |progress| match progress {
            ImportProgress::Broken { table, id, why } => told.push(format!("{table} {id}: {why}")),
            ImportProgress::Dropped { table, id, what } => told.push(format!("{table} {id}: {what}")),
            _ => {}
        };
        let report = import_better_auth(&mut source, &self.store, &options, NOW, &mut tell).await?;
        Ok((told, report))
    }

    async fn import(&self, theirs: &Theirs) -> (Vec<String>, ImportReport) {
        let options = ImportOptions { secret: Some("their secret".to_owned()), ..ImportOptions::default() };
        self.import_with(&theirs.url(), &[], options).await.expect("an import")
    }

    async fn live(&self, user: &str) -> Vec<String> {
        let user = UserId::new(user).expect("an id");
        let live = self.store.live_of_user(&user, NOW).await.expect("a list");
        live.iter().map(|stored| stored.session.id.to_string()).collect()
    }

    /// Whether the user is disabled, and needs a second factor.
    async fn restrictions(&self, user: &str) -> (bool, bool) {
        let known = self.store.password_of(&format!("{user}@example.org")).await.expect("an answer");
        let known = known.expect("a user");
        (known.is_disabled, known.needs_two_factor)
    }
}

const NONE: [&str; 3] = ["null", "null", "null"];

#[tokio::test]
async fn every_schema_of_the_command_line_tool_is_imported() {
    for style in STYLES {
        for theirs in Theirs::each().await {
            let script = Script { theirs: &theirs, style };
            let rows = script.user("ada", NONE) + &script.session("one", "ada", "203.0.113.7", "null");
            theirs.run(script.tables() + &rows).await;
            let ours = Ours::open().await;
            let (told, report) = ours.import(&theirs).await;
            let imported = [report.users.imported, report.passwords.imported, report.sessions.imported];
            assert_eq!((imported, told), ([1, 1, 1], Vec::new()), "{}", style.name);
            let known = ours.store.password_of("ada@example.org").await.expect("an answer").expect("a user");
            assert!(known.user.email_verified, "{}", style.name);
            assert_eq!(known.user.created_at, NOW.minus(HOUR), "{}", style.name);
            assert_eq!(known.password_hash.as_deref(), Some(HASH));
            assert_eq!(ours.live("ada").await, ["one"], "{}", style.name);

            let name = |column: &str| if style.is_snake { snake(column) } else { column.to_owned() };
            let table = |name: &str| script.table(name).trim_matches('"').to_owned();
            let mut named = [
                format!("{}.role", table("user")),
                format!("{}.{}", table("user"), name("banReason")),
                table("organization"),
            ];
            named.sort();
            let mut not_understood = report.not_understood;
            not_understood.sort();
            assert_eq!(not_understood, named, "{}", style.name);
        }
    }
}

#[tokio::test]
async fn configured_names_are_imported() {
    for theirs in Theirs::each().await {
        let script = Script { theirs: &theirs, style: DRIZZLE };
        let rename = "alter table \"user\" rename to people; alter table people rename column email to mail;";
        theirs.run(script.tables() + &script.user("ada", NONE) + rename).await;
        let ours = Ours::open().await;
        for (names, wanted) in [(&[][..], "\"user\""), (&["user=people"][..], "\"email\"")] {
            let failed = ours.import_with(&theirs.url(), names, ImportOptions::default()).await;
            let error = failed.expect_err("nothing is guessed");
            let ImportError::Source(source) = error else { panic!("{error:?}") };
            assert!(source.to_string().contains(wanted), "{source}");
        }
        let names = ["user=people", "user.email=mail"];
        let (_, report) =
            ours.import_with(&theirs.url(), &names, ImportOptions::default()).await.expect("an import");
        assert_eq!((report.users.imported, report.passwords.imported), (1, 1));
    }
}

/// SQLite reads an unknown quoted name as text. That must not go unnoticed.
#[tokio::test]
async fn a_missing_column_is_an_error_before_anything_is_read() {
    for theirs in Theirs::each().await {
        let script = Script { theirs: &theirs, style: KYSELY };
        let broken = "alter table \"user\" drop column \"emailVerified\";";
        theirs.run(script.tables() + &script.user("ada", NONE) + broken).await;
        let failed = BetterAuthSource::open(&theirs.url(), &[]).await.expect_err("it is missing");
        let SourceError::MissingColumn { table, column } = failed else { panic!("{failed:?}") };
        assert_eq!((&*table, column), ("user", "emailVerified"));
    }
}

#[tokio::test]
async fn only_the_schema_in_a_prisma_url_is_read() {
    let database = PostgresTestDatabase::empty().await;
    let url = database.url();
    let theirs = Theirs::Postgres(Box::new(database));
    let script = Script { theirs: &theirs, style: PRISMA };
    let in_schema = "create schema \"Auth\"; set search_path = \"Auth\";".to_owned();
    theirs.run(in_schema + &script.tables() + &script.user("ada", NONE)).await;
    let ours = Ours::open().await;
    let sign = if url.contains('?') { '&' } else { '?' };
    let failed = ours.import_with(&url, &[], ImportOptions::default()).await;
    assert!(matches!(failed, Err(ImportError::Source(SourceError::MissingTable { .. }))), "{failed:?}");
    let named = format!("{url}{sign}schema=Auth&connection_limit=5");
    let (_, report) = ours.import_with(&named, &[], ImportOptions::default()).await.expect("an import");
    assert_eq!((report.users.imported, report.passwords.imported), (1, 1));
    let other = ours.import_with(&format!("{url}{sign}schema=public"), &[], ImportOptions::default()).await;
    assert!(other.is_err(), "{other:?}");
}

#[tokio::test]
async fn imported_ban_disables_until_an_operator_enables() {
    for theirs in Theirs::each().await {
        let script = Script { theirs: &theirs, style: KYSELY };
        let (past, future) = (script.time(NOW.minus(HOUR)), script.time(NOW.plus(HOUR)));
        let yes = script.truth(true);
        let rows = [
            script.user("ever", [yes, "null", "null"]),
            script.user("now", [yes, &future, "null"]),
            script.user("then", [yes, &past, "null"]),
            script.user("never", [script.truth(false), "null", "null"]),
            script.session("one", "ever", "", "null"),
            script.session("two", "then", "", "null"),
            script.session("three", "never", "", "null"),
        ];
        theirs.run(script.tables() + &rows.concat()).await;
        let ours = Ours::open().await;
        let (told, report) = ours.import(&theirs).await;
        assert_eq!((report.banned, report.sessions.imported), (2, 2));
        assert_eq!(told, ["session one: its user is disabled here"]);
        for (name, is_disabled) in [("ever", true), ("now", true), ("then", false), ("never", false)] {
            assert_eq!(ours.restrictions(name).await.0, is_disabled, "{name}");
        }

        // One is enabled here, one is no longer banned there, and one was banned there meanwhile.
        let by = Operator::new("cli:test");
        let ever = UserId::new("ever").expect("an id");
        assert!(ours.store.enable_user(&by, &ever, NOW).await.expect("an answer"));
        let lift = format!("update \"user\" set banned = {} where id = 'now';", script.truth(false));
        let ban = format!("update \"user\" set banned = {yes} where id = 'never';");
        theirs.run(lift + &ban).await;
        let (_, report) = ours.import(&theirs).await;
        assert_eq!((report.banned, report.still_disabled), (2, 1));
        for (name, is_disabled) in [("ever", false), ("now", true), ("then", false), ("never", true)] {
            assert_eq!(ours.restrictions(name).await.0, is_disabled, "{name}");
        }
        assert!(ours.live("never").await.is_empty(), "the sessions of a user who is disabled end");
    }
}

#[tokio::test]
async fn imported_two_factor_is_required_until_waived() {
    for theirs in Theirs::each().await {
        let script = Script { theirs: &theirs, style: DRIZZLE };
        let (yes, no) = (script.truth(true), script.truth(false));
        let rows = [
            script.user("ada", ["null", "null", yes]),
            script.user("grace", ["null", "null", yes]),
            script.user("mary", ["null", "null", no]),
            script.session("one", "ada", "", "null"),
        ];
        theirs.run(script.tables() + &rows.concat()).await;
        let ours = Ours::open().await;
        let (_, report) = ours.import(&theirs).await;
        assert_eq!(report.two_factor, 2);
        let needs = async || {
            let mut needs = Vec::new();
            for name in ["ada", "grace", "mary"] {
                needs.push(ours.restrictions(name).await.1);
            }
            needs
        };
        assert_eq!(needs().await, [true, true, false]);
        assert_eq!(ours.live("ada").await, ["one"], "its second factor was given there");

        let by = Operator::new("cli:test");
        let ada = UserId::new("ada").expect("an id");
        assert!(ours.store.allow_password_alone(&by, &ada, NOW).await.expect("an answer"));
        assert_eq!(needs().await, [false, true, false]);
        ours.import(&theirs).await;
        assert_eq!(needs().await, [false, true, false], "an import does not take it back");
        theirs.run(format!("update \"user\" set two_factor_enabled = {yes} where id = 'mary';")).await;
        theirs.run(format!("update \"user\" set two_factor_enabled = {no} where id = 'grace';")).await;
        ours.import(&theirs).await;
        assert_eq!(needs().await, [false, false, true], "it follows");

        let options = ImportOptions { allow_password_alone: true, ..ImportOptions::default() };
        let (_, report) = ours.import_with(&theirs.url(), &[], options).await.expect("an import");
        assert_eq!((report.two_factor, needs().await), (2, vec![false; 3]));
    }
}

#[tokio::test]
async fn impersonated_sessions_are_skipped_and_counted() {
    for theirs in Theirs::each().await {
        let script = Script { theirs: &theirs, style: KYSELY };
        let rows = [
            script.user("ada", NONE),
            script.session("own", "ada", "", "null"),
            script.session("support", "ada", "", "'root'"),
        ];
        theirs.run(script.tables() + &rows.concat()).await;
        let ours = Ours::open().await;
        let (told, report) = ours.import(&theirs).await;
        assert_eq!((report.sessions.imported, report.impersonated, told), (1, 1, Vec::new()));
        assert_eq!(ours.live("ada").await, ["own"]);
    }
}

#[tokio::test]
async fn users_and_passwords_are_imported_without_a_table_of_sessions() {
    for theirs in Theirs::each().await {
        let script = Script { theirs: &theirs, style: KYSELY };
        let rows = script.user("ada", NONE) + &script.session("one", "ada", "", "null");
        theirs.run(script.tables() + &rows).await;
        let ours = Ours::open().await;
        assert!(!ours.import(&theirs).await.1.sessions_are_elsewhere);
        theirs.run("drop table session;".to_owned() + &script.user("grace", NONE)).await;
        let (_, report) = ours.import(&theirs).await;
        assert!(report.sessions_are_elsewhere);
        assert_eq!((report.users.imported, report.passwords.imported, report.ended), (1, 1, 0));
        assert_eq!(ours.live("ada").await, ["one"], "what cannot be seen has not ended");
    }
}

#[tokio::test]
async fn import_applies_the_limits_of_a_sign_up() {
    let theirs = Theirs::sqlite();
    let script = Script { theirs: &theirs, style: KYSELY };
    let (long, longest) = ("x".repeat(101), "x".repeat(100));
    let (image, fine) =
        (format!("data:image/png;base64,{}", "A".repeat(200_000)), "https://example.org/a.png");
    let set = |user: &str, what: &str, text: &str| {
        format!("update \"user\" set {what} = '{text}' where id = '{user}';")
    };
    let rows = [
        script.user("ada", NONE),
        script.user("grace", NONE),
        script.user("mary", NONE),
        set("ada", "name", &long) + &set("ada", "image", &image),
        set("grace", "name", "  ") + &set("grace", "image", fine),
        set("mary", "name", &longest) + &set("mary", "image", ""),
        script.session("one", "ada", &"1".repeat(300), "null"),
    ];
    theirs.run(script.tables() + &rows.concat()).await;
    let ours = Ours::open().await;
    let (told, report) = ours.import(&theirs).await;
    assert_eq!((report.users.imported, report.sessions.imported, report.dropped), (3, 1, 3));
    assert_eq!(
        told,
        [
            "user ada: its name, which is too long",
            "user ada: its picture, whose address is too long",
            "session one: its IP address, which is too long"
        ]
    );
    for (user, name, image) in
        [("ada", "ada", None), ("grace", "grace", Some(fine)), ("mary", &*longest, None)]
    {
        let known = ours.store.password_of(&format!("{user}@example.org")).await.expect("an answer");
        let known = known.expect("a user").user;
        assert_eq!((&*known.name, known.image.as_deref()), (name, image));
    }
    let ada = UserId::new("ada").expect("an id");
    assert_eq!(ours.store.live_of_user(&ada, NOW).await.expect("a list")[0].session.ip_address, "");
}

#[tokio::test]
async fn import_with_only_broken_users_fails_and_leaves_nothing() {
    let theirs = Theirs::sqlite();
    let script = Script { theirs: &theirs, style: KYSELY };
    let rows = script.user("ada", NONE) + "update \"user\" set \"createdAt\" = 'createdAt';";
    theirs.run(script.tables() + &rows).await;
    let ours = Ours::open().await;
    let failed = ours.import_with(&theirs.url(), &[], ImportOptions::default()).await;
    assert!(matches!(failed, Err(ImportError::EveryUserBroken)), "{failed:?}");
    assert!(ours.store.password_of("ada@example.org").await.expect("an answer").is_none());
}
