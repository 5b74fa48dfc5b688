//! Keys stay keys: what is unique in the source is unique in the copy.
//!
//! Uniqueness is about unique indexes: constraints, plain unique indexes, those over expressions or with a
//! predicate, NULLS NOT DISTINCT, exclusion constraints and temporal keys. A key of several columns survives
//! when each of its columns keeps distinct values apart, or when a smaller key within it does.

use super::evaluate::{asks_for_null_only, is_folded, may_pass};
use super::{is_kept, leaves};
use crate::catalog::{BaseType, Catalog, Index, IndexPart, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::mask::over::{self, Over};
use crate::mask::{Hashes, NullRule, Uniqueness};
use crate::model::{ExportColumn, ExportTable, Fill, MaskCall, MaskUse, Treatment};
use crate::source::Span;

/// Rows for which collision odds are said.
const ROWS: f64 = 1e6;
/// Odds of one collision among [`ROWS`] above which a hash is refused on a unique column.
const REFUSED_ODDS: f64 = 1e-3;

/// A unique key of plain columns.
struct Key<'a> {
    name: &'a str,
    columns: Vec<&'a str>,
    nulls_distinct: bool,
    partial: bool,
    temporal: bool,
    span: Span,
}

pub(super) fn check(catalog: &Catalog, table: &Table, exported: &ExportTable, diagnostics: &mut Vec<Diagnostic>) {
    let keys = keys(table);
    let view = View { catalog, table, exported };
    for key in &keys {
        let lossy: Vec<&str> = key.columns.iter().copied().filter(|name| view.is_lossy(name, key)).collect();
        let survives = |other: &Key<'_>| {
            !other.partial
                && (key.nulls_distinct || !other.nulls_distinct)
                && other.columns.iter().all(|name| key.columns.contains(name) && !view.is_lossy(name, other))
        };
        if key.temporal {
            view.temporal(key, diagnostics);
        } else if lossy.is_empty() {
            view.say_odds(key, diagnostics);
        } else if !keys.iter().any(survives) {
            view.refuse(key, &lossy, diagnostics);
        }
    }
    for index in table.indexes.iter().filter(|index| index.unique) {
        view.check_expressions(index, diagnostics);
        view.check_predicate(index, diagnostics);
    }
    for exclusion in &table.exclusions {
        view.check_exclusion(&exclusion.name, &exclusion.columns, exclusion.span, diagnostics);
    }
}

fn keys(table: &Table) -> Vec<Key<'_>> {
    let constraints = table.primary_key.iter().chain(&table.unique).map(|key| Key {
        name: &key.name,
        columns: key.columns.iter().map(String::as_str).collect(),
        nulls_distinct: !key.nulls_not_distinct,
        partial: false,
        temporal: key.without_overlaps,
        span: key.span,
    });
    let indexes = table.indexes.iter().filter(|index| index.unique).filter_map(|index| {
        let columns: Option<Vec<&str>> = index.parts.iter().map(plain_column).collect();
        Some(Key {
            name: &index.name,
            columns: columns?,
            nulls_distinct: !index.nulls_not_distinct,
            partial: index.predicate.is_some(),
            temporal: false,
            span: index.span,
        })
    });
    constraints.chain(indexes).collect()
}

fn plain_column(part: &IndexPart) -> Option<&str> {
    match part {
        IndexPart::Column(name) => Some(name),
        IndexPart::Expression(_) => None,
    }
}

struct View<'a> {
    catalog: &'a Catalog,
    table: &'a Table,
    exported: &'a ExportTable,
}

