//! What every store must hold: one test for each promise of [`Store`], which [`store_contract!`](crate::store_contract)
//! writes out for a store.
//!
//! # Examples
//!
//! ```
//! use std::sync::Arc;
//! use multi_session::{MemoryStore, Store};
//!
//! /// Gives an empty store, and what must live as long as it.
//! async fn make() -> (Arc<dyn Store>, ()) {
//!     (Arc::new(MemoryStore::default()), ())
//! }
//!
//! multi_session::store_contract!(make());
//! # fn main() {}
//! ```

use std::sync::Arc;
use std::time::Duration;

use super::{Alongside, Begun, ChangeError, NextSession, Rotation};
use crate::accounts::{AddAccount, NewPassword, ReportByMail, ResetByMail, TellOfLock, TellOfNewDevice};
use crate::{
    Actor, ClientHints, Code, Ended, EndedReason, Ender, Error, Found, Handle, Limit, NewSession, Operator,
    Page, Purpose, Renewal, SecretHash, Session, SessionId, SignInMethod, Statistics, Store, StoreError,
    StoredSession, Subject, Timestamp, Touch, User, UserId,
};

pub mod cancelling;
pub mod changes;
pub mod choosing;
pub mod devices;
pub mod ending;
pub mod forgetting;
pub mod history;
pub mod mailing;
pub mod naming;
pub mod opening;
pub mod operating;
pub mod outbox;
pub mod proofs;
pub mod races;
pub mod reading;
pub mod reauthenticating;
pub mod recognizing;
pub mod reporting;
pub mod subjects;
pub mod undoing;
pub mod upkeep;

