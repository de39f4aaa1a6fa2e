//! Beginning a session that the limit refused, in place of a device that the person chose.

use async_trait::async_trait;

use crate::sessions::begin::Proved;
use crate::store::StoredTicket;
use crate::{
    Alongside, Browser, ChangeContext, Client, Code, DeviceChoice, Epoch, Error, Keep, Proof, Result,
    SecretHash, SessionId, Sessions, SignInTicket, Store, Subject, Transaction, UserId,
};

/// The device that a person chose, and the ticket for it.
pub(super) struct Chosen<'a> {
    pub(super) id: &'a SessionId,
    ticket: &'a SignInTicket,
    stored: &'a StoredTicket,
}

/// Uses the ticket up in the transaction that begins the session.
struct Redeem<'a> {
    store: &'a dyn Store,
    ticket: SecretHash,
    /// The caller's own work.
    work: Option<&'a dyn Alongside>,
}

#[async_trait]
impl Alongside for Redeem<'_> {
    async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> Result<()> {
        if !self.store.use_ticket(tx, &self.ticket, change.now).await? {
            return Err(Code::InvalidTicket.into());
        }
        match self.work {
            Some(work) => work.run(tx, change).await,
            None => Ok(()),
        }
    }
}

impl Sessions {
    /// Lists the devices that a person with a ticket of [`Error::LimitReached`] can choose from.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidTicket`] when it was used, has expired, or a credential of the user has changed: the person has
    /// to sign in again. When the store fails.
    pub async fn device_choice(&self, browser: &Browser, ticket: &SignInTicket) -> Result<DeviceChoice> {
        self.choice_of(browser, &self.stored_ticket(ticket).await?).await
    }

    /// Begins the session that the limit of devices had refused, and ends the one that the person chose, with `work` in
    /// the same transaction. If the chosen session has ended meanwhile, the person signs in if there is room.
    ///
    /// The chosen session is evicted by the new one, which cannot be undone. The number of the user's sessions never
    /// exceeds the maximum.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidTicket`] as of [`Sessions::device_choice`]; [`Error::LimitReached`] with the same ticket when the
    /// chosen session is not a live session of the user and there is no room; [`Code::MaximumAccountsReached`] when the
    /// browser holds as many accounts as allowed. After both the ticket can still be used. What `work` fails with; when
    /// the store fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multi_session::{Browser, Client, Error, Keep, MemoryStore, Options, Proof, Sessions, Subject, UserId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let options = Options::builder().maximum_sessions(1).revoke_oldest_on_max(false).build()?;
    /// # let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::default()), options);
    /// # let (browser, client) = (Browser::default(), Client::default());
    /// # let ada = || Subject::new(UserId::new("4711").expect("an id"));
    /// # sessions.begin(&browser, &client, ada(), Proof::by("code"), Keep::Remembered).await?;
    /// let begun = sessions.begin(&browser, &client, ada(), Proof::by("code"), Keep::Remembered).await;
    /// let Err(Error::LimitReached { ticket, choice }) = begun else { panic!("she has one device, which is enough") };
    /// // … she chooses …
    /// let chosen = &choice.devices[0].id;
    /// let browser = sessions.begin_instead(&browser, &client, &ticket, chosen, None).await?;
    /// assert_eq!(sessions.list(&browser).await?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn begin_instead(
        &self,
        browser: &Browser,
        client: &Client,
        ticket: &SignInTicket,
        id: &SessionId,
        work: Option<&dyn Alongside>,
    ) -> Result<Browser> {
        let stored = self.stored_ticket(ticket).await?;
        let user = self.0.store.find_user(&stored.user_id).await?.ok_or(Code::InvalidTicket)?;
        let redeem = Redeem { store: &*self.0.store, ticket: ticket.hash(), work };
        let proved = Proved {
            subject: Subject::from(&user),
            proof: Proof::with(stored.signed_in_with.clone()).at(stored.epoch),
            keep: stored.keep,
            work: Some(&redeem),
            chosen: Some(Chosen { id, ticket, stored: &stored }),
        };
        match self.begin_proved(browser, client, proved).await {
            Err(Error::ProofOutdated) => Err(Code::InvalidTicket.into()),
            begun => begun,
        }
    }

    /// The error for a sign-in at the limit, with a ticket so that the person can choose a device.
    pub(super) async fn let_choose(
        &self,
        browser: &Browser,
        user: &UserId,
        proof: &Proof,
        keep: Keep,
    ) -> Result<Error> {
        let ticket = SignInTicket::generate(&*self.0.random);
        let epoch = match proof.epoch {
            // The ticket is valid only in the first epoch.
            Some(Epoch::UNKNOWN) => Epoch::FIRST,
            Some(epoch) => epoch,
            None => self.epoch(user).await?,
        };
        let stored = StoredTicket {
            hash: ticket.hash(),
            user_id: user.clone(),
            epoch,
            keep,
            signed_in_with: proof.method.clone(),
            expires_at: self.now().plus(SignInTicket::LIFETIME),
        };
        self.0.store.put_ticket(&stored).await?;
        let choice = Box::new(self.choice_of(browser, &stored).await?);
        Ok(Error::LimitReached { ticket, choice })
    }

    /// The error if the chosen session had already ended: the person can choose another one.
    pub(super) async fn still_full(&self, browser: &Browser, chosen: &Chosen<'_>) -> Result<Error> {
        let choice = Box::new(self.choice_of(browser, chosen.stored).await?);
        Ok(Error::LimitReached { ticket: chosen.ticket.clone(), choice })
    }

    async fn stored_ticket(&self, ticket: &SignInTicket) -> Result<StoredTicket> {
        let stored = self.0.store.find_ticket(&ticket.hash(), self.now()).await?;
        stored.ok_or_else(|| Code::InvalidTicket.into())
    }

    async fn choice_of(&self, browser: &Browser, stored: &StoredTicket) -> Result<DeviceChoice> {
        let live = self.0.store.live_of_user(&stored.user_id, self.now()).await?;
        let mut devices: Vec<_> = live.iter().map(|stored| self.row(browser, stored)).collect();
        devices.sort_by_key(|row| row.last_active_at);
        Ok(DeviceChoice {
            maximum: self.options().maximum_sessions(),
            devices,
            expires_at: stored.expires_at,
        })
    }
}
