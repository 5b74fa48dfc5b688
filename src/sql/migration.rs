//! Statements that give a table its tenant column, and take it away again.
//!
//! They are apart from the others because only they change what tables are. Each is one that PostgreSQL can run while
//! others work: constraints come `NOT VALID` and are validated later, indexes come `CONCURRENTLY`.

use super::layout::{Doc, all, commas, exact, group, indent, parenthesised, words};
use super::print::{data_type, expr, literal, name, qname, table};
use super::{Expr, Ident};
use crate::catalog::{DataType, QName, ReferentialAction};

/// A statement of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Migration {
    /// `ALTER TABLE t ADD COLUMN IF NOT EXISTS c type [COLLATE …]`; never with a default, which would give today's value
    /// to every row that is there.
    AddColumn {
        /// The table, with its partitions.
        table: QName,
        /// The column.
        column: Ident,
        /// Its type.
        data_type: DataType,
        /// `COLLATE`
        collation: Option<QName>,
    },
    /// `ALTER TABLE t ALTER COLUMN c SET DEFAULT …`
    SetDefault {
        /// The table, with its partitions.
        table: QName,
        /// The column.
        column: Ident,
        /// What new rows get.
        value: Expr,
    },
    /// `COMMENT ON COLUMN t.c IS '…'`
    CommentOnColumn {
        /// The table.
        table: QName,
        /// The column.
        column: Ident,
        /// What it says.
        text: String,
    },
    /// `ALTER TABLE t DROP COLUMN IF EXISTS c`; never CASCADE.
    DropColumn {
        /// The table, with its partitions.
        table: QName,
        /// The column.
        column: Ident,
    },
    /// `ALTER TABLE t ADD CONSTRAINT n CHECK (…) NOT VALID`
    AddCheck {
        /// The table, with its partitions.
        table: QName,
        /// The constraint.
        name: Ident,
        /// What must not be false.
        condition: Expr,
    },
    /// `ALTER TABLE t ALTER COLUMN c SET NOT NULL`
    SetNotNull {
        /// The table, with its partitions.
        table: QName,
        /// The column.
        column: Ident,
    },
    /// `ALTER TABLE t VALIDATE CONSTRAINT n`
    Validate {
        /// The table, with its partitions.
        table: QName,
        /// The constraint.
        name: Ident,
    },
    /// `ALTER TABLE t DROP CONSTRAINT IF EXISTS n`; never CASCADE.
    DropConstraint {
        /// The table.
        table: QName,
        /// The constraint.
        name: Ident,
    },
    /// `CREATE [UNIQUE] INDEX [CONCURRENTLY] IF NOT EXISTS n ON [ONLY] t (…)`
    CreateIndex {
        /// The index, in its table's schema.
        name: Ident,
        /// The table.
        table: QName,
        /// Its key.
        columns: Vec<Ident>,
        /// UNIQUE
        unique: bool,
        /// On a partitioned table itself: `ON ONLY`, invalid until each partition has its own, and never concurrently.
        parent: bool,
    },
    /// `ALTER INDEX i ATTACH PARTITION p`
    AttachIndex {
        /// The index of the partitioned table.
        index: QName,
        /// That of the partition.
        partition: QName,
    },
    /// `DROP INDEX [CONCURRENTLY] IF EXISTS i`; never CASCADE.
    DropIndex {
        /// The index.
        index: QName,
        /// CONCURRENTLY
        concurrently: bool,
    },
    /// `ALTER TABLE t ADD CONSTRAINT n UNIQUE USING INDEX n`
    AddUnique {
        /// The table.
        table: QName,
        /// The constraint, and the index that it takes over.
        name: Ident,
    },
    /// `ALTER TABLE t ADD CONSTRAINT n FOREIGN KEY …`
    AddForeignKey(Box<NewForeignKey>),
    /// `PREPARE noren_backfill (tid, tid) AS …`: a batch, from one place of the table to another.
    PrepareBackfill(Box<Backfill>),
    /// `DEALLOCATE noren_backfill`
    DeallocateBackfill,
}

/// A foreign key that is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewForeignKey {
    /// The referencing table.
    pub table: QName,
    /// The constraint.
    pub name: String,
    /// The referencing columns.
    pub columns: Vec<Ident>,
    /// The referenced table.
    pub references: QName,
    /// The referenced columns, in pairs with the others.
    pub referenced: Vec<Ident>,
    /// ON DELETE
    pub on_delete: ReferentialAction,
    /// `ON DELETE SET NULL (…)` (15+); empty for all.
    pub delete_columns: Vec<Ident>,
    /// ON UPDATE
    pub on_update: ReferentialAction,
    /// `DEFERRABLE`, and then whether `INITIALLY DEFERRED`.
    pub deferrable: Option<bool>,
    /// NOT VALID: rows that are there are not looked at.
    pub not_valid: bool,
}

