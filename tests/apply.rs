//! What the files of access do to a database: applied, applied again, stopped anywhere, and taken back.

pub mod cluster;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};

use cluster::{CLINIC, Cluster, EXPENSE, OWNER, transactions};

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
    cluster.take_back();
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

#[test]
fn another_sample_goes_to_the_policy_and_back() {
    let Some(cluster) = Cluster::start(&CLINIC, None, "") else { return };
    let before = cluster.state();
    cluster.apply("postgres", "00_roles.sql");
    stopped_anywhere(&cluster, &cluster.steps(), false);
    cluster.apply(OWNER, "apply.sql");
    stopped_anywhere(&cluster, &[cluster.file("rollback.sql")], false);
    cluster.take_back();
    same("taken back", &before, &cluster.state());
}

const STAGES: [&str; 4] = ["off", "enabled", "forced", "policy"];

fn environments() -> String {
    let of = |stage: &str| match stage {
        "policy" => "[env.policy]\nrls.bypass = \"policy\"\n".to_owned(),
        stage => format!("[env.{stage}]\nrls.stage = \"{stage}\"\n"),
    };
    STAGES.map(of).concat()
}

/// Each environment's files bring a database there from wherever it is, and only those are written that differ.
#[test]
fn an_environment_brings_any_other_to_it() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, &environments()) else { return };
    let generated = cluster.folder.path().join("generated");
    assert!(!generated.join("env/forced").exists(), "what does not differ is written twice");
    let off = std::fs::read_dir(generated.join("env/off/access")).unwrap().count();
    assert!(off < 8, "{off} entries");
    assert!(!generated.join("env/policy/access/10_functions.sql").exists());
    let apply = |stage: &str| {
        let own = generated.join("env").join(stage).join("access");
        let own = if own.exists() { own } else { generated.join("access") };
        let roles =
            if own.join("00_roles.sql").exists() { own.join("00_roles.sql") } else { cluster.file("00_roles.sql") };
        support::succeeded(&cluster.run_at("postgres", &roles), &format!("roles of {stage}"));
        support::succeeded(&cluster.run_at(OWNER, &own.join("apply.sql")), &format!("apply.sql of {stage}"));
        cluster.state()
    };
    let flags = |state: &BTreeMap<String, String>, table: &str| {
        let found = &state[&format!("relation {table}")];
        found.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" ")
    };
    let mut first = BTreeMap::new();
    // Every way from one to another.
    for stage in [
        "off", "enabled", "forced", "policy", "off", "forced", "enabled", "off", "policy", "enabled", "policy",
        "forced", "off",
    ] {
        let state = apply(stage);
        let expected = match stage {
            "off" => "f f",
            "enabled" => "t f",
            _ => "t t",
        };
        assert_eq!(flags(&state, "expenses"), expected, "{stage}");
        assert_eq!(flags(&state, "card_transactions_rest"), expected, "{stage}");
        // The schema files say so, whatever the stage.
        assert_eq!(flags(&state, "bank_accounts"), "t t", "{stage}");
        same(stage, first.entry(stage).or_insert_with(|| state.clone()), &state);
    }
}

