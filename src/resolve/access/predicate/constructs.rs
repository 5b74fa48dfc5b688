//! Functions and types: those of the schema by their full name, those of PostgreSQL as far as a policy may use them.

use super::{Read, Walker};
use crate::catalog::{DataType, Function, QName, builtin};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::AccessSetting;
use crate::model::formula::Term;
use crate::resolve::expression::{functions, string_of};
use pg_query::NodeEnum;
use pg_query::protobuf::{ColumnRef, FuncCall, TypeCast, TypeName};
use std::ops::Range;

/// Each call may give another value, or does something: `pg_proc.provolatile` is `v`.
const VOLATILE: &[&str] = &[
    "amvalidate",
    "clock_timestamp",
    "currtid2",
    "gen_random_uuid",
    "gin_clean_pending_list",
    "random",
    "random_normal",
    "setseed",
    "timeofday",
    "uuidv4",
    "uuidv7",
];

/// Families of such.
const VOLATILE_PREFIXES: &[&str] = &["binary_upgrade_", "brin_", "plpgsql_", "txid_"];

/// Functions that give rows made of their arguments alone; of the others one runs SQL that is hidden in a text.
const ROWS: &[&str] = &[
    "generate_series",
    "generate_subscripts",
    "json_array_elements",
    "json_array_elements_text",
    "json_each",
    "json_each_text",
    "json_object_keys",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_each",
    "jsonb_each_text",
    "jsonb_object_keys",
    "jsonb_path_query",
    "regexp_matches",
    "regexp_split_to_table",
    "string_to_table",
    "unnest",
];

/// Every overload is strict, and gives no NULL of values that are none.
const STRICT: &[&str] = &[
    "abs",
    "array_length",
    "ascii",
    "btrim",
    "ceil",
    "ceiling",
    "char_length",
    "character_length",
    "date_trunc",
    "floor",
    "initcap",
    "left",
    "length",
    "lower",
    "ltrim",
    "md5",
    "mod",
    "octet_length",
    "replace",
    "reverse",
    "right",
    "round",
    "rtrim",
    "starts_with",
    "strpos",
    "substr",
    "substring",
    "translate",
    "trunc",
    "upper",
];

/// What a strict function may give NULL of.
const MAYBE_NULL: &[&str] = &["array_length", "substring"];

