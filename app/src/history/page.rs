//! The page of what happened to an account, or to one session of it.

use leptos::prelude::*;
use multi_session::{HistoryEntry, HistoryKind, HistoryPage, SessionId, SessionsBuilder, Timestamp, User};

use super::{
    asked::{CSV, Group, HISTORY, HistoryAsked, JSON, export_file},
    words::{done_by, icon, what},
};
use crate::{
    RenderedAt,
    guard::home,
    plain::plain,
    sessions::NOT_ME,
    ui::{Icon, IconName, day, time_of_day},
};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct HistoryShown {
    /// What was asked for.
    pub asked: HistoryAsked,
    /// What there is of it.
    pub page: HistoryPage,
    /// The session that the browser acts as.
    pub session: SessionId,
    /// Whose history it is.
    pub user: User,
    /// The latest entry that says that a sign-in was not the person's: those before it are answered.
    pub reported: Option<i64>,
}

impl HistoryShown {
    /// The page.
    pub fn page(self, options: LeptosOptions) -> impl IntoView + use<> {
        let Self { asked, page, session, user, reported } = self;
        let onward = asked.export.map(|format| {
            // Without a script, too.
            let content = ["0; url=", &export_file(format)].concat();
            view! { <meta http-equiv="refresh" content=content /> }
        });
        let of_session = asked.session.is_some();
        let head = view! {
            <div class="page__head">
                <p class="page__back">
                    <a href=home(true)>"Your devices"</a>
                </p>
                <h1>{if of_session { "Session history" } else { "Account history" }}</h1>
                <p class="page__lead">
                    {if of_session { "What happened to one session of " } else { "What happened to " }}
                    <strong>{user.email}</strong> {". Times are in UTC. "}
                    {of_session.then(|| view! { <a href=HISTORY>"Show the whole account"</a> })}
                </p>
            </div>
        };
        let groups = Group::ALL.map(|group| {
            let current = (group == asked.group).then_some("page");
            view! {
                <li>
                    <a class="tab" href=asked.with_group(group) aria-current=current>
                        {group.label()}
                    </a>
                </li>
            }
        });
        let export = view! {
            <section class="section">
                <h2 class="section__title">"Export"</h2>
                <div class="card export">
                    <p>"Everything that is kept of this history, as a file. You may be asked for your password."</p>
                    <div class="export__actions">
                        <a class="button" href=export_file(JSON)>
                            "JSON"
                        </a>
                        <a class="button" href=export_file(CSV)>
                            "CSV"
                        </a>
                    </div>
                </div>
            </section>
        };
        let view = view! {
            {onward}
            {head}
            <nav aria-label="Show">
                <ul class="tabs">{groups.into_iter().collect_view()}</ul>
            </nav>
            {list(page, &asked, &session, reported)}
            {export}
        };
        plain(options, if of_session { "Session history" } else { "Account history" }, view.into_any())
    }
}

fn list(
    page: HistoryPage,
    asked: &HistoryAsked,
    session: &SessionId,
    reported: Option<i64>,
) -> impl IntoView + use<> {
    let newest = asked.before.map(|_| {
        view! {
            <a class="button" href=asked.with_group(asked.group)>
                "Newest"
            </a>
        }
    });
    let older = page.next.map(|next| {
        view! {
            <a class="button" href=asked.with_before(next) rel="next">
                "Older"
            </a>
        }
    });
    let now = expect_context::<RenderedAt>().0;
    let all = &page.entries;
    let is_empty = all.is_empty();
    let days = all.chunk_by(|one, next| day(one.at) == day(next.at)).map(|entries| {
        let id = format!("day-{}", entries[0].id);
        view! {
            <section class="section">
                <h2 class="section__title" id=id.clone()>
                    {day(entries[0].at)}
                </h2>
                <ol class="card timeline" aria-labelledby=id>
                    {entries
                        .iter()
                        .map(|entry| {
                            let is_answered = reported.is_some_and(|reported| entry.id < reported);
                            row(entry, session, !is_answered && is_in_question(entry, all, session, now))
                        })
                        .collect_view()}
                </ol>
            </section>
        }
    });
    view! {
        {days.collect_view()}
        {is_empty
            .then(|| {
                view! {
                    <div class="card blank">
                        <Icon name=IconName::Unknown size=32 />
                        <h2>"Nothing here"</h2>
                        <p>"Nothing of this kind has happened, or it is not kept any more."</p>
                    </div>
                }
            })}
        <div class="pages">{newest} {older}</div>
    }
}

/// Whether a person can say from here that a sign-in was not theirs: it is another one than that in use, and its session
/// is surely known still, ended or not, since it is kept for so long after its end.
fn is_in_question(entry: &HistoryEntry, all: &[HistoryEntry], current: &SessionId, now: Timestamp) -> bool {
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
    is_sign_in && is_other && now.since(entry.at) < SessionsBuilder::RETENTION
}

fn row(entry: &HistoryEntry, current: &SessionId, asks: bool) -> impl IntoView + use<> {
    let is_current = entry.session_id.as_ref() == Some(current);
    let of_session = entry.session_id.as_ref().map(|id| {
        let asked = HistoryAsked { session: Some(id.clone()), ..HistoryAsked::default() };
        asked.with_group(Group::All)
    });
    // Who has used a mailed link has told nothing of a device.
    let is_known = entry.session_id.is_some() || !entry.user_agent.is_empty();
    let device = match of_session {
        Some(address) => view! { <a href=address>{entry.device.clone()}</a> }.into_any(),
        None => entry.device.clone().into_any(),
    };
    let (address, place) = (entry.ip_address.clone(), entry.place.clone());
    let not_me = entry.session_id.as_ref().filter(|_| asks).map(|id| {
        let address = [NOT_ME, "?session_id=", id.as_str()].concat();
        let label = format!("This wasn't me: {}, {}", entry.device, time_of_day(entry.at));
        view! {
            <span>
                <a href=address aria-label=label>
                    "This wasn't me"
                </a>
            </span>
        }
    });
    view! {
        <li class="timeline__entry">
            <span class="timeline__icon">
                <Icon name=icon(entry.kind) size=18 />
            </span>
            <div>
                <p class="timeline__what">{what(entry)}</p>
                <p class="timeline__facts">
                    {is_known.then(|| view! { <span>{device} {is_current.then_some(" (this device)")}</span> })}
                    {(!address.is_empty()).then(|| view! { <span>{address}</span> })}
                    {place.map(|place| view! { <span>{place}</span> })}
                    {done_by(entry).map(|by| view! { <span>{by}</span> })}
                    {not_me}
                </p>
            </div>
            <time datetime=entry.at.to_string()>{time_of_day(entry.at)}</time>
        </li>
    }
}
