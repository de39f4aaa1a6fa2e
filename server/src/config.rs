//! The flags and their environment variables. `docs/configuration.md` has the same texts as `--help`; a test compares them.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use http::HeaderValue;
use ipnet::IpNet;
use multi_session::{
    InvalidOptions, IpMode, Options, OptionsBuilder, PostgresStore, Preset, SessionsBuilder, SourceName,
};

use crate::{Color, DatabaseUrl, Logo, OperatorTokenHash, SmtpUrl, WebhookSecret, WebhookUrl, service};

/// Sessions on many devices: list them, switch accounts, and revoke one, the others or all.
#[derive(Clone, Debug, Parser)]
#[command(name = "multi-session", version)]
pub struct Config {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The database: `sqlite://FILE` for one node, `postgres://USER:PASSWORD@HOST/DATABASE` for several. Other users
    /// of the machine can read flags: if the URL has a password, set the variable instead.
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        global = true,
        default_value = "sqlite://data/multi-session.db"
    )]
    pub database_url: DatabaseUrl,

    /// The maximum number of PostgreSQL connections of this node. One more connection listens for changes.
    #[arg(
        long,
        env = "MULTI_SESSION_DATABASE_CONNECTIONS",
        global = true,
        default_value_t = NonZeroU32::new(PostgresStore::CONNECTIONS).expect("more than none")
    )]
    pub database_connections: NonZeroU32,

    /// The maximum number of sessions kept in memory, one to two kilobytes each, so that most requests need no query. 0
    /// turns the cache off. On PostgreSQL, set it only once every node runs a release that has this setting.
    /// [default: 100000 with SQLite, 0 with PostgreSQL]
    #[arg(long, env = "MULTI_SESSION_SESSION_CACHE", global = true)]
    pub session_cache: Option<usize>,

    /// The address to listen on.
    #[arg(long, env = "LEPTOS_SITE_ADDR", global = true, default_value = "127.0.0.1:3000")]
    pub site_addr: SocketAddr,

    /// The folder with the files of the pages. [default: `site` beside the program or one folder up]
    #[arg(long, env = "LEPTOS_SITE_ROOT", global = true)]
    pub site_root: Option<PathBuf>,

    /// The public origin, as browsers see it, such as `https://id.example.org`. With https, cookies are Secure and
    /// their names begin with `__Host-`. [default: `http://` and the address to listen on]
    #[arg(long, env = "MULTI_SESSION_BASE_URL", global = true)]
    pub base_url: Option<String>,

    /// Apply HSTS to subdomains too (includeSubDomains). Turn it on only if every subdomain of the public origin is
    /// served over https.
    #[arg(
        long,
        env = "MULTI_SESSION_HSTS_INCLUDE_SUBDOMAINS",
        global = true,
        default_value_t = false,
        action = ArgAction::Set
    )]
    pub hsts_include_subdomains: bool,

    /// Other origins whose pages may send requests, separated by commas.
    #[arg(long, env = "MULTI_SESSION_TRUSTED_ORIGINS", global = true, value_delimiter = ',')]
    pub trusted_origins: Vec<String>,

    /// The maximum number of live sessions of a user, and of accounts in one browser.
    #[arg(
        long,
        env = "MULTI_SESSION_MAXIMUM_SESSIONS",
        global = true,
        default_value_t = Options::MAXIMUM_SESSIONS
    )]
    pub maximum_sessions: u32,

    /// Set the timeouts to a level of NIST SP 800-63B-4: `nist-aal1`, `nist-aal2` or `nist-aal3`. A timeout that is
    /// set as well must not be looser.
    #[arg(long, env = "MULTI_SESSION_PRESET", global = true)]
    pub preset: Option<Level>,

    /// The idle timeout: a session ends after this time without activity, such as `30d`, `12h` or `90s`. A preset
    /// changes the default. [default: 30d]
    #[arg(
        long,
        env = "MULTI_SESSION_SESSION_TIMEOUT",
        global = true,
        value_parser = humantime::parse_duration
    )]
    pub session_timeout: Option<Duration>,

    /// The absolute timeout: a session ends this long after the last sign-in or re-authentication, whatever its
    /// activity. A preset changes the default. [default: 90d]
    #[arg(
        long,
        env = "MULTI_SESSION_ABSOLUTE_TIMEOUT",
        global = true,
        value_parser = humantime::parse_duration
    )]
    pub absolute_timeout: Option<Duration>,

    /// How long a session is fresh after a sign-in or re-authentication. Ending other sessions needs a fresh session.
    /// A preset changes the default. [default: 1d]
    #[arg(long, env = "MULTI_SESSION_FRESH_AGE", global = true, value_parser = humantime::parse_duration)]
    pub fresh_age: Option<Duration>,

    /// How long the account history is kept, at least `1d`.
    #[arg(
        long,
        env = "MULTI_SESSION_HISTORY_RETENTION",
        global = true,
        default_value = "400d",
        value_parser = retention
    )]
    pub history_retention: Duration,

    /// Whether a sign-in at the maximum ends the oldest session. If `false`, the sign-in is refused, and the person
    /// can choose a device to sign out.
    #[arg(
        long,
        env = "MULTI_SESSION_REVOKE_OLDEST_ON_MAX",
        global = true,
        default_value_t = true,
        action = ArgAction::Set
    )]
    pub revoke_oldest_on_max: bool,

    /// What list-device-sessions returns. `all`: every device of the active user and the other accounts of the
    /// browser. `browser`: only the accounts of the browser, as with Better Auth.
    #[arg(long, env = "MULTI_SESSION_LIST_SCOPE", global = true, default_value = "all")]
    pub list_scope: ListScope,

    /// What the names of the cookies begin with.
    #[arg(long, env = "MULTI_SESSION_COOKIE_PREFIX", global = true, default_value = "multi-session")]
    pub cookie_prefix: String,

    /// The maximum number of live streams that this node serves. Each uses a connection.
    #[arg(long, env = "MULTI_SESSION_MAXIMUM_STREAMS", global = true, default_value_t = 10_000)]
    pub maximum_streams: usize,

    /// The addresses or networks of the proxies whose X-Forwarded-For is trusted, separated by commas.
    #[arg(
        long,
        env = "MULTI_SESSION_TRUSTED_PROXIES",
        global = true,
        value_delimiter = ',',
        value_parser = network
    )]
    pub trusted_proxies: Vec<IpNet>,

    /// How much of an IP address is stored and shown. `full`: all of it. `truncated`: the /24 of an IPv4 address, the
    /// /48 of an IPv6 address. Addresses that are already stored do not change.
    #[arg(long, env = "MULTI_SESSION_IP_MODE", global = true, default_value = "full")]
    pub ip_mode: AddressMode,

    /// A city or country database in the MaxMind format, such as DB-IP Lite or GeoLite2. The list, the history and
    /// mails then show the place of an address. The file is read into memory at start, and no other service is asked.
    #[arg(long, env = "MULTI_SESSION_GEOIP", global = true, value_name = "FILE.mmdb")]
    pub geoip: Option<PathBuf>,

    /// `on` limits the requests of one address: 3 in 10 seconds with a password, and 100 others. `off` does not.
    /// [default: on if the public origin is https]
    #[arg(long, env = "MULTI_SESSION_RATE_LIMIT", global = true)]
    pub rate_limit: Option<Switch>,

    /// `on` makes password attempts wait after failed ones, from 1 second up to 15 minutes, without locking an
    /// account. `off` does not. [default: on if the public origin is https]
    #[arg(long, env = "MULTI_SESSION_SIGN_IN_THROTTLE", global = true)]
    pub sign_in_throttle: Option<Switch>,

    /// The maximum number of open connections of this node. More connections wait. Each live stream is one.
    #[arg(
        long,
        env = "MULTI_SESSION_MAXIMUM_CONNECTIONS",
        global = true,
        default_value_t = NonZeroU32::new(12_000).expect("more than none")
    )]
    pub maximum_connections: NonZeroU32,

    /// The address to serve metrics for Prometheus on, at `/metrics`, such as `127.0.0.1:9464`. Use a private address:
    /// there is no password. Without it there are no metrics.
    #[arg(long, env = "MULTI_SESSION_METRICS_ADDR", global = true)]
    pub metrics_addr: Option<SocketAddr>,

    /// How the log is written. `text`: for people. `json`: one JSON object a line.
    #[arg(long, env = "MULTI_SESSION_LOG_FORMAT", global = true, default_value = "text")]
    pub log_format: LogFormat,

    /// The SHA-256 hashes, in hexadecimal, of the tokens with which programs of operators call the API, separated by
    /// commas. `multi-session operator-token` prints a token and its hash. Without a hash these endpoints do not
    /// exist.
    #[arg(
        long,
        env = "MULTI_SESSION_OPERATOR_TOKEN_HASH",
        hide_env_values = true,
        global = true,
        value_delimiter = ','
    )]
    pub operator_token_hash: Vec<OperatorTokenHash>,

    /// The name of the service in pages and mails.
    #[arg(
        long,
        env = "MULTI_SESSION_SERVICE_NAME",
        global = true,
        default_value = "Multi-session",
        value_parser = service::name
    )]
    pub service_name: String,

    /// The color of buttons and links, such as `#4150cf`. It is darkened or lightened where it would be hard to read.
    #[arg(long, env = "MULTI_SESSION_ACCENT_COLOR", global = true, value_name = "#RRGGBB")]
    pub accent_color: Option<Color>,

    /// The image before the name: a file in the folder with the files of the pages, such as `/logo.svg`, or an
    /// `https://` address.
    #[arg(long, env = "MULTI_SESSION_LOGO", global = true, value_name = "PATH-or-URL")]
    pub logo: Option<Logo>,

    /// The mail server: `smtp://USER:PASSWORD@HOST:PORT` or `smtps://…`. With `smtp`, STARTTLS is required unless the
    /// mail server is on this machine or the URL ends in `?tls=opportunistic`. Percent-encode user and password, such
    /// as `%40` for `@`. Without a mail server no mail is sent, and passwords cannot be reset. Other users of the
    /// machine can read flags: set the variable instead.
    #[arg(long, env = "MULTI_SESSION_SMTP_URL", hide_env_values = true, global = true)]
    pub smtp_url: Option<SmtpUrl>,

    /// The sender of mails, such as `no-reply@example.org` or `Example <no-reply@example.org>`. Required with a mail
    /// server.
    #[arg(long, env = "MULTI_SESSION_MAIL_FROM", global = true)]
    pub mail_from: Option<String>,

    /// The URLs that receive every event as a webhook, separated by commas (%2C within a URL). Other users of the
    /// machine can read flags: if a URL has a secret, set the variable instead.
    #[arg(
        long,
        env = "MULTI_SESSION_WEBHOOK_URL",
        hide_env_values = true,
        global = true,
        value_delimiter = ','
    )]
    pub webhook_url: Vec<WebhookUrl>,

    /// The secrets that sign webhooks, one for each URL in the same order, separated by commas: `whsec_` and the base64
    /// of 24 to 64 random bytes. To replace a secret, set the new and the old one with a space between. Other users of
    /// the machine can read flags: set the variable instead.
    #[arg(
        long,
        env = "MULTI_SESSION_WEBHOOK_SECRET",
        hide_env_values = true,
        global = true,
        value_delimiter = ','
    )]
    pub webhook_secret: Vec<WebhookSecret>,
}

