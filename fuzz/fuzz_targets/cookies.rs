//! No cookie header signs anybody in, and only dead cookies are cleared.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| multi_session_fuzz::cookies(input));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    multi_session_fuzz::replay(multi_session_fuzz::cookies)
}
