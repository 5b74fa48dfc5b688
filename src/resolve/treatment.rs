//! A treatment as written to a treatment with nothing left open, for one column of one export.

use super::arguments::resolve_arguments;
use super::declare::Declarations;
use super::expression::{Refusal, Scope, mysql, parse_row_sql};
use super::{fields, json, meant, own_mask};
use crate::catalog::{Catalog, Column, Table};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::model::{Fill, LinkageGroup, MaskCall, MaskUse, OwnExpression, Predicate, RowSql, Treatment};
use crate::source::{Sources, Span};
use crate::syntax::ast::{self, SqlExpr, TreatmentKind};
use std::collections::BTreeMap;

/// Everything that a treatment's words are looked up in.
pub struct Treatments<'a> {
    /// The schema.
    pub catalog: &'a Catalog,
    /// Schemas in which an unqualified name is looked for.
    pub search: &'a [String],
    /// The texts of the project, dictionaries among them.
    pub sources: &'a Sources,
    /// The policy's own names.
    pub declared: &'a Declarations<'a>,
    /// What this export gives instead of a class's own treatment.
    pub class_overrides: &'a BTreeMap<&'a str, &'a ast::Treatment>,
}

/// The column that a treatment is for.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// Its table.
    pub table: &'a Table,
    /// Itself.
    pub column: &'a Column,
}

impl<'a> Treatments<'a> {
    /// The treatment of `written` for `target`; `None` after an error.
    pub fn resolve(
        &self,
        written: &ast::Treatment,
        target: Target<'a>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Treatment> {
        let group = format!("column:{}.{}", target.table.name, target.column.name);
        self.in_group(written, target, &group, diagnostics)
    }

    /// The same, with the linkage group that keyed masks of it belong to.
    pub fn in_group(
        &self,
        written: &ast::Treatment,
        target: Target<'a>,
        group: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Treatment> {
        Some(match &written.kind {
            TreatmentKind::Keep => Treatment::Keep,
            TreatmentKind::Drop { fill } => Treatment::Drop(self.fill(fill.as_ref(), target, diagnostics)?),
            TreatmentKind::Null => Treatment::Mask(MaskUse::Null),
            TreatmentKind::Call(call) => self.call(call, target, group, diagnostics)?,
            TreatmentKind::Expression(sql) => {
                let sql = self.row_sql(sql, target.table, diagnostics)?;
                let total = sql.facts.total;
                own_treatment(OwnExpression { sql, definition: None, unique: false, total }, &target.column.name)
            }
            TreatmentKind::Json(written) => {
                Treatment::Mask(MaskUse::Json(json::resolve_json(self, written, target, group, diagnostics)?))
            }
            TreatmentKind::Fields(written) => {
                let fields = fields::resolve_fields(self, written, target, group, diagnostics)?;
                Treatment::Mask(MaskUse::Fields(fields.into()))
            }
            TreatmentKind::Class(name) => {
                // A class of a class is reported where it is declared.
                let treatment = self.class(name, diagnostics).filter(|treatment| inner_class(treatment).is_none())?;
                self.in_group(treatment, target, &format!("class:{}", name.text), diagnostics)?
            }
            TreatmentKind::When { then, condition, otherwise } => {
                let condition = self.row_sql(condition, target.table, diagnostics);
                let then = self.branch(then, target, group, diagnostics);
                let otherwise = self.branch(otherwise, target, group, diagnostics);
                when(condition?, then?, otherwise?, written.span, diagnostics)?
            }
        })
    }

    fn branch(
        &self,
        written: &ast::Treatment,
        target: Target<'a>,
        group: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Treatment> {
        let treatment = self.in_group(written, target, group, diagnostics)?;
        if !matches!(treatment, Treatment::Drop(_)) {
            return Some(treatment);
        }
        diagnostics.push(
            Diagnostic::new(codes::N0425, "expected `keep` or a mask in a branch of `when`, found `drop`")
                .at(written.span, "a column leaves for all rows or for none")
                .help("write `mask null` for these rows, or drop the whole column"),
        );
        None
    }

    /// What a class gives in this export.
    pub fn class(&self, name: &ast::Name, diagnostics: &mut Vec<Diagnostic>) -> Option<&'a ast::Treatment> {
        if let Some(treatment) = self.class_overrides.get(name.text.as_str()) {
            return Some(treatment);
        }
        if let Some(class) = self.declared.classes.get(name.text.as_str()) {
            return Some(&class.treatment);
        }
        diagnostics.push(unknown_class(name, self.declared));
        None
    }

    fn fill(&self, fill: Option<&ast::Fill>, target: Target<'a>, diagnostics: &mut Vec<Diagnostic>) -> Option<Fill> {
        match fill {
            None => Some(Fill::Default),
            Some(ast::Fill::Expression(sql)) => Some(Fill::Expression(self.row_sql(sql, target.table, diagnostics)?)),
            Some(ast::Fill::Trigger(name)) => {
                let triggers: Vec<&str> = target.table.triggers.iter().map(|trigger| trigger.name.as_str()).collect();
                if triggers.contains(&name.text.as_str()) {
                    return Some(Fill::Trigger(name.text.clone()));
                }
                let title = format!("expected a trigger of `{}`, found `{}`", target.table.name, name.text);
                let diagnostic = Diagnostic::new(codes::N0209, title).at(name.span, "no such trigger");
                diagnostics.push(match did_you_mean(&name.text, triggers.iter().copied()) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic.help("name a trigger of the table, or write `fill (VALUE)`"),
                });
                None
            }
        }
    }

