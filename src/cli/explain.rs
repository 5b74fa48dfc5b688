//! `noren explain CODE`: the code's page.

use super::console::Console;
use super::{Failure, Outcome, Result};
use crate::diagnostic::{codes, did_you_mean};

pub(super) fn run(code: Option<&str>, console: &Console) -> Result<Outcome> {
    let Some(written) = code else {
        let lines = codes::all().map(|code| format!("{} {:<7} {}\n", code.id, code.severity.to_string(), code.summary));
        console.out(&lines.collect::<String>());
        return Ok(Outcome::Fine);
    };
    let Some(code) = codes::find(written) else {
        let ids = codes::all().map(|code| code.id);
        let help = match did_you_mean(&written.to_uppercase(), ids) {
            Some(near) => format!("did you mean `{near}`? `noren explain` lists all codes"),
            None => "`noren explain` lists all codes".to_owned(),
        };
        return Err(Failure::new(format!("expected a code such as `N0301`, found `{written}`")).help(help));
    };
    console.out(code.page.trim_end());
    console.out("\n");
    Ok(Outcome::Fine)
}
