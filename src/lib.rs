//! Noren compiles one reviewed data-access policy to plain PostgreSQL.
//!
//! Data flows one way; each stage's only door is the type that it hands on:
//!
//! ```text
//! noren.toml ─ project ─┐
//! *.noren ── syntax ── ast ──┐
//! schema.sql ── catalog ──┤
//!                         resolve ── model ── check ── plan ── emit ── artifact
//! ```

pub mod catalog;
pub mod diagnostic;
pub mod mask;
pub mod model;
pub mod source;
pub mod sql;
pub mod syntax;
