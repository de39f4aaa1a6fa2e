//! `multi-session users …`: disables, enables and erases users.

use multi_session::Accounts;

use super::{counted, find, operator, with_accounts};
use crate::{Addresses, Config, ServerError, UsersCommand};

/// Runs an operator's command on the configured database.
///
/// # Errors
///
/// [`ServerError::Database`] when there is none, [`ServerError::NotFound`] when the user does not exist.
pub async fn operate_users(config: &Config, act: UsersCommand) -> Result<(), ServerError> {
    with_accounts(config, Addresses::default(), async |accounts| run(accounts, act).await).await
}

async fn run(accounts: &Accounts, act: UsersCommand) -> Result<(), ServerError> {
    let by = operator();
    match act {
        UsersCommand::Disable { user } => {
            let id = find(accounts, &user).await?.id;
            let ended = accounts.sessions().disable_user(&by, &id).await.map_err(ServerError::Operate)?;
            tracing::info!(user.id = %id, "disabled user {id} and ended {}", counted(ended.0));
        }
        UsersCommand::Enable { user } => {
            let id = find(accounts, &user).await?.id;
            accounts.sessions().enable_user(&by, &id).await.map_err(ServerError::Operate)?;
            tracing::info!(user.id = %id, "enabled user {id}: they can sign in again");
        }
        UsersCommand::AllowPasswordAlone { user } => {
            let id = find(accounts, &user).await?.id;
            accounts.sessions().allow_password_alone(&by, &id).await.map_err(ServerError::Operate)?;
            tracing::info!(user.id = %id, "user {id} can sign in by password alone");
        }
        UsersCommand::Forget { user, yes: _ } => {
            let id = find(accounts, &user).await?.id;
            let ended =
                accounts.sessions().forget(&by, &id).await.map_err(ServerError::Operate)?.unwrap_or_default();
            tracing::info!(user.id = %id, "erased user {id}, who had {}", counted(ended.0));
        }
    }
    Ok(())
}
