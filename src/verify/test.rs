//! The policy's own tests.
//!
//! The problem: rows that exist in a test only are seen by no other session, and a role must be bound as it is in
//! production. The mechanism: a test with rows is one transaction of a superuser, who inserts them past triggers and
//! foreign keys and then becomes the role for the rest of it; it is always rolled back. A test without rows logs in as
//! its role and asks the made rows. Settings come by `set_config`, as programs set them.

use super::masking::run::KEYS;
use super::masking::trace;
use super::report::{Kind, Report};
use super::session::{Refusal, Session};
use super::text::{Part, Sql};
use super::world::{Failure, World};
use crate::catalog::{DataType, QName, TypeKind};
use crate::model::MaskUse;
use crate::model::test::{GivenRows, Test, TestPiece, TestSql};
use crate::plan::test as masks;
use crate::postgres::with_tree;
use crate::sql::Expr;
use pg_query::NodeEnum;
use pg_query::protobuf::{AExprKind, Node, ParseResult};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Whether the tests, or the one of this title, have a role whose rights must be there.
pub fn need_access(world: &World<'_>, title: Option<&str>) -> bool {
    chosen(world, title).any(|test| test.role.is_some())
}

fn chosen<'w>(world: &World<'w>, title: Option<&'w str>) -> impl Iterator<Item = &'w Test> {
    world.model.tests.values().filter(move |test| title.is_none_or(|title| test.title == title))
}

/// Runs all tests, or the one of this title. `applied` is a database with rows to which the access files were applied.
pub fn check(
    world: &World<'_>,
    applied: Option<&str>,
    title: Option<&str>,
    report: &mut Report,
) -> Result<(), Failure> {
    for test in chosen(world, title) {
        if test.role.is_some() && applied.is_none() {
            report.skipped(Kind::Test, &test.title, "is true", "the access files did not apply, so no role is bound");
            continue;
        }
        let result = run(world, applied.unwrap_or(world.source()), test);
        report.tried(Kind::Test, &test.title, "is true", result);
    }
    Ok(())
}

fn run(world: &World<'_>, database: &str, test: &Test) -> Result<(), String> {
    let made = Made::of(world, test);
    let login = test.role.as_ref().filter(|_| test.given.is_empty() && logs_in(world, test));
    let role = login.map_or(world.engine.superuser(), String::as_str);
    let mut session = world.engine.connect(database, role).map_err(|refusal| refusal.to_string())?;
    let session = session.as_mut();
    session.run(&Sql::whole("BEGIN")).map_err(|refusal| refusal.to_string())?;
    let result = within(session, test, &made, login.is_none());
    // The connection ends here too, and with it whatever is left of the transaction.
    let _ = session.run(&Sql::whole("ROLLBACK"));
    result
}

fn logs_in(world: &World<'_>, test: &Test) -> bool {
    let role = test.role.as_ref().and_then(|role| world.model.access.roles.get(role));
    role.is_some_and(|role| role.login == Some(true))
}

fn within(session: &mut dyn Session, test: &Test, made: &Made<'_>, becomes: bool) -> Result<(), String> {
    let told = |what: &str, refusal: &Refusal| format!("{what}: {refusal}");
    if !test.given.is_empty() {
        empty(session, test).map_err(|refusal| told("the tables cannot be emptied", &refusal))?;
    }
    for given in &test.given {
        insert(session, given, made)
            .map_err(|refusal| told(&format!("the rows of {} are refused", given.table), &refusal))?;
    }
    let path = made.world.project.search.iter().map(|schema| Sql::of("$1", &[Part::Name(schema)])).collect::<Vec<_>>();
    let path = if path.is_empty() { Sql::whole("pg_catalog") } else { Sql::joined(&path, ", ") };
    let begin = Sql::of("SET LOCAL session_replication_role = origin; SET LOCAL search_path = $1", &[Part::Sql(&path)]);
    let path = Sql::of("SET LOCAL search_path = $1", &[Part::Sql(&path)]);
    session.run(if becomes { &begin } else { &path }).map_err(|refusal| refusal.to_string())?;
    if let Some(role) = test.role.as_ref().filter(|_| becomes) {
        let become_it = Sql::of("SET LOCAL SESSION AUTHORIZATION $1", &[Part::Name(role)]);
        session.run(&become_it).map_err(|refusal| told(&format!("`{role}` cannot act"), &refusal))?;
    }
    let key = Part::Text(KEYS.first().copied().unwrap_or_default());
    let setting = Part::Text(masks::setting(made.world.model));
    session.run(&Sql::of("SELECT set_config($1, $2, true)", &[setting, key])).map_err(|refusal| refusal.to_string())?;
    if calls_a_keyed_mask(test) {
        trace::make_pads(session, masks::setting(made.world.model)).map_err(|failure| failure.message)?;
    }
    for (name, data_type, value) in &test.settings {
        let value = made.setting(data_type, value);
        let set = Sql::of("SELECT set_config($1, ($2)::text, true)", &[Part::Text(name), Part::Sql(&value)]);
        session.run(&set).map_err(|refusal| told(&format!("`{name}` cannot be set"), &refusal))?;
    }
    let expect = made.sql(&test.expect, None);
    let answer = session.run(&Sql::of("SELECT ($1)::boolean", &[Part::Sql(&expect)]));
    let rows = answer.map_err(|refusal| told("expected true, the server refused", &refusal))?.rows;
    match rows.as_slice() {
        [row] => match row.first() {
            Some(Some(truth)) if truth == "t" => Ok(()),
            Some(Some(_)) => Err(format!("expected true, found false{}", sides(session, expect.as_str()))),
            _ => Err(format!("expected true, found NULL{}", sides(session, expect.as_str()))),
        },
        rows => Err(format!("expected one true, found {} rows", rows.len())),
    }
}

