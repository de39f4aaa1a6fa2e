//! Any request body is refused and changes nothing.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| multi_session_fuzz::bodies(input));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    multi_session_fuzz::replay(multi_session_fuzz::bodies)
}
