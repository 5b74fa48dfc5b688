//! `tenancy { root …; column …; setting …; }`: whose row it is.

use super::Names;
use crate::catalog::{Catalog, Column, DataType, Table};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::model::access::{AccessSetting, Tenancy};
use crate::resolve::declare::Declarations;
use crate::resolve::selector::{Selectors, no_such_column};
use crate::source::Span;
use crate::syntax::ast;

/// The policy's tenancy, when it has one that is in order.
pub fn resolve(
    declared: &Declarations<'_>,
    names: Names<'_>,
    selectors: &Selectors<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Tenancy> {
    let (first, more) = declared.tenancies.split_first()?;
    for second in more {
        diagnostics.push(
            Diagnostic::new(codes::N0501, "expected one `tenancy`, found a second one")
                .at(second.span, "declared again")
                .label(first.span, "the first is here")
                .note("a row belongs to one tenant, so there is one way to tell to which")
                .help("remove one of them"),
        );
    }
    let (root, column, setting) = parts(first, diagnostics)?;
    let table = selectors.table(&root.0, diagnostics);
    let setting = find_setting(setting, declared, names, diagnostics);
    let (table, setting) = (table?, setting?);
    let root_column = root_key(table, &root.1, diagnostics)?;
    let many = setting.data_type.dimensions > 0;
    let data_type = DataType { dimensions: 0, ..setting.data_type.clone() };
    check_type(names.catalog, &data_type, table, root_column, first.span, diagnostics);
    check_column(names.catalog, column, diagnostics);
    // Once the setting is known to be wrong, the other tables are compared with the root: those that differ from it
    // are wrong on their own account.
    let data_type =
        DataType { modifiers: Vec::new(), dimensions: 0, ..names.catalog.base_type(&root_column.data_type).data_type };
    Some(Tenancy {
        root: table.name.clone(),
        root_column: root_column.name.clone(),
        data_type,
        column: column.text.clone(),
        setting: setting.name.clone(),
        many,
        span: first.span,
    })
}

type Parts<'a> = (&'a (ast::TablePattern, ast::Name), &'a ast::Name, &'a ast::SettingName);

fn parts<'a>(tenancy: &'a ast::Tenancy, diagnostics: &mut Vec<Diagnostic>) -> Option<Parts<'a>> {
    let lacking = [
        (tenancy.root.is_none(), "`root TABLE (KEY);`"),
        (tenancy.column.is_none(), "`column NAME;`"),
        (tenancy.setting.is_none(), "`setting NAME;`"),
    ];
    for (_, part) in lacking.into_iter().filter(|(lacks, _)| *lacks) {
        diagnostics.push(
            Diagnostic::new(codes::N0502, format!("expected {part} in `tenancy`, found none"))
                .at(tenancy.span, "lacks it")
                .note("the root is the table of tenants, the column names the tenant of a row, the setting that of a session")
                .help(format!("add {part}")),
        );
    }
    Some((tenancy.root.as_ref()?, tenancy.column.as_ref()?, tenancy.setting.as_ref()?))
}

fn find_setting<'a>(
    written: &ast::SettingName,
    declared: &Declarations<'_>,
    names: Names<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'a AccessSetting> {
    let name = format!("{}.{}", written.prefix.text, written.name.text);
    let found = names.settings.get(&name);
    if found.is_some() || declared.open_settings.contains_key(&name) {
        return found;
    }
    let span = written.prefix.span.to(written.name.span);
    if names.secret == Some(name.as_str()) {
        diagnostics.push(
            Diagnostic::new(codes::N0504, format!("expected a setting that is not secret, found `{name}`"))
                .at(span, "is the key of masks")
                .help("declare another setting for the tenant, for example `setting app.tenant_id uuid;`"),
        );
        return None;
    }
    let diagnostic = Diagnostic::new(codes::N0504, format!("expected a declared setting, found `{name}`"))
        .at(span, "nothing declares it");
    diagnostics.push(match did_you_mean(&name, names.settings.keys().map(String::as_str)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
        None => diagnostic.help(format!("add `setting {name} uuid;` with the tenant column's type")),
    });
    None
}

fn root_key<'a>(table: &'a Table, name: &ast::Name, diagnostics: &mut Vec<Diagnostic>) -> Option<&'a Column> {
    let Some(column) = table.columns.get(&name.text) else {
        let columns: Vec<&str> = table.columns.keys().map(String::as_str).collect();
        diagnostics.push(no_such_column(name.span, &name.text, &table.name.to_string(), &columns));
        return None;
    };
    let is_key =
        table.unique_keys().iter().any(|key| key.columns == [name.text.as_str()] && !key.partial && !key.expression);
    if !is_key {
        diagnostics.push(
            Diagnostic::new(codes::N0503, format!("expected a unique key of `{}`, found `{}`", table.name, name.text))
                .at(name.span, "no unique key is made of this column alone")
                .label(column.span, "declared here")
                .note("the root has one row a tenant, and this column says which")
                .help("name the root's primary key"),
        );
        return None;
    }
    Some(column)
}

/// A column that no table has would scope nothing, and a slip in its name would go unseen.
fn check_column(catalog: &Catalog, name: &ast::Name, diagnostics: &mut Vec<Diagnostic>) {
    let columns = || catalog.tables.values().flat_map(|table| table.columns.keys()).map(String::as_str);
    if columns().any(|column| column == name.text) {
        return;
    }
    let Some(near) = did_you_mean(&name.text, columns()) else { return };
    diagnostics.push(
        Diagnostic::new(codes::N0204, format!("expected a column of some table, found `{}`", name.text))
            .at(name.span, "no table has it")
            .help(format!("did you mean `{near}`?"))
            .fix(name.span, near),
    );
}

/// The tenant's type under all domains must be the setting's: a cast on the column's side would lose its index.
pub fn check_type(
    catalog: &Catalog,
    wanted: &DataType,
    table: &Table,
    column: &Column,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (found, base) = (catalog.base_type(&column.data_type).data_type, catalog.base_type(wanted).data_type);
    if found.name == base.name && found.dimensions == base.dimensions {
        return;
    }
    let brackets = |data_type: &DataType| "[]".repeat(usize::from(data_type.dimensions));
    let title = format!(
        "expected the setting's type `{}` for the tenant column `{}.{}`, found `{}{}`",
        base.name.name,
        table.name,
        column.name,
        found.name.name,
        brackets(&found)
    );
    diagnostics.push(
        Diagnostic::new(codes::N0505, title)
            .at(place, "compares it with the setting")
            .label(column.span, "has another type")
            .note("a cast would keep the server from using the column's index, or fail on some value")
            .help("declare the setting with the column's type (or an array of it), or scope the table in another way"),
    );
}