/// Copies the tenant of each row's parent into rows that have none, and counts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backfill {
    /// The table that holds the rows: no partitioned one.
    pub table: QName,
    /// The column that is filled.
    pub column: Ident,
    /// The parent.
    pub parent: QName,
    /// Without the parent's inheritance children.
    pub parent_only: bool,
    /// The parent's tenant.
    pub tenant: Ident,
    /// Which parent is a row's, over the aliases [`CHILD`] and [`PARENT`].
    pub is_parent: Vec<Expr>,
}

/// What the table that is filled is called in [`Backfill`].
pub const CHILD: &str = "child";
/// What its parent is called there.
pub const PARENT: &str = "parent";
/// The prepared statement; the blocks that run it know this name.
const PREPARED: &str = "noren_backfill";

impl Migration {
    /// The statement's kind in PostgreSQL's own parse tree.
    pub(super) fn node(&self) -> &'static str {
        match self {
            Self::CommentOnColumn { .. } => "CommentStmt",
            Self::CreateIndex { .. } => "IndexStmt",
            Self::DropIndex { .. } => "DropStmt",
            Self::PrepareBackfill(_) => "PrepareStmt",
            Self::DeallocateBackfill => "DeallocateStmt",
            _ => "AlterTableStmt",
        }
    }
}

/// A statement without its semicolon.
pub(super) fn migration(of: &Migration) -> Doc<'_> {
    match of {
        Migration::AddColumn { table, column, data_type: of, collation } => {
            let collation = collation.iter().flat_map(|name| [Doc::Space, words("COLLATE"), Doc::Space, qname(name)]);
            let head = [words("ADD COLUMN IF NOT EXISTS"), Doc::Space, name(column), Doc::Space, data_type(of)];
            alter(table, head.into_iter().chain(collation))
        }
        Migration::SetDefault { table, column, value } => {
            alter_column(table, column, [words("SET DEFAULT"), Doc::Space, expr(value)])
        }
        Migration::SetNotNull { table, column } => alter_column(table, column, [words("SET NOT NULL")]),
        Migration::CommentOnColumn { table, column, text } => {
            let on = all([words("COMMENT ON COLUMN"), Doc::Space, qname(table), exact("."), name(column)]);
            group([on, indent([Doc::Line, words("IS"), Doc::Space, literal(text)])])
        }
        Migration::DropColumn { table, column } => {
            alter(table, [words("DROP COLUMN IF EXISTS"), Doc::Space, name(column)])
        }
        Migration::AddCheck { table, name: constraint, condition } => {
            let check = [Doc::Space, words("CHECK"), Doc::Space, parenthesised(expr(condition)), Doc::Line];
            alter(table, added(constraint).into_iter().chain(check).chain([words("NOT VALID")]))
        }
        Migration::Validate { table, name: constraint } => {
            alter(table, [words("VALIDATE CONSTRAINT"), Doc::Space, name(constraint)])
        }
        Migration::DropConstraint { table, name: constraint } => {
            alter(table, [words("DROP CONSTRAINT IF EXISTS"), Doc::Space, name(constraint)])
        }
        Migration::AddUnique { table, name: constraint } => {
            let using = [Doc::Space, words("UNIQUE USING INDEX"), Doc::Space, name(constraint)];
            alter(table, added(constraint).into_iter().chain(using))
        }
        Migration::AddForeignKey(key) => foreign_key(key),
        Migration::PrepareBackfill(of) => backfill(of),
        Migration::DeallocateBackfill => all([words("DEALLOCATE"), Doc::Space, word_name(PREPARED)]),
        Migration::CreateIndex { name: index, table: of, columns, unique, parent } => {
            create_index(index, table(of, *parent), columns, *unique, !parent)
        }
        Migration::AttachIndex { index, partition } => {
            let attach = indent([Doc::Line, words("ATTACH PARTITION"), Doc::Space, qname(partition)]);
            group([words("ALTER INDEX"), Doc::Space, qname(index), attach])
        }
        Migration::DropIndex { index, concurrently } => {
            let head = words(if *concurrently { "DROP INDEX CONCURRENTLY IF EXISTS" } else { "DROP INDEX IF EXISTS" });
            all([head, Doc::Space, qname(index)])
        }
    }
}

