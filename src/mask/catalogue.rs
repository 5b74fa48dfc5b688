//! The catalogue as a page: what every mask says of itself, so that the documentation cannot say anything else.
//!
//! `noren masks --markdown` prints it, `docs/masks/README.md` is its output, and a test compares the two. What a mask
//! costs is read off the SQL that it gives, not declared.

use super::{
    Arguments, Context, First, Hashes, Length, Mask, NullRule, ParameterKind, Rendered, Uniqueness, Value, all, mysql,
};
use crate::catalog::{BaseType, Category, DataType, QName};
use crate::sql::{Expr, Relation, Select};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The types that masks are asked about: schema, name, category.
const TYPES: &[(&str, &str, Category)] = &[
    ("pg_catalog", "text", Category::Scalar),
    ("public", "citext", Category::Scalar),
    ("pg_catalog", "int2", Category::Scalar),
    ("pg_catalog", "int4", Category::Scalar),
    ("pg_catalog", "int8", Category::Scalar),
    ("pg_catalog", "numeric", Category::Scalar),
    ("pg_catalog", "float4", Category::Scalar),
    ("pg_catalog", "float8", Category::Scalar),
    ("pg_catalog", "bool", Category::Scalar),
    ("pg_catalog", "date", Category::Scalar),
    ("pg_catalog", "timestamp", Category::Scalar),
    ("pg_catalog", "timestamptz", Category::Scalar),
    ("pg_catalog", "uuid", Category::Scalar),
    ("pg_catalog", "inet", Category::Scalar),
    ("pg_catalog", "cidr", Category::Scalar),
    ("pg_catalog", "bytea", Category::Scalar),
    ("pg_catalog", "jsonb", Category::Scalar),
    ("pg_catalog", "point", Category::Scalar),
    ("pg_catalog", "tsvector", Category::Scalar),
    ("public", "an_enum", Category::Enum),
];

/// What stands above the table.
const HEAD: &str = "\
# Masks

Written by `noren masks --markdown` from what each mask declares; a test holds the two together, and the tests hold every \
mask to its declarations on a real server, over the extremes of every type that it takes. `noren masks NAME` prints one \
mask's page, `noren preview TABLE` shows what masks do to made-up values.

- **Key**: what the keyed hash is of. Under one key, in one export, the same value of it always gives the same output.
- **Distinct**: whether different values stay different; for a hash, the odds of one collision among a million values.
- **NULL**: every mask here keeps NULL, so the pattern of NULLs shows, unless the table says otherwise.
- **Length**: the most characters of a text without arguments; *shows* where the value's own length can be seen.
- **Cost**: what a value costs, read off the SQL: *plain* is arithmetic, `left`, `translate` and their like; *hash* two \
`sha256` calls, shared by all masks of a row that hash the same; *join* a small list or the referenced keys joined by it; *patterns* regular \
expressions; *sort* a sort of the table. [Measured](../performance.md#masks).
- **MySQL**: whether [Aurora MySQL](../how-to/aurora-mysql.md) has it too, for some type; keyed ones give the same bytes there.

On an array a mask for its elements masks each of them, on a range or multirange one for its bounds both; a composite is \
masked by its fields, `mask fields { … }`. \
No mask raises an error on any value unless the table says so. Beside these there are `mask null`, `mask json { … }`, \
`mask (SQL)`, `TREATMENT when (P) else TREATMENT` and masks of your own: see [the language](../language.md).

| Mask | Gives | Takes | Key | Distinct | NULL | Length | Cost | MySQL |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
";

/// The whole page, Markdown.
pub fn markdown() -> String {
    all().fold(HEAD.to_owned(), |mut page, mask| {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| {} |", row(mask).join(" | "));
        page
    })
}

fn row(mask: &dyn Mask) -> [String; 9] {
    let name = mask.name();
    let errors =
        if asked(mask, |of| mask.total(of, &Arguments::new())).contains(&false) { "; may raise errors" } else { "" };
    [
        format!("[`{name}`]({name}.md)"),
        format!("{}{errors}", mask.summary()),
        mask.accepts_words().to_owned(),
        key_words(mask).to_owned(),
        distinct_words(mask),
        null_words(mask).to_owned(),
        length_words(mask),
        cost_words(mask).to_owned(),
        mysql_words(mask).to_owned(),
    ]
}

fn mysql_words(mask: &dyn Mask) -> &'static str {
    match (is_of_mysql(mask, 2), is_of_mysql(mask, 3)) {
        (true, _) => "yes",
        (false, true) => "version 3",
        (false, false) => "—",
    }
}

