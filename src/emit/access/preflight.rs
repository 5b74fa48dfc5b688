//! `05_preflight.sql`: what must be true before anything is changed.
//!
//! Files that stop half-way leave a database that is safe but neither the old nor the new one. So what would stop them
//! is looked for first: roles that are missing, things that belong to somebody else, columns of another type. One thing
//! would not even stop them: a role that the policy does not name and that reads a table today would read nothing
//! tomorrow, without an error.

use super::assert::{Facts, begin, check, columns, expect, facts, verdict, version};
use super::head::head;
use crate::plan::access::AccessPlan;
use crate::sql::{Mismatch, Script};

/// A query made of the lists that it reads and its own part.
macro_rules! query {
    ($($with:literal)* => $own:literal) => {
        concat!("WITH RECURSIVE ", $(include_str!(concat!("assert/with/", $with, ".sql")),)* include_str!($own))
    };
}

/// What is looked at, each with the query that returns one row a finding.
const CHECKS: [(&str, &str); 6] = [
    ("the server is not older than these files", query!(=> "preflight/version.sql")),
    ("roles are there, with their attributes", query!("role" => "assert/roles.sql")),
    (
        "what will be changed is there, and whoever runs this may change it",
        query!("relation" "routine" => "preflight/owned.sql"),
    ),
    ("schema noren is ours, or not there", query!("role" "routine" => "preflight/noren.sql")),
    (
        "columns of tables under row security are those that were compiled",
        query!("relation" => "preflight/columns.sql"),
    ),
    (
        "a role that the policy does not name would lose what it reads today, without an error",
        query!("role" "relation" "provider" => "preflight/strangers.sql"),
    ),
];

/// Lists that no query here reads.
const UNREAD: [&str; 4] = ["membership", "policy", "privilege", "tenancy"];

/// The file.
///
/// # Errors
/// A predicate that cannot be printed.
pub fn preflight(plan: &AccessPlan) -> Result<Script, Mismatch> {
    let mut script = head(&[
        "What must be true before anything is changed: prints everything that is not, and ends with an error if there is",
        "something. Changes nothing. Run by apply.sql, as the role that will run the rest.",
    ]);
    begin(&mut script);
    let known: Vec<Facts> = facts(plan)?.into_iter().filter(|list| !UNREAD.contains(&list.name)).collect();
    expect(&mut script, known.into_iter().chain([columns(plan), version(plan)]).collect());
    for (words, query) in CHECKS {
        check(&mut script, words, query);
    }
    verdict(&mut script, include_str!("preflight/verdict.sql"));
    Ok(script)
}