impl Walker<'_> {
    pub(super) fn call(&mut self, call: &FuncCall) -> Read<Term> {
        let names: Vec<&str> = call.funcname.iter().filter_map(string_of).collect();
        let range = self.range_of_name(call.location, names.len());
        if call.over.is_some() {
            return Err(self.construct("a window", range));
        }
        let name = match names.as_slice() {
            [name] => {
                self.refuse_unqualified_function(name, &range)?;
                *name
            }
            ["pg_catalog", name] => *name,
            [schema, name] => return self.own_function(&QName::new(*schema, *name), call, range),
            _ => return Err(self.construct("a function with a database before it", range)),
        };
        let is_aggregate = functions::is_aggregate(name)
            || call.agg_star
            || call.agg_distinct
            || call.agg_within_group
            || call.agg_filter.is_some()
            || !call.agg_order.is_empty();
        self.refuse_core_function(name, is_aggregate, &range)?;
        let mut parts = self.terms(&call.args)?;
        for node in &call.agg_order {
            if let Some(NodeEnum::SortBy(sort)) = node.node.as_ref() {
                parts.push(self.optional_term(sort.node.as_deref())?);
            }
        }
        if let Some(filter) = call.agg_filter.as_deref() {
            parts.push(self.term(filter)?);
        }
        if is_aggregate {
            self.aggregated = true;
            // Of which rows is not said by its arguments.
            parts.push(Term::Constant(Some(format!("at {}", range.start))));
            return Ok(Term::Opaque { name: name.to_owned(), parts });
        }
        if STRICT.contains(&name) {
            return Ok(Term::Strict { name: name.to_owned(), parts, may_be_null: MAYBE_NULL.contains(&name) });
        }
        Ok(Term::Opaque { name: name.to_owned(), parts })
    }

    fn refuse_core_function(&self, name: &str, is_aggregate: bool, range: &Range<usize>) -> Read<()> {
        if name == "current_setting" {
            let diagnostic = Diagnostic::new(codes::N0706, "expected a declared setting, found `current_setting`")
                .at(self.span(range), "reads a setting that nobody declared")
                .note("an unset setting raises, or is an empty text: a declared one is NULL until it is set")
                .help("declare it, `setting app.name TYPE;`, and write `app.name`");
            return Err(Box::new(diagnostic));
        }
        if is_aggregate {
            return if self.visible.is_empty() { Err(self.construct("an aggregate", range.clone())) } else { Ok(()) };
        }
        if VOLATILE.contains(&name) || VOLATILE_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            return Err(self.construct(&format!("the volatile function `{name}`"), range.clone()));
        }
        match functions::refused(name) {
            _ if matches!(name, "pg_has_role") => Ok(()),
            Some(_) if ROWS.contains(&name) && !self.visible.is_empty() => Ok(()),
            Some(what) => Err(self.construct(&format!("`{name}`, {what}"), range.clone())),
            None => Ok(()),
        }
    }

    fn refuse_unqualified_function(&self, name: &str, range: &Range<usize>) -> Read<()> {
        let in_schema =
            |schema: &&String| self.names.catalog.functions.contains_key(&QName::new(schema.as_str(), name));
        match self.names.search.iter().find(in_schema) {
            Some(schema) => Err(self.without_schema("function", name, schema, range)),
            None => Ok(()),
        }
    }

    fn without_schema(&self, what: &str, name: &str, schema: &str, range: &Range<usize>) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::new(codes::N0707, format!("expected `{schema}.{name}`, found `{name}`"))
                .at(self.span(range), format!("a {what} of the schema, written without it"))
                .note("policies are made with `search_path = pg_catalog`, so that nothing else can take its place")
                .help(format!("write `{schema}.{name}`"))
                .fix(self.span(range), format!("{schema}.{name}")),
        )
    }

    /// A function of the schema, or of an extension that lives in it.
    fn own_function(&mut self, name: &QName, call: &FuncCall, range: Range<usize>) -> Read<Term> {
        let catalog = self.names.catalog;
        match catalog.functions.get(name) {
            None if !catalog.extensions.values().any(|schema| *schema == name.schema) => {
                return Err(Box::new(
                    Diagnostic::new(codes::N0702, format!("expected a function of the schema, found `{name}`"))
                        .at(self.span(&range), "no such function")
                        .help("write a function of the schema files, with its schema"),
                ));
            }
            None => {}
            Some(overloads) => {
                let called: Vec<&Function> =
                    overloads.iter().filter(|function| function.arguments.len() >= call.args.len()).collect();
                self.warn_of_function(name, &called, &range);
            }
        }
        let mut parts = self.terms(&call.args)?;
        if call.agg_star || call.agg_distinct || call.agg_filter.is_some() || !call.agg_order.is_empty() {
            return Err(self.construct("an aggregate of the schema", range));
        }
        let overloads = catalog.functions.get(name).map(Vec::as_slice).unwrap_or_default();
        if overloads.is_empty() || overloads.iter().any(|function| function.volatility == 'v') {
            // Two calls may give two values.
            parts.push(Term::Constant(Some(format!("at {}", range.start))));
        }
        Ok(Term::Opaque { name: name.to_string(), parts })
    }

    fn warn_of_function(&mut self, name: &QName, called: &[&Function], range: &Range<usize>) {
        if let Some(definer) = called.iter().find(|function| function.security_definer) {
            self.warnings.push(
                Diagnostic::new(codes::N0711, format!("expected a function that runs as its caller, found `{name}`"))
                    .at(self.span(range), "is SECURITY DEFINER")
                    .label(definer.span, "declared here")
                    .note("it reads what its owner may read: the rows of every tenant, unless its body says otherwise")
                    .help("make it SECURITY INVOKER, or allow it with the reason why its body shows nothing of others"),
            );
        }
        if let Some(volatile) = called.iter().find(|function| function.volatility == 'v') {
            self.warnings.push(
                Diagnostic::new(
                    codes::N0712,
                    format!("expected a function that is STABLE or IMMUTABLE, found `{name}`"),
                )
                .at(self.span(range), "is VOLATILE, as every function that says nothing")
                .label(volatile.span, "declared here")
                .note("it is called once a row, keeps indexes and parallel plans away, and may write")
                .help(format!("if it only reads: `ALTER FUNCTION {name} STABLE;`")),
            );
        }
    }

    pub(super) fn cast(&mut self, cast: &TypeCast) -> Read<Term> {
        let inner = self.optional_term(cast.arg.as_deref())?;
        let Some(name) = cast.type_name.as_ref() else {
            return Err(self.construct("a cast without a type", self.range_at(cast.location)));
        };
        let parts: Vec<&str> = name.names.iter().filter_map(string_of).collect();
        self.check_type(name, &parts)?;
        if self.is_own_type(cast, name) {
            return Ok(inner);
        }
        // The input of a literal is not NULL; of jsonb's null a cast gives NULL from 18 on.
        let may_be_null = !matches!(inner, Term::Constant(_) | Term::Setting(_));
        let brackets = "[]".repeat(name.array_bounds.len());
        let modifiers = if name.typmods.is_empty() { String::new() } else { format!("({:?})", name.typmods) };
        let name = format!("::{}{modifiers}{brackets}", parts.join("."));
        Ok(Term::Strict { name, parts: vec![inner], may_be_null })
    }

    /// A cast of a column or a setting to the type that it has.
    fn is_own_type(&self, cast: &TypeCast, name: &TypeName) -> bool {
        let declared = match cast.arg.as_deref().and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::ColumnRef(reference)) => match self.column_behind(reference) {
                Some(column) => Some(&column.data_type),
                None => self.setting_behind(reference).map(|setting| &setting.data_type),
            },
            _ => None,
        };
        name.typmods.is_empty() && declared.is_some() && declared == Self::type_named(name).as_ref()
    }

    fn check_type(&self, name: &TypeName, parts: &[&str]) -> Read<()> {
        let catalog = self.names.catalog;
        let range = self.range_at(name.location);
        if name.pct_type || name.setof {
            return Err(self.construct("a type by `%TYPE` or SETOF", range));
        }
        let is_known = |name: &QName| {
            catalog.types.contains_key(name) || catalog.tables.contains_key(name) || catalog.views.contains_key(name)
        };
        let unknown = |what: &str| {
            let diagnostic = Diagnostic::new(codes::N0702, format!("expected a type, found `{what}`"));
            Box::new(
                diagnostic
                    .at(self.span(&range), "no such type")
                    .help("write a type of PostgreSQL or of the schema files"),
            )
        };
        match parts {
            ["pg_catalog", _] => Ok(()),
            [name] => {
                let own = self.names.search.iter().find(|schema| is_known(&QName::new(schema.as_str(), *name)));
                match own {
                    Some(schema) => Err(self.without_schema("type", name, schema, &range)),
                    None if builtin::is_type(name) => Ok(()),
                    None => match catalog.extension_schema_of_type(name) {
                        Some(schema) => Err(self.without_schema("type", name, schema, &range)),
                        None => Err(unknown(name)),
                    },
                }
            }
            [schema, name] => {
                let is_extension = catalog.extensions.values().any(|found| found == schema);
                if is_extension || is_known(&QName::new(*schema, *name)) {
                    Ok(())
                } else {
                    Err(unknown(&parts.join(".")))
                }
            }
            _ => Err(unknown(&parts.join("."))),
        }
    }

    /// The type that a cast names, where it is one of the schema or an extension; domains matter to operators.
    pub(super) fn type_named(name: &TypeName) -> Option<DataType> {
        let parts: Vec<&str> = name.names.iter().filter_map(string_of).collect();
        let qname = match parts.as_slice() {
            [name] => QName::new("pg_catalog", *name),
            [schema, name] => QName::new(*schema, *name),
            _ => return None,
        };
        let dimensions = u8::try_from(name.array_bounds.len()).unwrap_or(u8::MAX);
        Some(DataType { name: qname, modifiers: Vec::new(), dimensions })
    }

    pub(super) fn is_core_type(name: &TypeName) -> bool {
        match name.names.as_slice() {
            [_] => true,
            [schema, _] => string_of(schema) == Some("pg_catalog"),
            _ => false,
        }
    }

    pub(super) fn is_core_function(call: &FuncCall) -> bool {
        let names: Vec<&str> = call.funcname.iter().filter_map(string_of).collect();
        let name = match names.as_slice() {
            [name] | ["pg_catalog", name] => *name,
            _ => return false,
        };
        STRICT.contains(&name) || functions::is_aggregate(name)
    }

    pub(super) fn setting_behind(&self, reference: &ColumnRef) -> Option<&AccessSetting> {
        let parts: Option<Vec<&str>> = reference.fields.iter().map(string_of).collect();
        match parts?.as_slice() {
            [prefix, name] => self.names.settings.get(&format!("{prefix}.{name}")),
            _ => None,
        }
    }

    pub(super) fn is_setting_or_added(&self, reference: &ColumnRef) -> bool {
        let last = reference.fields.last().and_then(string_of).unwrap_or_default();
        self.setting_behind(reference).is_some() || self.names.added.values().any(|(column, _)| column == last)
    }
}
