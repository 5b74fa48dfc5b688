//! `noren.toml`: read key by key, so that every mistake of the file is told in one run, each at its place.
//!
//! Deserialising into structs would stop at the first mistake and tell types as Rust sees them. The parsed
//! document keeps the place of every key and value; [`Reader`] takes keys out of it and says what is wrong with
//! them.

mod allow;
mod aurora_mysql;
mod aws_s3;
mod gcs;
mod google;
pub(super) mod pipeline;

use super::{
    Bypass, Engine, Environment, ExportTarget, MYSQL_VERSIONS, Manifest, Rls, STAGES, Stage, TARGETS, TargetKind,
    VERSIONS, folder,
};
use crate::diagnostic::{Diagnostic, alternatives, codes, did_you_mean};
use crate::source::{SourceId, Span, Spanned};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// Reads the project file's text. The manifest is there when nothing in it is an error.
pub(super) fn parse(text: &str, source: SourceId) -> (Option<Manifest>, Vec<Diagnostic>) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { source, end: text.len(), found: Vec::new() };
    reader.found.extend(errors.iter().map(|error| not_toml(error, source)));
    if !errors.is_empty() {
        return (None, reader.found);
    }
    let manifest = reader.manifest(document.get_ref());
    let failed = reader.found.iter().any(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error);
    (manifest.filter(|_| !failed), reader.found)
}

fn not_toml(error: &toml::de::Error, source: SourceId) -> Diagnostic {
    let span = error.span().unwrap_or_default();
    let reason = error.message().lines().collect::<Vec<_>>().join("; ");
    Diagnostic::new(codes::N0902, format!("expected TOML, found something else: {reason}"))
        .at(Span::new(source, span.start, span.end), "here")
        .note("the project file is TOML 1.1")
        .help("a line is `key = value` or `[table]`; text stands in double quotes")
}

struct Reader {
    source: SourceId,
    end: usize,
    found: Vec<Diagnostic>,
}

/// A table of the document with the dotted name that messages call it by.
struct Table<'t> {
    name: String,
    span: Span,
    entries: &'t DeTable<'t>,
}

/// A value with its dotted name.
struct Value<'t> {
    name: String,
    span: Span,
    written: &'t DeValue<'t>,
}

impl<'t> Table<'t> {
    fn get(&self, key: &str, source: SourceId) -> Option<Value<'t>> {
        let (_, value) = self.entries.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(self.value(key, value, source))
    }

    fn value(&self, key: &str, value: &'t toml::Spanned<DeValue<'t>>, source: SourceId) -> Value<'t> {
        let range = value.span();
        Value {
            name: dotted(&self.name, key),
            span: Span::new(source, range.start, range.end),
            written: value.get_ref(),
        }
    }
}

impl Reader {
    fn manifest(&mut self, document: &DeTable<'_>) -> Option<Manifest> {
        let end = Span::new(self.source, self.end, self.end);
        let root = Table { name: String::new(), span: end, entries: document };
        self.known_keys(&root, &["project", "export", "rls", "env", "allow"]);
        let Some(project) = self.table(&root, "project") else {
            if root.get("project", self.source).is_none() {
                self.missing(
                    &root,
                    "project",
                    "[project]\nname = \"…\"\nengine = \"postgresql\"\nversion = 15\nschema = [\"schema.sql\"]",
                );
            }
            return None;
        };
        let exports = self.exports(&root);
        let rls = self.table(&root, "rls").map(|table| self.rls(&table)).unwrap_or_default();
        let environments = self.environments(&root, &exports);
        let allowances = self.allowances(&root);
        let manifest = self.project(&project)?;
        if manifest.engine.value == Engine::AuroraMySql {
            self.aurora_mysql(&root, &manifest, &exports);
        }
        self.google(&manifest.engine, &exports);
        Some(Manifest { exports, rls, environments, allowances, ..manifest })
    }

