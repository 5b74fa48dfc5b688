//! The masked rows of one table, and how they are read back.
//!
//! Bytes have no character set, so they leave as hexadecimal digits; bits leave as a number. Every row begins with a word
//! that the load looks for, so that the filler, which keeps an object from being empty, is taken for no row.

use super::TablePlan;
use crate::catalog::{BaseType, Column, TypeKind, mysql as own};
use crate::mask::hmac::{self, Canonical};
use crate::mask::mysql::{Parts, Step, Steps, json};
use crate::mask::{Context, Value};
use crate::model::{Fill, JsonMask, LinkageGroup, MaskCall, MaskUse, RowSql, Treatment};
use crate::plan::masks::{constant_default, hashed_column, text_column};
use crate::project::AwsS3;
use crate::sql::mysql::{Field, Load, Outfile};
use crate::sql::{Expr, From, Ident, Join, Relation, Select, SourceSql};
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// The row that treatments read.
pub(super) const ROW: &str = "t";
/// One row, of what is computed once a statement.
const ONCE: &str = "noren_once";
/// The first field of every row; the filler has another.
const TAG: &str = "row";
/// How a row begins in an object.
const OPENING: &str = "\"row\",";
/// The name of that field.
const TAG_COLUMN: &str = "noren_row";

type Hashes = IndexMap<(String, String), String>;

/// A user's expression with its columns qualified.
pub(super) fn row_sql(sql: &RowSql, alias: &str) -> Expr {
    let text = sql.substituted(|column| format!("`{alias}`.`{}`", column.replace('`', "``")));
    Expr::Source(SourceSql { text: text.replace('\n', " ").trim().to_owned() })
}

fn place_of(plan: &TablePlan<'_>) -> From {
    From::first(Relation::table(plan.table.name.clone()), ROW)
}

fn condition(plan: &TablePlan<'_>) -> Option<Expr> {
    plan.leaving(&plan.table.name, ROW)
}

/// How many rows leave.
pub(super) fn count(plan: &TablePlan<'_>) -> Select {
    Select {
        columns: vec![(Expr::call("COUNT", [Expr::Star]), Some("rows_leaving".into()))],
        from: vec![place_of(plan)],
        condition: condition(plan),
        ..Select::default()
    }
}

/// Kept bytes: their digits are twice as many.
pub(super) fn wide(plan: &TablePlan<'_>) -> Vec<String> {
    let leaving = plan.own.columns.iter().filter(|(_, own)| super::leaves(&own.treatment));
    let columns = leaving.filter_map(|(name, _)| plan.table.columns.get(name));
    columns.filter(|column| form(column) == Form::Digits).map(|column| column.name.clone()).collect()
}

/// How a column's values stand in objects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Characters,
    Digits,
    Number,
    Floating,
}

fn form(column: &Column) -> Form {
    let name = &column.data_type.name;
    match (name.schema.as_str(), name.name.as_str()) {
        ("pg_catalog", "bytea") | (own::SCHEMA, "geometry" | "vector") => Form::Digits,
        ("pg_catalog", "float4") => Form::Floating,
        (own::SCHEMA, "bits") => Form::Number,
        // Within a UNION it would be a number, and the text `0` is the year 2000.
        (own::SCHEMA, "year") => Form::Characters,
        _ => Form::Plain,
    }
}

pub(super) fn outfile(plan: &TablePlan<'_>, uri: String, place: &AwsS3) -> Outfile {
    let mut steps = Steps::new(ROW, version(plan), plan.table.columns.keys().map(String::as_str));
    let hashes = hashes(plan, &mut steps);
    let mut columns = vec![(Expr::text(TAG), Some(Ident::from(TAG_COLUMN)))];
    let mut order_by = Vec::new();
    for (name, own) in &plan.own.columns {
        let Some(column) = plan.table.columns.get(name).filter(|_| super::leaves(&own.treatment)) else { continue };
        let value = Treated { plan, hashes: &hashes, steps: &mut steps, column }.value(&own.treatment);
        let value = match plan.stays(name, ROW) {
            Some(stays) => value.when(stays),
            None => value,
        };
        let value = match (form(column), &value) {
            (_, Expr::Null) | (Form::Plain, _) => value,
            (Form::Characters, _) => value.mysql_cast("char"),
            (Form::Digits, _) => Expr::call("HEX", [value]),
            (Form::Number, _) => value.op("+", Expr::Integer(0)),
            // A FLOAT as a DOUBLE has all digits that tell it from its neighbours.
            (Form::Floating, _) => value.op("*", Expr::Decimal("1e0".to_owned())),
        };
        columns.push((value, Some(Ident::new(name.as_str()))));
        let key = plan.table.primary_key.as_ref().is_some_and(|key| key.columns.contains(name));
        // Rows would otherwise leave in the order of the raw key, which tells which new key was which old one.
        if key && !matches!(own.treatment, Treatment::Keep) {
            order_by.push(Ident::new(name.as_str()));
        }
    }
    order_by.extend(order_of_lines(plan).filter(|by| !order_by.iter().any(|known| known.0 == *by)).map(Ident::new));
    let filler = std::iter::once(Expr::text("end")).chain(columns.iter().skip(1).map(|_| Expr::Null)).collect();
    Outfile { rows: rows(plan, &hashes, steps, columns), filler, order_by, uri, kms_key: place.kms_key.clone() }
}

