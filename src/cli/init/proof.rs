//! Whether the proofs let a draft pass: what they refuse or warn about is not proposed.

use super::guess::Refused;
use super::propose::Draft;
use crate::catalog::{Catalog, QName};
use crate::check::check;
use crate::diagnostic::{Severity, codes};
use crate::resolve::resolve;
use crate::source::Sources;
use crate::syntax;

/// The columns whose rules are found fault with. The draft has each rule on a line of its own.
pub(super) fn refused(catalog: &Catalog, draft: &Draft<'_>) -> Refused {
    let mut sources = Sources::default();
    let Some(id) = sources.add("policy.noren", draft.policy("")) else { return Refused::new() };
    let parsed = syntax::parse(&sources, id);
    let (model, mut found) = resolve(&sources, catalog, &[draft.search()], &[parsed.file]);
    found.extend(check(catalog, &model, 15));
    let weighty = found.iter().filter(|found| found.severity != Severity::Note && found.code != codes::N0301);
    let spans = weighty.filter_map(|found| Some(found.primary.as_ref()?.span)).filter(|span| span.source == id);
    spans.filter_map(|span| column(draft, sources.get(id)?.text.get(span.end as usize..)?)).collect()
}

/// What stands behind the rule, at the end of its line, is its place.
fn column(draft: &Draft<'_>, rest: &str) -> Option<(QName, String)> {
    let (_, place) = rest.lines().next()?.rsplit_once("-- ")?;
    draft.ruled.get(place.trim().parse::<usize>().ok()?).cloned()
}
