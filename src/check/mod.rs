//! Proofs over the model, one file a proof.
