//! Access plan to files.

pub mod contract;
