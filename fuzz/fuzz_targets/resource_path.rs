#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chancery::client::properties::resource_path(bytes));
