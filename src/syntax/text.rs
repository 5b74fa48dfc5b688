//! Parts of a policy as one line of text, for `why` and `coverage.txt`. The same meaning gives the same line, and two
//! meanings never give the same: a change of meaning that the line hides would pass a review.

use super::ast::{
    Argument, ArgumentValue, Fill, JsonStep, Name, Orphans, SqlExpr, Treatment, TreatmentKind, TypeCategory,
    TypePattern,
};
use super::name::quoted_name;
use super::report::Report;
use super::scan::{Kind, scan};

/// A name as the language writes it: quoted where it was quoted.
pub fn name_text(name: &Name) -> String {
    if name.quoted { quoted_name(&name.text) } else { name.text.clone() }
}

fn qualified_text(schema: Option<&Name>, name: &Name) -> String {
    schema.map_or_else(|| name_text(name), |schema| format!("{}.{}", name_text(schema), name_text(name)))
}

/// A type as the language writes it.
pub fn type_text(kind: &TypePattern) -> String {
    match kind {
        TypePattern::Named { schema, name, array } => {
            format!("{}{}", qualified_text(schema.as_ref(), name), if *array { "[]" } else { "" })
        }
        TypePattern::Category(category) => match category.value {
            TypeCategory::Enum => "enum",
            TypeCategory::Array => "array",
            TypeCategory::Composite => "composite",
            TypeCategory::Range => "range",
        }
        .to_owned(),
        TypePattern::Domain { schema, name } => format!("domain {}", qualified_text(schema.as_ref(), name)),
    }
}

/// A treatment on one line, with its reasons.
pub fn treatment_text(treatment: &Treatment) -> String {
    let mut text = match &treatment.kind {
        TreatmentKind::Keep => "keep".to_owned(),
        TreatmentKind::Drop { fill: None } => "drop".to_owned(),
        TreatmentKind::Drop { fill: Some(Fill::Expression(sql)) } => format!("drop, fill ({})", sql_text(sql)),
        TreatmentKind::Drop { fill: Some(Fill::Trigger(name)) } => {
            format!("drop, filled by trigger {}", name_text(name))
        }
        TreatmentKind::Null => "mask null".to_owned(),
        TreatmentKind::Call(call) => {
            let arguments: Vec<String> = call.arguments.iter().map(argument_text).collect();
            format!("mask {}({})", name_text(&call.name), arguments.join(", "))
        }
        TreatmentKind::Expression(sql) => format!("mask ({})", sql_text(sql)),
        TreatmentKind::Json(json) | TreatmentKind::Fields(json) => {
            let word = if matches!(treatment.kind, TreatmentKind::Json(_)) { "json" } else { "fields" };
            let mut rules: Vec<String> = json
                .rules
                .iter()
                .map(|rule| format!("{} {}; ", path_text(&rule.path), treatment_text(&rule.treatment)))
                .collect();
            rules.sort();
            format!("mask {word} {{ {}else {}; }}", rules.concat(), treatment_text(&json.otherwise))
        }
        TreatmentKind::Class(name) => name_text(name),
        TreatmentKind::When { then, condition, otherwise } => {
            format!("{} when ({}) else {}", treatment_text(then), sql_text(condition), treatment_text(otherwise))
        }
    };
    let because =
        treatment.because.as_ref().map(|reason| format!(" because \"{}\"", reason.value.replace('"', "\"\"")));
    let because = because.unwrap_or_default();
    let is_choice = matches!(treatment.kind, TreatmentKind::When { .. });
    if !is_choice {
        text.push_str(&because);
    }
    match treatment.orphans.as_ref().map(|orphans| orphans.value) {
        Some(Orphans::Null) => text.push_str(", orphans null"),
        Some(Orphans::Skip) => text.push_str(", orphans skip"),
        None => {}
    }
    if is_choice {
        text.push_str(&because);
    }
    text
}

fn path_text(path: &[JsonStep]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            JsonStep::Key(name) if text.is_empty() => text = name_text(name),
            JsonStep::Key(name) => text.extend([".".to_owned(), name_text(name)]),
            JsonStep::Each(_) => text.push_str("[*]"),
        }
    }
    text
}

fn argument_text(argument: &Argument) -> String {
    let value = match &argument.value.value {
        ArgumentValue::Text(text) => literal_text(text),
        ArgumentValue::Number(number) => number.clone(),
        ArgumentValue::Boolean(value) => value.to_string(),
        ArgumentValue::Null => "null".to_owned(),
        ArgumentValue::Column(name) => name_text(name),
        ArgumentValue::Typed(kind, text) => format!("{} {}", name_text(kind), literal_text(text)),
    };
    argument.name.as_ref().map_or_else(|| value.clone(), |name| format!("{} => {value}", name_text(name)))
}

/// A literal on one line; one with a line break is written as an escape string, which means the same to PostgreSQL.
fn literal_text(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains(['\n', '\r', '\t']) {
        format!("E'{}'", escaped(&doubled.replace('\\', "\\\\")))
    } else {
        format!("'{doubled}'")
    }
}

fn escaped(text: &str) -> String {
    text.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

/// A SQL expression on one line: comments left out, white space one space each, literals and names untouched unless
/// they hold a line break.
pub fn sql_text(sql: &SqlExpr) -> String {
    let tokens = scan(&sql.text, &mut Report::new(sql.span.source)).tokens;
    let mut line = String::new();
    let mut end = None;
    for token in tokens.into_iter().filter(|token| !token.is_comment()) {
        if end.is_some_and(|end| end < token.start) {
            line.push(' ');
        }
        let text = sql.text.get(token.start..token.end).unwrap_or_default();
        line.push_str(&token_text(text, token.kind));
        end = Some(token.end);
    }
    line
}

fn token_text(text: &str, kind: Kind) -> String {
    if !text.contains(['\n', '\r', '\t']) {
        return text.to_owned();
    }
    match kind {
        Kind::Text => {
            let inner = text.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\'')).unwrap_or_default();
            literal_text(&inner.replace("''", "'"))
        }
        Kind::Dollar => {
            let tag = text.get(1..).and_then(|rest| rest.find('$')).map_or(0, |length| length + 2);
            literal_text(text.get(tag..text.len().saturating_sub(tag)).unwrap_or_default())
        }
        _ => escape_text_on_one_line(text),
    }
}

/// Within `E'…'` a backslash before a line break means the line break itself.
fn escape_text_on_one_line(text: &str) -> String {
    let mut line = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let next = if letter == '\\' { letters.next() } else { None };
        match next {
            Some(next) if !matches!(next, '\n' | '\r' | '\t') => line.extend([letter, next]),
            other => line.push_str(&escaped(&other.unwrap_or(letter).to_string())),
        }
    }
    line
}
