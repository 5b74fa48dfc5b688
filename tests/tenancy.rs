//! The tenant column of tables that lack one, on a real server, run as somebody who owns the tables and is nothing more.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use noren::server::Server;

use crate::end_to_end::harness::{OWNER, Project, difference, state};
use crate::end_to_end::script::pieces;
use crate::rows::{self, fill};
use crate::support::{self, Database};

/// `generated/access/20_tenancy` of a project.
struct Folders {
    project: Project,
    files: Vec<PathBuf>,
    undo: Vec<PathBuf>,
}

impl Folders {
    #[track_caller]
    fn of(project: Project) -> Self {
        project.build();
        let all = walkdir::WalkDir::new(project.folder.path().join("generated/access/20_tenancy")).sort_by_file_name();
        let all = all.into_iter().map(|entry| entry.unwrap().into_path()).filter(|path| path.is_file());
        let (mut undo, files): (Vec<PathBuf>, Vec<PathBuf>) = all.partition(|path| path.ends_with("undo.sql"));
        undo.reverse();
        Self { project, files, undo }
    }

    fn sample(name: &str) -> Self {
        Self::of(Project::copy(&support::root().join("policies").join(name), None))
    }

    fn odd(version: u32) -> Self {
        let toml = format!(
            "[project]\nname = \"odd\"\nengine = \"postgresql\"\nversion = {version}\nschema = [\"schema.sql\"]\n\
             search = [\"public\"]\npolicies = [\"*.noren\"]\noutput = \"generated\"\n"
        );
        Self::of(Project::of(ODD, include_str!("tenancy/odd.noren"), &toml))
    }

    /// The one file whose path ends so.
    fn file(&self, end: &str) -> &Path {
        self.files.iter().find(|path| path.to_str().unwrap().ends_with(end)).unwrap()
    }

    /// The files up to and with this one.
    fn up_to(&self, end: &str) -> &[PathBuf] {
        let at = self.files.iter().position(|path| path.to_str().unwrap().ends_with(end)).unwrap();
        &self.files[..=at]
    }
}

const ODD: &str = include_str!("tenancy/odd.sql");
const VARCHAR: &str = "app_tenant() RETURNS varchar LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(pg_catalog.current_setting('app.tenant', true), '')::varchar";
const UUID: &str = "app_tenant_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(pg_catalog.current_setting('app.tenant_id', true), '')::uuid";

fn odd_rows(rows: u32) -> String {
    include_str!("tenancy/odd_rows.sql").replace(":rows", &rows.to_string())
}

/// One session for all files; the first error ends it.
fn psql(database: &Database, files: &[PathBuf]) -> Output {
    let arguments = files.iter().flat_map(|file| [Path::new("-f"), file.as_path()]);
    database.psql(OWNER, arguments, &[], Path::new("/"))
}

#[track_caller]
fn whole(database: &Database, files: &[PathBuf]) -> String {
    let output = psql(database, files);
    support::succeeded(&output, "20_tenancy");
    support::text(&output)
}

/// It fails, and says why.
#[track_caller]
fn refused(database: &Database, files: &[PathBuf], because: &str) {
    let output = psql(database, files);
    assert!(!output.status.success(), "it succeeded: {}", support::text(&output));
    assert!(support::text(&output).contains(because), "expected `{because}` in: {}", support::text(&output));
}

/// The schema with rows, owned by somebody who is no superuser, and the function that the default calls.
fn database(server: &'static Server, schema: &str, rows: &dyn Fn(&Database), function: &str) -> Database {
    for role in [format!("\"{OWNER}\" LOGIN"), "maker SUPERUSER LOGIN".to_owned(), "clerk LOGIN".to_owned()] {
        let sql = format!(
            "DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;"
        );
        server.execute("postgres", &sql).unwrap();
    }
    let database = Database::owned(server, "tenancy", Some(OWNER));
    database.sql_as("maker", schema);
    rows(&database);
    database.sql_as("maker", &format!("CREATE SCHEMA noren; CREATE FUNCTION noren.{function};"));
    database.sql(&format!("REASSIGN OWNED BY maker TO \"{OWNER}\"; ANALYZE;"));
    database
}

