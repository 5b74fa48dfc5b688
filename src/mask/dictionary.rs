//! `dictionary`: a word of a CSV file of the project, the same for the same value.

use super::{
    Arguments, Context, Hashes, Length, Linkage, Mask, Parameter, ParameterKind, Probed, Rendered, Value, keyed, mysql,
    types, words::Words,
};
use crate::catalog::{BaseType, DataType, QName};
use crate::sql::{Expr, From, Ident, Join, Relation};

/// See the page `docs/masks/dictionary.md`.
pub(super) struct Dictionary;

/// The argument that holds the words themselves; it is put there when the policy is resolved.
pub const WORDS: &str = "words";

impl Mask for Dictionary {
    fn name(&self) -> &'static str {
        "dictionary"
    }

    fn summary(&self) -> &'static str {
        "a word of a dictionary of your own, the same for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/dictionary.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "name",
                kind: ParameterKind::Text,
                required: true,
                summary: "the file without its folder and ending: 'cities' for dictionaries/cities.csv",
            },
            Parameter {
                name: "column",
                kind: ParameterKind::Text,
                required: false,
                summary: "the column of the file; the first without it",
            },
            Parameter {
                name: "by",
                kind: ParameterKind::Column,
                required: false,
                summary: "the column that chooses, NOT NULL; the value itself without it",
            },
        ]
    }

    fn accepts_words(&self) -> &'static str {
        types::TEXT_WORDS
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::is_text(input)
    }

    fn keyed(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, arguments: &'a Arguments) -> Hashes<'a> {
        types::column(arguments, "by").map_or(Hashes::Input, Hashes::Column)
    }

    fn linkage<'a>(&self, arguments: &'a Arguments) -> Linkage<'a> {
        types::column(arguments, "by").map_or(Linkage::Own, Linkage::Of)
    }

    fn length(&self, _input: &BaseType, arguments: &Arguments) -> Length {
        Length::AtMost(words(arguments).iter().map(|word| types::characters(word)).max().unwrap_or(0))
    }

    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let text = DataType { name: QName::new("pg_catalog", "text"), modifiers: Vec::new(), dimensions: 0 };
        let padded = types::built_in(probed.input_type) == Some("bpchar");
        let word = |word: &String| Expr::text(if padded { word.trim_end_matches(' ') } else { word });
        let list = Expr::Array(words(probed.arguments).iter().map(word).collect(), text);
        Some(Expr::Any(Box::new(types::exact_text(probed.output)), "=", Box::new(list)))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let list = words(context.arguments);
        let rows: Vec<Vec<Expr>> =
            (0..).zip(list).map(|(number, word)| vec![Expr::Integer(number), Expr::text(word.clone())]).collect();
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX).max(1);
        let on = Expr::of(context.alias, "number").op("=", keyed::below(context, count));
        let columns = vec![Ident::from("number"), Ident::from("word")];
        // A relation of no rows has no types either; the resolver refuses such a dictionary.
        let rows = if rows.is_empty() { vec![vec![Expr::Integer(0), Expr::text("")]] } else { rows };
        let join =
            From { relation: Relation::Values(rows), alias: Ident::from(context.alias), columns, join: Join::Left(on) };
        Rendered { expr: types::unless_null(context, Expr::of(context.alias, "word")), joins: vec![join] }
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let list = words(context.arguments);
        let count = i64::try_from(list.len()).unwrap_or(1).max(1);
        let word = mysql::choose(mysql::below(context, count), list.iter().map(String::as_str));
        Some(types::unless_null(context, word))
    }
}

fn words(arguments: &Arguments) -> &[String] {
    match arguments.get(WORDS) {
        Some(Value::Words(Words { list, .. })) => list,
        _ => &[],
    }
}
