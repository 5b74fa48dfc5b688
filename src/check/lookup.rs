//! A mask that gives another key of the referenced table needs to know which keys the copy will have.

use super::leaves;
use crate::catalog::{Catalog, Column, ForeignKey, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::{Export, ExportTable, MaskUse, Model, Treatment};

pub(super) fn check(
    catalog: &Catalog,
    model: &Model,
    export: &Export,
    (table, exported): (&Table, &ExportTable),
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (name, own) in &exported.columns {
        let Some(column) = table.columns.get(name) else { continue };
        let calls = leaves(&own.treatment).into_iter().filter_map(|leaf| match leaf {
            Treatment::Mask(MaskUse::Call(call)) if call.mask.needs_lookup() => Some(call),
            _ => None,
        });
        for call in calls {
            let Err((found, help)) = reference(catalog, model, export, table, column) else { continue };
            let mask = call.mask.name();
            let title =
                format!("expected a reference for `{mask}` to pick from in `{}.{name}`, found {found}", table.name);
            diagnostics.push(
                Diagnostic::new(codes::N0426, title)
                    .at(own.decision.rule.span, "gives a key of the referenced table")
                    .label(column.span, format!("`{name}` is declared here"))
                    .note("a value that is no key of the copy would break the reference")
                    .help(help),
            );
        }
    }
}

/// What is wrong with the reference, and what helps.
fn reference(
    catalog: &Catalog,
    model: &Model,
    export: &Export,
    table: &Table,
    column: &Column,
) -> Result<(), (String, String)> {
    let wrong = |found: String, help: &str| Err((found, help.to_owned()));
    let keys: Vec<&ForeignKey> = table.foreign_keys.iter().filter(|key| key.columns.contains(&column.name)).collect();
    let [key] = keys.as_slice() else {
        let found = if keys.is_empty() { "no foreign key".to_owned() } else { format!("{} foreign keys", keys.len()) };
        return wrong(found, "use a mask of the value, such as `dictionary`");
    };
    let ([referenced], [_]) = (key.referenced_columns.as_slice(), key.columns.as_slice()) else {
        return wrong(format!("`{}` of several columns", key.name), "use `mask null`, or mask the referenced key");
    };
    let target = &key.references;
    if model.access.scopes.get(target).is_some_and(|scope| scope.kind.is_scoped()) {
        return wrong(
            format!("`{target}`, whose rows belong to tenants"),
            "use `mask null`, or mask the referenced key",
        );
    }
    let Some(exported) = export.tables.get(target) else {
        return wrong(format!("`{target}`, which does not leave"), "export it, or use `mask null`");
    };
    if !exported.columns.get(referenced).is_some_and(|own| matches!(own.treatment, Treatment::Keep)) {
        return wrong(
            format!("`{target}.{referenced}`, which is not kept"),
            "remove this rule: the treatment of the key reaches the reference by itself",
        );
    }
    let base = |of: &Column| catalog.base_type(&of.data_type).data_type;
    let same = catalog.tables.get(target).and_then(|target| target.columns.get(referenced)).map(base);
    if same.as_ref() != Some(&base(column)) {
        return wrong(format!("`{target}.{referenced}` of another type"), "give both columns one type");
    }
    Ok(())
}
