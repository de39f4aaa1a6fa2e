//! Finds Better Auth's tables and columns in a database, in each spelling of its command-line tool.
//!
//! Kysely and Prisma write `emailVerified`, Drizzle `email_verified`; with `usePlural` tables are called
//! `users`. So names are compared without case and underscores, and either all tables are plural or none.
//! Names that `modelName` and `fields` of Better Auth's configuration change must be given by the caller.

use std::str::FromStr;

use super::{SourceError, Table};

/// A table as the database's catalogue lists it.
#[derive(Debug)]
pub(super) struct CatalogueTable {
    /// The schema; SQLite has none.
    pub(super) schema: Option<String>,
    pub(super) name: String,
    pub(super) columns: Vec<CatalogueColumn>,
}

/// A column as the database's catalogue lists it.
#[derive(Debug)]
pub(super) struct CatalogueColumn {
    pub(super) name: String,
    /// Whether it is a date and time, and not text or a number.
    pub(super) is_time: bool,
}

/// A column that an import reads, by its name in Better Auth.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    is_required: bool,
}

const fn required(name: &'static str) -> Field {
    Field { name, is_required: true }
}

/// A field of a plugin.
const fn optional(name: &'static str) -> Field {
    Field { name, is_required: false }
}

impl Table {
    pub(super) const ALL: [Self; 3] = [Self::User, Self::Account, Self::Session];

    /// The columns of a row, in this order.
    pub(super) const fn fields(self) -> &'static [Field] {
        const USER: &[Field] = &[
            required("id"),
            required("email"),
            required("name"),
            required("image"),
            required("emailVerified"),
            required("createdAt"),
            required("updatedAt"),
            optional("banned"),
            optional("banExpires"),
            optional("twoFactorEnabled"),
        ];
        const ACCOUNT: &[Field] = &[
            required("id"),
            required("userId"),
            required("password"),
            required("updatedAt"),
            required("providerId"),
        ];
        const SESSION: &[Field] = &[
            required("id"),
            required("userId"),
            required("token"),
            required("ipAddress"),
            required("userAgent"),
            required("createdAt"),
            required("updatedAt"),
            required("expiresAt"),
            optional("impersonatedBy"),
        ];
        match self {
            Self::User => USER,
            Self::Account => ACCOUNT,
            Self::Session => SESSION,
        }
    }

    /// Better Auth's own columns that are not needed here: signing in by other providers.
    const fn ignored(self) -> &'static [&'static str] {
        match self {
            Self::User | Self::Session => &[],
            Self::Account => &[
                "issuer",
                "accountId",
                "accessToken",
                "refreshToken",
                "idToken",
                "accessTokenExpiresAt",
                "refreshTokenExpiresAt",
                "scope",
                "createdAt",
            ],
        }
    }
}

const TWO_FACTOR: &str = "twoFactor";
/// Tables that are not needed here. Whether a user has two-factor authentication is in the table of the
/// users.
const IGNORED: [&str; 3] = ["verification", "rateLimit", TWO_FACTOR];

/// The name of a table or column that Better Auth's `modelName` or `fields` changes.
///
/// # Examples
///
/// ```
/// use multi_session::SourceName;
///
/// assert!("user=people".parse::<SourceName>().is_ok());
/// assert!("user.email=email_address".parse::<SourceName>().is_ok());
/// assert!("user.shoeSize=shoe_size".parse::<SourceName>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceName {
    table: Table,
    /// `None` for the table itself.
    field: Option<&'static str>,
    name: String,
}

/// Why a text is not a [`SourceName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSourceName {
    /// It is malformed.
    #[error("it must be TABLE=NAME or TABLE.FIELD=NAME, such as user=people or user.email=email_address")]
    Form,
    /// It is about a table that is not read.
    #[error("the table must be user, account or session")]
    Table,
    /// It is about a column that is not read.
    #[error("the import reads only these fields of {table}: {fields}")]
    Field {
        /// The table.
        table: &'static str,
        /// The fields that are read.
        fields: String,
    },
}

