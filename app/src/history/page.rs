//! The page of what happened to an account, or to one session of it.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use multi_session::{HistoryEntry, HistoryKind, SessionId, Timestamp, User};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::asked::export_asked;
use super::{
    asked::{CSV, Group, HistoryAsked, JSON, export_file},
    words::{done_by, icon, what},
};
#[cfg(feature = "ssr")]
use crate::context::{fail, lead_on, request_if_any, sessions};
use crate::{
    AppError, Feature,
    answered::answered,
    options::use_options,
    ui::{Icon, IconName, day, time_of_day},
};

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryShown {
    /// What there is of what was asked for.
    page: multi_session::HistoryPage,
    /// The session that the browser acts as.
    session: SessionId,
    /// Whose history it is.
    user: User,
    /// The latest entry that says that a sign-in was not the person's: those before it are answered.
    reported: Option<i64>,
    /// Sessions that began later are surely known still, ended or not.
    known_since: Timestamp,
}

/// Reads a page of the active user's history; nothing where nobody is signed in.
///
/// # Errors
///
/// When the store does not answer.
#[server(prefix = "/fn", endpoint = "read-history", input = GetUrl)]
pub async fn read_history(
    /// The name of a group of entries.
    #[server(default)]
    show: String,
    /// The session whose entries are asked for.
    #[server(default)]
    session_id: Option<SessionId>,
    /// Entries before this one are asked for.
    #[server(default)]
    before: Option<i64>,
) -> Result<Option<HistoryShown>, AppError> {
    use multi_session::{HistoryFilter, SessionsBuilder};

    let Some(request) = request_if_any() else { return Ok(None) };
    let sessions = sessions();
    let browser = request.browser().map_err(fail)?;
    let Some(active) = browser.active() else { return Ok(None) };
    let reports = HistoryFilter { kinds: vec![HistoryKind::Reported], limit: 1, ..HistoryFilter::default() };
    let reports = sessions.history(&browser, &reports).await.map_err(fail)?;
    let asked = Group::named(&show).filter(session_id, before);
    Ok(Some(HistoryShown {
        page: sessions.history(&browser, &asked).await.map_err(fail)?,
        session: active.session.id.clone(),
        user: active.user.clone(),
        reported: reports.entries.first().map(|entry| entry.id),
        known_since: sessions.now().minus(SessionsBuilder::RETENTION),
    }))
}

/// Shows what happened, a group of entries and fifty at a time.
#[component]
pub fn HistoryPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(HistoryAsked::of));
    let shown = Resource::new(
        move || asked.get(),
        |HistoryAsked { group, session, before, .. }| read_history(group.name().to_owned(), session, before),
    );
    answered(shown, move |shown| view! { <Shown shown asked=asked.get_untracked() /> })
}

#[component]
fn Shown(shown: HistoryShown, asked: HistoryAsked) -> impl IntoView {
    let options = use_options();
    #[cfg(feature = "ssr")]
    if let Some(format) = use_query_map().with_untracked(export_asked) {
        lead_on(&export_file(&options, format));
    }
    let of_session = asked.session.is_some();
    let title = if of_session { "Session history" } else { "Account history" };
    let email = shown.user.email.clone();
    let groups = Group::ALL.map(|group| {
        let current = (group == asked.group).then_some("page");
        view! {
            <li>
                <a class="ms-tab" href=asked.with_group(&options, group) aria-current=current>
                    {group.label()}
                </a>
            </li>
        }
        .into_any()
    });
    view! {
        <Title text=title />
        <div class="ms-page__head">
            <p class="ms-page__back">
                <a href=options.devices_path()>"Your devices"</a>
            </p>
            <h1>{title}</h1>
            <p class="ms-page__lead">
                {if of_session { "What happened to one session of " } else { "What happened to " }}
                <strong>{email}</strong> {". Times are in UTC. "}
                {of_session
                    .then(|| view! { <a href=options.history_path().to_string()>"Show the whole account"</a> }.into_any())}
            </p>
        </div>
        <nav aria-label="Show">
            <ul class="ms-tabs">{groups.into_iter().collect_view()}</ul>
        </nav>
        {list(shown, &asked)}
        <section class="ms-section">
            <h2 class="ms-section__title">"Export"</h2>
            <div class="ms-card ms-export">
                <p>"Everything that is kept of this history, as a file. You may be asked for your password."</p>
                <div class="ms-export__actions">
                    <a class="ms-button" href=export_file(&options, JSON) rel="external">
                        "JSON"
                    </a>
                    <a class="ms-button" href=export_file(&options, CSV) rel="external">
                        "CSV"
                    </a>
                </div>
            </div>
        </section>
    }
}

