//! Rows of one table after the other, parents first.

use super::literals::{inside, literals_of};
use super::pattern;
use super::random::Random;
use super::schema::{self, Check, Column, Foreign, Leaf, Table, only};
use super::tenants::Placement;
use super::types::{Family, Types};
use super::{Options, cast};
use crate::catalog::QName;
use crate::verify::session::{Refusal, Session};
use crate::verify::text::{Part, Sql};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Rows that a table is to have more.
const ROWS: usize = 16;
/// So often is it tried.
const ROUNDS: usize = 12;
/// After half of the rounds this many are enough.
const ENOUGH: usize = 5;

/// Sequences do not begin at 1, so that a key is seen where it leaks; a smaller whole number may have to refer to it.
const START_SEQUENCE: &str = "\
    WITH start AS (
      SELECT least($2::bigint, (SELECT seqmax / 3 FROM pg_sequence WHERE seqrelid = $1::regclass), (
        SELECT CASE min(own.attlen) WHEN 2 THEN 10000 WHEN 4 THEN 700000000 END
        FROM pg_constraint k CROSS JOIN unnest(k.conkey, k.confkey) AS pair (own, target)
        JOIN pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = pair.own AND own.atttypid IN (20, 21, 23)
        JOIN pg_attribute target ON target.attrelid = k.confrelid AND target.attnum = pair.target
        WHERE k.contype = 'f' AND k.confrelid = $3::oid AND target.attname = $4)) AS value
    )
    SELECT setval($1::regclass, start.value) FROM pg_sequence s CROSS JOIN start
    WHERE s.seqrelid = $1::regclass AND s.seqincrement > 0 AND start.value > s.seqstart";

/// Columns with what they are given, NULL as `None`.
pub(super) type Values = BTreeMap<String, Option<String>>;

/// A row that a foreign key may point to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) values: Values,
    pub(super) tenant: Option<String>,
}

/// Columns for which the server would say the same of every family.
type Shape = (u32, i32, Option<(String, Vec<String>)>);

pub(super) struct Filler<'a> {
    pub(super) session: &'a mut dyn Session,
    pub(super) placement: Placement<'a>,
    pub(super) random: Random,
    seed: u64,
    types: Types,
    tables: Rc<Vec<Table>>,
    names: BTreeMap<u32, QName>,
    done: BTreeSet<u32>,
    /// Rows of a referenced relation, by its referenced columns.
    known: BTreeMap<(String, Vec<String>), Rc<Vec<Target>>>,
    accepted: BTreeMap<Shape, Rc<Vec<Family>>>,
}

impl<'a> Filler<'a> {
    pub(super) fn new(session: &'a mut dyn Session, options: Options<'a>) -> Result<Self, Refusal> {
        let placement = Placement::new(options.access);
        let tables = schema::read(session)?;
        let types = Types::read(session)?;
        let names: BTreeMap<u32, QName> = tables.iter().map(|table| (table.oid, table.qname())).collect();
        let root = placement.root().and_then(|root| names.iter().find(|(_, name)| *name == root)).map(|(oid, _)| *oid);
        let scoped = names.iter().filter(|(oid, name)| Some(**oid) != root && placement.is_scoped(name));
        let scoped = scoped.map(|(oid, _)| *oid).collect();
        let tables = schema::sorted(tables, root, &scoped);
        let random = Random::of(options.seed, "");
        let (done, known, accepted) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        let (seed, tables) = (options.seed, Rc::new(tables));
        Ok(Self { session, placement, random, seed, types, tables, names, done, known, accepted })
    }

    /// Parents first.
    pub(super) fn tables(&self) -> Rc<Vec<Table>> {
        Rc::clone(&self.tables)
    }

    /// Draws from now on what belongs to a table, in one of its turns.
    pub(super) fn turn_to(&mut self, table: &Table, turn: &str) {
        self.random = Random::of(self.seed, &[turn, " ", &table.qname().to_string()].concat());
    }

    /// What is known of rows is no longer so.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    /// Large numbers, so that a search for a masked key finds that key and not a house number.
    pub(super) fn start_sequences(&mut self) -> Result<(), Refusal> {
        for table in self.tables().iter() {
            self.turn_to(table, "sequence");
            let oid = table.oid.to_string();
            let with_sequence = table.columns.iter().filter_map(|column| Some((column, column.sequence.as_ref()?)));
            for (column, sequence) in with_sequence {
                let offset = (10_000_000 + self.random.below(80_000_000)).to_string();
                let parts = [Part::Text(sequence), Part::Text(&offset), Part::Text(&oid), Part::Text(&column.name)];
                self.session.run(&Sql::of(START_SEQUENCE, &parts))?;
            }
        }
        Ok(())
    }

