//! Types as a policy writes them against types as the catalog holds them.

use super::meant;
use crate::catalog::{BaseType, Catalog, Category, Column, DataType, QName, builtin, mysql};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::syntax::ast::{Name, TypeCategory, TypePattern};

/// The SQL names that people write, and PostgreSQL's internal ones for them (manual, table 8.1).
const SYNONYMS: &[(&str, &str)] = &[
    ("smallint", "int2"),
    ("integer", "int4"),
    ("int", "int4"),
    ("bigint", "int8"),
    ("real", "float4"),
    ("float", "float8"),
    ("decimal", "numeric"),
    ("boolean", "bool"),
    ("char", "bpchar"),
    ("character", "bpchar"),
    ("smallserial", "int2"),
    ("serial", "int4"),
    ("bigserial", "int8"),
];

/// PostgreSQL's internal name for a type's word.
pub fn internal_name(word: &str) -> &str {
    SYNONYMS.iter().find(|(synonym, _)| *synonym == word).map_or(word, |(_, internal)| *internal)
}

/// Whether the column is of any of these types, after domains are unwrapped.
pub fn matches_types(types: &[TypePattern], catalog: &Catalog, column: &Column) -> bool {
    let base = catalog.base_type(&column.data_type);
    types.iter().any(|pattern| matches_type(pattern, &base, column))
}

/// Whether a parameter of this type takes the column: the same type, or one that PostgreSQL turns into it without
/// being asked, within text and within numbers.
pub fn takes(parameter: &TypePattern, catalog: &Catalog, column: &Column) -> bool {
    const TEXT: &[&str] = &["text", "varchar", "bpchar", "citext", "name"];
    const NUMBERS: &[&str] = &["int2", "int4", "int8", "numeric", "float4", "float8"];
    let base = catalog.base_type(&column.data_type);
    let TypePattern::Named { name, array: false, .. } = parameter else {
        return matches_type(parameter, &base, column);
    };
    let (wanted, found) = (internal_name(&name.text), base.data_type.name.name.as_str());
    let both = |family: &[&str]| family.contains(&wanted) && family.contains(&found);
    matches_type(parameter, &base, column) || (base.data_type.dimensions == 0 && (both(TEXT) || both(NUMBERS)))
}

fn matches_type(pattern: &TypePattern, base: &BaseType, column: &Column) -> bool {
    match pattern {
        TypePattern::Category(category) => {
            let wanted = match category.value {
                TypeCategory::Enum => Category::Enum,
                TypeCategory::Array => Category::Array,
                TypeCategory::Composite => Category::Composite,
                TypeCategory::Range => Category::Range,
            };
            base.category == wanted
        }
        TypePattern::Domain { schema, name } => {
            let declared = &column.data_type.name;
            let is_this = |domain: &QName| is_named(domain, schema.as_ref(), &name.text);
            column.data_type.dimensions == 0
                && (base.domains.iter().any(is_this) && (is_this(declared) || base.domains.len() > 1))
        }
        TypePattern::Named { schema, name, array } => {
            let is_array = base.data_type.dimensions > 0;
            is_array == *array && is_named(&base.data_type.name, schema.as_ref(), internal_name(&name.text))
        }
    }
}

fn is_named(name: &QName, schema: Option<&Name>, word: &str) -> bool {
    name.name == word && schema.is_none_or(|schema| schema.text == name.schema)
}

/// The one type that a pattern means; `None` for a category and for what nothing declares.
pub fn data_type(pattern: &TypePattern, catalog: &Catalog, search: &[String]) -> Option<DataType> {
    let (schema, name, array, domain) = match pattern {
        TypePattern::Category(_) => return None,
        TypePattern::Named { schema, name, array } => (schema, name, *array, false),
        TypePattern::Domain { schema, name } => (schema, name, false, true),
    };
    let word = internal_name(&name.text);
    let is_builtin = builtin::is_type(word) && !domain;
    let name = match schema {
        Some(schema) if schema.text == "pg_catalog" && is_builtin => QName::new("pg_catalog", word),
        Some(schema) => known_type(QName::new(&schema.text, word), catalog)?,
        // PostgreSQL looks into pg_catalog before any schema of the search path.
        None if is_builtin => QName::new("pg_catalog", word),
        None => {
            let own = search.iter().find_map(|schema| known_type(QName::new(schema, word), catalog));
            own.or_else(|| extension_type(word, catalog))?
        }
    };
    Some(DataType { name, modifiers: Vec::new(), dimensions: u8::from(array) })
}

fn known_type(name: QName, catalog: &Catalog) -> Option<QName> {
    (catalog.types.contains_key(&name) || catalog.tables.contains_key(&name)).then_some(name)
}

fn extension_type(word: &str, catalog: &Catalog) -> Option<QName> {
    let mut columns = catalog.tables.values().flat_map(|table| table.columns.values());
    columns.find(|column| column.data_type.name.name == word).map(|column| column.data_type.name.clone())
}

/// Whether a glob may keep columns of this type without a reason: numbers, dates, uuids, booleans and enums.
pub fn is_openly_kept(base: &BaseType) -> bool {
    const OPEN: &[&str] = &[
        "bool",
        "date",
        "float4",
        "float8",
        "int2",
        "int4",
        "int8",
        "interval",
        "money",
        "numeric",
        "time",
        "timestamp",
        "timestamptz",
        "timetz",
        "uuid",
    ];
    const OPEN_OF_MYSQL: &[&str] = &["int1", "int3", "uint1", "uint2", "uint3", "uint4", "uint8", "bits", "year"];
    match base.category {
        Category::Enum => true,
        Category::Scalar => {
            let name = &base.data_type.name;
            let own = name.schema == mysql::SCHEMA && OPEN_OF_MYSQL.contains(&name.name.as_str());
            own || base.data_type.dimensions == 0 && name.schema == "pg_catalog" && OPEN.contains(&name.name.as_str())
        }
        Category::Array | Category::Composite | Category::Range => false,
    }
}

/// Reports a type that neither PostgreSQL nor the schema has.
pub fn check_types(types: &[TypePattern], catalog: &Catalog, diagnostics: &mut Vec<Diagnostic>) {
    for pattern in types {
        let (schema, name, domain) = match pattern {
            TypePattern::Category(_) => continue,
            TypePattern::Named { schema, name, .. } => (schema, name, false),
            TypePattern::Domain { schema, name } => (schema, name, true),
        };
        let own = catalog.types.keys().chain(catalog.tables.keys());
        let word = internal_name(&name.text);
        let is_known = own.into_iter().any(|known| is_named(known, schema.as_ref(), word))
            || (!domain && schema.is_none() && (builtin::is_type(word) || is_extension_type(word, catalog)))
            || (catalog.mysql.is_some() && mysql::is_type(word));
        if is_known {
            continue;
        }
        let known = catalog.types.keys().map(|known| known.name.as_str()).chain(builtin::TYPES.iter().copied());
        let diagnostic = Diagnostic::new(codes::N0212, format!("expected a type, found `{}`", name.text))
            .at(name.span, "no such type");
        diagnostics.push(match did_you_mean(&name.text, known) {
            Some(near) => meant(diagnostic, name.span, near),
            None => diagnostic.help("write a type's one-word name, such as `timestamptz` or `varchar`"),
        });
    }
}

/// Types of extensions are in no dump; those that a column uses are known by that.
fn is_extension_type(word: &str, catalog: &Catalog) -> bool {
    !catalog.extensions.is_empty()
        && catalog
            .tables
            .values()
            .flat_map(|table| table.columns.values())
            .any(|column| column.data_type.name.name == word)
}