    fn project(&mut self, table: &Table<'_>) -> Option<Manifest> {
        self.known_keys(
            table,
            &["name", "engine", "version", "schema", "search", "policies", "dictionaries", "output"],
        );
        let name = self.required_text(table, "name", "name = \"expense\"");
        let engine = self.engine(table);
        let mysql = engine.as_ref().is_some_and(|engine| engine.value == Engine::AuroraMySql);
        let version = self.version(table, mysql);
        let schema = self.required_texts(table, "schema", "schema = [\"schema.sql\"]");
        let default = |text: &str| vec![Spanned::new(text.to_owned(), table.span)];
        let search = self.texts(table, "search").unwrap_or_else(|| default("public"));
        let policies = self.texts(table, "policies").unwrap_or_else(|| default("policies/**/*.noren"));
        let dictionaries = self.texts(table, "dictionaries");
        let output = self.output(table);
        Some(Manifest {
            name: name?,
            engine: engine?,
            version: version?,
            schema: schema?,
            search,
            policies,
            dictionaries,
            output,
            exports: BTreeMap::new(),
            rls: Rls::default(),
            environments: BTreeMap::new(),
            allowances: Vec::new(),
        })
    }

    fn output(&mut self, table: &Table<'_>) -> Spanned<String> {
        let written = self.text(table, "output").unwrap_or_else(|| Spanned::new("generated".to_owned(), table.span));
        match folder::inside(&written.value) {
            Ok(path) if !path.is_empty() => Spanned::new(path, written.span),
            _ => {
                self.found.push(
                    Diagnostic::new(
                        codes::N0912,
                        format!("expected a folder inside the project, found `{}`", written.value),
                    )
                    .at(written.span, "generated files would go here")
                    .note("Noren replaces files below this folder, so it is never the project itself or outside of it")
                    .help("write `output = \"generated\"`"),
                );
                written
            }
        }
    }

    fn engine(&mut self, table: &Table<'_>) -> Option<Spanned<Engine>> {
        let written = self.required_text(table, "engine", "engine = \"postgresql\"")?;
        let words: Vec<&str> = Engine::ALL.iter().map(|engine| engine.word()).collect();
        let Some(engine) = Engine::ALL.into_iter().find(|engine| engine.word() == written.value) else {
            self.bad_word("project.engine", &written, &words);
            return None;
        };
        Some(Spanned::new(engine, written.span))
    }

    fn version(&mut self, table: &Table<'_>, mysql: bool) -> Option<Spanned<u8>> {
        let (example, versions) = if mysql { ("version = 3", MYSQL_VERSIONS) } else { ("version = 15", VERSIONS) };
        let value = self.required(table, "version", example)?;
        let DeValue::Integer(written) = value.written else {
            self.wrong_type(&value, "a whole number", example);
            return None;
        };
        let number = i64::from_str_radix(&written.as_str().replace('_', ""), written.radix()).ok();
        let version = number.and_then(|number| u8::try_from(number).ok()).filter(|version| versions.contains(version));
        if version.is_none() {
            let (low, high) = (versions.start(), versions.end());
            self.found.push(
                Diagnostic::new(
                    codes::N0906,
                    format!("expected a major version from {low} to {high}, found `{}`", written.as_str()),
                )
                .at(value.span, "the oldest server that the files are run on")
                .note("the version decides which SQL may be written; it was tried on these versions")
                .help(if mysql {
                    "write Aurora MySQL's own version: 2 is MySQL 5.7, 3 is MySQL 8.0".to_owned()
                } else {
                    format!("write the major version that `SHOW server_version` tells, for example `{example}`")
                }),
            );
        }
        version.map(|version| Spanned::new(version, value.span))
    }

    fn exports(&mut self, root: &Table<'_>) -> BTreeMap<String, ExportTarget> {
        let Some(table) = self.table(root, "export") else { return BTreeMap::new() };
        let mut exports = BTreeMap::new();
        for (name, export) in self.tables(&table) {
            if let Some(target) = self.export(&export) {
                exports.insert(name, target);
            }
        }
        exports
    }

    fn export(&mut self, table: &Table<'_>) -> Option<ExportTarget> {
        let written = self.required_text(table, "target", "target = \"psql\"")?;
        let words: Vec<&str> = TARGETS.iter().map(|(word, _)| *word).collect();
        let Some((word, keys)) = TARGETS.iter().find(|(word, _)| *word == written.value) else {
            self.bad_word(&dotted(&table.name, "target"), &written, &words);
            return None;
        };
        self.known_keys(table, &[&["target"], *keys, tables_of(word)].concat());
        let settings = self.settings(table, keys);
        let pipeline = if tables_of(word).is_empty() { None } else { self.pipeline_texts(table, None) };
        let kind = self.kind(word, table, &settings, pipeline.as_ref())?;
        Some(ExportTarget { kind, settings, pipeline, span: table.span })
    }

