//! `noren completions SHELL` and `noren man [VERB]`, both made from the arguments' own definition.

use super::arguments::Arguments;
use super::console::Console;
use super::{Failure, Outcome, Result};
use crate::diagnostic::alternatives;
use clap::{Command, CommandFactory as _};
use clap_complete::Shell;

pub(super) fn completions(shell: Shell, console: &Console) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "noren", &mut script);
    console.out(&String::from_utf8_lossy(&script));
    Outcome::Fine
}

pub(super) fn man(verb: Option<&str>, console: &Console) -> Result<Outcome> {
    let mut root = Arguments::command();
    root.build();
    let command = match verb {
        None => root,
        Some(verb) => of_verb(&root, verb)?,
    };
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut page);
    rendered.map_err(|error| Failure::new(format!("cannot lay out the page: {error}")))?;
    console.out(&String::from_utf8_lossy(&page));
    Ok(Outcome::Fine)
}

fn of_verb(root: &Command, verb: &str) -> Result<Command> {
    let found = root.find_subcommand(verb).cloned();
    found.ok_or_else(|| {
        let verbs: Vec<&str> = root.get_subcommands().map(Command::get_name).filter(|name| *name != "help").collect();
        Failure::new(format!("expected a verb, found `{verb}`")).help(format!("write one of {}", alternatives(&verbs)))
    })
}
