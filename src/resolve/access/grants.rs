//! Grants: who may do what with which tables, columns, functions and schemas.
//!
//! Every grant is taken apart into single rights first (one table, one role, one command), each with the places that
//! give it; what contradicts itself is seen only when all of them lie together ([`merge`](super::merge)).

use super::Context;
use super::merge::{Single, merge};
use super::objects;
use super::predicate;
use super::roles::unknown;
use crate::catalog::QName;
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::model::Export;
use crate::model::access::{AccessSql, Command, FunctionGrant, Rights, ScopeKind};
use crate::resolve::selector::no_such_column;
use crate::source::Span;
use crate::syntax::ast::{Grant, GrantObjects, Name, Privilege, Selector};
use std::collections::{BTreeMap, BTreeSet};

/// What all grants come to.
#[derive(Default)]
pub struct Granted {
    /// In the source database.
    pub rights: Rights,
    /// In the copy of an export, by export.
    pub copies: BTreeMap<String, Rights>,
    /// EXECUTE.
    pub functions: Vec<FunctionGrant>,
    /// USAGE on schemas.
    pub schemas: BTreeMap<String, BTreeMap<String, Span>>,
}

/// Resolves every grant.
pub fn resolve(context: Context<'_>, exports: &BTreeMap<String, Export>, diagnostics: &mut Vec<Diagnostic>) -> Granted {
    let mut granted = Granted::default();
    let mut singles: BTreeMap<Option<String>, Vec<Single>> = BTreeMap::new();
    for grant in &context.declared.grants {
        let roles = roles(context, grant, diagnostics);
        match &grant.objects {
            GrantObjects::Tables(selector) => {
                let Some(copy) = copy_of(context, grant, diagnostics) else { continue };
                let export = copy.and_then(|name| exports.get(name));
                if copy.is_some() && export.is_none() {
                    continue;
                }
                let tables = Tables { context, grant, selector, export };
                singles.entry(copy.map(ToOwned::to_owned)).or_default().extend(tables.singles(&roles, diagnostics));
            }
            GrantObjects::Function { schema, name, arguments } => {
                let function = objects::Function { schema: schema.as_ref(), name, arguments };
                objects::function(context, grant, function, &roles, &mut granted, diagnostics);
            }
            GrantObjects::Schema(name) => objects::schema(context, grant, name, &roles, &mut granted, diagnostics),
        }
    }
    for (copy, singles) in singles {
        let rights = merge(context, &singles, diagnostics);
        match copy {
            Some(export) => drop(granted.copies.insert(export, rights)),
            None => granted.rights = rights,
        }
    }
    objects::derive_schemas(&mut granted);
    granted
}

fn roles<'a>(context: Context<'a>, grant: &Grant, diagnostics: &mut Vec<Diagnostic>) -> Vec<&'a str> {
    let mut roles = Vec::new();
    for name in &grant.roles {
        if let Some((role, _)) = context.roles.get_key_value(&name.text) {
            roles.push(role.as_str());
        } else {
            let known: Vec<&str> = context.roles.keys().map(String::as_str).collect();
            diagnostics.push(unknown(name, &known));
        }
    }
    roles
}

/// The export in whose copy a grant holds, if any; `None` when there is no such export.
#[allow(clippy::option_option, reason = "no copy and an unknown copy are two things")]
fn copy_of<'a>(context: Context<'_>, grant: &'a Grant, diagnostics: &mut Vec<Diagnostic>) -> Option<Option<&'a str>> {
    let Some(name) = &grant.in_copy_of else { return Some(None) };
    if context.declared.exports.contains_key(name.text.as_str()) {
        return Some(Some(&name.text));
    }
    let diagnostic = Diagnostic::new(codes::N0211, format!("expected an export, found `{}`", name.text))
        .at(name.span, "no such export");
    diagnostics.push(match did_you_mean(&name.text, context.declared.exports.keys().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None => diagnostic.help("name an export of this policy"),
    });
    None
}

