//! The server function refuses any form and redirects to a page of ours.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| multi_session_fuzz::forms(input));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    multi_session_fuzz::replay(multi_session_fuzz::forms)
}