/// Readers go on while the files are applied again, and nobody waits for long, not even behind somebody who holds on to
/// a table.
#[test]
fn readers_go_on_during_another_run() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "") else { return };
    cluster.apply("postgres", "00_roles.sql");
    cluster.apply(OWNER, "apply.sql");
    let (setting, tenant) = cluster.tenant;
    let statements = "SELECT count(*) FROM expenses; SELECT count(*) FROM users; SELECT count(*) FROM attachments;
        SELECT count(*) FROM audit_logs; UPDATE notices SET title = title;\n"
        .repeat(4_000);
    let reader = cluster.file("reader.sql");
    std::fs::write(&reader, format!("SET {setting} = '{tenant}';\n\\timing on\n{statements}")).unwrap();
    let started = std::time::Instant::now();
    let mut readers = Vec::new();
    for number in 0..2 {
        let mut psql = cluster.database.server.psql(&cluster.database.name, "app").unwrap();
        let out = std::fs::File::create(cluster.file(&format!("reader_{number}.txt"))).unwrap();
        psql.args(["-v", "ON_ERROR_STOP=1", "-f"]).arg(&reader).stdin(std::process::Stdio::null());
        readers.push(psql.stderr(out.try_clone().unwrap()).stdout(out).spawn().unwrap());
    }
    let mut holder = cluster.database.server.psql(&cluster.database.name, "app").unwrap();
    holder.args(["-c", "BEGIN", "-c", "SELECT count(*) FROM expenses", "-c", "SELECT pg_sleep(5)", "-c", "COMMIT"]);
    let mut holder = holder.stdout(std::process::Stdio::null()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    cluster.apply(OWNER, "apply.sql");
    assert!(started.elapsed().as_secs() >= 5, "nothing was waited for");
    assert!(holder.wait().unwrap().success());
    cluster.apply(OWNER, "apply.sql");
    for (number, mut reader) in readers.into_iter().enumerate() {
        let ended = reader.try_wait().unwrap();
        assert!(ended.is_none_or(|status| status.success()));
        let _ = reader.kill();
        reader.wait().unwrap();
        let text = std::fs::read_to_string(cluster.file(&format!("reader_{number}.txt"))).unwrap();
        assert!(!text.contains("ERROR"), "{}", text.lines().find(|line| line.contains("ERROR")).unwrap_or_default());
        let times = text.lines().filter_map(|line| line.strip_prefix("Time: ")?.split(' ').next()?.parse::<f64>().ok());
        let longest = times.clone().fold(0.0, f64::max);
        assert!(times.count() > 100 && longest < 6_000.0, "a reader waited for {longest} ms");
        assert!(longest > 100.0, "nobody waited at all, so nothing was shown");
    }
}

/// What the planner expects of a table that policies guard is what it expects where the tenant test stands in the query:
/// what binds everybody may not count for one more filter.
#[test]
fn the_planner_expects_what_it_would_expect_by_hand() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "") else { return };
    cluster.apply("postgres", "00_roles.sql");
    cluster.apply(OWNER, "apply.sql");
    let (setting, tenant) = cluster.tenant;
    cluster.database.sql(&format!(
        "SET session_replication_role = replica;
         INSERT INTO approvals (id, tenant_id, report_id, approver_id) OVERRIDING SYSTEM VALUE
           SELECT n, CASE n % 2 WHEN 0 THEN '{tenant}'::uuid ELSE gen_random_uuid() END, n, n
           FROM generate_series(1000, 4999) AS n;
         ANALYZE approvals"
    ));
    let expected = |user: &str, condition: &str| {
        let table = format!("EXPLAIN SELECT FROM approvals {condition}");
        let plan = cluster.database.sql_as(user, &format!("SET {setting} = '{tenant}'; {table}"));
        plan.split_once(" rows=").unwrap().1.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let by_hand = expected("postgres", "WHERE tenant_id = (SELECT noren.app_tenant_id())");
    let bound = expected("app", "");
    assert!(by_hand > 0 && bound.abs_diff(by_hand) <= by_hand / 50, "{bound} rows expected, {by_hand} by hand");
}

