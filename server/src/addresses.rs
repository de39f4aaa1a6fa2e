//! The configuration of addresses and their places.

use std::sync::Arc;

use multi_session::{GeoIp, IpMode, Places, SessionsBuilder};

use crate::{Config, ServerError};

/// How addresses are stored and looked up. By default whole addresses are stored and there are no places.
#[derive(Default)]
pub struct Addresses {
    mode: IpMode,
    places: Option<Arc<dyn Places>>,
}

impl Addresses {
    /// Reads the configuration, and the database of places, if one is configured.
    ///
    /// # Errors
    ///
    /// [`ServerError::Places`] when the database cannot be opened.
    pub fn new(config: &Config) -> Result<Self, ServerError> {
        let mode = config.ip_mode.0;
        let Some(path) = &config.geoip else { return Ok(Self { mode, places: None }) };
        let places =
            GeoIp::open(path).map_err(|source| ServerError::Places { path: path.clone(), source })?;
        tracing::info!("places come from {} ({:?})", path.display(), places.kind());
        Ok(Self { mode, places: Some(Arc::new(places)) })
    }

    /// Applies it to the builder.
    pub fn set(self, builder: SessionsBuilder) -> SessionsBuilder {
        let builder = builder.ip_mode(self.mode);
        match self.places {
            Some(places) => builder.places(places),
            None => builder,
        }
    }
}
