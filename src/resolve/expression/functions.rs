//! PostgreSQL's functions, as far as a policy must know them: which of them reach beyond the row, which can fail,
//! which give their argument back.

use super::{Value, integer_of, text_of};
use pg_query::protobuf::Node;
use std::collections::BTreeSet;

const AGGREGATES: &[&str] = &[
    "any_value",
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "every",
    "json_agg",
    "json_agg_strict",
    "json_object_agg",
    "json_object_agg_strict",
    "json_object_agg_unique",
    "jsonb_agg",
    "jsonb_agg_strict",
    "jsonb_object_agg",
    "jsonb_object_agg_strict",
    "jsonb_object_agg_unique",
    "max",
    "min",
    "mode",
    "percentile_cont",
    "percentile_disc",
    "range_agg",
    "range_intersect_agg",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "string_agg",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
    "xmlagg",
];

/// One row would become none or several.
const SETS: &[&str] = &[
    "generate_series",
    "generate_subscripts",
    "json_array_elements",
    "json_array_elements_text",
    "json_each",
    "json_each_text",
    "json_object_keys",
    "json_populate_recordset",
    "json_to_recordset",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_each",
    "jsonb_each_text",
    "jsonb_object_keys",
    "jsonb_path_query",
    "jsonb_path_query_tz",
    "jsonb_populate_recordset",
    "jsonb_to_recordset",
    "regexp_matches",
    "regexp_split_to_table",
    "string_to_table",
    "ts_debug",
    "ts_parse",
    "ts_stat",
    "ts_token_type",
    "unnest",
];

/// They read settings (the mask key is one), sequences, other tables, or run SQL that is hidden in a string.
const BEYOND: &[&str] = &[
    "current_query",
    "current_setting",
    "currval",
    "get_raw_page",
    "lastval",
    "loread",
    "lowrite",
    "nextval",
    "set_config",
    "setval",
    "ts_rewrite",
];

/// Files of the server, large objects, other databases, XML of whole tables, and the server itself.
const BEYOND_PREFIXES: &[&str] =
    &["cursor_to_xml", "database_to_xml", "dblink", "lo_", "pg_", "query_to_xml", "schema_to_xml", "table_to_xml"];

/// Of the server's own functions only these look at nothing but their arguments.
const HARMLESS: &[&str] = &["pg_column_size", "pg_lsn", "pg_size_pretty", "pg_typeof"];

/// Whether a core function makes one value of many rows.
pub fn is_aggregate(name: &str) -> bool {
    AGGREGATES.contains(&name)
}

/// Why a core function cannot stand in an expression over one row.
pub fn refused(name: &str) -> Option<&'static str> {
    if AGGREGATES.contains(&name) {
        return Some("an aggregate or a window");
    }
    if SETS.contains(&name) {
        return Some("a function that gives several rows");
    }
    let beyond = BEYOND_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && !HARMLESS.contains(&name);
    (beyond || BEYOND.contains(&name)).then_some("a function that reads more than the row")
}

/// Most names, addresses and numbers are shorter: so many letters of a text are the text.
const WHOLE_LETTERS: i32 = 32;

/// Whether its arguments can be read off what it gives: it changes case, quotes, trims or joins them.
pub(super) fn gives_whole_back(name: &str, nodes: &[Node]) -> bool {
    const WHOLE: &[&str] = &[
        "btrim",
        "concat",
        "concat_ws",
        "convert_from",
        "convert_to",
        "decode",
        "encode",
        "format",
        "initcap",
        "json_build_array",
        "json_build_object",
        "jsonb_build_array",
        "jsonb_build_object",
        "lower",
        "ltrim",
        "normalize",
        "quote_ident",
        "quote_literal",
        "quote_nullable",
        "reverse",
        "rtrim",
        "string_to_array",
        "to_json",
        "to_jsonb",
        "to_tsvector",
        "upper",
    ];
    let at_most = |index: usize, most: i32| nodes.get(index).and_then(integer_of).is_some_and(|number| number <= most);
    let at_least =
        |index: usize, least: i32| nodes.get(index).and_then(integer_of).is_some_and(|number| number >= least);
    match name {
        "substr" | "substring" => at_most(1, 1) && (nodes.len() == 2 || at_least(2, WHOLE_LETTERS)),
        "left" | "right" | "lpad" | "rpad" => at_least(1, WHOLE_LETTERS),
        _ => WHOLE.contains(&name),
    }
}

/// What PostgreSQL's manual says of a core function: chapter 9, string and mathematical functions.
pub(super) fn value(name: &str, nodes: &[Node], arguments: Vec<Value>) -> Value {
    let value = Value { identity_of: None, ..Value::strict(arguments) };
    let integer = |index: usize| nodes.get(index).and_then(integer_of);
    match name {
        "left" | "right" | "upper" | "lower" | "length" | "char_length" | "character_length" | "octet_length"
        | "btrim" | "ltrim" | "rtrim" | "reverse" | "initcap" | "md5" | "replace" | "translate" | "lpad" | "rpad"
        | "strpos" | "position" | "starts_with" | "ascii" | "floor" | "ceil" | "ceiling" | "sha256" | "sha512"
        | "to_hex" | "isfinite" | "family" | "masklen" | "jsonb_typeof" | "json_typeof" => value,
        "substr" | "substring" if nodes.len() == 2 && integer(1).is_some() => value,
        "substr" | "substring" if integer(2).is_some_and(|length| length >= 0) => value,
        "split_part" if integer(2).is_some_and(|field| field != 0) => value,
        "date_trunc" if nodes.first().and_then(text_of).is_some_and(is_truncation_unit) => value,
        "regexp_replace" if nodes.get(1).and_then(text_of).is_some() => value,
        "concat" | "concat_ws" => Value { null_only_with: Some(BTreeSet::new()), ..value },
        "gen_random_uuid" | "random" | "now" | "clock_timestamp" => Value { constant: false, ..Value::constant() },
        _ => value.raising().nullable(),
    }
}

fn is_truncation_unit(unit: &str) -> bool {
    const UNITS: &[&str] = &[
        "microseconds",
        "milliseconds",
        "second",
        "minute",
        "hour",
        "day",
        "week",
        "month",
        "quarter",
        "year",
        "decade",
        "century",
        "millennium",
    ];
    UNITS.contains(&unit)
}
