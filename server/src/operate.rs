//! `multi-session sessions …`: commands for operators.

use std::io::{self, Write};

use multi_session::{
    Accounts, Ending, KnownSession, Operator, Page, SessionId, Sessions, SignedInFrom, Statistics, Timestamp,
    User,
};
use serde::Serialize;

use self::printing::{or_nothing, print, second, write_json, write_table};
use crate::{Addresses, Config, ServerError, SessionsCommand, SessionsList, database};

mod acts;
mod printing;
mod users;
mod webhooks;

pub use acts::operator_acts;
pub use users::operate_users;
pub use webhooks::operate_webhooks;

const HEAD: [&str; 7] = ["ID", "DEVICE", "ADDRESS", "PLACE", "SIGNED IN", "LAST ACTIVE", "STATE"];

/// Runs an operator's command on the configured database.
///
/// # Errors
///
/// [`ServerError::Database`] when there is none, [`ServerError::NotFound`] when the user or the session does
/// not exist, [`ServerError::Places`] when addresses are listed and the database of places cannot be opened.
pub async fn operate(config: &Config, act: SessionsCommand) -> Result<(), ServerError> {
    // Only the list shows addresses. Urgent commands do not wait for a large file, and work without it.
    let addresses = match act {
        SessionsCommand::List(_) => Addresses::new(config)?,
        _ => Addresses::default(),
    };
    with_accounts(config, addresses, async |accounts| run(accounts, act).await).await
}

async fn with_accounts(
    config: &Config,
    addresses: Addresses,
    act: impl AsyncFnOnce(&Accounts) -> Result<(), ServerError>,
) -> Result<(), ServerError> {
    let options = config.session_options()?;
    let store = database::open_existing(config).await?;
    let sessions = addresses.set(Sessions::builder(store).options(options)).build();
    let accounts = Accounts::builder(sessions).build();
    let done = act(&accounts).await;
    accounts.shut_down().await.map_err(ServerError::Operate)?;
    done
}

/// The operator's name from the environment of the shell. It distinguishes honest people and proves nothing:
/// whoever can access the database can write anything into it.
fn operator() -> Operator {
    let variables = ["SUDO_USER", "USER", "LOGNAME", "USERNAME"].into_iter();
    let mut named = variables.filter_map(|name| std::env::var(name).ok()).filter(|name| !name.is_empty());
    Operator::new(&format!("cli:{}", named.next().as_deref().unwrap_or("unknown")))
}

async fn run(accounts: &Accounts, act: SessionsCommand) -> Result<(), ServerError> {
    let sessions = accounts.sessions();
    match act {
        SessionsCommand::List(list) => self::list(accounts, list).await,
        SessionsCommand::Revoke { session_id } => revoke(sessions, &session_id).await,
        SessionsCommand::RevokeUser { user } => {
            let user = find(accounts, &user).await?;
            let ended =
                sessions.end_sessions_of(&operator(), &user.id).await.map_err(ServerError::Operate)?;
            tracing::info!(user.id = %user.id, "ended {} of user {}", counted(ended.0), user.id);
            Ok(())
        }
        SessionsCommand::RevokeEverybody { yes: _ } => {
            let ended =
                sessions.end_sessions_of_everybody(&operator()).await.map_err(ServerError::Operate)?;
            tracing::info!("ended {}: everybody must sign in again", counted(ended.0));
            Ok(())
        }
        SessionsCommand::Stats { json } => {
            let statistics = sessions.statistics().await.map_err(ServerError::Operate)?;
            print(
                |out| if json { write_json(out, &Counted::of(&statistics)) } else { count(out, &statistics) },
            )
        }
    }
}

async fn list(accounts: &Accounts, list: SessionsList) -> Result<(), ServerError> {
    let user = find(accounts, &list.user).await?;
    let after = list.after.as_deref().map(id).transpose()?;
    let page = Page { ended: list.ended, after: after.as_ref(), limit: list.limit };
    let known = accounts.sessions().sessions_of(&user.id, page).await.map_err(ServerError::Operate)?;
    print(|out| match list.json {
        true => write_json(out, &known.iter().map(Row::of).collect::<Vec<_>>()),
        false => write_table(out, HEAD, known.iter().map(cells)),
    })?;
    if let Some(last) = known.last().filter(|_| known.len() as u64 == u64::from(list.limit)) {
        tracing::info!("there may be more: --after {}", last.session.id);
    }
    Ok(())
}

