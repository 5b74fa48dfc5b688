//! A mask of one value, as a test of the policy calls it.
//!
//! It is the mask's own expression, as an export has it, over a row of one column; what differs is the linkage: a test's
//! pseudonyms are those of no export.

use super::masks::DEFAULT_KEY;
use super::select::{ROW, row_sql};
use crate::catalog::{BaseType, Catalog, TypeKind};
use crate::mask::hmac::{self, Canonical};
use crate::mask::{Context, Hashes};
use crate::model::test::{TestMask, VALUE};
use crate::model::{MaskCall, MaskUse, Model};
use crate::sql::{Expr, From, Ident, Mismatch, Relation, Select, SourceSql};

/// Apart from every export's.
const LINKAGE: &str = "noren test";
const HASH: &str = "noren_hash";

/// `(SELECT …)`: what the mask makes of `value`, which is SQL, in a session that has the pads of a key.
pub fn masked(catalog: &Catalog, mask: &TestMask, value: String) -> Result<String, Mismatch> {
    let raw = Expr::Source(SourceSql { text: value }).cast_to(mask.data_type.clone());
    let mut inner = Select { columns: vec![(raw, Some(Ident::from(VALUE)))], barrier: true, ..Select::default() };
    let mut outer = Select::default();
    let masked = match &mask.mask {
        MaskUse::Call(call) => {
            let base = catalog.base_type(&mask.data_type);
            if hmac_of(call, &base).is_some() {
                inner = with_hash(inner, call, &base);
            }
            let rendered = rendered(catalog, call, mask, &base);
            outer.from.extend(rendered.joins);
            rendered.expr
        }
        MaskUse::Expression(own) => row_sql(&own.sql, ROW),
        // A mask that is called by name is one of these two.
        MaskUse::Null | MaskUse::Json(_) | MaskUse::Fields(_) | MaskUse::When { .. } => Expr::Null,
    };
    outer.columns.push((masked, None));
    outer.from.insert(0, From::first(Relation::Select(Box::new(inner)), ROW));
    Expr::scalar(outer).print()
}

/// The setting that masks read their key from.
pub fn setting(model: &Model) -> &str {
    model.mask_key.as_ref().map_or(DEFAULT_KEY, |setting| setting.name.as_str())
}

/// The form in which a mask's hash takes values of a type.
pub fn hmac_of(call: &MaskCall, base: &BaseType) -> Option<Canonical> {
    (call.mask.hashes(&call.arguments) == Hashes::Input).then(|| Canonical::of([base])).flatten()
}

fn with_hash(value: Select, call: &MaskCall, base: &BaseType) -> Select {
    let form = hmac_of(call, base).unwrap_or(Canonical::Own);
    let hash = hmac::of_value(LINKAGE, &call.group.0, form, Expr::of(ROW, VALUE));
    Select {
        columns: vec![(Expr::of(ROW, VALUE), None), (hash, Some(Ident::from(HASH)))],
        from: vec![From::first(Relation::Select(Box::new(value)), ROW)],
        barrier: true,
        ..Select::default()
    }
}

fn rendered(catalog: &Catalog, call: &MaskCall, mask: &TestMask, base: &BaseType) -> crate::mask::Rendered {
    let (input, hash) = (Expr::of(ROW, VALUE), Expr::of(ROW, HASH));
    let labels = match catalog.types.get(&base.data_type.name).map(|found| &found.kind) {
        Some(TypeKind::Enum(labels)) => labels.as_slice(),
        _ => &[],
    };
    call.mask.render(&Context {
        input: &input,
        input_type: base,
        declared: &mask.data_type,
        arguments: &call.arguments,
        hash: hmac_of(call, base).is_some().then_some(&hash),
        secret: &|label| hmac::of_label(LINKAGE, &call.group.0, label),
        default: None,
        lookup: None,
        first: None,
        labels,
        alias: "noren_mask",
    })
}
