//! What a first policy could say of a column: from its name, its type, and the constraints that a mask must fit.
//!
//! The guess may be too strict, never too loose: text is kept only where its name is one of a short list or where
//! it is the key that others point to by name. What cannot be masked without a decision is left open.

use super::names::{self, Hint};
use crate::catalog::{Catalog, Column, DataType, ForeignKey, IndexPart, QName, Table, TableKind, TypeKind, mysql};
use std::collections::BTreeSet;

/// What is proposed for a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proposal {
    /// Nothing to say: it is generated, or follows the key that it references.
    Silent,
    /// Kept by the rule for types; this is the word of its type.
    ByType(String),
    /// A rule of its own.
    Rule(String),
    /// Left open, with a question.
    Todo(&'static str),
}

/// What a type can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sort {
    /// Numbers, dates, truth values, uuids and enums, with the word of the type.
    Plain(String),
    /// Text of at most so many characters.
    Text(Option<i32>),
    Document,
    Network,
    /// Of so many, where all have as many.
    Bytes(Option<i32>),
    Search,
    /// An array of texts.
    Texts,
    /// A point or a shape.
    Place,
    /// A range, a bit string, or an array of plain values: no text, but a rule must name the column.
    Structured,
    Other,
}

const PLAIN: &[&str] = &[
    "bool",
    "int2",
    "int4",
    "int8",
    "numeric",
    "float4",
    "float8",
    "money",
    "date",
    "time",
    "timetz",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
];

/// Types of which a rule for all tables keeps every column. Numbers and dates are not among them: a number can be
/// somebody's, and a column that is left open must not be covered by such a rule.
const KEPT_BY_TYPE: &[&str] = &["bool", "enum", "interval", "time", "timetz", "timestamp", "timestamptz", "uuid"];

/// Numbers of either engine.
const NUMBERS: &[&str] = &[
    "int1", "int2", "int3", "int4", "int8", "uint1", "uint2", "uint3", "uint4", "uint8", "year", "numeric", "float4",
    "float8",
];

const ASK_TEXT: &str = "text, and its name does not tell of what; keep it because \"…\", mask it or drop it";
const ASK_UNIQUE: &str = "unique and NOT NULL, so a mask must keep values apart";
const ASK_CHECKED: &str =
    "a CHECK or a domain says what it may hold; choose a value that passes, or a mask of your own";
const ASK_PARTITION: &str = "part of the partition key, which cannot be masked";
const ASK_NUMBER: &str = "a number that may tell who somebody is";
const ASK_PLACE: &str = "may tell where somebody is; round it, drop it or keep it";
const ASK_REFUSED: &str = "an index or a CHECK reads it, and may not hold for what its name suggests";
const ASK_TYPE: &str = "its type can hold anything; keep it because \"…\", mask it or drop it";

/// Columns, by table, whose proposals a proof refused.
pub(super) type Refused = BTreeSet<(QName, String)>;

/// The proposal for a column of a table.
pub(super) fn propose(catalog: &Catalog, refused: &Refused, table: &Table, column: &Column) -> Proposal {
    propose_within(catalog, refused, table, column, 8)
}

/// Foreign keys may run in circles; `depth` ends them.
fn propose_within(catalog: &Catalog, refused: &Refused, table: &Table, column: &Column, depth: u8) -> Proposal {
    let proposal = propose_freely(catalog, refused, table, column, depth);
    // What the rule for types reaches cannot be left open.
    let reached = matches!(sort(catalog, &base_type(catalog, &column.data_type).data_type), Sort::Plain(word) if KEPT_BY_TYPE.contains(&word.as_str()));
    match proposal {
        Proposal::Rule(_) if !reached && refused.contains(&(table.name.clone(), column.name.clone())) => {
            Proposal::Todo(ASK_REFUSED)
        }
        proposal => proposal,
    }
}

fn propose_freely(catalog: &Catalog, refused: &Refused, table: &Table, column: &Column, depth: u8) -> Proposal {
    if column.generated.is_some() {
        return Proposal::Silent;
    }
    let guess = Guess::new(catalog, table, column);
    let Some((parent, key)) = referenced(catalog, table, column).filter(|_| depth > 0) else {
        return guess.propose();
    };
    match propose_within(catalog, refused, parent, key, depth - 1) {
        Proposal::ByType(_) => guess.propose_plain_or_keep(),
        Proposal::Rule(rule) if rule == "keep" => Proposal::Rule(rule),
        masked => {
            if let Proposal::Todo(_) = masked {
                masked
            } else {
                Proposal::Silent
            }
        }
    }
}

