#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| atsi_fuzz_targets::page::target(bytes));