fn word_name(name: &'static str) -> Doc<'static> {
    Doc::Token(super::token::Token::name(name))
}

fn alter<'t>(of: &'t QName, action: impl IntoIterator<Item = Doc<'t>>) -> Doc<'t> {
    group([words("ALTER TABLE"), Doc::Space, qname(of), indent([Doc::Line, all(action)])])
}

fn alter_column<'t>(of: &'t QName, column: &'t Ident, action: impl IntoIterator<Item = Doc<'t>>) -> Doc<'t> {
    alter(of, [words("ALTER COLUMN"), Doc::Space, name(column), Doc::Space].into_iter().chain(action))
}

fn added(constraint: &Ident) -> [Doc<'_>; 3] {
    [words("ADD CONSTRAINT"), Doc::Space, name(constraint)]
}

fn columns(of: &[Ident]) -> Doc<'_> {
    all([exact("("), commas(of.iter().map(name).collect(), Doc::Space), exact(")")])
}

fn create_index<'t>(index: &'t Ident, on: Doc<'t>, key: &'t [Ident], unique: bool, concurrently: bool) -> Doc<'t> {
    let head = words(match (unique, concurrently) {
        (false, false) => "CREATE INDEX IF NOT EXISTS",
        (false, true) => "CREATE INDEX CONCURRENTLY IF NOT EXISTS",
        (true, false) => "CREATE UNIQUE INDEX IF NOT EXISTS",
        (true, true) => "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS",
    });
    let on = indent([Doc::Line, words("ON"), Doc::Space, on, Doc::Space, columns(key)]);
    group([head, Doc::Space, name(index), on])
}

fn foreign_key(key: &NewForeignKey) -> Doc<'_> {
    let from = all([words("FOREIGN KEY"), Doc::Space, columns(&key.columns)]);
    let to = all([words("REFERENCES"), Doc::Space, qname(&key.references), Doc::Space, columns(&key.referenced)]);
    let mut parts = vec![words("ADD CONSTRAINT"), Doc::Space, name_of(&key.name), Doc::Line, from, Doc::Line, to];
    parts.extend([Doc::Line, words("ON UPDATE"), Doc::Space, words(action(key.on_update))]);
    parts.extend([Doc::Space, words("ON DELETE"), Doc::Space, words(action(key.on_delete))]);
    if !key.delete_columns.is_empty() {
        parts.extend([Doc::Space, columns(&key.delete_columns)]);
    }
    parts.extend(key.deferrable.into_iter().flat_map(|deferred| {
        [Doc::Line, words(if deferred { "DEFERRABLE INITIALLY DEFERRED" } else { "DEFERRABLE INITIALLY IMMEDIATE" })]
    }));
    if key.not_valid {
        parts.extend([Doc::Line, words("NOT VALID")]);
    }
    alter(&key.table, parts)
}

fn name_of(text: &str) -> Doc<'_> {
    Doc::Token(super::token::Token::name(text))
}

fn action(of: ReferentialAction) -> &'static str {
    match of {
        ReferentialAction::NoAction => "NO ACTION",
        ReferentialAction::Restrict => "RESTRICT",
        ReferentialAction::Cascade => "CASCADE",
        ReferentialAction::SetNull => "SET NULL",
        ReferentialAction::SetDefault => "SET DEFAULT",
    }
}

/// A batch by `ctid` reads no page outside it (a TID range scan, 14+). A statement that returns its count can be run and
/// counted by a fixed block; the names stand here, where they can be read.
fn backfill(of: &Backfill) -> Doc<'_> {
    let head = all([words("PREPARE"), Doc::Space, word_name(PREPARED), Doc::Space, parameters(), Doc::Space]);
    let update = [
        all([words("UPDATE"), Doc::Space, aliased(table(&of.table, true), CHILD)]),
        all([words("SET"), Doc::Space, name(&of.column), Doc::Space, exact("="), Doc::Space, of_parent(&of.tenant)]),
        all([words("FROM"), Doc::Space, aliased(table(&of.parent, of.parent_only), PARENT)]),
        all([words("WHERE"), Doc::Space, indent([conditions(of)])]),
        all([words("RETURNING"), Doc::Space, exact("1")]),
    ];
    let lines = update.into_iter().flat_map(|line| [Doc::Hard, line]);
    let with = all([words("WITH"), Doc::Space, word_name("filled"), Doc::Space, words("AS"), Doc::Space, exact("(")]);
    let count = [words("SELECT"), Doc::Space, word_name("count"), exact("("), exact("*"), exact(")"), Doc::Space];
    let from = [words("FROM"), Doc::Space, word_name("filled")];
    let end = [Doc::Hard, exact(")"), Doc::Hard].into_iter().chain(count).chain(from);
    all([head, words("AS"), Doc::Hard, with, indent(lines)].into_iter().chain(end))
}

