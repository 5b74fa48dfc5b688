//! `CREATE TABLE` and `ALTER TABLE`.

use super::lexer::{Kind, Token};
use super::parse::Cursor;
use super::types;
use super::{OwnType, Place, Reader};
use crate::catalog::{
    Check, Column, Expression, ForeignKey, Generated, Identity, Index, IndexPart, Key, QName, ReferentialAction, Table,
    TableKind, Type, TypeKind,
};
use crate::source::Span;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// What one table says before it is whole.
struct Draft {
    table: Table,
    own: Vec<(String, OwnType)>,
    enums: Vec<(String, Vec<String>)>,
}

/// `ALTER TABLE` of one of these changes nothing that a policy speaks of.
const HARMLESS_ALTERS: [&str; 16] = [
    "engine",
    "auto_increment",
    "comment",
    "disable keys",
    "enable keys",
    "row_format",
    "default",
    "force",
    "algorithm",
    "lock",
    "charset",
    "character",
    "collate",
    "drop index",
    "drop key",
    "order by",
];

impl Reader {
    pub(super) fn create_table(&mut self, place: Place<'_>, tokens: &[Token], mut cursor: Cursor<'_>) {
        cursor.take("if not exists");
        let head = tokens.first().map_or(0..0, |token| token.range.clone());
        let Some((database, name)) = cursor.qualified() else {
            return self.refuse(place.span(&cursor.place()), "no table's name");
        };
        if let Some(database) = database {
            self.enter(database, place.span(&head));
        }
        let name = self.name(name);
        let mut draft = Draft::new(name.clone(), place.span(&head));
        if let Err(at) = draft.body(place, &mut cursor) {
            let word = place.text.get(at.clone()).unwrap_or_default();
            return self.refuse(place.span(&at), &format!("`{word}` in `CREATE TABLE {}`", name.name));
        }
        self.put(draft);
    }

    fn put(&mut self, draft: Draft) {
        let Draft { mut table, own, enums } = draft;
        for (column, labels) in enums {
            let name = QName::new(table.name.schema.as_str(), format!("{}.{column}", table.name.name));
            if let Some(column) = table.columns.get_mut(&column) {
                column.data_type.name = name.clone();
                let kind = TypeKind::Enum(labels);
                self.catalog.types.insert(name.clone(), Type { name, kind, span: column.span, comment: None });
            }
        }
        if let Some(key) = &table.primary_key {
            for name in &key.columns {
                if let Some(column) = table.columns.get_mut(name) {
                    column.not_null = true;
                }
            }
        }
        let facts = self.catalog.mysql.get_or_insert_default();
        facts.columns.extend(own.into_iter().map(|(column, own)| ((table.name.clone(), column), own)));
        self.catalog.tables.insert(table.name.clone(), table);
    }

    pub(super) fn alter(&mut self, place: Place<'_>, tokens: &[Token], mut cursor: Cursor<'_>) {
        let head = place.span(&tokens.first().map_or(0..0, |token| token.range.clone()));
        if cursor.sees("database") || cursor.sees("schema") || cursor.sees("event") || cursor.sees("user") {
            return;
        }
        if !cursor.take("table") {
            return self.refuse(head, "an `ALTER` of something else");
        }
        let Some((_, name)) = cursor.qualified() else { return self.refuse(head, "no table's name") };
        let name = self.name(name);
        let Some(table) = self.catalog.tables.remove(&name) else {
            return self.refuse(head, &format!("`ALTER TABLE {}`, which no statement before it made", name.name));
        };
        let mut draft = Draft { table, own: Vec::new(), enums: Vec::new() };
        let failed = draft.alter(place, &mut cursor).err();
        self.put(draft);
        if let Some(at) = failed {
            let word = place.text.get(at.clone()).unwrap_or_default();
            self.refuse(place.span(&at), &format!("`{word}` in `ALTER TABLE {}`", name.name));
        }
    }

