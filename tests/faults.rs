//! Twenty faults and more, each planted alone in a policy, a schema or a project file that is without one: `check` tells
//! those that a compiler can know, `verify` the rest.

use std::path::Path;

use Caught::Check;
use noren::diagnostic::Severity;
use noren::{compiler, project};

use crate::support;

struct Fault {
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    caught: Caught,
}

/// Who must notice.
enum Caught {
    /// `check`, by this code.
    Check(&'static str),
}

#[rustfmt::skip]
const FAULTS: &[Fault] = &[
    Fault { name: "an extra permissive policy", file: "policy.noren", from: "workload web ", to: "policy wide on orders as permissive for select to app using (true);\nworkload web", caught: Check("N0724") },
    Fault { name: "a permissive policy across tenants that shows all", file: "policy.noren", from: "workload web ", to: r#"policy wide on orders as permissive for select to app across tenants using (true) because "support";
workload web"#, caught: Check("N0725") },
    Fault { name: "a capture in a sub-select", file: "policy.noren", from: "workload web ", to: "policy own on orders as restrictive for select to app using (exists (select 1 from users u where company_id = u.company_id));\nworkload web", caught: Check("N0703") },
    Fault { name: "a column compared with itself", file: "policy.noren", from: "workload web ", to: "policy own on orders as restrictive for select to app using (company_id = company_id);\nworkload web", caught: Check("N0705") },
    Fault { name: "a loose check", file: "policy.noren", from: "workload web ", to: r#"policy wide on orders as permissive for update to app across tenants using (user_id = 1) with check (true) because "support";
workload web"#, caught: Check("N0725") },
    Fault { name: "a tenant that is nobody's, by IS DISTINCT FROM", file: "policy.noren", from: "workload web ", to: r#"policy wide on orders as permissive for select to app across tenants using (company_id is distinct from app.company_id) because "x";
workload web"#, caught: Check("N0709") },
    Fault { name: "a view without invoker", file: "noren.toml", from: "version  = 15", to: "version  = 14", caught: Check("N0614") },
    Fault { name: "a truncated hash on a unique column", file: "policy.noren", from: "email      mask email();", to: "email      mask hash(length => 4);", caught: Check("N0404") },
    Fault { name: "a constant on a unique column", file: "policy.noren", from: "email      mask email();", to: "email      mask constant('a@example.invalid');", caught: Check("N0404") },
    Fault { name: "a kept tsvector over a masked column", file: "policy.noren", from: "words      mask null;", to: "words      keep;", caught: Check("N0421") },
    Fault { name: "a new column", file: "schema.sql", from: "    badge character varying(20),", to: "    badge character varying(20),\n    phone text,", caught: Check("N0301") },
    Fault { name: "a new table that has no tenant", file: "schema.sql", from: "CREATE VIEW", to: "CREATE TABLE public.later (id bigint PRIMARY KEY);\nCREATE VIEW", caught: Check("N0507") },
    Fault { name: "NULL for a column that is NOT NULL", file: "policy.noren", from: "full_name  mask constant('a person');", to: "full_name  mask null;", caught: Check("N0401") },
    Fault { name: "a text too long for its column", file: "policy.noren", from: "badge      mask null;", to: "badge      mask constant('twenty-one characters');", caught: Check("N0402") },
    Fault { name: "one end of a foreign key", file: "policy.noren", from: "table order_lines { ", to: "table order_lines { order_id mask permute(); ", caught: Check("N0418") },
    Fault { name: "a member of the owner", file: "policy.noren", from: "role app      { login; tenants own; }", to: "role app      { login; tenants own; in migrator; }", caught: Check("N0605") },
    Fault { name: "a member of a role that sees all", file: "policy.noren", from: "role app      { login; tenants own; }", to: "role app      { login; tenants own; in reports; }", caught: Check("N0605") },
    Fault { name: "all privileges, with TRUNCATE among them", file: "policy.noren", from: "grant select, insert, update, delete on users", to: "grant all on users", caught: Check("N0607") },
    Fault { name: "a grant on an internal table", file: "policy.noren", from: "grant select on orders to reports;", to: "grant select on orders to reports;\ngrant select on flags to app;", caught: Check("N0609") },
    Fault { name: "a keyed mask without a key", file: "policy.noren", from: "setting noren.mask_key  text secret;", to: "", caught: Check("N0419") },
    Fault { name: "the mask key in a predicate", file: "policy.noren", from: "workload web ", to: "policy own on orders as restrictive for select to app using (note = noren.mask_key);\nworkload web", caught: Check("N0708") },
    Fault { name: "a function that runs as its owner", file: "schema.sql", from: "CREATE VIEW", to: "CREATE FUNCTION public.everything() RETURNS SETOF public.orders LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM public.orders';\nCREATE VIEW", caught: Check("N0524") },
    Fault { name: "a tenant setting of another type", file: "policy.noren", from: "setting app.company_id  uuid;", to: "setting app.company_id  text;", caught: Check("N0505") },
];

fn planted(fault: Option<&Fault>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["noren.toml", "policy.noren", "schema.sql"] {
        let text = std::fs::read_to_string(support::root().join("tests/faults").join(name)).unwrap();
        let text = match fault.filter(|fault| fault.file == name) {
            Some(fault) => {
                assert!(text.contains(fault.from), "{}: nothing to change", fault.name);
                text.replacen(fault.from, fault.to, 1)
            }
            None => text,
        };
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Codes of errors and warnings.
fn found(folder: &Path) -> Vec<&'static str> {
    let loaded = project::load(folder);
    let compiled = compiler::compile(&loaded.sources, loaded.project.as_ref().unwrap());
    let all = loaded.diagnostics.iter().chain(&compiled.diagnostics);
    all.filter(|found| found.severity != Severity::Note).map(|found| found.code.id).collect()
}

#[test]
fn every_planted_fault_is_caught() {
    assert_eq!(found(planted(None).path()), Vec::<&str>::new(), "the project has a fault before one is planted");
    let mut missed = Vec::new();
    for fault in FAULTS {
        let Check(code) = fault.caught;
        let found = found(planted(Some(fault)).path());
        if !found.contains(&code) {
            missed.push(format!("{}: expected {code}, found {found:?}", fault.name));
        }
    }
    assert!(missed.is_empty(), "{} of {} missed:\n{}", missed.len(), FAULTS.len(), missed.join("\n"));
}
