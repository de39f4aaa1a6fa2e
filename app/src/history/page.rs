//! The page of the account history, or of one session.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use multi_session::{HistoryKind, SessionId, Timestamp, User};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::{asked::export_asked, timeline::Timeline};
use super::{
    asked::{CSV, Group, HistoryAsked, JSON, export_file},
    item::Item,
    words::{icon, is_alarming, sides, what},
};
#[cfg(feature = "ssr")]
use crate::context::{fail, lead_on, request_if_any, sessions};
use crate::{
    AppError, Feature,
    answered::answered,
    history::words::Side,
    hooks::use_hydrated,
    options::use_options,
    ui::{Icon, IconName, day, in_local_time, time_of_day},
};

/// How many parts of the history are read at most for one page, because runs may be long.
#[cfg(feature = "ssr")]
const MOST_PARTS: usize = 20;

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    /// The items.
    items: Vec<Item>,
    /// The start of the next page.
    next: Option<i64>,
    /// The active session.
    session: SessionId,
    /// The user.
    user: User,
    /// The latest report. Earlier sign-ins need no "This wasn't me" any more.
    reported: Option<i64>,
    /// The sessions that the person has confirmed.
    recognized: Vec<SessionId>,
    /// Sessions that began later are certainly still stored.
    known_since: Timestamp,
}

/// Reads a page of the active user's history; `None` if nobody is signed in.
///
/// # Errors
///
/// When the store does not answer.
#[server(prefix = "/fn", endpoint = "read-history", input = GetUrl)]
pub async fn read_history(
    /// The name of a group of entries.
    #[server(default)]
    show: String,
    /// Only entries about this session.
    #[server(default)]
    session_id: Option<SessionId>,
    /// Only entries before this one.
    #[server(default)]
    before: Option<i64>,
) -> Result<Option<HistoryView>, AppError> {
    use multi_session::{HistoryFilter, SessionsBuilder};

    let Some(request) = request_if_any() else { return Ok(None) };
    let sessions = sessions();
    let browser = request.browser().map_err(fail)?;
    let Some(active) = browser.active() else { return Ok(None) };
    let latest = async |kind, limit| {
        let filter = HistoryFilter { kinds: vec![kind], limit, ..HistoryFilter::default() };
        sessions.history(&browser, &filter).await.map(|page| page.entries).map_err(fail)
    };
    let reports = latest(HistoryKind::Reported, 1).await?;
    let recognized = latest(HistoryKind::Recognized, HistoryFilter::MAXIMUM).await?;
    let mut asked = Group::named(&show).filter(session_id, before);
    let mut timeline = Timeline::default();
    for _ in 0..MOST_PARTS {
        let part = sessions.history(&browser, &asked).await.map_err(fail)?;
        let took_all = part.entries.into_iter().all(|entry| timeline.take(entry));
        asked.before = if took_all { part.next } else { timeline.last };
        if !took_all || asked.before.is_none() {
            break;
        }
    }
    Ok(Some(HistoryView {
        items: timeline.items,
        next: asked.before,
        session: active.session.id.clone(),
        user: active.user.clone(),
        reported: reports.first().map(|entry| entry.id),
        recognized: recognized.into_iter().filter_map(|entry| entry.session_id).collect(),
        known_since: sessions.now().minus(SessionsBuilder::RETENTION),
    }))
}