    /// `CREATE INDEX name ON table (…)`
    pub(super) fn index(&mut self, place: Place<'_>, cursor: &mut Cursor<'_>, unique: bool) -> Option<()> {
        let span = place.span(&cursor.place());
        let name = cursor.name()?.to_owned();
        skip_using(cursor);
        cursor.take("on").then_some(())?;
        let (_, table) = cursor.qualified()?;
        let parts = parts(place, cursor)?;
        let table = self.name(table);
        self.catalog.tables.get_mut(&table)?.indexes.push(index(name, unique, parts, span));
        Some(())
    }

    /// Names in expressions and keys are settled when every column is known.
    pub(super) fn close(&mut self) {
        for table in self.catalog.tables.values_mut() {
            settle(table);
        }
    }
}

type Read<T> = Result<T, std::ops::Range<usize>>;

impl Draft {
    fn new(name: QName, span: Span) -> Self {
        let table = Table {
            name,
            span,
            kind: TableKind::Ordinary,
            columns: IndexMap::new(),
            partition_of: None,
            inherits: Vec::new(),
            primary_key: None,
            unique: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            exclusions: Vec::new(),
            indexes: Vec::new(),
            triggers: Vec::new(),
            policies: Vec::new(),
            row_security: false,
            force_row_security: false,
            comment: None,
            owner: None,
            grants: Vec::new(),
            publications: Vec::new(),
            unlogged: false,
        };
        Self { table, own: Vec::new(), enums: Vec::new() }
    }

    fn body(&mut self, place: Place<'_>, cursor: &mut Cursor<'_>) -> Read<()> {
        if !cursor.symbol('(') || cursor.sees("like") {
            return Err(cursor.place());
        }
        loop {
            self.item(place, cursor)?;
            if !cursor.symbol(',') {
                break;
            }
        }
        if !cursor.symbol(')') {
            return Err(cursor.place());
        }
        self.options(cursor)
    }

    /// Of the options only how rows are spread over partitions, and a select that would add columns, matter.
    fn options(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        while !cursor.is_done() {
            if cursor.sees("select") || cursor.sees("as") || cursor.sees("with system versioning") {
                return Err(cursor.place());
            }
            if cursor.take("partition by") {
                let mut columns = Vec::new();
                while !cursor.is_done() && !cursor.sees("partitions") {
                    match cursor.parenthesised() {
                        Some(inside) => {
                            columns = names_in(inside);
                            break;
                        }
                        None => drop(cursor.advance()),
                    }
                }
                self.table.kind = TableKind::Partitioned { key_columns: columns };
                return Ok(());
            }
            cursor.advance();
        }
        Ok(())
    }

    /// A column, a key or a constraint.
    fn item(&mut self, place: Place<'_>, cursor: &mut Cursor<'_>) -> Read<()> {
        let span = place.span(&cursor.place());
        let quoted = matches!(cursor.peek().map(|token| &token.kind), Some(Kind::Name(_)));
        if !quoted && self.constraint(place, cursor, span)? {
            return Ok(());
        }
        let at = cursor.place();
        let name = cursor.name().ok_or(at)?.to_owned();
        self.column(place, cursor, &name, span)
    }

    /// Whether it was one.
    fn constraint(&mut self, place: Place<'_>, cursor: &mut Cursor<'_>, span: Span) -> Read<bool> {
        let mut name = None;
        if cursor.take("constraint") && !["primary", "unique", "foreign", "check"].iter().any(|word| cursor.sees(word))
        {
            name = Some(cursor.name().ok_or(cursor.place())?.to_owned());
        }
        if cursor.take("primary key") {
            skip_using(cursor);
            let columns = parts(place, cursor).ok_or(cursor.place())?.iter().filter_map(plain).collect();
            self.table.primary_key = Some(key("PRIMARY".to_owned(), columns, span));
        } else if cursor.take("unique") {
            let _ = cursor.take("key") || cursor.take("index");
            let own = self.index_name(cursor, name);
            let parts = parts(place, cursor).ok_or(cursor.place())?;
            self.table.indexes.push(index(own, true, parts, span));
        } else if cursor.take("foreign key") {
            self.foreign_key(cursor, name, span)?;
            return Ok(true);
        } else if cursor.take("check") {
            self.check(place, cursor, name, span)?;
            return Ok(true);
        } else if cursor.take("fulltext") || cursor.take("spatial") || cursor.take("vector") {
            let _ = cursor.take("key") || cursor.take("index");
            let own = self.index_name(cursor, name);
            let parts = parts(place, cursor).ok_or(cursor.place())?;
            self.table.indexes.push(index(own, false, parts, span));
        } else if cursor.take("key") || cursor.take("index") {
            let own = self.index_name(cursor, name);
            let parts = parts(place, cursor).ok_or(cursor.place())?;
            self.table.indexes.push(index(own, false, parts, span));
        } else if name.is_some() || cursor.sees("period for") {
            return Err(cursor.place());
        } else {
            return Ok(false);
        }
        // USING, KEY_BLOCK_SIZE, WITH PARSER, COMMENT, VISIBLE: nothing that a policy speaks of.
        cursor.skip_item();
        Ok(true)
    }

