//! MySQL's types: what masks and proofs ask of them, and what the server itself calls them.
//!
//! A type that behaves as one of PostgreSQL's has its name (`varchar`, `numeric`, `timestamp`), so that every proof about
//! lengths, numbers and NULL is the same proof. The others live in a schema of their own under one-word names.

use super::parse::Cursor;
use crate::catalog::{DataType, QName};

/// The schema of types that PostgreSQL has no counterpart of: no schema there may have a name that begins so.
pub const SCHEMA: &str = "pg_mysql";

/// Their names, as a policy's type list writes them.
pub const NAMES: [&str; 12] =
    ["int1", "int3", "uint1", "uint2", "uint3", "uint4", "uint8", "bits", "year", "set", "geometry", "vector"];

/// A column's type as it was read.
pub(super) struct Read {
    /// What masks and proofs see; of an enum, its name is put in by the caller.
    pub data_type: DataType,
    /// What `information_schema.columns.column_type` calls it, less display widths.
    pub words: String,
    /// The labels of an enum.
    pub labels: Option<Vec<String>>,
    /// Text that has a character set.
    pub is_text: bool,
}

fn own(schema: &str, name: &str, modifiers: Vec<i32>) -> DataType {
    DataType { name: QName::new(schema, name), modifiers, dimensions: 0 }
}