/// A privilege that a table may be granted.
pub fn command(word: &Name) -> Option<Command> {
    Command::ALL.into_iter().find(|command| command.word() == word.text)
}

struct Tables<'a> {
    context: Context<'a>,
    grant: &'a Grant,
    selector: &'a Selector,
    export: Option<&'a Export>,
}

impl Tables<'_> {
    fn singles(&self, roles: &[&str], diagnostics: &mut Vec<Diagnostic>) -> Vec<Single> {
        let mut commands = Vec::new();
        for privilege in &self.grant.privileges {
            match command(&privilege.word) {
                Some(Command::Delete) if !privilege.columns.is_empty() => {
                    diagnostics.push(columns_of_whole(&privilege.word, privilege));
                }
                Some(command) => commands.push((command, privilege)),
                None => diagnostics.push(not_granted(&privilege.word)),
            }
        }
        let relations = self.context.selectors.relations(self.selector, false, diagnostics);
        let mut singles = Vec::new();
        let mut left_out = Vec::new();
        for (name, how) in &relations {
            if !self.may_be_granted(name, how.exact, diagnostics) {
                continue;
            }
            let condition = self.condition(name, diagnostics);
            for (command, privilege) in &commands {
                if *command == Command::Insert && self.is_through(name) && self.export.is_none() {
                    if how.exact {
                        diagnostics.push(insert_through(name, privilege, self.context));
                    } else {
                        left_out.push(name);
                    }
                    continue;
                }
                let columns = self.columns(name, privilege, diagnostics);
                singles.extend(roles.iter().map(|role| Single {
                    table: name.clone(),
                    role: (*role).to_owned(),
                    command: *command,
                    columns: columns.clone(),
                    condition: condition.clone(),
                    span: self.grant.span,
                    place: privilege.word.span,
                }));
            }
        }
        if !left_out.is_empty() {
            diagnostics.push(left_out_note(self.selector.span, &left_out));
        }
        singles
    }

    fn is_through(&self, name: &QName) -> bool {
        matches!(self.context.scopes.get(name).map(|scope| &scope.kind), Some(ScopeKind::Through { .. }))
    }

    /// Internal tables are for nobody, and a copy holds the tables of its export.
    fn may_be_granted(&self, name: &QName, exact: bool, diagnostics: &mut Vec<Diagnostic>) -> bool {
        if let Some(scope) = self.context.scopes.get(name).filter(|scope| scope.kind == ScopeKind::Internal) {
            if exact {
                diagnostics.push(
                    Diagnostic::new(
                        codes::N0609,
                        format!("expected tables that may be granted, found the internal table `{name}`"),
                    )
                    .at(self.selector.span, "names an internal table")
                    .label(scope.span, "internal")
                    .help(format!("remove `{name}` here, or say `shared because \"…\"` instead of `internal`")),
                );
            }
            return false;
        }
        let Some(export) = self.export else { return true };
        let catalog = self.context.names.catalog;
        let leaves = export.tables.contains_key(name)
            || (catalog.views.contains_key(name)
                && catalog
                    .tables_under(name)
                    .iter()
                    .all(|table| export.tables.contains_key(catalog.partition_root(table))));
        if !leaves && exact {
            diagnostics.push(
                Diagnostic::new(codes::N0806, format!("expected a table of `export {}`, found `{name}`", export.name))
                    .at(self.selector.span, "does not leave in this export")
                    .help(format!("add it to the tables of `export {}`, or remove it here", export.name)),
            );
        }
        leaves
    }

    fn condition(&self, name: &QName, diagnostics: &mut Vec<Diagnostic>) -> Option<AccessSql> {
        let written = self.grant.condition.as_ref()?;
        if let Some(export) = self.export {
            let why = format!("the copy of `{}` has no row security", export.name);
            diagnostics.push(nothing(written.span, &why, "let the export's `rows` leave the others out"));
            return None;
        }
        let Some(table) = self.context.names.catalog.tables.get(name) else {
            diagnostics.push(nothing(
                written.span,
                &format!("`{name}` is no table, and only tables have row security"),
                "grant the tables that it reads",
            ));
            return None;
        };
        predicate::parse(&self.context.names, table, written, diagnostics)
    }

    fn columns(
        &self,
        name: &QName,
        privilege: &Privilege,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<BTreeSet<String>> {
        if privilege.columns.is_empty() {
            return None;
        }
        let Some(table) = self.context.names.catalog.tables.get(name) else {
            diagnostics.push(
                Diagnostic::new(codes::N0608, format!("expected the whole of the view `{name}`, found some columns"))
                    .at(privilege.word.span, "names columns")
                    .note("what columns a view has is not known from its dump alone")
                    .help("grant the view as a whole; it shows the columns that it selects"),
            );
            return None;
        };
        let known: Vec<&str> = table.columns.keys().map(String::as_str).collect();
        for column in privilege.columns.iter().filter(|column| !table.columns.contains_key(&column.text)) {
            diagnostics.push(no_such_column(column.span, &column.text, &table.name.to_string(), &known));
        }
        Some(privilege.columns.iter().map(|column| column.text.clone()).collect())
    }
}

