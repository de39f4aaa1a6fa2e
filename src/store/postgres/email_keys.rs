//! The keys of e-mails that were stored before there were keys.

use super::connections::Connections;
use super::{Result, StoreError, database_error, sql, user_id};
use crate::UserId;
use crate::store::email_keys::{AT_ONCE, Unkeyed, report};
use crate::store::sql::Columns;

/// Gives every user a key who has none; several nodes may do it at once, and people sign up meanwhile.
pub(super) async fn fill(connections: &Connections) -> Result<()> {
    let mut after = String::new();
    loop {
        match fill_some(connections, &after).await {
            Ok(Some(last)) => last.as_str().clone_into(&mut after),
            Ok(None) => return Ok(()),
            // Somebody has signed up with it since it was looked whether it is free: now that is seen.
            Err(error) if is_taken(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_taken(error: &StoreError) -> bool {
    database_error(error).is_some_and(|cause| cause.is_unique_violation())
}

/// Gives the last of those who were looked at.
async fn fill_some(connections: &Connections, after: &str) -> Result<Option<UserId>> {
    let mut tx = connections.begin().await?;
    sqlx::query(sql::LOCK_EMAIL_KEYS).execute(&mut *tx).await?;
    let rows = sqlx::query(sql::USERS_WITHOUT_KEY).bind(after).bind(AT_ONCE).fetch_all(&mut *tx).await?;
    let rows = rows.iter().map(|row| Ok((user_id(row, "id")?, row.text("email")?.to_owned())));
    let unkeyed = Unkeyed::new(rows.collect::<Result<_>>()?);
    let own: Vec<_> = unkeyed.own.iter().map(UserId::as_str).collect();
    let set = sqlx::query(sql::SET_OWN_EMAIL_KEYS).bind(own).fetch_all(&mut *tx).await?;
    let set = set.iter().map(|row| user_id(row, "id")).collect::<Result<Vec<_>>>()?;
    unkeyed.own.iter().filter(|id| !set.contains(id)).for_each(report);
    for user in &unkeyed.others {
        let set = |key: &str| {
            sqlx::query(sql::SET_EMAIL_KEY).bind(user.id.as_str().to_owned()).bind(key.to_owned())
        };
        if set(&user.key()).execute(&mut *tx).await?.rows_affected() == 0 {
            report(&user.id);
            set(user.old_key()).execute(&mut *tx).await?;
        }
    }
    tx.commit().await?;
    Ok(unkeyed.last)
}