impl FromStr for SourceName {
    type Err = InvalidSourceName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (what, name) = text.split_once('=').ok_or(InvalidSourceName::Form)?;
        if what.is_empty() || name.is_empty() {
            return Err(InvalidSourceName::Form);
        }
        let (table, field) = match what.split_once('.') {
            Some((table, field)) => (table, Some(field)),
            None => (what, None),
        };
        let table = Table::ALL.into_iter().find(|known| known.name() == table);
        let table = table.ok_or(InvalidSourceName::Table)?;
        let names = || table.fields().iter().map(|field| field.name);
        let field = match field {
            None => None,
            Some(field) => {
                Some(names().find(|known| *known == field).ok_or_else(|| InvalidSourceName::Field {
                    table: table.name(),
                    fields: names().collect::<Vec<_>>().join(", "),
                })?)
            }
        };
        Ok(Self { table, field, name: name.to_owned() })
    }
}

/// A table of Better Auth that was found.
#[derive(Debug)]
pub(super) struct Located<'a> {
    pub(super) table: &'a CatalogueTable,
    /// One for each of [`Table::fields`]; `None` for missing fields of plugins.
    pub(super) columns: Vec<Option<&'a CatalogueColumn>>,
}

/// The tables and columns to import, and those that are not understood.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) user: Located<'a>,
    pub(super) account: Located<'a>,
    /// `None` if Better Auth keeps its sessions elsewhere.
    pub(super) session: Option<Located<'a>>,
    /// Tables, and columns of the imported tables, that the import does not understand.
    pub(super) not_understood: Vec<String>,
}

/// Finds Better Auth's tables and their columns.
///
/// # Errors
///
/// [`SourceError`] when one is missing or ambiguous.
pub(super) fn locate<'a>(
    catalogue: &'a [CatalogueTable],
    names: &[SourceName],
) -> Result<Layout<'a>, SourceError> {
    let spelled = |is_plural| Spelling { catalogue, names, is_plural }.layout();
    match (spelled(false), spelled(true)) {
        (Ok(one), Err(_)) | (Err(_), Ok(one)) => Ok(one),
        // If the names of the other tables were given, only the sessions depend on the spelling.
        (Ok(one), Ok(other)) if std::ptr::eq(one.user.table, other.user.table) => {
            Ok(if one.session.is_some() { one } else { other })
        }
        (Ok(one), Ok(other)) => Err(ambiguous(Table::User, &one.user.table.name, &other.user.table.name)),
        // The error of the spelling that has a table of users is more helpful.
        (Err(SourceError::MissingTable { table: "user" }), Err(error)) => Err(error),
        (Err(error), Err(_)) => Err(error),
    }
}

fn ambiguous(table: Table, one: &str, other: &str) -> SourceError {
    SourceError::Ambiguous { wanted: table.name().to_owned(), found: [one.to_owned(), other.to_owned()] }
}

/// One way to spell names.
struct Spelling<'a, 'b> {
    catalogue: &'a [CatalogueTable],
    names: &'b [SourceName],
    is_plural: bool,
}

