#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chancery::server::properties::logout(bytes));