fn calls_a_keyed_mask(test: &Test) -> bool {
    let mut keyed = false;
    for sql in test.each_sql() {
        sql.each_piece(&mut |piece| {
            let TestPiece::Mask(mask) = piece else { return };
            keyed |= matches!(&mask.mask, MaskUse::Call(call) if call.mask.keyed());
        });
    }
    keyed
}

fn insert(session: &mut dyn Session, given: &GivenRows, made: &Made<'_>) -> Result<(), Refusal> {
    let columns: Vec<Sql> = given.columns.iter().map(|name| Sql::of("$1", &[Part::Name(name)])).collect();
    let row = |row: &Vec<TestSql>| {
        let values: Vec<Sql> = row.iter().map(|value| made.sql(value, None)).collect();
        Sql::of("($1)", &[Part::Sql(&Sql::joined(&values, ", "))])
    };
    let rows: Vec<Sql> = given.rows.iter().map(row).collect();
    let parts =
        [Part::Relation(&given.table), Part::Sql(&Sql::joined(&columns, ", ")), Part::Sql(&Sql::joined(&rows, ", "))];
    let text = "SET LOCAL session_replication_role = replica; SET LOCAL row_security = off; \
                INSERT INTO $1 ($2) OVERRIDING SYSTEM VALUE VALUES $3; SET LOCAL row_security = on";
    session.run(&Sql::of(text, &parts)).map(drop)
}

/// Made rows would have keys and counts of their own: the tables that a test names hold what it says.
fn empty(session: &mut dyn Session, test: &Test) -> Result<(), Refusal> {
    session.run(&Sql::whole("SET LOCAL session_replication_role = replica"))?;
    for given in &test.given {
        session.run(&Sql::of("DELETE FROM $1", &[Part::Relation(&given.table)]))?;
    }
    Ok(())
}

/// What `tenant(…)` and `sample(…)` stand for in one test.
struct Made<'w> {
    world: &'w World<'w>,
    tenants: BTreeMap<String, String>,
    /// The first type that something says of a sample.
    types: BTreeMap<String, DataType>,
}

impl<'w> Made<'w> {
    fn of(world: &'w World<'w>, test: &Test) -> Self {
        let mut made = Self { world, tenants: BTreeMap::new(), types: BTreeMap::new() };
        let mut labels = std::collections::BTreeSet::new();
        for sql in test.each_sql() {
            sql.each_piece(&mut |piece| match piece {
                TestPiece::Tenant(label) => drop(labels.insert(label.clone())),
                TestPiece::Sample(label, Some(data_type)) => {
                    made.types.entry(label.clone()).or_insert_with(|| data_type.clone());
                }
                _ => {}
            });
        }
        let Some(tenancy) = &world.model.access.tenancy else { return made };
        // Without rows of its own a test is of the tenants that have some.
        let there = world.filled.tenants.as_ref().filter(|_| test.given.is_empty());
        let mut there = there.map(|tenants| [tenants.first.clone(), tenants.second.clone()]).into_iter().flatten();
        for label in labels {
            let value = there.next().unwrap_or_else(|| made.value(&tenancy.data_type, &format!("tenant {label}")));
            made.tenants.insert(label, value);
        }
        made
    }

    /// An expression with everything put in; `element` casts what is made.
    fn sql(&self, sql: &TestSql, element: Option<&DataType>) -> Sql {
        let pieces: Vec<Sql> = sql.pieces.iter().map(|piece| self.piece(piece, element)).collect();
        Sql::joined(&pieces, "")
    }

