//! What the files of access do to a database: applied, applied again, stopped anywhere, and taken back.

pub mod cluster;

use std::collections::BTreeMap;
use std::path::PathBuf;

use cluster::{Cluster, EXPENSE, OWNER, transactions};

use crate::end_to_end::harness::difference;
use crate::support;

#[track_caller]
fn same(what: &str, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
    let difference = difference(before, after);
    assert!(difference.is_empty(), "{what}: {} objects differ\n{}", difference.len(), difference.join("\n"));
}

fn there_and_back(major: Option<u32>, toml: &str) {
    let Some(cluster) = Cluster::start(&EXPENSE, major, toml) else { return };
    let before = cluster.state();
    cluster.apply("postgres", "00_roles.sql");
    cluster.apply("postgres", "00_roles.sql");
    cluster.apply(OWNER, "apply.sql");
    let applied = cluster.state();
    assert!(difference(&before, &applied).len() > 100, "apply.sql changes next to nothing");
    cluster.apply(OWNER, "apply.sql");
    same("applied twice", &applied, &cluster.state());
    cluster.apply(OWNER, "rollback.sql");
    same("taken back", &before, &cluster.state());
    cluster.apply(OWNER, "rollback.sql");
    same("taken back twice", &before, &cluster.state());
    cluster.apply("postgres", "rollback_roles.sql");
    let left = cluster.database.column("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1");
    assert_eq!(left, [OWNER, "postgres"]);
}

#[test]
fn a_database_goes_to_the_policy_and_back() {
    there_and_back(None, "");
}

#[test]
fn a_database_of_version_14_goes_to_the_policy_and_back() {
    there_and_back(Some(14), "");
}

#[test]
fn a_database_of_version_18_goes_to_the_policy_and_back() {
    there_and_back(Some(18), "");
}

/// The role that makes roles need not be a superuser, nor need the owner, where a policy does what BYPASSRLS would.
#[test]
fn no_superuser_is_needed_where_bypassrls_cannot_be_had() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "[rls]\nbypass = \"policy\"\n") else { return };
    let before = cluster.state();
    cluster.database.sql("CREATE ROLE deployer LOGIN CREATEROLE");
    cluster.apply("deployer", "00_roles.sql");
    cluster.apply("deployer", "00_roles.sql");
    cluster.apply(OWNER, "apply.sql");
    let bypassing = "SELECT count(*) FROM pg_roles WHERE rolbypassrls AND NOT rolsuper";
    assert_eq!(cluster.database.value(bypassing), "0");
    let all = cluster.database.value("SELECT count(*) FROM notices");
    assert_ne!(all, "0");
    assert_eq!(cluster.database.sql_as("support", "SELECT count(*) FROM notices").trim(), all);
    assert_eq!(cluster.database.sql_as("app", "SELECT count(*) FROM notices").trim(), "0");
    cluster.apply(OWNER, "rollback.sql");
    cluster.apply("deployer", "rollback_roles.sql");
    cluster.database.sql("DROP ROLE deployer");
    same("taken back", &before, &cluster.state());
}

/// With BYPASSRLS it takes a superuser, and who is none is told what to do. Nothing is half made.
#[test]
fn a_role_that_may_not_give_bypassrls_is_told_so() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "") else { return };
    cluster.database.sql("CREATE ROLE deployer LOGIN CREATEROLE");
    let output = cluster.run("deployer", "00_roles.sql");
    let text = support::text(&output);
    assert!(!output.status.success() && text.contains("bypass = \"policy\""), "{text}");
    let made = "SELECT count(*) FROM pg_roles WHERE rolname IN ('app', 'exporter', 'support')";
    assert_eq!(cluster.database.value(made), "0");
}

/// Existing roles are only asserted, and before anything is made.
#[test]
fn an_existing_role_that_is_otherwise_stops_everything() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "") else { return };
    for (change, back, said) in [
        ("ALTER ROLE migrator CREATEROLE", "ALTER ROLE migrator NOCREATEROLE", "migrator: expected NOCREATEROLE"),
        ("ALTER ROLE migrator BYPASSRLS", "ALTER ROLE migrator NOBYPASSRLS", "migrator: expected NOBYPASSRLS"),
        ("ALTER ROLE migrator RENAME TO other", "ALTER ROLE other RENAME TO migrator", "expected to exist"),
    ] {
        cluster.database.sql(change);
        let output = cluster.run("postgres", "00_roles.sql");
        let text = support::text(&output);
        assert!(!output.status.success() && text.contains(said), "{change}: {text}");
        assert_eq!(cluster.database.value("SELECT count(*) FROM pg_roles WHERE rolname = 'app'"), "0");
        cluster.database.sql(back);
    }
    // A role of another environment, with other attributes and rights: brought to the policy, and left on the way back.
    cluster.database.sql("CREATE ROLE app NOLOGIN CREATEDB NOINHERIT BYPASSRLS");
    cluster.apply("postgres", "00_roles.sql");
    let attributes =
        "SELECT concat_ws(' ', rolcanlogin, rolcreatedb, rolinherit, rolbypassrls) FROM pg_roles WHERE rolname = 'app'";
    assert_eq!(cluster.database.value(attributes), "t f t f");
    let output = cluster.run("postgres", "rollback_roles.sql");
    assert!(output.status.success() && support::text(&output).contains("app was there before"), "{output:?}");
    assert_eq!(cluster.database.column("SELECT rolname FROM pg_roles WHERE rolname IN ('app', 'support')"), ["app"]);
}

