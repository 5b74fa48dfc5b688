//! The tenant column of tables that lack one, on a real server, run as somebody who owns the tables and is nothing more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use noren::catalog::{Catalog, DataType, QName, read};
use noren::emit::access::tenancy;
use noren::model::Model;
use noren::model::access::{AccessSetting, Parent, Scope, ScopeKind, Tenancy};
use noren::plan::access::{MigrationPlan, plan_migrations};
use noren::server::Server;
use noren::source::{Sources, Span};

use crate::end_to_end::harness::{OWNER, difference, state};
use crate::end_to_end::script::pieces;
use crate::support::{self, Database};

/// A policy without its text: what the resolver makes of one.
struct Policy<'a> {
    schema: &'a str,
    root: (&'a str, &'a str),
    column: &'a str,
    many: bool,
    /// Each with its tenant column.
    scoped: &'a [((&'a str, &'a str), &'a str)],
    /// Each with the foreign key through which it gets its tenant, and why where that may be NULL.
    added: &'a [((&'a str, &'a str), &'a str, Option<&'a str>)],
}

fn qname((schema, name): (&str, &str)) -> QName {
    QName::new(schema, name)
}

struct Compiled {
    sources: Sources,
    plans: Result<Vec<MigrationPlan>, Vec<String>>,
    folder: tempfile::TempDir,
}

impl Policy<'_> {
    fn model(&self, catalog: &Catalog, span: Span) -> Model {
        let mut model = Model::default();
        let root = qname(self.root);
        let root_column = self.scoped.iter().find(|(table, _)| *table == self.root).unwrap().1;
        let base = catalog.base_type(&catalog.tables[&root].columns[root_column].data_type).data_type;
        let function = QName::new("noren", "app_tenant");
        let data_type = DataType { dimensions: u8::from(self.many), ..base.clone() };
        let setting = AccessSetting { name: "app.tenant".to_owned(), data_type, function, span };
        model.access.settings.insert(setting.name.clone(), setting);
        model.access.tenancy = Some(Tenancy {
            root,
            root_column: root_column.to_owned(),
            data_type: base,
            column: self.column.to_owned(),
            setting: "app.tenant".to_owned(),
            many: self.many,
            span,
        });
        for (table, column) in self.scoped {
            let kind = ScopeKind::Column { column: (*column).to_owned(), or_null: false };
            model.access.scopes.insert(qname(*table), Scope { kind, span, because: None });
        }
        for (table, key, because) in self.added {
            let found = &catalog.tables[&qname(*table)];
            let key = found.foreign_keys.iter().find(|one| one.name == *key).unwrap();
            let parent = Parent {
                table: key.references.clone(),
                constraint: key.name.clone(),
                columns: key.columns.iter().cloned().zip(key.referenced_columns.iter().cloned()).collect(),
                nullable: because.is_some(),
            };
            let because = because.map(ToOwned::to_owned);
            model.access.scopes.insert(qname(*table), Scope { kind: ScopeKind::Added(parent), span, because });
        }
        model
    }

    fn compile(&self, version: u32) -> Compiled {
        let mut sources = Sources::default();
        let schema = sources.add("schema.sql", self.schema).unwrap();
        let policy = sources.add("policies/access.noren", "table t { scoped via x; }").unwrap();
        let (catalog, found) = read(&sources, &[schema]);
        assert!(found.is_empty(), "{found:?}");
        let plans = plan_migrations(&catalog, &self.model(&catalog, Span::new(policy, 0, 5)), version);
        let plans = plans.map_err(|found| found.into_iter().map(|one| one.title).collect());
        let folder = tempfile::tempdir().unwrap();
        for (name, script) in tenancy::files(plans.as_deref().unwrap_or_default(), &sources) {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, script.print().unwrap()).unwrap();
        }
        Compiled { sources, plans, folder }
    }
}

impl Compiled {
    fn plans(&self) -> &[MigrationPlan] {
        self.plans.as_deref().unwrap_or_else(|found| panic!("{found:?}"))
    }

    fn files(&self) -> Vec<PathBuf> {
        tenancy::includes(self.plans()).iter().map(|name| self.folder.path().join(name)).collect()
    }

