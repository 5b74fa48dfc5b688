//! N01: what cannot be read as the language.

super::family! {}