const KILLED: &str = "\nDO $killed$BEGIN RAISE EXCEPTION 'killed by the test'; END$killed$;\n";

/// Runs the files one transaction after the other. A transaction that is broken off after any of its statements leaves
/// everything as it was; after each that ends, no role sees more than before or after the whole.
fn stopped_anywhere(cluster: &Cluster, files: &[PathBuf], finish: &str) {
    let before = cluster.seen();
    let twin = cluster.database.twin();
    for file in files {
        let output = twin.psql(OWNER, ["-f".as_ref(), file.as_os_str()], &[], cluster.folder.path());
        support::succeeded(&output, finish);
    }
    let after = Cluster::seen_in(&twin, cluster.tenant);
    assert_ne!(before, after, "{finish} changes nothing that anybody sees");
    let broken = cluster.file("broken.sql");
    let (mut stops, mut commits) = (0, 0);
    for file in files {
        let cut = transactions(file);
        for transaction in &cut.transactions {
            let state = cluster.state();
            // Not after COMMIT, which is the last.
            for at in 0..transaction.len() - 1 {
                std::fs::write(&broken, [&cut.head, &transaction[..=at].concat(), KILLED].concat()).unwrap();
                let output = cluster.run_at(OWNER, &broken);
                assert!(support::text(&output).contains("killed by the test"), "{}", support::text(&output));
                stops += 1;
            }
            same("stopped within a transaction", &state, &cluster.state());
            std::fs::write(&broken, [&cut.head, &transaction.concat() as &str].concat()).unwrap();
            support::succeeded(&cluster.run_at(OWNER, &broken), &file.display().to_string());
            commits += 1;
            for (what, count) in cluster.seen() {
                let most = before.get(&what).max(after.get(&what)).copied().unwrap_or_default();
                assert!(count <= most, "stopped in {}: {what}: {count} rows, at most {most} expected", file.display());
            }
        }
    }
    std::fs::remove_file(&broken).unwrap();
    assert!(stops > 300 && commits > 30, "{stops} stops and {commits} commits are too few to be the whole");
    assert_eq!(cluster.seen(), after, "{finish} in pieces ends elsewhere");
}

#[test]
fn stopped_anywhere_nobody_sees_more_than_before_or_after() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "") else { return };
    cluster.apply("postgres", "00_roles.sql");
    stopped_anywhere(&cluster, &cluster.steps(), "apply.sql");
    stopped_anywhere(&cluster, &[cluster.file("rollback.sql")], "rollback.sql");
}

/// A team that comes from nothing: its roles and everybody could read everything, and some rights hang on columns.
const OPEN: &str = "
    GRANT ALL ON public.expenses TO app WITH GRANT OPTION; GRANT SELECT ON public.expenses TO PUBLIC;
    GRANT SELECT (id, email), UPDATE (name) ON public.users TO app, support;
    GRANT SELECT ON public.open_reports TO PUBLIC; GRANT SELECT ON public.monthly_totals TO app;
    GRANT ALL ON public.audit_logs_2025_12 TO app; GRANT ALL ON SEQUENCE public.voucher_numbers TO PUBLIC, support;
    GRANT CREATE ON SCHEMA public TO PUBLIC; GRANT ALL ON SCHEMA archive TO app WITH GRANT OPTION;
    GRANT EXECUTE ON FUNCTION public.say_nothing() TO support; REVOKE ALL ON FUNCTION public.set_search_key() FROM PUBLIC;
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC, app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA archive GRANT ALL ON SEQUENCES TO support WITH GRANT OPTION;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
    ALTER VIEW public.open_reports SET (security_barrier = false);
    CREATE POLICY everything ON public.sessions FOR ALL TO app USING (true) WITH CHECK (user_agent <> '');
    ALTER TABLE public.sessions FORCE ROW LEVEL SECURITY;";

#[test]
fn what_the_schema_files_say_comes_back_exactly() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "") else { return };
    cluster.apply("postgres", "00_roles.sql");
    cluster.database.sql_as(OWNER, OPEN);
    let dumped = cluster.database.server.dump_schema(&cluster.database.name).unwrap();
    cluster.build_from(&dumped);
    let before = cluster.state();
    assert!(before["relation expenses"].contains("(16"), "grants to others: {}", before["relation expenses"]);
    stopped_anywhere(&cluster, &cluster.steps(), "apply.sql");
    assert_eq!(cluster.database.sql_as("app", "SELECT count(*) FROM sessions").trim(), "0");
    stopped_anywhere(&cluster, &[cluster.file("rollback.sql")], "rollback.sql");
    same("taken back", &before, &cluster.state());
}
