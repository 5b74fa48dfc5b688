//! The files below `access/`.

pub mod assert;
pub mod preflight;
pub mod seal;