/// Writes a test for each promise; `$make` is a future of an empty store, `Arc<dyn Store>`, and of what must live as
/// long as it.
#[macro_export]
macro_rules! store_contract {
    ($make:expr) => {
        $crate::store_contract! { @cases $make;
            reading {
                a_session_is_read_as_it_was_written
                a_session_is_live_until_the_millisecond_it_expires
                only_live_sessions_are_found_by_their_handles
                the_live_sessions_of_a_user_are_listed_newest_first
                a_session_says_how_it_ended_and_by_which_device
                a_password_hash_is_found_by_its_email
                a_users_sessions_are_listed_a_page_at_a_time
                what_ended_lately_is_listed_by_its_end
                a_user_is_found_by_its_id
                what_is_live_began_and_ended_is_counted
                an_account_tells_that_it_is_locked_and_how_many_proofs_were_wrong
                who_asks_for_nothing_finds_nothing
            }
            opening {
                an_account_is_found_by_every_spelling_of_its_email
                a_taken_email_stores_nothing
                a_refused_sign_up_leaves_no_user
                the_browsers_session_of_the_same_user_is_replaced
                the_users_sessions_in_other_browsers_stay
                the_oldest_by_creation_gives_way_whatever_the_clock_said
                the_oldest_account_that_the_browser_holds_gives_way
                where_none_gives_way_nothing_changes
                who_is_replaced_leaves_its_place
                ended_and_expired_sessions_take_no_place
                a_lower_maximum_is_reached_with_the_next_sign_in
            }
            devices {
                a_browser_is_known_by_what_it_signed_in_with
                an_account_tells_by_its_email_what_it_recognises
                a_refused_sign_in_makes_no_browser_known
                a_new_device_is_told_with_its_session
                a_report_forgets_what_browsers_are_known_by
                the_hundred_that_were_seen_last_are_kept
            }
            ending {
                a_session_is_ended_by_its_id_and_by_its_handle
                a_session_ends_once
                another_users_session_stays
                an_ended_or_expired_session_ends_no_other
                an_actor_of_another_user_ends_nothing
                all_sessions_end_with_the_actors_own_or_without_it
                held_sessions_end_whosever_they_are
                an_operator_ends_all_sessions_of_a_user
                an_operator_ends_everybodys_sessions_so_many_at_a_time
                a_live_session_is_extended_from_where_it_was
                an_ended_session_is_never_extended
                a_changed_password_ends_all_sessions_but_the_new_one
                a_changed_password_ends_nothing_where_that_is_not_asked_for
                a_password_is_changed_from_the_known_one_only
                another_hash_is_stored_for_the_known_one_only
            }
            reauthenticating {
                a_session_is_authenticated_when_it_begins
                a_reauthentication_replaces_the_credential_and_keeps_the_session
                only_a_live_session_of_the_actors_user_is_reauthenticated
                a_reauthenticated_session_keeps_its_place_among_the_oldest
                a_changed_password_replaces_the_credential_and_keeps_the_sessions
                a_replaced_credential_is_known_while_its_session_lives
                the_first_use_of_a_credential_is_noted_and_told_once
                the_last_eight_credentials_of_a_session_are_known
            }
            naming {
                a_device_is_called_what_its_person_calls_it
                another_users_device_keeps_its_name
                an_ended_session_neither_names_nor_is_named
                a_new_name_is_told_if_there_is_one
            }
            recognizing {
                a_recognized_device_is_new_no_more
                nobody_vouches_for_their_own_sign_in
                two_new_devices_do_not_vouch_for_each_other
                a_later_session_vouches_for_no_earlier_one
                only_a_live_session_of_the_actors_user_is_recognized
                a_recognition_is_told_and_in_the_history_once
            }
            history {
                client_hints_are_kept_in_the_history
                what_happens_to_a_session_is_in_its_users_history
                a_sign_in_that_ends_others_is_named_as_what_ended_them
                a_new_name_is_in_the_history_with_the_one_before
                both_devices_have_their_own_address
                another_address_is_in_the_history_once
                each_address_is_in_the_history_where_several_are_written_at_once
                another_browser_is_in_the_history_once_and_an_updated_one_is_not
                of_each_kind_the_latest_thousand_are_kept
                a_changed_password_is_in_the_history_with_what_it_ended
                a_changed_password_that_ends_nothing_is_in_the_history_with_what_it_proves
                what_is_recorded_is_looked_up_and_told
                nothing_is_recorded_of_what_did_not_happen
                a_history_is_read_a_page_at_a_time_and_filtered
                another_users_history_is_not_read
                history_goes_when_its_time_is_over_and_outlives_its_sessions
                what_happens_at_once_is_all_in_the_history
            }
            operating {
                an_operator_ends_one_session_whosever_it_is
                what_operators_did_is_read_a_page_at_a_time_the_latest_first
                what_operators_did_goes_when_its_time_is_over_and_outlives_its_users
                who_is_disabled_is_out_and_signs_in_no_more_until_they_are_enabled
                links_and_mails_of_who_is_disabled_lead_nowhere
                nothing_of_who_was_disabled_is_taken_back
                a_sign_in_beside_a_disabling_is_out
                a_changed_password_beside_a_disabling_leaves_nobody_in
            }
            forgetting {
                a_user_is_erased_with_everything_and_told
                nobody_is_erased_twice
                a_sign_in_beside_an_erasure_leaves_nothing
            }
            outbox {
                every_change_is_told_to_a_consumer
                a_change_that_is_not_made_is_told_to_no_consumer
                nothing_is_kept_for_a_consumer_that_is_not_there
                a_consumer_that_is_removed_beside_changes_leaves_nothing
                consumers_do_not_touch_each_other
                a_users_events_are_told_in_the_order_of_their_changes
                events_are_given_to_one_deliverer_at_a_time
                an_event_that_failed_holds_up_its_user_only
                given_up_events_hold_up_nobody_until_they_are_retried
                consumers_are_listed_with_what_waits_for_them
                an_erased_user_is_told_to_a_consumer
                events_go_when_their_time_is_over
            }
            mailing {
                a_mail_to_reset_a_password_is_put_out_for_a_known_email_only
                a_mailbox_gets_one_reset_a_minute_and_five_an_hour
                strangers_who_ask_for_resets_leave_the_owner_a_usable_link
                of_simultaneous_requests_one_is_put_out
                a_mail_is_claimed_by_one_until_its_lease_is_over
                a_mail_that_failed_is_due_later_and_a_sent_one_never
                a_clock_that_is_set_back_holds_up_no_mail
                a_sign_in_is_told_by_mail_if_it_was_stored
                a_changed_password_is_told_by_mail_if_it_was_changed
                a_link_proves_what_it_was_made_for_until_it_is_too_late
                a_reset_sets_the_password_and_ends_every_session_once
                a_link_is_used_once_however_many_use_it_at_once
                a_sign_in_with_the_old_password_beside_a_reset_is_out
                tokens_that_are_too_late_are_swept
            }
            reporting {
                a_report_ends_the_others_rotates_the_actor_and_locks_the_password
                a_session_that_has_ended_is_reported_too_and_its_end_stays
                a_report_locks_only_where_that_is_asked_for_and_tells_of_it_once
                only_another_session_of_a_live_actors_user_is_reported
                a_locked_password_opens_and_changes_nothing
                a_report_by_mail_ends_every_session_and_locks_the_password_once
                a_report_is_told
                a_sign_in_beside_a_report_is_out
                a_session_that_is_extended_while_it_is_reported_has_ended
                of_two_that_report_each_other_one_wins
            }
            subjects {
                a_user_is_stored_with_the_first_session
                the_stored_profile_follows_with_every_session
                an_address_without_an_account_finds_nobody
                an_account_keeps_its_own_profile
                how_somebody_signed_in_is_kept
                work_alongside_is_stored_with_its_change_or_not_at_all
                a_refused_first_session_leaves_no_user
            }
            proofs {
                every_change_of_a_credential_begins_an_epoch
                a_proof_of_an_earlier_epoch_counts_no_more
                who_is_locked_signs_in_no_more_until_a_credential_changes
                two_first_sessions_at_once_both_begin
                a_session_that_begins_beside_a_change_of_a_credential_is_out
                a_session_that_is_proved_beside_a_report_is_not_fresh_afterwards
            }
            choosing {
                a_ticket_is_found_as_it_was_stored_until_it_is_too_late
                a_ticket_counts_until_a_credential_changes
                a_sweep_deletes_tickets_that_are_too_late
                a_ticket_goes_with_its_user
                a_sign_in_at_the_limit_is_refused_with_a_ticket_and_the_devices
                the_chosen_device_gives_way_and_no_other
                a_chosen_device_gives_way_also_where_there_is_room_by_now
                who_chose_a_device_that_had_ended_signs_in_if_there_is_room
                a_chosen_session_of_another_account_in_the_browser_stays
                where_the_maximum_was_lowered_one_gives_way_for_one
                a_ticket_can_be_used_after_a_refusal
                tickets_that_are_used_at_once_never_exceed_the_maximum
                a_ticket_that_is_used_several_times_at_once_signs_in_once
                a_ticket_that_is_used_beside_a_change_of_a_credential_leaves_nobody_in
            }
            undoing {
                a_revoked_session_lives_again_as_it_was
                only_the_session_that_revoked_takes_it_back
                a_revocation_is_taken_back_in_time
                a_revocation_from_before_the_clock_was_set_back_stays_ended
                every_users_revocations_are_made_final
                what_ended_otherwise_stays_ended
                after_a_new_password_nothing_is_taken_back
                after_a_report_nothing_is_taken_back
                after_a_report_and_a_sweep_nothing_is_taken_back
                what_is_final_stays_ended
                after_the_others_were_ended_nothing_is_taken_back
                whose_place_was_taken_stays_ended
                what_was_revoked_a_moment_ago_is_found_by_its_handle
                an_undo_beside_sign_ins_never_exceeds_the_maximum
            }
            upkeep {
                activity_is_written_and_never_goes_back
                an_ended_sessions_activity_stays_as_it_was
                a_sweep_marks_what_has_expired_at_the_moment_it_did
                a_sweep_deletes_what_ended_long_ago
                a_sweep_changes_no_more_than_it_may
                a_closed_store_is_unavailable
            }
            changes {
                a_sign_in_is_told_with_what_it_ended
                every_way_to_end_a_session_is_told
                what_an_operator_ends_is_told
                activity_is_told_as_it_was_written
                a_reauthentication_is_told_if_there_was_one
                a_changed_password_that_ends_nothing_is_told_as_a_reauthentication
                what_is_announced_is_told_to_everybody
                what_did_not_happen_is_not_told
                what_is_told_can_be_read
                many_sessions_that_end_at_once_are_all_told
            }
            cancelling {
                a_dropped_sign_in_is_told_if_it_is_made
                a_dropped_revocation_is_told_if_it_is_made
                a_dropped_reauthentication_is_told_if_it_is_made
                a_dropped_change_of_the_password_is_told_if_it_is_made
                a_dropped_report_is_told_if_it_is_made
                a_dropped_renaming_is_told_if_it_is_made
                a_dropped_undo_is_told_if_it_is_made
                a_dropped_note_of_activity_is_told_if_it_is_made
                a_dropped_switch_is_told_if_it_is_made
            }
            races {
                sixty_four_sign_ins_at_once_never_exceed_the_maximum
                where_none_gives_way_exactly_the_maximum_of_simultaneous_sign_ins_succeeds
                of_two_sessions_that_end_each_other_one_wins
                a_session_that_is_ended_while_it_is_extended_has_ended
                a_session_that_is_ended_while_it_is_reauthenticated_has_ended
                a_session_that_is_ended_while_its_password_is_changed_has_ended
                a_session_that_is_extended_while_it_is_reauthenticated_has_its_new_expiry
                of_two_reauthentications_at_once_the_credential_of_one_holds
                a_sign_in_beside_a_revocation_of_all_is_live_or_was_ended_by_it
                what_is_undone_beside_a_revocation_of_the_others_ends_for_good
                two_sign_ins_at_once_in_one_browser_replace_its_session_once
                accounts_change_at_once_in_one_browser_without_an_error
                of_simultaneous_sign_ups_with_one_email_one_succeeds
                of_two_changes_of_a_password_one_succeeds
                activity_is_written_while_its_sessions_end
                two_sweeps_at_once_sweep_each_session_once
                an_account_that_is_ended_while_it_is_made_active_is_not_acted_as
            }
        }
    };
    (@cases $make:expr; $($module:ident { $($case:ident)* })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                let (store, _guard) = $make.await;
                $crate::contract::$module::$case(store).await;
            }
        )*)*
    };
}