fn referenced<'a>(catalog: &'a Catalog, table: &Table, column: &Column) -> Option<(&'a Table, &'a Column)> {
    table.foreign_keys.iter().find_map(|key| {
        let at = key.columns.iter().position(|name| *name == column.name)?;
        let parent = catalog.tables.get(&key.references)?;
        let name = key.referenced_columns.get(at)?;
        (parent.name != table.name || *name != column.name).then_some((parent, parent.columns.get(name)?))
    })
}

#[allow(clippy::struct_excessive_bools, reason = "facts of a column, each independent of the others")]
struct Guess<'a> {
    column: &'a Column,
    sort: Sort,
    hint: Option<Hint>,
    /// In a key or an index that keeps values apart.
    unique: bool,
    /// In a unique index over what a function makes of it, which may tell less apart than the column does.
    computed_unique: bool,
    /// A foreign key points here.
    is_key: bool,
    checked: bool,
    partition_key: bool,
    not_null: bool,
    /// A trigger that fills it before the row is written.
    filler: Option<&'a str>,
}

impl<'a> Guess<'a> {
    fn new(catalog: &'a Catalog, table: &'a Table, column: &'a Column) -> Self {
        let base = base_type(catalog, &column.data_type);
        Self {
            column,
            sort: sort(catalog, &base.data_type),
            hint: names::hint(&table.name.name, &column.name),
            unique: is_unique(table, &column.name),
            computed_unique: is_computed_unique(table, &column.name),
            is_key: catalog
                .tables
                .values()
                .flat_map(|table| &table.foreign_keys)
                .any(|key| points_at(key, &table.name, &column.name)),
            checked: base.checked || table.checks.iter().any(|check| check.expression.columns.contains(&column.name)),
            partition_key: matches!(&table.kind, TableKind::Partitioned { key_columns } if key_columns.contains(&column.name)),
            not_null: column.not_null || base.not_null,
            filler: filler(catalog, table, &column.name),
        }
    }

    fn propose(&self) -> Proposal {
        match &self.sort {
            Sort::Plain(word) => self.plain(word),
            Sort::Text(limit) => self.text(limit.unwrap_or(i32::MAX)),
            Sort::Document => self.dropped("document", "drop, fill ('{}')"),
            Sort::Network if self.unique || self.checked => Proposal::Todo(ASK_UNIQUE),
            Sort::Network if self.not_null => rule("mask constant('0.0.0.0')"),
            Sort::Network => rule("mask null"),
            Sort::Bytes(Some(16)) if (self.unique || self.is_key) && !self.checked => rule("mask uuid"),
            Sort::Bytes(_) => self.dropped("drop", "drop, fill ('')"),
            Sort::Texts => self.emptied(),
            Sort::Search => self.search(),
            Sort::Structured => rule("keep"),
            Sort::Place => Proposal::Todo(ASK_PLACE),
            Sort::Other => Proposal::Todo(ASK_TYPE),
        }
    }

    fn propose_plain_or_keep(&self) -> Proposal {
        match &self.sort {
            Sort::Plain(word) => kept(word),
            _ => rule("keep"),
        }
    }

    fn plain(&self, word: &str) -> Proposal {
        let number = NUMBERS.contains(&word);
        let date = ["date", "timestamp", "timestamptz"].contains(&word);
        match self.hint {
            Some(Hint::Birth) if word == "date" && (self.unique || self.is_key || self.checked) => {
                Proposal::Todo(ASK_CHECKED)
            }
            // The rule for types reaches a timestamp, so it cannot be left open.
            Some(Hint::Birth) if date && self.unique && !self.not_null => rule("mask null"),
            Some(Hint::Birth) if date && self.unique => kept(word),
            Some(Hint::Birth) if date => rule("birth_date"),
            // A key of a table of places tells nothing by itself.
            Some(Hint::Location) if number && !self.column.name.to_lowercase().ends_with("id") => {
                Proposal::Todo(ASK_PLACE)
            }
            Some(Hint::Birth | Hint::Secret | Hint::Phone) if number && !self.is_key => Proposal::Todo(ASK_NUMBER),
            _ => kept(word),
        }
    }

