//! Functions and triggers: those that run as their owner see every tenant's rows, those that run as their caller see
//! only what row security leaves to him.

use super::keys::name_of;
use super::{Fix, Kind, Lint, SCOPES, place, report};
use crate::catalog::{DataType, Function, QName, Table, Trigger, TriggerMode};
use crate::check::access::Case;
use crate::diagnostic::{Diagnostic, codes, list};
use crate::model::access::Tenancy;
use crate::sql::identifier as quoted;

const DEFINERS: Kind = Kind {
    code: codes::N0524,
    expected: "functions that run as their caller beside scoped tables",
    fault: " that runs as its owner",
    note: "such a function runs as its owner: unless row security is forced on that owner, it sees the rows of all tenants",
    label: SCOPES,
};

const PATHS: Kind = Kind {
    code: codes::N0529,
    expected: "a fixed `search_path` that ends in `pg_temp` for every function that runs as its owner",
    fault: " without one",
    note: "without it the caller says what the function's names mean, by a table of his own in `pg_temp` or elsewhere, and the function acts on it as its owner",
    label: SCOPES,
};

const TRIGGERS: Kind = Kind {
    code: codes::N0531,
    expected: "triggers that need no other scoped table",
    fault: "",
    note: "a trigger's function runs as whoever writes: it reads and changes only the rows that policies leave to that role, and what is missing is missing in silence",
    label: SCOPES,
};

pub(super) fn check(case: Case<'_>, tenancy: &Tenancy, diagnostics: &mut Vec<Diagnostic>) {
    let functions = || case.catalog.functions.values().flatten().filter(|function| function.security_definer);
    report(&DEFINERS, functions().map(|function| definer(case, tenancy, function)).collect(), diagnostics);
    let loose = functions().filter(|function| !is_fixed(function));
    report(&PATHS, loose.map(|function| path(tenancy, function)).collect(), diagnostics);
    let tables =
        case.catalog.tables.values().filter(|table| table.partition_of.is_none() && case.is_scoped(&table.name));
    let triggers = tables.flat_map(|table| table.triggers.iter().map(move |trigger| (table, trigger)));
    report(
        &TRIGGERS,
        triggers.filter_map(|(table, trigger)| as_caller(case, tenancy, table, trigger)).collect(),
        diagnostics,
    );
}

fn definer(case: Case<'_>, tenancy: &Tenancy, function: &Function) -> Lint {
    let fires =
        |table: &&Table| table.partition_of.is_none() && table.triggers.iter().any(|one| one.function == function.name);
    let tables: Vec<String> = case.catalog.tables.values().filter(fires).map(|table| table.name.to_string()).collect();
    let by =
        if tables.is_empty() { String::new() } else { format!(", the function of a trigger of {},", list(&tables)) };
    Lint {
        place: tenancy.span,
        what: format!("`{}`{by}", signature(function)),
        fix: Fix::Sql(format!("{} SECURITY INVOKER", alter(function))),
        seen: function.span,
    }
}

fn signature(function: &Function) -> String {
    format!("{}({})", function.name, arguments(function))
}

fn alter(function: &Function) -> String {
    let kind = if function.procedure { "PROCEDURE" } else { "FUNCTION" };
    format!("ALTER {kind} {}({})", name_of(&function.name), arguments(function))
}

fn arguments(function: &Function) -> String {
    function.arguments.iter().map(type_text).collect::<Vec<_>>().join(", ")
}

fn type_text(data_type: &DataType) -> String {
    let brackets = if data_type.dimensions > 0 { "[]" } else { "" };
    let name = &data_type.name;
    if name.schema == "pg_catalog" {
        format!("{}{brackets}", quoted(&name.name))
    } else {
        format!("{}{brackets}", name_of(name))
    }
}

/// An empty path leaves only what is written with its schema. Any other is searched after `pg_temp`, unless that is
/// listed (manual, CREATE FUNCTION, writing SECURITY DEFINER functions safely).
fn is_fixed(function: &Function) -> bool {
    let is_opaque = matches!(function.language.as_str(), "c" | "internal");
    let safe = |path: &Vec<String>| match path.as_slice() {
        [] => true,
        [only] if only.is_empty() => true,
        [schemas @ .., last] => last == "pg_temp" && !schemas.iter().any(|schema| schema == "$user"),
    };
    function.bound || is_opaque || function.search_path.as_ref().is_some_and(safe)
}

fn path(tenancy: &Tenancy, function: &Function) -> Lint {
    let written =
        function.search_path.iter().flatten().filter(|schema| !matches!(schema.as_str(), "pg_temp" | "$user" | ""));
    let mut schemas: Vec<&str> = written.map(String::as_str).collect();
    if schemas.is_empty() {
        schemas = vec!["pg_catalog", function.name.schema.as_str()];
    }
    let schemas = schemas.into_iter().map(quoted).collect::<Vec<_>>().join(", ");
    Lint {
        place: tenancy.span,
        what: format!("`{}`", signature(function)),
        fix: Fix::Sql(format!("{} SET search_path = {schemas}, pg_temp", alter(function))),
        seen: function.span,
    }
}

fn as_caller(case: Case<'_>, tenancy: &Tenancy, table: &Table, trigger: &Trigger) -> Option<Lint> {
    let function =
        case.catalog.functions.get(&trigger.function)?.iter().find(|function| function.arguments.is_empty())?;
    if function.security_definer || trigger.mode == TriggerMode::Disabled {
        return None;
    }
    let others = case.access.scopes.keys().filter(|other| **other != table.name && case.is_scoped(other));
    let named: Vec<String> = others.filter(|other| speaks_of(&function.body, other)).map(ToString::to_string).collect();
    (!named.is_empty()).then(|| Lint {
        place: place(case, tenancy, &table.name),
        what: format!("`{}` of `{}`, whose function names {}", trigger.name, table.name, list(&named)),
        fix: Fix::Words("see that the rows of the writer's own tenant and policies are all that it needs".to_owned()),
        seen: trigger.span,
    })
}

/// Whether a body has the table's name among its words. What a function puts together while it runs is not seen.
fn speaks_of(body: &str, table: &QName) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let plain = table.name.chars().all(is_part) && table.name == table.name.to_lowercase();
    if plain {
        body.split(|letter: char| !is_part(letter)).any(|word| word.to_lowercase() == table.name)
    } else {
        body.contains(&quoted(&table.name))
    }
}
