//! `multi-session webhooks …`: what waits to be sent, and what to do about it.

use std::collections::BTreeMap;

use multi_session::{Clock, ConsumerBacklog, Sessions, SystemClock, Timestamp};
use serde::Serialize;

use super::printing::{or_nothing, print, second, write_json, write_table};
use super::with_accounts;
use crate::webhooks::Endpoint;
use crate::{Addresses, Config, ServerError, Webhooks, WebhooksCommand, telemetry};

const HEAD: [&str; 7] = ["ID", "URL", "WAITING", "FAILING", "GIVEN UP", "OLDEST", "LAST ERROR"];

/// Runs an operator's command about webhooks on the configured database.
///
/// # Errors
///
/// [`ServerError::Config`] when the configuration of webhooks is invalid, [`ServerError::Database`] when there is no
/// database, [`ServerError::NotFound`] when there is no such webhook, [`ServerError::WebhookTest`] when a test fails.
pub async fn operate_webhooks(config: &Config, act: WebhooksCommand) -> Result<(), ServerError> {
    let webhooks = Webhooks::new(config)?;
    if let WebhooksCommand::Test = act {
        let none = "no webhook is configured: set MULTI_SESSION_WEBHOOK_URL and MULTI_SESSION_WEBHOOK_SECRET";
        return test(&webhooks.ok_or_else(|| ServerError::NotFound(none.to_owned()))?).await;
    }
    with_accounts(config, Addresses::default(), async |accounts| {
        run(accounts.sessions(), webhooks.as_ref(), act).await
    })
    .await
}

async fn run(
    sessions: &Sessions,
    webhooks: Option<&Webhooks>,
    act: WebhooksCommand,
) -> Result<(), ServerError> {
    let known = known(sessions, webhooks).await?;
    let find = |id: &str| {
        let known = known.iter().find(|known| known.id == id);
        let says = || format!("there is no webhook {id:?}: `multi-session webhooks list` shows the ids");
        known.ok_or_else(|| ServerError::NotFound(says()))
    };
    match act {
        WebhooksCommand::List { json } => print(|out| match json {
            true => write_json(out, &known),
            false => write_table(out, HEAD, known.iter().map(Known::cells)),
        }),
        WebhooksCommand::Retry { id } => {
            let chosen: Vec<_> = match &id {
                Some(id) => vec![find(id)?],
                None => known.iter().collect(),
            };
            let mut retried = 0;
            for known in chosen {
                retried += sessions.retry_outbox(&known.consumer).await.map_err(ServerError::Operate)?;
            }
            tracing::info!("a running server sends {} again within seconds", counted(retried));
            Ok(())
        }
        WebhooksCommand::Remove { id } => {
            let known = find(&id)?;
            if known.url.is_some() {
                return Err(ServerError::NotFound(format!(
                    "webhook {id} is configured: remove its URL on every node first"
                )));
            }
            sessions.remove_outbox(&known.consumer).await.map_err(ServerError::Operate)?;
            tracing::info!("removed webhook {id} with {}", counted(known.waiting + known.given_up));
            Ok(())
        }
        // It needs no database.
        WebhooksCommand::Test => Ok(()),
    }
}

/// The configured webhooks, and those in the database.
async fn known(sessions: &Sessions, webhooks: Option<&Webhooks>) -> Result<Vec<Known>, ServerError> {
    let backlogs = sessions.outbox_consumers().await.map_err(ServerError::Operate)?;
    let mut backlogs: BTreeMap<_, _> = backlogs.into_iter().map(|it| (it.name.clone(), it)).collect();
    let configured = webhooks.into_iter().flat_map(Webhooks::endpoints);
    let mut known: Vec<_> = configured
        .map(|endpoint| {
            let consumer = endpoint.consumer();
            let backlog = backlogs.remove(&consumer).unwrap_or_default();
            Known::new(endpoint.id.clone(), Some(endpoint.origin.clone()), consumer, backlog)
        })
        .collect();
    let others = backlogs.into_iter().filter_map(|(consumer, backlog)| {
        let id = Endpoint::id_of(&consumer)?.to_owned();
        Some(Known::new(id, None, consumer, backlog))
    });
    known.extend(others);
    Ok(known)
}

/// Sends a test to each webhook, one after the other.
async fn test(webhooks: &Webhooks) -> Result<(), ServerError> {
    let mut rows = Vec::new();
    let mut failed = 0;
    for endpoint in webhooks.endpoints() {
        let result = match webhooks.test(endpoint, SystemClock.now()).await {
            Ok(()) => "received".to_owned(),
            Err(error) => {
                failed += 1;
                telemetry::with_causes(&error)
            }
        };
        rows.push([endpoint.id.clone(), endpoint.origin.clone(), or_nothing(&result)]);
    }
    print(|out| write_table(out, ["ID", "URL", "RESULT"], rows.into_iter()))?;
    if failed > 0 { Err(ServerError::WebhookTest(failed)) } else { Ok(()) }
}

fn counted(number: u64) -> String {
    if number == 1 { "1 event".to_owned() } else { format!("{number} events") }
}

/// A webhook as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    id: String,
    /// The URL without path and query. Null if it is not configured.
    url: Option<String>,
    #[serde(skip)]
    consumer: String,
    waiting: u64,
    failing: u64,
    given_up: u64,
    /// When the oldest undelivered event was written.
    oldest: Option<Timestamp>,
    last_error: Option<String>,
}

impl Known {
    fn new(id: String, url: Option<String>, consumer: String, backlog: ConsumerBacklog) -> Self {
        let ConsumerBacklog { waiting, failing, given_up, oldest, last_error, .. } = backlog;
        Self { id, url, consumer, waiting, failing, given_up, oldest, last_error }
    }

    fn cells(&self) -> [String; 7] {
        [
            self.id.clone(),
            self.url.clone().unwrap_or_else(|| "not configured".to_owned()),
            self.waiting.to_string(),
            self.failing.to_string(),
            self.given_up.to_string(),
            or_nothing(&self.oldest.map(second).unwrap_or_default()),
            or_nothing(self.last_error.as_deref().unwrap_or_default()),
        ]
    }
}