/// The moment at which most of it happens.
const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A user who has an account, and what its password is stored as.
#[derive(Clone)]
struct NewUser {
    user: User,
    password_hash: String,
}

fn user(name: &str) -> NewUser {
    NewUser {
        user: User {
            id: UserId::new(format!("user-{name}")).expect("an id"),
            name: name.to_owned(),
            email: format!("{name}@example.org"),
            email_verified: false,
            image: None,
            created_at: NOW,
            updated_at: NOW,
        },
        password_hash: format!("hash of {name}"),
    }
}

/// A session that lasts an hour from `NOW`.
fn session(user: &NewUser, name: &str) -> NewSession {
    session_at(user, name, NOW)
}

fn session_at(user: &NewUser, name: &str, now: Timestamp) -> NewSession {
    NewSession {
        session: Session {
            id: session_id(name),
            handle: handle(name),
            user_id: user.user.id.clone(),
            expires_at: now.plus(HOUR),
            created_at: now,
            updated_at: now,
            ip_address: "203.0.113.7".to_owned(),
            user_agent: format!("agent of {name}"),
            client_hints: ClientHints::default(),
        },
        secret_hash: SecretHash::from_bytes(&[7; 32]).expect("32 bytes"),
        remember: true,
        shared_computer: false,
        new_device: false,
        device_keys: Vec::new(),
        signed_in_with: None,
    }
}

