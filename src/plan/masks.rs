//! Masks with everything that they ask for: the row's hash, secrets of the run, the column's default.

use super::{KeyPlan, Planner};
use crate::catalog::{BaseType, Catalog, Column, Expression};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::N0853;
use crate::mask::hmac::{self, Canonical};
use crate::mask::{Context, Rendered, Value};
use crate::model::{LinkageGroup, MaskCall, MaskUse, Model, Treatment};
use crate::source::Span;
use crate::sql::{Expr, Select, SourceSql};
use std::collections::BTreeMap;

/// The setting that keyed masks read where the policy declares none.
const DEFAULT_KEY: &str = "noren.mask_key";

/// The label under which the run's key shows which one it was.
const FINGERPRINT: &str = "fingerprint";

impl Planner<'_> {
    /// A mask's SQL for one column.
    pub(super) fn render(
        &self,
        call: &MaskCall,
        column: &Column,
        input: &Expr,
        hash: Option<&Expr>,
        alias: &str,
    ) -> Rendered {
        let secret = |label: &str| {
            self.reads_key.set(true);
            hmac::of_label(&self.export.linkage, &call.group.0, label)
        };
        let default = column.default.as_ref().filter(|default| is_constant(default));
        let default = default.map(|default| Expr::Source(SourceSql { text: default.sql.clone() }));
        call.mask.render(&Context {
            input,
            input_type: &self.catalog.base_type(&column.data_type),
            declared: &column.data_type,
            arguments: &call.arguments,
            hash,
            secret: &secret,
            default: default.as_ref(),
            alias,
        })
    }

    /// The HMAC of a column's value, in the form that all columns of its linkage group share.
    pub(super) fn hash(&self, group: &str, column: &Column) -> Expr {
        self.reads_key.set(true);
        let form = self.canonical.get(&(self.export.linkage.clone(), LinkageGroup(group.to_owned()))).copied();
        let value = Expr::of(super::select::ROW, &column.name);
        hmac::of_value(&self.export.linkage, group, form.unwrap_or(Canonical::Own), value)
    }

    /// Whether something rendered since the last call reads the key.
    pub(super) fn takes_key(&self) -> bool {
        let reads = self.reads_key.replace(false);
        self.keyed.set(self.keyed.get() || reads);
        reads
    }

    pub(super) fn setting(&self) -> &str {
        self.model.mask_key.as_ref().map_or(DEFAULT_KEY, |setting| setting.name.as_str())
    }

    /// After all tables are rendered: the key, where one of them read it.
    pub(super) fn key(&self) -> Option<KeyPlan> {
        let fingerprint = hmac::of_label(&self.export.linkage, "", FINGERPRINT);
        let short = Expr::call("substr", [fingerprint, Expr::Integer(1), Expr::Integer(8)]);
        self.keyed.get().then(|| KeyPlan {
            setting: self.setting().to_owned(),
            fingerprint: Select {
                with: vec![hmac::key(self.setting())],
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
    for export in model.exports.values() {
        for (name, exported) in &export.tables {
            let Some(table) = catalog.tables.get(name) else { continue };
            for (column, own) in &exported.columns {
                each_keyed_call(&own.treatment, &mut |call| {
                    let Some(hashed) = table.columns.get(hashed_column(call, column)) else { return };
                    let base = catalog.base_type(&hashed.data_type);
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
            Some(form) => drop(forms.insert(key, form)),
            None => findings.extend(incomparable(&members)),
        }
    }
    (forms, findings)
}

type Member = (BaseType, (String, Span));

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
    Some(
        Diagnostic::new(N0853, title)
            .at(*span, "is masked by a keyed hash")
            .label(*second_span, "shares its pseudonyms, or would")
            .note("columns of one class or one foreign key get the same pseudonym for the same value")
            .help("give one of them a class of its own, or a mask that is not keyed"),
    )
}

fn each_keyed_call(treatment: &Treatment, found: &mut impl FnMut(&MaskCall)) {
    match treatment {
        Treatment::Mask(MaskUse::Call(call)) if call.mask.keyed() => found(call),
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => {
            each_keyed_call(then, found);
            each_keyed_call(otherwise, found);
        }
        _ => {}
    }
}

/// What a keyed mask hashes: its column, or the column of the person that it belongs to.
pub(super) fn hashed_column<'c>(call: &'c MaskCall, column: &'c str) -> &'c str {
    match call.arguments.get("by") {
        Some(Value::Column(entity)) => entity,
        _ => column,
    }
}

/// Reads no column, calls nothing: the same for every row.
fn is_constant(default: &Expression) -> bool {
    default.columns.is_empty() && default.functions.is_empty() && default.sequences.is_empty()
}
