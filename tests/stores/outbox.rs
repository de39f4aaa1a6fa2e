//! Events written by hand, for the stores with tables.

use std::time::Duration;

use multi_session::{ConsumerLease, Deliverer, Store, Timestamp};

const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);
pub(crate) const AUDIT: Deliverer<'_> = Deliverer { consumer: "audit", id: "one" };

/// More users than one claim returns, and one more.
const OF_A_LATER_VERSION: &str = "insert into outbox (consumer, user_id, at, kind, written_at)
        with recursive numbers (number) as (select 1 union all select number + 1 from numbers where number < 33)
        select 'audit', 'a' || number, 0, 'of-a-later-version', 0 from numbers;
    insert into outbox (consumer, user_id, at, kind, written_at) values ('audit', 'zoe', 0, 'disabled', 0)";

/// 100,000 events of one user, whose first one failed.
pub(crate) const BACKLOG: &str = "insert into outbox (consumer, user_id, at, kind, written_at, due_at)
    with recursive numbers (number) as (select 1 union all select number + 1 from numbers where number < 100000)
    select 'audit', 'ada', 0, 'disabled', 0, case when number = 1 then 1795000001000 end from numbers";

pub(crate) async fn lease(store: &dyn Store) {
    store.add_consumer(AUDIT.consumer).await.expect("it is added");
    let lease = store.lease_consumer(AUDIT, Duration::from_secs(60), NOW).await.expect("an answer");
    assert_eq!(lease, ConsumerLease::Held);
}

pub(crate) async fn events_of_a_later_version_delay_only_their_users(
    store: &dyn Store,
    by_hand: impl AsyncFn(&'static str),
) {
    lease(store).await;
    by_hand(OF_A_LATER_VERSION).await;
    let due = async |now| {
        let due = store.due_events(AUDIT, None, 32, now).await.expect("a list");
        due.into_iter().map(|due| due.event.user_id.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(due(NOW).await, ["zoe"]);
    by_hand("update outbox set kind = 'enabled' where user_id = 'a1'").await;
    assert_eq!(due(NOW).await, ["zoe"], "it is looked at every ten minutes");
    assert_eq!(due(NOW.plus(Duration::from_secs(10 * 60))).await, ["a1", "zoe"]);
}
