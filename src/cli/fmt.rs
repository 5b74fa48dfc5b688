//! `noren fmt`: policy files in the one style.

use super::arguments::FmtOptions;
use super::console::Console;
use super::{Failure, Outcome, Result, load, read_file};
use crate::artifact;
use crate::diagnostic::plural;
use crate::source::Sources;
use crate::syntax;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What is laid out: its name in messages, where it is written back to, and its text.
struct Input {
    name: String,
    file: Option<PathBuf>,
    text: String,
}

/// A text and what it should be.
struct Laid {
    input: Input,
    text: String,
}

pub(super) fn run(options: &FmtOptions, console: &Console) -> Result<Outcome> {
    let Some(inputs) = inputs(&options.files, console)? else { return Ok(Outcome::Failed) };
    let mut sources = Sources::default();
    let (mut laid, mut found) = (Vec::new(), Vec::new());
    for input in inputs {
        let id = sources.add(&input.name, &input.text);
        let id = id.ok_or_else(|| Failure::new(format!("`{}` is larger than 4 GiB", input.name)))?;
        match syntax::format_source(&sources, id) {
            Ok(text) => laid.push(Laid { input, text }),
            Err(diagnostics) => found.extend(diagnostics),
        }
    }
    let outcome = finish(&laid, options, console)?;
    if found.is_empty() {
        return Ok(outcome);
    }
    console.findings(&found, &sources);
    Ok(Outcome::Failed)
}

fn inputs(files: &[PathBuf], console: &Console) -> Result<Option<Vec<Input>>> {
    if files.is_empty() {
        return policies_of_project(console);
    }
    files
        .iter()
        .map(|file| if file == Path::new("-") { standard_input() } else { named(file) })
        .collect::<Result<_>>()
        .map(Some)
}

fn named(file: &Path) -> Result<Input> {
    Ok(Input { name: file.display().to_string(), file: Some(file.to_path_buf()), text: read_file(file)? })
}

fn standard_input() -> Result<Input> {
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    read.map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
    Ok(Input { name: "<stdin>".to_owned(), file: None, text })
}

fn policies_of_project(console: &Console) -> Result<Option<Vec<Input>>> {
    let loaded = load()?;
    let Some(project) = &loaded.project else {
        console.findings(&loaded.diagnostics, &loaded.sources);
        return Ok(None);
    };
    let sources = project.policies.iter().filter_map(|id| loaded.sources.get(*id));
    let inputs = sources.map(|source| Input {
        name: source.path.clone(),
        file: Some(loaded.root.join(&source.path)),
        text: source.text.clone(),
    });
    Ok(Some(inputs.collect()))
}

/// A text that reads without an error, in the one style.
pub(super) fn laid_out(name: &str, text: &str) -> Result<String> {
    syntax::format(text).map_err(|found| {
        let titles: Vec<String> = found.into_iter().map(|diagnostic| diagnostic.title).collect();
        Failure::new(format!("cannot lay out `{name}`: {}", titles.join("; ")))
    })
}

fn finish(laid: &[Laid], options: &FmtOptions, console: &Console) -> Result<Outcome> {
    let changed: Vec<&Laid> = laid.iter().filter(|laid| laid.text != laid.input.text).collect();
    if options.diff {
        for laid in &changed {
            let names = (laid.input.name.as_str(), laid.input.name.as_str());
            console.out(&artifact::unified(&laid.input.text, &laid.text, names, console.color()));
        }
    } else if options.check {
        for laid in &changed {
            console.err(&format!("not laid out: {}\n", laid.input.name));
        }
        if !changed.is_empty() {
            console.failure(&format!("{} not laid out", plural(changed.len(), "file")), Some("run `noren fmt`"));
        }
    } else {
        return write(laid, console);
    }
    Ok(if changed.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

fn write(laid: &[Laid], console: &Console) -> Result<Outcome> {
    for Laid { input, text } in laid {
        match &input.file {
            None => console.out(text),
            Some(file) if *text != input.text => {
                artifact::replace(file, text.as_bytes())?;
                console.err(&format!("laid out: {}\n", input.name));
            }
            Some(_) => {}
        }
    }
    Ok(Outcome::Fine)
}
