//! What an application must do, and that the examples do it: on a server of their own, since roles belong to a server.

mod fixture;
mod rollout;
mod run;

use std::path::PathBuf;
use std::sync::LazyLock;

use noren::emit::access::contract::Contract;
use noren::project::{Bypass, Stage};
use noren::server::{Options, Server};

use crate::support::{self, Database};
use run::Example;

/// A server where the roles `app` and `app_rollout` are nobody else's.
fn start(settings: &[(&str, &str)]) -> Option<&'static Server> {
    let bin = support::binaries(None)?;
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let server = Server::start(&Options { bin: Some(bin), settings }).unwrap();
    server.execute("postgres", ROLES).unwrap();
    Some(Box::leak(Box::new(server)))
}

/// The server that the examples share.
fn server() -> Option<&'static Server> {
    static SERVER: LazyLock<Option<&'static Server>> = LazyLock::new(|| start(&[]));
    *LazyLock::force(&SERVER)
}

const ROLES: &str =
    "CREATE ROLE app LOGIN NOSUPERUSER NOBYPASSRLS; CREATE ROLE app_rollout LOGIN NOSUPERUSER BYPASSRLS;";

fn database(server: &'static Server) -> Database {
    let database = Database::new(server, "examples");
    database.sql(include_str!("examples/schema.sql"));
    database.sql(include_str!("examples/access.sql"));
    database
}

fn contract(stage: Stage, bypass: Bypass) -> Contract {
    Contract::new(&fixture::access(), &fixture::plan(stage, bypass)).unwrap()
}

/// The self-test of a role, as a program finds it.
fn self_test(contract: &Contract, role: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(&contract.json()).unwrap();
    let roles = json["roles"].as_array().unwrap();
    roles.iter().find(|entry| entry["name"] == role).unwrap()["self_test"].as_str().unwrap().to_owned()
}

#[test]
fn the_contract_reads_as_it_should() {
    let contract = contract(Stage::Forced, Bypass::Attribute);
    let folder = support::root().join("snapshots/access");
    insta::with_settings!({snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("contract_md", contract.markdown());
        insta::assert_snapshot!("contract_json", contract.json());
    });
}

/// Each thing that may be wrong with a connection, and what the query says of it. A server of its own: attributes of a
/// role hold in every database.
#[test]
fn the_self_test_finds_what_row_security_never_says() {
    let Some(server) = start(&[]) else { return };
    let query = self_test(&contract(Stage::Forced, Bypass::Attribute), "app");
    let broken: [(&str, &str, &str); 9] = [
        ("", "", ""),
        ("", "SET app.tenant_id = 'aaaaaaaa-0000-4000-8000-000000000001';", "a tenant is set"),
        ("ALTER TABLE expenses DISABLE ROW LEVEL SECURITY;", "", "does not bind the role|public.expenses"),
        ("ALTER TABLE expenses RENAME TO costs;", "", "does not bind the role|public.expenses"),
        ("ALTER TABLE companies DISABLE ROW LEVEL SECURITY;", "", "rows are seen without a tenant|public.companies"),
        ("DROP POLICY noren_floor ON companies; CREATE POLICY p ON companies USING (true);", "", "rows are seen"),
        ("ALTER TABLE expenses OWNER TO app; ALTER TABLE expenses NO FORCE ROW LEVEL SECURITY;", "", "does not bind"),
        ("ALTER ROLE app BYPASSRLS;", "", "has BYPASSRLS|app"),
        ("ALTER ROLE app SUPERUSER;", "", "is a superuser|app"),
    ];
    for (change, session, expected) in broken {
        let database = database(server);
        database.sql(change);
        let said = database.sql_as("app", &format!("{session}\n{query};"));
        database.sql("ALTER ROLE app NOSUPERUSER NOBYPASSRLS;");
        if expected.is_empty() {
            assert_eq!(said, "", "nothing is wrong");
        }
        assert!(said.contains(expected), "{change}{session}: {said}");
    }
}

/// What every example prints as the role that acts for one tenant.
const AS_TENANT: &str = "\
role: app
A without WHERE: hotel, taxi
B without WHERE: train
B with WHERE: train
left by A: nothing
one connection: true
no tenant, required: refused
not a tenant: 22P02
A again: hotel, taxi
no tenant: no rows
";

/// The same program after one environment variable was changed: only its own WHERE keeps tenants apart.
const AS_BYPASSING: &str = "\
role: app_rollout
A without WHERE: hotel, taxi, train
B without WHERE: hotel, taxi, train
B with WHERE: train
left by A: nothing
one connection: true
no tenant, required: refused
not a tenant: hotel, taxi, train
A again: hotel, taxi, train
no tenant: hotel, taxi, train
";

fn shows(example: Example) {
    let Some(server) = server() else { return };
    let Some(program) = example.program() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("contract.json");
    std::fs::write(&path, contract(Stage::Forced, Bypass::Attribute).json()).unwrap();
    let database = database(server);
    let run = |program, role: &str| run::run(program, &database, role, &path);

    for (role, expected) in [("app", AS_TENANT), ("app_rollout", AS_BYPASSING)] {
        let output = run(example.program().unwrap(), role);
        support::succeeded(&output, &format!("{example:?} as {role}"));
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{example:?} as {role}");
    }
    let refuses = |program, role: &str, why: &str| {
        let output = run(program, role);
        assert!(!output.status.success() && output.stdout.is_empty(), "{example:?}: {}", support::text(&output));
        assert!(support::text(&output).contains(why), "{example:?}: {}", support::text(&output));
    };
    refuses(program, "postgres", "expected app or app_rollout");
    database.sql("ALTER TABLE expenses DISABLE ROW LEVEL SECURITY");
    let why = "self-test: row security does not bind the role (public.expenses)";
    refuses(example.program().unwrap(), "app", why);
}

#[test]
fn go_with_pgx() {
    shows(Example::Go);
}

#[test]
fn python_with_psycopg() {
    shows(Example::Psycopg);
}

#[test]
fn python_with_sqlalchemy() {
    shows(Example::SqlAlchemy);
}

#[test]
fn node_with_pg() {
    shows(Example::Node);
}

#[test]
fn rust_with_tokio_postgres() {
    shows(Example::Rust);
}