fn parameters() -> Doc<'static> {
    all([exact("("), word_name("tid"), exact(","), Doc::Space, word_name("tid"), exact(")")])
}

fn aliased<'t>(of: Doc<'t>, alias: &'static str) -> Doc<'t> {
    all([of, Doc::Space, words("AS"), Doc::Space, word_name(alias)])
}

fn of_child(column: &str) -> Doc<'_> {
    all([word_name(CHILD), exact("."), name_of(column)])
}

fn of_parent(column: &Ident) -> Doc<'_> {
    all([word_name(PARENT), exact("."), name(column)])
}

fn conditions(of: &Backfill) -> Doc<'_> {
    let bound = |operator: &'static str, parameter: &'static str| {
        all([of_child("ctid"), Doc::Space, exact(operator), Doc::Space, exact(parameter)])
    };
    let and = || [Doc::Hard, words("AND"), Doc::Space];
    let empty = all([of_child(&of.column.0), Doc::Space, words("IS NULL")]);
    let known = all([of_parent(&of.tenant), Doc::Space, words("IS NOT NULL")]);
    let tests = of.is_parent.iter().map(expr);
    let rest = [bound("<", "$2"), empty].into_iter().chain(tests).chain([known]);
    all([bound(">=", "$1")].into_iter().chain(rest.flat_map(|test| and().into_iter().chain([test]))))
}

#[cfg(test)]
mod tests {
    use super::super::{Script, Statement};
    use super::*;

    fn print(of: Migration) -> String {
        let mut script = Script::new();
        script.run(Statement::Migration(of));
        script.print().unwrap()
    }

    fn idents(names: &[&str]) -> Vec<Ident> {
        names.iter().map(|name| Ident::from(*name)).collect()
    }

    fn uuid() -> DataType {
        DataType { name: QName::new("pg_catalog", "uuid"), modifiers: Vec::new(), dimensions: 0 }
    }

    #[test]
    fn names_are_quoted_and_every_statement_is_what_it_says() {
        let table = || QName::new("public", "明細\"Order");
        let column = || Ident::from("user");
        let name = || Ident::from("a b");
        let action = |on_delete| {
            Migration::AddForeignKey(Box::new(NewForeignKey {
                table: table(),
                name: "a b".to_owned(),
                columns: idents(&["user", "x"]),
                references: QName::new("s", "select"),
                referenced: idents(&["tenant_id", "id"]),
                on_delete,
                delete_columns: idents(&["x"]),
                on_update: ReferentialAction::NoAction,
                deferrable: Some(true),
                not_valid: true,
            }))
        };
        let all = [
            Migration::AddColumn { table: table(), column: column(), data_type: uuid(), collation: None },
            Migration::SetDefault {
                table: table(),
                column: column(),
                value: Expr::Call(Some(Ident::from("noren")), Ident::from("app_tenant_id"), Vec::new()),
            },
            Migration::CommentOnColumn { table: table(), column: column(), text: "it's".to_owned() },
            Migration::DropColumn { table: table(), column: column() },
            Migration::AddCheck { table: table(), name: name(), condition: Expr::column("user").is_not_null() },
            Migration::SetNotNull { table: table(), column: column() },
            Migration::Validate { table: table(), name: name() },
            Migration::DropConstraint { table: table(), name: name() },
            Migration::CreateIndex {
                name: name(),
                table: table(),
                columns: idents(&["user", "x"]),
                unique: true,
                parent: false,
            },
            Migration::CreateIndex {
                name: name(),
                table: table(),
                columns: idents(&["user"]),
                unique: false,
                parent: true,
            },
            Migration::AttachIndex { index: table(), partition: table() },
            Migration::DropIndex { index: table(), concurrently: true },
            Migration::AddUnique { table: table(), name: name() },
            action(ReferentialAction::SetNull),
            Migration::PrepareBackfill(Box::new(Backfill {
                table: table(),
                column: column(),
                parent: QName::new("s", "select"),
                parent_only: true,
                tenant: Ident::from("tenant_id"),
                is_parent: vec![Expr::of(PARENT, "id").op("=", Expr::of(CHILD, "x"))],
            })),
            Migration::DeallocateBackfill,
        ];
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../snapshots/sql");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("migrations", all.map(print).concat()));
    }
}