    /// Fills one table in rounds; gives how many rows it has, and the last refusal.
    pub(super) fn fill_table(&mut self, table: &Table) -> Result<(usize, String), Refusal> {
        self.turn_to(table, "rows");
        let mut refused = String::from("no row could be made");
        let mut have = self.count(table)?;
        let goal = have + ROWS;
        for round in 0..ROUNDS {
            for place in 0..(goal - have) * (1 + round / 3) {
                let tried = self.row(table, round, place)?;
                let tried = tried.and_then(|statement| self.session.run(&statement).map_err(|why| why.to_string()));
                if let Err(why) = tried {
                    refused = why;
                }
            }
            have = self.count(table)?;
            if have >= goal || (round > ROUNDS / 2 && have >= ENOUGH) {
                break;
            }
        }
        self.drop_duplicates(table)?;
        self.done.insert(table.oid);
        if self.placement.root() == Some(&table.qname()) {
            self.placement.choose(self.session)?;
        }
        Ok((self.count(table)?, refused))
    }

    /// One statement, or why there is no parent for it.
    fn row(&mut self, table: &Table, round: usize, place: usize) -> Result<Result<Sql, String>, Refusal> {
        // What two tenants cannot both have, others may: the longer it takes, the more of these.
        let wanted =
            if round > 2 && self.random.one_in(2) { None } else { self.placement.wanted(&table.qname(), place) };
        let wanted = wanted.map(str::to_owned);
        let mut fixed = Values::new();
        if let (Some(tenant), Some(column)) = (&wanted, self.placement.column(&table.qname()))
            && !table.foreign.iter().any(|key| key.columns.iter().any(|name| name == column))
            && (place != 1 || table.is_required(column))
        {
            fixed.insert(column.to_owned(), Some(tenant.clone()));
        }
        if let Err(why) = self.reference(table, place, wanted.as_deref(), &mut fixed)? {
            return Ok(Err(why));
        }
        let bounds = partition(table, &mut self.random);
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for column in table.given() {
            names.push(Sql::of("$1", &[Part::Name(&column.name)]));
            values.push(self.column_value(table, column, (round, place), &fixed, &bounds));
        }
        let name = table.qname();
        // A virtual generated column that cannot be computed would make the row one that nobody can read; a table may have
        // no column at all.
        if names.is_empty() {
            return Ok(Ok(Sql::of("INSERT INTO $1 DEFAULT VALUES RETURNING tableoid, *", &[Part::Relation(&name)])));
        }
        let (names, values) = (Sql::joined(&names, ", "), Sql::joined(&values, ", "));
        let parts = [Part::Relation(&name), Part::Sql(&names), Part::Sql(&values)];
        Ok(Ok(Sql::of("INSERT INTO $1 ($2) OVERRIDING SYSTEM VALUE VALUES ($3) RETURNING tableoid, *", &parts)))
    }

    fn column_value(
        &mut self,
        table: &Table,
        column: &Column,
        (round, place): (usize, usize),
        fixed: &Values,
        bounds: &BTreeMap<String, Sql>,
    ) -> Sql {
        if let Some(value) = fixed.get(&column.name) {
            return value.as_ref().map_or_else(null, |text| cast(&literal(text), &column.type_sql));
        }
        if let Some(bound) = bounds.get(&column.name) {
            return cast(bound, &column.type_sql);
        }
        if column.sequence.is_some() {
            return Sql::whole("DEFAULT");
        }
        if !column.required && place > 0 && (place == 1 || self.random.one_in(5)) {
            return null();
        }
        let accepted = self.accepted(table, column);
        let Some(family) = choose(&accepted, round, &mut self.random) else { return Sql::whole("DEFAULT") };
        let value = self.types.value(column.type_id, column.typmod, family, &mut self.random);
        cast(&value, &column.type_sql)
    }