    fn kind(
        &mut self,
        word: &str,
        table: &Table<'_>,
        settings: &BTreeMap<String, Spanned<String>>,
        pipeline: Option<&pipeline::Written>,
    ) -> Option<TargetKind> {
        if word == "psql" {
            return Some(TargetKind::Psql { dir: self.psql_dir(settings) });
        }
        if word == "gcs" {
            return self.gcs(table, settings).map(TargetKind::Gcs);
        }
        let mut place = self.aws_s3(table, settings)?;
        if let Some(written) = pipeline {
            let export = table.name.rsplit('.').next().unwrap_or_default();
            place.pipeline = Some(self.pipeline(table.span, export, &place, written)?);
        }
        Some(TargetKind::AwsS3(place))
    }

    fn psql_dir(&mut self, settings: &BTreeMap<String, Spanned<String>>) -> String {
        let Some(dir) = settings.get("dir") else { return "data".to_owned() };
        if !folder::is_safe_for_psql(&dir.value) {
            self.found.push(
                Diagnostic::new(codes::N0906, format!("expected a plain folder name, found `{}`", dir.value))
                    .at(dir.span, "letters, digits and `_ - . /` only, without `..`")
                    .note("psql takes a file name that begins with `|` for a command, and reads quotes, `:` and backquotes in it")
                    .help("write `dir = \"data\"`"),
            );
        }
        dir.value.clone()
    }

    fn rls(&mut self, table: &Table<'_>) -> Rls {
        self.known_keys(table, &["stage", "bypass", "tables"]);
        let mut tables = BTreeMap::new();
        if let Some(list) = self.table(table, "tables") {
            for name in list.entries.keys().map(|name| name.get_ref().to_string()) {
                let span = list.get(&name, self.source).map(|value| value.span);
                let stage = self.stage(&list, &name);
                tables.extend(span.zip(stage).map(|(span, stage)| (name, Spanned::new(stage, span))));
            }
        }
        Rls { stage: self.stage(table, "stage"), bypass: self.bypass(table), tables }
    }

    fn stage(&mut self, table: &Table<'_>, key: &str) -> Option<Stage> {
        let written = self.text(table, key)?;
        let stage = STAGES.iter().find(|(word, _)| *word == written.value).map(|(_, stage)| *stage);
        if stage.is_none() {
            let words: Vec<&str> = STAGES.iter().map(|(word, _)| *word).collect();
            self.bad_word(&dotted(&table.name, key), &written, &words);
        }
        stage
    }

    fn bypass(&mut self, table: &Table<'_>) -> Option<Bypass> {
        let written = self.text(table, "bypass")?;
        match written.value.as_str() {
            "attribute" => Some(Bypass::Attribute),
            "policy" => Some(Bypass::Policy),
            _ => {
                self.bad_word(&dotted(&table.name, "bypass"), &written, &["attribute", "policy"]);
                None
            }
        }
    }

    fn environments(
        &mut self,
        root: &Table<'_>,
        exports: &BTreeMap<String, ExportTarget>,
    ) -> BTreeMap<String, Environment> {
        let Some(table) = self.table(root, "env") else { return BTreeMap::new() };
        let written = root.get("export", self.source).map_or(0, |value| match value.written {
            DeValue::Table(exports) => exports.len(),
            _ => 0,
        });
        let mut environments = BTreeMap::new();
        for (name, table) in self.tables(&table) {
            let environment = self.environment(&table, (written == exports.len()).then_some(exports));
            environments.insert(name, environment);
        }
        environments
    }

    /// `exports` only where each of them is known: what follows from a mistake is not told.
    fn environment(&mut self, table: &Table<'_>, exports: Option<&BTreeMap<String, ExportTarget>>) -> Environment {
        self.known_keys(table, &["rls", "export"]);
        let rls = self.table(table, "rls").map(|rls| self.rls(&rls));
        let exports_here = self.table(table, "export");
        let overrides = exports_here.zip(exports);
        let overrides = overrides.map(|(table, exports)| self.overrides(&table, exports)).unwrap_or_default();
        Environment { rls: rls.unwrap_or_default(), exports: overrides, span: table.span }
    }

