//! What is kept of addresses, and where they are, as it is configured.

use std::sync::Arc;

use multi_session::{GeoIp, IpMode, Places, SessionsBuilder};

use crate::{Config, ServerError};

/// How an sessions treats addresses; by default it keeps all of them and knows no places.
#[derive(Default)]
pub struct Addresses {
    mode: IpMode,
    places: Option<Arc<dyn Places>>,
}

impl Addresses {
    /// Takes what the configuration says, and reads the database of places, where there is one, into memory.
    ///
    /// # Errors
    ///
    /// [`ServerError::Places`] when that cannot be opened.
    pub fn new(config: &Config) -> Result<Self, ServerError> {
        let mode = config.ip_mode.0;
        let Some(path) = &config.geoip else { return Ok(Self { mode, places: None }) };
        let places =
            GeoIp::open(path).map_err(|source| ServerError::Places { path: path.clone(), source })?;
        tracing::info!("places come from {} ({:?})", path.display(), places.kind());
        Ok(Self { mode, places: Some(Arc::new(places)) })
    }

    /// Tells it to an sessions.
    pub fn set(self, builder: SessionsBuilder) -> SessionsBuilder {
        let builder = builder.ip_mode(self.mode);
        match self.places {
            Some(places) => builder.places(places),
            None => builder,
        }
    }
}
