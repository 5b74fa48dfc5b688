//! `-- noren: allow N0412 because "…"` silences one warning on the line that it covers.
//!
//! An allowance is a claim about the file: this warning is raised here and it is fine. A claim that is not true
//! any more would silence the next, different finding of that code on that line, so it is a finding itself.

use super::{Diagnostic, Severity, codes, did_you_mean};
use crate::source::{SourceId, Sources};
use crate::syntax::ast::Allowance;
use std::collections::BTreeMap;

/// The findings that are left, and one for each allowance that silenced nothing.
///
/// Errors and notes always stay. An allowance covers the findings whose primary place begins on its line, in its
/// own file.
pub fn apply_allowances(found: Vec<Diagnostic>, allowances: &[Allowance], sources: &Sources) -> Vec<Diagnostic> {
    let mut used = vec![false; allowances.len()];
    let mut covering: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
    for (index, allowance) in allowances.iter().enumerate() {
        covering.entry(Place::covered_by(allowance)).or_default().push(index);
    }
    let mut left: Vec<Diagnostic> = found
        .into_iter()
        .filter(|diagnostic| {
            let Some(place) = warning_place(diagnostic, sources) else { return true };
            let Some(covering) = covering.get(&place) else { return true };
            for index in covering {
                if let Some(used) = used.get_mut(*index) {
                    *used = true;
                }
            }
            false
        })
        .collect();
    left.extend(allowances.iter().zip(used).filter(|(_, used)| !used).map(|(allowance, _)| unused(allowance)));
    left
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// In capital letters.
    code: String,
    source: SourceId,
    line: u32,
}

impl Place {
    fn covered_by(allowance: &Allowance) -> Self {
        let code = allowance.code.value.to_ascii_uppercase();
        Self { code, source: allowance.span.source, line: allowance.line }
    }
}

fn warning_place(diagnostic: &Diagnostic, sources: &Sources) -> Option<Place> {
    let primary = diagnostic.primary.as_ref()?;
    let line = sources.position(primary.span).line;
    (diagnostic.severity == Severity::Warning).then_some(Place {
        code: diagnostic.code.id.to_ascii_uppercase(),
        source: primary.span.source,
        line,
    })
}

fn unused(allowance: &Allowance) -> Diagnostic {
    let written = allowance.code.value.as_str();
    match codes::find(written) {
        None => {
            let near = did_you_mean(written, codes::all().map(|code| code.id));
            let help = near.map_or_else(
                || "remove the comment, or name the code that the warning shows in brackets".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            Diagnostic::new(codes::N0191, format!("expected the code of a warning, found `{written}`"))
                .at(allowance.code.span, "no such code")
                .help(help)
        }
        Some(code) if code.severity == Severity::Error => {
            Diagnostic::new(codes::N0191, format!("expected the code of a warning, found the error `{written}`"))
                .at(allowance.code.span, "errors are never silenced")
                .note("an error means that nothing can be written that is certain not to leak")
                .help("mend what the error shows, and remove this comment")
        }
        Some(_) => Diagnostic::new(codes::N0190, format!("this allowance of `{written}` silences nothing"))
            .at(allowance.span, format!("`{written}` is not raised on line {}", allowance.line))
            .note("an allowance that is not needed would silence the next warning of its code on this line unseen")
            .help("remove the comment")
            .fix(allowance.span, ""),
    }
}