    fn overrides(
        &mut self,
        table: &Table<'_>,
        exports: &BTreeMap<String, ExportTarget>,
    ) -> BTreeMap<String, TargetKind> {
        let names: Vec<&str> = exports.keys().map(String::as_str).collect();
        self.known_keys(table, &names);
        let mut overrides = BTreeMap::new();
        for (name, table) in self.tables(table) {
            let Some(target) = exports.get(&name) else { continue };
            let (word, keys) = (target.kind.word(), target.kind.keys());
            self.known_keys(&table, &[keys, tables_of(word)].concat());
            let mut settings = target.settings.clone();
            settings.extend(self.settings(&table, keys));
            let pipeline = self.pipeline_texts(&table, target.pipeline.as_ref());
            let kind = self.kind(word, &table, &settings, pipeline.as_ref());
            self.same_pieces(target, kind.as_ref(), &settings);
            overrides.extend(kind.map(|kind| (name, kind)));
        }
        overrides
    }

    /// The files of the tables are the same in all environments, so either all of them are in pieces or none.
    fn same_pieces(
        &mut self,
        target: &ExportTarget,
        here: Option<&TargetKind>,
        settings: &BTreeMap<String, Spanned<String>>,
    ) {
        let in_pieces = |kind: &TargetKind| matches!(kind, TargetKind::AwsS3(place) if place.chunk.is_some());
        let Some(chunk) = settings.get("chunk") else { return };
        if here.is_some_and(in_pieces) && !in_pieces(&target.kind) {
            self.found.push(
                Diagnostic::new(codes::N0906, "expected `chunk` in the project's own table first, found it here alone")
                    .at(chunk.span, "one environment in pieces, the others not")
                    .label(target.span, "says no `chunk`")
                    .note("the statements for the tables are shared by all environments; only sizes and places differ")
                    .help(format!("add `chunk = \"{}\"` there", chunk.value)),
            );
        }
    }

    fn settings(&mut self, table: &Table<'_>, keys: &[&str]) -> BTreeMap<String, Spanned<String>> {
        keys.iter().filter_map(|key| Some(((*key).to_owned(), self.text(table, key)?))).collect()
    }

    // What the values above are made of.

    fn known_keys(&mut self, table: &Table<'_>, known: &[&str]) {
        for (key, _) in table.entries {
            let written = key.get_ref().as_ref();
            if known.contains(&written) {
                continue;
            }
            let what = if table.name.is_empty() { "the project file".to_owned() } else { format!("`{}`", table.name) };
            let help = match did_you_mean(written, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => format!("take `{written}` out"),
                None => format!("{what} has {}", alternatives(known)),
            };
            let found =
                Diagnostic::new(codes::N0903, format!("`{}` is not a key of {what}", dotted(&table.name, written)))
                    .at(self.span(&key.span()), "unknown key")
                    .note("a key that is not understood may be a protection that is not applied")
                    .help(help);
            self.found.push(found);
        }
    }

