//! A dictionary's name to its words.

use crate::diagnostic::{Diagnostic, codes, did_you_mean, words::list};
use crate::mask::words::{self, Fault};
use crate::mask::{Arguments, Value, dictionary};
use crate::source::Sources;
use crate::syntax::ast::MaskCall;

/// Puts the words beside the name, for a call of the mask that takes them; `None` after an error.
pub fn find_words(
    sources: &Sources,
    call: &MaskCall,
    arguments: &mut Arguments,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<()> {
    let (true, Some(Value::Text(name))) = (call.name.text == "dictionary", arguments.get("name").cloned()) else {
        return Some(());
    };
    let column = match arguments.get("column") {
        Some(Value::Text(column)) => Some(column.as_str()),
        _ => None,
    };
    match words::read(sources, &name, column) {
        Ok(found) => {
            arguments.insert(dictionary::WORDS, Value::Words(found));
            return Some(());
        }
        Err(Fault::Unknown(known)) => {
            let help = "write dictionaries/NAME.csv: the columns' names in the first line, words below it";
            diagnostics.push(missing(call, "a dictionary of the project", &name, &known, help));
        }
        Err(Fault::Column(known)) => {
            let what = format!("a column of the dictionary `{name}`");
            diagnostics.push(missing(call, &what, column.unwrap_or_default(), &known, "leave it out for the first"));
        }
        Err(Fault::File(what, span)) => diagnostics.push(
            Diagnostic::new(codes::N0914, format!("cannot take words from the dictionary `{name}`: {what}"))
                .at(span, "in this line")
                .label(call.span, "this mask takes its words")
                .help("a dictionary is CSV: column names in the first line, a word in each further one"),
        ),
    }
    None
}

fn missing(call: &MaskCall, what: &str, name: &str, known: &[String], help: &str) -> Diagnostic {
    let finding =
        Diagnostic::new(codes::N0420, format!("expected {what}, found `{name}`")).at(call.span, "is not there");
    match did_you_mean(name, known.iter().map(String::as_str)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => finding.help(help.to_owned()),
        None => finding.help(format!("there are {}; or {help}", list(known))),
    }
}