/// What the program does.
#[derive(Clone, Debug, Default, Subcommand)]
pub enum Command {
    /// Serve the pages and the API (the default).
    #[default]
    Serve,
    /// Bring the database's schema up to date and exit.
    Migrate,
    /// Ask the server that listens on --site-addr whether it is alive: exit code 0, or 1 if it is not. For containers.
    Health,
    /// Write a copy of the SQLite database to a new file. The server may run or not. For PostgreSQL, use pg_dump.
    Backup {
        /// The new file, which only you can read.
        file: PathBuf,
    },
    /// Import the users and sessions of another system and exit.
    Import {
        /// The other system.
        #[command(subcommand)]
        from: ImportFrom,
    },
    /// List, revoke and count sessions. The server may run or not.
    Sessions {
        /// What to do.
        #[command(subcommand)]
        act: SessionsCommand,
    },
    /// Disable, enable and erase users.
    Users {
        /// What to do.
        #[command(subcommand)]
        act: UsersCommand,
    },
    /// List, retry and test webhooks. The server may run or not.
    Webhooks {
        /// What to do.
        #[command(subcommand)]
        act: WebhooksCommand,
    },
    /// List what operators did, the latest first. Acts are kept as long as account histories.
    OperatorActs(OperatorActs),
    /// Print a new token for programs of operators, and its hash for MULTI_SESSION_OPERATOR_TOKEN_HASH.
    OperatorToken,
}

