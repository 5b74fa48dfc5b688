//! Golden cases: every code has an input that raises exactly it and one that is clean.