/// The type that the cursor stands before.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Read> {
    let word = cursor.word()?.to_ascii_lowercase();
    // `double precision`, `national varchar`, `long text`, `char varying`, `char byte`.
    let word = match word.as_str() {
        "national" | "long" => cursor.word()?.to_ascii_lowercase(),
        _ => word,
    };
    let varying = cursor.take("varying");
    cursor.take("precision");
    let word = match word.as_str() {
        "char" | "character" if varying => "varchar".to_owned(),
        "nvarchar" => "varchar".to_owned(),
        "character" | "nchar" => "char".to_owned(),
        other => other.to_owned(),
    };
    if word == "enum" || word == "set" {
        return listed(cursor, &word);
    }
    let numbers = cursor.numbers();
    let (mut unsigned, mut zerofill) = (false, false);
    loop {
        match () {
            () if cursor.take("unsigned") => unsigned = true,
            () if cursor.take("zerofill") => zerofill = true,
            () if cursor.take("signed") => {}
            () => break,
        }
    }
    unsigned |= zerofill;
    let first = numbers.first().copied();
    let sign = format!("{}{}", if unsigned { " unsigned" } else { "" }, if zerofill { " zerofill" } else { "" });
    let integer = |signed: DataType, unsigned_name: &str, word: &str| Read {
        data_type: if unsigned { own(SCHEMA, unsigned_name, Vec::new()) } else { signed },
        words: format!("{word}{sign}"),
        labels: None,
        is_text: false,
    };
    let plain = |name: &str, modifiers: Vec<i32>, words: String, is_text: bool| Read {
        data_type: own("pg_catalog", name, modifiers),
        words,
        labels: None,
        is_text,
    };
    let sized = |word: &str, default: Option<i32>| match first.or(default) {
        Some(size) => format!("{word}({size})"),
        None => word.to_owned(),
    };
    let pg = |name: &str| own("pg_catalog", name, Vec::new());
    Some(match word.as_str() {
        "bool" | "boolean" => plain("bool", Vec::new(), "tinyint(1)".to_owned(), false),
        "tinyint" if first == Some(1) && !unsigned => plain("bool", Vec::new(), "tinyint(1)".to_owned(), false),
        "tinyint" | "int1" => integer(own(SCHEMA, "int1", Vec::new()), "uint1", "tinyint"),
        "smallint" | "int2" => integer(pg("int2"), "uint2", "smallint"),
        "mediumint" | "int3" | "middleint" => integer(own(SCHEMA, "int3", Vec::new()), "uint3", "mediumint"),
        "int" | "integer" | "int4" => integer(pg("int4"), "uint4", "int"),
        "bigint" | "int8" => integer(pg("int8"), "uint8", "bigint"),
        "decimal" | "numeric" | "dec" | "fixed" => {
            let (precision, scale) = (first.unwrap_or(10), numbers.get(1).copied().unwrap_or(0));
            plain("numeric", vec![precision, scale], format!("decimal({precision},{scale}){sign}"), false)
        }
        "float" if first.is_some_and(|bits| bits > 24) && numbers.len() == 1 => {
            plain("float8", Vec::new(), format!("double{sign}"), false)
        }
        "float" | "float4" => plain("float4", Vec::new(), format!("float{}{sign}", pair(&numbers)), false),
        "double" | "real" | "float8" => plain("float8", Vec::new(), format!("double{}{sign}", pair(&numbers)), false),
        "bit" => Read {
            data_type: own(SCHEMA, "bits", Vec::new()),
            words: sized("bit", Some(1)),
            labels: None,
            is_text: false,
        },
        "date" => plain("date", Vec::new(), word, false),
        "datetime" => plain("timestamp", first.into_iter().collect(), sized("datetime", None), false),
        "timestamp" => plain("timestamptz", first.into_iter().collect(), sized("timestamp", None), false),
        "time" => plain("time", first.into_iter().collect(), sized("time", None), false),
        "year" => Read { data_type: own(SCHEMA, "year", Vec::new()), words: word, labels: None, is_text: false },
        "char" if cursor.take("byte") => plain("bytea", Vec::new(), sized("binary", Some(1)), false),
        "char" => plain("bpchar", vec![first.unwrap_or(1)], sized("char", Some(1)), true),
        "varchar" | "varcharacter" => plain("varchar", first.into_iter().collect(), sized("varchar", None), true),
        // 255 bytes: so many characters fit, whichever they are.
        "tinytext" => plain("varchar", vec![63], word, true),
        "text" | "mediumtext" | "longtext" => plain("text", Vec::new(), word, true),
        // Of one length, unlike the others.
        "binary" => plain("bytea", vec![first.unwrap_or(1)], sized("binary", Some(1)), false),
        "varbinary" => plain("bytea", Vec::new(), sized("varbinary", None), false),
        "tinyblob" | "blob" | "mediumblob" | "longblob" => plain("bytea", Vec::new(), word, false),
        "json" => plain("jsonb", Vec::new(), word, false),
        "uuid" => plain("uuid", Vec::new(), word, false),
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
        | "geometrycollection" | "geomcollection" => {
            Read { data_type: own(SCHEMA, "geometry", Vec::new()), words: word, labels: None, is_text: false }
        }
        "vector" => Read {
            data_type: own(SCHEMA, "vector", Vec::new()),
            words: sized("vector", None),
            labels: None,
            is_text: false,
        },
        _ => return None,
    })
}

fn pair(numbers: &[i32]) -> String {
    match numbers {
        [digits, decimals] => format!("({digits},{decimals})"),
        _ => String::new(),
    }
}

fn listed(cursor: &mut Cursor<'_>, word: &str) -> Option<Read> {
    let mut labels = Vec::new();
    cursor.symbol('(').then_some(())?;
    loop {
        // The server cuts spaces off the ends of labels.
        labels.push(cursor.text()?.trim_end_matches(' ').to_owned());
        if !cursor.symbol(',') {
            break;
        }
    }
    cursor.symbol(')').then_some(())?;
    let quoted: Vec<String> = labels.iter().map(|label| format!("'{}'", label.replace('\'', "''"))).collect();
    let words = format!("{word}({})", quoted.join(","));
    let (data_type, labels) = if word == "enum" {
        (own("pg_catalog", "text", Vec::new()), Some(labels))
    } else {
        (own(SCHEMA, "set", Vec::new()), None)
    };
    Some(Read { data_type, words, labels, is_text: true })
}
