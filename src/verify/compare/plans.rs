//! What the planner chose, and how two choices differ.

use crate::catalog::QName;
use crate::model::access::Access;
use crate::verify::session::{Refusal, Session};
use crate::verify::text::{Part, Sql};
use serde_json::Value;
use std::collections::BTreeMap;

/// One explained run.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Planning and execution, in milliseconds.
    pub milliseconds: f64,
    /// Shared buffers that were hit or read.
    pub buffers: u64,
    /// How each table is read, by table.
    pub ways: BTreeMap<QName, Way>,
}

/// How a table is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    /// The node, with its index: `Index Scan using orders_pkey`.
    pub name: String,
    /// Rows that were read and thrown away.
    pub removed: u64,
    /// The condition that an index served.
    pub condition: Option<String>,
}

/// Runs a statement under EXPLAIN and takes back what it changed.
pub(super) fn explain(session: &mut dyn Session, sql: &Sql) -> Result<Plan, Refusal> {
    session.run(&Sql::whole("BEGIN"))?;
    let explained =
        session.run(&Sql::of("EXPLAIN (ANALYZE, VERBOSE, BUFFERS, TIMING OFF, FORMAT JSON) $1", &[Part::Sql(sql)]));
    session.run(&Sql::whole("ROLLBACK"))?;
    let answer = explained?;
    Ok(answer
        .value()
        .and_then(|text| serde_json::from_str(text).ok())
        .map(|tree| Plan::read(&tree))
        .unwrap_or_default())
}

impl Plan {
    fn read(tree: &Value) -> Self {
        let time = |name| tree.pointer("/0").and_then(|top| top.get(name)).and_then(Value::as_f64).unwrap_or_default();
        let Some(top) = tree.pointer("/0/Plan") else { return Self::default() };
        let mut plan = Self {
            milliseconds: time("Planning Time") + time("Execution Time"),
            buffers: number(top, "Shared Hit Blocks") + number(top, "Shared Read Blocks"),
            ways: BTreeMap::new(),
        };
        plan.walk(top);
        plan
    }

    fn walk(&mut self, node: &Value) {
        let text = |name: &str| node.get(name).and_then(Value::as_str);
        if let (Some(schema), Some(table), Some(kind)) = (text("Schema"), text("Relation Name"), text("Node Type")) {
            let way = self.ways.entry(QName::new(schema, table)).or_default();
            let index = text("Index Name").map(|index| format!(" using {index}")).unwrap_or_default();
            way.name = kind.to_owned() + &index;
            way.removed += number(node, "Rows Removed by Filter");
            way.condition = text("Index Cond").or(text("Recheck Cond")).map(str::to_owned);
        }
        for below in node.get("Plans").and_then(Value::as_array).into_iter().flatten() {
            self.walk(below);
        }
    }
}

fn number(node: &Value, name: &str) -> u64 {
    node.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// The run with the middle time.
pub(super) fn median(mut plans: Vec<Plan>) -> Plan {
    plans.sort_by(|one, other| one.milliseconds.total_cmp(&other.milliseconds));
    let middle = plans.len() / 2;
    plans.into_iter().nth(middle).unwrap_or_default()
}

/// Below this many rows read for nothing, an index is not worth its upkeep.
const WORTH_AN_INDEX: u64 = 1_000;

/// Lines for people: the cost first, then each table that is read in another way, then indexes.
pub(super) fn differences(
    session: &mut dyn Session,
    without: &Plan,
    with: &Plan,
    access: &Access,
) -> Result<Vec<String>, Refusal> {
    let ratio = with.milliseconds / without.milliseconds.max(f64::EPSILON);
    let mut lines = vec![format!(
        "{ratio:.2} times the time ({:.2} ms instead of {:.2}), {} buffers instead of {}",
        with.milliseconds, without.milliseconds, with.buffers, without.buffers
    )];
    for (table, way) in &with.ways {
        match without.ways.get(table) {
            Some(before) if before.name == way.name => {}
            Some(before) => lines.push(format!("{table}: {} instead of {}", way.name, before.name)),
            None => lines.push(format!("{table}: {}, read for the policy alone", way.name)),
        }
        if way.removed >= WORTH_AN_INDEX && way.name.contains("Seq Scan") {
            lines.extend(index(session, table, access)?);
        }
    }
    Ok(lines)
}

/// The index that lets a tenant find its rows, where there is none.
fn index(session: &mut dyn Session, table: &QName, access: &Access) -> Result<Option<String>, Refusal> {
    let Some(column) = access.tenant_column(table) else { return Ok(None) };
    let known = session.run(&Sql::of(
        "SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
         WHERE indrelid = to_regclass($1) AND attname = $2 AND indpred IS NULL",
        &[Part::Text(Sql::of("$1", &[Part::Relation(table)]).as_str()), Part::Text(column)],
    ))?;
    let sql = Sql::of("CREATE INDEX CONCURRENTLY ON $1 ($2)", &[Part::Relation(table), Part::Name(column)]);
    Ok(known.rows.is_empty().then(|| format!("{table}: an index would help: {};", sql.as_str())))
}
