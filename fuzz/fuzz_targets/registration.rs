#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chancery::protocol::properties::registration(bytes));