fn odd_database(server: &'static Server, rows: u32) -> Database {
    database(server, ODD, &|database| drop(database.sql_as("maker", &odd_rows(rows))), VARCHAR)
}

/// Names of internal triggers hold numbers that differ between databases, a dropped column leaves a trace that nobody
/// sees, and a refused row has taken its number.
fn shown(database: &Database) -> BTreeMap<String, String> {
    let mut state = state(database);
    let passing = ["RI_ConstraintTrigger", "pg.dropped", "place of"];
    state.retain(|key, _| !passing.iter().any(|word| key.contains(word)));
    state
}

#[track_caller]
fn same(what: &str, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
    let wrong = difference(before, after);
    assert!(wrong.is_empty(), "{what}: {} differ\n{}", wrong.len(), wrong.join("\n"));
}

/// Tables in which a row's tenant is not its parent's.
fn wrong_tenants(database: &Database) -> Vec<String> {
    let rows = database.rows(
        "SELECT 'select', count(*) FROM public.\"select\" c JOIN public.orders p USING (shop, no) WHERE c.\"user\" IS DISTINCT FROM p.\"user\"
         UNION ALL SELECT '明細', count(*) FROM \"会社\".\"明細 of 'a' \"\"b\"\"\" c LEFT JOIN public.\"select\" p ON p.id = c.\"行\" WHERE c.\"user\" IS DISTINCT FROM p.\"user\"
         UNION ALL SELECT 'last', count(*) FROM extra.last c JOIN \"会社\".\"明細 of 'a' \"\"b\"\"\" p ON p.\"キー\" = c.of WHERE c.\"user\" IS DISTINCT FROM p.\"user\"
         UNION ALL SELECT 'entries', count(*) FROM public.entries c JOIN public.ledger p ON (p.year, p.id) = (c.year, c.ledger) WHERE c.\"user\" IS DISTINCT FROM p.\"user\"",
    );
    rows.into_iter().filter(|row| row[1].as_deref() != Some("0")).map(|row| format!("{row:?}")).collect()
}

#[track_caller]
fn no_trigger_has_fired(database: &Database) {
    for table in ["public.\"select\"", "public.entries"] {
        assert_eq!(database.value(&format!("SELECT count(*) FROM {table} WHERE changed <> 0")), "0", "{table}");
    }
    assert_eq!(database.value("SELECT count(*) FROM public.log"), "0");
}

#[test]
fn a_chain_partitions_and_hostile_names_get_their_tenants_and_give_them_back() {
    for major in [None, Some(14), Some(18)] {
        let Some(server) = support::server(major) else { continue };
        let folders = Folders::odd(server.binaries().major);
        let database = odd_database(server, 50_000);
        let before = shown(&database);
        let said = whole(&database, &folders.files);
        assert!(said.matches("rows filled").count() > 6, "50,000 rows are more than one batch: {said}");
        assert!(said.contains("40 rows reference nothing and belong to nobody"), "{said}");
        assert_eq!(wrong_tenants(&database), Vec::<String>::new());
        no_trigger_has_fired(&database);
        let done = shown(&database);
        assert!(difference(&before, &done).len() > 30, "nothing was done, so nothing is shown");
        whole(&database, &folders.files);
        same("a second run", &done, &shown(&database));
        holds(&database);
        whole(&database, &folders.undo);
        same("undone", &before, &shown(&database));
        whole(&database, &folders.undo);
        same("undone twice", &before, &shown(&database));
    }
}

