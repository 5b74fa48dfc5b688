//! Expressions and SELECT as documents: one clause a line, one item of a select list a line.

use super::layout::{Doc, all, commas, exact, filled, group, indent, parenthesised, separated, words};
use super::token::Token;
use super::{Expr, From, Ident, Join, Relation, Select, source};
use crate::catalog::{DataType, QName};

/// How tightly an expression holds together, loosest first; PostgreSQL's order, with its finer steps left out
/// because parentheses stand there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Or,
    And,
    Not,
    Is,
    Operator,
    Primary,
}

/// Types whose names are key words: quoted, they would be looked up as other types.
const WORD_TYPES: &[(&str, &str)] = &[
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("float4", "real"),
    ("float8", "double precision"),
    ("bool", "boolean"),
    ("numeric", "numeric"),
    ("varchar", "varchar"),
    ("bpchar", "char"),
    ("bit", "bit"),
    ("time", "time"),
    ("timestamp", "timestamp"),
    ("interval", "interval"),
    ("json", "json"),
];

/// Without a length `char` and `bit` mean a length of 1, so that there the internal name is the right one.
const NEEDS_LENGTH: &[&str] = &["bpchar", "bit"];

pub(super) fn name(name: &Ident) -> Doc<'_> {
    Doc::Token(Token::name(&name.0))
}

pub(super) fn qname(of: &QName) -> Doc<'_> {
    all([Doc::Token(Token::name(&of.schema)), exact("."), Doc::Token(Token::name(&of.name))])
}

pub(super) fn literal(value: &str) -> Doc<'_> {
    Doc::Token(Token::literal(value))
}

pub(super) fn data_type(of: &DataType) -> Doc<'_> {
    dimensioned(of, of.dimensions)
}

/// The type as an array of this many dimensions.
fn dimensioned(of: &DataType, dimensions: u8) -> Doc<'_> {
    let internal = of.name.name.as_str();
    let built_in = of.name.schema == "pg_catalog";
    let word = WORD_TYPES.iter().find(|(name, _)| built_in && *name == internal).map(|(_, word)| *word);
    let bare = of.modifiers.is_empty() && NEEDS_LENGTH.contains(&internal);
    let named = match word {
        Some(word) if !bare => words(word),
        _ if built_in && internal != "bit" => Doc::Token(Token::function(internal, true)),
        _ => qname(&of.name),
    };
    let modifiers = of.modifiers.iter().flat_map(|modifier| [exact(","), Doc::Space, number(i64::from(*modifier))]);
    let modifiers: Vec<Doc<'_>> = modifiers.skip(2).collect();
    let mut out = vec![named];
    if !modifiers.is_empty() {
        out.extend([exact("("), all(modifiers), exact(")")]);
    }
    out.extend((0..dimensions).flat_map(|_| [exact("["), exact("]")]));
    all(out)
}

/// A number's sign is a token of its own.
pub(super) fn number(value: i64) -> Doc<'static> {
    let digits = exact(value.unsigned_abs().to_string());
    if value < 0 { all([exact("-"), digits]) } else { digits }
}

fn strength(of: &Expr) -> Strength {
    match of {
        Expr::And(items) | Expr::Or(items) if items.len() == 1 => items.first().map_or(Strength::Primary, strength),
        Expr::And(items) | Expr::Or(items) if items.is_empty() => Strength::Primary,
        Expr::Or(_) => Strength::Or,
        Expr::And(_) => Strength::And,
        Expr::Not(_) => Strength::Not,
        Expr::IsNull(..) | Expr::IsTrue(_) => Strength::Is,
        Expr::Quoted(_) | Expr::Operator(..) | Expr::OperatorOf(..) | Expr::Any(..) | Expr::Collate(..) => {
            Strength::Operator
        }
        Expr::Commented(_, inner) => strength(inner),
        _ => Strength::Primary,
    }
}

fn at_least(of: &Expr, least: Strength) -> Doc<'_> {
    if strength(of) < least { parenthesised(expr(of)) } else { expr(of) }
}

