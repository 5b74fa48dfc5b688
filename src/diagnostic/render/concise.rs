//! `path:line:column: error[N0301]: title`, the form that editors and `grep -n` readers know.

use crate::diagnostic::{Diagnostic, words::printable};
use crate::source::Sources;

/// One finding on one line, without its line end.
pub(super) fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = diagnostic.primary.as_ref().map_or_else(String::new, |primary| {
        format!("{}:{}: ", printable(sources.path(primary.span)), sources.position(primary.span))
    });
    format!("{place}{}[{}]: {}", diagnostic.severity, diagnostic.code, printable(&diagnostic.title))
}
