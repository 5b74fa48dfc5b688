//! Masked keys must still join: what a referenced key gets, every column that references it gets.
//!
//! Columns that foreign keys tie are walked from the referenced end. A mask on the referenced column is handed
//! on, with its linkage group, so that both ends hash the same bytes; a rule that names the referencing column
//! and says something else is an error. Removing the reference (drop, `mask null`) is always allowed, and so is
//! another key of those that are kept (`mask pick`).

use crate::catalog::{Catalog, QName};
use crate::diagnostic::{Diagnostic, codes};
use crate::mask::Value;
use crate::model::{ExportTable, MaskUse, OwnExpression, RowSql, Rule, Step, Treatment};
use std::collections::{BTreeMap, BTreeSet};

/// A column of a table.
type Place = (QName, String);

/// One pair of columns of a foreign key between exported tables.
struct Tie {
    from: Place,
    to: Place,
    constraint: String,
}

/// Hands masks of referenced keys on to the columns that reference them.
pub fn propagate(catalog: &Catalog, tables: &mut BTreeMap<QName, ExportTable>, diagnostics: &mut Vec<Diagnostic>) {
    let ties = ties(catalog, tables);
    let mut outgoing: BTreeMap<&Place, Vec<&Tie>> = BTreeMap::new();
    for tie in ties.iter().filter(|tie| tie.from != tie.to) {
        outgoing.entry(&tie.from).or_default().push(tie);
    }
    let mut walk = Walk { outgoing: &outgoing, done: BTreeSet::new(), order: Vec::new() };
    for place in outgoing.keys() {
        walk.visit(place, &mut BTreeSet::new());
    }
    for place in walk.order {
        for tie in outgoing.get(place).into_iter().flatten() {
            hand_on(tie, tables, diagnostics);
        }
    }
    for tie in ties.iter().filter(|tie| tie.from != tie.to) {
        verify(tie, catalog, tables, diagnostics);
    }
}

/// After all masks are handed on both ends are the same, down to the linkage group: a column that references two
/// keys, or a cycle, may have got another mask last, and a generated key is not masked itself.
fn verify(tie: &Tie, catalog: &Catalog, tables: &BTreeMap<QName, ExportTable>, diagnostics: &mut Vec<Diagnostic>) {
    let column = |place: &Place| tables.get(&place.0).and_then(|table| table.columns.get(&place.1));
    let (Some(child), Some(parent)) = (column(&tie.from), column(&tie.to)) else { return };
    let is_decided = child.decision.rule.step != Step::Undecided && parent.decision.rule.step != Step::Undecided;
    let is_severed = matches!(child.treatment, Treatment::Drop(_) | Treatment::Mask(MaskUse::Null));
    if !is_decided
        || is_severed
        || is_picked(&child.treatment, &parent.treatment)
        || matches!(parent.treatment, Treatment::Drop(_))
    {
        return;
    }
    for (generated, other) in [(&tie.to, &child.treatment), (&tie.from, &parent.treatment)] {
        if let Some(source) = masked_source(generated, catalog, tables) {
            diagnostics.push(generated_from_masked(tie, generated, &source, &child.decision.rule, other));
            return;
        }
    }
    let same = retarget(&parent.treatment, &tie.to.1, &tie.from.1)
        .is_some_and(|parent| same_treatment(&child.treatment, &parent) && same_groups(&child.treatment, &parent));
    let is_told = diagnostics.iter().any(|found| {
        found.code == codes::N0418 && found.primary.as_ref().is_some_and(|label| label.span == child.decision.rule.span)
    });
    if !same && !is_told {
        diagnostics.push(two_keys(tie, &child.decision.rule, &parent.decision.rule));
    }
}

/// Whether values that leave are other keys of those that are kept.
fn is_picked(child: &Treatment, parent: &Treatment) -> bool {
    matches!(parent, Treatment::Keep) && !matches!(child, Treatment::Keep) && gives_keys(child)
}

fn gives_keys(child: &Treatment) -> bool {
    match child {
        Treatment::Keep => true,
        Treatment::Mask(MaskUse::Call(call)) => call.mask.needs_lookup(),
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => gives_keys(then) && gives_keys(otherwise),
        _ => false,
    }
}

/// The column that a generated column is computed from, when it does not leave as it is.
fn masked_source(place: &Place, catalog: &Catalog, tables: &BTreeMap<QName, ExportTable>) -> Option<String> {
    let generated = catalog.tables.get(&place.0)?.columns.get(&place.1)?.generated.as_ref()?;
    let columns = &tables.get(&place.0)?.columns;
    let is_masked = |name: &&String| {
        columns.get(*name).is_some_and(|column| !matches!(column.treatment, Treatment::Keep | Treatment::Generated))
    };
    generated.expression.columns.iter().find(is_masked).cloned()
}

