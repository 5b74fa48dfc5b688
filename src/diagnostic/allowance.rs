//! `-- noren: allow N0412 because "…"` silences one warning on the line that it covers.
//!
//! An allowance is a claim about the file: this warning is raised here and it is fine. A claim that is not true
//! any more would silence the next, different finding of that code on that line, so it is a finding itself.

use super::{Diagnostic, Severity, codes, did_you_mean};
use crate::source::{SourceId, Sources, Span, Spanned};
use crate::syntax::ast::Allowance;
use std::collections::{BTreeMap, BTreeSet};

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

/// A claim of the project file about one statement of the schema. Its reason is demanded where it is read.
#[derive(Clone, Debug)]
pub struct SchemaAllowance {
    /// The warning.
    pub code: Spanned<String>,
    /// What the place of the warning begins with, however it is spaced.
    pub text: Spanned<String>,
}

/// The same for warnings about schema files, which the project file silences: a dump is made anew each time.
///
/// An allowance is of one finding. One that several begin with would silence more than was looked at, and the next one
/// like them, so it silences none.
pub fn apply_schema_allowances(
    mut found: Vec<Diagnostic>,
    allowances: &[SchemaAllowance],
    schemas: &[SourceId],
    sources: &Sources,
) -> Vec<Diagnostic> {
    let mut silenced = BTreeSet::new();
    let mut claims = Vec::new();
    for allowance in allowances {
        let meant: Vec<usize> = (0..)
            .zip(&found)
            .filter(|(_, diagnostic)| is_meant(diagnostic, allowance, schemas, sources))
            .map(|(index, _)| index)
            .collect();
        match meant.as_slice() {
            [one] => drop(silenced.insert(*one)),
            [] => claims.push(unused_of_schema(allowance)),
            several => claims.push(ambiguous(allowance, several.len())),
        }
    }
    let mut index = 0..;
    found.retain(|_| index.next().is_none_or(|index: usize| !silenced.contains(&index)));
    found.extend(claims);
    found
}

fn is_meant(diagnostic: &Diagnostic, allowance: &SchemaAllowance, schemas: &[SourceId], sources: &Sources) -> bool {
    let Some(primary) = &diagnostic.primary else { return false };
    let start = usize::try_from(primary.span.start).unwrap_or(usize::MAX);
    let text = || sources.get(primary.span.source)?.text.get(start..);
    diagnostic.severity == Severity::Warning
        && diagnostic.code.id.eq_ignore_ascii_case(&allowance.code.value)
        && schemas.contains(&primary.span.source)
        && text().is_some_and(|text| begins_with(text, &allowance.text.value))
}

/// Word by word. The last word may go on after it, as in `CREATE TABLE public.archive (`.
fn begins_with(text: &str, words: &str) -> bool {
    let mut found = text.split_whitespace();
    let mut words = words.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let is_last = words.peek().is_none();
        let rest = found.next().and_then(|found| found.strip_prefix(word));
        let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        if !rest.is_some_and(|rest| rest.is_empty() || is_last && ends(rest)) {
            return false;
        }
    }
    true
}

fn ambiguous(allowance: &SchemaAllowance, count: usize) -> Diagnostic {
    let code = &allowance.code.value;
    Diagnostic::new(codes::N0190, format!("this allowance of `{code}` is of {count} statements, and silences none"))
        .at(allowance.text.span, format!("{count} warnings begin so"))
        .note("an allowance of several would silence the next one like them unseen")
        .help("write more of the statement's beginning, and one `[[allow]]` for each")
}

fn unused_of_schema(allowance: &SchemaAllowance) -> Diagnostic {
    let written = allowance.code.value.as_str();
    match codes::find(written) {
        Some(code) if code.severity != Severity::Error => {
            Diagnostic::new(codes::N0190, format!("this allowance of `{written}` silences nothing"))
                .at(allowance.text.span, format!("no `{written}` about a schema file begins so"))
                .note(
                    "an allowance that is not needed would silence the next warning of its code that begins so unseen",
                )
                .help("remove this `[[allow]]`, or copy the beginning of the statement that the warning shows")
        }
        _ => not_a_warning(written, allowance.code.span, "remove this `[[allow]]`"),
    }
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
        Some(code) if code.severity != Severity::Error => {
            Diagnostic::new(codes::N0190, format!("this allowance of `{written}` silences nothing"))
                .at(allowance.span, format!("`{written}` is not raised on line {}", allowance.line))
                .note("an allowance that is not needed would silence the next warning of its code on this line unseen")
                .help("remove the comment")
                .fix(allowance.span, "")
        }
        _ => not_a_warning(written, allowance.code.span, "remove the comment"),
    }
}

fn not_a_warning(written: &str, span: Span, remove: &str) -> Diagnostic {
    if codes::find(written).is_some() {
        return Diagnostic::new(codes::N0191, format!("expected the code of a warning, found the error `{written}`"))
            .at(span, "errors are never silenced")
            .note("an error means that nothing can be written that is certain not to leak")
            .help(format!("mend what the error shows, and {remove}"));
    }
    let near = did_you_mean(written, codes::all().map(|code| code.id));
    let help = near.map_or_else(
        || format!("{remove}, or name the code that the warning shows in brackets"),
        |near| format!("did you mean `{near}`?"),
    );
    Diagnostic::new(codes::N0191, format!("expected the code of a warning, found `{written}`"))
        .at(span, "no such code")
        .help(help)
}