/// The column in whose order lines leave where a mask moves values from row to row: in the order in which they were moved, each
/// would stand on the line before its own.
fn order_of_lines<'p>(plan: &'p TablePlan<'_>) -> Option<&'p str> {
    plan.own.columns.iter().find_map(|(name, own)| moved_by(&own.treatment, name))
}

/// The column by whose hash a treatment moves values from row to row.
pub(super) fn moved_by<'c>(treatment: &'c Treatment, column: &'c str) -> Option<&'c str> {
    let mut found = None;
    each_call(treatment, &mut |call, _| {
        if call.mask.of_rows() {
            found = hashed_column(call, column);
        }
    });
    found
}

pub(super) fn load(plan: &TablePlan<'_>, uri: String) -> Load {
    let mut fields = Vec::new();
    let mut set = Vec::new();
    let mut columns = plan.file_columns().filter_map(|planned| plan.table.columns.get(&planned.name));
    let sets = columns.any(|column| matches!(form(column), Form::Digits | Form::Number));
    for (number, planned) in plan.file_columns().enumerate() {
        let Some(column) = plan.table.columns.get(&planned.name) else { continue };
        let variable = || Expr::user_variable(&format!("noren_{}", number + 1));
        let back = match form(column) {
            Form::Digits => Some(Expr::call("UNHEX", [variable()])),
            Form::Number => Some(variable().mysql_cast("unsigned")),
            // Beside a SET, a zero that a field brings into an AUTO_INCREMENT column is taken for none, and becomes the next
            // number, whatever `sql_mode` says.
            _ if sets && column.identity.is_some() => Some(variable()),
            Form::Plain | Form::Characters | Form::Floating => None,
        };
        fields.push(if back.is_some() { Field::Variable(number + 1) } else { Field::Column(planned.name.clone()) });
        set.extend(back.map(|back| (planned.name.clone(), back)));
    }
    Load { uri, table: plan.name.clone(), tag: OPENING, fields, set }
}

pub(super) fn version(plan: &TablePlan<'_>) -> u32 {
    plan.catalog.mysql.as_ref().map_or(0, |facts| facts.version)
}

/// The rows bare, or with each hash and each step of a mask written once.
fn rows(plan: &TablePlan<'_>, hashes: &Hashes, steps: Steps, columns: Vec<(Expr, Option<Ident>)>) -> Select {
    let Parts { once, layers, joins } = steps.into_parts();
    if hashes.is_empty() && once.is_empty() && layers.is_empty() {
        return Select { columns, from: vec![place_of(plan)], condition: condition(plan), ..Select::default() };
    }
    let read = columns_read(plan);
    let read = plan.table.columns.keys().filter(|name| read.contains(name.as_str()));
    let mut inner: Vec<Step> = read.map(|name| (Ident::new(name.as_str()), Expr::of(ROW, name))).collect();
    for ((group, input), name) in hashes {
        let Some(column) = plan.table.columns.get(input) else { continue };
        inner.push((Ident::new(name.as_str()), hash(plan, group, column).unwrap_or(Expr::Null)));
    }
    inner.extend(once.iter().map(|(name, _)| (name.clone(), Expr::of(ONCE, &name.0))));
    let mut from = vec![place_of(plan)];
    if !once.is_empty() {
        let constants = Select { columns: named(once), ..Select::default() };
        from.push(From::joined(Relation::Select(Box::new(constants)), ONCE, Join::Cross));
    }
    let mut rows = Select { columns: named(inner), from, condition: condition(plan), ..Select::default() };
    for layer in layers {
        let columns = std::iter::once((Expr::Star, None)).chain(named(layer)).collect();
        rows = Select { columns, from: around(rows), ..Select::default() };
    }
    Select { columns, from: around(rows).into_iter().chain(joins).collect(), ..Select::default() }
}

