#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chancery::interchange::properties::auth0_file(bytes));