fn generated_from_masked(tie: &Tie, generated: &Place, source: &str, child: &Rule, other: &Treatment) -> Diagnostic {
    let title = format!(
        "expected `{source}` to be kept, since `{}.{}` is generated from it and `{}` ties it to another column, found it is not",
        generated.0, generated.1, tie.constraint
    );
    let help = match other {
        Treatment::Keep => format!("drop `{}.{}` or write `mask null` for it", tie.from.0, tie.from.1),
        _ => format!("keep `{source}` with a reason, or write `mask null` for `{}.{}`", tie.from.0, tie.from.1),
    };
    Diagnostic::new(codes::N0418, title)
        .at(child.span, format!("decides `{}.{}`", tie.from.0, tie.from.1))
        .note(
            "the copy computes the generated column again, from masked values; the other end would hold the real ones",
        )
        .help(help)
}

fn two_keys(tie: &Tie, child: &Rule, parent: &Rule) -> Diagnostic {
    let (from, to) = (format!("{}.{}", tie.from.0, tie.from.1), format!("{}.{}", tie.to.0, tie.to.1));
    let title = format!("expected the treatment of `{to}` on `{from}`, which references it, found that of another key");
    Diagnostic::new(codes::N0418, title)
        .at(child.span, format!("decides `{from}`: `{}`", child.text))
        .label(parent.span, format!("decides `{to}`: `{}`", parent.text))
        .note(format!(
            "foreign key `{}` ties them; masked keys join only when both ends are masked alike",
            tie.constraint
        ))
        .help("declare a class for the keys that the column references, and give each of them that class")
}

/// Whether keyed masks of two equal treatments agree.
fn same_groups(left: &Treatment, right: &Treatment) -> bool {
    match (left, right) {
        (Treatment::Mask(MaskUse::Call(left)), Treatment::Mask(MaskUse::Call(right))) => {
            !left.mask.keyed() || left.group == right.group
        }
        (
            Treatment::Mask(MaskUse::When { then: left_then, otherwise: left_otherwise, .. }),
            Treatment::Mask(MaskUse::When { then: right_then, otherwise: right_otherwise, .. }),
        ) => same_groups(left_then, right_then) && same_groups(left_otherwise, right_otherwise),
        _ => true,
    }
}

fn ties(catalog: &Catalog, tables: &BTreeMap<QName, ExportTable>) -> Vec<Tie> {
    let mut ties = Vec::new();
    // A partition may have a key of its own, and a key may point at a partition: the columns are the root's.
    for (table, key) in catalog.foreign_keys() {
        let (name, references) = (catalog.partition_root(&table.name), catalog.partition_root(&key.references));
        if !tables.contains_key(name) || !tables.contains_key(references) {
            continue;
        }
        for (from, to) in key.columns.iter().zip(&key.referenced_columns) {
            ties.push(Tie {
                from: (name.clone(), from.clone()),
                to: (references.clone(), to.clone()),
                constraint: key.name.clone(),
            });
        }
    }
    ties
}

/// Depth first, so that a referenced column comes before those that reference it.
struct Walk<'a> {
    outgoing: &'a BTreeMap<&'a Place, Vec<&'a Tie>>,
    done: BTreeSet<&'a Place>,
    order: Vec<&'a Place>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, place: &'a Place, path: &mut BTreeSet<&'a Place>) {
        if self.done.contains(place) || !path.insert(place) {
            return;
        }
        for tie in self.outgoing.get(place).into_iter().flatten() {
            self.visit(&tie.to, path);
        }
        path.remove(place);
        self.done.insert(place);
        self.order.push(place);
    }
}

fn hand_on(tie: &Tie, tables: &mut BTreeMap<QName, ExportTable>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(parent) = tables.get(&tie.to.0).and_then(|table| table.columns.get(&tie.to.1)) else { return };
    let (parent_treatment, parent_rule, parent_class) =
        (parent.treatment.clone(), parent.decision.rule.clone(), parent.decision.class.clone());
    let Some(child) = tables.get_mut(&tie.from.0).and_then(|table| table.columns.get_mut(&tie.from.1)) else { return };
    if matches!(child.treatment, Treatment::Generated) {
        return;
    }
    let is_undecided = child.decision.rule.step == Step::Undecided;
    let is_severed = matches!(child.treatment, Treatment::Drop(_) | Treatment::Mask(MaskUse::Null));
    if !is_undecided && (is_severed || is_picked(&child.treatment, &parent_treatment)) {
        return;
    }
    let same = match retarget(&parent_treatment, &tie.to.1, &tie.from.1) {
        Some(parent) => same_treatment(&child.treatment, &parent),
        None => false,
    };
    if same && child.decision.rule.step == Step::ForeignKey {
        return;
    }
    let is_named = matches!(child.decision.rule.step, Step::ExactExact | Step::ExportColumn | Step::ForeignKey);
    let parent_is_masked = matches!(parent_treatment, Treatment::Mask(_));
    let parent_is_dropped = matches!(parent_treatment, Treatment::Drop(_));
    let child_is_masked = !is_undecided && !matches!(child.treatment, Treatment::Keep | Treatment::Generated);
    if is_undecided && !parent_is_masked {
        return;
    }
    if parent_is_dropped || (!same && is_named) || (!parent_is_masked && child_is_masked) {
        let by_another_key = child.decision.rule.step == Step::ForeignKey && !parent_is_dropped;
        diagnostics.push(if by_another_key {
            two_keys(tie, &child.decision.rule, &parent_rule)
        } else {
            differ(tie, &child.decision.rule, &parent_rule, parent_is_dropped)
        });
        return;
    }
    if parent_is_masked {
        let Some(treatment) = retarget(&parent_treatment, &tie.to.1, &tie.from.1) else {
            diagnostics.push(reads_more(tie, &parent_rule));
            return;
        };
        child.treatment = treatment;
        child.decision.class = parent_class;
        if !same {
            let lost = std::mem::replace(&mut child.decision.rule, Rule { step: Step::ForeignKey, ..parent_rule });
            if !is_undecided {
                child.decision.lost.insert(0, lost);
            }
        }
    }
}

