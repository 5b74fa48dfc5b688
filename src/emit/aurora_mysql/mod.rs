//! Files for Aurora MySQL: the database itself writes masked rows to S3, and another one reads them from there.
//!
//! The `mysql` client has no conditions and MySQL no block that raises an error by itself. So what is wrong is first
//! written into a temporary table, shown, and then made an error by a row that a column refuses. A load begins with the
//! finding that nothing was proven yet, and it commits only where no finding is left: also for a client that goes on after
//! errors.

mod import;
mod readme;
mod rights;
mod run;

use super::{Digests, EmitError, coverage, plan_json};
use crate::catalog::QName;
use crate::model::Model;
use crate::plan::mysql::{ExportPlan, Plan, TablePlan};
use crate::plan::names;
use crate::project::AwsS3;
use crate::source::{Sources, Span};
use crate::sql::mysql::{ColumnType, Script, Statement};
use crate::sql::{Expr, From, Ident, Join, Relation, Select};
use std::collections::BTreeMap;

/// What is wrong, a line each.
const FINDING: &str = "noren_finding";
const FINDING_LENGTH: u16 = 1000;
/// Its one column refuses NULL, and its name is what the client then shows.
const STOP: &str = "noren_stop";
const STOP_COLUMN: &str = "noren stops here: see what is listed above";
/// What the live tables must be.
const SHAPE: &str = "noren_shape";
/// The list of what left: `kind`, `name`, `value`.
const LIST: &str = "noren_list";
const LIST_COLUMNS: [&str; 3] = ["kind", "name", "value"];

/// The object key of the list; no table's stem is without a point.
const LIST_KEY: &str = "run";

/// Everything that decides what a text means, or whether a value fits. A date that the source holds is loaded as it is,
/// a zero in a column that counts stays zero, and what does not fit is an error.
const SQL_MODE: &str = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES";

/// All files, by their path below the output folder.
///
/// # Errors
/// The first file that is not read back as it was meant.
pub fn emit(
    plan: &Plan<'_>,
    model: &Model,
    sources: &Sources,
    digests: &Digests<'_>,
) -> Result<BTreeMap<String, String>, EmitError> {
    let mut files = BTreeMap::new();
    files.insert(
        "coverage.txt".to_owned(),
        coverage::emit(model, sources, "without checks, each foreign key checked after it"),
    );
    files.insert("README.md".to_owned(), readme::emit(plan));
    for export in &plan.exports {
        let folder = format!("export/{}", names::encode(&export.name));
        Emitter { export, sources, digests, place: &export.place }.files(&folder, &mut files)?;
        for (environment, place) in &export.environments {
            let folder = format!("env/{}/{folder}", names::encode(environment));
            Emitter { export, sources, digests, place }.files(&folder, &mut files)?;
        }
    }
    Ok(files)
}

/// One export's files.
struct Emitter<'a> {
    export: &'a ExportPlan<'a>,
    sources: &'a Sources,
    digests: &'a Digests<'a>,
    place: &'a AwsS3,
}