fn list(shown: HistoryShown, asked: &HistoryAsked) -> AnyView {
    let HistoryShown { page, session, reported, known_since, .. } = shown;
    let options = use_options();
    let newest = asked.before.map(|_| {
        view! {
            <a class="ms-button" href=asked.with_group(&options, asked.group)>
                "Newest"
            </a>
        }
        .into_any()
    });
    let older = page.next.map(|next| {
        view! {
            <a class="ms-button" href=asked.with_before(&options, next) rel="next">
                "Older"
            </a>
        }
        .into_any()
    });
    let all = &page.entries;
    let is_empty = all.is_empty();
    let days = all.chunk_by(|one, next| day(one.at) == day(next.at)).map(|entries| {
        let id = format!("day-{}", entries[0].id);
        view! {
            <section class="ms-section">
                <h2 class="ms-section__title" id=id.clone()>
                    {day(entries[0].at)}
                </h2>
                <ol class="ms-card ms-timeline" aria-labelledby=id>
                    {entries
                        .iter()
                        .map(|entry| {
                            let is_answered = reported.is_some_and(|reported| entry.id < reported);
                            row(entry, &session, !is_answered && is_in_question(entry, all, &session, known_since))
                        })
                        .collect_view()}
                </ol>
            </section>
        }
        .into_any()
    });
    view! {
        {days.collect_view()}
        {is_empty
            .then(|| {
                view! {
                    <div class="ms-card ms-blank">
                        <Icon name=IconName::Unknown size=32 />
                        <h2>"Nothing here"</h2>
                        <p>"Nothing of this kind has happened, or it is not kept any more."</p>
                    </div>
                }
                .into_any()
            })}
        <div class="ms-pages">{newest} {older}</div>
    }
    .into_any()
}

/// Whether a person can say from here that a sign-in was not theirs: it is another one than that in use, and its session
/// is surely known still.
fn is_in_question(
    entry: &HistoryEntry,
    all: &[HistoryEntry],
    current: &SessionId,
    known_since: Timestamp,
) -> bool {
    let is_sign_in = match entry.kind {
        HistoryKind::NewDevice => true,
        // A new device has two entries: the one that says so asks.
        HistoryKind::SignedIn => {
            let tells_more = |other: &HistoryEntry| {
                other.kind == HistoryKind::NewDevice && other.session_id == entry.session_id
            };
            !all.iter().any(tells_more)
        }
        _ => false,
    };
    let is_other = entry.session_id.as_ref().is_some_and(|id| id != current);
    is_sign_in && is_other && entry.at > known_since
}

fn row(entry: &HistoryEntry, current: &SessionId, asks: bool) -> AnyView {
    let is_current = entry.session_id.as_ref() == Some(current);
    let options = use_options();
    let of_session = entry.session_id.as_ref().map(|id| options.history_path().of_session(id));
    // Who has used a mailed link has told nothing of a device.
    let is_known = entry.session_id.is_some() || !entry.user_agent.is_empty();
    let device = match of_session {
        Some(address) => view! { <a href=address>{entry.device.clone()}</a> }.into_any(),
        None => entry.device.clone().into_any(),
    };
    let (address, place) = (entry.ip_address.clone(), entry.place.clone());
    let not_me = entry.session_id.as_ref().filter(|_| asks && options.has(Feature::Report)).map(|id| {
        let address = options.not_me_path().of_session(id);
        let label = format!("This wasn't me: {}, {}", entry.device, time_of_day(entry.at));
        view! {
            <span>
                <a href=address aria-label=label>
                    "This wasn't me"
                </a>
            </span>
        }
        .into_any()
    });
    view! {
        <li class="ms-timeline__entry">
            <span class="ms-timeline__icon">
                <Icon name=icon(entry.kind) size=18 />
            </span>
            <div>
                <p class="ms-timeline__what">{what(entry)}</p>
                <p class="ms-timeline__facts">
                    {is_known.then(|| view! { <span>{device} {is_current.then_some(" (this device)")}</span> }.into_any())}
                    {(!address.is_empty()).then(|| view! { <span>{address}</span> }.into_any())}
                    {place.map(|place| view! { <span>{place}</span> }.into_any())}
                    {done_by(entry).map(|by| view! { <span>{by}</span> }.into_any())}
                    {not_me}
                </p>
            </div>
            <time datetime=entry.at.to_string()>{time_of_day(entry.at)}</time>
        </li>
    }
    .into_any()
}
