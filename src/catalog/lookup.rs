//! Questions that the stages after this one ask of the catalog.

use super::{
    BaseType, Catalog, Category, DataType, ForeignKey, Index, IndexPart, Key, QName, Sequence, Table, TypeKind, View,
};
use super::{TableKind, builtin};
use std::collections::BTreeSet;

/// What makes rows of a table unique: a constraint or a unique index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent facts of the key")]
pub struct UniqueKey<'c> {
    /// The constraint or index.
    pub name: &'c str,
    /// Plain columns among its parts, in order.
    pub columns: Vec<&'c str>,
    /// It is the primary key.
    pub primary: bool,
    /// Some part is an expression: equal columns may then still be distinct, and the other way round.
    pub expression: bool,
    /// It has a predicate: rows outside it are not unique.
    pub partial: bool,
    /// NULLs are equal.
    pub nulls_not_distinct: bool,
    /// Checked at the end of the transaction at the latest; ON CONFLICT cannot use it.
    pub deferrable: bool,
}

impl<'c> UniqueKey<'c> {
    fn of_key(key: &'c Key, primary: bool) -> Self {
        Self {
            name: &key.name,
            columns: key.columns.iter().map(String::as_str).collect(),
            primary,
            expression: false,
            partial: false,
            nulls_not_distinct: key.nulls_not_distinct,
            deferrable: key.deferrable,
        }
    }

    fn of_index(index: &'c Index) -> Self {
        let plain = |part: &'c IndexPart| match part {
            IndexPart::Column(column) => Some(column.as_str()),
            IndexPart::Expression(_) => None,
        };
        Self {
            name: &index.name,
            columns: index.parts.iter().filter_map(plain).collect(),
            primary: false,
            expression: index.parts.iter().any(|part| matches!(part, IndexPart::Expression(_))),
            partial: index.predicate.is_some(),
            nulls_not_distinct: index.nulls_not_distinct,
            deferrable: false,
        }
    }
}

impl Table {
    /// A partition of a partitioned table; it may be partitioned itself.
    pub fn is_partition(&self) -> bool {
        self.partition_of.is_some()
    }

    /// Rows live in its partitions.
    pub fn is_partitioned(&self) -> bool {
        matches!(self.kind, TableKind::Partitioned { .. })
    }

    /// The primary key, UNIQUE constraints and unique indexes, in this order.
    pub fn unique_keys(&self) -> Vec<UniqueKey<'_>> {
        let primary = self.primary_key.iter().map(|key| UniqueKey::of_key(key, true));
        let unique = self.unique.iter().map(|key| UniqueKey::of_key(key, false));
        let indexes = self.indexes.iter().filter(|index| index.unique).map(UniqueKey::of_index);
        primary.chain(unique).chain(indexes).collect()
    }
}

impl Catalog {
    /// The type under all domains, with what it is. A domain over an array is an array.
    pub fn base_type(&self, data_type: &DataType) -> BaseType {
        let mut data_type = data_type.clone();
        let mut domains = Vec::new();
        while data_type.dimensions == 0 && !domains.contains(&data_type.name) {
            let Some(TypeKind::Domain { base, .. }) = self.types.get(&data_type.name).map(|found| &found.kind) else {
                break;
            };
            domains.push(data_type.name);
            data_type = base.clone();
        }
        let category = self.category(&data_type);
        BaseType { data_type, domains, category }
    }

    /// The schema of the extension that brings a type of this name.
    pub fn extension_schema_of_type(&self, name: &str) -> Option<&str> {
        self.extensions.get(builtin::extension_of(name)?).map(String::as_str)
    }

    fn category(&self, data_type: &DataType) -> Category {
        let name = &data_type.name;
        if data_type.dimensions > 0 {
            return Category::Array;
        }
        match self.types.get(name).map(|found| &found.kind) {
            Some(TypeKind::Enum(_)) => Category::Enum,
            Some(TypeKind::Composite(_)) => Category::Composite,
            Some(TypeKind::Range(_) | TypeKind::Multirange(_)) => Category::Range,
            None if name.schema == "pg_catalog" && builtin::is_range(&name.name) => Category::Range,
            // Nobody makes a table there, and to look for one among ten thousand costs more than all the rest.
            None if name.schema == "pg_catalog" => Category::Scalar,
            None if self.tables.contains_key(name) || self.views.contains_key(name) => Category::Composite,
            // A base type, of PostgreSQL, of an extension or of the schema; domains were taken off.
            _ => Category::Scalar,
        }
    }

    /// Tables of this name: in the schema when one is given, else in each schema of `search`, in its order.
    pub fn find_table(&self, search: &[String], schema: Option<&str>, name: &str) -> Vec<QName> {
        let schemas: Vec<&str> = match schema {
            Some(schema) => vec![schema],
            None => search.iter().map(String::as_str).collect(),
        };
        let names = schemas.into_iter().map(|schema| QName::new(schema, name));
        names.filter(|name| self.tables.contains_key(name)).collect()
    }

