//! The masked rows of one table.
//!
//! PostgreSQL computes an expression as often as it is written. So each keyed hash is bound once a row in an inner
//! select, and every treatment of the same linkage group and input shares it. Where a hash is read more than once,
//! `OFFSET 0` keeps the inner select apart. Elsewhere PostgreSQL puts the hash in the one place that reads it: a barrier
//! copies each row, which is a tenth of a plain COPY of a narrow one, and computes hashes that no treatment needs.
//!
//! The hash of a column that may have few values stands in a lateral sub-select, for which PostgreSQL keeps the results
//! that it has computed (Memoize, 14 and newer) when its statistics say that values come again. It gives the bytes of
//! the plain form whether or not it does; and unlike a join with the distinct values it leaves rows in their order,
//! which a merge or a hash join would change to one that tells of the raw values.

use super::Planner;
use super::fields::Whole;
use super::masks::{Beyond, hashed_column};
use super::over::Inner;
use crate::catalog::{Column, Table};
use crate::mask::over::{self, Over};
use crate::mask::{Hashes, Value};
use crate::model::{ExportTable, Fill, MaskCall, MaskUse, RowSql, Treatment};
use crate::sql::{Expr, From, Ident, Join, Relation, Select, SourceSql};
use crate::syntax::ast::Orphans;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// The row that treatments read. A user's expression holds no sub-select, so nothing can shadow it.
pub(super) const ROW: &str = "t";

/// PostgreSQL's own column for where a row lies.
const PLACE: &str = "ctid";

/// A user's expression with its columns qualified.
pub(super) fn row_sql(sql: &RowSql, alias: &str) -> Expr {
    let mut text = String::with_capacity(sql.text.len());
    let mut at = 0;
    for (range, column) in &sql.references {
        text.push_str(sql.text.get(at..range.start).unwrap_or_default());
        text.push_str(alias);
        text.push_str(".\"");
        text.push_str(&column.replace('"', "\"\""));
        text.push('"');
        at = range.end;
    }
    text.push_str(sql.text.get(at..).unwrap_or_default());
    Expr::Source(SourceSql { text })
}

/// The select of a table and what went wrong on the way.
pub(super) struct Masked<'p, 'a> {
    planner: &'p Planner<'a>,
    table: &'a Table,
    export: &'a ExportTable,
    /// By linkage group and the column that is hashed.
    hashes: IndexMap<(String, String), Ident>,
    joins: Vec<From>,
    /// The raw row stands beside the masked one.
    traced: bool,
}

impl<'p, 'a> Masked<'p, 'a> {
    pub(super) fn new(planner: &'p Planner<'a>, table: &'a Table, export: &'a ExportTable) -> Self {
        let mut masked = Self { planner, table, export, hashes: IndexMap::new(), joins: Vec::new(), traced: false };
        for (name, column) in &export.columns {
            masked.bind_hashes(&column.treatment, name);
        }
        masked
    }

    /// The same rows in the same order, each followed by its raw columns and its place in the table: for whoever asks
    /// what became of a value. Nothing of it is ever emitted.
    pub(super) fn trace(mut self) -> Select {
        self.traced = true;
        self.select()
    }

    /// Columns that leave, in the table's order.
    pub(super) fn select(mut self) -> Select {
        let mut columns = Vec::new();
        let mut moved = Vec::new();
        let may_stay = self.export.columns.values().any(|own| own.orphans == Some(Orphans::Null));
        for (name, exported) in &self.export.columns {
            let Some(column) = self.table.columns.get(name).filter(|_| leaves(&exported.treatment)) else { continue };
            let value = self.value(&exported.treatment, column);
            let stays = may_stay.then(|| self.planner.stays(&self.table.name, name, ROW)).flatten();
            let value = match stays {
                Some(stays) => value.when(stays),
                None => value,
            };
            columns.push((value, Some(Ident::new(name))));
            if self.is_key(name) && !matches!(exported.treatment, Treatment::Keep) {
                moved.push(Expr::column(name));
            }
        }
        if self.traced {
            let raw = self.table.columns.keys().enumerate();
            columns.extend(raw.map(|(at, name)| (Expr::of(ROW, name), Some(Ident(format!("noren_raw_{at}"))))));
            columns.push((Expr::of(ROW, PLACE), Some(Ident::from("noren_place"))));
            let mut conditions = Vec::new();
            for own in self.export.columns.values() {
                own.treatment.each_condition(&mut |condition| conditions.push(condition));
            }
            let conditions = conditions.into_iter().enumerate();
            columns
                .extend(conditions.map(|(at, sql)| (row_sql(sql, ROW), Some(Ident(format!("noren_condition_{at}"))))));
        }
        moved.extend(self.order_of_lines());
        let condition = self.planner.leaves(&self.table.name, ROW);
        // Rows would otherwise leave in the order of the raw key, which tells which new key was which old one.
        self.wrap(Select { columns, condition, order_by: moved, ..Select::default() })
    }