impl Emitter<'_> {
    fn files(&self, folder: &str, files: &mut BTreeMap<String, String>) -> Result<(), EmitError> {
        let mut print = |name: String, script: Script| {
            let path = format!("{folder}/{name}");
            let text = script.print().map_err(|mismatch| EmitError { path: path.clone(), mismatch })?;
            files.insert(path, text);
            Ok(())
        };
        print("run.sql".to_owned(), self.run())?;
        print("rights_source.sql".to_owned(), self.rights_source())?;
        if self.export.import {
            print("import.sql".to_owned(), self.import())?;
            print("rights_target.sql".to_owned(), self.rights_target())?;
        }
        let manifest = |table: &TablePlan<'_>| self.below_prefix(&format!("{}.manifest", object_key(&table.stem)));
        files.insert(format!("{folder}/plan.json"), plan_json::emit_mysql(self.export, self.place, manifest));
        Ok(())
    }

    /// `policies/users.noren:12`
    fn place_of(&self, span: Span) -> String {
        format!("{}:{}", self.sources.path(span), self.sources.position(span).line)
    }

    /// `s3-ap-northeast-1://bucket/prefix/developers/KEY`
    fn uri(&self, key: &str) -> String {
        let AwsS3 { bucket, prefix, region, .. } = self.place;
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        format!("s3-{region}://{bucket}/{prefix}{}", self.below_prefix(key))
    }

    /// `developers/KEY`
    fn below_prefix(&self, key: &str) -> String {
        format!("{}/{key}", object_key(&names::encode(&self.export.name)))
    }

    fn head(&self, lines: &[&str]) -> Script {
        let mut script = Script::new();
        for line in lines {
            script.comment(line);
        }
        script.comment(&format!("From {}", self.place_of(self.export.span)));
        script.blank();
        script
    }

    /// What every file sets before it does anything.
    fn session(&self, script: &mut Script) {
        script.run(&Statement::SetNames);
        script.run(&Statement::Set("sql_mode", Expr::text(SQL_MODE)));
        script.run(&Statement::Set("time_zone", Expr::text("+00:00")));
        if self.export.version >= 3 {
            script.run(&Statement::SetRoleAll);
        }
        script.blank();
        script.comment("what is found wrong, and what makes an error of it");
        script.run(&Statement::DropTemporary(FINDING));
        script.run(&Statement::DropTemporary(STOP));
        script.run(&Statement::CreateTemporary(FINDING, vec![("finding", ColumnType::Text(FINDING_LENGTH))]));
        script.run(&Statement::CreateTemporary(STOP, vec![(STOP_COLUMN, ColumnType::Required)]));
        script.blank();
    }

    /// What the files were compiled for. A read-only transaction makes no table, so this comes before it.
    fn expect_shape(&self, script: &mut Script) {
        script.comment("what the files were compiled for, column by column");
        script.run(&Statement::DropTemporary(SHAPE));
        let columns = [("item", ColumnType::Text(200)), ("value", ColumnType::LongText)];
        script.run(&Statement::CreateTemporary(SHAPE, columns.to_vec()));
        let items = self.export.tables.iter().flat_map(|table| {
            let item = |(column, value): &(String, String)| {
                vec![Expr::text(format!("{}.{column}", table.name)), Expr::text(value.as_str())]
            };
            table.shape.iter().map(item).collect::<Vec<_>>()
        });
        script.run(&Statement::InsertValues(SHAPE, vec!["item", "value"], items.collect()));
        script.blank();
    }

    /// Findings where a live table is not that.
    fn compare_shape(&self, script: &mut Script) {
        script.comment("the live tables are what was expected");
        let names = || self.export.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>();
        let both = |left: &str, right: &str| {
            let same = |column: &str| Expr::of(left, column).op("=", Expr::of(right, column));
            Join::Left(Expr::And(vec![same("item"), same("value")]))
        };
        let expected = || Relation::table(QName::new("", SHAPE));
        let live = || Relation::Select(Box::new(live_columns(&names())));
        let said = |alias: &str, word: &str| {
            Expr::call(
                "CONCAT",
                [Expr::text(word), Expr::of(alias, "item"), Expr::text(": "), Expr::of(alias, "value")],
            )
        };
        for (first, second, word) in [
            ("expected", "live", "expected a column, found none such: "),
            ("live", "expected", "found a column that the policy does not know: "),
        ] {
            let relation = |name: &str| if name == "live" { live() } else { expected() };
            finding(
                script,
                Select {
                    columns: vec![(said(first, word), None)],
                    from: vec![
                        From::first(relation(first), first),
                        From::joined(relation(second), second, both(first, second)),
                    ],
                    condition: Some(Expr::of(second, "item").is_null()),
                    ..Select::default()
                },
            );
        }
        script.blank();
    }
}

/// The service's guide lists `%` among characters to avoid in keys.
fn object_key(stem: &str) -> String {
    stem.replace('%', "-")
}