/// The floor says what the permissive policy says, and PostgreSQL asks once what it finds twice. Who is no role of the
/// policy may not ask at all, whatever somebody grants it.
#[test]
fn a_statement_pays_for_one_test_of_the_tenant() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "") else { return };
    cluster.apply("postgres", "00_roles.sql");
    cluster.apply(OWNER, "apply.sql");
    let (setting, tenant) = cluster.tenant;
    let plan = cluster
        .database
        .sql_as("app", &format!("SET {setting} = '{tenant}'; EXPLAIN SELECT FROM approvals WHERE id = 1"));
    let asked = plan.lines().filter(|line| line.trim_start().starts_with("InitPlan")).count();
    assert_eq!(asked, 1, "{plan}");
    cluster.database.sql(
        "CREATE ROLE stranger LOGIN; GRANT USAGE ON SCHEMA public TO stranger;
         GRANT SELECT ON approvals TO stranger; CREATE POLICY late ON approvals USING (true)",
    );
    let refused =
        cluster.database.try_sql_as("stranger", &format!("SET {setting} = '{tenant}'; SELECT FROM approvals"));
    assert!(refused.unwrap_err().contains("permission denied for function"), "a stranger asks for a tenant");
}

/// Policies move from the function of one type to that of the other; stopped on the way, each table has the one or the other.
#[test]
fn a_setting_gets_another_type() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "") else { return };
    cluster.apply("postgres", "00_roles.sql");
    cluster.apply(OWNER, "apply.sql");
    let seen = cluster.seen();
    let policy = cluster.folder.path().join("access.noren");
    let written = std::fs::read_to_string(&policy).unwrap();
    let changed = written.lines().map(|line| {
        let is_it = line.starts_with("setting app.user_id");
        if is_it { line.replace("bigint", "numeric") } else { line.to_owned() }
    });
    let changed = changed.collect::<Vec<_>>().join("\n");
    assert_ne!(changed, written.trim_end());
    std::fs::write(&policy, changed).unwrap();
    cluster.build_from(&std::fs::read_to_string(cluster.folder.path().join("schema.sql")).unwrap());
    let returns = "SELECT string_agg(proname || ' ' || prorettype::regtype, ', ' ORDER BY proname)
         FROM pg_proc WHERE pronamespace = 'noren'::regnamespace";
    cluster.apply(OWNER, "10_functions.sql");
    assert_eq!(cluster.seen(), seen, "between two files");
    assert!(cluster.database.sql(returns).contains(" bigint"), "the one that policies call is still there");
    cluster.apply(OWNER, "apply.sql");
    assert_eq!(cluster.database.sql(returns).trim(), "app_tenant_id uuid, app_user_id numeric");
    assert_eq!(cluster.seen(), seen);
}

/// Under FORCE the owner's own work is bound too: what row security would change in silence is an error.
#[test]
fn an_owner_under_force_works_or_fails_loudly() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "") else { return };
    cluster.apply("postgres", "00_roles.sql");
    cluster.apply(OWNER, "apply.sql");
    let loud = |sql: &str| cluster.database.try_sql_as(OWNER, &format!("SET row_security = off; {sql}")).unwrap_err();
    for sql in [
        "UPDATE expenses SET status = status",
        "REFRESH MATERIALIZED VIEW monthly_totals",
        "SELECT count(*) FROM users",
        "ALTER TABLE archive.legacy_orders ADD COLUMN buyer bigint DEFAULT 1 REFERENCES users",
    ] {
        let error = loud(sql);
        assert!(error.contains("affected by row-level security"), "{sql}: {error}");
    }
    // A new child table comes with a new dump, and the files know it.
    cluster.database.sql_as(OWNER, "CREATE TABLE receipts (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, expense_id bigint); \
        INSERT INTO receipts VALUES (1, '11111111-1111-4111-8111-111111111111', 1), (2, '22222222-2222-4222-8222-222222222222', 2);");
    assert!(cluster.database.try_sql_as("app", "SELECT FROM receipts").is_err(), "a new table is open to nobody");
    assert!(!cluster.run(OWNER, "90_assert.sql").status.success(), "the table that nobody declared is not found");
    let before = cluster.state();
    let dumped = cluster.database.server.dump_schema(&cluster.database.name).unwrap();
    cluster.build_from(&dumped);
    cluster.apply(OWNER, "apply.sql");
    let seen = cluster.seen();
    let (_, tenant) = cluster.tenant;
    assert_eq!(seen[&format!("app receipts {tenant}")], 1);
    assert_eq!((seen["app receipts"], seen["migrator receipts"]), (0, 0));
    assert!(difference(&before, &cluster.state()).iter().all(|line| line.contains("receipts")), "other tables changed");
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
    assert_eq!(cluster.database.sql_as("app", "SELECT count(*) FROM expenses").trim(), "0");
    cluster.take_back();
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