    fn text(&self, limit: i32) -> Proposal {
        match self.hint {
            Some(Hint::Vocabulary) => rule("keep"),
            None | Some(Hint::Identifier) if self.is_key => rule("keep"),
            None => Proposal::Todo(ASK_TEXT),
            Some(_) if self.partition_key => Proposal::Todo(ASK_PARTITION),
            Some(_) if self.computed_unique => Proposal::Todo(ASK_UNIQUE),
            Some(Hint::Email) if !self.checked && limit >= 33 => rule("email"),
            Some(Hint::Secret) if !self.not_null && !self.is_key => self.dropped("secret", "secret"),
            Some(_) if self.unique || self.is_key => self.kept_apart(limit),
            Some(_) if self.checked => Proposal::Todo(ASK_CHECKED),
            Some(Hint::Identifier) => told_apart(limit),
            Some(Hint::Secret) => self.dropped("secret", "drop, fill ('!')"),
            Some(hint) => self.masked(hint, limit),
        }
    }

    fn kept_apart(&self, limit: i32) -> Proposal {
        match limit {
            _ if self.checked => Proposal::Todo(ASK_CHECKED),
            _ if self.hint == Some(Hint::Identifier) => told_apart(limit),
            ..16 => Proposal::Todo(ASK_UNIQUE),
            16..32 => rule("mask hash(length => 16)"),
            _ => rule("mask hash(length => 32)"),
        }
    }

    /// An array of texts.
    fn emptied(&self) -> Proposal {
        match (self.not_null, self.unique || self.checked || self.is_key) {
            (_, true) => Proposal::Todo(ASK_UNIQUE),
            (true, false) => rule("mask constant('{}')"),
            (false, false) => rule("free_text"),
        }
    }

    fn masked(&self, hint: Hint, limit: i32) -> Proposal {
        let (class, needs) = match hint {
            Hint::PersonName => ("person_name", 4),
            Hint::Phone => ("phone", 8),
            Hint::Handle => ("handle", 16),
            Hint::Link => ("link", 24),
            Hint::Address => ("address", 1),
            _ if self.not_null => return rule("mask constant('*')"),
            _ => ("free_text", 0),
        };
        if limit >= needs { rule(class) } else { rule("mask constant('*')") }
    }

    /// Dropped, where the copy can do without it or has something to put in its place.
    fn dropped(&self, class: &str, with_fill: &str) -> Proposal {
        match (self.not_null && self.column.default.is_none(), self.unique || self.is_key || self.checked) {
            (false, false) => rule(class),
            (true, false) => rule(with_fill),
            (false, true) if !self.not_null && !self.is_key && self.column.default.is_none() => rule(class),
            (false, true) if !self.not_null && !self.is_key => rule("mask null"),
            (_, true) => Proposal::Todo(ASK_UNIQUE),
        }
    }

    fn search(&self) -> Proposal {
        match self.filler {
            Some(trigger) => Proposal::Rule(format!("drop, filled by trigger {}", super::propose::name(trigger))),
            None if self.not_null => Proposal::Todo("words of other columns; say what fills it in the copy"),
            None => rule("drop"),
        }
    }
}

/// By one class, so that the same identifier is the same in all tables.
fn told_apart(limit: i32) -> Proposal {
    match limit {
        ..16 => Proposal::Todo(ASK_UNIQUE),
        16..32 => rule("mask hash(length => 16)"),
        _ => rule("identifier"),
    }
}

fn kept(word: &str) -> Proposal {
    if KEPT_BY_TYPE.contains(&word) { Proposal::ByType(word.to_owned()) } else { rule("keep") }
}

fn rule(text: &str) -> Proposal {
    Proposal::Rule(text.to_owned())
}

struct Base {
    data_type: DataType,
    not_null: bool,
    checked: bool,
}

fn base_type(catalog: &Catalog, declared: &DataType) -> Base {
    let mut base = Base { data_type: declared.clone(), not_null: false, checked: false };
    // A domain cannot be made over itself, so this ends.
    while base.data_type.dimensions == 0 {
        let Some(TypeKind::Domain { base: under, not_null, checks, .. }) =
            catalog.types.get(&base.data_type.name).map(|kind| &kind.kind)
        else {
            break;
        };
        base.not_null |= not_null;
        base.checked |= !checks.is_empty();
        base.data_type = under.clone();
    }
    base
}

