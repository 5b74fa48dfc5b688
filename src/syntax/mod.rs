//! Policy text to [`ast`], and back ([`format`]). Nothing outside this folder knows that pest exists.

mod allowance;
pub mod ast;
mod explain;
mod grammar;
mod lower;
mod parse;
mod report;
mod scan;
mod split;

use crate::diagnostic::Diagnostic;

pub use parse::parse;

/// What reading one file gave.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// Everything that could be read. Clauses that could not are absent from their block, so whoever checks that a
    /// policy is complete does so only where `diagnostics` has no error.
    pub file: ast::File,
    /// In the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}
