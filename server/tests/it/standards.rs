//! OWASP ASVS 5.0, OWASP's session management cheat sheet, NIST SP 800-63B-4, RFC 6265bis, and requests of
//! users of such systems. Each test covers everything that a request can reach. docs/standards.md lists for
//! each line which file covers it. More detailed tests of one area are in that area's file.

mod cookies;
mod front_end;
mod log;
mod nist;
mod owasp;
mod sessions;
pub(crate) mod surfaces;
mod threads;
