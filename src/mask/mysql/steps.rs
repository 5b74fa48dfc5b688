//! What masks compute before their outputs, each part named once.
//!
//! MySQL 5.7 has neither LATERAL nor WITH. So what a mask reads more than once becomes a column of a derived table: one layer
//! lies in the next, each adds columns that read those below, and all masks of a table share the layers.
//!
//! An element of a JSON array is no row of the table, so its parts cannot be there. They stand beside it in its own
//! sub-select, each a row of values that reads those before it.

use crate::sql::{Expr, From, Ident, Join, Relation};
use std::collections::BTreeSet;

/// The parts of a table's masks.
pub struct Steps {
    row: String,
    version: u32,
    taken: BTreeSet<String>,
    level: usize,
    once: Vec<Step>,
    layers: Vec<Vec<Step>>,
    joins: Vec<From>,
    inside: Vec<Inside>,
}

/// A sub-select over elements, and what its masks compute beside each.
struct Inside {
    alias: String,
    relations: Vec<From>,
}

/// What [`Steps`] came to.
pub struct Parts {
    /// What is computed once a statement.
    pub once: Vec<Step>,
    /// From the row up.
    pub layers: Vec<Vec<Step>>,
    /// What is joined to the row.
    pub joins: Vec<From>,
}

/// A named part.
pub type Step = (Ident, Expr);

impl Steps {
    /// None yet. `row` is what the masked row is called, and the columns of a table of Aurora MySQL `version` (2 is MySQL 5.7,
    /// 3 is 8.0) have these names already.
    pub fn new<'n>(row: &str, version: u32, taken: impl IntoIterator<Item = &'n str>) -> Self {
        let taken = taken.into_iter().map(str::to_lowercase).collect();
        Self {
            row: row.to_owned(),
            version,
            taken,
            level: 0,
            once: Vec::new(),
            layers: Vec::new(),
            joins: Vec::new(),
            inside: Vec::new(),
        }
    }

    /// A name that no column has, whatever its case.
    pub fn name(&mut self, wanted: String) -> String {
        let mut name = wanted;
        while self.taken.contains(&name) {
            name.push('_');
        }
        self.taken.insert(name.clone());
        name
    }

    /// The next mask begins again at the row.
    pub fn begin(&mut self) {
        self.level = 0;
    }

    /// What reads no row, computed once a statement.
    pub(in crate::mask) fn once(&mut self, value: Expr) -> Expr {
        if let Some((name, _)) = self.once.iter().find(|(_, known)| *known == value) {
            return Expr::of(&self.row, &name.0);
        }
        let name = self.name(format!("noren_secret_{}", self.once.len() + 1));
        let column = Expr::of(&self.row, &name);
        self.once.push((Ident::new(name), value));
        column
    }

    /// Until [`Self::leave`], parts are of the elements that a relation gives. MySQL 8.0 alone has such relations.
    pub(in crate::mask) fn enter(&mut self, alias: &str, elements: Relation) {
        let relations = vec![From::first(elements, alias)];
        self.inside.push(Inside { alias: alias.to_owned(), relations });
    }

    /// The elements and the parts of each.
    pub(in crate::mask) fn leave(&mut self) -> Vec<From> {
        self.inside.pop().map(|inside| inside.relations).unwrap_or_default()
    }

    /// A layer: each part may read those of the layers before it.
    pub(in crate::mask) fn bind<const PARTS: usize>(&mut self, parts: [Expr; PARTS]) -> [Expr; PARTS] {
        if let Some(inside) = self.inside.last_mut() {
            return inside.bind(parts);
        }
        if self.level == self.layers.len() {
            self.layers.push(Vec::new());
        }
        let columns = parts.map(|part| {
            let number = self.layers.iter().map(Vec::len).sum::<usize>() + 1;
            let name = self.name(format!("noren_step_{number}"));
            let column = Expr::of(&self.row, &name);
            if let Some(layer) = self.layers.get_mut(self.level) {
                layer.push((Ident::new(name), part));
            }
            column
        });
        self.level += 1;
        columns
    }

    /// One part.
    pub(crate) fn bind_one(&mut self, part: Expr) -> Expr {
        let [column] = self.bind([part]);
        column
    }

    /// Whether the server has regular expressions that replace, and windows: MySQL 8.0.
    pub(in crate::mask) fn is_8(&self) -> bool {
        self.version >= 3
    }

    /// What is joined to the masked row, always so that no row is lost or doubled.
    pub(in crate::mask) fn join(&mut self, relation: From) {
        self.joins.push(relation);
    }

    /// All parts.
    pub fn into_parts(self) -> Parts {
        Parts { once: self.once, layers: self.layers, joins: self.joins }
    }
}

impl Inside {
    fn bind<const PARTS: usize>(&mut self, parts: [Expr; PARTS]) -> [Expr; PARTS] {
        let alias = format!("{}_step_{}", self.alias, self.relations.len());
        let mut row = From::joined(Relation::Values(vec![parts.to_vec()]), alias.as_str(), Join::Lateral);
        let mut number = 0;
        let columns = parts.map(|_| {
            number += 1;
            let name = format!("part_{number}");
            row.columns.push(Ident::new(name.as_str()));
            Expr::of(&alias, &name)
        });
        self.relations.push(row);
        columns
    }
}
