//! Relations that read what stands before them in FROM, by the one that MySQL 8.0 and MariaDB both have: `JSON_TABLE`.

use super::print::{Printed, expr, literal, name, unprintable, words};
use crate::sql::layout::{Doc, all, commas, exact, group, indent, parenthesised};
use crate::sql::{Expr, Ident};

/// The elements of an array in order: `function JSON_TABLE(array) WITH ORDINALITY`.
pub(super) fn elements(function: &Expr) -> Printed {
    let Expr::Call(None, called, arguments) = function else {
        return Err(unprintable(format!("expected a function, found {function:?}")));
    };
    let (true, [array]) = (called.0 == "JSON_TABLE", arguments.as_slice()) else {
        return Err(unprintable(format!("expected the elements of one array, found {function:?}")));
    };
    let position = all([name("position")?, Doc::Space, words("FOR ORDINALITY")]);
    let element = all([name("element")?, Doc::Space, words("JSON PATH"), Doc::Space, literal("$")]);
    table(array, "$[*]", vec![position, element])
}

/// `LATERAL (VALUES (…)) AS alias(…)`: one row, through an array of its values.
pub(super) fn row(values: &[Expr], columns: &[Ident]) -> Printed {
    let mut typed = Vec::new();
    let mut texts = Vec::new();
    for (at, (value, column)) in values.iter().zip(columns).enumerate() {
        let (of, value) = if is_whole(value) { ("BIGINT", value.clone()) } else { ("LONGTEXT", value.clone().utf8()) };
        let path = literal(&format!("$[{at}]"));
        typed.push(all([name(&column.0)?, Doc::Space, words(of), Doc::Space, words("PATH"), Doc::Space, path]));
        texts.push(value);
    }
    table(&Expr::call("JSON_ARRAY", texts), "$", typed)
}

/// A whole number as text would be a floating one where it is computed with.
fn is_whole(value: &Expr) -> bool {
    match value {
        Expr::Cast(_, to) => ["signed", "unsigned"].contains(&to.name.name.as_str()),
        Expr::Operator(_, operator, _) => ["+", "-", "*", "%", "DIV"].contains(operator),
        _ => false,
    }
}

fn table(document: &Expr, path: &str, columns: Vec<Doc<'static>>) -> Printed {
    let columns = all([words("COLUMNS"), parenthesised(commas(columns, Doc::Line))]);
    let path = all([literal(path), Doc::Space, columns]);
    let inside = all([expr(document)?, exact(","), Doc::Line, path]);
    Ok(group([words("JSON_TABLE"), exact("("), indent([Doc::Soft, inside]), Doc::Soft, exact(")")]))
}
