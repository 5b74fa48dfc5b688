//! A treatment in the words of the language, with nothing left to look up: for `coverage.txt` and comments.

use crate::catalog::DataType;
use crate::mask::{Arguments, Value};
use crate::model::{Fill, JsonNode, MaskUse, Treatment};
use crate::syntax::ast::Orphans;
use crate::syntax::written_name;

/// One line that says what a column gets.
pub fn treatment_words(treatment: &Treatment) -> String {
    match treatment {
        Treatment::Keep => "keep".to_owned(),
        Treatment::Generated => "generated".to_owned(),
        Treatment::Drop(Fill::Default) => "drop".to_owned(),
        Treatment::Drop(Fill::Expression(sql)) => format!("drop, fill ({})", one_line(&sql.text)),
        Treatment::Drop(Fill::Trigger(name)) => format!("drop, filled by trigger {}", name_words(name)),
        Treatment::Mask(mask) => mask_words(mask),
    }
}

/// What happens to a reference whose row does not leave.
pub fn orphan_words(orphans: Option<Orphans>) -> &'static str {
    match orphans {
        Some(Orphans::Null) => ", orphans null",
        Some(Orphans::Skip) => ", orphans skip",
        None => "",
    }
}

fn mask_words(mask: &MaskUse) -> String {
    match mask {
        MaskUse::Null => "mask null".to_owned(),
        MaskUse::Call(call) => format!("mask {}({})", call.mask.name(), argument_words(&call.arguments)),
        MaskUse::Expression(own) => {
            let from = own.definition.as_ref().map(|name| format!(" by {}", name_words(name))).unwrap_or_default();
            format!("mask ({}){from}", one_line(&own.sql.text))
        }
        MaskUse::Json(json) => format!("mask json {}", json_words(&json.root)),
        MaskUse::Fields(mask) => {
            let field = |(name, (_, treatment)): (&String, &(DataType, Treatment))| {
                format!("{} {}; ", name_words(name), treatment_words(treatment))
            };
            format!("mask fields {{ {}}}", mask.fields.iter().map(field).collect::<String>())
        }
        MaskUse::When { condition, then, otherwise } => format!(
            "{} when ({}) else {}",
            treatment_words(then),
            one_line(&condition.text),
            treatment_words(otherwise)
        ),
    }
}

fn argument_words(arguments: &Arguments) -> String {
    let one = |(name, value): (&&'static str, &Value)| format!("{name} => {}", value_words(value));
    arguments.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn value_words(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.clone(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Column(name) => name_words(name),
        Value::Words(words) => format!("sha256:{}", words.digest),
    }
}

fn json_words(node: &JsonNode) -> String {
    match node {
        JsonNode::Leaf(treatment) => treatment_words(treatment),
        JsonNode::Each(element) => format!("each {}", json_words(element)),
        JsonNode::Object { keys, otherwise } => {
            let key = |(name, node): (&String, &JsonNode)| format!("{} {}; ", name_words(name), json_words(node));
            let keys: String = keys.iter().map(key).collect();
            format!("{{ {keys}else {}; }}", treatment_words(otherwise))
        }
    }
}

/// A type as a reader of SQL knows it; those of `pg_catalog` without their schema.
pub fn type_words(data_type: &DataType) -> String {
    let name = match data_type.name.schema.as_str() {
        "pg_catalog" => data_type.name.name.to_string(),
        schema => format!("{}.{}", name_words(schema), name_words(&data_type.name.name)),
    };
    let modifiers: Vec<String> = data_type.modifiers.iter().map(ToString::to_string).collect();
    let modifiers = if modifiers.is_empty() { String::new() } else { format!("({})", modifiers.join(",")) };
    name + &modifiers + &"[]".repeat(usize::from(data_type.dimensions))
}

/// A name as the language writes it.
pub fn name_words(name: &str) -> String {
    written_name(name, &[])
}

/// Line ends inside an expression would end a comment or a fact. Inside a string they stay visible as `\n`.
pub fn one_line(text: &str) -> String {
    if !text.bytes().any(|byte| byte.is_ascii_control() || !byte.is_ascii()) {
        return text.trim().to_owned();
    }
    let mut line = String::with_capacity(text.len());
    for letter in text.trim().chars() {
        match letter {
            '\n' => line.push(' '),
            control if control.is_control() => line.extend(control.escape_default()),
            other => line.push(other),
        }
    }
    line
}
