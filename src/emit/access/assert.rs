//! `90_assert.sql`: whether a database is what the policy says, and every place where it is not.
//!
//! It must run anywhere, also on a hot standby and as a role that may do nothing but read the catalogs. So nothing is
//! written, no temporary table either: what is expected goes into settings of the transaction as JSON, and the checks
//! are fixed queries that read these. Each returns one row a deviation, in place of an early error, and psql counts the
//! rows; the end raises if there were any.

use super::head::{head, set};
use super::seal;
use crate::catalog::{DataType, QName};
use crate::plan::access::{AccessPlan, RelationKind, RelationPlan};
use crate::project::Stage;
use crate::sql::{
    End, Expr, From, Ident, Isolation, Meta, Mismatch, Relation, Script, Select, SettingValue, Statement, Word,
    WordPart,
};

/// Rows of one VALUES list: the parser of a server, like ours, holds a statement whole.
const ROWS: usize = 1_000;

/// What is expected, one list of rows.
pub(super) struct Facts {
    /// The setting is `noren.NAME`.
    pub(super) name: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Expr>>,
}

/// A query made of the lists that it reads and its own part.
macro_rules! query {
    ($($with:literal)* => $own:literal) => {
        concat!(
            "WITH RECURSIVE ",
            $(include_str!(concat!("assert/with/", $with, ".sql")),)*
            include_str!(concat!("assert/", $own, ".sql"))
        )
    };
}

/// What is looked at, each with the query that returns one row a deviation: what, object, expected, found, repair.
const CHECKS: [(&str, &str); 14] = [
    ("roles and their attributes", query!("role" => "roles")),
    ("memberships, with ADMIN, INHERIT and SET", query!("role" "relation" "escape" "provider" => "memberships")),
    (
        "ways from a role that acts for one tenant to one that sees more, by SET ROLE or inheritance",
        query!("role" "relation" "escape" => "escapes"),
    ),
    ("owners", query!("role" "relation" "routine" => "owners")),
    ("functions that policies read settings with", query!("role" => "helpers")),
    ("tables, row security, partitions and tables that were added since", query!("relation" => "tables")),
    ("policies: those of the files and no others, unchanged since they were made", query!("relation" => "policies")),
    ("grants on tables, views and columns", query!("role" "grantee" "relation" "provider" => "grants")),
    ("grants on sequences", query!("role" "grantee" => "sequences")),
    ("schemas", query!("role" "grantee" => "schemas")),
    ("functions, and what runs as somebody else", query!("role" "grantee" "relation" "routine" => "functions")),
    ("default privileges", query!("role" "grantee" => "defaults")),
    ("views, materialized views and rules over scoped tables", query!("role" "relation" => "views")),
    ("settings that are stored where none may be", query!("role" => "settings")),
];

/// Needs nothing of the policy.
const VERSION: (&str, &str) = ("leaks of PostgreSQL itself that a newer minor version closes", query!(=> "version"));

const NOTES: &str = query!("role" "relation" "escape" "provider" => "notes");

/// The file.
///
/// # Errors
/// A predicate that cannot be printed.
pub fn assert(plan: &AccessPlan) -> Result<Script, Mismatch> {
    let mut script = head(&[
        "Whether this database is what the policy says: prints every deviation with the statement that repairs it,",
        "and ends with an error if there is one. Reads the catalogs alone, in a READ ONLY transaction, as any role:",
        "psql -X -f 90_assert.sql",
    ]);
    begin(&mut script);
    expect(&mut script, facts(plan)?);
    for (words, query) in CHECKS.into_iter().chain([VERSION]) {
        check(&mut script, words, query);
    }
    script.blank().comment("good to know; none of these is a deviation");
    script.run(Statement::Query(NOTES));
    verdict(&mut script, include_str!("assert/verdict.sql"));
    Ok(script)
}

