//! A database of places in the MaxMind format, as small as tests need it.

use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A file with a database. Dropping this deletes it.
pub(crate) struct GeoDatabase {
    path: String,
    _folder: TempDir,
}

impl GeoDatabase {
    /// It has the city of 203.0.113.0/24 and the country of 198.51.100.0/24, 2001:db8:1::/48 and 127.0.0.0/8.
    pub(crate) fn make() -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("places.mmdb");
        std::fs::write(&path, bytes()).expect("a file");
        Self { path: path.to_str().expect("text").to_owned(), _folder: folder }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

fn bytes() -> Vec<u8> {
    let mut database = Database::default();
    database.metadata.ip_version = IpVersion::V6;
    database.metadata.binary_format_major_version = 2;
    database.metadata.database_type = "Test-City".to_owned();
    let country = |name: &str| json!({ "country": { "names": { "en": name } } });
    // IPv4 is below ::/96.
    let records: [(&str, Value); 4] = [
        (
            "::203.0.113.0/120",
            json!({
                "city": { "names": { "de": "Berlin", "en": "Berlin" } },
                "country": { "iso_code": "DE", "names": { "de": "Deutschland", "en": "Germany" } }
            }),
        ),
        ("::198.51.100.0/120", json!({ "country": { "iso_code": "FR" } })),
        ("2001:db8:1::/48", country("Austria")),
        ("::127.0.0.0/104", country("Testland")),
    ];
    for (network, record) in records {
        let record = database.insert_value(record).expect("a record");
        database.insert_node(network.parse::<IpAddrWithMask>().expect("a network"), record);
    }
    database.write_to(Vec::new()).expect("its bytes")
}
