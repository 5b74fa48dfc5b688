//! The texts of a first project: `noren.toml` and one policy.

use super::guess::{self, Proposal, Refused};
use super::{Server, names, proof};
use crate::catalog::{Catalog, QName, Table};
use crate::diagnostic::words::printable;
use crate::syntax::written_name;
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};

/// What is proposed.
pub(super) struct Project {
    pub(super) manifest: String,
    pub(super) policy: String,
    /// `table.column` of each column that has no rule yet.
    pub(super) todos: Vec<String>,
    /// How many columns there are in all.
    pub(super) columns: usize,
}

/// Each class with its treatment, and whether that needs a key.
const CLASSES: &[(&str, &str)] = &[
    ("secret", "drop"),
    ("document", "drop"),
    ("email", "mask email(domain => 'example.invalid')"),
    ("person_name", "mask constant('****')"),
    ("handle", "mask hash(length => 16)"),
    ("identifier", "mask hash(length => 32)"),
    ("phone", "mask partial(last => 4)"),
    ("address", "mask constant('*')"),
    ("link", "mask constant('https://example.invalid/')"),
    ("birth_date", "mask truncate('year')"),
    ("free_text", "mask null"),
];

/// Proposes a project for a schema that lies at `schema_path`, taken from this server.
///
/// What the proofs would not let pass is left open: a proposal that is refused or warned about helps nobody.
pub(super) fn project(catalog: &Catalog, schema_path: &str, name: &str, server: &Server) -> Project {
    let mut refused = Refused::new();
    // What is left open can only bring about a few more, of keys that point to it.
    for _ in 0..ROUNDS {
        let more = proof::refused(catalog, &Draft::of(catalog, &refused, true));
        if more.is_subset(&refused) {
            break;
        }
        refused.extend(more);
    }
    let draft = Draft::of(catalog, &refused, false);
    Project {
        manifest: manifest(schema_path, name, &draft.search(), server),
        policy: draft.policy(schema_path),
        todos: draft.todos,
        columns: draft.columns,
    }
}

/// How often proposals are tried.
const ROUNDS: usize = 4;

fn manifest(schema_path: &str, name: &str, search: &str, server: &Server) -> String {
    let (schema_path, name) = (toml::Value::from(schema_path), toml::Value::from(name));
    let search = toml::Value::from(search);
    let (engine, version, target) = match server {
        Server::Postgres { major } => ("postgresql", major, "target = \"psql\"\ndir    = \"data\""),
        Server::MySql { version, .. } => ("aurora-mysql", version, TO_S3),
    };
    [
        "[project]".to_owned(),
        format!("name     = {name}"),
        format!("engine   = \"{engine}\""),
        format!("version  = {version}"),
        format!("schema   = [{schema_path}]"),
        format!("search   = [{search}]"),
        "policies = [\"policies/**/*.noren\"]".to_owned(),
        "output   = \"generated\"".to_owned(),
        String::new(),
        "[export.developers]".to_owned(),
        target.to_owned(),
        String::new(),
    ]
    .join("\n")
}

/// The names are made up, but a project without them cannot be checked.
const TO_S3: &str = "\
# TODO: your own bucket and its region
target = \"aws_s3\"
bucket = \"masked-exports\"
region = \"us-east-1\"";

pub(super) struct Draft<'a> {
    catalog: &'a Catalog,
    refused: &'a Refused,
    /// Each column has a line of its own, which ends with its place in `ruled`.
    apart: bool,
    /// Columns with a rule of their own, in the order of the lines.
    pub(super) ruled: Vec<(QName, String)>,
    /// Tables of all schemas are named with their schema when there are several.
    schemas: BTreeSet<&'a str>,
    blocks: Vec<String>,
    internal: Vec<String>,
    types: BTreeSet<String>,
    classes: BTreeSet<&'static str>,
    keyed: bool,
    todos: Vec<String>,
    columns: usize,
}

impl<'a> Draft<'a> {
    fn of(catalog: &'a Catalog, refused: &'a Refused, apart: bool) -> Self {
        let mut draft = Self::new(catalog, refused, apart);
        for table in catalog.tables.values().filter(|table| table.partition_of.is_none()) {
            draft.table(table);
        }
        draft
    }

    fn new(catalog: &'a Catalog, refused: &'a Refused, apart: bool) -> Self {
        Self {
            catalog,
            refused,
            apart,
            ruled: Vec::new(),
            schemas: catalog.tables.keys().map(|name| name.schema.as_str()).collect(),
            blocks: Vec::new(),
            internal: Vec::new(),
            types: BTreeSet::new(),
            classes: BTreeSet::new(),
            keyed: false,
            todos: Vec::new(),
            columns: 0,
        }
    }

    /// The schema in which names without one are looked for.
    pub(super) fn search(&self) -> String {
        let first = self.schemas.first().copied().unwrap_or("public");
        if self.schemas.contains("public") { "public".to_owned() } else { first.to_owned() }
    }

    fn table(&mut self, table: &Table) {
        self.columns += table.columns.len();
        if names::is_bookkeeping(&table.name.name) {
            self.internal.push(self.table_name(&table.name));
            return;
        }
        let mut rules: IndexMap<String, Vec<String>> = IndexMap::new();
        let mut open = Vec::new();
        for column in table.columns.values() {
            match guess::propose(self.catalog, self.refused, table, column) {
                Proposal::Silent => {}
                Proposal::ByType(word) => drop(self.types.insert(word)),
                Proposal::Rule(rule) => rules.entry(rule).or_default().push(column.name.clone()),
                Proposal::Todo(question) => {
                    let table =
                        if self.schemas.len() == 1 { table.name.name.to_string() } else { table.name.to_string() };
                    let column = format!("{table}.{}", column.name);
                    open.push(format!("-- TODO {}: {question}", printable(&column)));
                    self.todos.push(column);
                }
            }
        }
        rules.keys().for_each(|rule| self.uses(rule));
        self.block(table, &rules, &open);
    }