/// One snapshot for all queries; SERIALIZABLE is not to be had on a standby.
pub(super) fn begin(script: &mut Script) {
    script.blank();
    script.run(Statement::Begin { isolation: Some(Isolation::RepeatableRead), read_only: true });
    // The planner knows nothing of how long the lists are; compiling a plan takes longer than any of these runs.
    script.run(set(true, "jit", SettingValue::Off));
    for (option, value) in PRINTED {
        script.meta(Meta::PrintSetting(option, value));
    }
    script.meta(Meta::Set(COUNTS.to_owned(), vec![Word::text("0")]));
}

/// One line a column; nothing at all where there is no row.
const PRINTED: [(&str, &str); 6] = [
    ("expanded", "on"),
    ("footer", "off"),
    ("tuples_only", "on"),
    ("format", "unaligned"),
    ("fieldsep", "': '"),
    ("recordsep", "'\\n'"),
];

/// psql's variable with the counts of rows, `0,3,0,…`.
const COUNTS: &str = "noren_counts";

/// Sends a query and writes down how many rows it gave.
pub(super) fn check(script: &mut Script, words: &str, query: &'static str) {
    script.blank().comment(words);
    script.run(Statement::Query(query));
    let counts = vec![
        WordPart::Variable(COUNTS.to_owned()),
        WordPart::Text(",".to_owned()),
        WordPart::Variable("ROW_COUNT".to_owned()),
    ];
    script.meta(Meta::Set(COUNTS.to_owned(), vec![Word(counts)]));
}

/// Raises if any query gave a row.
pub(super) fn verdict(script: &mut Script, raise: &'static str) {
    script.blank();
    let counts = Expr::call("string_to_array", [Expr::Variable(COUNTS.to_owned()), Expr::text(",")]);
    let each = Relation::Function(Expr::call("unnest", [counts]), false);
    let sum = Expr::call("sum", [Expr::column("count").cast("int4")]);
    let mut from = From::first(each, "counted");
    from.columns.push(Ident::from("count"));
    let value = Expr::call("set_config", [Expr::text("noren.deviations"), sum.cast("text"), Expr::Boolean(true)]);
    let select =
        Select { columns: vec![(value, Some(Ident::from("noren_deviations")))], from: vec![from], ..Select::default() };
    script.send(Statement::Select(select), End::Set(None));
    script.run(Statement::Do(raise));
    script.run(Statement::Commit);
}

/// `set_config` of each list; what it returns would only be printed, so its length is taken.
pub(super) fn expect(script: &mut Script, facts: Vec<Facts>) {
    for list in facts {
        script.blank();
        let Facts { name, columns, rows } = list;
        if rows.is_empty() {
            store(script, name, Expr::text("[]"), Vec::new());
            continue;
        }
        for (index, chunk) in rows.chunks(ROWS).enumerate() {
            let found = Expr::call("jsonb_agg", [Expr::call("to_jsonb", [Expr::column("expected")])]);
            let all = if index == 0 { found } else { stored(name).op("||", found) };
            let mut from = From::first(Relation::Values(chunk.to_vec()), "expected");
            from.columns = columns.iter().map(|column| Ident::from(*column)).collect();
            store(script, name, all.cast("text"), vec![from]);
        }
    }
}

fn stored(name: &str) -> Expr {
    Expr::call("current_setting", [Expr::text(format!("noren.{name}"))]).cast("jsonb")
}

fn store(script: &mut Script, name: &str, value: Expr, from: Vec<From>) {
    let value = Expr::call("set_config", [Expr::text(format!("noren.{name}")), value, Expr::Boolean(true)]);
    let column = (Expr::call("length", [value]), Some(Ident::from("noren_length")));
    script.send(Statement::Select(Select { columns: vec![column], from, ..Select::default() }), End::Set(None));
}

/// Everything that the plan says.
pub(super) fn facts(plan: &AccessPlan) -> Result<Vec<Facts>, Mismatch> {
    let mut facts = vec![roles(plan), memberships(plan), helpers(plan), routines(plan), namespaces(plan)];
    facts.extend([tenancy(plan), relations(plan), policies(plan)?, exporters(plan), privileges(plan), sequences(plan)]);
    Ok(facts)
}