/// What the keys are for.
#[track_caller]
fn holds(database: &Database) {
    let other = "CASE \"user\" WHEN 'A' THEN 'b' ELSE 'A' END";
    for (what, sql) in [
        (
            "another tenant's child",
            format!(
                "INSERT INTO public.\"select\" (no, shop, note, \"user\") SELECT no, shop, 'x', {other} FROM public.orders LIMIT 1"
            ),
        ),
        (
            "a child without tenant",
            "INSERT INTO public.\"select\" (no, shop, note) SELECT no, shop, 'x' FROM public.orders LIMIT 1".to_owned(),
        ),
        (
            "another tenant's entry",
            format!(
                "INSERT INTO public.entries (year, ledger, kind, amount, \"user\") SELECT year, id, 'a', 1, {other} FROM public.ledger LIMIT 1"
            ),
        ),
        ("a moved parent", format!("UPDATE public.ledger SET \"user\" = {other}")),
        ("a referring row without tenant", "UPDATE \"会社\".\"明細 of 'a' \"\"b\"\"\" SET \"user\" = NULL".to_owned()),
    ] {
        let refused = database.try_sql(&sql).expect_err(what);
        assert!(refused.contains("violates"), "{what}: {refused}");
    }
    database.sql(
        "BEGIN; SELECT set_config('app.tenant', \"user\", true) FROM public.orders WHERE no = 1;
         INSERT INTO public.\"select\" (no, shop, note) VALUES (1, 1, 'by default'); ROLLBACK;",
    );
    // The reference is cleared, the tenant is not; before 15 the key cannot say so and waits for the end instead.
    let cleared = database.sql(
        "BEGIN; DELETE FROM extra.last; DELETE FROM public.\"select\" WHERE id = 1; SET CONSTRAINTS ALL IMMEDIATE;
         COPY (SELECT count(*) FROM \"会社\".\"明細 of 'a' \"\"b\"\"\" WHERE \"行\" IS NULL AND \"user\" IS NOT NULL) TO STDOUT; ROLLBACK;",
    );
    assert_eq!(cleared.trim(), "1");
}

/// Every table is forced, and its owner is shown nothing.
const FORCED: &str = "DO $$ DECLARE t regclass; BEGIN
  FOR t IN SELECT oid FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema|noren)' LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY nobody ON %s USING (false)', t);
  END LOOP; END $$;";

#[test]
fn under_force_the_owner_fills_and_checks_every_row_and_all_is_forced_again() {
    let Some(server) = support::server(None) else { return };
    let folders = Folders::odd(15);
    let (open, forced) = (odd_database(server, 2_000), odd_database(server, 2_000));
    forced.sql(FORCED);
    let blind = folders.project.folder.path().join("blind.sql");
    whole(&forced, folders.up_to("entries/1_column.sql"));
    let text = std::fs::read_to_string(folders.file("entries/2_backfill.sql")).unwrap();
    std::fs::write(&blind, text.replace("ALTER TABLE %s NO FORCE", "ALTER TABLE %s FORCE")).unwrap();
    refused(&forced, &[blind], "would be affected by row-level security policy");
    whole(&forced, &folders.files);
    whole(&open, &folders.files);
    assert_eq!(wrong_tenants(&forced), Vec::<String>::new());
    no_trigger_has_fired(&forced);
    assert_eq!(forced.value("SELECT count(*) FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"), "0");
    let digest = "SELECT md5(string_agg(s::text, '' ORDER BY id)) FROM public.\"select\" s";
    assert_eq!(open.value(digest), forced.value(digest));
    holds(&forced);
    whole(&forced, &folders.undo);
    assert_eq!(forced.value("SELECT count(*) FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"), "0");
}

#[test]
fn under_force_a_row_of_another_tenant_is_not_called_valid() {
    let Some(server) = support::server(None) else { return };
    let folders = Folders::odd(15);
    let database = odd_database(server, 2_000);
    database.sql(FORCED);
    whole(&database, folders.up_to("entries/4_index.sql"));
    database.sql("UPDATE public.entries SET \"user\" = CASE \"user\" WHEN 'A' THEN 'b' ELSE 'A' END WHERE kind = 'b' AND ledger < 3");
    refused(&database, &folders.files, "rows whose tenant is not that of the row they reference");
    let forced = "SELECT count(*) FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity";
    assert_eq!(database.value(forced), "0");
    // Without the count before it, the key itself must find them.
    let text = std::fs::read_to_string(folders.file("entries/5_keys.sql")).unwrap();
    let uncounted = folders.project.folder.path().join("uncounted.sql");
    std::fs::write(&uncounted, text.replace("IF cardinality(wrong) > 0", "IF false")).unwrap();
    refused(&database, &[uncounted], "violates foreign key constraint");
    assert_eq!(database.value(forced), "0");
}