impl<'a> View<'a> {
    fn column(&self, name: &str) -> Option<&'a ExportColumn> {
        self.exported.columns.get(name)
    }

    /// Whether distinct values of the column may become equal in a way that breaks the key.
    fn is_lossy(&self, name: &str, key: &Key<'_>) -> bool {
        self.column(name).is_some_and(|column| match &column.treatment {
            // NULLs are distinct from each other, unless the key says otherwise.
            Treatment::Mask(MaskUse::Null) => !key.nulls_distinct,
            Treatment::Drop(fill) => self.fill_is_lossy(name, fill, key),
            // The same values as before: unique by themselves, not beside a column that they left.
            Treatment::Mask(MaskUse::Call(call)) if call.mask.of_rows() => key.partial || key.columns != [name],
            treatment => match self.where_not_null(name, treatment, key) {
                Uniqueness::Preserved => false,
                Uniqueness::Hash { bits } => odds(bits) > REFUSED_ODDS,
                Uniqueness::Lossy => true,
            },
        })
    }

    /// Of the values that are compared at all: a branch that gives NULL makes nothing equal where NULLs are distinct.
    fn where_not_null(&self, name: &str, treatment: &Treatment, key: &Key<'_>) -> Uniqueness {
        let is_null = |leaf: &&Treatment| matches!(leaf, Treatment::Mask(MaskUse::Null));
        let branches = leaves(treatment);
        let values: Vec<&Treatment> = branches.iter().copied().filter(|leaf| !is_null(leaf)).collect();
        match values.as_slice() {
            [one] if key.nulls_distinct && branches.len() > 1 => self.uniqueness(name, one),
            _ => self.uniqueness(name, treatment),
        }
    }

    fn fill_is_lossy(&self, name: &str, fill: &Fill, key: &Key<'_>) -> bool {
        let Some(column) = self.table.columns.get(name) else { return false };
        match fill {
            Fill::Expression(_) => true,
            Fill::Trigger(_) => false,
            Fill::Default if column.identity.is_some() => false,
            Fill::Default => match &column.default {
                None => !key.nulls_distinct,
                Some(default) => default.functions.is_empty() && default.sequences.is_empty(),
            },
        }
    }

    fn uniqueness(&self, name: &str, treatment: &Treatment) -> Uniqueness {
        match treatment {
            Treatment::Generated if self.is_from_masked(name) => Uniqueness::Lossy,
            Treatment::Keep | Treatment::Generated => Uniqueness::Preserved,
            Treatment::Mask(MaskUse::Call(call)) => match self.table.columns.get(name) {
                Some(column) => self.of_call(call, &self.catalog.base_type(&column.data_type)),
                None => Uniqueness::Lossy,
            },
            Treatment::Mask(MaskUse::Expression(own)) if own.unique => Uniqueness::Preserved,
            Treatment::Mask(MaskUse::When { .. }) => self.of_branches(name, treatment),
            _ => Uniqueness::Lossy,
        }
    }

    /// Whether the column alone tells rows apart.
    fn is_key(&self, name: &str) -> bool {
        let keys = self.table.unique_keys();
        keys.iter().any(|key| key.columns == [name] && !key.partial && !key.expression)
    }

    /// Arrays of different dimensions may have the same elements, and ranges are put into order.
    fn of_call(&self, call: &MaskCall, base: &BaseType) -> Uniqueness {
        match over::seen(call.mask, base, self.catalog) {
            Some((Over::Elements | Over::Bounds | Over::Ranges, ..)) => Uniqueness::Lossy,
            _ => match call.mask.hashes(&call.arguments) {
                Hashes::Column(by) if !self.is_key(by) => Uniqueness::Lossy,
                _ => call.mask.uniqueness(base, &call.arguments),
            },
        }
    }

    /// Whether the copy computes a generated column from values that may have become equal.
    fn is_from_masked(&self, name: &str) -> bool {
        let generated = self.table.columns.get(name).and_then(|column| column.generated.as_ref());
        let mut sources = generated.into_iter().flat_map(|generated| &generated.expression.columns);
        sources.any(|source| {
            self.column(source).is_some_and(|column| {
                !is_harmless(column) && self.uniqueness(source, &column.treatment) == Uniqueness::Lossy
            })
        })
    }

    /// A kept value and a hash collide as rarely as two hashes; a permuted one may well equal a kept one.
    fn of_branches(&self, name: &str, treatment: &Treatment) -> Uniqueness {
        let mut least = None;
        for leaf in leaves(treatment).into_iter().filter(|leaf| !is_kept(leaf)) {
            match (self.uniqueness(name, leaf), least) {
                (Uniqueness::Hash { bits }, None) => least = Some(bits),
                (Uniqueness::Hash { bits }, Some(other)) => least = Some(bits.min(other)),
                _ => return Uniqueness::Lossy,
            }
        }
        least.map_or(Uniqueness::Lossy, |bits| Uniqueness::Hash { bits })
    }

    fn refuse(&self, key: &Key<'_>, lossy: &[&str], diagnostics: &mut Vec<Diagnostic>) {
        let Some((name, column)) = lossy.iter().find_map(|name| self.column(name).map(|column| (*name, column))) else {
            return;
        };
        let table = &self.table.name;
        if matches!(column.treatment, Treatment::Generated) {
            diagnostics.push(self.refuse_generated(key, name));
            return;
        }
        let title =
            format!("expected a mask that keeps `{table}.{name}` unique, found `{}`", column.decision.rule.text);
        let mut diagnostic = Diagnostic::new(codes::N0404, title)
            .at(column.decision.rule.span, "may give two rows the same value")
            .label(key.span, format!("`{}` must stay unique", key.name));
        if let Uniqueness::Hash { bits } = self.uniqueness(name, &column.treatment) {
            diagnostic = diagnostic.note(format!("{bits} bits: {}", said_odds(bits)));
        }
        diagnostics
            .push(diagnostic.help("use `permute` for whole numbers, `uuid` for uuids, `hash` or `email` for text"));
    }

    fn refuse_generated(&self, key: &Key<'_>, name: &str) -> Diagnostic {
        let sources = self.table.columns.get(name).and_then(|column| column.generated.as_ref());
        let sources = sources.map(|generated| generated.expression.columns.as_slice()).unwrap_or_default();
        let masked = sources.iter().find_map(|source| {
            self.column(source).filter(|column| !is_harmless(column)).map(|column| (source.as_str(), column))
        });
        let (source, span) = masked.map_or((name, key.span), |(source, column)| (source, column.decision.rule.span));
        let title = format!(
            "expected a mask of `{source}` that keeps `{}.{name}` unique, which is generated from it, found one that may not",
            self.table.name
        );
        Diagnostic::new(codes::N0404, title)
            .at(span, "may give two rows the same value")
            .label(key.span, format!("`{}` must stay unique", key.name))
            .help("use `permute` for whole numbers, `uuid` for uuids, `hash` or `email` for text")
    }

    fn say_odds(&self, key: &Key<'_>, diagnostics: &mut Vec<Diagnostic>) {
        for name in &key.columns {
            let Some(column) = self.column(name) else { continue };
            let Uniqueness::Hash { bits } = self.uniqueness(name, &column.treatment) else { continue };
            // 2^100 values: a collision is less likely than a hardware error on any table that fits a disk.
            if bits >= 100 || column.decision.rule.step == crate::model::Step::ForeignKey {
                continue;
            }
            let title =
                format!("`{}.{name}` is unique and its mask has {bits} bits: {}", self.table.name, said_odds(bits));
            diagnostics.push(Diagnostic::new(codes::N0405, title).at(column.decision.rule.span, "could collide"));
        }
    }

    fn temporal(&self, key: &Key<'_>, diagnostics: &mut Vec<Diagnostic>) {
        self.check_exclusion(
            key.name,
            &key.columns.iter().map(ToString::to_string).collect::<Vec<_>>(),
            key.span,
            diagnostics,
        );
    }

    fn check_exclusion(&self, name: &str, columns: &[String], span: Span, diagnostics: &mut Vec<Diagnostic>) {
        let treated = columns
            .iter()
            .find_map(|name| self.column(name).filter(|column| !is_harmless(column)).map(|column| (name, column)));
        let Some((column_name, column)) = treated else { return };
        let title = format!(
            "expected `{}.{column_name}` to be kept, since `{name}` excludes overlaps, found `{}`",
            self.table.name, column.decision.rule.text
        );
        diagnostics.push(
            Diagnostic::new(codes::N0416, title)
                .at(column.decision.rule.span, "may make two rows overlap")
                .label(span, format!("`{name}`"))
                .help("keep the column with a reason, or write `mask null` where it may be NULL"),
        );
    }

    /// Rows that were outside of a partial index may come into it when what its predicate reads is masked.
    fn check_predicate(&self, index: &Index, diagnostics: &mut Vec<Diagnostic>) {
        let Some(predicate) = &index.predicate else { return };
        let of_masked = || predicate.columns.iter().filter_map(|name| self.column(name).map(|column| (name, column)));
        if of_masked().any(|(name, column)| self.is_null(name, column) && !may_pass(&predicate.sql, name)) {
            return;
        }
        let masked = of_masked()
            .filter(|(_, column)| !is_kept(&column.treatment))
            .find(|(name, column)| !(keeps_nulls(column) && asks_for_null_only(&predicate.sql, name)));
        let Some((name, column)) = masked else { return };
        let title = format!(
            "cannot tell whether `{}` stays unique: which rows it holds is told by `{name}`, which does not leave as it is",
            index.name
        );
        diagnostics.push(
            Diagnostic::new(codes::N0417, title)
                .at(column.decision.rule.span, "may bring more rows under the index")
                .label(index.span, format!("unique where {}", predicate.sql))
                .help(format!("keep `{name}` with a reason, or allow this warning with a reason")),
        );
    }

    /// Whether the copy has NULL there in every row.
    fn is_null(&self, name: &str, column: &ExportColumn) -> bool {
        let declared = self.table.columns.get(name);
        let no_default = declared.is_some_and(|declared| declared.default.is_none() && declared.identity.is_none());
        match &column.treatment {
            Treatment::Mask(MaskUse::Null) => true,
            Treatment::Drop(Fill::Default) => no_default,
            _ => false,
        }
    }

    fn check_expressions(&self, index: &Index, diagnostics: &mut Vec<Diagnostic>) {
        for part in &index.parts {
            let IndexPart::Expression(expression) = part else { continue };
            for name in &expression.columns {
                let Some(column) = self.column(name).filter(|column| !is_harmless(column)) else { continue };
                let lossy = self.uniqueness(name, &column.treatment) == Uniqueness::Lossy;
                if !lossy && is_one_case(&column.treatment) && is_folded(&expression.sql, name) {
                    continue;
                }
                let (code, verb) = if lossy {
                    (codes::N0404, "may give two rows the same value")
                } else {
                    (codes::N0417, "is hashed before")
                };
                let title = if lossy {
                    format!("expected a mask that keeps `{}` unique, found `{}`", index.name, column.decision.rule.text)
                } else {
                    format!(
                        "cannot tell whether `{}` stays unique: it computes `{}` from a masked column",
                        index.name, expression.sql
                    )
                };
                diagnostics.push(
                    Diagnostic::new(code, title)
                        .at(column.decision.rule.span, verb)
                        .label(index.span, format!("unique index `{}`", index.name))
                        .help("use a mask whose output the expression leaves as it is, such as `hash` or `email` under `lower`"),
                );
            }
        }
    }
}

