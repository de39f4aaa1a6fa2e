//! Whatever a form holds, the server function refuses it and leads to a page of ours.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| multi_session_fuzz::forms(input));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    multi_session_fuzz::replay(multi_session_fuzz::forms)
}
