//! OWASP ASVS 5.0, OWASP's session management cheat sheet, NIST SP 800-63B-4, RFC 6265bis, and what users of such systems
//! ask for. Each test goes through everything that a request can reach. docs/standards.md lists line by line which file
//! covers it; closer tests of one area are in that area's file.

mod cookies;
mod front_end;
mod log;
mod nist;
mod owasp;
mod sessions;
pub(crate) mod surfaces;
mod threads;