/// The client hints of Brave, whose user agent says that it is Chrome.
fn brave() -> ClientHints {
    let brands = "\"Brave\";v=\"142\", \"Chromium\";v=\"142\", \"Not_A Brand\";v=\"99\"";
    ClientHints::new(|name| (name == "sec-ch-ua").then_some(brands))
}

fn operator() -> Operator {
    Operator::new("cli:test")
}

fn touch(name: &str, at: Timestamp) -> Touch {
    Touch::new(session_id(name), at)
}

fn ender(name: &str) -> Ender {
    Ender { id: session_id(name), user_agent: format!("agent of {name}"), device_name: None }
}

fn session_id(name: &str) -> SessionId {
    SessionId::new(format!("session-{name}")).expect("an id")
}

fn handle(name: &str) -> Handle {
    Handle::parse(&format!("{name:0>32}")).expect("letters and digits")
}

fn limit(maximum: u32, held: &[&str]) -> Limit {
    let held = held.iter().map(|name| session_id(name)).collect();
    Limit { maximum, revoke_oldest: true, held, epoch: None, chosen: None }
}

fn refusing(maximum: u32, held: &[&str]) -> Limit {
    Limit { revoke_oldest: false, ..limit(maximum, held) }
}

/// The limit of a sign-in whose proof is checked now.
async fn proving(store: &Arc<dyn Store>, user: &NewUser) -> Limit {
    Limit { epoch: Some(store.epoch(&user.user.id).await.expect("an answer")), ..limit(5, &[]) }
}

