//! Masks with everything that they ask for: the row's hash, secrets of the run, the column's default.

use super::select::ROW;
use super::{KeyPlan, Planner, TablePlan};
use crate::catalog::{BaseType, Catalog, Category, Column, DataType, Expression, QName, Table, TypeKind, UniqueKey};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::N0853;
use crate::mask::hmac::{self, Canonical};
use crate::mask::over::{self, Over};
use crate::mask::{Context, First, Hashes, Rendered, json};
use crate::model::{JsonMask, LinkageGroup, MaskCall, MaskUse, Model, Treatment};
use crate::source::Span;
use crate::sql::{Expr, From, Relation, Select, SourceSql};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// The setting that keyed masks read where the policy declares none.
pub(super) const DEFAULT_KEY: &str = "noren.mask_key";

/// The label under which the run's key shows which one it was.
pub(super) const FINGERPRINT: &str = "fingerprint";

/// What a mask may read beyond its row.
#[derive(Default)]
pub(super) struct Beyond {
    /// The keys that the column may reference.
    pub(super) lookup: Option<Select>,
    /// Where the circle of all rows begins.
    pub(super) first: Option<First>,
}

impl Planner<'_> {
    /// A mask's SQL for one column.
    pub(super) fn render(
        &self,
        call: &MaskCall,
        column: &Column,
        input: &Expr,
        hash: Option<&Expr>,
        beyond: &Beyond,
        alias: &str,
    ) -> Rendered {
        let secret = |label: &str| {
            self.reads_key.set(true);
            hmac::of_label(&self.export.linkage, &call.group.0, label)
        };
        let default = constant_default(column);
        let base = self.catalog.base_type(&column.data_type);
        let labels = match self.catalog.types.get(&base.data_type.name).map(|found| &found.kind) {
            Some(TypeKind::Enum(labels)) => labels.as_slice(),
            _ => &[],
        };
        call.mask.render(&Context {
            input,
            input_type: &base,
            declared: &column.data_type,
            arguments: &call.arguments,
            hash,
            secret: &secret,
            default: default.as_ref(),
            lookup: beyond.lookup.as_ref(),
            first: beyond.first.as_ref(),
            labels,
            alias,
        })
    }

    /// A document masked by path. A leaf's value is hashed where it stands: there is one for each element.
    pub(super) fn json(&self, json: &JsonMask, column: &Column, input: &Expr, alias: &str) -> Expr {
        let text = text_column(column);
        let mut leaf = |treatment: &Treatment, value: Expr| -> Result<Expr, Infallible> {
            Ok(match treatment {
                Treatment::Mask(MaskUse::Call(call)) => self.json_leaf(call, &text, &value, alias),
                // The language has no other treatment at a path; a value that is not masked never leaves.
                _ => Expr::Null,
            })
        };
        let base = self.catalog.base_type(&column.data_type);
        match json::render(&json.root, input, &base, alias, &mut leaf) {
            Ok(masked) => masked,
            Err(never) => match never {},
        }
    }

    fn json_leaf(&self, call: &MaskCall, text: &Column, value: &Expr, alias: &str) -> Expr {
        let hash = hashed_column(call, &text.name).map(|hashed| {
            let hashed = if hashed == text.name { value.clone() } else { Expr::of(ROW, hashed) };
            self.hash(&call.group.0, hashed)
        });
        let alias = format!("{alias}_leaf");
        let rendered = self.render(call, text, value, hash.as_ref(), &Beyond::default(), &alias);
        if rendered.joins.is_empty() {
            return rendered.expr;
        }
        let one = Relation::Values(vec![vec![Expr::Integer(1)]]);
        Expr::scalar(Select {
            columns: vec![(rendered.expr, None)],
            from: std::iter::once(From::first(one, format!("{alias}_one"))).chain(rendered.joins).collect(),
            ..Select::default()
        })
    }

    /// The HMAC of a value, in the form that all columns of its linkage group share.
    pub(super) fn hash(&self, group: &str, value: Expr) -> Expr {
        self.reads_key.set(true);
        let form = self.canonical.get(&(self.export.linkage.clone(), LinkageGroup(group.to_owned()))).copied();
        hmac::of_value(&self.export.linkage, group, form.unwrap_or(Canonical::Own), value)
    }

    /// Whether many rows may well share a value of this column: an enum, a truth value, a reference, the tenant.
    pub(super) fn may_repeat(&self, table: &Table, column: &Column) -> bool {
        let base = self.catalog.base_type(&column.data_type);
        let alone = |key: &UniqueKey<'_>| key.columns == [column.name.as_str()] && !key.expression && !key.partial;
        // Before 14.2 a result is kept for all values that are equal, which such texts are without being the same.
        if table.unique_keys().iter().any(alone) || is_loose(self.catalog, column, &base) {
            return false;
        }
        let is_tenant = self.model.access.tenant_column(&table.name) == Some(column.name.as_str());
        is_tenant
            || base.category == Category::Enum
            || base.data_type == DataType { name: QName::new("pg_catalog", "bool"), modifiers: vec![], dimensions: 0 }
            || table.foreign_keys.iter().any(|key| key.columns.contains(&column.name))
    }

    /// Whether the mask is given the column's value, not what is in it.
    pub(super) fn sees_value(&self, call: &MaskCall, column: Option<&Column>) -> bool {
        let seen =
            column.and_then(|column| over::seen(call.mask, &self.catalog.base_type(&column.data_type), self.catalog));
        seen.is_none_or(|(over, ..)| over == Over::Value)
    }

    /// Whether the table's SELECT reads the key.
    fn is_keyed(&self, table: &TablePlan<'_>) -> bool {
        self.reads_key.set(false);
        drop(self.select(table.table, table.export));
        self.reads_key.get()
    }

    fn setting(&self) -> &str {
        self.model.mask_key.as_ref().map_or(DEFAULT_KEY, |setting| setting.name.as_str())
    }

    /// The key, where a mask of some table reads it.
    pub(super) fn key(&self, tables: &[TablePlan<'_>]) -> Option<KeyPlan> {
        let keyed = tables.iter().any(|table| self.is_keyed(table));
        let fingerprint = hmac::of_label(&self.export.linkage, "", FINGERPRINT);
        let short = Expr::call("substr", [fingerprint, Expr::Integer(1), Expr::Integer(8)]);
        keyed.then(|| KeyPlan {
            setting: self.setting().to_owned(),
            fingerprint: Select {
                columns: vec![(Expr::call("encode", [short, Expr::text("hex")]), Some("noren_fingerprint".into()))],
                ..Select::default()
            },
        })
    }
}