pub(super) fn expr(of: &Expr) -> Doc<'_> {
    match of {
        Expr::Column(None, column) => name(column),
        Expr::Column(Some(alias), column) => all([name(alias), exact("."), name(column)]),
        Expr::Text(value) => literal(value),
        Expr::Integer(value) => integer(*value),
        Expr::Decimal(digits) => decimal(digits),
        Expr::Boolean(value) => words(if *value { "true" } else { "false" }),
        Expr::Null => words("NULL"),
        Expr::Star => exact("*"),
        Expr::Call(schema, function, arguments) => call(schema.as_ref(), function, arguments),
        Expr::Cast(inner, to) => all([cast_operand(inner), exact("::"), data_type(to)]),
        Expr::Operator(left, operator, right) => chain(left, operator, right),
        Expr::OperatorOf(left, schema, operator, right) => {
            let operator = all([words("OPERATOR"), exact("("), name(schema), exact("."), exact(*operator), exact(")")]);
            binary(at_least(left, Strength::Primary), operator, at_least(right, Strength::Primary))
        }
        Expr::Any(left, operator, right) => any(left, operator, right),
        Expr::Case(branches, otherwise) => case(branches, otherwise.as_deref()),
        Expr::IsNull(inner, null) => is(inner, if *null { "IS NULL" } else { "IS NOT NULL" }),
        Expr::IsTrue(inner) => is(inner, "IS TRUE"),
        Expr::Extract(field, inner) => extract(field, inner),
        Expr::Collate(inner, collation) => {
            all([at_least(inner, Strength::Primary), Doc::Space, words("COLLATE"), Doc::Space, qname(collation)])
        }
        Expr::Not(inner) => all([words("NOT"), Doc::Space, at_least(inner, Strength::Primary)]),
        Expr::And(items) => logical(items, "AND", "true"),
        Expr::Or(items) => logical(items, "OR", "false"),
        Expr::Array(items, element) => array(items, element),
        Expr::ArrayOf(select) => all([words("ARRAY"), sub_select(select)]),
        Expr::Scalar(select) => sub_select(select),
        Expr::Exists(select) => all([words("EXISTS"), Doc::Space, sub_select(select)]),
        Expr::Subscript(inner, index) => all([postfix_base(inner), exact("["), expr(index), exact("]")]),
        Expr::Field(inner, field) => all([parenthesised(expr(inner)), exact("."), name(field)]),
        Expr::Row(items) => all([words("ROW"), arguments(items)]),
        Expr::Aggregate(function, inputs, order) => aggregate(function, inputs, order),
        Expr::Over(function, order) => over(function, order),
        Expr::Source(sql) => source::print(&sql.text),
        Expr::Variable(variable) => Doc::Token(Token::variable(variable)),
        Expr::Parameter(number) => exact(format!("${number}")),
        Expr::Quoted(of) => super::quoted::print(of),
        Expr::Hole(value) => Doc::Token(Token::hole(value)),
        Expr::Word(word) => words(word),
        Expr::Commented(comment, inner) => all([Doc::Token(Token::comment(comment)), Doc::Hard, expr(inner)]),
    }
}

/// The smallest bigint has no positive counterpart, so its digits alone would be a numeric.
fn integer(value: i64) -> Doc<'static> {
    match value {
        i64::MIN => all([exact("("), number(value), exact(")"), exact("::"), words("bigint")]),
        _ if value < 0 => all([exact("("), number(value), exact(")")]),
        _ => number(value),
    }
}

fn decimal(digits: &str) -> Doc<'_> {
    match digits.strip_prefix('-') {
        Some(positive) => all([exact("("), exact("-"), exact(positive), exact(")")]),
        None => exact(digits),
    }
}

fn arguments(items: &[Expr]) -> Doc<'_> {
    if items.is_empty() {
        return all([exact("("), exact(")")]);
    }
    parenthesised(commas(items.iter().map(expr).collect(), Doc::Line))
}

fn function_name<'t>(schema: Option<&'t Ident>, function: &'t Ident) -> Doc<'t> {
    let called = Doc::Token(Token::function(&function.0, schema.is_some()));
    all(schema.into_iter().flat_map(|schema| [name(schema), exact(".")]).chain([called]))
}

fn call<'t>(schema: Option<&'t Ident>, function: &'t Ident, items: &'t [Expr]) -> Doc<'t> {
    all([function_name(schema, function), arguments(items)])
}

fn aggregate<'t>(function: &'t Ident, inputs: &'t [Expr], order: &'t [Expr]) -> Doc<'t> {
    let mut inside = vec![commas(inputs.iter().map(expr).collect(), Doc::Line)];
    if !order.is_empty() {
        inside.extend([Doc::Line, words("ORDER BY"), Doc::Space, commas(order.iter().map(expr).collect(), Doc::Line)]);
    }
    all([function_name(None, function), parenthesised(all(inside))])
}