/// Begins a session, and before it makes the account of a user who signs up.
async fn open(
    store: &Arc<dyn Store>,
    signs_up: Option<&NewUser>,
    new: &NewSession,
    limit: &Limit,
) -> Result<Vec<Ended>, ChangeError> {
    let begun = match signs_up {
        Some(NewUser { user, password_hash }) => {
            let work = AddAccount { store: &**store, email: &user.email, hash: password_hash };
            store.begin(&Subject::from(user), new, limit, Some(&work)).await
        }
        None => {
            let work = TellOfNewDevice { store: &**store, tell: true };
            store.begin(&Subject::new(new.session.user_id.clone()), new, limit, Some(&work)).await
        }
    };
    begun.map(|begun| begun.ended)
}

/// Changes a password; `None` where that is refused.
async fn change_password(
    store: &Arc<dyn Store>,
    by: Actor<'_>,
    from: &str,
    to: &str,
    next: NextSession<'_>,
    tell: bool,
    now: Timestamp,
) -> Result<Option<Vec<Ended>>, StoreError> {
    let work = NewPassword { store: &**store, from, to, tell };
    changed(store.credentials_changed(by, next, Some(&work), now).await)
}

/// Sets a password by a mailed link; `None` where that is refused.
async fn reset_password(
    store: &Arc<dyn Store>,
    token: &SecretHash,
    to: &str,
    tell: bool,
    now: Timestamp,
) -> Result<Option<(UserId, Vec<Ended>)>, StoreError> {
    let Some(found) = store.find_token(token, Purpose::ResetPassword, now).await? else { return Ok(None) };
    let work = ResetByMail { store: &**store, token, to, tell };
    let ended = changed(store.credentials_changed_of(&found.user_id, Some(&work), now).await)?;
    Ok(ended.map(|ended| (found.user_id, ended)))
}

/// Reports a session; `None` where that is refused.
async fn report_session(
    store: &Arc<dyn Store>,
    by: Actor<'_>,
    id: &SessionId,
    rotation: &Rotation,
    lock: bool,
    now: Timestamp,
) -> Result<Option<Vec<Ended>>, StoreError> {
    let work = TellOfLock { store: &**store };
    let work = lock.then_some(&work as &dyn Alongside);
    changed(store.report(by, id, rotation, lock, work, now).await)
}

