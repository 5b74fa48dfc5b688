//! A mask of one's own, put in place: its body with every parameter replaced by the argument in parentheses.
//!
//! The replacement works on PostgreSQL's own reading of the body: the places of references to parameters come
//! from its parser, and the result is read again as an expression over the row.

use super::expression::{Refusal, Scope, parse_row_sql};
use super::treatment::{Target, Treatments};
use super::types;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::{OwnExpression, RowSql};
use crate::sql::Expr;
use crate::syntax::ast::{ArgumentValue, MaskCall, MaskDefinition, Name, Parameter};
use std::collections::BTreeMap;

/// The expression that `call` stands for on the target column.
pub fn inline<'a>(
    treatments: &Treatments<'a>,
    definition: &MaskDefinition,
    call: &MaskCall,
    target: Target<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<OwnExpression> {
    if let Some(parameter) = definition.parameters.first()
        && !types::takes(&parameter.kind, treatments.catalog, target.column)
    {
        diagnostics.push(wrong_type(definition, parameter, call, target));
        return None;
    }
    let values = bind(definition, call, target, diagnostics)?;
    let body = read_body(treatments, definition, diagnostics)?;
    let text = substitute(&body, &values);
    let sql = treatments.read(&text, call.span, target.table, diagnostics)?;
    let total = definition.total.unwrap_or(sql.facts.total);
    Some(OwnExpression {
        sql,
        definition: Some(definition.name.text.clone()),
        unique: definition.unique.unwrap_or(false),
        total,
    })
}

fn wrong_type(definition: &MaskDefinition, parameter: &Parameter, call: &MaskCall, target: Target<'_>) -> Diagnostic {
    let takes = crate::syntax::type_text(&parameter.kind);
    let (name, found) = (&definition.name.text, &target.column.data_type.name.name);
    let title = format!(
        "expected {takes} for `{name}`, found `{}.{}` of type `{found}`",
        target.table.name, target.column.name
    );
    Diagnostic::new(codes::N0403, title)
        .at(call.span, "does not take this type")
        .label(parameter.name.span, "declared here")
        .help("declare a mask for this type, or write the expression out: `mask (…)`")
}

fn read_body(
    treatments: &Treatments<'_>,
    definition: &MaskDefinition,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<RowSql> {
    let scope = Scope {
        is_column: &|name| definition.parameters.iter().any(|parameter| parameter.name.text == name),
        qualifier: &definition.name.text,
        is_extension_typed: &|_| false,
        schema_of_function: &|name| {
            let has = |schema: &&String| {
                let name = crate::catalog::QName::new(schema.as_str(), name);
                treatments.catalog.functions.contains_key(&name)
            };
            treatments.search.iter().find(has).cloned()
        },
    };
    let refused = |refusal: Refusal| {
        let title = format!("expected a body of `{}` over its own parameters", definition.name.text);
        let found = match refusal {
            Refusal::Syntax(message) => message,
            Refusal::UnknownColumn(name, _) => format!("`{name}` is no parameter"),
            Refusal::Construct(what) => format!("{what} cannot be used here"),
            Refusal::Unqualified { function, schema } => format!("write `{schema}.{function}` for `{function}`"),
            Refusal::ExtensionOperator { operator, .. } => format!("write `{operator}` with its schema"),
        };
        Diagnostic::new(codes::N0408, title)
            .at(definition.body.span, found)
            .help("write a SQL expression over the parameters")
    };
    parse_row_sql(&definition.body.text, &scope).map_err(|refusal| diagnostics.push(refused(refusal))).ok()
}

fn substitute(body: &RowSql, values: &BTreeMap<&str, String>) -> String {
    body.substituted(|parameter| format!("({})", values.get(parameter).map_or("NULL", String::as_str)))
}

fn bind<'d>(
    definition: &'d MaskDefinition,
    call: &MaskCall,
    target: Target<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<BTreeMap<&'d str, String>> {
    let mut values = BTreeMap::new();
    let (value, rest) = definition.parameters.split_first()?;
    values.insert(value.name.text.as_str(), printed(&Expr::column(&target.column.name)));
    let before = diagnostics.len();
    for (position, argument) in call.arguments.iter().enumerate() {
        let parameter = match &argument.name {
            Some(name) => rest.iter().find(|parameter| parameter.name.text == name.text),
            None => rest.get(position),
        };
        match parameter {
            Some(parameter) => {
                let known = values.insert(parameter.name.text.as_str(), sql_of(&argument.value.value));
                if known.is_some() {
                    let title = format!("expected `{}` once, found it twice", parameter.name.text);
                    diagnostics.push(
                        Diagnostic::new(codes::N0420, title)
                            .at(argument.value.span, "is given again")
                            .help("remove one of them"),
                    );
                }
            }
            None => diagnostics.push(unexpected(definition, rest, argument.name.as_ref(), argument.value.span)),
        }
    }
    for parameter in rest {
        match (&parameter.default, values.contains_key(parameter.name.text.as_str())) {
            (_, true) => {}
            (Some(default), false) => {
                values.insert(&parameter.name.text, sql_of(&default.value));
            }
            (None, false) => diagnostics.push(
                Diagnostic::new(
                    codes::N0420,
                    format!("expected `{}` in `{}`, found none", parameter.name.text, definition.name.text),
                )
                .at(call.span, "has no default")
                .label(parameter.name.span, "declared here")
                .help(format!("write `{} => …`", parameter.name.text)),
            ),
        }
    }
    (diagnostics.len() == before).then_some(values)
}

fn unexpected(
    definition: &MaskDefinition,
    rest: &[Parameter],
    name: Option<&Name>,
    span: crate::source::Span,
) -> Diagnostic {
    let names: Vec<&str> = rest.iter().map(|parameter| parameter.name.text.as_str()).collect();
    let found = name.map_or_else(|| "another".to_owned(), |name| format!("`{}`", name.text));
    let takes = if names.is_empty() { "nothing but the value".to_owned() } else { format!("`{}`", names.join("`, `")) };
    Diagnostic::new(codes::N0420, format!("expected an argument of `{}`, found {found}", definition.name.text))
        .at(span, "no such argument")
        .note(format!("`{}` takes {takes}", definition.name.text))
        .help("remove it")
}

fn sql_of(value: &ArgumentValue) -> String {
    match value {
        ArgumentValue::Text(text) | ArgumentValue::Typed(_, text) => printed(&Expr::text(text)),
        ArgumentValue::Number(number) => number.clone(),
        ArgumentValue::Boolean(boolean) => boolean.to_string(),
        ArgumentValue::Null => "NULL".to_owned(),
        ArgumentValue::Column(name) => printed(&Expr::column(&name.text)),
    }
}

/// An argument's SQL. One that the printer refuses (a NUL byte, say) gives text that no grammar reads, so that the
/// reading of the whole expression reports it.
fn printed(expr: &Expr) -> String {
    expr.print().unwrap_or_default()
}
