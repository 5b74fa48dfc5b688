//! Collects what one file's reading has to say, and knows the file that places count in.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};
use std::cmp::Ordering;

/// More than anybody reads; a file of noise would otherwise fill the memory with its errors.
const MOST: usize = 500;

pub(super) struct Report {
    source: SourceId,
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    pub(super) fn new(source: SourceId) -> Self {
        Self { source, diagnostics: Vec::new() }
    }

    /// Nothing that is added from now on will be shown.
    pub(super) fn is_full(&self) -> bool {
        self.diagnostics.len() > MOST
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    pub(super) fn add(&mut self, code: Code, title: impl Into<String>, build: impl FnOnce(Diagnostic) -> Diagnostic) {
        match self.diagnostics.len().cmp(&MOST) {
            Ordering::Less => self.diagnostics.push(build(Diagnostic::new(code, title))),
            Ordering::Equal => {
                let last = build(Diagnostic::new(code, title));
                self.diagnostics.push(last.note("the findings after this one in this file are not shown"));
            }
            Ordering::Greater => {}
        }
    }
}