/// Reports a sign-in by a mailed link; `None` where that is refused.
async fn report_by_mail(
    store: &Arc<dyn Store>,
    token: &SecretHash,
    reset: &SecretHash,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<Option<(UserId, Vec<Ended>)>, StoreError> {
    let Some(found) = store.find_token(token, Purpose::NotMe, now).await? else { return Ok(None) };
    let work = ReportByMail { store: &**store, token, reset, expires_at };
    let about = found.session_id.as_ref();
    let ended = changed(store.report_of(&found.user_id, about, true, Some(&work), now).await)?;
    Ok(ended.map(|ended| (found.user_id, ended)))
}

/// What a change gave; `None` where the work of the account refused it.
fn changed(outcome: Result<Option<Vec<Ended>>, ChangeError>) -> Result<Option<Vec<Ended>>, StoreError> {
    match outcome {
        Ok(ended) => Ok(ended),
        Err(ChangeError::Alongside(Error::Refused(_) | Error::ProofOutdated)) => Ok(None),
        Err(ChangeError::Store(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

fn actor<'a>(session: &'a NewSession) -> Actor<'a> {
    Actor { session: &session.session.id, user: &session.session.user_id }
}

/// What a session has from a re-authentication or a changed password at `now` on; it lasts two hours.
fn renewal(name: &str, now: Timestamp) -> Renewal {
    Renewal {
        handle: handle(name),
        secret_hash: SecretHash::from_bytes(&[8; 32]).expect("32 bytes"),
        expires_at: now.plus(2 * HOUR),
        verified_with: None,
    }
}

/// A user who signed up with the first of these sessions and then in with the others, each in its own browser.
async fn signed_in(store: &Arc<dyn Store>, name: &str, sessions: &[&str]) -> (NewUser, Vec<NewSession>) {
    let user = user(name);
    let mut opened = Vec::new();
    for (number, name) in sessions.iter().enumerate() {
        let new = session(&user, name);
        let signs_up = (number == 0).then_some(&user);
        open(store, signs_up, &new, &limit(1_000, &[])).await.expect("a sign-in");
        opened.push(new);
    }
    // From here on a store may answer from memory.
    live(store, &user, NOW).await;
    (user, opened)
}

/// The names of the user's live sessions, newest first.
async fn live(store: &Arc<dyn Store>, user: &NewUser, now: Timestamp) -> Vec<String> {
    let live = store.live_of_user(&user.user.id, now).await.expect("a list");
    let handles: Vec<&Handle> = live.iter().map(|stored| &stored.session.handle).collect();
    let mut by_handle = store.live_by_handles(&handles, now).await.expect("an answer");
    by_handle.sort_by_key(|stored| handles.iter().position(|handle| **handle == stored.session.handle));
    let by_handle: Vec<_> = by_handle.iter().map(|stored| shown(stored)).collect();
    assert_eq!(by_handle, live.iter().map(|it| shown(it)).collect::<Vec<_>>(), "by their handles");
    live.iter().map(|stored| name(&stored.session.id)).collect()
}

/// What is never out of date, wherever it is read: all but activity.
fn shown(stored: &StoredSession) -> impl PartialEq + std::fmt::Debug + use<> {
    let StoredSession { session, user, remember, shared_computer, new_device, .. } = stored.clone();
    let proof = (stored.authenticated_at, stored.signed_in_with.clone(), stored.credential_is_new);
    (session, user, remember, shared_computer, new_device, stored.device_name.clone(), proof)
}

async fn find(store: &Arc<dyn Store>, name: &str) -> Found {
    let found = store.find(&[&session_id(name)]).await.expect("an answer").pop().expect("it is kept");
    let session = &found.stored.session;
    let live = store.live_by_handles(&[&session.handle], NOW).await.expect("an answer");
    let is_live = found.end.is_none() && session.expires_at > NOW;
    assert_eq!(live.first().map(|stored| shown(stored)), is_live.then(|| shown(&found.stored)), "{name}");
    found
}

fn name(id: &SessionId) -> String {
    id.as_str().trim_start_matches("session-").to_owned()
}

/// The names of what ended for this reason, in the order of the alphabet.
fn names(ended: &[Ended], reason: EndedReason) -> Vec<String> {
    let mut names: Vec<_> =
        ended.iter().filter(|ended| ended.reason == reason).map(|ended| name(&ended.id)).collect();
    names.sort();
    names
}

#[track_caller]
fn assert_limit_reached(outcome: Result<Vec<Ended>, ChangeError>) {
    assert!(matches!(outcome, Err(ChangeError::LimitReached)), "{outcome:?}");
}

#[track_caller]
fn assert_email_taken(outcome: Result<Vec<Ended>, ChangeError>) {
    let taken = Error::from(Code::UserAlreadyExists).to_string();
    assert!(
        matches!(&outcome, Err(ChangeError::Alongside(error)) if error.to_string() == taken),
        "{outcome:?}"
    );
}
