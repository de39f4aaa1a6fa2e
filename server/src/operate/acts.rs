//! `multi-session operator-acts`: lists the acts of operators.

use multi_session::{OperatorAct, SessionId, Timestamp, UserId};
use serde::Serialize;

use super::printing::{or_nothing, print, second, write_json, write_table};
use super::with_accounts;
use crate::{Addresses, Config, OperatorActs, ServerError};

const HEAD: [&str; 6] = ["TIME", "OPERATOR", "ACT", "ENDED", "USER", "SESSION"];

/// Prints the acts of operators, latest first.
///
/// # Errors
///
/// [`ServerError::Database`] when there is none.
pub async fn operator_acts(config: &Config, list: OperatorActs) -> Result<(), ServerError> {
    with_accounts(config, Addresses::default(), async |accounts| {
        let acts =
            accounts.sessions().operator_acts(list.before, list.limit).await.map_err(ServerError::Operate)?;
        print(|out| match list.json {
            true => write_json(out, &acts.iter().map(Row::of).collect::<Vec<_>>()),
            false => write_table(out, HEAD, acts.iter().map(cells)),
        })?;
        if let Some(last) = acts.last().filter(|_| acts.len() as u64 == u64::from(list.limit)) {
            tracing::info!("there may be more: --before {}", last.seq);
        }
        Ok(())
    })
    .await
}

/// An act as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    /// The number for `--before`.
    id: i64,
    at: Timestamp,
    operator: &'a str,
    act: &'a str,
    user_id: Option<&'a UserId>,
    session_id: Option<&'a SessionId>,
    /// How many sessions it ended.
    ended: u64,
}

impl<'a> Row<'a> {
    fn of(act: &'a OperatorAct) -> Self {
        Self {
            id: act.seq,
            at: act.at,
            operator: &act.operator,
            act: &act.act,
            user_id: act.user_id.as_ref(),
            session_id: act.session_id.as_ref(),
            ended: act.ended,
        }
    }
}

fn cells(act: &OperatorAct) -> [String; 6] {
    [
        second(act.at),
        or_nothing(&act.operator),
        or_nothing(&act.act.replace('_', " ")),
        act.ended.to_string(),
        or_nothing(act.user_id.as_ref().map_or("", UserId::as_str)),
        or_nothing(act.session_id.as_ref().map_or("", SessionId::as_str)),
    ]
}
