//! Tables in pieces: one object holds the rows of a range of a table's pages.
//!
//! A database that writes to S3 goes on in a second object at about 6 GB, and nothing says whether a row may be cut there
//! or where its header is. So large tables leave in ranges of `ctid`, which PostgreSQL 14 and newer read without looking
//! at the rest of the table. Within one snapshot a row has one `ctid`, and the ranges leave no page out, so every row is
//! in one piece. How many there are is asked of the live table.

use super::select::{ROW, moves};
use super::{ExportPlan, Planner, TablePlan};
use crate::catalog::{Table, TableKind};
use crate::model::ExportTable;
use crate::project::TargetKind;
use crate::sql::{Expr, From, Relation, Select};

/// Where a piece begins, and where the next one does.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Its first row's place or one before it, as `tid`.
    pub low: Expr,
    /// The place of the first row that is not in it, as `tid`.
    pub high: Expr,
}

impl Piece {
    fn holds(self, alias: &str) -> Expr {
        let place = || Expr::of(alias, "ctid");
        Expr::And(vec![place().op(">=", self.low), place().op("<", self.high)])
    }
}

impl ExportPlan<'_> {
    /// The masked rows of a piece of a table.
    pub fn select_piece(&self, table: &TablePlan<'_>, piece: Piece) -> Select {
        let mut select = self.select(table);
        narrow(&mut select, piece);
        select
    }

    /// Whether a row of the table, or of a piece of it, leaves.
    pub fn any_leaves(&self, table: &TablePlan<'_>, piece: Option<Piece>) -> Expr {
        let rows = Relation::Table { name: table.name.clone(), only: !table.partitioned };
        let held = piece.map(|piece| piece.holds(ROW));
        let conditions = held.into_iter().chain(self.planner.leaves(&table.name, ROW));
        Expr::Exists(Box::new(Select {
            columns: vec![(Expr::Integer(1), None)],
            from: vec![From::first(rows, ROW)],
            condition: conditions.reduce(Expr::and),
            ..Select::default()
        }))
    }
}

/// The condition goes to the rows themselves, below what binds hashes.
fn narrow(select: &mut Select, piece: Piece) {
    if let Some(From { relation: Relation::Select(inner), .. }) = select.from.first_mut() {
        return narrow(inner, piece);
    }
    let held = piece.holds(ROW);
    select.condition = Some(match select.condition.take() {
        Some(condition) => held.and(condition),
        None => held,
    });
}

impl Planner<'_> {
    /// Whether a table may leave in pieces: no mask of it looks at other rows, and all its rows have a `ctid` of ours.
    pub(super) fn in_pieces(&self, table: &Table, export: &ExportTable) -> bool {
        let TargetKind::AwsS3(place) = self.place else { return false };
        place.chunk.is_some()
            && !self.has_foreign_partition(table)
            && !export.columns.values().any(|own| moves(&own.treatment).is_some())
    }

    fn has_foreign_partition(&self, table: &Table) -> bool {
        let foreign = self.catalog.tables.values().filter(|other| other.kind == TableKind::Foreign);
        foreign.into_iter().any(|other| *self.catalog.partition_root(&other.name) == table.name)
    }
}