/// What a transaction of ours may change, in one value; a change that was taken back leaves it as it was.
const DIGEST: &str = r"SELECT 'state ' || md5(concat_ws('|',
  (SELECT string_agg(concat_ws(' ', c.oid, c.xmin, c.relrowsecurity, c.relforcerowsecurity, c.relacl, c.reloptions), ',' ORDER BY c.oid)
   FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.oid >= 16384),
  (SELECT string_agg(concat_ws(' ', p.oid, p.xmin), ',' ORDER BY p.oid) FROM pg_policy p),
  (SELECT string_agg(concat_ws(' ', a.attrelid, a.attnum, a.attacl), ',' ORDER BY a.attrelid, a.attnum) FROM pg_attribute a WHERE a.attacl IS NOT NULL),
  (SELECT string_agg(concat_ws(' ', p.oid, p.xmin), ',' ORDER BY p.oid) FROM pg_proc p WHERE p.oid >= 16384),
  (SELECT string_agg(concat_ws(' ', n.oid, n.xmin), ',' ORDER BY n.oid) FROM pg_namespace n WHERE n.nspname !~ '^pg_(toast_)?temp'),
  (SELECT string_agg(concat_ws(' ', d.oid, d.xmin), ',' ORDER BY d.oid) FROM pg_default_acl d),
  (SELECT string_agg(concat_ws(' ', d.objoid, d.xmin), ',' ORDER BY d.objoid, d.objsubid) FROM pg_description d WHERE d.objoid >= 16384)));
";

/// Runs a transaction to its COMMIT and kills its connection there. After each statement somebody else looks: what he
/// finds is what would be left if the connection ended here, and must be what was there before. Gives how often.
fn broken_off(cluster: &Cluster, watcher: &mut Talk, head: &str, transaction: &[String]) -> usize {
    let mut worker = Talk::new(cluster);
    worker.say(head);
    let before = watcher.say(DIGEST);
    assert_eq!(before.len(), 1, "{before:?}");
    let mut stops = 0;
    for statement in &transaction[..transaction.len() - 1] {
        worker.say(statement);
        assert_eq!(watcher.say(DIGEST), before, "something is left of a transaction that ends after\n{statement}");
        stops += 1;
    }
    worker.kill();
    assert_eq!(watcher.say(DIGEST), before, "something is left of a transaction whose connection was killed");
    stops
}

/// A `psql` that is told one thing after the other.
struct Talk {
    psql: Child,
    answers: BufReader<ChildStdout>,
}

impl Talk {
    fn new(cluster: &Cluster) -> Self {
        let mut psql = cluster.database.server.psql(&cluster.database.name, OWNER).unwrap();
        psql.args(["-At", "-v", "ON_ERROR_STOP=1"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut psql = psql.spawn().unwrap();
        let answers = BufReader::new(psql.stdout.take().unwrap());
        Self { psql, answers }
    }

    /// Lines that begin with `state`.
    #[track_caller]
    fn say(&mut self, sql: &str) -> Vec<String> {
        let stdin = self.psql.stdin.as_mut().unwrap();
        stdin.write_all(format!("{sql}\n\\echo heard\n").as_bytes()).unwrap();
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "psql ended at\n{sql}");
            match line.trim_end() {
                "heard" => return lines,
                line => lines.extend(line.find("state ").map(|at| line[at..].to_owned())),
            }
        }
    }