fn named(steps: Vec<Step>) -> Vec<(Expr, Option<Ident>)> {
    steps.into_iter().map(|(name, value)| (value, Some(name))).collect()
}

fn around(rows: Select) -> Vec<From> {
    vec![From::first(Relation::Select(Box::new(rows)), ROW)]
}

fn base(plan: &TablePlan<'_>, column: &Column) -> BaseType {
    plan.catalog.base_type(&column.data_type)
}

/// The HMAC of a column, in the form that all columns of its linkage group share.
fn hash(plan: &TablePlan<'_>, group: &str, column: &Column) -> Option<Expr> {
    hash_of(plan, group, column, Expr::of(ROW, &column.name))
}

/// The HMAC of a value of a column's type.
fn hash_of(plan: &TablePlan<'_>, group: &str, column: &Column, value: Expr) -> Option<Expr> {
    let form = plan.forms.get(&(plan.linkage.clone(), LinkageGroup(group.to_owned()))).copied();
    hmac::mysql_of_value(&plan.linkage, group, form.unwrap_or(Canonical::Own), value, &base(plan, column))
}

/// Whether what is hashed has a form that both engines give it.
pub(super) fn has_form(plan: &TablePlan<'_>, treatment: &Treatment, column: &str) -> bool {
    let mut found = true;
    each_call(treatment, &mut |call, inside| {
        let hashed = hashed_column(call, column).and_then(|name| plan.table.columns.get(name));
        found &= match hashed {
            Some(own) if inside && own.name == column => hash(plan, &call.group.0, &text_column(own)).is_some(),
            Some(hashed) => hash(plan, &call.group.0, hashed).is_some(),
            None => true,
        };
    });
    found
}

/// Whether a mask of the table reads the key.
pub(super) fn reads_key(plan: &TablePlan<'_>) -> bool {
    let mut found = false;
    for own in plan.own.columns.values() {
        each_call(&own.treatment, &mut |call, _| found |= call.mask.keyed());
    }
    found
}

/// Calls `found` with every mask, and whether what it sees is inside of the column's value.
pub(super) fn each_call<'t>(treatment: &'t Treatment, found: &mut dyn FnMut(&'t MaskCall, bool)) {
    match treatment {
        Treatment::Mask(MaskUse::Call(call)) => found(call, false),
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => {
            each_call(then, found);
            each_call(otherwise, found);
        }
        Treatment::Mask(MaskUse::Json(json)) => {
            json.root.each_leaf(&mut |leaf| each_call(leaf, &mut |call, _| found(call, true)));
        }
        _ => {}
    }
}

/// A name for every hash of a column that the treatments read, by linkage group and column.
fn hashes(plan: &TablePlan<'_>, steps: &mut Steps) -> Hashes {
    let mut hashes = Hashes::new();
    for (column, own) in &plan.own.columns {
        each_call(&own.treatment, &mut |call, inside| {
            // What is inside of a value is hashed where it stands.
            let Some(input) = hashed_column(call, column).filter(|input| !inside || input != column) else { return };
            let number = hashes.len() + 1;
            hashes
                .entry((call.group.0.clone(), input.to_owned()))
                .or_insert_with(|| steps.name(format!("noren_hash_{number}")));
        });
    }
    hashes
}

/// Columns that the outer select reads: what is dropped is not even touched.
fn columns_read<'p>(plan: &'p TablePlan<'_>) -> BTreeSet<&'p str> {
    let mut read = BTreeSet::new();
    for (name, own) in &plan.own.columns {
        reads(&own.treatment, name, &mut read);
    }
    read.extend(plan.referring());
    read
}

fn reads<'c>(treatment: &'c Treatment, column: &'c str, read: &mut BTreeSet<&'c str>) {
    match treatment {
        Treatment::Generated | Treatment::Drop(Fill::Default | Fill::Trigger(_)) | Treatment::Mask(MaskUse::Null) => {}
        Treatment::Drop(Fill::Expression(sql)) => read.extend(sql.columns.iter().map(String::as_str)),
        Treatment::Mask(MaskUse::Expression(own)) => read.extend(own.sql.columns.iter().map(String::as_str)),
        Treatment::Mask(MaskUse::Json(json)) => {
            read.insert(column);
            json.root.each_leaf(&mut |leaf| reads(leaf, column, read));
        }
        Treatment::Keep | Treatment::Mask(MaskUse::Fields(_)) => drop(read.insert(column)),
        Treatment::Mask(MaskUse::Call(call)) => {
            read.insert(column);
            read.extend(call.arguments.values().filter_map(|value| match value {
                Value::Column(name) => Some(name.as_str()),
                _ => None,
            }));
        }
        Treatment::Mask(MaskUse::When { condition, then, otherwise }) => {
            read.extend(condition.columns.iter().map(String::as_str));
            reads(then, column, read);
            reads(otherwise, column, read);
        }
    }
}