/// The finding for a condition that would take nothing away.
pub fn nothing(span: Span, why: &str, help: &str) -> Diagnostic {
    Diagnostic::new(codes::N0610, format!("expected a condition that narrows something, found one that cannot: {why}"))
        .at(span, "would do nothing")
        .note("a condition that does nothing reads as if it protected rows")
        .help(help)
}

fn not_granted(word: &Name) -> Diagnostic {
    let why = match word.text.as_str() {
        "all" => "`all` includes TRUNCATE, which no policy filters, and whatever later versions add",
        "truncate" => "TRUNCATE empties a table for all tenants; no policy filters it",
        "references" => "a foreign key tells whether a row exists, in any tenant; no policy filters it",
        "trigger" => "a trigger runs as whoever writes, in any tenant; no policy filters it",
        "maintain" => "maintenance locks the table of all tenants",
        "execute" => "`execute` is for functions",
        "usage" => "`usage` is for schemas; that of sequences follows from `insert`",
        _ => "these are the commands that row security filters",
    };
    let known: Vec<&str> = Command::ALL.iter().map(|command| command.word()).collect();
    let diagnostic = Diagnostic::new(
        codes::N0607,
        format!("expected {} on tables, found `{}`", crate::diagnostic::alternatives(&known), word.text),
    )
    .at(word.span, "is not granted on tables")
    .note(why);
    match did_you_mean(&word.text, known) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(word.span, near),
        None => diagnostic.help("name the commands: `grant select, insert, update, delete on …`"),
    }
}

fn columns_of_whole(word: &Name, privilege: &Privilege) -> Diagnostic {
    let names: Vec<&str> = privilege.columns.iter().map(|column| column.text.as_str()).collect();
    Diagnostic::new(
        codes::N0608,
        format!("expected `{}` without columns, found {}", word.text, crate::diagnostic::list(&names)),
    )
    .at(word.span, "is for whole rows")
    .help(format!("write `{}`", word.text))
}

fn insert_through(name: &QName, privilege: &Privilege, context: Context<'_>) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::N0612,
        format!("expected no `insert` on `{name}`, which is scoped through another table, found it"),
    )
    .at(privilege.word.span, "nothing points at a new row yet, so it belongs to no tenant")
    .note("the row would be refused, or be there for nobody")
    .help("remove `insert` here; let a role with `tenants all` make such rows");
    match context.scopes.get(name) {
        Some(scope) => diagnostic.label(scope.span, "scoped here"),
        None => diagnostic,
    }
}

fn left_out_note(span: Span, tables: &[&QName]) -> Diagnostic {
    let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
    Diagnostic::new(codes::N0618, format!("`insert` is left out for {}", crate::diagnostic::list(&names)))
        .at(span, "selects tables that are scoped through another table")
        .note("nothing points at a new row yet, so it would belong to no tenant")
        .help("let a role with `tenants all` make such rows")
}