    fn undo(&self) -> Vec<PathBuf> {
        tenancy::undo(self.plans()).iter().map(|name| self.folder.path().join(name)).collect()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join("20_tenancy").join(name)).unwrap()
    }
}

fn psql(database: &Database, file: &Path) -> Output {
    database.psql(OWNER, [Path::new("-f"), file], &[], Path::new("/"))
}

/// Runs files until one fails.
fn run(database: &Database, files: &[PathBuf]) -> Result<String, String> {
    let mut said = String::new();
    for file in files {
        let output = psql(database, file);
        said += &support::text(&output);
        if !output.status.success() {
            return Err(format!("{}: {said}", file.display()));
        }
    }
    Ok(said)
}

#[track_caller]
fn whole(database: &Database, files: &[PathBuf]) -> String {
    run(database, files).unwrap_or_else(|error| panic!("{error}"))
}

/// The schema with rows, owned by somebody who is no superuser, and the function that the default calls.
fn database(server: &'static Server, schema: &str, rows: &str, returns: &str) -> Database {
    for role in [format!("\"{OWNER}\" LOGIN"), "maker SUPERUSER LOGIN".to_owned(), "app LOGIN".to_owned()] {
        let sql = format!(
            "DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;"
        );
        server.execute("postgres", &sql).unwrap();
    }
    let database = Database::owned(server, "tenancy", Some(OWNER));
    database.sql_as("maker", schema);
    database.sql_as("maker", rows);
    let (of_one, array) = match returns.strip_suffix("[]") {
        Some(element) => (element, "[]"),
        None => (returns, ""),
    };
    database.sql_as(
        "maker",
        &format!(
            "CREATE SCHEMA noren;
             CREATE FUNCTION noren.app_tenant() RETURNS {of_one}{array} LANGUAGE sql STABLE PARALLEL SAFE
               RETURN nullif(pg_catalog.current_setting('app.tenant', true), '')::{of_one}{array};"
        ),
    );
    database.sql(&format!("REASSIGN OWNED BY maker TO \"{OWNER}\"; ANALYZE;"));
    database
}

/// Names of internal triggers hold numbers that differ between databases; a dropped column leaves a trace that nobody sees.
fn shown(database: &Database) -> BTreeMap<String, String> {
    let mut state = state(database);
    state.retain(|key, _| !key.contains("RI_ConstraintTrigger") && !key.contains("pg.dropped"));
    state
}

#[track_caller]
fn same(what: &str, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
    let wrong = difference(before, after);
    assert!(wrong.is_empty(), "{what}: {} differ\n{}", wrong.len(), wrong.join("\n"));
}

const ODD: &str = include_str!("tenancy/odd.sql");

fn odd_rows(rows: u32) -> String {
    include_str!("tenancy/odd_rows.sql").replace(":rows", &rows.to_string())
}

const DETAIL: (&str, &str) = ("会社", "明細 of 'a' \"b\"");

/// The chain orders, select, 明細, and a partitioned child of a partitioned parent.
fn odd() -> Policy<'static> {
    Policy {
        schema: ODD,
        root: ("public", "Tenant"),
        column: "user",
        many: false,
        scoped: &[(("public", "Tenant"), "Key"), (("public", "orders"), "user"), (("public", "ledger"), "user")],
        added: &[
            (("public", "select"), "of order", None),
            (DETAIL, "行の", Some("lines may be orphaned")),
            (("extra", "last"), "last_of_fkey", None),
            (("public", "entries"), "entries_ledger_fkey", None),
        ],
    }
}

/// Rows whose tenant is not their parent's, with rows that have none but should.
fn wrong_tenants(database: &Database) -> Vec<String> {
    database
        .rows(
            "SELECT 'select', count(*) FROM public.\"select\" c JOIN public.orders p USING (shop, no) WHERE c.\"user\" IS DISTINCT FROM p.\"user\"
             UNION ALL SELECT '明細', count(*) FROM \"会社\".\"明細 of 'a' \"\"b\"\"\" c LEFT JOIN public.\"select\" p ON p.id = c.\"行\" WHERE c.\"user\" IS DISTINCT FROM p.\"user\"
             UNION ALL SELECT 'last', count(*) FROM extra.last c JOIN \"会社\".\"明細 of 'a' \"\"b\"\"\" p ON p.\"キー\" = c.of WHERE c.\"user\" IS DISTINCT FROM p.\"user\"
             UNION ALL SELECT 'entries', count(*) FROM public.entries c JOIN public.ledger p ON (p.year, p.id) = (c.year, c.ledger) WHERE c.\"user\" IS DISTINCT FROM p.\"user\"",
        )
        .into_iter()
        .filter(|row| row[1].as_deref() != Some("0"))
        .map(|row| format!("{row:?}"))
        .collect()
}

