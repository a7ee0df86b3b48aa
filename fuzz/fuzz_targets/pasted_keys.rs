#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chancery::jwt::properties::pasted_keys(bytes));
