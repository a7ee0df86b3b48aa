#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chancery::interchange::properties::authelia_file(bytes));