/// What an operator does with sessions.
///
/// A running server refuses a revoked session immediately. Its open pages show the change immediately with PostgreSQL,
/// and within two seconds with SQLite.
#[derive(Clone, Debug, Subcommand)]
pub enum SessionsCommand {
    /// List the sessions of a user, the newest first.
    List(SessionsList),
    /// Revoke one session.
    Revoke {
        /// The id of the session, as in a list.
        session_id: String,
    },
    /// Revoke every session of a user.
    RevokeUser {
        /// The user's email or id.
        #[arg(value_name = "EMAIL-or-ID")]
        user: String,
    },
    /// Revoke every session of every user, so that everybody has to sign in again.
    RevokeEverybody {
        /// Confirm. Without this flag nothing happens.
        #[arg(long, required = true)]
        yes: bool,
    },
    /// Count the live sessions, and the sign-ins and ends of the last 24 hours.
    Stats {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What an operator does with users.
#[derive(Clone, Subcommand)]
pub enum UsersCommand {
    /// Disable a user: every session ends, and nobody can sign in to the account until it is enabled.
    Disable {
        /// The user's email or id.
        #[arg(value_name = "EMAIL-or-ID")]
        user: String,
    },
    /// Let a user sign in again.
    Enable {
        /// The user's email or id.
        #[arg(value_name = "EMAIL-or-ID")]
        user: String,
    },
    /// Let a user who was imported with two-factor authentication sign in with only the password.
    AllowPasswordAlone {
        /// The user's email or id.
        #[arg(value_name = "EMAIL-or-ID")]
        user: String,
    },
    /// Erase a user with the password, the sessions and the history. This cannot be undone. Only the act itself is kept,
    /// with the user's id.
    Forget {
        /// The user's email or id.
        #[arg(value_name = "EMAIL-or-ID")]
        user: String,
        /// Confirm. Without this flag nothing happens.
        #[arg(long, required = true)]
        yes: bool,
    },
}

impl std::fmt::Debug for UsersCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UsersCommand").finish_non_exhaustive()
    }
}