    fn call(
        &self,
        call: &ast::MaskCall,
        target: Target<'a>,
        group: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Treatment> {
        if let Some(definition) = self.declared.masks.get(call.name.text.as_str()) {
            let own = own_mask::inline(self, definition, call, target, diagnostics)?;
            return Some(own_treatment(own, &target.column.name));
        }
        let Some(mask) = crate::mask::find(&call.name.text) else {
            diagnostics.push(unknown_mask(call, self.declared));
            return None;
        };
        let is_column = |name: &str| target.table.columns.contains_key(name);
        let mut arguments = resolve_arguments(mask, call, &is_column, diagnostics)?;
        super::dictionary::find_words(self.sources, call, &mut arguments, diagnostics)?;
        Some(Treatment::Mask(MaskUse::Call(MaskCall { mask, arguments, group: LinkageGroup(group.to_owned()) })))
    }

    /// A predicate over the rows of a table.
    pub fn predicate(&self, sql: &SqlExpr, table: &Table, diagnostics: &mut Vec<Diagnostic>) -> Option<Predicate> {
        Some(Predicate { sql: self.row_sql(sql, table, diagnostics)?, span: sql.span })
    }

    fn row_sql(&self, sql: &SqlExpr, table: &Table, diagnostics: &mut Vec<Diagnostic>) -> Option<RowSql> {
        self.read(&sql.text, sql.span, table, diagnostics)
    }

    /// Reads SQL over the table's rows; `span` is where messages point.
    pub fn read(&self, text: &str, span: Span, table: &Table, diagnostics: &mut Vec<Diagnostic>) -> Option<RowSql> {
        let is_extension_typed = |name: &str| {
            table.columns.get(name).is_some_and(|column| {
                let base = self.catalog.base_type(&column.data_type);
                base.category == crate::catalog::Category::Scalar && base.data_type.name.schema != "pg_catalog"
            })
        };
        let scope = Scope {
            is_column: &|name| table.columns.contains_key(name),
            qualifier: &table.name.name,
            is_extension_typed: &is_extension_typed,
            schema_of_function: &|name| self.schema_of_function(name),
        };
        let parse = if self.catalog.mysql.is_some() { mysql::parse_row_sql } else { parse_row_sql };
        parse(text, &scope).map_err(|refusal| diagnostics.push(self.refusal(&refusal, text, span, table))).ok()
    }

    fn schema_of_function(&self, name: &str) -> Option<String> {
        let in_schema = |schema: &&String| {
            let name = crate::catalog::QName::new(schema.as_str(), name);
            self.catalog.functions.contains_key(&name)
        };
        self.search.iter().find(in_schema).cloned()
    }

    fn refusal(&self, refusal: &Refusal, text: &str, span: Span, table: &Table) -> Diagnostic {
        match refusal {
            Refusal::Syntax(message) => {
                let (server, client) =
                    if self.catalog.mysql.is_some() { ("MySQL", "mysql") } else { ("PostgreSQL", "psql") };
                Diagnostic::new(codes::N0408, format!("expected a SQL expression that {server} can read"))
                    .at(span, message.clone())
                    .help(format!("try it in {client}: `SELECT (…);`"))
            }
            Refusal::UnknownColumn(name, range) => self.unknown_name(name, range, text, span, table),
            Refusal::Construct(what) => Diagnostic::new(
                codes::N0409,
                format!("expected an expression over the columns of one row, found {what}"),
            )
            .at(span, "cannot be used here")
            .note("what a row shows may depend on that row alone, else a masked value could leave by another door")
            .help("write it with operators, functions and CASE over the row's own columns"),
            Refusal::Unqualified { function, schema } => Diagnostic::new(
                codes::N0410,
                format!("expected `{schema}.{function}`, found `{function}`"),
            )
            .at(span, "a function of the schema, written without it")
            .note("exports run with `search_path = pg_catalog`, so that nobody can put another function in its place")
            .help(format!("write `{schema}.{function}`")),
            Refusal::ExtensionOperator { column, operator } => {
                let title = format!("expected an operator with its schema beside `{column}`, found `{operator}`");
                Diagnostic::new(codes::N0411, title)
                    .at(span, "the column's type comes from an extension")
                    .note("exports run with `search_path = pg_catalog`, where this would be another operator")
                    .help(format!(
                        "cast the column, `{column}::text {operator} …`, or write `OPERATOR(public.{operator})`"
                    ))
            }
        }
    }

    fn unknown_name(
        &self,
        name: &str,
        range: &std::ops::Range<usize>,
        text: &str,
        span: Span,
        table: &Table,
    ) -> Diagnostic {
        let start = span.start as usize + range.start.min(text.len());
        let at = Span::new(span.source, start, span.start as usize + range.end.min(text.len()));
        if self.declared.settings.contains_key(name) {
            return Diagnostic::new(
                codes::N0214,
                format!("expected a column of `{}`, found the setting `{name}`", table.name),
            )
            .at(at, "settings in predicates are not compiled yet")
            .help("write a condition over the row's own columns");
        }
        let columns: Vec<&str> = table.columns.keys().map(String::as_str).collect();
        super::selector::no_such_column(at, name, &table.name.to_string(), &columns)
    }
}

/// A user's expression as a treatment: one that only repeats its column is `keep`.
fn own_treatment(own: OwnExpression, column: &str) -> Treatment {
    if own.sql.facts.identity_of.as_deref() == Some(column) {
        return Treatment::Keep;
    }
    Treatment::Mask(MaskUse::Expression(own.into()))
}

/// A class that a class's treatment names, which would have no end.
pub fn inner_class(treatment: &ast::Treatment) -> Option<&ast::Name> {
    match &treatment.kind {
        TreatmentKind::Class(name) => Some(name),
        TreatmentKind::When { then, otherwise, .. } => inner_class(then).or_else(|| inner_class(otherwise)),
        TreatmentKind::Json(json) | TreatmentKind::Fields(json) => {
            let of_rules = || json.rules.iter().find_map(|rule| inner_class(&rule.treatment));
            inner_class(&json.otherwise).or_else(of_rules)
        }
        _ => None,
    }
}

fn when(
    condition: RowSql,
    then: Treatment,
    otherwise: Treatment,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Treatment> {
    if matches!((&then, &otherwise), (Treatment::Keep, Treatment::Keep)) {
        diagnostics.push(
            Diagnostic::new(codes::N0425, "expected a mask in at least one branch of `when`, found `keep` in both")
                .at(span, "keeps every row's value")
                .help("write `keep` alone"),
        );
        return None;
    }
    let (condition, then, otherwise) = (condition.into(), then.into(), otherwise.into());
    Some(Treatment::Mask(MaskUse::When { condition, then, otherwise }))
}

/// The finding for a name that is no class.
pub fn unknown_class(name: &ast::Name, declared: &Declarations<'_>) -> Diagnostic {
    let diagnostic = Diagnostic::new(codes::N0205, format!("expected a class or a treatment, found `{}`", name.text))
        .at(name.span, "no such class");
    if crate::mask::find(&name.text).is_some() || declared.masks.contains_key(name.text.as_str()) {
        return diagnostic.help(format!("a mask is written `mask {}(…)`", name.text));
    }
    let words = declared.classes.keys().copied().chain(["keep", "drop", "mask"]);
    match did_you_mean(&name.text, words) {
        Some(near) => meant(diagnostic, name.span, near),
        None => diagnostic.help(format!("declare it: `class {} mask null;`", name.text)),
    }
}

fn unknown_mask(call: &ast::MaskCall, declared: &Declarations<'_>) -> Diagnostic {
    let name = &call.name;
    let diagnostic =
        Diagnostic::new(codes::N0206, format!("expected a mask, found `{}`", name.text)).at(name.span, "no such mask");
    if declared.classes.contains_key(name.text.as_str()) {
        return diagnostic.help(format!("a class is written without `mask`: `{}`", name.text));
    }
    let known: Vec<&str> = crate::mask::all().map(crate::mask::Mask::name).collect();
    let words = declared.masks.keys().copied().chain(known.iter().copied());
    match did_you_mean(&name.text, words) {
        Some(near) => meant(diagnostic, name.span, near),
        None => diagnostic.help(format!("the masks are `{}`", known.join("`, `"))),
    }
}
