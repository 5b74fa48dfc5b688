//! Masks over what holds values: a mask for an element's type masks every element of an array, one for a bound's type
//! both bounds of a range.
//!
//! Nothing else is said in the policy: `mask email` on `text[]` can mean one thing only. A mask that takes the whole
//! array, range or multirange itself, such as `constant`, is given it whole.

use super::{Mask, types};
use crate::catalog::{BaseType, Catalog, Category, DataType, QName, TypeKind};

/// What of a column's value a mask is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The value.
    Value,
    /// Each element of the array, in order; of several dimensions one remains.
    Elements,
    /// Each bound of the range.
    Bounds,
    /// Each bound of each range of the multirange.
    Ranges,
}

/// What the mask is given of values of a type, and the type of that as declared and without domains; `None` where it
/// takes neither the value nor what is in it.
pub fn seen(mask: &dyn Mask, base: &BaseType, catalog: &Catalog) -> Option<(Over, DataType, BaseType)> {
    if mask.accepts(base) {
        return Some((Over::Value, base.data_type.clone(), base.clone()));
    }
    let (over, inner) = match base.category {
        Category::Array => (Over::Elements, DataType { dimensions: 0, ..base.data_type.clone() }),
        Category::Range => match range_of(&base.data_type.name, catalog) {
            Some(range) => (Over::Ranges, subtype(&range, catalog)?),
            None => (Over::Bounds, subtype(&base.data_type.name, catalog)?),
        },
        _ => return None,
    };
    let inner_base = catalog.base_type(&inner);
    // The bounds are compared, and an operator of another schema would have to be found by it.
    let comparable = over == Over::Elements || inner_base.data_type.name.schema == "pg_catalog";
    (comparable && mask.accepts(&inner_base)).then_some((over, inner, inner_base))
}

/// The range type of a multirange type; `None` for any other.
pub fn range_of(multirange: &QName, catalog: &Catalog) -> Option<QName> {
    match catalog.types.get(multirange).map(|found| &found.kind) {
        Some(TypeKind::Multirange(range)) => Some(range.clone()),
        Some(_) => None,
        None => {
            let before = multirange.name.strip_suffix("multirange")?;
            let range = QName::new(&multirange.schema, format!("{before}range"));
            built_in_subtype(&range).map(|_| range)
        }
    }
}

/// The type of a range's bounds; `None` for a multirange.
fn subtype(range: &QName, catalog: &Catalog) -> Option<DataType> {
    match catalog.types.get(range).map(|found| &found.kind) {
        Some(TypeKind::Range(subtype)) => Some(subtype.clone()),
        Some(_) => None,
        None => built_in_subtype(range),
    }
}

/// The subtype of a range of `pg_catalog`.
pub fn built_in_subtype(range: &QName) -> Option<DataType> {
    let subtype = match range.name.as_str() {
        "int4range" => "int4",
        "int8range" => "int8",
        "numrange" => "numeric",
        "daterange" => "date",
        "tsrange" => "timestamp",
        "tstzrange" => "timestamptz",
        _ => return None,
    };
    (range.schema == "pg_catalog").then(|| types::plain(subtype).data_type)
}
