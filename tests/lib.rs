//! One test binary: linking PostgreSQL's parser once is cheaper than once a file.

mod cases;
mod catalog;
mod cli;
mod end_to_end;
mod masks;
mod real;
mod rows;
mod server;
mod sql;
mod support;
mod syntax;