fn sort(catalog: &Catalog, data_type: &DataType) -> Sort {
    if data_type.dimensions > 0 {
        let element = DataType { dimensions: 0, ..data_type.clone() };
        return match sort(catalog, &base_type(catalog, &element).data_type) {
            Sort::Plain(_) => Sort::Structured,
            Sort::Text(_) => Sort::Texts,
            _ => Sort::Other,
        };
    }
    match catalog.types.get(&data_type.name).map(|kind| &kind.kind) {
        Some(TypeKind::Enum(_)) => return Sort::Plain("enum".to_owned()),
        Some(TypeKind::Range(subtype)) => {
            let plain = matches!(sort(catalog, subtype), Sort::Plain(_));
            return if plain { Sort::Structured } else { Sort::Other };
        }
        _ => {}
    }
    match data_type.name.name.as_str() {
        name if PLAIN.contains(&name) => Sort::Plain(name.to_owned()),
        name if data_type.name.schema == mysql::SCHEMA => match name {
            "set" => Sort::Plain(name.to_owned()),
            "bits" => Sort::Structured,
            "geometry" => Sort::Place,
            _ if NUMBERS.contains(&name) => Sort::Plain(name.to_owned()),
            _ => Sort::Other,
        },
        "text" | "citext" | "name" => Sort::Text(None),
        "varchar" | "bpchar" => {
            Sort::Text(data_type.modifiers.first().copied().or((data_type.name.name == "bpchar").then_some(1)))
        }
        "json" | "jsonb" => Sort::Document,
        "inet" | "cidr" => Sort::Network,
        "bytea" => Sort::Bytes(data_type.modifiers.first().copied()),
        "tsvector" => Sort::Search,
        "bit" | "varbit" | "int4range" | "int8range" | "numrange" | "daterange" | "tsrange" | "tstzrange" => {
            Sort::Structured
        }
        _ => Sort::Other,
    }
}

fn is_unique(table: &Table, column: &str) -> bool {
    let has = |columns: &[String]| columns.iter().any(|name| name == column);
    let in_index = |part: &IndexPart| match part {
        IndexPart::Column(name) => name == column,
        IndexPart::Expression(expression) => has(&expression.columns),
    };
    table.primary_key.iter().chain(&table.unique).any(|key| has(&key.columns))
        || table.exclusions.iter().any(|exclusion| has(&exclusion.columns))
        || table.indexes.iter().any(|index| index.unique && index.parts.iter().any(in_index))
}

fn is_computed_unique(table: &Table, column: &str) -> bool {
    let folds =
        |function: &String| ["lower", "upper", "pg_catalog.lower", "pg_catalog.upper"].contains(&function.as_str());
    let computes = |part: &IndexPart| match part {
        IndexPart::Column(_) => false,
        IndexPart::Expression(expression) => {
            expression.columns.iter().any(|name| name == column) && !expression.functions.iter().all(folds)
        }
    };
    table.indexes.iter().any(|index| index.unique && index.parts.iter().any(computes))
}

fn points_at(key: &ForeignKey, table: &QName, column: &str) -> bool {
    key.references == *table && key.referenced_columns.iter().any(|name| name == column)
}

/// The trigger that fills a column before the row is written: PostgreSQL's own for search words, or one whose
/// function names the column.
fn filler<'a>(catalog: &Catalog, table: &'a Table, column: &str) -> Option<&'a str> {
    let fills = |function: &QName| {
        let assigns = format!("new.{}", column.to_lowercase());
        let body_names = |function: &crate::catalog::Function| function.body.to_lowercase().contains(&assigns);
        function.name.starts_with("tsvector_update_trigger")
            || catalog.functions.get(function).is_some_and(|overloads| overloads.iter().any(body_names))
    };
    let fits = |trigger: &&crate::catalog::Trigger| {
        trigger.before
            && trigger.for_each_row
            && trigger.events.iter().any(|event| event == "insert")
            && fills(&trigger.function)
    };
    table.triggers.iter().find(fits).map(|trigger| trigger.name.as_str())
}