    /// Where a mask moves values from row to row, rows would leave in the order in which it moved them, and each value
    /// would stand beside the line that it is of. They leave in the order of the unique column by which rows are told
    /// apart; where that does not leave as it is, in that of bytes of its hash which move nothing.
    fn order_of_lines(&self) -> Option<Expr> {
        let (name, call) = self.export.columns.iter().find_map(|(name, own)| Some((name, moves(&own.treatment)?)))?;
        let by = hashed_column(call, name)?;
        let kept = self.export.columns.get(by).is_some_and(|own| matches!(own.treatment, Treatment::Keep));
        if kept && self.planner.stays(&self.table.name, by, ROW).is_none() {
            return Some(Expr::column(by));
        }
        Some(Expr::call("substr", [self.bound(call, by)?, Expr::Integer(17)]))
    }

    fn is_key(&self, name: &str) -> bool {
        self.table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|column| column == name))
    }

    /// Puts the rows under the columns: bare, or with each hash bound once a row.
    fn wrap(self, mut select: Select) -> Select {
        let rows = Relation::Table { name: self.table.name.clone(), only: self.planner.only(&self.table.name) };
        let first = if self.hashes.is_empty() {
            rows
        } else {
            let read = self.read_columns();
            let read = self.table.columns.keys().filter(|name| read.contains(name.as_str()));
            let mut columns: Vec<(Expr, Option<Ident>)> = read.map(|name| (Expr::of(ROW, name), None)).collect();
            columns.extend(self.traced.then(|| (Expr::of(ROW, PLACE), None)));
            let mut from = vec![From::first(rows, ROW)];
            for ((group, input), name) in &self.hashes {
                let Some(column) = self.table.columns.get(input) else { continue };
                let hash = self.planner.hash(group, Expr::of(ROW, &column.name));
                let bound = if self.planner.may_repeat(self.table, column) {
                    let alias = format!("{}_few", name.0);
                    let columns = vec![(hash, Some(name.clone()))];
                    let once = Relation::Select(Box::new(Select { columns, barrier: true, ..Select::default() }));
                    from.push(From::joined(once, alias.clone(), Join::Lateral));
                    Expr::Column(Some(Ident::new(alias)), name.clone())
                } else {
                    hash
                };
                columns.push((bound, Some(name.clone())));
            }
            let condition = select.condition.take();
            select.from.clone_from(&self.joins);
            let barrier = self.hashes.values().any(|name| select.reads(ROW, name) > 1);
            Relation::Select(Box::new(Select { columns, from, condition, barrier, ..Select::default() }))
        };
        select.from = std::iter::once(From::first(first, ROW)).chain(self.joins).collect();
        select
    }

    /// Columns that the outer select reads: what is dropped is not even touched.
    fn read_columns(&self) -> BTreeSet<&str> {
        if self.traced {
            return self.table.columns.keys().map(String::as_str).collect();
        }
        let mut read = BTreeSet::new();
        for (name, own) in &self.export.columns {
            reads(&own.treatment, name, &mut read);
        }
        let has_orphans = |name: &String| self.export.columns.get(name).is_some_and(|own| own.orphans.is_some());
        let keys = self.table.foreign_keys.iter().filter(|key| key.columns.iter().any(has_orphans));
        read.extend(keys.flat_map(|key| &key.columns).map(String::as_str));
        read
    }

    /// Gives a name to every hash that the treatment reads.
    fn bind_hashes(&mut self, treatment: &Treatment, column: &str) {
        match treatment {
            Treatment::Mask(MaskUse::Call(call)) => {
                let Some(hashed) = hashed_column(call, column) else { return };
                if hashed == column && !self.planner.sees_value(call, self.table.columns.get(column)) {
                    return;
                }
                self.bind(call, hashed);
            }
            Treatment::Mask(MaskUse::Fields(mask)) => mask.each_leaf(&mut |_, treatment| {
                if let Treatment::Mask(MaskUse::Call(call)) = treatment
                    && let Hashes::Column(hashed) = call.mask.hashes(&call.arguments)
                {
                    self.bind(call, hashed);
                }
            }),
            Treatment::Mask(MaskUse::When { then, otherwise, .. }) => {
                self.bind_hashes(then, column);
                self.bind_hashes(otherwise, column);
            }
            _ => {}
        }
    }

    fn bind(&mut self, call: &MaskCall, hashed: &str) {
        let key = (call.group.0.clone(), hashed.to_owned());
        let name = self.free_name(self.hashes.len() + 1);
        self.hashes.entry(key).or_insert(name);
    }

    /// The hash of a column, as the row under the columns has it.
    fn bound(&self, call: &MaskCall, hashed: &str) -> Option<Expr> {
        let name = self.hashes.get(&(call.group.0.clone(), hashed.to_owned()))?;
        Some(Expr::Column(Some(Ident::from(ROW)), name.clone()))
    }

    fn free_name(&self, number: usize) -> Ident {
        let mut name = format!("noren_hash_{number}");
        while self.table.columns.contains_key(&name) {
            name.push('_');
        }
        Ident(name)
    }
}

