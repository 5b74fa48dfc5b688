//! A mask's arguments: names to parameters, words to values.

use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::mask::{Arguments, Mask, Parameter, ParameterKind, Value};
use crate::source::Spanned;
use crate::syntax::ast::{Argument, ArgumentValue, MaskCall};

/// Settles the arguments of a call: every one named once, of the right kind, none missing.
pub fn resolve_arguments(
    mask: &dyn Mask,
    call: &MaskCall,
    is_column: &dyn Fn(&str) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Arguments> {
    let before = diagnostics.len();
    let mut arguments = Arguments::new();
    for (position, argument) in call.arguments.iter().enumerate() {
        let Some(parameter) = parameter_of(mask, position, argument, diagnostics) else { continue };
        let Some(value) = value_of(parameter, &argument.value, is_column, diagnostics) else { continue };
        if arguments.insert(parameter.name, value).is_some() {
            let title = format!("expected `{}` once, found it twice", parameter.name);
            diagnostics.push(wrong(argument, title).help("remove one of them"));
        }
    }
    for parameter in mask.parameters().iter().filter(|parameter| parameter.required) {
        if !arguments.contains_key(parameter.name) && diagnostics.len() == before {
            let title = format!("expected `{}` in `{}`, found none", parameter.name, mask.name());
            let example = example(mask, parameter);
            diagnostics.push(Diagnostic::new(codes::N0420, title).at(call.span, parameter.summary).help(example));
        }
    }
    (diagnostics.len() == before).then_some(arguments)
}

fn wrong(argument: &Argument, title: impl Into<String>) -> Diagnostic {
    Diagnostic::new(codes::N0420, title).at(argument.value.span, "")
}

fn example(mask: &dyn Mask, parameter: &Parameter) -> String {
    let value = match parameter.kind {
        ParameterKind::Text | ParameterKind::Value => "'…'".to_owned(),
        ParameterKind::Integer => "4".to_owned(),
        ParameterKind::Number => "0.1".to_owned(),
        ParameterKind::Boolean => "true".to_owned(),
        ParameterKind::Column => "COLUMN".to_owned(),
        ParameterKind::Choice(words) => format!("'{}'", words.first().copied().unwrap_or_default()),
    };
    format!("write `{}({} => {value})`", mask.name(), parameter.name)
}

fn parameter_of(
    mask: &dyn Mask,
    position: usize,
    argument: &Argument,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'static Parameter> {
    let parameters = mask.parameters();
    let found = match &argument.name {
        Some(name) => parameters.iter().find(|parameter| parameter.name == name.text),
        None => parameters.get(position),
    };
    if found.is_some() {
        return found;
    }
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
    let listed = match names.as_slice() {
        [] => format!("`{}` takes no arguments", mask.name()),
        names => format!("`{}` takes `{}`", mask.name(), names.join("`, `")),
    };
    diagnostics.push(match &argument.name {
        Some(name) => {
            let title = format!("expected an argument of `{}`, found `{}`", mask.name(), name.text);
            let diagnostic = Diagnostic::new(codes::N0420, title).at(name.span, "no such argument").note(listed);
            match did_you_mean(&name.text, names) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
                None => diagnostic.help("remove it"),
            }
        }
        None => wrong(argument, format!("expected at most {} arguments, found another", names.len()))
            .note(listed)
            .help("remove it"),
    });
    None
}

fn value_of(
    parameter: &Parameter,
    value: &Spanned<ArgumentValue>,
    is_column: &dyn Fn(&str) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let converted = match (parameter.kind, &value.value) {
        (ParameterKind::Text | ParameterKind::Value, ArgumentValue::Text(text))
        | (ParameterKind::Value, ArgumentValue::Typed(_, text)) => Some(Value::Text(text.clone())),
        (ParameterKind::Integer, ArgumentValue::Number(number)) => number.parse().ok().map(Value::Integer),
        (ParameterKind::Number, ArgumentValue::Number(number)) => Some(Value::Decimal(number.clone())),
        (ParameterKind::Value, ArgumentValue::Number(number)) => {
            Some(number.parse().map_or_else(|_| Value::Decimal(number.clone()), Value::Integer))
        }
        (ParameterKind::Boolean | ParameterKind::Value, ArgumentValue::Boolean(boolean)) => {
            Some(Value::Boolean(*boolean))
        }
        (ParameterKind::Column, ArgumentValue::Column(name)) if is_column(&name.text) => {
            Some(Value::Column(name.text.clone()))
        }
        (ParameterKind::Choice(words), ArgumentValue::Text(text)) if words.contains(&text.as_str()) => {
            Some(Value::Text(text.clone()))
        }
        _ => None,
    };
    if converted.is_none() {
        diagnostics.push(mismatch(parameter, value));
    }
    converted
}

fn mismatch(parameter: &Parameter, value: &Spanned<ArgumentValue>) -> Diagnostic {
    let expected = match parameter.kind {
        ParameterKind::Text => "a string".to_owned(),
        ParameterKind::Value => "a string, a number or a truth value; for NULL write `mask null`".to_owned(),
        ParameterKind::Integer => "a whole number".to_owned(),
        ParameterKind::Number => "a number".to_owned(),
        ParameterKind::Boolean => "`true` or `false`".to_owned(),
        ParameterKind::Column => "a column of the same table".to_owned(),
        ParameterKind::Choice(words) => format!("one of '{}'", words.join("', '")),
    };
    let title = format!("expected {expected} for `{}`, found {}", parameter.name, describe(&value.value));
    let diagnostic = Diagnostic::new(codes::N0420, title).at(value.span, parameter.summary);
    let near = match (parameter.kind, &value.value) {
        (ParameterKind::Choice(words), ArgumentValue::Text(text)) => did_you_mean(text, words.iter().copied()),
        _ => None,
    };
    match near {
        Some(near) => diagnostic.help(format!("did you mean '{near}'?")),
        None => diagnostic.help(format!("write {expected} for `{}`", parameter.name)),
    }
}

fn describe(value: &ArgumentValue) -> String {
    match value {
        ArgumentValue::Text(text) => format!("the string `{text}`"),
        ArgumentValue::Number(number) => format!("the number `{number}`"),
        ArgumentValue::Boolean(boolean) => format!("`{boolean}`"),
        ArgumentValue::Null => "`null`".to_owned(),
        ArgumentValue::Column(name) => format!("the name `{}`", name.text),
        ArgumentValue::Typed(kind, text) => format!("the {} `{text}`", kind.text),
    }
}
