//! Rows made from a live catalog, for any schema.
//!
//! The problem: a schema that we have not seen has checks, domains, partitions, cycles and types of its own, and rows
//! that are too tame find no fault. The mechanism: every type has *families* of values, adversarial ones first. A
//! family is asked for samples, and the server says whether a column's domain and single-column checks accept them;
//! only accepted families are drawn from. What involves several columns is met by trying: each row is its own
//! statement, and rows that the server refuses are made again. Foreign keys take rows that are there; self-references
//! and cycles are set afterwards. Triggers rest meanwhile (they are not under test), so foreign keys are verified at the
//! end, here and not by the server.

pub mod values;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::support::Database;
use values::{Random, Types, literal};

/// What was filled.
#[derive(Debug, Default)]
pub struct Filled {
    /// Rows by `schema.table`.
    pub rows: BTreeMap<String, usize>,
    /// Tables that have no row, each with the last thing that the server said about it.
    pub unfilled: BTreeMap<String, String>,
    /// Columns of filled tables that hold nothing but NULL.
    pub hollow: Vec<String>,
    /// Foreign keys that do not hold.
    pub broken: Vec<String>,
}

impl Filled {
    /// Fails unless every table has rows and every foreign key holds.
    #[track_caller]
    pub fn whole(&self) {
        assert!(self.unfilled.is_empty(), "tables without rows: {:#?}", self.unfilled);
        assert!(self.hollow.is_empty(), "columns without a value: {:#?}", self.hollow);
        assert!(self.broken.is_empty(), "broken foreign keys: {:#?}", self.broken);
    }
}

#[derive(Debug, Deserialize)]
struct Table {
    oid: u32,
    /// Quoted, ready for SQL.
    sql: String,
    /// `schema.table`, unquoted.
    name: String,
    partitioned: bool,
    #[serde(default)]
    columns: Vec<Column>,
    #[serde(default)]
    checks: Vec<Check>,
    #[serde(default)]
    foreign: Vec<Foreign>,
    /// Columns of unique constraints that the server enforces by triggers, which rest.
    #[serde(default)]
    deferred: Vec<Vec<String>>,
    #[serde(default)]
    leaves: Vec<Leaf>,
}

