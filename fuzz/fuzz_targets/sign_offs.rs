#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chancery::audit::properties::sign_offs(bytes));
