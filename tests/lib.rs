//! One test binary: linking PostgreSQL's parser once is cheaper than once a file.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test does IO, and fails by panicking"
)]

mod access;
mod access_assert;
mod apply;
mod aws_s3;
mod cases;
mod catalog;
mod cli;
mod deep;
mod doors;
mod effects;
mod end_to_end;
mod examples;
mod faults;
mod google;
mod isolation;
mod mask_forms;
mod masks;
mod mysql;
mod over;
mod pipeline;
mod predicates;
mod properties;
mod real;
mod rows;
mod server;
mod sql;
mod sql_access;
mod support;
mod syntax;
mod tenancy;
mod threat_model;
mod verify;
mod verify_elsewhere;
mod verify_killed;
mod verify_masking;
mod verify_test;
mod verify_whole;
