//! `fake_name`: a made-up person's name, the same for the same value.
//!
//! Family and given name come from two lists of 128, chosen by two bytes of the hash. The lists are joined: an array
//! of that length would be read again for every row.

use super::{
    Arguments, Context, Hashes, Length, Linkage, Mask, Parameter, ParameterKind, Probed, Rendered, mysql, names,
    pieces, types,
};
use crate::catalog::{BaseType, DataType, QName};
use crate::sql::Expr;

/// See the page `docs/masks/fake_name.md`.
pub(super) struct FakeName;

const LOCALES: &[&str] = &["en", "ja"];
const PARTS: &[&str] = &["full", "family", "given"];

impl Mask for FakeName {
    fn name(&self) -> &'static str {
        "fake_name"
    }

    fn summary(&self) -> &'static str {
        "a made-up person's name, the same for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/fake_name.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "locale",
                kind: ParameterKind::Choice(LOCALES),
                required: false,
                summary: "'en' or 'ja'; 'en' without it",
            },
            Parameter {
                name: "part",
                kind: ParameterKind::Choice(PARTS),
                required: false,
                summary: "'full', 'family' or 'given'; 'full' without it",
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
        let longest = |list: &str| list.split_whitespace().map(types::characters).max().unwrap_or(0);
        let (family, given) = (longest(lists(arguments).0), longest(lists(arguments).1));
        Length::AtMost(match part(arguments) {
            "family" => family,
            "given" => given,
            _ => family + given + 1,
        })
    }
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let (family, given) = lists(probed.arguments);
        let japanese = types::text(probed.arguments, "locale") == Some("ja");
        let whole = || types::exact_text(probed.output);
        let (first, second) = match part(probed.arguments) {
            "family" => return Some(among(whole(), family)),
            "given" => return Some(among(whole(), given)),
            _ if japanese => (family, given),
            _ => (given, family),
        };
        let word = |at: i64| Expr::call("split_part", [whole(), Expr::text(" "), Expr::Integer(at)]);
        let no_third = word(3).op("=", Expr::text(""));
        Some(Expr::And(vec![among(word(1), first), among(word(2), second), no_third]))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let (family, given) = lists(context.arguments);
        let family = (format!("{}_family", context.alias), family, 0);
        let given = (format!("{}_given", context.alias), given, 1);
        let word = |list: &(String, &str, i64)| Expr::of(&list.0, "name");
        let join = |list: &(String, &str, i64)| pieces::dictionary(context, &list.0, list.1, list.2);
        let by_column = matches!(self.hashes(context.arguments), Hashes::Column(_));
        let whole = |expr: Expr| if by_column { types::unless_null(context, expr) } else { expr };
        match part(context.arguments) {
            "family" => Rendered { expr: whole(word(&family)), joins: vec![join(&family)] },
            "given" => Rendered { expr: whole(word(&given)), joins: vec![join(&given)] },
            _ => {
                let japanese = types::text(context.arguments, "locale") == Some("ja");
                let (first, second) = if japanese { (&family, &given) } else { (&given, &family) };
                let expr = word(first).op("||", Expr::text(" ")).op("||", word(second));
                Rendered { expr: whole(expr), joins: vec![join(&family), join(&given)] }
            }
        }
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let (family, given) = lists(context.arguments);
        let word = |list: &'static str, at: i64| {
            let count = i64::try_from(list.split_whitespace().count()).unwrap_or(1).max(1);
            mysql::choose(mysql::byte(context, at).op("%", Expr::Integer(count)), list.split_whitespace())
        };
        let (family, given) = (word(family, 0), word(given, 1));
        let name = match part(context.arguments) {
            "family" => family,
            "given" => given,
            _ if types::text(context.arguments, "locale") == Some("ja") => {
                mysql::concat([family, Expr::text(" "), given])
            }
            _ => mysql::concat([given, Expr::text(" "), family]),
        };
        Some(types::unless_null(context, name))
    }
}

fn lists(arguments: &Arguments) -> (&'static str, &'static str) {
    match types::text(arguments, "locale") {
        Some("ja") => (names::FAMILY_JA, names::GIVEN_JA),
        _ => (names::FAMILY_EN, names::GIVEN_EN),
    }
}

fn part(arguments: &Arguments) -> &str {
    types::text(arguments, "part").unwrap_or("full")
}

/// Whether it is one of the list. PostgreSQL hashes a constant array once a statement (14 and newer).
fn among(word: Expr, list: &str) -> Expr {
    let text = DataType { name: QName::new("pg_catalog", "text"), modifiers: Vec::new(), dimensions: 0 };
    let names = list.split_whitespace().map(Expr::text).collect();
    Expr::Any(Box::new(word), "=", Box::new(Expr::Array(names, text)))
}
