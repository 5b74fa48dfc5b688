//! Policy text to [`ast`], and back ([`format`]). Nothing outside this folder knows that pest exists.

pub mod ast;