    fn index_name(&self, cursor: &mut Cursor<'_>, constraint: Option<String>) -> String {
        skip_using(cursor);
        let stands = !matches!(cursor.peek().map(|token| &token.kind), Some(Kind::Symbol('(')));
        let own = if stands { cursor.name().map(str::to_owned) } else { None };
        skip_using(cursor);
        own.or(constraint).unwrap_or_else(|| format!("key_{}", self.table.indexes.len() + 1))
    }

    fn foreign_key(&mut self, cursor: &mut Cursor<'_>, name: Option<String>, span: Span) -> Read<()> {
        cursor.take("if not exists");
        let stands = !matches!(cursor.peek().map(|token| &token.kind), Some(Kind::Symbol('(')));
        let own = if stands { cursor.name().map(str::to_owned) } else { None };
        let columns = cursor.names().ok_or(cursor.place())?;
        if !cursor.take("references") {
            return Err(cursor.place());
        }
        let (_, references) = cursor.qualified().ok_or(cursor.place())?;
        let referenced_columns = cursor.names().ok_or(cursor.place())?;
        let (mut on_delete, mut on_update, mut match_full) =
            (ReferentialAction::Restrict, ReferentialAction::Restrict, false);
        loop {
            if cursor.take("on delete") {
                on_delete = action(cursor)?;
            } else if cursor.take("on update") {
                on_update = action(cursor)?;
            } else if cursor.take("match") {
                match_full = cursor.sees("full");
                cursor.advance();
            } else {
                break;
            }
        }
        let count = self.table.foreign_keys.len() + 1;
        self.table.foreign_keys.push(ForeignKey {
            name: name.or(own).unwrap_or_else(|| format!("{}_ibfk_{count}", self.table.name.name)),
            columns,
            references: QName::new(self.table.name.schema.as_str(), references),
            referenced_columns,
            on_delete,
            delete_columns: Vec::new(),
            on_update,
            match_full,
            deferrable: false,
            initially_deferred: false,
            validated: true,
            enforced: true,
            span,
        });
        Ok(())
    }

    fn check(&mut self, place: Place<'_>, cursor: &mut Cursor<'_>, name: Option<String>, span: Span) -> Read<()> {
        let inside = cursor.parenthesised().ok_or(cursor.place())?;
        let enforced = !cursor.take("not enforced");
        cursor.take("enforced");
        let count = self.table.checks.len() + 1;
        self.table.checks.push(Check {
            name: name.unwrap_or_else(|| format!("{}_chk_{count}", self.table.name.name)),
            expression: expression(place, inside),
            validated: enforced,
            enforced,
            no_inherit: false,
            span,
        });
        Ok(())
    }