/// The mask of all rows in a treatment.
pub(super) fn moves(treatment: &Treatment) -> Option<&MaskCall> {
    match treatment {
        Treatment::Mask(MaskUse::Call(call)) => call.mask.of_rows().then_some(call),
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => moves(then).or_else(|| moves(otherwise)),
        _ => None,
    }
}

/// What a treatment reads of the row, hashes apart.
fn reads<'c>(treatment: &'c Treatment, column: &'c str, read: &mut BTreeSet<&'c str>) {
    match treatment {
        Treatment::Generated | Treatment::Drop(Fill::Default | Fill::Trigger(_)) | Treatment::Mask(MaskUse::Null) => {}
        Treatment::Drop(Fill::Expression(sql)) => read.extend(sql.columns.iter().map(String::as_str)),
        Treatment::Mask(MaskUse::Expression(own)) => read.extend(own.sql.columns.iter().map(String::as_str)),
        // The hashes that fields read of other columns are bound; at a JSON path they are not.
        Treatment::Mask(MaskUse::Json(json)) => {
            read.insert(column);
            json.root.each_leaf(&mut |treatment| reads(treatment, column, read));
        }
        Treatment::Keep | Treatment::Mask(MaskUse::Fields(_)) => drop(read.insert(column)),
        Treatment::Mask(MaskUse::Call(call)) => {
            read.insert(column);
            let columns = call.arguments.values().filter_map(|value| match value {
                Value::Column(name) => Some(name.as_str()),
                _ => None,
            });
            read.extend(columns);
        }
        Treatment::Mask(MaskUse::When { condition, then, otherwise }) => {
            read.extend(condition.columns.iter().map(String::as_str));
            reads(then, column, read);
            reads(otherwise, column, read);
        }
    }
}

/// Whether the column is in the file: a dropped one is, when the export computes what fills it.
pub(super) fn leaves(treatment: &Treatment) -> bool {
    match treatment {
        Treatment::Keep | Treatment::Mask(_) | Treatment::Drop(Fill::Expression(_)) => true,
        Treatment::Generated | Treatment::Drop(Fill::Default | Fill::Trigger(_)) => false,
    }
}