fn differ(tie: &Tie, child: &Rule, parent: &Rule, parent_is_dropped: bool) -> Diagnostic {
    let place = |place: &Place| format!("{}.{}", place.0, place.1);
    let (from, to) = (place(&tie.from), place(&tie.to));
    let title = if parent_is_dropped {
        format!("expected `{from}` to be dropped like `{to}`, which it references, found `{}`", child.text)
    } else {
        format!("expected the treatment of `{to}` on `{from}`, which references it, found `{}`", child.text)
    };
    Diagnostic::new(codes::N0418, title)
        .at(child.span, format!("decides `{from}`"))
        .label(parent.span, format!("decides `{to}`: `{}`", parent.text))
        .note(format!(
            "foreign key `{}` ties them; masked keys join only when both ends are masked alike",
            tie.constraint
        ))
        .help(if parent_is_dropped {
            format!("drop `{from}` too, or mask `{to}` instead of dropping it")
        } else {
            format!("remove the rule for `{from}`; the treatment of `{to}` reaches it by itself")
        })
}

/// Whether two treatments do the same to a value. Linkage groups are left out: the child takes the parent's.
fn same_treatment(left: &Treatment, right: &Treatment) -> bool {
    match (left, right) {
        (Treatment::Keep | Treatment::Generated, Treatment::Keep | Treatment::Generated)
        | (Treatment::Mask(MaskUse::Null), Treatment::Mask(MaskUse::Null)) => true,
        (Treatment::Mask(MaskUse::Call(left)), Treatment::Mask(MaskUse::Call(right))) => {
            left.mask.name() == right.mask.name() && left.arguments == right.arguments
        }
        (Treatment::Mask(MaskUse::Expression(left)), Treatment::Mask(MaskUse::Expression(right))) => {
            left.definition == right.definition && left.sql.shape() == right.sql.shape()
        }
        (
            Treatment::Mask(MaskUse::When { condition: left, then: left_then, otherwise: left_otherwise }),
            Treatment::Mask(MaskUse::When { condition: right, then: right_then, otherwise: right_otherwise }),
        ) => {
            left.shape() == right.shape()
                && same_treatment(left_then, right_then)
                && same_treatment(left_otherwise, right_otherwise)
        }
        _ => false,
    }
}

/// The referenced column's treatment for the referencing column; `None` when it reads more than its own column,
/// which the referencing table does not have.
fn retarget(treatment: &Treatment, referenced: &str, referencing: &str) -> Option<Treatment> {
    let own = |sql: &RowSql| sql.renamed(referenced, referencing);
    Some(match treatment {
        Treatment::Mask(MaskUse::Call(call)) => {
            let reads_columns = call.arguments.values().any(|value| matches!(value, Value::Column(_)));
            (!reads_columns).then(|| treatment.clone())?
        }
        Treatment::Mask(MaskUse::Expression(expression)) => {
            let sql = own(&expression.sql)?;
            Treatment::Mask(MaskUse::Expression(OwnExpression { sql, ..(**expression).clone() }.into()))
        }
        Treatment::Mask(MaskUse::When { condition, then, otherwise }) => Treatment::Mask(MaskUse::When {
            condition: own(condition)?.into(),
            then: Box::new(retarget(then, referenced, referencing)?),
            otherwise: Box::new(retarget(otherwise, referenced, referencing)?),
        }),
        Treatment::Mask(MaskUse::Json(_) | MaskUse::Fields(_)) => return None,
        Treatment::Keep | Treatment::Generated | Treatment::Drop(_) | Treatment::Mask(MaskUse::Null) => {
            treatment.clone()
        }
    })
}

fn reads_more(tie: &Tie, parent: &Rule) -> Diagnostic {
    let title =
        format!("expected a mask of `{}.{}` that reads that column only, found `{}`", tie.to.0, tie.to.1, parent.text);
    Diagnostic::new(codes::N0418, title)
        .at(parent.span, "reads more than the referenced key")
        .note(format!(
            "`{}.{}` references it and has no such columns to compute the same value from",
            tie.from.0, tie.from.1
        ))
        .help("mask the key with `permute`, `uuid` or `hash`")
}