/// Shows the history in pages, filtered by group.
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
fn Shown(shown: HistoryView, asked: HistoryAsked) -> impl IntoView {
    let options = use_options();
    #[cfg(feature = "ssr")]
    if let Some(format) = use_query_map().with_untracked(export_asked) {
        lead_on(&export_file(&options, format));
    }
    let hydrated = use_hydrated();
    let zone = move || if hydrated.get() { " Times are in your time zone. " } else { " Times are in UTC. " };
    let of_session = asked.session.is_some();
    let email = shown.user.email.clone();
    let groups = Group::ALL.map(|group| {
        let is_on = group == asked.group;
        view! {
            <li>
                <a class="ms-filter" href=asked.with_group(&options, group) aria-current=is_on.then_some("page")>
                    {is_on.then(|| view! { <Icon name=IconName::Check size=16 /> }.into_any())}
                    {group.label()}
                </a>
            </li>
        }
        .into_any()
    });
    let all = of_session
        .then(|| view! { <a href=options.history_path().to_string()>"Show all activity"</a> }.into_any());
    view! {
        <Title text="Activity" />
        <div class="ms-page__head">
            <h1>"Activity"</h1>
            <p class="ms-page__lead">
                {if of_session { "What happened in one session of " } else { "What happened to " }}
                <strong>
                    <bdi>{email}</bdi>
                </strong>
                <span>"." {zone}</span>
                {all}
            </p>
        </div>
        <nav aria-label="Show">
            <ul class="ms-filters">{groups.into_iter().collect_view()}</ul>
        </nav>
        {list(shown, &asked)}
        <section class="ms-section">
            <h2 class="ms-section__title">"Export"</h2>
            <div class="ms-card ms-export">
                <p>
                    "A record of when and where your account was used, with everything we keep. You may be asked for \
                     your password."
                </p>
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

fn list(shown: HistoryView, asked: &HistoryAsked) -> AnyView {
    let options = use_options();
    let newest = asked.before.map(|_| {
        view! {
            <a class="ms-button" href=asked.with_group(&options, asked.group)>
                "Newest"
            </a>
        }
        .into_any()
    });
    let older = shown.next.map(|next| {
        view! {
            <a class="ms-button" href=asked.with_before(&options, next) rel="next">
                "Older"
            </a>
        }
        .into_any()
    });
    let empty = shown.items.is_empty().then(|| {
        view! {
            <div class="ms-card ms-blank">
                <Icon name=IconName::Unknown size=32 />
                <p>"No activity in this category yet."</p>
            </div>
        }
        .into_any()
    });
    let hydrated = use_hydrated();
    view! {
        // By days in the person's time zone once that is known.
        {move || days(&shown, hydrated.get())}
        {empty}
        <div class="ms-pages">{newest} {older}</div>
    }
    .into_any()
}

/// The items day by day, in local time or else in UTC.
fn days(shown: &HistoryView, is_local: bool) -> AnyView {
    let day_of = |at| day(moment(at, is_local));
    let days = shown.items.chunk_by(|one, next| day_of(one.entry.at) == day_of(next.entry.at)).map(|items| {
        let id = format!("day-{}", items[0].entry.id);
        view! {
            <section class="ms-section">
                <h2 class="ms-section__title" id=id.clone()>
                    {day_of(items[0].entry.at)}
                </h2>
                <ol class="ms-card ms-timeline" aria-labelledby=id>
                    {items.iter().map(|item| row(item, shown, is_local)).collect_view()}
                </ol>
            </section>
        }
        .into_any()
    });
    days.collect_view().into_any()
}

fn row(item: &Item, shown: &HistoryView, is_local: bool) -> AnyView {
    let entry = &item.entry;
    let is_known = |id: &SessionId| *id == shown.session || shown.recognized.contains(id);
    let class = if is_alarming(entry, is_known) {
        "ms-timeline__entry ms-timeline__entry--alarm"
    } else {
        "ms-timeline__entry"
    };
    let not_me = is_in_question(item, shown).then(|| not_me(item, is_local));
    view! {
        <li class=class>
            <span class="ms-timeline__icon">
                <Icon name=icon(entry.kind) size=18 />
            </span>
            <div>
                <p class="ms-timeline__what">{what(item)}</p>
                {sides(entry).into_iter().map(|told| side(told, &shown.session)).collect_view()}
                {not_me}
            </div>
            {times(item, is_local)}
        </li>
    }
    .into_any()
}

/// A device of the entry, with its own address and place.
fn side(side: Side, current: &SessionId) -> AnyView {
    let Side { role, device, session, place, ip_address } = side;
    let is_current = session.as_ref() == Some(current);
    let address = session.map(|id| use_options().history_path().of_session(&id));
    let device = (!device.is_empty()).then(|| {
        let device = view! { <bdi>{device}</bdi> };
        let device = match address {
            Some(address) => view! { <a href=address>{device}</a> }.into_any(),
            None => device.into_any(),
        };
        view! { <span>{device} {is_current.then_some(" (this device)")}</span> }.into_any()
    });
    view! {
        <p class="ms-timeline__side">
            {role.map(|role| view! { <span class="ms-timeline__role">{role}</span> }.into_any())}
            <span class="ms-timeline__facts">
                {device}
                {place.map(|place| view! { <span>{place}</span> }.into_any())}
                {(!ip_address.is_empty()).then(|| view! { <span>{ip_address}</span> }.into_any())}
            </span>
        </p>
    }
    .into_any()
}

/// Whether "This wasn't me" is offered for a sign-in: it is not the active session, was neither confirmed nor
/// reported, and its session is certainly still stored.
fn is_in_question(item: &Item, shown: &HistoryView) -> bool {
    let entry = &item.entry;
    use_options().has(Feature::Report)
        && matches!(entry.kind, HistoryKind::NewDevice | HistoryKind::SignedIn)
        && entry.session_id.as_ref().is_some_and(|id| *id != shown.session && !shown.recognized.contains(id))
        && entry.at > shown.known_since
        && shown.reported.is_none_or(|reported| entry.id > reported)
}

fn not_me(item: &Item, is_local: bool) -> AnyView {
    let Item { entry, .. } = item;
    let address = entry.session_id.as_ref().map(|id| use_options().not_me_path().of_session(id));
    let label = format!("This wasn't me: {}, {}", entry.device, time_of_day(moment(entry.at, is_local)));
    view! {
        <p class="ms-timeline__ask">
            <a href=address aria-label=label>
                "This wasn't me"
            </a>
        </p>
    }
    .into_any()
}

/// The time of an item. A run has two times.
fn times(item: &Item, is_local: bool) -> AnyView {
    let (first, last) = (moment(item.since, is_local), moment(item.entry.at, is_local));
    let begun = if day(first) == day(last) {
        time_of_day(first)
    } else {
        [&*day(first), ", ", &*time_of_day(first)].concat()
    };
    let ended = time_of_day(last);
    let first = (begun != ended).then(|| {
        view! {
            <time datetime=item.since.to_string()>{begun}</time>
            " to "
        }
        .into_any()
    });
    view! {
        <p class="ms-timeline__when">{first} <time datetime=item.entry.at.to_string()>{ended}</time></p>
    }
    .into_any()
}

fn moment(at: Timestamp, is_local: bool) -> Timestamp {
    if is_local { in_local_time(at) } else { at }
}
