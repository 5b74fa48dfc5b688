//! What an application must do, and that the examples do it, on databases to which the compiled access files were
//! applied. Servers of their own, since roles belong to a server.

mod rollout;
mod run;

use std::path::PathBuf;
use std::sync::LazyLock;

use noren::server::{Options, Server};

use crate::end_to_end::harness::Project;
use crate::support::{self, Database};
use run::Example;

/// A project compiled once.
fn project() -> &'static Project {
    static PROJECT: LazyLock<Project> = LazyLock::new(|| {
        let texts = [
            include_str!("examples/schema.sql"),
            include_str!("examples/policy.noren"),
            include_str!("examples/noren.toml"),
        ];
        let project = Project::of(texts[0], texts[1], texts[2]);
        project.build();
        project
    });
    &PROJECT
}

/// A file of `generated/`.
fn generated(path: &str) -> PathBuf {
    project().folder.path().join("generated").join(path)
}

/// A server where the roles of the policy are nobody else's.
fn start(settings: &[(&str, &str)]) -> Option<&'static Server> {
    let bin = support::binaries(None)?;
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let server = Server::start(&Options { bin: Some(bin), settings }).unwrap();
    let server: &'static Server = Box::leak(Box::new(server));
    apply(&Database::new(server, "roles"), "access/00_roles.sql");
    Some(server)
}

/// The server that the examples share.
fn server() -> Option<&'static Server> {
    static SERVER: LazyLock<Option<&'static Server>> = LazyLock::new(|| start(&[]));
    *LazyLock::force(&SERVER)
}

/// Runs one of the access files, as the superuser who also owns the tables here.
#[track_caller]
fn apply(database: &Database, path: &str) {
    let file = generated(path);
    let output = database.psql("postgres", ["-f".as_ref(), file.as_os_str()], &[], project().folder.path());
    support::succeeded(&output, path);
}

#[track_caller]
fn database(server: &'static Server) -> Database {
    let database = Database::new(server, "examples");
    database.sql(include_str!("examples/schema.sql"));
    database.sql(include_str!("examples/rows.sql"));
    apply(&database, "access/apply.sql");
    database
}

/// The self-test of a role, as a program finds it.
fn self_test(path: &str, role: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(generated(path)).unwrap()).unwrap();
    let roles = json["roles"].as_array().unwrap();
    roles.iter().find(|entry| entry["name"] == role).unwrap()["self_test"].as_str().unwrap().to_owned()
}

#[test]
fn the_contract_reads_as_it_should() {
    let folder = support::root().join("snapshots/access");
    insta::with_settings!({snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true}, {
        for name in ["contract.md", "contract.json"] {
            let text = std::fs::read_to_string(generated(&format!("access/{name}"))).unwrap();
            insta::assert_snapshot!(name.replace('.', "_"), text);
        }
    });
}

/// Each thing that may be wrong with a connection, and what the query says of it. A server of its own: attributes of a
/// role hold in every database.
#[test]
fn the_self_test_finds_what_row_security_never_says() {
    let Some(server) = start(&[]) else { return };
    let query = self_test("access/contract.json", "app");
    let open = "DROP POLICY noren_floor ON companies; \
                CREATE POLICY p ON companies USING (true);";
    let owned = "ALTER TABLE expenses OWNER TO app; ALTER TABLE expenses NO FORCE ROW LEVEL SECURITY;";
    let broken: [(&str, &str, &str); 9] = [
        ("", "", ""),
        ("", "SET app.tenant_id = 'aaaaaaaa-0000-4000-8000-000000000001';", "a tenant is set"),
        ("ALTER TABLE expenses DISABLE ROW LEVEL SECURITY;", "", "does not bind the role|public.expenses"),
        ("ALTER TABLE expenses RENAME TO costs;", "", "does not bind the role|public.expenses"),
        ("ALTER TABLE companies DISABLE ROW LEVEL SECURITY;", "", "rows are seen without a tenant|public.companies"),
        (open, "", "rows are seen without a tenant|public.companies"),
        (owned, "", "does not bind the role|public.expenses"),
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

/// A role that sees every tenant is tested for the way in which it does; where the policies do nothing yet, nobody is
/// tested for them.
#[test]
fn the_self_test_is_that_of_the_environment() {
    let Some(server) = start(&[]) else { return };
    let database = database(server);
    let (by_attribute, by_policy) = ("access/contract.json", "env/managed/access/contract.json");
    let said = |path: &str| database.sql_as("app_rollout", &format!("{};", self_test(path, "app_rollout")));
    assert_eq!(said(by_attribute), "");
    assert!(said(by_policy).contains("has BYPASSRLS|app_rollout"));
    database.sql("ALTER ROLE app_rollout NOBYPASSRLS");
    assert!(said(by_attribute).contains("lacks BYPASSRLS"));
    apply(&database, "env/managed/access/apply.sql");
    assert_eq!(said(by_policy), "");
    assert_eq!(database.sql_as("app_rollout", "SELECT count(*) FROM expenses"), "3\n", "every tenant's, by a policy");

    // The preflight refuses a role with other attributes than its environment's.
    database.sql("ALTER ROLE app_rollout BYPASSRLS");
    apply(&database, "env/before/access/apply.sql");
    assert_eq!(database.sql_as("app", "SELECT count(*) FROM expenses"), "3\n", "the policies do nothing");
    let query = |path: &str| format!("{};", self_test(path, "app"));
    assert_eq!(database.sql_as("app", &query("env/before/access/contract.json")), "");
    assert!(database.sql_as("app", &query(by_attribute)).contains("does not bind the role"));
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
    let database = database(server);
    let run = |program, role: &str| run::run(program, &database, role, &generated("access/contract.json"));

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