/// Whether a version of Aurora MySQL has a form of it, for some type: a decimal of its has limits, and a constant is given.
fn is_of_mysql(mask: &dyn Mask, version: u32) -> bool {
    let arguments = Arguments::from_iter([("value", Value::Text("given".to_owned()))]);
    bases().any(|mut of| {
        if of.data_type.name.name == "numeric" {
            of.data_type.modifiers = vec![12, 2];
        }
        mysql::has_form(mask, &of, &arguments, version)
    })
}

/// The types of [`TYPES`] that the mask takes.
fn accepted(mask: &dyn Mask) -> impl Iterator<Item = BaseType> + '_ {
    bases().filter(|of| mask.accepts(of))
}

fn bases() -> impl Iterator<Item = BaseType> {
    let base = |(schema, name, category): &(&str, &str, Category)| {
        let data_type = DataType { name: QName::new(*schema, *name), modifiers: Vec::new(), dimensions: 0 };
        BaseType { data_type, domains: Vec::new(), category: *category }
    };
    TYPES.iter().map(base)
}

fn asked<T: Ord>(mask: &dyn Mask, question: impl Fn(&BaseType) -> T) -> BTreeSet<T> {
    accepted(mask).map(|of| question(&of)).collect()
}

fn key_words(mask: &dyn Mask) -> &'static str {
    let arguments = Arguments::new();
    match mask.hashes(&arguments) {
        Hashes::Input => "the value",
        Hashes::Column(_) => "a column",
        Hashes::Nothing if takes_column(mask) && mask.keyed() => "a column",
        Hashes::Nothing if mask.keyed() => "the run",
        Hashes::Nothing => "—",
    }
}

fn takes_column(mask: &dyn Mask) -> bool {
    mask.parameters().iter().any(|parameter| parameter.kind == ParameterKind::Column)
}

fn distinct_words(mask: &dyn Mask) -> String {
    let words = asked(mask, |of| match mask.uniqueness(of, &Arguments::new()) {
        Uniqueness::Preserved => "always".to_owned(),
        Uniqueness::Hash { bits } => match collision_odds(1e6, bits) {
            likely if likely > 0.01 => format!("{bits} bits: {likely:.2}"),
            rare => format!("{bits} bits: {rare:.0e}"),
        },
        Uniqueness::Lossy => "no".to_owned(),
    });
    words.into_iter().collect::<Vec<_>>().join("; ")
}

/// The odds that some two of so many values get one output: 1 - exp(-n²/2m) for m outputs (the birthday problem).
pub fn collision_odds(values: f64, bits: u32) -> f64 {
    let pairs = values * values / 2.0;
    -(-pairs / 2_f64.powi(i32::try_from(bits).unwrap_or(i32::MAX))).exp_m1()
}

fn null_words(mask: &dyn Mask) -> &'static str {
    match mask.null_rule() {
        NullRule::Keeps => "kept",
        NullRule::AlwaysNull => "always NULL",
        NullRule::Moves => "moves",
        NullRule::Unknown => "anything",
    }
}

fn length_words(mask: &dyn Mask) -> String {
    let arguments = Arguments::new();
    let text = accepted(mask).find(|of| of.data_type.name.name == "text");
    let Some(text) = text else { return "—".to_owned() };
    if mask.parameters().iter().any(|parameter| parameter.required && parameter.kind == ParameterKind::Value) {
        return "as given".to_owned();
    }
    let shows = if mask.shows_length(&arguments) { ", shows" } else { "" };
    match mask.length(&text, &arguments) {
        Length::NotText => "—".to_owned(),
        Length::AtMost(most) => format!("{most}{shows}"),
        Length::AsColumn => "a value's".to_owned(),
        Length::AsInput => format!("the value's{shows}"),
        Length::Unbounded => format!("any{shows}"),
    }
}

fn cost_words(mask: &dyn Mask) -> &'static str {
    let Some(of) = accepted(mask).next() else { return "plain" };
    let (input, hash, arguments) = (Expr::column("value"), Expr::column("hash"), Arguments::new());
    let Rendered { expr, joins } = mask.render(&Context {
        input: &input,
        input_type: &of,
        declared: &of.data_type,
        arguments: &arguments,
        hash: Some(&hash),
        secret: &|_| Expr::Null,
        default: Some(&input),
        lookup: Some(&Select::default()),
        first: Some(&First { is_it: Expr::Boolean(false), value: Expr::Null }),
        labels: &[],
        alias: "mask",
    });
    let sql = expr.print().unwrap_or_default();
    let lists = joins.iter().any(|join| matches!(join.relation, Relation::Values(_) | Relation::Select(_)));
    if sql.contains("regexp_replace(") || sql.contains(" ~ ") {
        "patterns"
    } else if sql.contains(" OVER ") {
        "hash, sort"
    } else if lists {
        "hash, join"
    } else if mask.hashes(&arguments) == Hashes::Input || (mask.keyed() && takes_column(mask)) {
        "hash"
    } else {
        "plain"
    }
}