#[test]
fn rows_that_get_no_tenant_are_counted_and_stop_the_run() {
    let Some(server) = support::server(None) else { return };
    let folders = Folders::odd(15);
    let database = odd_database(server, 2_000);
    database.sql(
        "ALTER TABLE public.\"select\" DROP CONSTRAINT \"of order\", ALTER no DROP NOT NULL;
         INSERT INTO public.\"select\" (no, shop, note) VALUES (-1, -1, 'x'), (-2, -1, 'x'), (-1, -3, 'x'), (NULL, 1, 'x'), (NULL, 2, 'x');
         ALTER TABLE public.\"select\" ADD CONSTRAINT \"of order\" FOREIGN KEY (shop, no) REFERENCES public.orders NOT VALID;",
    );
    refused(
        &database,
        &folders.files,
        "DETAIL:  2 rows whose foreign key is NULL\n3 rows whose foreign key leads to no row\n",
    );
    assert_eq!(database.value("SELECT count(*) FROM public.\"select\" WHERE \"user\" IS NULL"), "5");
    database.sql("DELETE FROM public.\"select\" WHERE no IS NULL OR no < 0");
    whole(&database, &folders.files);
    assert_eq!(wrong_tenants(&database), Vec::<String>::new());
}

#[test]
fn a_column_or_an_index_that_somebody_else_made_stops_the_run() {
    let Some(server) = support::server(None) else { return };
    let folders = Folders::odd(15);
    for (sql, because) in [
        ("ALTER TABLE public.entries ADD \"user\" integer", "expected column user"),
        (
            "CREATE INDEX select_user_shop_no_idx1 ON public.\"select\" (id)",
            "the tenant column of public.\"select\" is not whole",
        ),
        (
            "CREATE TABLE extra.entries_more PARTITION OF public.\"entries_rest\" FOR VALUES FROM (9999) TO (10000);
          INSERT INTO public.ledger VALUES (9999, 1, 'A'); INSERT INTO public.entries VALUES (9999, 1, 'b', 1);",
            "1 rows that are still to be filled",
        ),
    ] {
        let database = odd_database(server, 300);
        database.sql(&format!("SET ROLE \"{OWNER}\"; {sql}"));
        refused(&database, &folders.files, because);
    }
}

const KILLS: [&str; 3] = [
    "\nDO $killed$BEGIN RAISE EXCEPTION 'killed by the test'; END$killed$;\n",
    "\nSELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid());\n",
    "\n\\! kill -9 $PPID\n",
];

fn alone(database: &Database) {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let asked = Instant::now();
    while database.value(others) != "0" {
        assert!(asked.elapsed() < Duration::from_secs(20), "a session stays");
        sleep(Duration::from_millis(10));
    }
}

/// After each statement of each file, on a fresh copy; then the whole folder again.
#[test]
fn killed_after_any_statement_another_run_ends_the_same() {
    let Some(server) = support::server(None) else { return };
    let folders = Folders::sample("expense");
    let rows = |database: &Database| {
        database.sql(&std::fs::read_to_string(folders.project.folder.path().join("rows.sql")).unwrap());
    };
    let fresh = database(server, &folders.project.schema, &rows, UUID);
    let before = shown(&fresh);
    let end = fresh.twin();
    whole(&end, &folders.files);
    let end = shown(&end);
    let broken = folders.project.folder.path().join("broken.sql");
    let (mut base, mut kills) = (fresh.twin(), 0_usize);
    for (file, then) in folders
        .files
        .iter()
        .map(|file| (file, (&folders.files, &end)))
        .chain(folders.undo.iter().map(|file| (file, (&folders.undo, &before))))
    {
        let text = std::fs::read_to_string(file).unwrap();
        let parts: Vec<&str> = pieces(&text).iter().map(|piece| piece.text).collect();
        let matters = |part: &str| !part.trim_start().starts_with(['\\', 'S']) || part.contains("SET LOCAL");
        for at in (0..parts.len()).filter(|at| matters(parts[*at])) {
            let killed = [&parts[..=at].concat(), KILLS[kills % KILLS.len()], &parts[at + 1..].concat()].concat();
            std::fs::write(&broken, killed).unwrap();
            let database = base.twin();
            psql(&database, std::slice::from_ref(&broken));
            alone(&database);
            whole(&database, then.0);
            same(&format!("killed in {} after {:?}", file.display(), parts[at]), then.1, &shown(&database));
            kills += 1;
        }
        let next = base.twin();
        whole(&next, std::slice::from_ref(file));
        base = next;
    }
    assert!(kills > 40, "{kills} kills are too few to be all");
}