/// `table.column` to `int unsigned not null`, of the live tables; display widths differ between versions of a server.
fn live_columns(tables: &[&str]) -> Select {
    let of = |column: &str| Expr::of("c", column);
    let text = |value: Expr| Expr::Collate(Box::new(value.utf8()), QName::new("", "utf8mb4_bin"));
    let item = text(Expr::call("CONCAT", [of("TABLE_NAME"), Expr::text("."), of("COLUMN_NAME")]));
    let is_like = |pattern: &str| of("COLUMN_TYPE").op("LIKE", Expr::text(pattern));
    let whole = ["tinyint", "smallint", "mediumint", "int", "bigint"].map(Expr::text).to_vec();
    let word = |pattern: &str, word: &str| {
        Expr::Case(vec![(is_like(pattern), Expr::text(word))], Some(Box::new(Expr::text(""))))
    };
    let number = Expr::call(
        "CONCAT",
        [
            of("DATA_TYPE"),
            word("tinyint(1)", "(1)"),
            word("% unsigned%", " unsigned"),
            word("% zerofill%", " zerofill"),
        ],
    );
    let named = Expr::Case(
        vec![
            (of("DATA_TYPE").op("IN", Expr::Row(whole)), number),
            (of("DATA_TYPE").op("=", Expr::text("year")), Expr::text("year")),
        ],
        Some(Box::new(of("COLUMN_TYPE"))),
    );
    let generated = Expr::call("COALESCE", [of("GENERATION_EXPRESSION"), Expr::text("")]).op("<>", Expr::text(""));
    let either =
        |condition: Expr, word: &str| Expr::Case(vec![(condition, Expr::text(word))], Some(Box::new(Expr::text(""))));
    let value = text(Expr::call(
        "CONCAT",
        [named, either(of("IS_NULLABLE").op("=", Expr::text("NO")), " not null"), either(generated, " generated")],
    ));
    Select {
        columns: vec![(item, Some("item".into())), (value, Some("value".into()))],
        from: vec![From::first(Relation::table(QName::new("information_schema", "COLUMNS")), "c")],
        condition: Some(Expr::And(vec![
            of("TABLE_SCHEMA").op("=", Expr::call("DATABASE", [])),
            of("TABLE_NAME").op("IN", Expr::Row(tables.iter().copied().map(Expr::text).collect())),
        ])),
        ..Select::default()
    }
}

/// Whatever the query gives is wrong.
fn finding(script: &mut Script, query: Select) {
    script.run(&Statement::InsertSelect(FINDING, vec!["finding"], query));
}

/// `'…' WHERE condition`: a finding where a condition over nothing but the session holds.
fn finding_where(script: &mut Script, text: &str, from: Vec<From>, condition: Expr) {
    finding(
        script,
        Select { columns: vec![(Expr::text(text), None)], from, condition: Some(condition), ..Select::default() },
    );
}

/// One row, for a condition that reads no table.
fn one_row() -> Vec<From> {
    let one = Select { columns: vec![(Expr::Integer(1), Some("one".into()))], ..Select::default() };
    vec![From::first(Relation::Select(Box::new(one)), "one")]
}

/// Shows what was found, and ends the client where that is anything.
fn stop(script: &mut Script) {
    let from = || vec![From::first(Relation::table(QName::new("", FINDING)), "f")];
    let columns = vec![(Expr::of("f", "finding"), Some(Ident::from("found")))];
    script.run(&Statement::Select(Select { columns, from: from(), ..Select::default() }));
    let columns = vec![(Expr::Null, None)];
    script.run(&Statement::InsertSelect(
        STOP,
        vec![STOP_COLUMN],
        Select { columns, from: from(), ..Select::default() },
    ));
    script.blank();
}

/// Makes the table of the list.
fn make_list(script: &mut Script) {
    let types = [ColumnType::Text(64), ColumnType::Text(300), ColumnType::LongText];
    script.run(&Statement::DropTemporary(LIST));
    script.run(&Statement::CreateTemporary(LIST, LIST_COLUMNS.into_iter().zip(types).collect()));
}

/// `id,name`: names of columns as the list has them.
fn column_list(table: &TablePlan<'_>) -> String {
    table.file_columns().map(|column| names::encode(&column.name)).collect::<Vec<_>>().join(",")
}
