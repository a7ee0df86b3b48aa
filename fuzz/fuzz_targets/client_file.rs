#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chancery::interchange::properties::client_file(bytes));