/// How values of each linkage group become bytes: by export linkage and group.
pub(super) type Forms = BTreeMap<(String, LinkageGroup), Canonical>;

/// One form a group, from the types of all columns that are hashed in it, over all exports that share a linkage.
pub(super) fn canonical_forms(catalog: &Catalog, model: &Model) -> (Forms, Vec<Diagnostic>) {
    let mut groups: BTreeMap<(String, LinkageGroup), Vec<Member>> = BTreeMap::new();
    let mut loose: BTreeSet<(String, LinkageGroup)> = BTreeSet::new();
    for export in model.exports.values() {
        for (name, exported) in &export.tables {
            let Some(table) = catalog.tables.get(name) else { continue };
            for (column, own) in &exported.columns {
                each_hash(&own.treatment, column, None, &mut |call, hashed, inside| {
                    let Some(hashed) = table.columns.get(hashed) else { return };
                    let of_itself = hashed.name == *column;
                    let hashed = &Column {
                        data_type: inside.unwrap_or(&hashed.data_type).clone(),
                        default: None,
                        ..hashed.clone()
                    };
                    let base = catalog.base_type(&hashed.data_type);
                    let base =
                        over::seen(call.mask, &base, catalog).filter(|_| of_itself).map_or(base, |(_, _, seen)| seen);
                    if inside.is_none() && is_loose(catalog, hashed, &base) {
                        loose.insert((export.linkage.clone(), call.group.clone()));
                    }
                    let place = (format!("{name}.{}", hashed.name), own.decision.rule.span);
                    groups.entry((export.linkage.clone(), call.group.clone())).or_default().push((base, place));
                });
            }
        }
    }
    let mut findings = Vec::new();
    let mut forms = Forms::new();
    for (key, members) in groups {
        match Canonical::of(members.iter().map(|(base, _)| base)) {
            Some(_) if loose.contains(&key) && shared(&members) => {
                findings.extend(equal_but_different(&members));
            }
            Some(form) => drop(forms.insert(key, form)),
            None => findings.extend(incomparable(&members)),
        }
    }
    (forms, findings)
}

type Member = (BaseType, (String, Span));

fn shared(members: &[Member]) -> bool {
    let mut names = members.iter().map(|(_, (name, _))| name);
    let first = names.next();
    names.any(|name| Some(name) != first)
}

