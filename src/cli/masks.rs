//! `noren masks`: the catalogue, or one mask's page.

use super::console::Console;
use super::{Failure, Outcome, Result};
use crate::diagnostic::did_you_mean;
use crate::mask::{self, Mask};

pub(super) fn run(name: Option<&str>, markdown: bool, console: &Console) -> Result<Outcome> {
    if markdown {
        console.out(&mask::catalogue::markdown());
        return Ok(Outcome::Fine);
    }
    let Some(name) = name else {
        let width = mask::all().map(|mask| mask.name().len()).max().unwrap_or_default();
        let line = |mask: &dyn Mask| {
            let key = if mask.keyed() { "keyed" } else { "" };
            format!(
                "{:<width$}  {key:<5}  {}\n{:<width$}         {}\n",
                mask.name(),
                mask.summary(),
                "",
                mask.accepts_words()
            )
        };
        console.out(&mask::all().map(line).collect::<String>());
        return Ok(Outcome::Fine);
    };
    let Some(found) = mask::find(name) else {
        let help = match did_you_mean(name, mask::all().map(Mask::name)) {
            Some(near) => format!("did you mean `{near}`? `noren masks` lists them all"),
            None => "`noren masks` lists them all".to_owned(),
        };
        return Err(Failure::new(format!("expected a mask of the catalogue, found `{name}`")).help(help));
    };
    console.out(found.page().trim_end());
    console.out("\n");
    Ok(Outcome::Fine)
}