/// A column on its way out.
struct Treated<'p, 's> {
    plan: &'p TablePlan<'p>,
    hashes: &'p Hashes,
    steps: &'s mut Steps,
    column: &'p Column,
}

impl Treated<'_, '_> {
    fn value(&mut self, treatment: &Treatment) -> Expr {
        match treatment {
            Treatment::Keep | Treatment::Generated => Expr::of(ROW, &self.column.name),
            Treatment::Drop(Fill::Expression(sql)) => row_sql(sql, ROW),
            Treatment::Mask(MaskUse::Expression(own)) => row_sql(&own.sql, ROW),
            Treatment::Mask(MaskUse::Call(call)) => self.call(call),
            Treatment::Mask(MaskUse::Json(json)) => self.json(json),
            Treatment::Mask(MaskUse::When { condition, then, otherwise }) => {
                let then = self.value(then);
                let otherwise = self.value(otherwise);
                Expr::Case(vec![(row_sql(condition, ROW), then)], Some(Box::new(otherwise)))
            }
            // What has no form was refused; a value that is not masked never leaves.
            Treatment::Mask(MaskUse::Null | MaskUse::Fields(_)) | Treatment::Drop(_) => Expr::Null,
        }
    }

    fn call(&mut self, call: &MaskCall) -> Expr {
        let hash = hashed_column(call, &self.column.name).and_then(|hashed| bound(self.hashes, call, hashed));
        self.steps.begin();
        masked(self.plan, self.steps, call, self.column, &Expr::of(ROW, &self.column.name), hash.as_ref())
    }

    fn json(&mut self, json: &JsonMask) -> Expr {
        let of_text = text_column(self.column);
        let Self { plan, hashes, column, .. } = *self;
        let mut leaf = |treatment: &Treatment, text: &Expr, steps: &mut Steps| {
            // The language has no other treatment at a path; a value that is not masked never leaves.
            let Treatment::Mask(MaskUse::Call(call)) = treatment else { return Expr::Null };
            let hash = match hashed_column(call, &column.name) {
                Some(own) if own == column.name => {
                    let hash = hash_of(plan, &call.group.0, &of_text, text.clone());
                    Some(steps.bind_one(hash.unwrap_or(Expr::Null)))
                }
                Some(other) => bound(hashes, call, other),
                None => None,
            };
            masked(plan, steps, call, &of_text, text, hash.as_ref())
        };
        json::render(&json.root, &Expr::of(ROW, &column.name), &alias(plan, column), self.steps, &mut leaf)
    }
}

/// What relations of a column's mask are called, the same in every compilation.
fn alias(plan: &TablePlan<'_>, column: &Column) -> String {
    let number = plan.table.columns.get_index_of(&column.name).map_or(0, |index| index + 1);
    format!("{ROW}_{number}")
}

/// The hash of a column, as it was bound for the row.
fn bound(hashes: &Hashes, call: &MaskCall, column: &str) -> Option<Expr> {
    let name = hashes.get(&(call.group.0.clone(), column.to_owned()))?;
    Some(Expr::of(ROW, name))
}

/// A mask's output, of a column's value or of one in it.
fn masked(
    plan: &TablePlan<'_>,
    steps: &mut Steps,
    call: &MaskCall,
    column: &Column,
    input: &Expr,
    hash: Option<&Expr>,
) -> Expr {
    let base = base(plan, column);
    let labels = match plan.catalog.types.get(&base.data_type.name).map(|found| &found.kind) {
        Some(TypeKind::Enum(labels)) => labels.as_slice(),
        _ => &[],
    };
    let default = constant_default(column);
    let alias = alias(plan, column);
    let lookup = call.mask.needs_lookup().then(|| plan.lookup(&column.name, &alias)).flatten();
    let secret = |label: &str| hmac::mysql_of_label(&plan.linkage, &call.group.0, label);
    let context = Context {
        input,
        input_type: &base,
        declared: &column.data_type,
        arguments: &call.arguments,
        hash,
        secret: &secret,
        default: default.as_ref(),
        lookup: lookup.as_ref(),
        first: None,
        labels,
        alias: &alias,
    };
    call.mask.render_mysql(&context, steps).unwrap_or(Expr::Null)
}
