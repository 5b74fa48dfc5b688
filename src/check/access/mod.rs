//! Proofs over who sees and may do what.

pub mod truth;
