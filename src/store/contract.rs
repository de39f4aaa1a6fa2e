//! The contract of stores: one test for each promise of [`Store`]. [`store_contract!`](crate::store_contract)
//! runs them all for a store.
//!
//! # Examples
//!
//! ```
//! use std::sync::Arc;
//! use multi_session::{MemoryStore, Store};
//!
//! /// Returns an empty store, and a value that must live as long as the store.
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
use crate::accounts::{
    AddAccount, MailAboutLock, MailAboutNewDevice, NewPassword, ReportByMail, ResetByMail,
};
use crate::{
    Actor, ClientHints, Code, Ended, EndedReason, EndingSession, Error, Found, Handle, Limit, NewSession,
    Operator, Page, Purpose, Renewal, SecretHash, Session, SessionId, SignInMethod, Statistics, Store,
    StoreError, StoredSession, Subject, Timestamp, Touch, User, UserId,
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

/// Writes a test for each promise. `$make` is a future of an empty store, `Arc<dyn Store>`, and of a value
/// that must live as long as the store.
#[macro_export]
macro_rules! store_contract {
    ($make:expr) => {
        $crate::store_contract! { @cases $make;
            reading {
                a_session_is_read_as_it_was_written
                a_session_is_live_until_the_millisecond_it_expires
                only_live_sessions_are_found_by_their_handles
                the_live_sessions_of_a_user_are_listed_newest_first
                ended_session_tells_how_and_by_which_device_it_ended
                a_password_hash_is_found_by_its_email
                sessions_of_a_user_are_listed_in_pages
                recently_ended_sessions_are_listed_by_their_end
                a_user_is_found_by_its_id
                live_begun_and_ended_sessions_are_counted
                account_status_has_the_lock_and_the_number_of_wrong_proofs
                empty_lookups_find_nothing
            }
            opening {
                an_account_is_found_by_every_spelling_of_its_email
                sign_up_with_a_taken_email_stores_nothing
                a_refused_sign_up_leaves_no_user
                session_of_the_same_user_in_the_browser_is_replaced
                sessions_of_the_user_in_other_browsers_stay
                the_first_created_session_is_evicted_even_if_the_clock_was_set_back
                the_oldest_account_of_a_full_browser_is_evicted
                without_eviction_a_refused_sign_in_changes_nothing
                replaced_session_makes_room_for_the_new_one
                ended_and_expired_sessions_do_not_count_for_the_limit
                lowered_maximum_is_enforced_at_the_next_sign_in
            }
            devices {
                browser_is_recognized_by_its_keys_from_earlier_sign_ins
                known_devices_of_an_account_are_found_by_its_email
                refused_sign_in_adds_no_known_device
                sign_in_on_a_new_device_is_marked_and_in_the_history
                report_forgets_the_known_devices
                the_hundred_most_recent_keys_are_kept
            }
            ending {
                session_is_ended_by_its_id_or_its_handle
                session_ends_only_once
                session_of_another_user_stays
                ended_or_expired_actor_ends_no_session
                actor_of_another_user_ends_nothing
                end_all_ends_the_actors_own_session_only_if_asked
                held_sessions_of_any_user_end
                an_operator_ends_all_sessions_of_a_user
                operator_ends_all_sessions_in_bounded_batches
                live_session_is_extended_only_from_its_known_expiry
                an_ended_session_is_never_extended
                password_change_ends_all_sessions_except_the_new_one
                password_change_keeps_sessions_unless_asked
                password_changes_only_if_the_known_hash_is_current
                rehash_is_stored_only_if_the_known_hash_is_current
            }
            reauthenticating {
                session_begins_authenticated
                a_reauthentication_replaces_the_credential_and_keeps_the_session
                only_a_live_session_of_the_actors_user_is_reauthenticated
                reauthenticated_session_keeps_its_age_for_eviction
                password_change_replaces_the_credential_and_keeps_the_sessions
                superseded_credential_is_known_while_its_session_is_live
                first_use_of_a_credential_is_recorded_and_announced_once
                the_last_eight_credentials_of_a_session_are_known
            }
            naming {
                renamed_device_has_its_name
                device_of_another_user_cannot_be_renamed
                ended_session_cannot_rename_or_be_renamed
                rename_is_announced_if_the_name_changes
            }
            recognizing {
                recognized_device_loses_its_new_device_mark
                session_cannot_recognize_itself
                two_new_devices_cannot_recognize_each_other
                later_session_cannot_recognize_an_earlier_one
                only_a_live_session_of_the_actors_user_is_recognized
                recognition_is_announced_and_in_the_history_once
            }
            history {
                client_hints_are_kept_in_the_history
                changes_of_a_session_are_in_the_history_in_order
                history_names_the_sign_in_that_ended_other_sessions
                rename_is_in_the_history_with_the_previous_label
                history_has_the_addresses_of_both_devices
                new_address_is_in_the_history_once
                each_address_of_one_batch_is_in_the_history
                another_browser_is_in_the_history_once_and_an_update_is_not
                the_latest_thousand_entries_of_each_kind_are_kept
                password_change_is_in_the_history_with_the_sessions_it_ended
                password_change_that_keeps_sessions_is_in_the_history_with_its_proof
                recorded_entries_are_read_back_and_announced
                refused_changes_leave_no_history
                history_is_read_in_pages_and_filtered
                history_of_another_user_is_not_read
                history_outlives_its_sessions_and_is_deleted_after_its_retention
                simultaneous_changes_are_all_in_the_history
            }
            operating {
                operator_ends_a_session_of_any_user
                operator_acts_are_read_in_pages_latest_first
                operator_acts_outlive_their_users_and_are_deleted_after_their_retention
                disabled_user_is_signed_out_and_cannot_sign_in_until_enabled
                links_and_mails_of_a_disabled_user_do_nothing
                revocations_of_a_disabled_user_cannot_be_undone
                sign_in_while_the_user_is_disabled_leaves_no_session
                password_change_while_the_user_is_disabled_leaves_no_session
            }
            forgetting {
                erased_user_leaves_nothing_and_is_announced
                erasing_an_unknown_user_does_nothing
                sign_in_during_an_erasure_leaves_nothing
            }
            outbox {
                every_change_has_an_event
                refused_changes_have_no_event
                no_events_are_kept_for_an_unknown_consumer
                consumer_removed_during_changes_leaves_no_events
                consumers_are_independent
                events_of_a_user_are_in_the_order_of_the_changes
                only_one_deliverer_gets_events_at_a_time
                failed_event_delays_only_its_user
                events_given_up_delay_nobody_until_they_are_retried
                consumers_are_listed_with_their_backlog
                erased_user_has_an_event
                events_are_deleted_after_their_retention
            }
            mailing {
                reset_mail_is_queued_only_for_a_known_email
                mailbox_gets_one_reset_a_minute_and_five_an_hour
                strangers_who_ask_for_resets_leave_the_owner_a_usable_link
                one_of_simultaneous_reset_requests_is_queued
                mail_is_claimed_by_one_sender_until_its_lease_expires
                failed_mail_is_due_later_and_sent_mail_never
                clock_set_back_delays_no_mail
                mail_about_a_sign_in_is_queued_only_if_it_was_stored
                mail_about_a_password_is_queued_only_if_it_changed
                link_is_valid_for_its_purpose_until_it_expires
                reset_sets_the_password_and_ends_every_session_once
                link_works_once_even_under_simultaneous_use
                sign_in_with_the_old_password_during_a_reset_leaves_no_session
                expired_tokens_are_swept
            }
            reporting {
                a_report_ends_the_others_rotates_the_actor_and_locks_the_password
                ended_session_can_be_reported_and_its_ending_stays
                report_locks_only_if_asked_and_mails_about_it_once
                only_another_session_of_the_live_actors_user_can_be_reported
                locked_password_cannot_sign_in_or_be_changed
                a_report_by_mail_ends_every_session_and_locks_the_password_once
                report_is_announced
                sign_in_during_a_report_is_refused_or_ended
                session_extended_while_it_is_reported_stays_ended
                one_of_two_sessions_that_report_each_other_wins
            }
            subjects {
                a_user_is_stored_with_the_first_session
                stored_profile_is_updated_with_every_session
                email_without_an_account_finds_nobody
                account_keeps_its_own_profile
                sign_in_method_is_stored
                work_alongside_commits_with_its_change_or_not_at_all
                a_refused_first_session_leaves_no_user
            }
            proofs {
                every_credential_change_begins_an_epoch
                proof_of_an_earlier_epoch_is_refused
                locked_user_cannot_sign_in_until_a_credential_changes
                two_simultaneous_first_sessions_both_begin
                session_that_begins_during_a_credential_change_is_refused_or_ended
                session_proved_during_a_report_is_not_fresh_afterwards
            }
            choosing {
                ticket_is_found_as_stored_until_it_expires
                ticket_is_valid_until_a_credential_changes
                sweep_deletes_expired_tickets
                ticket_is_deleted_with_its_user
                sign_in_at_the_limit_is_refused_with_a_ticket_and_the_devices
                only_the_chosen_device_is_evicted
                chosen_device_is_evicted_even_if_there_is_room_by_now
                choosing_an_ended_device_signs_in_if_there_is_room
                chosen_session_of_another_account_in_the_browser_stays
                after_a_lowered_maximum_one_chosen_device_makes_room_for_one
                ticket_can_still_be_used_after_a_refusal
                simultaneous_tickets_never_exceed_the_maximum
                ticket_used_several_times_at_once_signs_in_once
                ticket_used_during_a_credential_change_leaves_no_session
            }
            undoing {
                undone_revocation_restores_the_session_as_it_was
                only_the_session_that_revoked_can_undo
                revocation_can_be_undone_only_in_time
                revocation_from_before_the_clock_was_set_back_cannot_be_undone
                revocations_of_all_users_are_made_final
                sessions_that_ended_otherwise_cannot_be_restored
                after_a_new_password_no_revocation_can_be_undone
                after_a_report_no_revocation_can_be_undone
                after_a_report_and_a_sweep_no_revocation_can_be_undone
                final_revocation_cannot_be_undone
                after_revoking_the_others_no_revocation_can_be_undone
                revocation_cannot_be_undone_if_the_place_was_taken
                recently_revoked_session_is_found_by_its_handle
                undo_during_sign_ins_never_exceeds_the_maximum
            }
            upkeep {
                activity_is_written_and_never_moves_backwards
                activity_of_an_ended_session_stays_unchanged
                sweep_marks_expired_sessions_with_the_time_they_expired
                sweep_deletes_sessions_after_their_retention
                sweep_respects_its_limit
                a_closed_store_is_unavailable
            }
            changes {
                sign_in_is_announced_with_the_sessions_it_ended
                every_way_to_end_a_session_is_announced
                sessions_ended_by_an_operator_are_announced
                activity_is_announced_as_written
                only_committed_reauthentications_are_announced
                password_change_that_keeps_sessions_is_announced_as_a_reauthentication
                announced_change_reaches_all_receivers
                refused_changes_are_not_announced
                announced_change_can_be_read_at_once
                many_sessions_that_end_at_once_are_all_announced
            }
            cancelling {
                dropped_sign_in_is_announced_if_it_commits
                dropped_revocation_is_announced_if_it_commits
                dropped_reauthentication_is_announced_if_it_commits
                dropped_password_change_is_announced_if_it_commits
                dropped_report_is_announced_if_it_commits
                dropped_rename_is_announced_if_it_commits
                dropped_undo_is_announced_if_it_commits
                dropped_write_of_activity_is_announced_if_it_commits
                dropped_switch_is_announced_if_it_commits
            }
            races {
                sixty_four_simultaneous_sign_ins_never_exceed_the_maximum
                without_eviction_exactly_the_maximum_of_simultaneous_sign_ins_succeeds
                one_of_two_sessions_that_end_each_other_wins
                session_ended_while_it_is_extended_stays_ended
                session_ended_while_it_is_reauthenticated_stays_ended
                session_ended_while_its_password_is_changed_stays_ended
                session_extended_while_it_is_reauthenticated_keeps_its_new_expiry
                one_credential_of_two_simultaneous_reauthentications_is_current
                sign_in_during_a_revocation_of_all_is_live_or_ended_by_it
                undo_during_a_revocation_of_the_others_does_not_survive_it
                two_simultaneous_sign_ins_in_one_browser_replace_its_session_once
                simultaneous_account_changes_in_one_browser_cause_no_error
                one_of_simultaneous_sign_ups_with_one_email_succeeds
                one_of_two_simultaneous_password_changes_succeeds
                activity_is_written_while_sessions_end
                two_simultaneous_sweeps_sweep_each_session_once
                session_ended_while_it_becomes_active_is_not_used
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

/// The time of most calls.
const NOW: Timestamp = Timestamp::from_unix_ms(1_795_000_000_000);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A user with an account, and the stored hash of the password.
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

fn ender(name: &str) -> EndingSession {
    EndingSession { id: session_id(name), user_agent: format!("agent of {name}"), device_name: None }
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

/// The limit of a sign-in whose proof has the present epoch.
async fn proving(store: &Arc<dyn Store>, user: &NewUser) -> Limit {
    Limit { epoch: Some(store.epoch(&user.user.id).await.expect("an answer")), ..limit(5, &[]) }
}

/// Begins a session. If `signs_up` is given, it first creates that user's account.
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
            let work = MailAboutNewDevice { store: &**store, tell: true };
            store.begin(&Subject::new(new.session.user_id.clone()), new, limit, Some(&work)).await
        }
    };
    begun.map(|begun| begun.ended)
}

/// Changes a password; `None` if it is refused.
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

/// Sets a password by a mailed link; `None` if it is refused.
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

/// Reports a session; `None` if it is refused.
async fn report_session(
    store: &Arc<dyn Store>,
    by: Actor<'_>,
    id: &SessionId,
    rotation: &Rotation,
    lock: bool,
    now: Timestamp,
) -> Result<Option<Vec<Ended>>, StoreError> {
    let work = MailAboutLock { store: &**store };
    let work = lock.then_some(&work as &dyn Alongside);
    changed(store.report(by, id, rotation, lock, work, now).await)
}

/// Reports a sign-in by a mailed link; `None` if it is refused.
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

/// The sessions that a change ended; `None` if the work of the account refused it.
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

/// The credential and expiry after a re-authentication or password change at `now`. The session lasts two
/// hours.
fn renewal(name: &str, now: Timestamp) -> Renewal {
    Renewal {
        handle: handle(name),
        secret_hash: SecretHash::from_bytes(&[8; 32]).expect("32 bytes"),
        expires_at: now.plus(2 * HOUR),
        verified_with: None,
    }
}

/// A user who signed up with the first session and signed in with the others, each in its own browser.
async fn signed_in(store: &Arc<dyn Store>, name: &str, sessions: &[&str]) -> (NewUser, Vec<NewSession>) {
    let user = user(name);
    let mut opened = Vec::new();
    for (number, name) in sessions.iter().enumerate() {
        let new = session(&user, name);
        let signs_up = (number == 0).then_some(&user);
        open(store, signs_up, &new, &limit(1_000, &[])).await.expect("a sign-in");
        opened.push(new);
    }
    // This fills the session cache, if the store has one.
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

/// The fields that are never out of date, wherever they are read: all except activity.
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

/// The names of the sessions that ended for this reason, sorted.
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