    fn kill(mut self) {
        self.psql.kill().unwrap();
        self.psql.wait().unwrap();
    }
}

/// Runs the files one transaction after the other. A transaction that is broken off after any of its statements leaves
/// everything as it was; after each that ends, no role sees more than before or after the whole.
fn stopped_anywhere(cluster: &Cluster, files: &[PathBuf], within: bool) -> usize {
    let before = cluster.seen();
    let twin = cluster.database.twin();
    for file in files {
        let output = twin.psql(OWNER, ["-f".as_ref(), file.as_os_str()], &[], cluster.folder.path());
        support::succeeded(&output, &file.display().to_string());
    }
    let after = Cluster::seen_in(&twin, cluster.tenant);
    assert_ne!(before, after, "nobody sees anything else than before");
    let bounded = |file: &Path| {
        for (what, count) in cluster.seen() {
            let most = before.get(&what).max(after.get(&what)).copied().unwrap_or_default();
            assert!(count <= most, "stopped in {}: {what}: {count} rows, at most {most} expected", file.display());
        }
    };
    let broken = cluster.file("broken.sql");
    let mut watcher = Talk::new(cluster);
    let (mut stops, mut commits) = (0, 0);
    for file in files {
        // Its own tests stop it; it has statements that no transaction may hold.
        if file.components().any(|part| part.as_os_str() == "20_tenancy") {
            support::succeeded(&cluster.run_at(OWNER, file), &file.display().to_string());
            bounded(file);
            continue;
        }
        let cut = transactions(file);
        for transaction in &cut.transactions {
            let state = cluster.state();
            if within {
                stops += broken_off(cluster, &mut watcher, &cut.head, transaction);
                same("stopped within a transaction", &state, &cluster.state());
            }
            std::fs::write(&broken, [&cut.head, &transaction.concat() as &str].concat()).unwrap();
            support::succeeded(&cluster.run_at(OWNER, &broken), &file.display().to_string());
            commits += 1;
            bounded(file);
        }
    }
    watcher.kill();
    std::fs::remove_file(&broken).unwrap();
    assert!(commits > 15, "{commits} transactions are too few to be the whole");
    assert_eq!(cluster.seen(), after, "in pieces it ends elsewhere");
    stops
}

#[test]
fn stopped_anywhere_nobody_sees_more_than_before_or_after() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "") else { return };
    cluster.apply("postgres", "00_roles.sql");
    let stops = stopped_anywhere(&cluster, &cluster.steps(), true);
    eprintln!("{stops} stops");
    assert!(stops > 600, "{stops} stops");
    let stops = stopped_anywhere(&cluster, &[cluster.file("rollback.sql")], true);
    assert!(stops > 300, "{stops} stops");
    // A transaction that ends in its middle is found.
    let text = [
        "BEGIN;\n",
        "REVOKE SELECT ON notices FROM PUBLIC; GRANT SELECT ON notices TO migrator, app;\n",
        "COMMIT AND CHAIN;\n",
        "COMMIT;\n",
    ];
    let halves = text.map(str::to_owned);
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        broken_off(&cluster, &mut Talk::new(&cluster), "", &halves)
    }));
    assert!(found.is_err(), "a change that stays is not seen");
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
    stopped_anywhere(&cluster, &cluster.steps(), false);
    assert_eq!(cluster.database.sql_as("app", "SELECT count(*) FROM sessions").trim(), "0");
    // A view that the policy does not name is open to nobody, whatever the schema granted on it.
    let view = cluster.database.try_sql_as("app", "SELECT FROM open_reports");
    assert!(view.is_err_and(|error| error.contains("permission denied")));
    stopped_anywhere(&cluster, &[cluster.file("rollback.sql")], false);
    cluster.take_back();
    same("taken back", &before, &cluster.state());
    cluster.apply(OWNER, "rollback.sql");
    same("taken back once more", &before, &cluster.state());
}