#[derive(Debug, Deserialize)]
struct Column {
    name: String,
    type_id: u32,
    typmod: i32,
    /// As `format_type` prints it, modifier included.
    type_sql: String,
    required: bool,
    generated: bool,
    /// The sequence behind it, when its value comes from one.
    sequence: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Check {
    columns: Vec<String>,
    sql: String,
}

#[derive(Debug, Deserialize)]
struct Foreign {
    name: String,
    columns: Vec<String>,
    /// The referenced table's root, and the relation itself.
    target: u32,
    target_sql: String,
    target_columns: Vec<String>,
    target_partitioned: bool,
    full: bool,
}

/// A leaf partition: what each level between the root and it demands.
#[derive(Debug, Deserialize)]
struct Leaf {
    levels: Vec<Level>,
}

#[derive(Debug, Deserialize)]
struct Level {
    columns: Vec<String>,
    bound: String,
}

const ROWS: usize = 16;
const ROUNDS: usize = 12;
const SCRIPT_HEAD: &str = "SET session_replication_role = replica; SET client_min_messages = error;\n";

/// Fills every table of the database; the same seed makes the same rows.
pub fn fill(database: &Database, seed: u64) -> Filled {
    let mut tables: Vec<Table> = json(database, CATALOG);
    // Partitions may each hold the same key, under names of their own.
    for table in &mut tables {
        let mut known_keys = Vec::new();
        table.foreign.retain(|key| {
            let same = (key.columns.clone(), key.target_sql.clone(), key.target_columns.clone());
            let new = !known_keys.contains(&same);
            known_keys.push(same);
            new
        });
    }
    let types = Types::read(database);
    let mut filler =
        Filler { database, types, random: Random::new(seed), known: BTreeMap::new(), accepted: BTreeMap::new() };
    sort_by_references(&mut tables);
    // These fire in a replica too.
    let loud = database.rows(LOUD_TRIGGERS);
    database.sql(&loud.iter().filter_map(|row| row[0].as_deref()).collect::<Vec<_>>().join("\n"));
    filler.start_sequences(&tables);
    filler.probe(&tables);
    let mut result = Filled::default();
    let mut done = Vec::new();
    for table in &tables {
        let refused = filler.fill_table(table, &done);
        done.push(table.oid);
        let count = filler.count(table);
        result.rows.insert(table.name.clone(), count);
        if count == 0 {
            result.unfilled.insert(table.name.clone(), refused);
        }
    }
    filler.close_cycles(&tables);
    database.sql(&loud.iter().filter_map(|row| row[1].as_deref()).collect::<Vec<_>>().join("\n"));
    result.hollow = filler.hollow(&tables);
    refresh(database);
    database.sql("ANALYZE;");
    result.broken = broken_foreign_keys(database);
    result
}

/// Foreign keys with rows that point nowhere, found by anti-joins made from `pg_constraint`; the server's own triggers
/// are not asked.
pub fn broken_foreign_keys(database: &Database) -> Vec<String> {
    let probes = database.column(ANTI_JOINS);
    if probes.is_empty() {
        return Vec::new();
    }
    database.column(&probes.join(" UNION ALL ")).into_iter().filter(|name| !name.is_empty()).collect()
}

fn json<T: for<'a> Deserialize<'a>>(database: &Database, query: &str) -> T {
    let text = database.value(query);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Parents first; within a cycle by object id.
fn sort_by_references(tables: &mut Vec<Table>) {
    let mut waiting: Vec<Table> = std::mem::take(tables);
    while !waiting.is_empty() {
        let there: Vec<u32> = waiting.iter().map(|table| table.oid).collect();
        let free = |table: &Table, all: bool| {
            table.foreign.iter().all(|key| {
                key.target == table.oid
                    || !there.contains(&key.target)
                    || (!all && key.columns.iter().any(|column| table.column(column).is_some_and(|c| !c.required)))
            })
        };
        let next = waiting
            .iter()
            .position(|table| free(table, true))
            .or_else(|| waiting.iter().position(|table| free(table, false)))
            .unwrap_or(0);
        tables.push(waiting.remove(next));
    }
}

impl Table {
    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

type Row = BTreeMap<String, Option<String>>;

struct Filler<'a> {
    database: &'a Database,
    types: Types,
    random: Random,
    /// Rows of a referenced relation, its referenced columns as text.
    known: BTreeMap<(u32, String), Vec<Row>>,
    /// Families that a column's domain and checks accept, by table and column.
    accepted: BTreeMap<(u32, String), Vec<String>>,
}

impl Filler<'_> {
    /// Large numbers, so that a search for a masked key finds that key and not a house number.
    fn start_sequences(&mut self, tables: &[Table]) {
        let mut script = String::new();
        for sequence in tables.iter().flat_map(|table| &table.columns).filter_map(|column| column.sequence.as_ref()) {
            let offset = 10_000_000 + self.random.below(80_000_000);
            let _ = writeln!(
                script,
                "SELECT setval({name}::regclass, least({offset}, s.seqmax / 3)) FROM pg_sequence s \
                 WHERE s.seqrelid = {name}::regclass AND s.seqincrement > 0 AND least({offset}, s.seqmax / 3) > s.seqstart;",
                name = literal(sequence)
            );
        }
        self.database.sql(&script);
    }

    /// Asks the server which families of values each column accepts.
    fn probe(&mut self, tables: &[Table]) {
        let mut script = String::from(SCRIPT_HEAD);
        let mut asked: Vec<(u32, String, String)> = Vec::new();
        for table in tables {
            for column in table.columns.iter().filter(|column| !column.generated) {
                let checks: Vec<&Check> =
                    table.checks.iter().filter(|check| check.columns == [column.name.clone()]).collect();
                for family in self.families(table, column) {
                    let mut tests = String::new();
                    for _ in 0..2 {
                        let value = self.types.value(column.type_id, column.typmod, &family, &mut self.random);
                        let _ = write!(
                            tests,
                            "{}({value})::{}",
                            if tests.is_empty() { "" } else { "), (" },
                            column.type_sql
                        );
                    }
                    let conditions: String = checks
                        .iter()
                        .fold(String::new(), |all, check| all + &format!(" AND ({}) IS NOT FALSE", check.sql));
                    let _ = writeln!(
                        script,
                        "SELECT {} FROM (VALUES ({tests})) AS t({}) WHERE true{conditions} HAVING count(*) = 2;",
                        asked.len(),
                        values::identifier(&column.name)
                    );
                    asked.push((table.oid, column.name.clone(), family));
                }
            }
        }
        for line in self.lenient(&script).0.lines() {
            if let Some((table, column, family)) = line.trim().parse::<usize>().ok().and_then(|index| asked.get(index))
            {
                self.accepted.entry((*table, column.clone())).or_default().push(family.clone());
            }
        }
    }

    /// The type's own families, and each literal of the checks that mention the column as one more.
    fn families(&self, table: &Table, column: &Column) -> Vec<String> {
        let mut families = self.types.families(column.type_id);
        let texts =
            table.checks.iter().filter(|check| check.columns.contains(&column.name)).map(|check| check.sql.as_str());
        for text in texts.chain(self.types.domain_checks(column.type_id)) {
            families.extend(values::literals_of(text).into_iter().map(|value| format!("={value}")));
        }
        families.dedup();
        families
    }

    /// Fills one table in rounds; gives the last refusal.
    fn fill_table(&mut self, table: &Table, done: &[u32]) -> String {
        let mut refused = String::from("no row could be made");
        let mut have = self.count(table);
        let goal = have + ROWS;
        for round in 0..ROUNDS {
            let mut script = String::from(SCRIPT_HEAD);
            for place in 0..(goal - have) * (1 + round / 3) {
                match self.row(table, done, round, place) {
                    Ok(statement) => script.push_str(&statement),
                    Err(why) => refused = why,
                }
            }
            let (_, errors) = self.lenient(&script);
            if let Some(line) = errors.lines().rev().find(|line| line.contains("ERROR")) {
                line.clone_into(&mut refused);
            }
            have = self.count(table);
            if have >= goal || (round > 6 && have >= 5) {
                break;
            }
        }
        self.drop_duplicates(table);
        refused
    }

    fn row(&mut self, table: &Table, done: &[u32], round: usize, place: usize) -> Result<String, String> {
        let mut fixed: BTreeMap<String, Option<String>> = BTreeMap::new();
        self.reference(table, done, place, &mut fixed)?;
        let bounds = self.partition(table);
        let (mut names, mut expressions) = (Vec::new(), Vec::new());
        for column in table.columns.iter().filter(|column| !column.generated) {
            let expression = if let Some(value) = fixed.get(&column.name) {
                value.as_ref().map_or("NULL".to_owned(), |text| format!("{}::{}", literal(text), column.type_sql))
            } else if let Some(bound) = bounds.get(&column.name) {
                format!("({bound})::{}", column.type_sql)
            } else if column.sequence.is_some() {
                "DEFAULT".to_owned()
            } else if !column.required && place > 0 && (place == 1 || self.random.below(5) == 0) {
                "NULL".to_owned()
            } else {
                self.column_value(table, column, round)
            };
            names.push(values::identifier(&column.name));
            expressions.push(expression);
        }
        if names.is_empty() {
            return Ok(format!("INSERT INTO {} DEFAULT VALUES;\n", table.sql));
        }
        Ok(format!(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({});\n",
            table.sql,
            names.join(", "),
            expressions.join(", ")
        ))
    }

    fn column_value(&mut self, table: &Table, column: &Column, round: usize) -> String {
        let key = (table.oid, column.name.clone());
        let accepted = self.accepted.get(&key).map_or(&[][..], Vec::as_slice);
        // What checks name is likelier to satisfy them together; the longer it takes, the more of it.
        let named: Vec<&String> = accepted.iter().filter(|family| family.starts_with('=')).collect();
        let tame: Vec<&String> = accepted.iter().filter(|family| family.starts_with("tame")).collect();
        let all: Vec<&String> = accepted.iter().collect();
        let from = match round {
            3.. if !named.is_empty() && self.random.below(2) == 0 => &named,
            5.. if !tame.is_empty() && self.random.below(3) > 0 => &tame,
            _ => &all,
        };
        let Some(family) = self.random.pick(from).map(|family| (*family).clone()) else { return "DEFAULT".to_owned() };
        let value = self.types.value(column.type_id, column.typmod, &family, &mut self.random);
        format!("({value})::{}", column.type_sql)
    }

    /// Chooses the row that each foreign key points to, or NULL. Wide keys first: what they fix, narrow ones follow.
    fn reference(&mut self, table: &Table, done: &[u32], place: usize, fixed: &mut Row) -> Result<(), String> {
        let mut keys: Vec<&Foreign> = table.foreign.iter().collect();
        keys.sort_by_key(|key| std::cmp::Reverse(key.columns.len()));
        for key in keys {
            let may_be_null = key.columns.iter().any(|name| !fixed.contains_key(name) && !is_required(table, name));
            let later = !done.contains(&key.target);
            if may_be_null && (later || place == 1 || self.random.below(6) == 0) {
                for name in key.columns.iter().filter(|name| !is_required(table, name)) {
                    fixed.entry(name.clone()).or_insert(None);
                }
                continue;
            }
            if later || key.columns.iter().any(|name| fixed.get(name) == Some(&None)) && !key.full {
                continue;
            }
            let parents = self.parents(key, fixed);
            let Some(parent) = self.random.pick(&parents) else {
                if may_be_null {
                    for name in key.columns.iter().filter(|name| !is_required(table, name)) {
                        fixed.entry(name.clone()).or_insert(None);
                    }
                    continue;
                }
                return Err(format!("no row of {} fits foreign key {}", key.target_sql, key.name));
            };
            for (own, target) in key.columns.iter().zip(&key.target_columns) {
                fixed.insert(own.clone(), parent.get(target).cloned().flatten());
            }
        }
        Ok(())
    }

    /// Rows that the key may point to, given what is fixed.
    fn parents(&mut self, key: &Foreign, fixed: &Row) -> Vec<Row> {
        let known = self
            .known
            .entry((key.target, format!("{}{:?}", key.target_sql, key.target_columns)))
            .or_insert_with(|| key_rows(self.database, key));
        let fits = |row: &&Row| {
            key.columns.iter().zip(&key.target_columns).all(|(own, target)| {
                let value = row.get(target).cloned().flatten();
                value.is_some() && fixed.get(own).is_none_or(|wanted| *wanted == value)
            })
        };
        known.iter().filter(fits).cloned().collect()
    }

    /// Values for the partition key that lie inside one leaf, chosen at random.
    fn partition(&mut self, table: &Table) -> BTreeMap<String, String> {
        let usable: Vec<&Leaf> =
            table.leaves.iter().filter(|leaf| leaf.levels.iter().all(|level| level.bound != "DEFAULT")).collect();
        let Some(leaf) = self.random.pick(&usable) else { return BTreeMap::new() };
        let mut chosen = BTreeMap::new();
        for level in &leaf.levels {
            for (column, value) in level.columns.iter().zip(values::inside(&level.bound, &mut self.random)) {
                chosen.insert(column.clone(), value);
            }
        }
        chosen
    }

    /// Unique constraints that are deferrable are enforced by triggers, and those rest.
    fn drop_duplicates(&self, table: &Table) {
        for columns in &table.deferred {
            let equal: Vec<String> = columns
                .iter()
                .map(|name| values::identifier(name))
                .map(|name| format!("a.{name} = b.{name}"))
                .collect();
            self.database.sql(&format!(
                "{SCRIPT_HEAD}DELETE FROM {0} a USING {0} b WHERE (a.tableoid, a.ctid) > (b.tableoid, b.ctid) AND {1};",
                table.sql,
                equal.join(" AND ")
            ));
        }
    }

    /// Sets the keys that had nothing to point to when their rows were made: of a table to itself, and of cycles.
    fn close_cycles(&mut self, tables: &[Table]) {
        self.known.clear();
        for (index, table) in tables.iter().enumerate() {
            let earlier: Vec<u32> = tables[..index].iter().map(|table| table.oid).collect();
            for key in table.foreign.iter().filter(|key| !earlier.contains(&key.target)) {
                self.close(table, key);
            }
        }
    }

    fn close(&mut self, table: &Table, key: &Foreign) {
        let others: Vec<&String> =
            table.foreign.iter().filter(|other| other.name != key.name).flat_map(|other| &other.columns).collect();
        let free: Vec<&String> = key.columns.iter().filter(|name| !others.contains(name)).collect();
        let shared: Vec<&String> = key.columns.iter().filter(|name| others.contains(name)).collect();
        if free.is_empty() {
            return;
        }
        let list =
            shared.iter().fold(String::new(), |list, name| format!("{list}, {}::text", values::identifier(name)));
        let rows = self.database.rows(&format!(
            "SELECT tableoid, ctid{list} FROM {}{} ORDER BY tableoid, ctid",
            if table.partitioned { "" } else { "ONLY " },
            table.sql
        ));
        let mut script = String::from(SCRIPT_HEAD);
        for row in rows {
            let fixed: Row =
                shared.iter().zip(&row[2..]).map(|(name, value)| ((*name).clone(), value.clone())).collect();
            let parents = self.parents(key, &fixed);
            let nullable = free.iter().all(|name| !is_required(table, name));
            let Some(parent) = self.random.pick(&parents).filter(|_| !nullable || self.random.below(4) > 0) else {
                continue;
            };
            let sets: Vec<String> = key
                .columns
                .iter()
                .zip(&key.target_columns)
                .filter(|(own, _)| free.contains(own))
                .map(|(own, target)| {
                    let value = parent.get(target).cloned().flatten().unwrap_or_default();
                    format!("{} = {}", values::identifier(own), literal(&value))
                })
                .collect();
            let place = |at: usize| literal(row[at].as_deref().unwrap_or_default());
            let _ = writeln!(
                script,
                "UPDATE {} SET {} WHERE tableoid = {} AND ctid = {};",
                table.sql,
                sets.join(", "),
                place(0),
                place(1)
            );
        }
        self.lenient(&script);
        self.drop_duplicates(table);
    }

    fn count(&self, table: &Table) -> usize {
        let only = if table.partitioned { "" } else { "ONLY " };
        self.database.value(&format!("SELECT count(*) FROM {only}{}", table.sql)).parse().unwrap()
    }

    fn hollow(&self, tables: &[Table]) -> Vec<String> {
        let probe = |table: &Table, column: &Column| {
            format!(
                "SELECT {} WHERE EXISTS (SELECT FROM {table}) AND NOT EXISTS (SELECT FROM {table} t WHERE num_nulls(t.{}) = 0)",
                literal(&format!("{}.{}", table.name, column.name)),
                values::identifier(&column.name),
                table = table.sql
            )
        };
        let probes: Vec<String> = tables
            .iter()
            .flat_map(|table| {
                table.columns.iter().filter(|column| !column.generated).map(move |column| (table, column))
            })
            .map(|(table, column)| probe(table, column))
            .collect();
        if probes.is_empty() { Vec::new() } else { self.database.column(&probes.join(" UNION ALL ")) }
    }

    /// Runs a script on past its errors; gives what it printed and the errors.
    fn lenient(&self, script: &str) -> (String, String) {
        use std::io::Write as _;
        let mut command = self.database.server.psql(&self.database.name, "postgres").unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(script.as_bytes()).unwrap();
        let output = crate::support::run(command.args(["-Atq", "-f"]).arg(file.path()));
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn is_required(table: &Table, column: &str) -> bool {
    table.column(column).is_some_and(|column| column.required)
}

fn key_rows(database: &Database, key: &Foreign) -> Vec<Row> {
    let list: Vec<String> =
        key.target_columns.iter().map(|name| format!("{}::text", values::identifier(name))).collect();
    let only = if key.target_partitioned { "" } else { "ONLY " };
    let query = format!("SELECT {0} FROM {only}{1} ORDER BY {0}", list.join(", "), key.target_sql);
    database.rows(&query).into_iter().map(|row| key.target_columns.iter().cloned().zip(row).collect()).collect()
}

/// Materialized views may read each other: those that fail are tried again after the rest.
fn refresh(database: &Database) {
    let mut views = database
        .column("SELECT format('%I.%I', schemaname, matviewname) FROM pg_matviews ORDER BY schemaname, matviewname");
    for _ in 0..views.len() {
        views.retain(|view| database.try_sql(&format!("REFRESH MATERIALIZED VIEW {view};")).is_err());
    }
}

const CATALOG: &str = r"
SELECT coalesce(json_agg(t ORDER BY t.name), '[]') FROM (
  SELECT c.oid::bigint AS oid, format('%I.%I', n.nspname, c.relname) AS sql, n.nspname || '.' || c.relname AS name,
    c.relkind = 'p' AS partitioned,
    (SELECT coalesce(json_agg(json_build_object(
        'name', a.attname, 'type_id', a.atttypid::bigint, 'typmod', a.atttypmod,
        'type_sql', format_type(a.atttypid, a.atttypmod),
        'required', a.attnotnull OR ty.typnotnull, 'generated', a.attgenerated <> '',
        'sequence', pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname)) ORDER BY a.attnum), '[]')
      FROM pg_attribute a JOIN pg_type ty ON ty.oid = a.atttypid
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT coalesce(json_agg(json_build_object('sql', pg_get_expr(k.conbin, k.conrelid),
        'columns', ARRAY(SELECT a.attname FROM unnest(k.conkey) x(n) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.n)) ORDER BY k.conname), '[]')
      FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c') AS checks,
    (SELECT coalesce(json_agg(json_build_object('name', k.conname,
        'columns', ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY x(n, o) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.n ORDER BY x.o),
        'target', coalesce(pg_partition_root(k.confrelid)::oid, k.confrelid)::bigint,
        'target_sql', (SELECT format('%I.%I', fn.nspname, f.relname) FROM pg_class f JOIN pg_namespace fn ON fn.oid = f.relnamespace WHERE f.oid = k.confrelid),
        'target_columns', ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY x(n, o) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.n ORDER BY x.o),
        'target_partitioned', (SELECT f.relkind = 'p' FROM pg_class f WHERE f.oid = k.confrelid),
        'full', k.confmatchtype = 'f') ORDER BY k.conname), '[]')
      FROM pg_constraint k WHERE (k.conrelid = c.oid OR k.conrelid IN (SELECT relid FROM pg_partition_tree(c.oid)))
        AND k.contype = 'f' AND k.conparentid = 0) AS foreign,
    (SELECT coalesce(json_agg(ARRAY(SELECT a.attname FROM unnest(k.conkey) x(n) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.n)), '[]')
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

/// What silences a trigger that fires in a replica, and what puts it back.
const LOUD_TRIGGERS: &str = r"
SELECT format('ALTER TABLE ONLY %I.%I DISABLE TRIGGER %I;', n.nspname, c.relname, t.tgname),
  format('ALTER TABLE ONLY %I.%I ENABLE %s TRIGGER %I;', n.nspname, c.relname, CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' ELSE 'REPLICA' END, t.tgname)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgenabled IN ('A', 'R') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' ORDER BY 1";

/// One anti-join a foreign key; a match needs every column, and MATCH FULL allows no half NULL.
const ANTI_JOINS: &str = r"
SELECT format('SELECT %L WHERE EXISTS (SELECT FROM %s%s c WHERE (%s) AND NOT EXISTS (SELECT FROM %s%s p WHERE %s))',
    k.conrelid::regclass || ' ' || k.conname,
    CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY ' END, format('%I.%I', cn.nspname, c.relname),
    string_agg(format('c.%I IS NOT NULL', a.attname), CASE WHEN k.confmatchtype = 'f' THEN ' OR ' ELSE ' AND ' END),
    CASE WHEN f.relkind = 'p' THEN '' ELSE 'ONLY ' END, format('%I.%I', fn.nspname, f.relname),
    string_agg(format('p.%I OPERATOR(%I.%s) c.%I', fa.attname, opn.nspname, op.oprname, a.attname), ' AND '))
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
CROSS JOIN LATERAL unnest(k.conkey, k.confkey, k.conpfeqop) x(own, target, equal)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.own
JOIN pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = x.target
JOIN pg_operator op ON op.oid = x.equal JOIN pg_namespace opn ON opn.oid = op.oprnamespace
WHERE k.contype = 'f' AND k.conparentid = 0
GROUP BY k.oid, k.conname, k.conrelid, k.confmatchtype, c.relkind, cn.nspname, c.relname, f.relkind, fn.nspname, f.relname
ORDER BY 1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support;

    const SCHEMA: &str = include_str!("rows/everything.sql");

    #[test]
    fn every_kind_of_table_is_filled() {
        let Some(server) = support::server(None) else { return };
        let database = Database::new(server, "rows_kinds");
        database.sql(SCHEMA);
        let filled = fill(&database, 7);
        filled.whole();
        let poor: Vec<_> = filled.rows.iter().filter(|(_, rows)| **rows < 5).collect();
        assert!(poor.is_empty(), "few rows: {poor:?}");
        let modes = "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1";
        let expected = [("loud", "A"), ("refuse", "O"), ("unheard", "R")];
        let found = database.rows(modes).into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>());
        assert!(
            found.eq(expected.map(|(name, mode)| vec![name.to_owned(), mode.to_owned()])),
            "modes of triggers changed"
        );
    }

    #[test]
    fn the_same_seed_makes_the_same_rows() {
        let Some(server) = support::server(None) else { return };
        let dumps: Vec<String> = (0..2)
            .map(|_| {
                let database = Database::new(server, "rows_seed");
                database.sql(
                    "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text, b varchar(9), c jsonb);",
                );
                fill(&database, 3).whole();
                database.sql("COPY t TO STDOUT;")
            })
            .collect();
        assert_eq!(dumps[0], dumps[1]);
        assert!(dumps[0].lines().count() >= ROWS);
    }

    #[test]
    fn a_table_that_cannot_be_filled_is_named_with_the_reason() {
        let Some(server) = support::server(None) else { return };
        let database = Database::new(server, "rows_refused");
        database.sql("CREATE TABLE shut (a int CHECK (false));");
        let filled = fill(&database, 1);
        assert!(filled.unfilled["public.shut"].contains("shut_check"), "{filled:?}");
    }

    #[test]
    fn a_dangling_foreign_key_is_found() {
        let Some(server) = support::server(None) else { return };
        let database = Database::new(server, "rows_dangling");
        database.sql(
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p);
             SET session_replication_role = replica; INSERT INTO c VALUES (5);",
        );
        assert_eq!(broken_foreign_keys(&database), ["c c_p_fkey"]);
    }
}