impl<'a> Spelling<'a, '_> {
    fn layout(&self) -> Result<Layout<'a>, SourceError> {
        let user = self.table(Table::User)?.ok_or(missing(Table::User))?;
        let account = self.table(Table::Account)?.ok_or(missing(Table::Account))?;
        let session = self.table(Table::Session)?;
        let has = |table: &CatalogueTable, names: &[&str]| {
            table.columns.iter().any(|column| names.iter().any(|name| key(name) == key(&column.name)))
        };
        // The fields of a plugin belong together. If only some are found, the others have different names,
        // and a restriction would be overlooked.
        let has_bans = has(user, &["banReason", "banExpires"])
            || session.is_some_and(|session| has(session, &["impersonatedBy"]));
        let has_two_factor = self.catalogue.iter().any(|table| self.is_called(&table.name, TWO_FACTOR));
        let is_needed = |field: &str| match field {
            "banned" => has_bans,
            "twoFactorEnabled" => has_two_factor,
            _ => false,
        };
        let located = |table, found| self.columns(table, found, &is_needed);
        let (user, account) = (located(Table::User, user)?, located(Table::Account, account)?);
        let session = session.map(|session| located(Table::Session, session)).transpose()?;
        let not_understood = self.not_understood(&user, &account, session.as_ref());
        Ok(Layout { user, account, session, not_understood })
    }

    /// The configured name of a table or of one of its columns.
    fn configured(&self, table: Table, field: Option<&str>) -> Option<&str> {
        let said = self.names.iter().rfind(|said| said.table == table && said.field == field);
        said.map(|said| &*said.name)
    }

    fn is_called(&self, name: &str, model: &str) -> bool {
        let model = key(model);
        key(name) == if self.is_plural { model + "s" } else { model }
    }

    fn table(&self, table: Table) -> Result<Option<&'a CatalogueTable>, SourceError> {
        let said = self.configured(table, None);
        if let Some(exact) = said.and_then(|said| self.catalogue.iter().find(|known| known.name == said)) {
            return Ok(Some(exact));
        }
        let model = said.unwrap_or(table.name());
        let mut found = self.catalogue.iter().filter(|known| self.is_called(&known.name, model));
        match (found.next(), found.next()) {
            (Some(one), Some(other)) => Err(ambiguous(table, &one.name, &other.name)),
            (None, _) if said.is_some() => Err(missing(table)),
            (one, _) => Ok(one),
        }
    }

    fn columns(
        &self,
        table: Table,
        found: &'a CatalogueTable,
        is_needed: &dyn Fn(&str) -> bool,
    ) -> Result<Located<'a>, SourceError> {
        let columns = table.fields().iter().map(|field| {
            let said = self.configured(table, Some(field.name));
            if let Some(exact) = said.and_then(|said| found.columns.iter().find(|column| column.name == said))
            {
                return Ok(Some(exact));
            }
            let wanted = key(said.unwrap_or(field.name));
            let mut columns = found.columns.iter().filter(|column| key(&column.name) == wanted);
            match (columns.next(), columns.next()) {
                (Some(one), Some(other)) => Err(SourceError::Ambiguous {
                    wanted: format!("{}.{}", table.name(), field.name),
                    found: [one.name.clone(), other.name.clone()],
                }),
                (None, _) if field.is_required || said.is_some() || is_needed(field.name) => {
                    Err(SourceError::MissingColumn { table: found.name.clone(), column: field.name })
                }
                (one, _) => Ok(one),
            }
        });
        Ok(Located { table: found, columns: columns.collect::<Result<_, _>>()? })
    }

    fn not_understood(
        &self,
        user: &Located<'_>,
        account: &Located<'_>,
        session: Option<&Located<'_>>,
    ) -> Vec<String> {
        let read = [(Table::User, Some(user)), (Table::Account, Some(account)), (Table::Session, session)];
        let is_ignored = |name: &str| IGNORED.iter().any(|ignored| self.is_called(name, ignored));
        let mut names = Vec::new();
        for known in self.catalogue {
            let of = read.iter().find_map(|(table, located)| {
                located.filter(|located| std::ptr::eq(located.table, known)).map(|located| (table, located))
            });
            let Some((table, located)) = of else {
                if !is_ignored(&known.name) {
                    names.push(known.name.clone());
                }
                continue;
            };
            let columns = known.columns.iter().filter(|column| {
                let is_read = located.columns.iter().flatten().any(|read| std::ptr::eq(*read, *column));
                !is_read && !table.ignored().iter().any(|ignored| key(ignored) == key(&column.name))
            });
            names.extend(columns.map(|column| format!("{}.{}", known.name, column.name)));
        }
        names
    }
}

const fn missing(table: Table) -> SourceError {
    SourceError::MissingTable { table: table.name() }
}