/// What an operator does with webhooks.
#[derive(Clone, Debug, Subcommand)]
pub enum WebhooksCommand {
    /// List the webhooks with the number of events that wait, fail and were given up, and the last error.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Send events again that have failed, also those that were given up.
    Retry {
        /// The id of a webhook, as in the list. Without it, events of every webhook are sent.
        id: Option<String>,
    },
    /// Send a test to every configured URL now, and print the result.
    Test,
    /// Remove a webhook whose URL is no longer configured, with the events that wait for it.
    Remove {
        /// The id of the webhook, as in the list.
        id: String,
    },
}

/// Which acts of operators are listed, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct OperatorActs {
    /// The maximum number of rows.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub limit: u32,

    /// Continue before this act, the last one of the previous list.
    #[arg(long, value_name = "ACT_ID")]
    pub before: Option<i64>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which sessions are listed, and how.
#[derive(Clone, clap::Args)]
pub struct SessionsList {
    /// The user's email or id.
    #[arg(long, value_name = "EMAIL-or-ID")]
    pub user: String,

    /// Include sessions that ended in the last 90 days.
    #[arg(long)]
    pub ended: bool,

    /// The maximum number of rows.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub limit: u32,

    /// Continue after this session, the last one of the previous list.
    #[arg(long, value_name = "SESSION_ID")]
    pub after: Option<String>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl std::fmt::Debug for SessionsList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionsList").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// A system whose users and sessions can be imported.
#[derive(Clone, Debug, Subcommand)]
pub enum ImportFrom {
    /// Better Auth: the tables `user`, `account` and `session`, as its command-line tool creates them for Kysely, Drizzle
    /// or Prisma.
    ///
    /// The import is one transaction. Try it with --dry-run first, and run it again at any time. Broken rows are reported
    /// and skipped; the exit code is 0 unless every user is broken. A missing column is an error before anything is read.
    BetterAuth(BetterAuthImport),
}

/// The options of an import from Better Auth.
#[derive(Clone, clap::Args)]
pub struct BetterAuthImport {
    /// The database: `sqlite://FILE` or `postgres://…`. Add `?schema=NAME` if the tables are not on the search path.
    #[arg(long, value_name = "URL")]
    pub from: String,

    /// The name of a table or column, if Better Auth's configuration sets `modelName` or `fields`: `user=people` or
    /// `user.email=email_address`. Repeat the flag for each name.
    #[arg(long, value_name = "TABLE[.FIELD]=NAME")]
    pub map: Vec<SourceName>,