    /// Families that a column's domain and checks accept. The server is asked once for columns that are alike.
    fn accepted(&mut self, table: &Table, column: &Column) -> Rc<Vec<Family>> {
        let checks: Vec<&Check> = table.checks.iter().filter(|check| check.columns.contains(&column.name)).collect();
        let texts = || checks.iter().map(|check| check.sql.clone()).collect();
        let own = (!checks.is_empty()).then(|| (column.name.clone(), texts()));
        let shape = (column.type_id, column.typmod, own);
        if let Some(found) = self.accepted.get(&shape) {
            return Rc::clone(found);
        }
        // Whoever asks first must draw what anybody would.
        let subject = [column.type_sql.as_str(), " ", &texts().join(" ")].concat();
        let mut random = Random::of(self.seed, &subject);
        let mut families = self.types.families(column.type_id);
        let texts = checks.iter().map(|check| check.sql.as_str()).chain(self.types.domain_checks(column.type_id));
        let named: Vec<String> = texts.flat_map(literals_of).collect();
        families.extend(named.iter().cloned().map(Family::Named));
        families.extend(named.into_iter().filter(|text| pattern::is_pattern(text)).map(Family::Matching));
        families.dedup();
        let mut accepted = Vec::new();
        for family in families {
            if self.accepts(column, &checks, &family, &mut random) {
                accepted.push(family);
            }
        }
        let accepted = Rc::new(accepted);
        self.accepted.insert(shape, Rc::clone(&accepted));
        accepted
    }

    /// Asks about two samples; checks that name other columns too are not asked.
    fn accepts(&mut self, column: &Column, checks: &[&Check], family: &Family, random: &mut Random) -> bool {
        let mut sample = || {
            let value = self.types.value(column.type_id, column.typmod, family, random);
            cast(&value, &column.type_sql)
        };
        let (one, two) = (sample(), sample());
        let mut conditions = vec![Sql::whole("true")];
        let alone = checks.iter().filter(|check| check.columns.len() == 1);
        conditions
            .extend(alone.map(|check| Sql::of("($1) IS NOT FALSE", &[Part::Sql(&Sql::whole(check.sql.as_str()))])));
        let conditions = Sql::joined(&conditions, " AND ");
        let parts = [Part::Sql(&one), Part::Sql(&two), Part::Name(&column.name), Part::Sql(&conditions)];
        let answer = self.session.run(&Sql::of("SELECT count(*) FROM (VALUES ($1), ($2)) AS t($3) WHERE $4", &parts));
        answer.is_ok_and(|answer| answer.value() == Some("2"))
    }

    /// Chooses the row that each foreign key points to, or NULL. Wide keys first: what they fix, narrow ones follow.
    fn reference(
        &mut self,
        table: &Table,
        place: usize,
        wanted: Option<&str>,
        fixed: &mut Values,
    ) -> Result<Result<(), String>, Refusal> {
        let mut keys: Vec<&Foreign> = table.foreign.iter().collect();
        keys.sort_by_key(|key| std::cmp::Reverse(key.columns.len()));
        for key in keys {
            let free: Vec<&String> = key.columns.iter().filter(|name| !table.is_required(name)).collect();
            let may_be_null = free.iter().any(|name| !fixed.contains_key(*name));
            let later = !self.done.contains(&key.target);
            let half_null = key.columns.iter().any(|name| fixed.get(name) == Some(&None)) && !key.full;
            let left_null = may_be_null && (later || place == 1 || self.random.one_in(6));
            if !left_null && (later || half_null) {
                continue;
            }
            let parent = if left_null { None } else { self.parent(key, fixed, wanted)? };
            match parent {
                Some(parent) => {
                    for (own, target) in key.columns.iter().zip(&key.target_columns) {
                        fixed.insert(own.clone(), parent.values.get(target).cloned().flatten());
                    }
                }
                None if may_be_null => {
                    for name in free {
                        fixed.entry(name.clone()).or_insert(None);
                    }
                }
                None => {
                    return Ok(Err(["no row of ", key.target_sql.as_str(), " fits foreign key ", &key.name].concat()));
                }
            }
        }
        Ok(Ok(()))
    }

    /// A row that the key may point to, given what is fixed: of the tenant that is wanted, or of nobody, else of any.
    pub(super) fn parent(
        &mut self,
        key: &Foreign,
        fixed: &Values,
        wanted: Option<&str>,
    ) -> Result<Option<Target>, Refusal> {
        let known = self.targets(key)?;
        let fits = |row: &&Target| {
            key.columns.iter().zip(&key.target_columns).all(|(own, target)| {
                let value = row.values.get(target).cloned().flatten();
                value.is_some() && fixed.get(own).is_none_or(|wanted| *wanted == value)
            })
        };
        let fitting: Vec<&Target> = known.iter().filter(fits).collect();
        let own = |row: &&&Target| row.tenant.as_deref() == wanted;
        let preferred: Vec<&Target> =
            if wanted.is_some() { fitting.iter().filter(own).copied().collect() } else { Vec::new() };
        let from = if preferred.is_empty() { &fitting } else { &preferred };
        Ok(self.random.pick(from).map(|row| (*row).clone()))
    }