fn roles(plan: &AccessPlan) -> Facts {
    let row = |role: &crate::plan::access::RolePlan| {
        let login = role.login.map_or(Expr::Null.cast("bool"), Expr::Boolean);
        let flags = [role.bypass_rls, role.tenants_own, role.owner].map(Expr::Boolean);
        [Expr::text(role.name.as_str()), login].into_iter().chain(flags).collect()
    };
    let columns = &["name", "login", "bypass", "tenants_own", "owner"];
    Facts { name: "role", columns, rows: plan.roles.iter().map(row).collect() }
}

fn memberships(plan: &AccessPlan) -> Facts {
    let rows = plan.memberships.iter().map(|one| texts([&one.of, &one.member])).collect();
    Facts { name: "membership", columns: &["of", "member"], rows }
}

fn helpers(plan: &AccessPlan) -> Facts {
    let columns = &["schema", "name", "setting", "type_schema", "type_name", "is_array"];
    let rows = plan.settings.iter().map(|of| {
        let QName { schema, name } = &of.data_type.name;
        let mut row = texts([&of.function.schema, &of.function.name, &of.setting, schema, name]);
        row.push(Expr::Boolean(of.data_type.dimensions > 0));
        row
    });
    Facts { name: "helper", columns, rows: rows.collect() }
}

/// The helper functions, and the functions of the schema that the policy speaks of.
fn routines(plan: &AccessPlan) -> Facts {
    let helpers = plan.settings.iter().map(|of| (&of.function, Vec::new(), of.callers.clone()));
    let functions = plan.functions.iter().map(|of| {
        let arguments = of.arguments.iter().map(type_name).collect();
        (&of.name, arguments, of.execute.keys().cloned().collect())
    });
    let rows = helpers.chain(functions).map(|(name, arguments, roles)| {
        let mut row = texts([&name.schema, &name.name]);
        row.extend([array(arguments), array(roles)]);
        row
    });
    Facts { name: "routine", columns: &["schema", "name", "arguments", "roles"], rows: rows.collect() }
}

fn type_name(of: &DataType) -> String {
    format!("{}{}", of.name, if of.dimensions > 0 { "[]" } else { "" })
}

fn namespaces(plan: &AccessPlan) -> Facts {
    let of_schema = |schema: &crate::plan::access::SchemaPlan| {
        schema.usage.keys().map(|role| texts([&schema.name, role])).collect::<Vec<_>>()
    };
    let rows = plan.schemas.iter().flat_map(of_schema).collect();
    Facts { name: "namespace", columns: &["name", "role"], rows }
}

fn tenancy(plan: &AccessPlan) -> Facts {
    let rows = plan.tenant_column.iter().map(|column| texts([column])).collect();
    Facts { name: "tenancy", columns: &["tenant_column"], rows }
}

fn relations(plan: &AccessPlan) -> Facts {
    let columns = &["schema", "name", "kind", "file", "secured", "enabled", "forced", "as_caller"];
    let row = |relation: &RelationPlan| {
        let mut row = texts([&relation.name.schema, &relation.name.name]);
        row.extend([Expr::text(kind(relation)), Expr::text(relation.stem.as_str())]);
        let (enabled, forced) = row_security(relation);
        row.extend([relation.row_security.is_some(), enabled, forced, relation.runs_as_caller].map(Expr::Boolean));
        row
    };
    Facts { name: "relation", columns, rows: plan.relations.iter().map(row).collect() }
}

/// `pg_class.relkind`, one of these letters. A partition may be partitioned itself; a foreign table, which the plan
/// calls a table, never has row security.
fn kind(of: &RelationPlan) -> &'static str {
    match of.kind {
        RelationKind::Table if of.row_security.is_some() => "r",
        RelationKind::Table => "rf",
        RelationKind::Partitioned => "p",
        RelationKind::Partition(_) if of.row_security.is_some() => "rp",
        RelationKind::Partition(_) => "rpf",
        RelationKind::View => "v",
        RelationKind::MaterializedView => "m",
    }
}

