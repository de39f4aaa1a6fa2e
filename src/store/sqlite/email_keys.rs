//! The keys of e-mails that were stored before there were keys.

use sqlx::sqlite::SqlitePool;

use super::{Result, json_list, sql, user_id};
use crate::store::email_keys::{AT_ONCE, Unkeyed, report};
use crate::store::sql::Columns;

/// Gives every user a key who has none.
pub(super) async fn fill(writer: &SqlitePool) -> Result<()> {
    let mut after = String::new();
    loop {
        let mut tx = writer.begin_with("begin immediate").await?;
        let rows = sqlx::query(sql::USERS_WITHOUT_KEY).bind(&after).bind(AT_ONCE).fetch_all(&mut *tx).await?;
        let rows = rows.iter().map(|row| Ok((user_id(row, "id")?, row.text("email")?.to_owned())));
        let unkeyed = Unkeyed::new(rows.collect::<Result<_>>()?);
        let Some(last) = &unkeyed.last else { return Ok(()) };
        last.as_str().clone_into(&mut after);
        let own = json_list(unkeyed.own.iter().map(|id| id.as_str()));
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
    }
}
