//! Noren compiles one reviewed data-access policy to plain PostgreSQL.
//!
//! Data flows one way; each stage's only door is the type that it hands on:
//!
//! ```text
//! noren.toml ─ project ─┐
//! *.noren ── syntax ── ast ──┐
//! schema.sql ── catalog ──┤
//!                         resolve ── model ── check ── plan ── emit ── artifact
//!                                               └── verify (a real PostgreSQL)
//! ```

pub mod artifact;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod compiler;
pub mod csv;
pub mod diagnostic;
pub mod emit;
pub mod mask;
pub mod model;
pub mod plan;
pub mod postgres;
pub mod project;
pub mod resolve;
pub mod server;
pub mod source;
pub mod sql;
pub mod syntax;
pub mod verify;
