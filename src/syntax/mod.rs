//! Policy text to [`ast`], and back (`format`). Nothing outside this folder knows that pest exists.

mod allowance;
pub mod ast;
mod explain;
mod format;
mod grammar;
mod lower;
mod meaning;
mod name;
mod parse;
mod report;
mod scan;
mod split;
mod text;

use crate::diagnostic::Diagnostic;

pub use format::{format, format_source};
pub use meaning::same as same_meaning;
pub use name::{quoted_name, unescaped_name, written_name};
pub use parse::parse;
pub use text::{name_text, sql_text, treatment_text, type_text};

/// What reading one file gave.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// Everything that could be read. Clauses that could not are absent from their block, so whoever checks that a
    /// policy is complete does so only where `diagnostics` has no error.
    pub file: ast::File,
    /// In the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}