    fn piece(&self, piece: &TestPiece, element: Option<&DataType>) -> Sql {
        match piece {
            TestPiece::Sql(text) => Sql::whole(text.as_str()),
            TestPiece::Tenant(label) => {
                let data_type = self.world.model.access.tenancy.as_ref().map(|tenancy| &tenancy.data_type);
                made(self.tenants.get(label).map_or("", String::as_str), element.or(data_type))
            }
            TestPiece::Sample(label, own) => {
                let data_type = own.as_ref().or_else(|| self.types.get(label));
                let text = QName::new("pg_catalog", "text");
                let text = DataType { name: text, modifiers: Vec::new(), dimensions: 0 };
                let data_type = data_type.unwrap_or(&text);
                made(&self.value(data_type, label), Some(data_type))
            }
            TestPiece::Mask(mask) => {
                let value = self.sql(&mask.value, None);
                let world = self.world;
                let masked = masks::masked(world.catalog, mask, value.as_str().to_owned());
                // What cannot be printed is no SQL; the server says so where the test runs.
                Sql::whole(masked.unwrap_or_else(|mismatch| mismatch.to_string()))
            }
        }
    }

    fn setting(&self, data_type: &DataType, value: &TestSql) -> Sql {
        if data_type.dimensions > 0 && value.is_made() {
            let element = DataType { dimensions: 0, ..data_type.clone() };
            return Sql::of("ARRAY[$1]", &[Part::Sql(&self.sql(value, Some(&element)))]);
        }
        self.sql(value, None)
    }

    /// A value of a type, always the same for a label.
    fn value(&self, data_type: &DataType, label: &str) -> String {
        let base = self.world.catalog.base_type(data_type);
        let digest = Sha256::digest(label.as_bytes());
        let bytes: [u8; 8] = std::array::from_fn(|at| digest.get(at).copied().unwrap_or_default());
        let number = u64::from_be_bytes(bytes);
        if let Some(TypeKind::Enum(labels)) =
            self.world.catalog.types.get(&base.data_type.name).map(|found| &found.kind)
        {
            let count = u64::try_from(labels.len()).unwrap_or(1).max(1);
            let at = usize::try_from(number % count).unwrap_or_default();
            return labels.get(at).cloned().unwrap_or_default();
        }
        match base.data_type.name.name.as_str() {
            "uuid" => format!("{number:016x}{number:016x}"),
            "int2" => (20_000 + number % 10_000).to_string(),
            "int4" | "int8" | "numeric" | "float8" | "float4" | "oid" => {
                (1_500_000_000 + number % 500_000_000).to_string()
            }
            "bool" => number.is_multiple_of(2).to_string(),
            "date" | "timestamp" | "timestamptz" => {
                format!("{}-{:02}-{:02}", 1950 + number % 50, 1 + number % 12, 1 + number % 28)
            }
            "inet" | "cidr" => format!("192.0.2.{}", number % 256),
            "json" | "jsonb" => format!("{{\"sample\": {}}}", serde_json::Value::from(label)),
            _ => label.to_owned(),
        }
    }
}

/// A made value with its type.
fn made(value: &str, data_type: Option<&DataType>) -> Sql {
    let value = Expr::text(value);
    let value = data_type.map_or(value.clone(), |data_type| value.cast_to(data_type.clone()));
    Sql::whole(value.print().unwrap_or_default())
}

/// Both sides of a comparison, where the expression is one: what a reader asks first.
fn sides(session: &mut dyn Session, expect: &str) -> String {
    let mut said = String::new();
    for (side, sql) in ["left", "right"].iter().zip(comparison(expect)) {
        let Ok(answer) = session.run(&Sql::whole(sql)) else { return said };
        let value = answer.value().map_or_else(|| "NULL".to_owned(), |value| format!("`{value}`"));
        // Writing to a string cannot fail.
        let _ = write!(said, "\n{side}: {value}");
    }
    said
}

/// A SELECT of each side of the outermost operator.
fn comparison(expect: &str) -> Vec<String> {
    with_tree(&format!("SELECT ({expect})"), |tree| {
        let Ok(tree) = tree else { return Vec::new() };
        let mut copy = tree.clone();
        let Some(NodeEnum::AExpr(operator)) = value_of(&mut copy).and_then(|value| value.node.clone()) else {
            return Vec::new();
        };
        let plain = [AExprKind::AexprOp, AExprKind::AexprLike, AExprKind::AexprIlike, AExprKind::AexprDistinct];
        if !plain.contains(&operator.kind()) {
            return Vec::new();
        }
        let sides = [operator.lexpr, operator.rexpr].into_iter().flatten();
        sides.filter_map(|side| selecting(&mut copy, *side)).collect()
    })
}

/// The one value that a SELECT gives.
fn value_of(tree: &mut ParseResult) -> Option<&mut Node> {
    let node = tree.stmts.first_mut()?.stmt.as_mut()?.node.as_mut()?;
    let NodeEnum::SelectStmt(select) = node else { return None };
    let NodeEnum::ResTarget(target) = select.target_list.first_mut()?.node.as_mut()? else { return None };
    target.val.as_deref_mut()
}

/// The same SELECT of another value: the rest of the tree stays as PostgreSQL's parser made it.
fn selecting(tree: &mut ParseResult, value: Node) -> Option<String> {
    *value_of(tree)? = value;
    pg_query::deparse(tree, pg_query::DeparseOptions::default()).ok()
}
