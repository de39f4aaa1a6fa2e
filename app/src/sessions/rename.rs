//! The page that asks what a device is called. The server alone makes it: it is one form, which costs the browser's half
//! nothing.

use leptos::prelude::*;
use multi_session::{DeviceSession, SessionId};

use super::actions::RENAME;
use crate::{
    AppError,
    accounts::{MESSAGE, Message},
    address::value,
    notice::form_error,
    plain::plain,
    ui::Submit,
};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct RenamePage {
    row: DeviceSession,
    error: Option<AppError>,
}

impl RenamePage {
    /// The address of the page for a session.
    pub(crate) fn address(id: &SessionId) -> String {
        ["/rename?session_id=", id.as_str()].concat()
    }

    /// Takes the address's query and the list of devices; `None` where the session is not in it.
    pub fn of(query: &str, rows: &[DeviceSession]) -> Option<Self> {
        let id = value(query, "session_id")?;
        let row = rows.iter().find(|row| row.id.as_str() == id)?.clone();
        Some(Self { row, error: form_error(query) })
    }

    /// The page.
    pub fn page(self, options: LeptosOptions) -> impl IntoView + use<> {
        let Self { row, error } = self;
        let described = error.is_some().then_some(MESSAGE);
        let error = Memo::new(move |_| error.clone());
        let content = view! {
            <div class="entry">
                <div class="entry__head">
                    <h1>"Name this device"</h1>
                    <p class="entry__lead">
                        {format!("A name of your own tells {} from the others. ", row.device.label)}
                        "Leave it empty to call the device by its browser again."
                    </p>
                </div>
                <div class="card entry__card">
                    <form method="post" action=RENAME>
                        <Message error />
                        <input type="hidden" name="session_id" value=row.id.to_string() />
                        <div class="field">
                            <label class="field__label" for="name">
                                "Name"
                            </label>
                            <div class="field__box">
                                <input
                                    id="name"
                                    name="name"
                                    maxlength="100"
                                    autocomplete="off"
                                    autofocus
                                    value=row.name
                                    aria-invalid=described.map(|_| "true")
                                    aria-describedby=described
                                />
                            </div>
                        </div>
                        <Submit class="button button--primary button--wide" pending=Signal::stored(false)>
                            "Save"
                        </Submit>
                    </form>
                </div>
                <p class="entry__foot">
                    <a href=crate::guard::home(true)>"Cancel"</a>
                </p>
            </div>
        };
        plain(options, "Name this device", content.into_any())
    }
}