    fn targets(&mut self, key: &Foreign) -> Result<Rc<Vec<Target>>, Refusal> {
        let place = (key.target_sql.as_str().to_owned(), key.target_columns.clone());
        if let Some(known) = self.known.get(&place) {
            return Ok(Rc::clone(known));
        }
        let tenant = self.names.get(&key.target).and_then(|name| self.placement.expression(name, "t"));
        let columns: Vec<Sql> =
            key.target_columns.iter().map(|name| Sql::of("t.$1::text", &[Part::Name(name)])).collect();
        let columns = Sql::joined(&columns, ", ");
        let only = only(key.target_partitioned);
        let parts = [
            Part::Sql(&columns),
            Part::Sql(&tenant.unwrap_or_else(null)),
            Part::Sql(&only),
            Part::Sql(&key.target_sql),
        ];
        let query = "SELECT $1, $2 FROM $3$4 t ORDER BY ROW($1)::text COLLATE \"C\"";
        let row = |mut row: Vec<Option<String>>| {
            let tenant = row.pop().flatten();
            Target { values: key.target_columns.iter().cloned().zip(row).collect(), tenant }
        };
        let rows = self.session.run(&Sql::of(query, &parts))?.rows;
        let known = Rc::new(rows.into_iter().map(row).collect::<Vec<_>>());
        self.known.insert(place, Rc::clone(&known));
        Ok(known)
    }

    /// Unique constraints that are deferrable are enforced by triggers, and those rest.
    pub(super) fn drop_duplicates(&mut self, table: &Table) -> Result<(), Refusal> {
        let name = table.qname();
        for columns in &table.deferred {
            let equal: Vec<Sql> = columns.iter().map(|name| Sql::of("a.$1 = b.$1", &[Part::Name(name)])).collect();
            let parts = [Part::Relation(&name), Part::Sql(&Sql::joined(&equal, " AND "))];
            self.session.run(&Sql::of(
                "DELETE FROM $1 a USING $1 b WHERE (a.tableoid, a.ctid) > (b.tableoid, b.ctid) AND $2",
                &parts,
            ))?;
        }
        Ok(())
    }

    fn count(&mut self, table: &Table) -> Result<usize, Refusal> {
        let (only, name) = (table.only(), table.qname());
        let answer =
            self.session.run(&Sql::of("SELECT count(*) FROM $1$2", &[Part::Sql(&only), Part::Relation(&name)]))?;
        Ok(answer.value().and_then(|count| count.parse().ok()).unwrap_or_default())
    }
}

/// What checks name is likelier to satisfy them together; the longer it takes, the more of it.
fn choose<'f>(accepted: &'f [Family], round: usize, random: &mut Random) -> Option<&'f Family> {
    let only = |keep: fn(&Family) -> bool| accepted.iter().filter(|family| keep(family)).collect::<Vec<_>>();
    let named =
        if round < 3 { Vec::new() } else { only(|family| matches!(family, Family::Named(_) | Family::Matching(_))) };
    let tame = if round < 5 { Vec::new() } else { only(|family| matches!(family, Family::Tame(_) | Family::Empty)) };
    if !named.is_empty() && random.one_in(2) {
        return random.pick(&named).copied();
    }
    if !tame.is_empty() && !random.one_in(3) {
        return random.pick(&tame).copied();
    }
    random.pick(accepted)
}

/// Values for the partition key that lie inside one leaf, chosen at random.
fn partition(table: &Table, random: &mut Random) -> BTreeMap<String, Sql> {
    let bound = |leaf: &&Leaf| leaf.levels.iter().all(|level| level.bound != "DEFAULT");
    let usable: Vec<&Leaf> = table.leaves.iter().filter(bound).collect();
    let Some(leaf) = random.pick(&usable) else { return BTreeMap::new() };
    let mut chosen = BTreeMap::new();
    for level in &leaf.levels {
        for (column, value) in level.columns.iter().zip(inside(&level.bound, random)) {
            chosen.insert(column.clone(), value);
        }
    }
    chosen
}

fn literal(text: &str) -> Sql {
    Sql::of("$1", &[Part::Text(text)])
}

fn null() -> Sql {
    Sql::whole("NULL")
}
