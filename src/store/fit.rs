//! Which sessions end to make room for a new one.

use super::{ChangeError, Ended, Limit};
use crate::{EndedReason, Session, SessionId, UserId};

/// A live session and its user.
type Row = (SessionId, UserId);

/// Returns which sessions end so that `new` fits, or the limit that refuses it.
///
/// `live` are the live sessions of the user and of the browser, oldest first. First the browser's other
/// session of the same user is replaced. Then the chosen session or else the user's oldest is evicted, then
/// the oldest that the browser holds.
pub(super) fn fit(new: &Session, limit: &Limit, live: &[Row]) -> Result<Vec<Ended>, ChangeError> {
    let is_of_user = |(_, user): &Row| *user == new.user_id;
    let is_held = |(id, _): &Row| limit.held.contains(id);
    let (replaced, mut staying): (Vec<&Row>, Vec<&Row>) =
        live.iter().partition(|row| is_of_user(row) && is_held(row));
    let mut ended = end(&replaced, EndedReason::Replaced);
    let is_chosen = |row: &&Row| is_of_user(row) && limit.chosen.as_ref() == Some(&row.0);
    let chosen: Vec<&Row> = staying.extract_if(.., |row| is_chosen(row)).collect();
    ended.extend(end(&chosen, EndedReason::Evicted));
    // One for one: if the maximum was lowered since, the person need not choose more than one.
    if chosen.is_empty() || limit.revoke_oldest {
        ended.extend(evict(&mut staying, limit, is_of_user).ok_or(ChangeError::LimitReached)?);
    }
    ended.extend(evict(&mut staying, limit, is_held).ok_or(ChangeError::BrowserFull)?);
    Ok(ended)
}

/// Removes the oldest of the counted sessions until a new one fits; `None` if none is evicted.
fn evict(staying: &mut Vec<&Row>, limit: &Limit, is_counted: impl Fn(&Row) -> bool) -> Option<Vec<Ended>> {
    let maximum = usize::try_from(limit.maximum).unwrap_or(usize::MAX);
    let counted: Vec<&Row> = staying.iter().copied().filter(|row| is_counted(row)).collect();
    let excess = (counted.len() + 1).saturating_sub(maximum);
    if excess > 0 && !limit.revoke_oldest {
        return None;
    }
    let oldest = &counted[..excess.min(counted.len())];
    staying.retain(|row| !oldest.contains(row));
    Some(end(oldest, EndedReason::Evicted))
}

fn end(rows: &[&Row], reason: EndedReason) -> Vec<Ended> {
    rows.iter().map(|(id, user_id)| Ended { id: id.clone(), user_id: user_id.clone(), reason }).collect()
}

/// The ids of the sessions that end for this reason.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(super) fn ended_for(reason: EndedReason, ended: &[Ended]) -> Vec<&str> {
    ended.iter().filter(|ended| ended.reason == reason).map(|ended| ended.id.as_str()).collect()
}
