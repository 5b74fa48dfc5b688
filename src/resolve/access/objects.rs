//! Grants on functions and schemas, and the use of schemas that follows from the rest.

use super::Context;
use super::grants::Granted;
use crate::catalog::{Catalog, DataType, QName};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::model::access::FunctionGrant;
use crate::resolve::types;
use crate::source::Span;
use crate::syntax::ast::{Grant, Name, TypePattern};
use std::collections::{BTreeMap, BTreeSet};

/// `function f(args)`
#[derive(Clone, Copy)]
pub struct Function<'a> {
    /// The schema, when it was written.
    pub schema: Option<&'a Name>,
    /// The function.
    pub name: &'a Name,
    /// Its input types.
    pub arguments: &'a [TypePattern],
}

/// EXECUTE on one function.
pub fn function(
    context: Context<'_>,
    grant: &Grant,
    written: Function<'_>,
    roles: &[&str],
    granted: &mut Granted,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if !is_plain(grant, "execute", "functions", diagnostics) {
        return;
    }
    let names = context.names;
    let before = diagnostics.len();
    types::check_types(written.arguments, names.catalog, diagnostics);
    let wanted: Option<Vec<DataType>> =
        written.arguments.iter().map(|kind| types::data_type(kind, names.catalog, names.search)).collect();
    let Some(wanted) = wanted.filter(|_| diagnostics.len() == before) else { return };
    let schemas: Vec<&str> = match written.schema {
        Some(schema) => vec![schema.text.as_str()],
        None => names.search.iter().map(String::as_str).collect(),
    };
    let same =
        |one: &DataType, other: &DataType| one.name == other.name && (one.dimensions > 0) == (other.dimensions > 0);
    let found = schemas.iter().find_map(|schema| {
        let overloads = names.catalog.functions.get(&QName::new(*schema, &written.name.text))?;
        overloads.iter().find(|function| {
            function.arguments.len() == wanted.len()
                && function.arguments.iter().zip(&wanted).all(|(one, other)| same(one, other))
        })
    });
    let Some(found) = found else {
        diagnostics.push(no_function(names.catalog, &schemas, written.name));
        return;
    };
    let is_this = |one: &&mut FunctionGrant| one.function == found.name && one.arguments == found.arguments;
    let new = roles.iter().map(|role| ((*role).to_owned(), grant.span));
    match granted.functions.iter_mut().find(is_this) {
        Some(known) => known.roles.extend(new),
        None => granted.functions.push(FunctionGrant {
            function: found.name.clone(),
            arguments: found.arguments.clone(),
            procedure: found.procedure,
            roles: new.collect(),
        }),
    }
}

/// USAGE on one schema.
pub fn schema(
    context: Context<'_>,
    grant: &Grant,
    name: &Name,
    roles: &[&str],
    granted: &mut Granted,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if !is_plain(grant, "usage", "schemas", diagnostics) {
        return;
    }
    let known = schemas(context.names.catalog);
    if !known.contains(name.text.as_str()) {
        let diagnostic = Diagnostic::new(codes::N0615, format!("expected a schema, found `{}`", name.text))
            .at(name.span, "the schema files have no such schema");
        diagnostics.push(match did_you_mean(&name.text, known.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
            None => diagnostic.help("write a schema of the schema files, or remove this grant"),
        });
        return;
    }
    let usage = granted.schemas.entry(name.text.clone()).or_default();
    usage.extend(roles.iter().map(|role| ((*role).to_owned(), grant.span)));
}

/// A dump does not create the schema `public`.
fn schemas(catalog: &Catalog) -> BTreeSet<&str> {
    let own = catalog.schemas.keys().map(String::as_str);
    let of_tables = catalog.tables.keys().map(|name| name.schema.as_str());
    own.chain(of_tables).chain(["public"]).collect()
}

/// Only the one privilege, for everyone and everywhere.
fn is_plain(grant: &Grant, word: &str, what: &str, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let before = diagnostics.len();
    for privilege in &grant.privileges {
        if privilege.word.text != word {
            diagnostics.push(
                Diagnostic::new(codes::N0607, format!("expected `{word}` on {what}, found `{}`", privilege.word.text))
                    .at(privilege.word.span, format!("is not granted on {what}"))
                    .help(format!("write `grant {word} on …`")),
            );
        } else if !privilege.columns.is_empty() {
            diagnostics.push(
                Diagnostic::new(codes::N0608, format!("expected `{word}` without columns, found some"))
                    .at(privilege.word.span, "is for the whole")
                    .help(format!("write `{word}`")),
            );
        }
    }
    let clauses = [
        (grant.condition.as_ref().map(|sql| sql.span), "`where`"),
        (grant.in_copy_of.as_ref().map(|name| name.span), "`in copy of`"),
    ];
    for (span, clause) in clauses {
        let Some(span) = span else { continue };
        diagnostics.push(
            Diagnostic::new(codes::N0607, format!("expected a plain grant on {what}, found {clause}"))
                .at(span, format!("is for tables; {what} have no rows, and no part in an export"))
                .help(format!("remove {clause}")),
        );
    }
    diagnostics.len() == before
}

fn no_function(catalog: &Catalog, schemas: &[&str], name: &Name) -> Diagnostic {
    let overloads: Vec<String> = schemas
        .iter()
        .filter_map(|schema| catalog.functions.get(&QName::new(*schema, &name.text)))
        .flatten()
        .map(|function| {
            let arguments: Vec<String> = function.arguments.iter().map(type_text).collect();
            format!("{}({})", function.name, arguments.join(", "))
        })
        .collect();
    let diagnostic = Diagnostic::new(
        codes::N0615,
        format!("expected a function of the schema with these arguments, found `{}`", name.text),
    )
    .at(name.span, "no such function");
    if !overloads.is_empty() {
        return diagnostic.help(format!("write {}", crate::diagnostic::alternatives(&overloads)));
    }
    let known = catalog.functions.keys().filter(|known| schemas.contains(&known.schema.as_str()));
    match did_you_mean(&name.text, known.map(|known| known.name.as_str())) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None => diagnostic.help("write a function of the schema files, with its argument types"),
    }
}

fn type_text(data_type: &DataType) -> String {
    let brackets = if data_type.dimensions > 0 { "[]" } else { "" };
    format!("{}{brackets}", data_type.name.name)
}

/// Whoever has a right to something in a schema uses the schema.
pub fn derive_schemas(granted: &mut Granted) {
    let mut derived: Vec<(String, String, Span)> = Vec::new();
    for (table, roles) in &granted.rights {
        for (role, rights) in roles {
            let first = rights.values().filter_map(|right| right.spans.first()).min();
            derived.extend(first.map(|span| (table.schema.to_string(), role.clone(), *span)));
        }
    }
    for function in &granted.functions {
        let schema = &function.function.schema;
        derived.extend(function.roles.iter().map(|(role, span)| (schema.to_string(), role.clone(), *span)));
    }
    let named: BTreeMap<String, BTreeSet<String>> =
        granted.schemas.iter().map(|(schema, roles)| (schema.clone(), roles.keys().cloned().collect())).collect();
    for (schema, role, span) in derived {
        if named.get(&schema).is_some_and(|roles| roles.contains(&role)) {
            continue;
        }
        let place = granted.schemas.entry(schema).or_default().entry(role).or_insert(span);
        *place = (*place).min(span);
    }
}