    fn column(&mut self, place: Place<'_>, cursor: &mut Cursor<'_>, name: &str, span: Span) -> Read<()> {
        let at = cursor.place();
        let read = types::read(cursor).ok_or(at)?;
        self.own.push((name.to_owned(), OwnType { words: read.words, is_text: read.is_text }));
        self.enums.extend(read.labels.map(|labels| (name.to_owned(), labels)));
        let mut column = Column {
            name: name.to_owned(),
            span,
            data_type: read.data_type,
            not_null: false,
            default: None,
            identity: None,
            generated: None,
            collation: None,
            comment: None,
        };
        while !matches!(cursor.peek().map(|token| &token.kind), None | Some(Kind::Symbol(',' | ')'))) {
            self.attribute(place, cursor, &mut column)?;
        }
        self.table.columns.insert(name.to_owned(), column);
        Ok(())
    }

    fn attribute(&mut self, place: Place<'_>, cursor: &mut Cursor<'_>, column: &mut Column) -> Read<()> {
        let span = column.span;
        if cursor.take("not null") {
            column.not_null = true;
        } else if cursor.take("null") || cursor.take("invisible") || cursor.take("visible") || cursor.take("first") {
        } else if cursor.take("auto_increment") {
            column.identity = Some(Identity::ByDefault);
        } else if cursor.take("default") {
            column.default = default(place, cursor)?.map(Box::new);
        } else if cursor.take("on update") {
            cursor.advance();
            cursor.parenthesised();
        } else if cursor.take("comment") {
            column.comment = Some(cursor.text().ok_or(cursor.place())?.to_owned());
        } else if ["collate", "character set", "charset", "column_format", "storage", "srid", "after"]
            .iter()
            .any(|words| cursor.take(words))
        {
            cursor.symbol('=');
            cursor.advance();
        } else if cursor.take("generated always as") || cursor.take("as") {
            let inside = cursor.parenthesised().ok_or(cursor.place())?;
            let stored = cursor.take("stored") || cursor.take("persistent");
            cursor.take("virtual");
            column.generated = Some(Box::new(Generated { expression: expression(place, inside), stored }));
        } else if cursor.take("primary key") || cursor.take("key") {
            self.table.primary_key = Some(key("PRIMARY".to_owned(), vec![column.name.clone()], span));
            column.not_null = true;
        } else if cursor.take("unique") {
            cursor.take("key");
            let parts = vec![IndexPart::Column(column.name.clone())];
            self.table.indexes.push(index(column.name.clone(), true, parts, span));
        } else if cursor.take("check") {
            self.check(place, cursor, None, span)?;
        } else if cursor.take("constraint") {
            let name = if cursor.sees("check") { None } else { cursor.name().map(str::to_owned) };
            if !cursor.take("check") {
                return Err(cursor.place());
            }
            self.check(place, cursor, name, span)?;
        } else {
            // REFERENCES beside a column: servers before version 9 read and forget it.
            return Err(cursor.place());
        }
        Ok(())
    }

    fn alter(&mut self, place: Place<'_>, cursor: &mut Cursor<'_>) -> Read<()> {
        loop {
            self.alteration(place, cursor)?;
            if !cursor.symbol(',') {
                break;
            }
        }
        if cursor.is_done() { Ok(()) } else { Err(cursor.place()) }
    }

    fn alteration(&mut self, place: Place<'_>, cursor: &mut Cursor<'_>) -> Read<()> {
        let span = place.span(&cursor.place());
        if cursor.take("add") {
            if self.constraint(place, cursor, span)? {
                return Ok(());
            }
            cursor.take("column");
            cursor.take("if not exists");
            if cursor.symbol('(') {
                return Err(cursor.place());
            }
            let name = cursor.name().ok_or(cursor.place())?.to_owned();
            return self.column(place, cursor, &name, span);
        }
        if cursor.take("modify") || cursor.take("change") {
            return self.redefine(place, cursor, span);
        }
        if cursor.take("drop foreign key") || cursor.take("drop constraint") || cursor.take("drop check") {
            let name = cursor.name().ok_or(cursor.place())?;
            self.table.foreign_keys.retain(|key| key.name != name);
            self.table.checks.retain(|check| check.name != name);
            self.table.indexes.retain(|index| index.name != name);
            return Ok(());
        }
        if cursor.take("drop primary key") {
            self.table.primary_key = None;
            return Ok(());
        }
        if cursor.take("drop index") || cursor.take("drop key") {
            let name = cursor.name().ok_or(cursor.place())?;
            self.table.indexes.retain(|index| index.name != name);
            return Ok(());
        }
        if cursor.take("drop column") || cursor.take("drop") {
            cursor.take("if exists");
            let name = cursor.name().ok_or(cursor.place())?;
            return self.table.columns.shift_remove(name).map(drop).ok_or(cursor.place());
        }
        if HARMLESS_ALTERS.iter().any(|words| cursor.sees(words)) {
            cursor.skip_item();
            return Ok(());
        }
        Err(cursor.place())
    }

