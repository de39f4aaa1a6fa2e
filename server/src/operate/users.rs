//! `multi-session users …`: who may sign in and how, and who is not to be there any more.

use multi_session::Engine;

use super::{find, operator, sessions, with_engine};
use crate::{Addresses, Config, ServerError, UsersCommand};

/// Does what an operator asks for with users, on the configured database.
///
/// # Errors
///
/// [`ServerError::Database`] when there is none, [`ServerError::NotFound`] when the user is not there.
pub async fn operate_users(config: &Config, act: UsersCommand) -> Result<(), ServerError> {
    with_engine(config, Addresses::default(), async |engine| run(engine, act).await).await
}

async fn run(engine: &Engine, act: UsersCommand) -> Result<(), ServerError> {
    let by = operator();
    match act {
        UsersCommand::Disable { user } => {
            let id = find(engine, &user).await?.id;
            let ended = engine.disable_user(&by, &id).await.map_err(ServerError::Operate)?;
            tracing::info!(user.id = %id, "disabled user {id}, and ended {}", sessions(ended.0));
        }
        UsersCommand::Enable { user } => {
            let id = find(engine, &user).await?.id;
            engine.enable_user(&by, &id).await.map_err(ServerError::Operate)?;
            tracing::info!(user.id = %id, "enabled user {id}, who can sign in again");
        }
        UsersCommand::AllowPasswordAlone { user } => {
            let id = find(engine, &user).await?.id;
            engine.allow_password_alone(&by, &id).await.map_err(ServerError::Operate)?;
            tracing::info!(user.id = %id, "user {id} can sign in by the password alone");
        }
        UsersCommand::Forget { user, yes: _ } => {
            let id = find(engine, &user).await?.id;
            let ended = engine.forget(&by, &id).await.map_err(ServerError::Operate)?.unwrap_or_default();
            tracing::info!(user.id = %id, "erased user {id}, who had {}", sessions(ended.0));
        }
    }
    Ok(())
}