impl Masked<'_, '_> {
    /// The value that leaves, of the column's declared type.
    fn value(&mut self, treatment: &Treatment, column: &Column) -> Expr {
        let masked = match treatment {
            // A generated column is never among those that leave.
            Treatment::Keep | Treatment::Generated => return Expr::of(ROW, &column.name),
            Treatment::Drop(Fill::Expression(sql)) => row_sql(sql, ROW),
            Treatment::Drop(Fill::Default | Fill::Trigger(_)) | Treatment::Mask(MaskUse::Null) => Expr::Null,
            Treatment::Mask(MaskUse::Expression(own)) => row_sql(&own.sql, ROW),
            Treatment::Mask(MaskUse::Call(call)) => self.call(call, column),
            Treatment::Mask(MaskUse::Json(json)) => {
                let alias = format!("{ROW}_{}", column_number(self.table, &column.name));
                self.planner.json(json, column, &Expr::of(ROW, &column.name), &alias)
            }
            Treatment::Mask(MaskUse::Fields(mask)) => {
                let alias = format!("{ROW}_{}", column_number(self.table, &column.name));
                let row_hash = |call: &MaskCall| match call.mask.hashes(&call.arguments) {
                    Hashes::Column(hashed) => self.bound(call, hashed),
                    _ => None,
                };
                let whole = Whole { column, row_hash: &row_hash };
                self.planner.fields(mask, &whole, &column.data_type, Expr::of(ROW, &column.name), &alias)
            }
            Treatment::Mask(MaskUse::When { condition, then, otherwise }) => {
                let then = self.value(then, column);
                let otherwise = self.value(otherwise, column);
                return Expr::Case(vec![(row_sql(condition, ROW), then)], Some(Box::new(otherwise)));
            }
        };
        match masked {
            Expr::Cast(_, ref data_type) if *data_type == column.data_type => masked,
            _ => masked.cast_to(column.data_type.clone()),
        }
    }

    fn call(&mut self, call: &MaskCall, column: &Column) -> Expr {
        let hash = hashed_column(call, &column.name).and_then(|hashed| self.bound(call, hashed));
        let alias = format!("{ROW}_{}", column_number(self.table, &column.name));
        let base = self.planner.catalog.base_type(&column.data_type);
        if let Some((over @ (Over::Elements | Over::Bounds | Over::Ranges), inner, _)) =
            over::seen(call.mask, &base, self.planner.catalog)
        {
            let whole = Expr::of(ROW, &column.name);
            let of_one = Column { data_type: inner, default: None, ..column.clone() };
            let inner = Inner { over, column: of_one, whole: &whole, row_hash: hash.as_ref(), alias: &alias };
            return self.planner.over(call, &inner, &base.data_type.name);
        }
        let input = match call.mask.recomputed_from(&call.arguments) {
            Some(other) => self.recomputed(other),
            None => Expr::of(ROW, &column.name),
        };
        let rendered =
            self.planner.render(call, column, &input, hash.as_ref(), &self.beyond(call, column, &alias), &alias);
        for join in rendered.joins {
            // A value that another column is made from is written twice, and joins its lists once.
            if !self.joins.contains(&join) {
                self.joins.push(join);
            }
        }
        // Made from another column, it would be there where the column's own value is not.
        match call.mask.recomputed_from(&call.arguments) {
            Some(_) => rendered.expr.when(Expr::of(ROW, &column.name).is_not_null()),
            None => rendered.expr,
        }
    }

    fn beyond(&self, call: &MaskCall, column: &Column, alias: &str) -> Beyond {
        let lookup = || self.planner.lookup(self.table, &column.name, alias);
        let first = || {
            let by = self.table.columns.get(hashed_column(call, &column.name)?)?;
            Some(self.planner.first(self.table, column, by, alias))
        };
        Beyond {
            lookup: call.mask.needs_lookup().then(lookup).flatten(),
            first: call.mask.of_rows().then(first).flatten(),
        }
    }

    /// What leaves of another column, as text that is never NULL.
    fn recomputed(&mut self, name: &str) -> Expr {
        let own = self.export.columns.get(name).zip(self.table.columns.get(name));
        let value = own.map_or(Expr::Null, |(own, column)| self.value(&own.treatment, column));
        Expr::call("coalesce", [value.cast("text"), Expr::text("")])
    }
}

/// Tells the relations that a column's mask joins from those of other columns, the same in every compilation.
fn column_number(table: &Table, name: &str) -> usize {
    table.columns.get_index_of(name).map_or(0, |index| index + 1)
}
