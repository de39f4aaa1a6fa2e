//! The lines of OWASP ASVS 5.0, of OWASP's session sheet, of NIST SP 800-63B-4 and of RFC 6265bis that are about us, and
//! what users of such systems ask for: each over everything that a request can reach. docs/standards.md says line by line
//! which test holds it; what one area holds more closely is beside it.

mod cookies;
mod front_end;
mod log;
mod nist;
mod owasp;
mod sessions;
pub(crate) mod surfaces;
mod threads;
