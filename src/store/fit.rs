//! Which sessions give way to a new one.

use super::{Ended, Limit};
use crate::{EndedReason, Session, SessionId, UserId};

/// Says what ends so that `new` fits; `None` when it does not fit.
///
/// `live` are the live sessions of the user and of the browser, oldest first. The browser's other session of the same
/// user is replaced, then the oldest of the user give way, then the oldest that the browser holds.
pub(super) fn fit(new: &Session, limit: &Limit, live: &[(SessionId, UserId)]) -> Option<Vec<Ended>> {
    let maximum = usize::try_from(limit.maximum).unwrap_or(usize::MAX);
    let is_held = |id: &SessionId| limit.held.contains(id);
    let (replaced, mut staying): (Vec<_>, Vec<_>) =
        live.iter().partition(|(id, user)| *user == new.user_id && is_held(id));
    let mut ended: Vec<Ended> = replaced.into_iter().map(|row| end(row, EndedReason::Replaced)).collect();

    let concerns: [&dyn Fn(&(SessionId, UserId)) -> bool; 2] =
        [&|(_, user)| *user == new.user_id, &|(id, _)| is_held(id)];
    for concerned in concerns {
        let count = staying.iter().filter(|row| concerned(row)).count();
        let excess = (count + 1).saturating_sub(maximum);
        if excess > 0 && !limit.revoke_oldest {
            return None;
        }
        let mut missing = excess;
        staying.retain(|row| {
            let gives_way = missing > 0 && concerned(row);
            if gives_way {
                missing -= 1;
                ended.push(end(row, EndedReason::Evicted));
            }
            !gives_way
        });
    }
    Some(ended)
}

fn end((id, user_id): &(SessionId, UserId), reason: EndedReason) -> Ended {
    Ended { id: id.clone(), user_id: user_id.clone(), reason }
}