    /// `MODIFY name …` and `CHANGE old new …` keep the column's place.
    fn redefine(&mut self, place: Place<'_>, cursor: &mut Cursor<'_>, span: Span) -> Read<()> {
        cursor.take("column");
        let old = cursor.name().ok_or(cursor.place())?.to_owned();
        let at = self.table.columns.get_index_of(&old).ok_or(cursor.place())?;
        let same = cursor.clone();
        let renamed = types::read(cursor).is_none() || cursor.is_done();
        *cursor = same;
        let name = if renamed { cursor.name().ok_or(cursor.place())?.to_owned() } else { old.clone() };
        self.table.columns.shift_remove(&old);
        self.column(place, cursor, &name, span)?;
        let last = self.table.columns.len().saturating_sub(1);
        self.table.columns.move_index(last, at.min(last));
        Ok(())
    }
}

fn action(cursor: &mut Cursor<'_>) -> Read<ReferentialAction> {
    let known = [
        ("no action", ReferentialAction::NoAction),
        ("restrict", ReferentialAction::Restrict),
        ("cascade", ReferentialAction::Cascade),
        ("set null", ReferentialAction::SetNull),
        ("set default", ReferentialAction::SetDefault),
    ];
    let found = known.into_iter().find(|(words, _)| cursor.take(words));
    found.map(|(_, action)| action).ok_or(cursor.place())
}

/// A literal, `CURRENT_TIMESTAMP(6)`, or an expression in parentheses. `DEFAULT NULL` is none.
fn default(place: Place<'_>, cursor: &mut Cursor<'_>) -> Read<Option<Expression>> {
    if cursor.take("null") {
        return Ok(None);
    }
    let start = cursor.place().start;
    if let Some(inside) = cursor.parenthesised() {
        return Ok(Some(expression(place, inside)));
    }
    let mut end = start;
    let mut function = None;
    // A sign, `b'0'`, `_utf8mb4'x'`, a word with an empty list.
    for count in 0..3 {
        let Some(token) = cursor.peek() else { break };
        let more = match &token.kind {
            Kind::Symbol('-' | '+') if count == 0 => true,
            Kind::Word(word)
                if count == 0 && (word.starts_with('_') || matches!(word.as_str(), "b" | "x" | "B" | "X")) =>
            {
                true
            }
            Kind::Word(word) => {
                let literal = ["true", "false"].iter().any(|known| word.eq_ignore_ascii_case(known));
                function = (!literal).then(|| word.to_ascii_lowercase());
                false
            }
            Kind::Text(_) | Kind::Number(_) => false,
            _ => return Err(token.range.clone()),
        };
        end = token.range.end;
        cursor.advance();
        if !more {
            break;
        }
    }
    if function.is_some() {
        cursor.parenthesised();
    }
    let sql = place.text.get(start..end).unwrap_or_default().to_owned();
    let functions = function.into_iter().collect();
    Ok(Some(Expression { sql, columns: Vec::new(), functions, sequences: Vec::new() }))
}

fn key(name: String, columns: Vec<String>, span: Span) -> Key {
    Key {
        name,
        columns,
        nulls_not_distinct: false,
        deferrable: false,
        initially_deferred: false,
        without_overlaps: false,
        include: Vec::new(),
        span,
    }
}

fn index(name: String, unique: bool, parts: Vec<IndexPart>, span: Span) -> Index {
    Index {
        name,
        unique,
        nulls_not_distinct: false,
        parts,
        include: Vec::new(),
        predicate: None,
        method: "btree".to_owned(),
        span,
    }
}