/// ENABLE and FORCE as the stage leaves them.
fn row_security(of: &RelationPlan) -> (bool, bool) {
    match of.row_security {
        None | Some(Stage::Off) => (of.before.enabled, of.before.forced),
        Some(Stage::Enabled) => (true, of.before.forced),
        Some(Stage::Forced) => (true, true),
    }
}

fn policies(plan: &AccessPlan) -> Result<Facts, Mismatch> {
    let mut rows = Vec::new();
    for relation in &plan.relations {
        for policy in &relation.policies {
            let digest = seal::digest(&relation.name, policy)?;
            rows.push(texts([&relation.name.schema, &relation.name.name, &policy.name, &digest]));
        }
    }
    Ok(Facts { name: "policy", columns: &["schema", "table_name", "name", "digest"], rows })
}

fn exporters(plan: &AccessPlan) -> Facts {
    let row = |of: &crate::plan::access::ExporterPlan| texts([&of.table.schema, &of.table.name, &of.policy, &of.role]);
    let columns = &["schema", "table_name", "name", "role"];
    Facts { name: "exporter", columns, rows: plan.exporters.iter().map(row).collect() }
}

fn privileges(plan: &AccessPlan) -> Facts {
    let columns = &["schema", "name", "column_name", "role", "privilege"];
    let of_relation = |relation: &RelationPlan| {
        let QName { schema, name } = relation.name.clone();
        let of_grant = move |grant: &crate::plan::access::GrantPlan| {
            let columns: Vec<Option<&String>> =
                grant.columns.as_ref().map_or(vec![None], |columns| columns.iter().map(Some).collect());
            let row = |column: Option<&String>| {
                let mut row = texts([&schema, &name]);
                row.push(column.map_or(Expr::Null.cast("text"), |column| Expr::text(column.as_str())));
                row.extend([Expr::text(grant.role.as_str()), Expr::text(grant.command.word().to_uppercase())]);
                row
            };
            columns.into_iter().map(row).collect::<Vec<_>>()
        };
        relation.grants.iter().flat_map(of_grant).collect::<Vec<_>>()
    };
    Facts { name: "privilege", columns, rows: plan.relations.iter().flat_map(of_relation).collect() }
}

fn sequences(plan: &AccessPlan) -> Facts {
    let sequences = plan.relations.iter().flat_map(|relation| &relation.sequences);
    let rows = sequences
        .flat_map(|(sequence, roles)| roles.iter().map(|role| texts([&sequence.schema, &sequence.name, role])))
        .collect();
    Facts { name: "sequence", columns: &["schema", "name", "role"], rows }
}

/// Every column of the tables under row security, with its type.
pub(super) fn columns(plan: &AccessPlan) -> Facts {
    let of_relation = |relation: &RelationPlan| {
        let QName { schema, name } = relation.name.clone();
        let row = move |(column, of): (&String, &DataType)| texts([&schema, &name, column, &type_name(of)]);
        relation.columns.iter().map(row).collect::<Vec<_>>()
    };
    let columns = &["schema", "name", "column_name", "type"];
    Facts { name: "column", columns, rows: plan.relations.iter().flat_map(of_relation).collect() }
}

pub(super) fn version(plan: &AccessPlan) -> Facts {
    let rows = vec![vec![Expr::Integer(i64::from(plan.version))]];
    Facts { name: "version", columns: &["major"], rows }
}

fn texts<const N: usize>(values: [&str; N]) -> Vec<Expr> {
    values.map(Expr::text).to_vec()
}

fn array(values: Vec<String>) -> Expr {
    let text = DataType { name: QName::new("pg_catalog", "text"), modifiers: Vec::new(), dimensions: 0 };
    Expr::Array(values.into_iter().map(Expr::Text).collect(), text)
}