/// Whether each value is NULL in the copy exactly where it is in the source.
fn keeps_nulls(column: &ExportColumn) -> bool {
    leaves(&column.treatment).into_iter().all(|leaf| match leaf {
        Treatment::Mask(MaskUse::Call(call)) => call.mask.null_rule() == NullRule::Keeps,
        leaf => is_kept(leaf),
    })
}

/// Whether `lower` and `upper` tell the masked values apart as well as they are: digits and small letters.
fn is_one_case(treatment: &Treatment) -> bool {
    leaves(treatment).into_iter().all(|leaf| match leaf {
        Treatment::Mask(MaskUse::Call(call)) => call.mask.one_case(),
        _ => false,
    })
}

/// Kept, or always NULL: no new overlap and no new equality.
fn is_harmless(column: &ExportColumn) -> bool {
    is_kept(&column.treatment)
        || matches!(column.treatment, Treatment::Mask(MaskUse::Null) | Treatment::Drop(Fill::Default))
}

/// The odds of at least one collision among [`ROWS`] random values of so many bits (birthday bound).
fn odds(bits: u32) -> f64 {
    let values = 2f64.powi(i32::try_from(bits).unwrap_or(i32::MAX));
    -(-(ROWS * (ROWS - 1.0)) / (2.0 * values)).exp_m1()
}

fn said_odds(bits: u32) -> String {
    let odds = odds(bits);
    if odds > 0.5 {
        return "a collision is to be expected in a million rows".to_owned();
    }
    let mut chance = 1.0 / odds;
    let mut unit = "";
    for larger in [" thousand", " million", " billion", " trillion"] {
        if chance < 1000.0 {
            break;
        }
        chance /= 1000.0;
        unit = larger;
    }
    format!("one collision in a million rows has odds of 1 in {chance:.0}{unit}")
}

#[cfg(test)]
mod tests {
    use super::{odds, said_odds};

    #[test]
    fn odds_are_those_of_the_birthday_bound() {
        assert!((odds(48) - 0.001_774).abs() < 1e-5, "{}", odds(48));
        assert!(odds(32) > 0.999);
        assert_eq!(said_odds(64), "one collision in a million rows has odds of 1 in 37 million");
    }
}
