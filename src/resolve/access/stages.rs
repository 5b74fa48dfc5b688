//! `[rls.tables]` of the project file: single tables at another stage than the rest.

use crate::catalog::{Catalog, QName};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::project::{Rls, Stage};
use crate::resolve::selector::is_selectable;
use crate::source::Span;
use std::collections::BTreeMap;

/// The tables with a stage of their own. A name is `schema.table`, or `table` where one schema of `search` has it.
pub fn stages(
    rls: &Rls,
    catalog: &Catalog,
    search: &[String],
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<QName, Stage> {
    let mut stages = BTreeMap::new();
    for (written, stage) in &rls.tables {
        let Some(table) = find(written, stage.span, catalog, search, diagnostics) else { continue };
        if stages.insert(table.clone(), stage.value).is_some() {
            diagnostics.push(
                Diagnostic::new(codes::N0207, format!("expected one stage for `{table}`, found two"))
                    .at(stage.span, "said again by another way to write its name")
                    .help("remove one of them"),
            );
        }
    }
    stages
}

fn find(
    written: &str,
    span: Span,
    catalog: &Catalog,
    search: &[String],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<QName> {
    let is_written = |name: &QName| {
        name.to_string() == written || (name.name == written && search.iter().any(|schema| *schema == name.schema))
    };
    let tables: Vec<&QName> =
        catalog.tables.values().filter(|table| is_selectable(table)).map(|table| &table.name).collect();
    let found: Vec<&QName> = tables.iter().copied().filter(|name| is_written(name)).collect();
    match found.as_slice() {
        [one] => return Some((*one).clone()),
        [] => {}
        [first, ..] => {
            diagnostics.push(
                Diagnostic::new(codes::N0202, format!("expected one table, found several named `{written}`"))
                    .at(span, "is in more than one schema of `search`")
                    .help(format!("write the schema too, for example `\"{first}\"`")),
            );
            return None;
        }
    }
    let diagnostic = Diagnostic::new(codes::N0201, format!("expected a table of the schema, found `{written}`"))
        .at(span, "no such table, or a partition, view or foreign table")
        .note("a stage is for base tables and for the roots of partitions, which take their partitions with them");
    let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
    let short = tables.iter().map(|name| name.name.as_str());
    diagnostics.push(match did_you_mean(written, names.iter().map(String::as_str).chain(short)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("write `\"schema.table\" = \"enabled\"` with a table of the schema files"),
    });
    None
}