fn over<'t>(function: &'t Expr, order: &'t [Expr]) -> Doc<'t> {
    let by = (!order.is_empty())
        .then(|| all([words("ORDER BY"), Doc::Space, commas(order.iter().map(expr).collect(), Doc::Line)]));
    all([expr(function), Doc::Space, words("OVER"), Doc::Space, exact("("), by.unwrap_or_else(|| all([])), exact(")")])
}

fn cast_operand(inner: &Expr) -> Doc<'_> {
    match inner {
        Expr::Case(..) | Expr::Commented(..) => parenthesised(expr(inner)),
        _ => at_least(inner, Strength::Primary),
    }
}

fn postfix_base(inner: &Expr) -> Doc<'_> {
    match inner {
        Expr::Column(..) => expr(inner),
        _ => parenthesised(expr(inner)),
    }
}

/// `a || b || c` needs no parentheses: the same operator groups to the left. Comparisons do not group at all.
fn chain<'t>(left: &'t Expr, operator: &'static str, right: &'t Expr) -> Doc<'t> {
    let mut operands = vec![right];
    let mut first = left;
    while let Expr::Operator(inner, same, next) = first {
        if *same != operator || compares(operator) {
            break;
        }
        operands.push(next);
        first = inner;
    }
    let symbol = operator_doc(operator);
    let rest = operands.into_iter().rev();
    let rest = rest.map(|operand| all([Doc::Line, symbol.clone(), Doc::Space, at_least(operand, Strength::Primary)]));
    group([at_least(first, Strength::Primary), indent(rest)])
}

fn compares(operator: &str) -> bool {
    matches!(operator, "=" | "<>" | "!=" | "<" | ">" | "<=" | ">=") || is_words(operator)
}

fn is_words(operator: &str) -> bool {
    operator.starts_with(|first: char| first.is_ascii_alphabetic())
}

fn operator_doc(operator: &'static str) -> Doc<'static> {
    if is_words(operator) { words(operator) } else { exact(operator) }
}

fn binary<'t>(left: Doc<'t>, operator: Doc<'t>, right: Doc<'t>) -> Doc<'t> {
    group([left, indent([Doc::Line, operator, Doc::Space, right])])
}

fn any<'t>(left: &'t Expr, operator: &'static str, right: &'t Expr) -> Doc<'t> {
    let inside = match right {
        Expr::Scalar(select) => sub_select(select),
        _ => parenthesised(expr(right)),
    };
    binary(at_least(left, Strength::Primary), operator_doc(operator), all([words("ANY"), Doc::Space, inside]))
}

fn is<'t>(inner: &'t Expr, test: &'static str) -> Doc<'t> {
    all([at_least(inner, Strength::Primary), Doc::Space, words(test)])
}

fn extract<'t>(field: &'static str, inner: &'t Expr) -> Doc<'t> {
    let inside = all([Doc::Token(Token::name(field)), Doc::Space, words("FROM"), Doc::Space, expr(inner)]);
    all([words("extract"), exact("("), inside, exact(")")])
}

fn case<'t>(branches: &'t [(Expr, Expr)], otherwise: Option<&'t Expr>) -> Doc<'t> {
    let branch = |(condition, value): &'t (Expr, Expr)| {
        let then = indent([Doc::Line, words("THEN"), Doc::Space, expr(value)]);
        all([Doc::Line, group([words("WHEN"), Doc::Space, expr(condition), then])])
    };
    let otherwise = otherwise.map(|value| all([Doc::Line, words("ELSE"), Doc::Space, expr(value)]));
    let inside = branches.iter().map(branch).chain(otherwise);
    group([words("CASE"), indent(inside), Doc::Line, words("END")])
}

fn logical<'t>(items: &'t [Expr], word: &'static str, empty: &'static str) -> Doc<'t> {
    match items {
        [] => words(empty),
        [one] => expr(one),
        [first, rest @ ..] => {
            let rest = rest.iter().map(|item| all([Doc::Line, words(word), Doc::Space, at_least(item, Strength::Not)]));
            group([at_least(first, Strength::Not), all(rest)])
        }
    }
}

fn array<'t>(items: &'t [Expr], element: &'t DataType) -> Doc<'t> {
    let inside = filled(items.iter().map(expr).collect());
    let items = if items.is_empty() { all([]) } else { indent([Doc::Soft, inside]) };
    group([
        words("ARRAY"),
        exact("["),
        items,
        Doc::Soft,
        exact("]"),
        exact("::"),
        dimensioned(element, element.dimensions.max(1)),
    ])
}

