//! The commands of `docs/rollout.md`, run as they stand there.

use std::io::Write as _;
use std::process::Command;

use super::{database, server, start};
use crate::support::{self, Database};

const A: &str = "SELECT set_config('app.tenant_id', 'aaaaaaaa-0000-4000-8000-000000000001', false);";

/// Blocks of one language, in order.
fn blocks(language: &str) -> Vec<String> {
    let page = std::fs::read_to_string(support::root().join("docs/rollout.md")).unwrap();
    let opening = format!("```{language}\n");
    page.split(&opening).skip(1).map(|rest| rest.split_once("```").unwrap().0.to_owned()).collect()
}

/// The one block that holds these words.
#[track_caller]
fn block(language: &str, words: &str) -> String {
    let found: Vec<String> = blocks(language).into_iter().filter(|block| block.contains(words)).collect();
    assert_eq!(found.len(), 1, "blocks with {words}");
    found.into_iter().next().unwrap()
}

/// A server that counts statements; `None` where the extension is not installed.
fn counting() -> Option<Database> {
    let available = "SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements'";
    if Database::new(server()?, "look").rows(available).is_empty() {
        support::skipped("no extension pg_stat_statements beside the server");
        return None;
    }
    // The tests' servers have a prefix on their command line, which ALTER SYSTEM does not reach.
    let page = block("sql", "log_line_prefix");
    let prefix = page.split_once("log_line_prefix = '").unwrap().1.split_once('\'').unwrap().0;
    let settings = [("shared_preload_libraries", "pg_stat_statements"), ("log_line_prefix", prefix)];
    Some(database(start(&settings)?))
}

/// All of them at least run, on a database as the page describes it.
#[test]
fn every_statement_runs() {
    let Some(database) = counting() else { return };
    let extension = block("sql", "CREATE EXTENSION IF");
    database.sql(&extension);
    for statement in blocks("sql") {
        database.sql(&statement);
    }
}

#[test]
fn one_connection_shows_what_each_role_sees() {
    let Some(server) = server() else { return };
    let database = database(server);
    let plan = database.sql(&block("sql", "EXPLAIN"));
    assert!(plan.contains("One-Time Filter"), "{plan}");
    let printed = database.sql(&block("sql", "no_rows"));
    let counts: Vec<&str> = printed.lines().filter(|line| line.parse::<u32>().is_ok()).collect();
    assert_eq!(counts, ["3", "0", "2"], "{printed}");
}

/// Both roles run the same statements; the one without a tenant and without WHERE loses its rows and nothing else does.
#[test]
fn statements_that_lose_rows_and_errors_are_found() {
    let Some(database) = counting() else { return };
    database.sql(&block("sql", "CREATE EXTENSION IF"));
    let with_where = "SELECT payee FROM expenses WHERE tenant_id = 'aaaaaaaa-0000-4000-8000-000000000001';";
    let blind = "UPDATE expenses SET payee = payee || '';";
    for role in ["app_rollout", "app"] {
        database.sql_as(role, &format!("{blind}\n{A}\n{with_where}"));
    }
    let times = database.sql(&block("sql", "before_ms"));
    assert!(times.contains("SELECT payee") && times.contains("UPDATE expenses"), "{times}");
    let rows = database.sql(&block("sql", "rows_before"));
    assert!(rows.contains("UPDATE expenses") && rows.contains("|3.00|0.00"), "{rows}");
    assert!(!rows.contains("SELECT payee"), "{rows}");

    let failing = "INSERT INTO expenses (tenant_id, payee) VALUES ('bbbbbbbb-0000-4000-8000-000000000002', 'x');";
    database.try_sql_as("app", &format!("{A}\n{failing}")).unwrap_err();
    database.try_sql_as("app", "SET app.tenant_id = 'null'; SELECT count(*) FROM expenses;").unwrap_err();
    let found = errors(&database.server.log());
    for code in ["42501 ERROR:  new row violates", "22P02 ERROR:  invalid input syntax"] {
        assert!(found.contains(code) && found.contains("app@"), "{code}: {found}");
    }
}

/// The page's own command over a log.
fn errors(log: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::File::create(folder.path().join("postgresql.log")).unwrap().write_all(log.as_bytes()).unwrap();
    let command = block("console", "grep -E");
    let command = command.trim().strip_prefix("$ ").unwrap();
    let output = support::run(Command::new("sh").args(["-c", command]).current_dir(folder.path()));
    support::succeeded(&output, command);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Under FORCE the owner's UPDATE is silent, with the page's line it fails, and with the page's transaction it works.
#[test]
fn an_owner_under_force_is_loud_and_then_works() {
    let Some(server) = server() else { return };
    let owner = support::unique("owner");
    let database = database(server);
    database.sql(&format!("CREATE ROLE {owner} LOGIN; ALTER TABLE expenses OWNER TO {owner};"));
    let payees = || database.value("SELECT string_agg(payee, ',' ORDER BY payee) FROM expenses");
    database.sql("UPDATE expenses SET payee = ' ' || payee");
    let update = "UPDATE expenses SET payee = trim(payee) WHERE payee <> trim(payee);";
    database.sql_as(&owner, update);
    assert_eq!(payees(), " hotel, taxi, train", "an update that changes nothing and succeeds");
    let loud = database.try_sql_as(&owner, &format!("{}{update}", block("sql", "SET row_security"))).unwrap_err();
    assert!(loud.contains("affected by row-level security policy"), "{loud}");
    database.sql_as(&owner, &block("sql", "NO FORCE"));
    assert_eq!(payees(), "hotel,taxi,train");
    assert_eq!(database.sql(&block("sql", "not_forced")), "", "FORCE is there again");
    database.sql("ALTER TABLE expenses NO FORCE ROW LEVEL SECURITY");
    assert!(database.sql(&block("sql", "not_forced")).contains("expenses"));
    database.sql(&format!("ALTER TABLE expenses OWNER TO CURRENT_USER; DROP ROLE {owner};"));
}
