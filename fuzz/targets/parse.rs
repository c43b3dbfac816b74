#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| ssekit_fuzz::parse::run(input));