pub(super) fn sub_select(of: &Select) -> Doc<'_> {
    parenthesised(select(of, &Doc::Line))
}

/// A select whose clauses are divided by `line`: [`Doc::Hard`] for a statement, [`Doc::Line`] inside one.
pub(super) fn select<'t>(of: &'t Select, line: &Doc<'t>) -> Doc<'t> {
    let mut clauses = Vec::new();
    clauses.push(select_list(of, line));
    if !of.from.is_empty() {
        let items = of.from.iter().enumerate().map(|(index, item)| from(item, index == 0));
        clauses.push(all([words("FROM"), Doc::Space, separated(items.collect(), line)]));
    }
    if let Some(condition) = &of.condition {
        clauses.push(all([words("WHERE"), Doc::Space, condition_doc(condition)]));
    }
    for (word, items) in [("GROUP BY", &of.group_by), ("ORDER BY", &of.order_by)] {
        if !items.is_empty() {
            clauses.push(group([
                words(word),
                Doc::Space,
                indent([commas(items.iter().map(expr).collect(), Doc::Line)]),
            ]));
        }
    }
    if let Some(limit) = of.limit {
        clauses.push(all([words("LIMIT"), Doc::Space, number(i64::from(limit))]));
    }
    if of.barrier {
        clauses.push(all([words("OFFSET"), Doc::Space, exact("0")]));
    }
    separated(clauses, line)
}

/// `WHERE a` and then each `AND b` under it.
fn condition_doc(condition: &Expr) -> Doc<'_> {
    indent([expr(condition)])
}

fn select_list<'t>(of: &'t Select, line: &Doc<'t>) -> Doc<'t> {
    let head = words(if of.distinct { "SELECT DISTINCT" } else { "SELECT" });
    let items: Vec<Doc<'_>> = of.columns.iter().map(select_item).collect();
    match items.len() {
        0 => head,
        1 => all([head, Doc::Space, indent(items)]),
        _ => all([head, indent([line.clone(), commas(items, line.clone())])]),
    }
}

fn select_item((value, alias): &(Expr, Option<Ident>)) -> Doc<'_> {
    let alias = alias.iter().map(|alias| all([Doc::Space, words("AS"), Doc::Space, name(alias)]));
    all([expr(value)].into_iter().chain(alias))
}

fn from(item: &From, first: bool) -> Doc<'_> {
    let (word, condition) = match &item.join {
        Join::First if first => (None, None),
        Join::First | Join::Cross => (Some("CROSS JOIN"), None),
        Join::Lateral => (Some("CROSS JOIN LATERAL"), None),
        Join::Left(condition) => (Some("LEFT JOIN"), Some(condition)),
        Join::Full(condition) => (Some("FULL JOIN"), Some(condition)),
        Join::Inner(condition) => (Some("JOIN"), Some(condition)),
    };
    let head = word.iter().map(|word| all([words(word), Doc::Space]));
    let on = condition.iter().map(|on| indent([Doc::Line, words("ON"), Doc::Space, expr(on)]));
    let alias = all([Doc::Space, words("AS"), Doc::Space, name(&item.alias), aliases(&item.columns)]);
    let own_name = |name: &QName| name.schema == "pg_temp" && name.name == item.alias.0 && item.columns.is_empty();
    let bare = matches!(&item.relation, Relation::Table { name, .. } if own_name(name));
    let alias = (!bare).then_some(alias);
    group(head.chain([relation(&item.relation)]).chain(alias).chain(on))
}

fn aliases(columns: &[Ident]) -> Doc<'_> {
    if columns.is_empty() {
        return all([]);
    }
    all([Doc::Space, exact("("), commas(columns.iter().map(name).collect(), Doc::Space), exact(")")])
}

fn relation(of: &Relation) -> Doc<'_> {
    match of {
        Relation::Table { name, only } => table(name, *only),
        Relation::Select(select) => sub_select(select),
        Relation::Values(rows) => {
            let rows = rows.iter().map(|row| arguments(row)).collect();
            group([exact("("), words("VALUES"), indent([Doc::Line, filled(rows)]), Doc::Soft, exact(")")])
        }
        Relation::Function(function, ordinality) => {
            let ordinality = ordinality.then(|| all([Doc::Space, words("WITH ORDINALITY")]));
            all([expr(function)].into_iter().chain(ordinality))
        }
    }
}

pub(super) fn table(of: &QName, only: bool) -> Doc<'_> {
    if only { all([words("ONLY"), Doc::Space, qname(of)]) } else { qname(of) }
}