    /// Direct partitions and children of a table, sorted.
    pub fn children<'c>(&'c self, table: &'c QName) -> impl Iterator<Item = &'c Table> {
        self.tables.values().filter(move |one| one.partition_of.as_ref() == Some(table) || one.inherits.contains(table))
    }

    /// The topmost partitioned table above a partition; a table that is no partition is its own root.
    pub fn partition_root<'c>(&'c self, table: &'c QName) -> &'c QName {
        let mut root = table;
        while let Some(parent) = self.tables.get(root).and_then(|table| table.partition_of.as_ref()) {
            root = parent;
        }
        root
    }

    /// Sequences that belong to columns of a table: owned ones, and those that its defaults draw from.
    pub fn sequences_of<'c>(&'c self, table: &'c QName) -> Vec<&'c Sequence> {
        let drawn: BTreeSet<&QName> = self
            .tables
            .get(table)
            .into_iter()
            .flat_map(|table| table.columns.values())
            .filter_map(|column| column.default.as_ref())
            .flat_map(|default| &default.sequences)
            .collect();
        let owned = |sequence: &Sequence| sequence.owned_by.as_ref().is_some_and(|(owner, _)| owner == table);
        self.sequences.values().filter(|sequence| owned(sequence) || drawn.contains(&sequence.name)).collect()
    }

    /// Foreign keys that rows of a table must meet: its own, and those of its partitions alone. What the policy says of
    /// the columns of such a one holds for the rows of every partition, since an export reads them through the root.
    pub fn keys_of_rows<'c>(&'c self, table: &'c Table) -> impl Iterator<Item = &'c ForeignKey> {
        let below = table.is_partitioned().then(|| self.foreign_keys()).into_iter().flatten();
        let below = below.filter(|(owner, _)| owner.is_partition() && *self.partition_root(&owner.name) == table.name);
        table.foreign_keys.iter().chain(below.map(|(_, key)| key))
    }

    /// Every foreign key with the table that it is on; of partitions only those that their parent does not have.
    pub fn foreign_keys(&self) -> impl Iterator<Item = (&Table, &ForeignKey)> {
        self.tables.values().flat_map(move |table| {
            let parent = table.partition_of.as_ref().and_then(|name| self.tables.get(name));
            let inherited = move |key: &ForeignKey| {
                parent.is_some_and(|parent| {
                    parent.foreign_keys.iter().any(|above| {
                        above.columns == key.columns
                            && above.references == key.references
                            && above.referenced_columns == key.referenced_columns
                    })
                })
            };
            table.foreign_keys.iter().filter(move |key| !inherited(key)).map(move |key| (table, key))
        })
    }

    /// Foreign keys that point at a table.
    pub fn referencing<'c>(&'c self, table: &'c QName) -> impl Iterator<Item = (&'c Table, &'c ForeignKey)> {
        self.foreign_keys().filter(move |(_, key)| key.references == *table)
    }

    /// Tables in an order in which every table comes after those that it references, and the groups that
    /// reference each other in a circle (a table that references itself is no circle). Tarjan's algorithm gives
    /// the groups in exactly this order; ties keep the order of names.
    pub fn reference_order(&self) -> Vec<Vec<&QName>> {
        super::graph::components(&self.tables.keys().collect::<Vec<_>>(), |name| {
            self.tables.get(name).into_iter().flat_map(|table| table.foreign_keys.iter().map(|key| &key.references))
        })
    }

    /// Views that read a table or view, directly or through other views, sorted.
    pub fn views_over<'c>(&'c self, relation: &QName) -> Vec<&'c View> {
        let mut known: BTreeSet<QName> = BTreeSet::from([relation.clone()]);
        loop {
            let reads =
                |view: &&View| !known.contains(&view.name) && view.reads.iter().any(|name| known.contains(name));
            let more: Vec<QName> = self.views.values().filter(reads).map(|view| view.name.clone()).collect();
            if more.is_empty() {
                break;
            }
            known.extend(more);
        }
        known.remove(relation);
        known.iter().filter_map(|name| self.views.get(name)).collect()
    }

    /// Tables that a view reads, directly or through other views, sorted.
    pub fn tables_under(&self, view: &QName) -> BTreeSet<&QName> {
        let mut tables = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<&QName> = self.views.get(view).into_iter().flat_map(|view| &view.reads).collect();
        while let Some(name) = waiting.pop() {
            if let Some(below) = self.views.get(name).filter(|_| seen.insert(name)) {
                waiting.extend(&below.reads);
            } else if self.tables.contains_key(name) {
                tables.insert(name);
            }
        }
        tables
    }
}