    /// The secret of Better Auth. With it, live sessions are imported, and browsers stay signed in. Other users of the
    /// machine can read flags: set the variable instead.
    #[arg(long, env = "BETTER_AUTH_SECRET", hide_env_values = true)]
    pub secret: Option<String>,

    /// The secrets of Better Auth as `VERSION:SECRET`, separated by commas. The first one signs cookies, and takes
    /// precedence over --secret.
    #[arg(long, env = "BETTER_AUTH_SECRETS", hide_env_values = true)]
    pub secrets: Option<String>,

    /// Let users with two-factor authentication sign in with only the password: this server has no second factor. Without
    /// this flag they stay signed in but cannot sign in again. `multi-session users allow-password-alone` allows it for
    /// one user.
    #[arg(long)]
    pub allow_password_alone: bool,

    /// Run the import and report, but store nothing.
    #[arg(long)]
    pub dry_run: bool,
}

impl std::fmt::Debug for BetterAuthImport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BetterAuthImport")
            .field("dry_run", &self.dry_run)
            .field("allow_password_alone", &self.allow_password_alone)
            .finish_non_exhaustive()
    }
}

/// What `list-device-sessions` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListScope {
    /// Every live session of the active user, and the other accounts that the browser holds.
    All,
    /// Only the accounts that the browser holds.
    Browser,
}

/// A standard's level, by its name in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(pub Preset);

impl ValueEnum for Level {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(Preset::NistAal1), Self(Preset::NistAal2), Self(Preset::NistAal3)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.0 {
            Preset::NistAal1 => "30 days overall",
            Preset::NistAal2 => "24 hours overall, 1 hour idle, 1 hour fresh",
            Preset::NistAal3 => "12 hours overall, 15 minutes idle, 15 minutes fresh",
        };
        Some(PossibleValue::new(self.0.as_str()).help(help))
    }
}

/// How much of an address is kept, by its name in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressMode(pub IpMode);

impl ValueEnum for AddressMode {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(IpMode::Full), Self(IpMode::Truncated)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.0 {
            IpMode::Full => "The whole address",
            _ => "The /24 of an IPv4 address, the /48 of an IPv6 one",
        };
        Some(PossibleValue::new(self.0.as_str()).help(help))
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Turned on.
    On,
    /// Turned off.
    Off,
}

impl Config {
    /// The limits of sessions.
    ///
    /// # Errors
    ///
    /// [`InvalidOptions`] when a value is zero or absurd, or looser than the preset.
    pub fn session_options(&self) -> Result<Options, InvalidOptions> {
        type Set<T> = fn(OptionsBuilder, T) -> OptionsBuilder;
        let set = |builder, set: Set<Duration>, value: Option<Duration>| match value {
            Some(value) => set(builder, value),
            None => builder,
        };
        let builder = Options::builder()
            .maximum_sessions(self.maximum_sessions)
            .revoke_oldest_on_max(self.revoke_oldest_on_max);
        let builder = match self.preset {
            Some(Level(preset)) => builder.preset(preset),
            None => builder,
        };
        let builder = set(builder, OptionsBuilder::session_timeout, self.session_timeout);
        let builder = set(builder, OptionsBuilder::absolute_timeout, self.absolute_timeout);
        set(builder, OptionsBuilder::fresh_age, self.fresh_age).build()
    }

    /// The public origin.
    pub fn base_url(&self) -> String {
        self.base_url.clone().unwrap_or_else(|| {
            let port = self.site_addr.port();
            // No browser calls a server by the address that means "all of them".
            if self.site_addr.ip().is_unspecified() {
                format!("http://localhost:{port}")
            } else {
                format!("http://{}", self.site_addr)
            }
        })
    }

    /// Whether browsers reach the server by https.
    pub fn is_https(&self) -> bool {
        self.base_url().starts_with("https://")
    }

    /// The HSTS header (RFC 6797); `None` if browsers reach the server by http.
    pub(crate) fn transport_security(&self) -> Option<HeaderValue> {
        let value = if self.hsts_include_subdomains {
            "max-age=31536000; includeSubDomains"
        } else {
            "max-age=31536000"
        };
        self.is_https().then(|| HeaderValue::from_static(value))
    }

    /// Whether requests are counted.
    pub fn is_rate_limited(&self) -> bool {
        self.rate_limit.map_or(self.is_https(), |switch| switch == Switch::On)
    }