async fn revoke(sessions: &Sessions, session_id: &str) -> Result<(), ServerError> {
    let id = id(session_id)?;
    sessions.end_session(&operator(), &id).await.map_err(|error| match error {
        multi_session::Error::Refused(_) => {
            ServerError::NotFound(format!("session {id} is not live: it has ended or does not exist"))
        }
        error => ServerError::Operate(error),
    })
}

async fn find(accounts: &Accounts, name: &str) -> Result<User, ServerError> {
    let user = accounts.find_user(name).await.map_err(ServerError::Operate)?;
    // Do not repeat the input: the log must not contain email addresses.
    user.ok_or_else(|| ServerError::NotFound("there is no user with that email or id".to_owned()))
}

fn id(text: &str) -> Result<SessionId, ServerError> {
    SessionId::new(text)
        .map_err(|error| ServerError::NotFound(format!("{text:?} is not a session id: {error}")))
}

fn counted(number: usize) -> String {
    if number == 1 { "1 session".to_owned() } else { format!("{number} sessions") }
}

/// A session as JSON, with the names of the API's lists.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: &'a SessionId,
    device: &'a str,
    ip_address: &'a str,
    /// The place of that address; null if unknown.
    place: Option<&'a str>,
    user_agent: &'a str,
    /// Where the session began.
    signed_in_from: &'a SignedInFrom,
    created_at: Timestamp,
    last_active_at: Timestamp,
    expires_at: Timestamp,
    /// How it ended; null while it is live.
    ended: Option<&'a Ending>,
}

impl<'a> Row<'a> {
    fn of(known: &'a KnownSession) -> Self {
        let session = &known.session;
        Self {
            id: &session.id,
            device: &known.device.label,
            ip_address: &known.ip_address,
            place: known.place.as_deref(),
            user_agent: &known.user_agent,
            signed_in_from: &known.signed_in_from,
            created_at: session.created_at,
            last_active_at: known.last_active_at,
            expires_at: session.expires_at,
            ended: known.ending.as_ref(),
        }
    }
}

/// The counts as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    live_sessions: u64,
    live_users: u64,
    sign_ins_in_the_last_day: u64,
    ended_in_the_last_day: serde_json::Map<String, serde_json::Value>,
}

impl Counted {
    fn of(statistics: &Statistics) -> Self {
        let ended = statistics.ended.iter();
        Self {
            live_sessions: statistics.live_sessions,
            live_users: statistics.live_users,
            sign_ins_in_the_last_day: statistics.sign_ins,
            ended_in_the_last_day: ended
                .map(|(reason, number)| (reason.as_str().to_owned(), (*number).into()))
                .collect(),
        }
    }
}

fn count(out: &mut dyn Write, statistics: &Statistics) -> io::Result<()> {
    writeln!(out, "live sessions                {}", statistics.live_sessions)?;
    writeln!(out, "users with a live session    {}", statistics.live_users)?;
    writeln!(out, "sign-ins in the last day     {}", statistics.sign_ins)?;
    let all: u64 = statistics.ended.iter().map(|(_, number)| number).sum();
    writeln!(out, "ended in the last day        {all}")?;
    for (reason, number) in &statistics.ended {
        writeln!(out, "  {:26} {number}", reason.as_str().replace('_', " "))?;
    }
    Ok(())
}

fn cells(known: &KnownSession) -> [String; 7] {
    let session = &known.session;
    [
        session.id.to_string(),
        or_nothing(&known.device.label),
        or_nothing(&known.ip_address),
        or_nothing(known.place.as_deref().unwrap_or_default()),
        second(session.created_at),
        second(known.last_active_at),
        known.ending.as_ref().map_or_else(|| "live".to_owned(), how_it_ended),
    ]
}

fn how_it_ended(ending: &Ending) -> String {
    let how = ending.reason.as_str().replace('_', " ");
    let by = ending.by.as_ref().filter(|_| !ending.is_own());
    let by = by.map(|by| format!(" by {}", or_nothing(&by.label))).unwrap_or_default();
    format!("{how} {}{by}", second(ending.at))
}
