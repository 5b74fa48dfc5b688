//! The tables that get rows, as the live catalog has them.

use super::printed;
use crate::catalog::QName;
use crate::verify::session::{Refusal, Session};
use crate::verify::text::Sql;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Deserialize)]
pub(super) struct Table {
    pub(super) oid: u32,
    schema: String,
    name: String,
    pub(super) partitioned: bool,
    pub(super) columns: Vec<Column>,
    pub(super) checks: Vec<Check>,
    pub(super) foreign: Vec<Foreign>,
    /// Columns of unique constraints that the server enforces by triggers, which rest.
    pub(super) deferred: Vec<Vec<String>>,
    pub(super) leaves: Vec<Leaf>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) type_id: u32,
    pub(super) typmod: i32,
    /// As `format_type` prints it, modifier included.
    #[serde(deserialize_with = "printed")]
    pub(super) type_sql: Sql,
    pub(super) required: bool,
    pub(super) generated: bool,
    /// The sequence behind it, when its value comes from one.
    pub(super) sequence: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Check {
    pub(super) columns: Vec<String>,
    pub(super) sql: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Foreign {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// The referenced table's root.
    pub(super) target: u32,
    /// The relation itself.
    #[serde(deserialize_with = "printed")]
    pub(super) target_sql: Sql,
    pub(super) target_columns: Vec<String>,
    pub(super) target_partitioned: bool,
    pub(super) full: bool,
}

/// A leaf partition: what each level between the root and it demands.
#[derive(Debug, Deserialize)]
pub(super) struct Leaf {
    pub(super) levels: Vec<Level>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Level {
    pub(super) columns: Vec<String>,
    pub(super) bound: String,
}

impl Table {
    pub(super) fn qname(&self) -> QName {
        QName::new(self.schema.as_str(), self.name.as_str())
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(super) fn is_required(&self, column: &str) -> bool {
        self.column(column).is_some_and(|column| column.required)
    }

    /// Columns that take a value.
    pub(super) fn given(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !column.generated)
    }

    /// Keeps the rows of tables that inherit from it apart.
    pub(super) fn only(&self) -> Sql {
        only(self.partitioned)
    }
}

/// `ONLY` before a relation whose rows are its own.
pub(super) fn only(partitioned: bool) -> Sql {
    Sql::whole(if partitioned { "" } else { "ONLY " })
}

/// By name.
pub(super) fn read(session: &mut dyn Session) -> Result<Vec<Table>, Refusal> {
    let mut tables: Vec<Table> = super::json(session, &Sql::whole(TABLES))?;
    // Partitions may each hold the same key, under names of their own.
    for table in &mut tables {
        let mut known = BTreeSet::new();
        table.foreign.retain(|key| {
            known.insert((key.columns.clone(), key.target_sql.as_str().to_owned(), key.target_columns.clone()))
        });
    }
    Ok(tables)
}

/// Parents first. Where there is a cycle, tables go first that can leave the key NULL; `first` is wanted before `others`.
pub(super) fn sorted(tables: Vec<Table>, first: Option<u32>, others: &BTreeSet<u32>) -> Vec<Table> {
    let places: BTreeMap<u32, usize> = tables.iter().enumerate().map(|(at, table)| (table.oid, at)).collect();
    let mut order = Order::new(tables.len());
    for (at, table) in tables.iter().enumerate() {
        for key in table.foreign.iter().filter(|key| key.target != table.oid) {
            let Some(target) = places.get(&key.target) else { continue };
            order.after(at, *target, key.columns.iter().all(|column| table.is_required(column)));
        }
        if let Some(target) = first.filter(|_| others.contains(&table.oid)).and_then(|first| places.get(&first)) {
            order.after(at, *target, false);
        }
    }
    let order = order.walk();
    let mut tables: Vec<Option<Table>> = tables.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| tables.get_mut(at)?.take()).collect()
}

/// What waits for what; each by its place in the list.
struct Order {
    /// Who waits for it, and whether he must.
    behind: Vec<Vec<(usize, bool)>>,
    /// How many it waits for, and how many of these it must.
    ahead: Vec<(usize, usize)>,
}

impl Order {
    fn new(count: usize) -> Self {
        Self { behind: vec![Vec::new(); count], ahead: vec![(0, 0); count] }
    }

    fn after(&mut self, at: usize, target: usize, must: bool) {
        if let (Some(behind), Some(ahead)) = (self.behind.get_mut(target), self.ahead.get_mut(at)) {
            behind.push((at, must));
            ahead.0 += 1;
            ahead.1 += usize::from(must);
        }
    }

    fn walk(mut self) -> Vec<usize> {
        let mut waiting: BTreeSet<usize> = (0..self.ahead.len()).collect();
        let among = |pick: fn(&(usize, usize)) -> bool, ahead: &[(usize, usize)]| -> BTreeSet<usize> {
            ahead.iter().enumerate().filter(|(_, ahead)| pick(ahead)).map(|(at, _)| at).collect()
        };
        let mut free = among(|ahead| ahead.0 == 0, &self.ahead);
        let mut allowed = among(|ahead| ahead.1 == 0, &self.ahead);
        let mut order = Vec::new();
        while let Some(next) = free.first().or_else(|| allowed.first()).or_else(|| waiting.first()).copied() {
            for set in [&mut waiting, &mut free, &mut allowed] {
                set.remove(&next);
            }
            order.push(next);
            for (at, must) in self.behind.get_mut(next).map(std::mem::take).unwrap_or_default() {
                let Some(ahead) = self.ahead.get_mut(at) else { continue };
                ahead.0 -= 1;
                ahead.1 -= usize::from(must);
                if waiting.contains(&at) && ahead.0 == 0 {
                    free.insert(at);
                }
                if waiting.contains(&at) && ahead.1 == 0 {
                    allowed.insert(at);
                }
            }
        }
        order
    }
}

/// The constraints of one relation are fetched by its index: a join is planned without statistics here, and reads all of
/// them for each table.
const TABLES: &str = r"
SELECT coalesce(json_agg(t ORDER BY t.schema, t.name), '[]') FROM (
  SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS partitioned,
    (SELECT coalesce(json_agg(json_build_object(
        'name', a.attname, 'type_id', a.atttypid::bigint, 'typmod', a.atttypmod,
        'type_sql', format_type(a.atttypid, a.atttypmod),
        'required', a.attnotnull OR ty.typnotnull, 'generated', a.attgenerated <> '',
        'sequence', pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname)) ORDER BY a.attnum), '[]')
      FROM pg_attribute a JOIN pg_type ty ON ty.oid = a.atttypid
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT coalesce(json_agg(json_build_object('sql', pg_get_expr(k.conbin, k.conrelid),
        'columns', ARRAY(SELECT a.attname FROM unnest(k.conkey) x(n) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.n ORDER BY a.attnum)) ORDER BY k.conname), '[]')
      FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c') AS checks,
    (SELECT coalesce(json_agg(json_build_object('name', k.conname,
        'columns', ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY x(n, o) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.n ORDER BY x.o),
        'target', coalesce(pg_partition_root(k.confrelid)::oid, k.confrelid)::bigint,
        'target_sql', (SELECT format('%I.%I', fn.nspname, f.relname) FROM pg_class f JOIN pg_namespace fn ON fn.oid = f.relnamespace WHERE f.oid = k.confrelid),
        'target_columns', ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY x(n, o) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.n ORDER BY x.o),
        'target_partitioned', (SELECT f.relkind = 'p' FROM pg_class f WHERE f.oid = k.confrelid),
        'full', k.confmatchtype = 'f') ORDER BY k.conname, k.conrelid::regclass::text), '[]')
      FROM (SELECT c.oid UNION SELECT relid FROM pg_partition_tree(c.oid)) tree(relid)
      CROSS JOIN LATERAL (SELECT * FROM pg_constraint k WHERE k.conrelid = tree.relid AND k.contype = 'f' AND k.conparentid = 0 OFFSET 0) k) AS foreign,
    (SELECT coalesce(json_agg(ARRAY(SELECT a.attname FROM unnest(k.conkey) x(n) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.n ORDER BY a.attnum) ORDER BY k.conname), '[]')
      FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u') AND k.condeferrable) AS deferred,
    (SELECT coalesce(json_agg(json_build_object('levels', (
        SELECT json_agg(json_build_object('bound', pg_get_expr(b.relpartbound, b.oid),
          'columns', ARRAY(SELECT coalesce(a.attname, '') FROM unnest(p.partattrs::int2[]) WITH ORDINALITY x(n, o)
                           LEFT JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = x.n AND x.n > 0 ORDER BY x.o)))
        FROM pg_partition_ancestors(l.relid) up JOIN pg_class b ON b.oid = up.relid
        JOIN pg_inherits i ON i.inhrelid = b.oid JOIN pg_partitioned_table p ON p.partrelid = i.inhparent)) ORDER BY l.relid::text), '[]')
      FROM pg_partition_tree(c.oid) l WHERE l.isleaf AND c.relkind = 'p' AND l.level > 0) AS leaves
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
) t";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_are_waited_for_come_first_and_cycles_end() {
        let mut order = Order::new(5);
        for (at, target, must) in [(0, 2, true), (1, 2, true), (2, 3, false), (3, 2, true), (4, 4, true)] {
            order.after(at, target, must);
        }
        assert_eq!(order.walk(), [2, 0, 1, 3, 4]);
    }
}
