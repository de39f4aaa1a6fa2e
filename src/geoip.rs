//! Places of addresses from a local MaxMind database. No other service is used.

use std::io;
use std::net::IpAddr;
use std::path::Path;

use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;

use crate::Places;

/// Why a database of places was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GeoIpError {
    /// The file does not exist or cannot be read.
    #[error("the file cannot be read")]
    Read(#[source] io::Error),
    /// The file has another format.
    #[error("it is not a MaxMind database (an unpacked .mmdb file)")]
    Format(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A database of cities or countries in the MaxMind format (`.mmdb`), such as DB-IP's or GeoLite2.
///
/// The file is read into memory once. It may be replaced while it is in use; the new one is read at the next start. A
/// database without cities and countries, such as one of network owners, gives no places.
pub struct GeoIp(Reader<Vec<u8>>);

impl GeoIp {
    /// Reads a database.
    ///
    /// # Errors
    ///
    /// [`GeoIpError`] when the file cannot be read or has another format.
    pub fn open(path: &Path) -> Result<Self, GeoIpError> {
        let bytes = std::fs::read(path).map_err(GeoIpError::Read)?;
        Reader::from_source(bytes).map(Self).map_err(|error| GeoIpError::Format(error.into()))
    }

    /// The type that the database declares, such as `DBIP-City-Lite`.
    pub fn kind(&self) -> &str {
        &self.0.metadata().database_type
    }

    fn look_up(&self, address: IpAddr) -> Result<Option<String>, MaxMindDbError> {
        let record: Option<Record<'_>> = self.0.lookup(address.to_canonical())?.decode()?;
        Ok(record.and_then(|record| record.words()))
    }
}

impl Places for GeoIp {
    fn place_of(&self, address: IpAddr) -> Option<String> {
        self.look_up(address).unwrap_or_else(|error| {
            // At debug level and without the address: this may happen for every row of a list.
            tracing::debug!(%error, "a place could not be looked up");
            None
        })
    }
}

impl std::fmt::Debug for GeoIp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("GeoIp").field(&self.kind()).finish()
    }
}

/// The fields of a record that are read; serde skips the others.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    city: Named<'a>,
    #[serde(borrow)]
    country: Named<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    names: Names<'a>,
    #[serde(borrow)]
    iso_code: Option<&'a str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Names<'a> {
    #[serde(borrow)]
    en: Option<&'a str>,
}

impl Record<'_> {
    /// Such as "Berlin, Germany"; one name if the city and the country are the same.
    fn words(&self) -> Option<String> {
        let city = self.city.names.en.and_then(printable);
        let country = self.country.names.en.and_then(printable);
        let country = country.or_else(|| self.country.iso_code.and_then(printable));
        match (city, country) {
            (Some(city), Some(country)) if city != country => Some(format!("{city}, {country}")),
            (city, country) => country.or(city),
        }
    }
}

/// Removes control characters, which a terminal or a mail client would interpret. `None` if nothing is left.
fn printable(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|it| !it.is_control()).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use maxminddb_writer::Database;
    use maxminddb_writer::metadata::IpVersion;
    use maxminddb_writer::paths::IpAddrWithMask;
    use serde::Serialize;
    use tempfile::TempDir;

    use super::*;

    /// A value of a record.
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Value {
        Text(&'static str),
        Map(BTreeMap<&'static str, Value>),
    }

    fn map<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
        Value::Map(fields.into())
    }

    fn named(name: &'static str) -> Value {
        map([("names", map([("de", Value::Text("Irgendwo")), ("en", Value::Text(name))]))])
    }

    /// Opens a database with these records; IPv4 networks are below ::/96.
    fn open(records: impl IntoIterator<Item = (&'static str, Value)>) -> GeoIp {
        let mut database = Database::default();
        database.metadata.ip_version = IpVersion::V6;
        database.metadata.binary_format_major_version = 2;
        database.metadata.database_type = "Test-City".to_owned();
        for (network, record) in records {
            let record = database.insert_value(record).expect("a record");
            database.insert_node(network.parse::<IpAddrWithMask>().expect("a network"), record);
        }
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("places.mmdb");
        std::fs::write(&file, database.write_to(Vec::new()).expect("its bytes")).expect("a file");
        GeoIp::open(&file).expect("a database")
    }

    fn place(places: &GeoIp, address: &str) -> Option<String> {
        places.place_of(address.parse().expect("an address"))
    }

    #[test]
    fn place_names_the_city_and_the_country_as_far_as_known() {
        let places = open([
            ("::203.0.113.0/120", map([("city", named("Berlin")), ("country", named("Germany"))])),
            ("::198.51.100.0/120", map([("country", map([("iso_code", Value::Text("FR"))]))])),
            ("::192.0.2.0/121", map([("city", named("Singapore")), ("country", named("Singapore"))])),
            ("::192.0.2.128/121", map([("city", named("Atlantis"))])),
            ("2001:db8:1::/48", map([("continent", named("Europe")), ("country", named("Austria"))])),
        ]);
        assert_eq!(places.kind(), "Test-City");
        for (address, expected) in [
            ("203.0.113.7", Some("Berlin, Germany")),
            ("::ffff:203.0.113.7", Some("Berlin, Germany")),
            ("203.0.113.0", Some("Berlin, Germany")),
            ("198.51.100.9", Some("FR")),
            ("192.0.2.1", Some("Singapore")),
            ("192.0.2.200", Some("Atlantis")),
            ("2001:db8:1:2::3", Some("Austria")),
            ("2001:db8:2::1", None),
            ("127.0.0.1", None),
        ] {
            assert_eq!(place(&places, address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn broken_records_have_no_place_and_control_characters_are_removed() {
        let places = open([
            ("::203.0.113.0/120", Value::Text("Berlin")),
            ("::198.51.100.0/120", map([("country", Value::Text("DE"))])),
            (
                "::192.0.2.0/120",
                map([("city", named("\u{1b}\r\n ")), ("country", named("\u{1b}[31mGermany\n"))]),
            ),
            ("2001:db8:1::/48", map([])),
        ]);
        assert_eq!(place(&places, "203.0.113.7"), None);
        assert_eq!(place(&places, "198.51.100.7"), None);
        assert_eq!(place(&places, "192.0.2.7").as_deref(), Some("[31mGermany"));
        assert_eq!(place(&places, "2001:db8:1::7"), None);
    }

    #[test]
    fn missing_or_foreign_file_is_refused() {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("places.csv");
        assert!(matches!(GeoIp::open(&file), Err(GeoIpError::Read(_))));
        for bytes in [&b""[..], b"1.0.0.0,1.0.0.255,Berlin", b"\xab\xcd\xefMaxMind.com"] {
            std::fs::write(&file, bytes).expect("a file");
            assert!(matches!(GeoIp::open(&file), Err(GeoIpError::Format(_))), "{bytes:?}");
        }
    }
}
