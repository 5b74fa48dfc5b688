//! `noren.toml` and the files that it names.