/// Whether different texts can be equal in this column.
fn is_loose(catalog: &Catalog, column: &Column, base: &BaseType) -> bool {
    let of_domain = base.domains.iter().filter_map(|name| match &catalog.types.get(name)?.kind {
        TypeKind::Domain { collation, .. } => collation.as_ref(),
        _ => None,
    });
    column.collation.iter().chain(of_domain).any(|collation| catalog.loose_collations.contains(collation.name.as_str()))
}

/// No expression gives the texts that are equal under such a collation one form.
fn equal_but_different(members: &[Member]) -> Option<Diagnostic> {
    let (_, (first, span)) = members.first()?;
    let (_, (second, second_span)) = members.iter().find(|(_, place)| place.0 != *first)?;
    let title = format!(
        "expected columns whose equal values have one text, `{first}` and `{second}` share pseudonyms under a collation \
         that is not deterministic"
    );
    let finding = Diagnostic::new(N0853, title).at(*span, "is masked by a keyed hash");
    let finding = if span == second_span { finding } else { finding.label(*second_span, "shares its pseudonyms") };
    Some(
        finding
            .note("two spellings of one value would get two pseudonyms, and a foreign key would not hold in the copy")
            .help("give the columns a mask that is not keyed, or classes of their own where no foreign key ties them"),
    )
}

fn incomparable(members: &[Member]) -> Option<Diagnostic> {
    let (first_type, (first, span)) = members.first()?;
    let other = members.iter().find(|(base, _)| Canonical::of([first_type, base]).is_none())?;
    let (other_type, (second, second_span)) = other;
    let title = if first == second {
        format!("expected a type whose equal values have one text, `{first}` has type `{}`", first_type.data_type.name)
    } else {
        format!(
            "expected columns of one linkage group to have comparable types, `{first}` has type `{}` and `{second}` `{}`",
            first_type.data_type.name, other_type.data_type.name
        )
    };
    let finding = Diagnostic::new(N0853, title).at(*span, "is masked by a keyed hash");
    let finding =
        if span == second_span { finding } else { finding.label(*second_span, "shares its pseudonyms, or would") };
    Some(
        finding
            .note("equal values of a class, or at both ends of a foreign key, get equal pseudonyms, which are hashes of bytes")
            .help("give the column a class of its own, or a mask that is not keyed"),
    )
}

/// Calls `found` with every mask that reads a hash, the column that is hashed, and the type of what is hashed where
/// that is a value inside of the column.
fn each_hash<'t>(
    treatment: &'t Treatment,
    column: &'t str,
    inside: Option<&DataType>,
    found: &mut dyn FnMut(&'t MaskCall, &'t str, Option<&DataType>),
) {
    match treatment {
        Treatment::Mask(MaskUse::Call(call)) => {
            if let Some(hashed) = hashed_column(call, column) {
                found(call, hashed, inside.filter(|_| hashed == column));
            }
        }
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => {
            each_hash(then, column, inside, found);
            each_hash(otherwise, column, inside, found);
        }
        Treatment::Mask(MaskUse::Json(json)) => {
            json.root.each_leaf(&mut |treatment| each_hash(treatment, column, Some(&text_type()), found));
        }
        Treatment::Mask(MaskUse::Fields(mask)) => {
            mask.each_leaf(&mut |of, treatment| each_hash(treatment, column, Some(of), found));
        }
        _ => {}
    }
}

/// The column of the row that a mask's hash is of, when it reads one.
pub(super) fn hashed_column<'c>(call: &'c MaskCall, column: &'c str) -> Option<&'c str> {
    match call.mask.hashes(&call.arguments) {
        Hashes::Nothing => None,
        Hashes::Input => Some(column),
        Hashes::Column(other) => Some(other),
    }
}

/// `text`, as which masks see the values of a JSON document.
pub(super) fn text_column(column: &Column) -> Column {
    Column { data_type: text_type(), default: None, ..column.clone() }
}

fn text_type() -> DataType {
    DataType { name: QName::new("pg_catalog", "text"), modifiers: Vec::new(), dimensions: 0 }
}

/// The column's own default, where it is the same every time.
pub(super) fn constant_default(column: &Column) -> Option<Expr> {
    let default = column.default.as_deref().filter(|default| is_constant(default));
    default.map(|default| Expr::Source(SourceSql { text: default.sql.clone() }))
}

/// Reads no column, calls nothing: the same for every row.
fn is_constant(default: &Expression) -> bool {
    default.columns.is_empty() && default.functions.is_empty() && default.sequences.is_empty()
}