fn plain(part: &IndexPart) -> Option<String> {
    match part {
        IndexPart::Column(name) => Some(name.clone()),
        IndexPart::Expression(_) => None,
    }
}

fn skip_using(cursor: &mut Cursor<'_>) {
    if cursor.take("using") {
        cursor.advance();
    }
}

/// `(a, b(10) DESC, (lower(c)))`: a prefix of a column is an expression over it.
fn parts(place: Place<'_>, cursor: &mut Cursor<'_>) -> Option<Vec<IndexPart>> {
    cursor.symbol('(').then_some(())?;
    let mut parts = Vec::new();
    loop {
        if let Some(inside) = cursor.clone().parenthesised() {
            cursor.parenthesised();
            parts.push(IndexPart::Expression(expression(place, inside)));
        } else {
            let start = cursor.place().start;
            let name = cursor.name()?.to_owned();
            let end = cursor.clone();
            parts.push(if cursor.numbers().is_empty() {
                IndexPart::Column(name)
            } else {
                let end = end.place().end.max(cursor.place().start);
                let sql = place.text.get(start..end).unwrap_or_default().trim_end_matches([',', ')']).to_owned() + ")";
                IndexPart::Expression(Expression {
                    sql,
                    columns: vec![name],
                    functions: Vec::new(),
                    sequences: Vec::new(),
                })
            });
        }
        let _ = cursor.take("asc") || cursor.take("desc");
        if !cursor.symbol(',') {
            break;
        }
    }
    cursor.symbol(')').then_some(parts)
}

/// The text, and every name in it; which of them are columns is settled when the table is whole.
fn expression(place: Place<'_>, tokens: &[Token]) -> Expression {
    let range = tokens.first().zip(tokens.last()).map(|(first, last)| first.range.start..last.range.end);
    let sql = range.and_then(|range| place.text.get(range)).unwrap_or_default();
    let sql: String = sql.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let called = tokens.windows(2).filter_map(|pair| match pair {
        [Token { kind: Kind::Word(word), .. }, Token { kind: Kind::Symbol('('), .. }] => {
            Some(word.to_ascii_lowercase())
        }
        _ => None,
    });
    let functions: BTreeSet<String> = called.collect();
    Expression { sql, columns: names_in(tokens), functions: functions.into_iter().collect(), sequences: Vec::new() }
}

fn names_in(tokens: &[Token]) -> Vec<String> {
    let names = tokens.iter().filter_map(|token| match &token.kind {
        Kind::Name(name) | Kind::Word(name) => Some(name.clone()),
        _ => None,
    });
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Names that differ from a column's in case only are that column's; all others are words of the expression.
fn settle(table: &mut Table) {
    let known: Vec<String> = table.columns.keys().cloned().collect();
    let of = |name: &String| known.iter().find(|column| column.to_lowercase() == name.to_lowercase()).cloned();
    let settle =
        |names: &mut Vec<String>| *names = names.iter().filter_map(of).collect::<BTreeSet<_>>().into_iter().collect();
    let in_order =
        |names: &mut Vec<String>| *names = names.iter().map(|name| of(name).unwrap_or(name.clone())).collect();
    for column in table.columns.values_mut() {
        if let Some(generated) = &mut column.generated {
            settle(&mut generated.expression.columns);
        }
        if let Some(default) = &mut column.default {
            settle(&mut default.columns);
        }
    }
    table.checks.iter_mut().for_each(|check| settle(&mut check.expression.columns));
    for part in table.indexes.iter_mut().flat_map(|index| &mut index.parts) {
        match part {
            IndexPart::Expression(expression) => settle(&mut expression.columns),
            IndexPart::Column(name) => *name = of(name).unwrap_or_else(|| name.clone()),
        }
    }
    if let TableKind::Partitioned { key_columns } = &mut table.kind {
        settle(key_columns);
    }
    table.primary_key.iter_mut().for_each(|key| in_order(&mut key.columns));
    table.foreign_keys.iter_mut().for_each(|key| in_order(&mut key.columns));
}
