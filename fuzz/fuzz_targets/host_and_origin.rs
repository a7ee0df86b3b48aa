#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chancery::server::properties::host_and_origin(bytes));
