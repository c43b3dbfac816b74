#![no_main]

#[global_allocator]
static COUNTING: ssekit_fuzz::allocated::Counting = ssekit_fuzz::allocated::Counting;

libfuzzer_sys::fuzz_target!(|input: &[u8]| ssekit_fuzz::limit::run(input));