    /// Whether tries with a password wait after others have failed.
    pub fn is_throttled(&self) -> bool {
        self.sign_in_throttle.map_or(self.is_https(), |switch| switch == Switch::On)
    }
}

/// Reads how long histories are kept; an undo reads there what has happened since.
fn retention(text: &str) -> Result<Duration, String> {
    let retention = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if retention < SessionsBuilder::SHORTEST_HISTORY_RETENTION {
        return Err("history retention must be 1 day or more".to_owned());
    }
    Ok(retention)
}

/// Reads `10.0.0.0/8`, or `10.0.0.1` as the network of that one address.
fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| "not an address or a network such as 10.0.0.0/8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_equal_the_documented_ones() {
        let config = Config::parse_from(["multi-session"]);
        let options = config.session_options().expect("the defaults are valid");
        assert_eq!(options, Options::default());
        assert_eq!(options.maximum_sessions(), 5);
        assert_eq!(options.session_timeout().as_secs(), 30 * 24 * 60 * 60);
        assert_eq!(options.absolute_timeout().as_secs(), 90 * 24 * 60 * 60);
        assert_eq!(options.fresh_age().as_secs(), 24 * 60 * 60);
        assert!(options.revoke_oldest_on_max());
        assert_eq!(config.base_url(), "http://127.0.0.1:3000");
        assert!(!config.is_rate_limited() && !config.is_throttled());
        assert_eq!((config.ip_mode.0, &config.geoip), (IpMode::Full, &None));
        let limits = crate::ConnectionLimits::default();
        assert_eq!(config.maximum_connections.get() as usize, limits.connections);
        let config = Config::parse_from(["multi-session", "--base-url", "https://id.example.org"]);
        assert!(config.is_rate_limited() && config.is_throttled());
    }

    #[test]
    fn invalid_values_are_refused() {
        for flags in [
            ["--maximum-sessions", "0"],
            ["--session-timeout", "0s"],
            ["--session-timeout", "500d"],
            ["--absolute-timeout", "0s"],
            ["--absolute-timeout", "401d"],
            ["--fresh-age", "0s"],
        ] {
            let config = Config::parse_from(["multi-session", flags[0], flags[1]]);
            assert!(config.session_options().is_err(), "{flags:?} was taken");
        }
        for flags in [
            ["--maximum-sessions", "-1"],
            ["--session-timeout", "soon"],
            ["--trusted-proxies", "x"],
            ["--preset", "nist-aal4"],
            ["--database-connections", "0"],
            ["--maximum-connections", "0"],
            ["--ip-mode", "none"],
            ["--history-retention", "long"],
            ["--history-retention", "0s"],
            ["--history-retention", "23h"],
            ["--service-name", ""],
            ["--accent-color", "blue"],
            ["--logo", "http://example.org/logo.svg"],
        ] {
            assert!(
                Config::try_parse_from(["multi-session", flags[0], flags[1]]).is_err(),
                "{flags:?} was taken"
            );
        }
        let shortest = Config::parse_from(["multi-session", "--history-retention", "1d"]);
        assert_eq!(shortest.history_retention, SessionsBuilder::SHORTEST_HISTORY_RETENTION);
    }

    #[test]
    fn preset_accepts_stricter_values_and_refuses_looser_ones() {
        let options = |flags: &[&str]| {
            let flags = ["multi-session", "--preset", "nist-aal3"].iter().chain(flags);
            Config::parse_from(flags).session_options()
        };
        let minutes = |options: &Options| {
            [options.absolute_timeout(), options.session_timeout(), options.fresh_age()]
                .map(|it| it.as_secs() / 60)
        };
        assert_eq!(minutes(&options(&[]).expect("the preset")), [720, 15, 15]);
        let stricter = options(&["--absolute-timeout", "8h", "--session-timeout", "5m", "--fresh-age", "1m"]);
        assert_eq!(minutes(&stricter.expect("stricter")), [480, 5, 1]);
        for looser in [["--absolute-timeout", "13h"], ["--session-timeout", "30d"], ["--fresh-age", "1d"]] {
            let error = options(&looser).expect_err("looser").to_string();
            assert!(error.contains("looser than nist-aal3 allows"), "{error}");
        }
    }

    #[test]
    fn proxies_are_addresses_or_networks() {
        let config = Config::parse_from(["multi-session", "--trusted-proxies", "10.0.0.0/8,192.0.2.1"]);
        assert_eq!(config.trusted_proxies.len(), 2);
    }
}