#[test]
fn terminated_in_the_middle_of_the_backfill_another_run_goes_on() {
    let Some(server) = support::server(None) else { return };
    let folders = Folders::odd(15);
    let database = odd_database(server, 50_000);
    whole(&database, folders.up_to("select/1_column.sql"));
    let mut command = server.psql(&database.name, OWNER).unwrap();
    command.arg("-f").arg(folders.file("select/2_backfill.sql")).stdin(Stdio::null()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    let told = BufReader::new(running.stderr.take().unwrap())
        .lines()
        .find(|line| line.as_ref().unwrap().contains("11520 in all"));
    assert!(told.is_some(), "it never came so far");
    database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    assert!(!running.wait().unwrap().success());
    alone(&database);
    let filled: u32 = database.value("SELECT count(\"user\") FROM public.\"select\"").parse().unwrap();
    assert!((11_520..50_000).contains(&filled), "{filled}");
    no_trigger_has_fired(&database);
    assert_eq!(database.value("SELECT count(*) FROM pg_trigger WHERE tgenabled NOT IN ('O', 'A')"), "0");
    whole(&database, &folders.files);
    assert_eq!(wrong_tenants(&database), Vec::<String>::new());
}

/// Inserts with a tenant, and every tenth time without one, until told to stop; says what became of them.
const CLERK: &str = "DO $$
DECLARE began timestamptz; longest interval := '0'; refused integer := 0; written integer := 0; o record;
BEGIN
  WHILE NOT EXISTS (SELECT FROM public.log) LOOP
    SELECT * INTO o FROM public.orders WHERE no = 1 + written % 500;
    PERFORM set_config('app.tenant', CASE written % 10 WHEN 0 THEN '' ELSE o.\"user\" END, false);
    began := clock_timestamp();
    BEGIN
      INSERT INTO public.\"select\" (no, shop, note) VALUES (o.no, o.shop, 'live');
    EXCEPTION WHEN not_null_violation OR check_violation THEN refused := refused + 1;
    END;
    UPDATE public.\"select\" SET note = note || '.' WHERE id = 1 + (written * 97) % 40000 AND (\"note\" LIKE 'x%');
    longest := greatest(longest, clock_timestamp() - began);
    COMMIT;
    written := written + 1;
    PERFORM pg_sleep(0.002);
  END LOOP;
  RAISE NOTICE 'written % refused % longest %', written, refused, round(extract(epoch FROM longest) * 1000);
END $$;";

#[test]
fn the_application_goes_on_meanwhile_and_what_it_writes_is_caught() {
    let Some(server) = support::server(None) else { return };
    let folders = Folders::odd(15);
    let database = odd_database(server, 40_000);
    database.sql(
        "DROP TRIGGER \"Tell all\" ON public.\"select\"; DROP TRIGGER of_note ON public.\"select\"; DROP TRIGGER later ON public.\"select\";
         GRANT USAGE ON SCHEMA noren TO clerk; GRANT SELECT ON public.orders, public.log TO clerk; GRANT SELECT, INSERT, UPDATE ON public.\"select\" TO clerk;",
    );
    let mut command = server.psql(&database.name, "clerk").unwrap();
    let live = command.args(["-c", CLERK]).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    sleep(Duration::from_millis(300));
    let ran = psql(&database, &folders.files);
    sleep(Duration::from_millis(300));
    database.sql("INSERT INTO public.log VALUES ('stop')");
    let said = live.wait_with_output().unwrap();
    support::succeeded(&said, "the application");
    support::succeeded(&ran, "20_tenancy");
    let said = support::text(&said);
    let number =
        |word: &str| -> u32 { said.split(word).nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap() };
    assert!(number("written") > 200 && number("refused") > 0, "{said}");
    assert!(number("longest") < 5_000, "{said}");
    assert_eq!(wrong_tenants(&database), Vec::<String>::new());
    assert_eq!(database.value("SELECT count(*) FROM public.\"select\" WHERE \"user\" IS NULL"), "0");
    let live = database.value("SELECT count(*) FROM public.\"select\" WHERE note LIKE 'live%'");
    assert_eq!(live, (number("written") - number("refused")).to_string());
}

/// The children of a sample and their parents' tenants.
#[track_caller]
fn sample(name: &str, function: &str, children: &[(&str, &str)]) {
    let Some(server) = support::server(None) else { return };
    let folders = Folders::sample(name);
    let rows = |database: &Database| {
        database.sql(&std::fs::read_to_string(folders.project.folder.path().join("rows.sql")).unwrap());
        rows::whole(&fill(database, 31));
    };
    let database = database(server, &folders.project.schema, &rows, function);
    let before = shown(&database);
    whole(&database, &folders.files);
    for (child, join) in children {
        let all = database.value(&format!("SELECT count(*) FROM {child}"));
        assert_ne!(all, "0");
        assert_eq!(database.value(&format!("SELECT count(*) FROM {child} c JOIN {join}")), all, "{child}");
    }
    let dumped = Project::copy(&support::root().join("policies").join(name), None);
    std::fs::write(dumped.folder.path().join("schema.sql"), server.dump_schema(&database.name).unwrap()).unwrap();
    dumped.build();
    assert!(!dumped.folder.path().join("generated/access/20_tenancy").exists(), "the dump has the column");
    same_policies(&folders.project, &dumped);
    whole(&database, &folders.undo);
    same("undone", &before, &shown(&database));
}

/// What protects a table is the same before its column is there and after.
#[track_caller]
fn same_policies(before: &Project, after: &Project) {
    let statements = |project: &Project| -> BTreeMap<String, Vec<String>> {
        let folder = project.folder.path().join("generated/access/30_tables");
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let policies = |text: &str| {
            let found = pieces(text).into_iter().map(|piece| piece.text.lines().filter(|line| !line.starts_with("--")));
            let found = found.map(|lines| lines.collect::<Vec<_>>().join("\n").trim().to_owned());
            found.filter(|text| ["CREATE POLICY", "GRANT"].iter().any(|word| text.starts_with(word))).collect()
        };
        entries
            .map(|path| {
                let text = std::fs::read_to_string(&path).unwrap();
                (path.file_name().unwrap().to_str().unwrap().to_owned(), policies(&text))
            })
            .collect()
    };
    let (before, after) = (statements(before), statements(after));
    assert!(before.values().map(Vec::len).sum::<usize>() > 10, "no policies were found");
    for (name, expected) in &before {
        assert_eq!(Some(expected), after.get(name), "{name}");
    }
}

#[test]
fn the_children_of_expense() {
    sample("expense", UUID, &[("expense_items", "expenses p ON p.id = c.expense_id AND p.tenant_id = c.tenant_id")]);
}

#[test]
fn the_children_of_clinic() {
    let children = [
        ("clinic.consents", "clinic.patients p ON p.id = c.patient_id AND p.organisation_id = c.organisation_id"),
        (
            "clinic.prescriptions",
            "clinic.encounters p ON p.id = c.encounter_id AND p.organisation_id = c.organisation_id",
        ),
    ];
    sample("clinic", "nothing() RETURNS integer LANGUAGE sql RETURN 1", &children);
}