    fn table<'t>(&mut self, table: &Table<'t>, key: &str) -> Option<Table<'t>> {
        let value = table.get(key, self.source)?;
        self.as_table(&value, table, key)
    }

    fn tables<'t>(&mut self, table: &Table<'t>) -> Vec<(String, Table<'t>)> {
        let mut tables = Vec::new();
        for (key, value) in table.entries {
            let name = key.get_ref().as_ref();
            let value = table.value(name, value, self.source);
            tables.extend(self.as_table(&value, table, name).map(|table| (name.to_owned(), table)));
        }
        tables
    }

    fn as_table<'t>(&mut self, value: &Value<'t>, parent: &Table<'t>, key: &str) -> Option<Table<'t>> {
        let DeValue::Table(entries) = value.written else {
            self.wrong_type(value, "a table", &format!("[{}]", value.name));
            return None;
        };
        // A table's own span is that of its header or of nothing at all; its key always has a place.
        let span =
            parent.entries.keys().find(|name| name.get_ref() == key).map_or(value.span, |name| self.span(&name.span()));
        Some(Table { name: value.name.clone(), span, entries })
    }

    fn required<'t>(&mut self, table: &Table<'t>, key: &str, example: &str) -> Option<Value<'t>> {
        let value = table.get(key, self.source);
        if value.is_none() {
            self.missing(table, key, example);
        }
        value
    }

    fn required_text(&mut self, table: &Table<'_>, key: &str, example: &str) -> Option<Spanned<String>> {
        self.required(table, key, example)?;
        let text = self.text(table, key)?;
        if text.value.trim().is_empty() {
            self.found.push(
                Diagnostic::new(
                    codes::N0906,
                    format!("expected text for `{}`, found an empty one", dotted(&table.name, key)),
                )
                .at(text.span, "empty")
                .help(format!("write `{example}`")),
            );
            return None;
        }
        Some(text)
    }

    fn required_texts(&mut self, table: &Table<'_>, key: &str, example: &str) -> Option<Vec<Spanned<String>>> {
        let value = self.required(table, key, example)?;
        let texts = self.texts(table, key)?;
        if texts.is_empty() {
            self.found.push(
                Diagnostic::new(codes::N0906, format!("expected at least one entry in `{}`, found none", value.name))
                    .at(value.span, "empty")
                    .help(format!("write `{example}`")),
            );
        }
        Some(texts)
    }

    fn text(&mut self, table: &Table<'_>, key: &str) -> Option<Spanned<String>> {
        let value = table.get(key, self.source)?;
        self.as_text(&value)
    }

    /// A whole number, as text.
    fn number(&mut self, table: &Table<'_>, key: &str) -> Option<Spanned<String>> {
        let value = table.get(key, self.source)?;
        let DeValue::Integer(written) = value.written else {
            self.wrong_type(&value, "a whole number", &format!("{key} = 8"));
            return None;
        };
        let number = i64::from_str_radix(&written.as_str().replace('_', ""), written.radix());
        Some(Spanned::new(number.map_or_else(|_| written.as_str().to_owned(), |number| number.to_string()), value.span))
    }

    /// An array of texts; one text alone stands for an array of one.
    fn texts(&mut self, table: &Table<'_>, key: &str) -> Option<Vec<Spanned<String>>> {
        let value = table.get(key, self.source)?;
        let DeValue::Array(items) = value.written else {
            return self.as_text(&value).map(|text| vec![text]);
        };
        let mut texts = Vec::new();
        for item in items {
            let range = item.span();
            let item = Value {
                name: value.name.clone(),
                span: Span::new(self.source, range.start, range.end),
                written: item.get_ref(),
            };
            texts.extend(self.as_text(&item));
        }
        Some(texts)
    }

    fn as_text(&mut self, value: &Value<'_>) -> Option<Spanned<String>> {
        let DeValue::String(text) = value.written else {
            let key = value.name.rsplit('.').next().unwrap_or_default();
            self.wrong_type(value, "text", &format!("{key} = \"…\""));
            return None;
        };
        Some(Spanned::new(text.clone().into_owned(), value.span))
    }

    fn missing(&mut self, table: &Table<'_>, key: &str, example: &str) {
        let (what, place) = if table.name.is_empty() {
            (format!("expected a table `[{key}]`, found none"), "the file ends here")
        } else {
            (format!("expected `{}`, found no such key", dotted(&table.name, key)), "in this table")
        };
        let diagnostic = Diagnostic::new(codes::N0905, what).at(table.span, place).help(format!("add `{example}`"));
        self.found.push(diagnostic.note("nothing can be compiled without it, and a guess could be wrong"));
    }

    fn wrong_type(&mut self, value: &Value<'_>, expected: &str, example: &str) {
        let found = match value.written {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a truth value",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.found.push(
            Diagnostic::new(codes::N0904, format!("expected {expected} for `{}`, found {found}", value.name))
                .at(value.span, format!("this is {found}"))
                .help(format!("write `{example}`")),
        );
    }

    fn bad_word(&mut self, name: &str, written: &Spanned<String>, words: &[&str]) {
        let help = match did_you_mean(&written.value, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}", alternatives(words)),
        };
        let title = format!("expected {} for `{name}`, found `{}`", alternatives(words), written.value);
        self.found.push(Diagnostic::new(codes::N0906, title).at(written.span, "unknown word").help(help));
    }

    fn span(&self, range: &std::ops::Range<usize>) -> Span {
        Span::new(self.source, range.start, range.end)
    }
}

/// Keys of a target that are tables of their own.
fn tables_of(word: &str) -> &'static [&'static str] {
    if word == "aws_s3" { &["pipeline"] } else { &[] }
}

fn dotted(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}
