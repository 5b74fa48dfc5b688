//! Masks over what holds values: a mask for an element's type masks every element of an array, one for a bound's type
//! both bounds of a range.

use super::types;
use crate::catalog::{DataType, QName};

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