/// A key that is equal for all spellings of a name.
fn key(name: &str) -> String {
    name.chars().filter(|it| !matches!(it, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "id name email emailVerified image createdAt updatedAt";
    const ACCOUNT: &str = "id issuer accountId providerId userId accessToken refreshToken idToken \
                           accessTokenExpiresAt refreshTokenExpiresAt scope password createdAt updatedAt";
    const SESSION: &str = "id expiresAt token createdAt updatedAt ipAddress userAgent userId";
    const VERIFICATION: &str = "id identifier value expiresAt createdAt updatedAt";
    const OURS: [(&str, &str); 3] = [
        ("users", "id email name image email_verified created_at updated_at"),
        ("sessions", "id user_id handle secret_hash ip_address user_agent created_at updated_at expires_at"),
        ("passwords", "user_id hash updated_at"),
    ];

    fn catalogue(tables: &[(&str, &str)]) -> Vec<CatalogueTable> {
        let column = |name: &str| CatalogueColumn { name: name.to_owned(), is_time: false };
        let table = |(name, columns): &(&str, &str)| CatalogueTable {
            schema: None,
            name: (*name).to_owned(),
            columns: columns.split_whitespace().map(column).collect(),
        };
        tables.iter().map(table).collect()
    }

    /// Names as Drizzle's generator writes them.
    fn snake(names: &str) -> String {
        names.chars().fold(String::new(), |mut text, it| {
            if it.is_uppercase() {
                text.push('_');
            }
            text.extend(it.to_lowercase());
            text
        })
    }

    fn source_names(names: &[&str]) -> Vec<SourceName> {
        names.iter().map(|name| name.parse().expect("a name")).collect()
    }

    fn located(tables: &[(&str, &str)], names: &[&str]) -> Result<[String; 3], String> {
        let catalogue = catalogue(tables);
        let layout = locate(&catalogue, &source_names(names)).map_err(|error| error.to_string())?;
        let email = layout.user.columns[1].expect("a column").name.clone();
        let verified = layout.user.columns[4].expect("a column").name.clone();
        let session = layout.session.map(|session| session.table.name.clone()).unwrap_or_default();
        Ok([format!("{}.{email}", layout.user.table.name), verified, session])
    }

    fn kysely() -> Vec<(&'static str, &'static str)> {
        vec![("user", USER), ("session", SESSION), ("account", ACCOUNT), ("verification", VERIFICATION)]
    }

    #[test]
    fn every_spelling_of_the_command_line_tool_is_found() {
        let (user, session, account) = (snake(USER), snake(SESSION), snake(ACCOUNT));
        let drizzle = [("user", &*user), ("session", &*session), ("account", &*account)];
        let plural = [("users", &*user), ("sessions", &*session), ("accounts", &*account)];
        let prisma = [("User", USER), ("Session", SESSION), ("Account", ACCOUNT)];
        let prisma_plural = [("users", USER), ("sessions", SESSION), ("accounts", ACCOUNT)];
        for (tables, expected) in [
            (&kysely()[..], ["user.email", "emailVerified", "session"]),
            (&drizzle, ["user.email", "email_verified", "session"]),
            (&plural, ["users.email", "email_verified", "sessions"]),
            (&prisma, ["User.email", "emailVerified", "Session"]),
            (&prisma_plural, ["users.email", "emailVerified", "sessions"]),
        ] {
            assert_eq!(located(tables, &[]), Ok(expected.map(str::to_owned)), "{tables:?}");
        }
    }

    #[test]
    fn configured_names_are_used() {
        let user = snake(USER).replace(" email ", " email_address ");
        let (session, account) = (snake(SESSION), snake(ACCOUNT));
        // As with `modelName: "customUser"` and `fields: { email: "emailAddress" }`, without and with
        // `usePlural`.
        for tables in [
            [("custom_user", &*user), ("session", &session), ("account", &account)],
            [("custom_users", &*user), ("sessions", &session), ("accounts", &account)],
        ] {
            let found = located(&tables, &["user=customUser", "user.email=emailAddress"]).expect("a layout");
            assert_eq!(found[0], format!("{}.email_address", tables[0].0));
            let exact = located(&tables, &[&format!("user={}", tables[0].0), "user.email=email_address"]);
            assert_eq!(exact, Ok(found));
            assert_eq!(
                located(&tables, &["user=customUser"]),
                Err(format!("its table {:?} has no column for Better Auth's \"email\"", tables[0].0))
            );
            let error = located(&tables, &["user.email=emailAddress"]).expect_err("no table");
            assert_eq!(error, "it has no table for Better Auth's \"user\"");
            assert!(located(&tables, &["user=customUser", "user.email=mail"]).is_err());
            assert!(located(&tables, &["user=customUser", "user.email=emailAddress", "session=x"]).is_err());
        }
    }

    #[test]
    fn any_missing_column_is_named() {
        for (index, (table, columns)) in kysely().into_iter().take(3).enumerate() {
            let known = Table::ALL.into_iter().find(|known| known.name() == table).expect("a table");
            for field in known.fields().iter().filter(|field| field.is_required) {
                let left: Vec<_> = columns.split_whitespace().filter(|it| *it != field.name).collect();
                let left = left.join(" ");
                let mut tables = kysely();
                tables[index].1 = &left;
                assert_eq!(
                    located(&tables, &[]),
                    Err(format!("its table {table:?} has no column for Better Auth's {:?}", field.name))
                );
            }
        }
        for (gone, named) in [(0, "user"), (2, "account")] {
            let mut tables = kysely();
            tables.remove(gone);
            assert_eq!(located(&tables, &[]), Err(format!("it has no table for Better Auth's {named:?}")));
        }
    }

    #[test]
    fn sessions_may_be_kept_elsewhere() {
        let mut tables = kysely();
        tables.remove(1);
        assert_eq!(located(&tables, &[]).expect("a layout")[2], "");
        assert!(located(&tables, &["session=session"]).is_err(), "it was said that there are some");
    }

    #[test]
    fn our_own_tables_are_not_mistaken_for_better_auths() {
        let beside: Vec<_> = kysely().into_iter().chain(OURS).collect();
        assert_eq!(located(&beside, &[]).expect("a layout")[0], "user.email");
        let mut elsewhere = beside.clone();
        elsewhere.remove(1);
        assert_eq!(located(&elsewhere, &[]).expect("a layout")[2], "");
        assert_eq!(located(&OURS, &[]), Err("it has no table for Better Auth's \"account\"".to_owned()));
    }

    #[test]
    fn ambiguous_names_are_refused_unless_configured() {
        let both = [&kysely()[..], &[("users", USER), ("accounts", ACCOUNT), ("sessions", SESSION)]].concat();
        let error = located(&both, &[]).expect_err("two");
        assert!(error.starts_with("both \"user\" and \"users\" can be Better Auth's \"user\""), "{error}");
        let said = ["user=users", "account=accounts", "session=sessions"];
        assert_eq!(located(&both, &said).expect("a layout")[0], "users.email");

        let twice = format!("{USER} email_verified");
        let mut tables = kysely();
        tables[0].1 = &twice;
        let error = located(&tables, &[]).expect_err("two");
        assert!(error.starts_with("both \"emailVerified\" and \"email_verified\" can be"), "{error}");
        let said = located(&tables, &["user.emailVerified=email_verified"]).expect("a layout");
        assert_eq!(said[1], "email_verified");
    }

    #[test]
    fn restriction_with_another_name_is_not_overlooked() {
        let banned = format!("{USER} isBanned banReason banExpires");
        let mut tables = kysely();
        tables[0].1 = &banned;
        let error = located(&tables, &[]).expect_err("no column");
        assert_eq!(error, "its table \"user\" has no column for Better Auth's \"banned\"");
        assert!(located(&tables, &["user.banned=isBanned"]).is_ok());

        let impersonated = format!("{SESSION} impersonatedBy");
        let mut tables = kysely();
        tables[1].1 = &impersonated;
        assert!(located(&tables, &[]).expect_err("no column").contains("\"banned\""));

        let with_mfa = format!("{USER} mfa");
        let mut tables = kysely();
        tables[0].1 = &with_mfa;
        tables.push(("twoFactor", "id secret backupCodes userId"));
        assert!(located(&tables, &[]).expect_err("no column").contains("\"twoFactorEnabled\""));
        assert!(located(&tables, &["user.twoFactorEnabled=mfa"]).is_ok());
    }

    #[test]
    fn unknown_tables_and_columns_are_reported() {
        let (user, session) = (
            format!("{USER} role banned banReason banExpires twoFactorEnabled"),
            format!("{SESSION} impersonatedBy activeOrganizationId"),
        );
        let mut tables = kysely();
        (tables[0].1, tables[1].1) = (&user, &session);
        tables.extend([("twoFactor", "id secret"), ("organization", "id"), ("rateLimit", "key")]);
        let catalogue = catalogue(&tables);
        let layout = locate(&catalogue, &[]).expect("a layout");
        assert_eq!(
            layout.not_understood,
            ["user.role", "user.banReason", "session.activeOrganizationId", "organization"]
        );
    }

    #[test]
    fn only_names_of_imported_fields_can_be_configured() {
        for text in ["", "user", "=x", "user=", "users=x", "user.shoeSize=x", "user.=x", ".email=x"] {
            assert!(text.parse::<SourceName>().is_err(), "{text:?}");
        }
        let error = "session.mail=x".parse::<SourceName>().expect_err("no field").to_string();
        assert!(error.contains("only these fields of session: id, userId, token"), "{error}");
    }
}
