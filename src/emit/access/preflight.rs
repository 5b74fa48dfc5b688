//! `05_preflight.sql`.
