//! With any other headers, another site changes nothing, and nobody can choose an address.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| multi_session_fuzz::headers(input));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    multi_session_fuzz::replay(multi_session_fuzz::headers)
}