#[test]
fn a_chain_partitions_and_hostile_names_get_their_tenants_and_give_them_back() {
    for major in [None, Some(14), Some(18)] {
        let Some(server) = support::server(major) else { continue };
        odd_on(server);
    }
}

fn odd_on(server: &'static Server) {
    let compiled = odd().compile(server.binaries().major);
    let database = database(server, ODD, &odd_rows(50_000), "character varying");
    let before = shown(&database);
    let said = whole(&database, &compiled.files());
    assert!(said.matches("rows filled").count() > 6, "50,000 rows are more than one batch: {said}");
    assert!(said.contains("40 rows reference nothing and belong to nobody"), "{said}");
    assert_eq!(wrong_tenants(&database), Vec::<String>::new());
    assert_eq!(database.value("SELECT count(*) FROM public.\"select\" WHERE changed <> 0"), "0", "a trigger has fired");
    assert_eq!(database.value("SELECT count(*) FROM public.entries WHERE changed <> 0"), "0", "a trigger has fired");
    assert_eq!(database.value("SELECT count(*) FROM public.log"), "0", "a trigger has fired");
    let done = shown(&database);
    assert!(difference(&before, &done).len() > 30);
    whole(&database, &compiled.files());
    same("a second run", &done, &shown(&database));
    holds(&database);
    whole(&database, &compiled.undo());
    same("undone", &before, &shown(&database));
    whole(&database, &compiled.undo());
    same("undone twice", &before, &shown(&database));
}

/// What the keys are for.
fn holds(database: &Database) {
    for (what, sql) in [
        (
            "another tenant's child",
            "INSERT INTO public.\"select\" (no, shop, note, \"user\") SELECT no, shop, 'x', CASE \"user\" WHEN 'A' THEN 'b' ELSE 'A' END FROM public.orders LIMIT 1",
        ),
        (
            "a child without tenant",
            "INSERT INTO public.\"select\" (no, shop, note) SELECT no, shop, 'x' FROM public.orders LIMIT 1",
        ),
        (
            "another tenant's entry",
            "INSERT INTO public.entries (year, ledger, kind, amount, \"user\") SELECT year, id, 'a', 1, CASE \"user\" WHEN 'A' THEN 'b' ELSE 'A' END FROM public.ledger LIMIT 1",
        ),
        ("a moved parent", "UPDATE public.ledger SET \"user\" = CASE \"user\" WHEN 'A' THEN 'b' ELSE 'A' END"),
        (
            "a referring row without tenant",
            "BEGIN; SET CONSTRAINTS ALL IMMEDIATE; UPDATE \"会社\".\"明細 of 'a' \"\"b\"\"\" SET \"user\" = NULL; COMMIT",
        ),
    ] {
        let refused = database.try_sql(sql).expect_err(what);
        assert!(refused.contains("violates"), "{what}: {refused}");
    }
    let ours = "SELECT set_config('app.tenant', \"user\", true) FROM public.orders WHERE no = 1 \\gset\n";
    database.sql(&format!(
        "BEGIN;\n{ours}INSERT INTO public.\"select\" (no, shop, note) VALUES (1, 1, 'by default');\nROLLBACK;"
    ));
    // The reference is cleared, the tenant is not.
    let cleared = database.sql(
        "BEGIN; DELETE FROM extra.last; DELETE FROM public.\"select\" WHERE id = 1; SET CONSTRAINTS ALL IMMEDIATE;
         COPY (SELECT count(*) FROM \"会社\".\"明細 of 'a' \"\"b\"\"\" WHERE \"行\" IS NULL AND \"user\" IS NOT NULL) TO STDOUT; ROLLBACK;",
    );
    assert_eq!(cleared.trim(), "1");
}
