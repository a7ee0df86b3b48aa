#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chancery::interchange::properties::hydra_file(bytes));