    fn uses(&mut self, rule: &str) {
        let class = CLASSES.iter().find(|(class, _)| *class == rule);
        self.classes.extend(class.map(|(class, _)| *class));
        let treatment = class.map_or(rule, |(_, treatment)| *treatment);
        self.keyed |= ["mask email", "mask hash", "mask uuid"].iter().any(|mask| treatment.starts_with(mask));
    }

    fn block(&mut self, table: &Table, rules: &IndexMap<String, Vec<String>>, open: &[String]) {
        if rules.is_empty() {
            self.blocks.extend(open.first().map(|_| open.join("\n")));
            return;
        }
        let mut lines = Vec::new();
        for (rule, columns) in rules {
            for columns in columns.chunks(if self.apart { 1 } else { columns.len() }) {
                let names: Vec<String> = columns.iter().map(|column| name(column)).collect();
                let place = if self.apart { format!(" -- {}", self.ruled.len()) } else { String::new() };
                lines.push(format!("  {} {rule};{place}", names.join(", ")));
                self.ruled.extend(columns.iter().map(|column| (table.name.clone(), column.clone())));
            }
        }
        lines.extend(open.iter().map(|line| format!("  {line}")));
        let body = lines.join("\n");
        self.blocks.push(format!("table {} {{\n{body}\n}}", self.table_name(&table.name)));
    }

    fn table_name(&self, table: &QName) -> String {
        if self.schemas.len() == 1 {
            name(&table.name)
        } else {
            format!("{}.{}", name(&table.schema), name(&table.name))
        }
    }

    /// The policy's text.
    pub(super) fn policy(&self, schema_path: &str) -> String {
        let mut parts = vec![
            format!(
                "-- Proposed by `noren init` from {}. A name is a weak hint of what a column holds: read every line.",
                printable(schema_path)
            ),
            "-- A column with a TODO has no rule yet, so `noren check` lists it until you decide.".to_owned(),
        ];
        if self.keyed {
            parts.push(
                "\n-- What keyed masks read; the key itself stands in no file.\nsetting noren.mask_key text secret;"
                    .to_owned(),
            );
        }
        let classes = CLASSES.iter().filter(|(class, _)| self.classes.contains(class));
        let classes: Vec<String> = classes.map(|(class, treatment)| format!("class {class} {treatment};")).collect();
        parts.extend(classes.first().map(|_| format!("\n{}", classes.join("\n"))));
        parts.extend(self.tenancy());
        parts.extend(self.keep_by_type());
        parts.extend(self.internal.first().map(|_| {
            format!("\ntable {} {{\n  internal because \"bookkeeping of migrations\";\n}}", self.internal.join(", "))
        }));
        parts.extend(self.blocks.iter().map(|block| format!("\n{block}")));
        parts.push(format!("\nexport developers {{\n  tables {};\n}}\n", self.all_tables()));
        parts.join("\n")
    }

    fn all_tables(&self) -> &'static str {
        if self.schemas.len() == 1 { "*" } else { "*.*" }
    }

    fn keep_by_type(&self) -> Option<String> {
        let types: Vec<&str> = self.types.iter().map(String::as_str).collect();
        let rule = format!("\ntable {} {{\n  * : ({}) keep;\n}}", self.all_tables(), types.join(", "));
        (!types.is_empty()).then_some(rule)
    }

    /// A column of the usual names that more than half of at least three tables have. It stands in comments: the
    /// statement would be noted as not compiled yet, and a section that nobody has read proves nothing.
    fn tenancy(&self) -> Option<String> {
        // MySQL has no row-level security.
        if self.catalog.mysql.is_some() {
            return None;
        }
        let roots = || self.catalog.tables.values().filter(|table| table.partition_of.is_none());
        let mut counts: BTreeMap<usize, &str> = BTreeMap::new();
        for column in names::TENANT_COLUMNS.iter().rev() {
            counts.insert(roots().filter(|table| table.columns.contains_key(*column)).count(), column);
        }
        let (count, column) = counts.last_key_value()?;
        if *count < 3 || *count * 2 <= roots().count() {
            return None;
        }
        let (root, key) = roots().find_map(|table| {
            let foreign = table.foreign_keys.iter().find(|key| key.columns == [(*column).to_owned()])?;
            Some((self.table_name(&foreign.references), foreign.referenced_columns.first()?))
        })?;
        let holder = roots().find_map(|table| table.columns.get(*column))?;
        let (column_name, kind) = (name(column), &holder.data_type.name.name);
        Some(format!(
            "\n-- Most tables have `{column}`. When rows of several tenants are to be told apart, take off the dashes:\n\
             -- setting app.tenant_id {kind};\n\
             -- tenancy {{\n--   root {root} ({});\n--   column {column_name};\n--   setting app.tenant_id;\n-- }}",
            name(key),
        ))
    }
}

/// A name as a policy writes it: quoted unless it is plain lower case and no word of the language.
pub(super) fn name(text: &str) -> String {
    written_name(text, WORDS)
}

/// Words that begin a clause of a table's block or a selector, or a treatment.
const WORDS: &[&str] = &[
    "all", "because", "class", "drop", "else", "except", "export", "fill", "filled", "internal", "keep", "mask",
    "null", "orphans", "role", "rows", "scoped", "setting", "shared", "skip", "table", "tables", "tenancy", "test",
    "when",
];
