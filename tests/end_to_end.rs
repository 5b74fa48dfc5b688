//! Export and import between two real databases.

mod attacks;
mod compare;
pub mod harness;
pub mod script;

use std::path::Path;

use noren::server::Server;

use crate::rows::broken_foreign_keys;
use crate::support::{self, Database};
use compare::{LeakSearch, compare};
use harness::Project;

/// One export of a project, and what its policy lets through on purpose. This is written by hand, so that the compiler
/// is not the only witness of what it does.
#[derive(Default)]
pub struct Case<'a> {
    pub export: &'a str,
    /// Tables whose policy lets only some rows leave, as `schema.table`.
    pub filtered: &'a [&'a str],
    /// A masked column, as `schema.table.column`, and a query for the original values that a condition or a path keeps.
    pub may_leave: &'a [(&'a str, &'a str)],
}

/// Export from a filled source, import into another database as an owner that is no superuser, and look at everything.
#[track_caller]
pub fn roundtrip(server: &'static Server, project: &Project, case: &Case) -> (Database, Database) {
    let source = project.source(server, 11);
    let target = project.target(server, case.export, 23);
    let run = project.folder.path().join("a run");
    support::succeeded(&project.export(&source, case.export, &run), "run.sql");
    let before = harness::catalog(&target);
    support::succeeded(&project.import(&target, case.export, &run), "import.sql");

    let tables = harness::plan(project, case.export);
    assert!(!tables.is_empty(), "the plan has no tables");
    report("rows", &compare(&tables, case.filtered, &source, &target, &run));
    report("foreign keys", &broken_foreign_keys(&target));
    report("catalog", &harness::difference(&before, &harness::catalog(&target)));
    report("sequences", &harness::stale_sequences(&target));
    let unpopulated = "SELECT matviewname FROM pg_matviews WHERE NOT ispopulated";
    report("materialized views", &target.column(unpopulated));
    leaks(&LeakSearch { tables: &tables, source: &source, may_leave: case.may_leave }, &run);
    (source, target)
}

#[track_caller]
fn leaks(search: &LeakSearch, run: &Path) {
    let masked = search.needle_count();
    assert!(masked > 10, "only {masked} original values to look for");
    report("leaks", &search.leaks(run));
}

/// Fails with everything that is wrong, not with the first.
#[track_caller]
fn report(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}: {} wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn sample(name: &str, case: &Case) {
    let Some(server) = support::server(None) else { return };
    let project = Project::copy(&support::root().join("policies").join(name), None);
    project.build();
    roundtrip(server, &project, case);
}

#[test]
fn expense_for_developers() {
    let case = Case { export: "developers", filtered: &["public.notices"], may_leave: &EXPENSE_MAY_LEAVE };
    sample("expense", &case);
}

#[test]
fn expense_for_investigations() {
    let Some(server) = support::server(None) else { return };
    let project = Project::copy(&support::root().join("policies/expense"), None);
    project.build();
    let tables = harness::plan(&project, "investigations");
    let names: Vec<String> = tables.iter().map(|table| format!("{}.{}", table.schema, table.name)).collect();
    let shared = ["public.currencies", "public.mileage_rates"];
    let filtered: Vec<&str> = names.iter().map(String::as_str).filter(|name| !shared.contains(name)).collect();
    let case = Case { export: "investigations", filtered: &filtered, may_leave: &EXPENSE_MAY_LEAVE };
    let (source, target) = roundtrip(server, &project, &case);

    // The export is of one tenant: its rows are there, and nobody else's.
    let tenant = harness::tenant(&source);
    for (table, mine) in [
        ("companies", "id = $"),
        ("archive.legacy_orders", "company_id = $"),
        ("departments", "tenant_id = $"),
        ("users", "tenant_id = $"),
        ("roles_of_staff", "tenant_id = $ OR tenant_id IS NULL"),
    ] {
        let mine = mine.replace('$', &format!("'{tenant}'"));
        let count =
            |database: &Database, which: &str| database.value(&format!("SELECT count(*) FROM {table} WHERE {which}"));
        assert_eq!(count(&source, &mine), count(&target, "true"), "{table}");
        assert_ne!(count(&source, "true"), count(&target, "true"), "{table}: other tenants have rows too");
    }
    for table in ["bank_accounts", "card_transactions", "expenses", "expense_reports", "vouchers", "取引先"] {
        let others = format!("SELECT count(*) FROM {table} WHERE tenant_id <> '{tenant}'");
        assert_ne!(source.value(&others), "0", "{table}: other tenants have rows too");
        assert_eq!(target.value(&others), "0", "{table}");
    }
}

/// Without a tenant, with one that is none, and with one that there is not, nothing leaves.
#[test]
fn an_export_of_one_tenant_asks_which() {
    let Some(server) = support::server(None) else { return };
    let project = Project::copy(&support::root().join("policies/expense"), None);
    project.build();
    let source = project.source(server, 3);
    for (tenant, said) in [
        (None, "this export is of one tenant"),
        (Some("nobody"), "invalid input syntax for type uuid"),
        (Some("' || gen_random_uuid() || '"), "invalid input syntax for type uuid"),
        (Some("00000000-0000-0000-0000-00000000dead"), "exactly one tenant"),
    ] {
        let run = project.folder.path().join(support::unique("run"));
        let mut arguments = harness::arguments(&run, &project.file("investigations", "run.sql"));
        if let Some(tenant) = tenant {
            arguments.splice(0..0, ["-v".into(), format!("tenant={tenant}").into()]);
        }
        let output = source.psql("postgres", arguments, &[("NOREN_MASK_KEY", harness::KEY)], project.folder.path());
        assert!(
            !output.status.success() && support::text(&output).contains(said),
            "{tenant:?}: {}",
            support::text(&output)
        );
        let written: Vec<_> =
            std::fs::read_dir(&run).into_iter().flatten().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!written.iter().any(|name| name.to_string_lossy().ends_with(".txt")), "{tenant:?}: {written:?}");
    }
}

const EXPENSE_MAY_LEAVE: [(&str, &str); 9] = [
    ("public.取引先.住所", "SELECT (住所).都道府県 FROM 取引先"),
    ("public.users.memo", "SELECT memo FROM users WHERE visibility = 'public'"),
    ("public.notices.title", "SELECT title FROM notices WHERE audience = 'everyone'"),
    ("public.notices.body", "SELECT body FROM notices WHERE audience = 'everyone'"),
    ("public.companies.settings", "SELECT settings->>'theme' FROM companies"),
    ("public.users.settings", "SELECT concat_ws(' ', settings->'theme', settings->'locale') FROM users"),
    ("public.users.settings", "SELECT jsonb_path_query(settings, 'lax $.devices[*].os')::text FROM users"),
    ("public.card_transactions.raw", "SELECT raw->>'terminal' FROM card_transactions"),
    ("public.audit_logs.detail", "SELECT detail->>'report' FROM audit_logs"),
];

#[test]
fn clinic_for_training() {
    sample("clinic", &Case { export: "training", may_leave: &CLINIC_MAY_LEAVE, ..Case::default() });
}

#[test]
fn clinic_for_research() {
    let filtered =
        ["clinic.lab_results", "clinic.users", "clinic.memberships", "clinic.invoices", "clinic.invoice_reminders"];
    let case = Case { export: "research", filtered: &filtered, may_leave: &CLINIC_MAY_LEAVE };
    sample("clinic", &case);
}

const CLINIC_MAY_LEAVE: [(&str, &str); 1] =
    [("clinic.patients.emergency_contact", "SELECT emergency_contact->>'relation' FROM clinic.patients")];

#[test]
fn storefront_for_analytics() {
    sample("storefront", &Case { export: "analytics", may_leave: &STOREFRONT_MAY_LEAVE, ..Case::default() });
}

#[test]
fn storefront_for_support() {
    sample("storefront", &Case { export: "support", may_leave: &STOREFRONT_MAY_LEAVE, ..Case::default() });
}

const STOREFRONT_MAY_LEAVE: [(&str, &str); 3] = [
    ("public.reviews.body", "SELECT body FROM reviews WHERE published"),
    ("public.payments.provider_payload", "SELECT provider_payload #>> '{risk,score}' FROM payments"),
    ("public.payments.provider_payload", "SELECT provider_payload #>> '{payer,country}' FROM payments"),
];

/// One of the small projects beside these tests, on a server of one major version; `None` is whichever is found.
fn odd(name: &str, major: Option<u32>, filtered: &[&str]) -> Option<(Database, Database)> {
    let server = support::server(major)?;
    let project = Project::copy(&support::root().join("tests/end_to_end").join(name), None);
    if let Some(major) = major {
        let file = project.folder.path().join("noren.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let other = text.lines().map(|line| match line.split_once('=') {
            Some((key, _)) if key.trim() == "version" => format!("version = {major}\n"),
            _ => format!("{line}\n"),
        });
        std::fs::write(&file, other.collect::<String>()).unwrap();
    }
    project.build();
    let may_leave = if name == "names" { &NAMES_MAY_LEAVE[..] } else { &[] };
    let case = Case { export: "developers", filtered, may_leave };
    Some(roundtrip(server, &project, &case))
}

/// Of a text with hardly a digit, `digits` gives the same text now and then: it leaves letters alone, and says so.
const NAMES_MAY_LEAVE: [(&str, &str); 1] = [(
    "public.row.digits",
    "SELECT digits FROM public.\"row\" WHERE length(regexp_replace(digits, '[^0-9]', '', 'g')) < 2",
)];

/// Names that a shell, psql, a file system or an alias of ours could take for something else.
#[test]
fn odd_names() {
    odd("names", None, &[]);
}

/// Every type, kept and masked.
#[test]
fn odd_types() {
    odd("types", None, &[]);
}

/// Kinds of tables, sequences, triggers and rules.
#[test]
fn odd_kinds() {
    odd("kinds", None, &[]);
}

const LINKS_FILTERED: [&str; 6] =
    ["public.projects", "public.tasks", "public.comments", "public.likes", "public.areas", "public.kinds"];

/// The same without foreign keys and triggers during the load, each key checked afterwards.
#[test]
fn odd_links_as_a_replica() {
    let Some(server) = support::server(None) else { return };
    let project = Project::copy(&support::root().join("tests/end_to_end/links"), None);
    let file = project.folder.path().join("policy.noren");
    let text = std::fs::read_to_string(&file).unwrap();
    let said = "export developers { tables *; import strategy replica_role because \"a test\"; }";
    std::fs::write(&file, text.replace("export developers { tables *; }", said)).unwrap();
    project.build();
    let import = std::fs::read_to_string(project.file("developers", "import.sql")).unwrap();
    assert!(import.contains("session_replication_role = replica") && !import.contains("DEFERRABLE INITIALLY"));
    // The role is there as soon as a target is.
    drop(project.target(server, "developers", 1));
    let grant = format!("GRANT SET ON PARAMETER session_replication_role TO \"{}\";", harness::OWNER);
    server.execute("postgres", &grant).unwrap();
    roundtrip(server, &project, &Case { export: "developers", filtered: &LINKS_FILTERED, ..Case::default() });
}

/// Foreign keys of every form, most of them with masked keys: as many rows meet after the mask as before it.
#[test]
fn odd_links() {
    let Some((source, target)) = odd("links", None, &LINKS_FILTERED) else { return };
    for join in [
        "a JOIN c ON c.next = a.id",
        "logins l JOIN users u ON u.id = l.who",
        "logins l JOIN users u ON u.code = l.code",
        "logins l JOIN users u ON u.number = l.number",
        "users e JOIN users b ON b.id = e.boss",
        "sales s JOIN shops p ON p.country = s.country AND p.no = s.shop",
        "sales s JOIN shops p ON p.country = s.country AND p.no = s.via_shop",
        "lines l JOIN users u ON u.number = l.first_of",
        "lines l JOIN orders o ON (o.id, o.y) = (l.order_id, l.y)",
        "orders o JOIN users u ON u.id = o.customer",
        "orders_1 o JOIN first_orders f ON (o.id, o.y) = (f.order_id, f.y)",
    ] {
        let met = |database: &Database| database.value(&format!("SELECT count(*) FROM {join}"));
        assert_eq!(met(&source), met(&target), "{join}");
        assert_ne!(met(&source), "0", "{join}");
    }
    let common = "SELECT id FROM users";
    assert!(source.column(common).iter().all(|id| !target.column(common).contains(id)), "a raw key left");
}

/// Which pseudonyms are equal: of one class, of one export or of two that say so, under one key.
#[test]
fn pseudonyms_agree_where_the_policy_says_so_and_nowhere_else() {
    let Some(server) = support::server(None) else { return };
    let policy = "
        setting noren.mask_key text secret;
        class person mask hash;
        class place  mask hash;
        table users    { id keep; email person; town place; }
        table contacts { id keep; email person; }
        export one   { tables *; }
        export two   { tables *; linkable with one because \"they are compared\"; users.town => mask null; }
        export three { tables *; no import; class place => mask constant('somewhere'); }";
    let toml = include_str!("end_to_end/small.toml").split("[export").next().unwrap().to_owned();
    let toml = ["one", "two", "three"]
        .iter()
        .fold(toml, |toml, name| format!("{toml}[export.{name}]\ntarget = \"psql\"\ndir = \"data\"\n"));
    let schema = "CREATE TABLE public.users (id integer NOT NULL, email text, town text);
                  CREATE TABLE public.contacts (id integer NOT NULL, email text);";
    let project = Project::of(schema, policy, &toml);
    project.build();
    assert!(project.file("two", "import.sql").exists() && !project.file("three", "import.sql").exists());
    let source = Database::new(server, "pseudonyms");
    source.sql(schema);
    source.sql("INSERT INTO users VALUES (1, 'taro', 'taro'); INSERT INTO contacts VALUES (7, 'taro');");
    let cells = |export: &str, table: &str, key: &str| -> Vec<String> {
        let run = project.folder.path().join(support::unique("run"));
        let output = project.export_with(&source, export, &run, &[("NOREN_MASK_KEY", key)]);
        support::succeeded(&output, "run.sql");
        let text = std::fs::read_to_string(run.join(format!("public.{table}.txt"))).unwrap();
        text.lines().nth(1).unwrap().split('\t').map(str::to_owned).collect()
    };
    let [one, two, three] = ["one", "two", "three"].map(|export| cells(export, "users", harness::KEY));
    assert_eq!(one[1], cells("one", "contacts", harness::KEY)[1], "one class in two tables");
    assert_ne!(one[1], one[2], "two classes");
    assert_eq!(one[1], two[1], "two exports that are linkable");
    assert_ne!(one[1], three[1], "two exports that are not");
    assert_ne!(one[1], cells("one", "users", &harness::KEY.replace('K', "k"))[1], "two keys");
    assert_eq!((two[2].as_str(), three[2].as_str()), ("\\N", "somewhere"), "treatments of one export");
    assert!([one, two, three].iter().all(|cells| cells[0] == "1" && !cells.contains(&"taro".to_owned())));
}

/// The oldest and the newest servers: before 15 the files have no header and the marker's schema is everybody's.
#[test]
fn odd_schemas_on_14() {
    for (name, filtered) in [("links", &LINKS_FILTERED[..]), ("types", &[])] {
        odd(name, Some(14), filtered);
    }
}

#[test]
fn odd_schemas_on_18() {
    for (name, filtered) in [("links", &LINKS_FILTERED[..]), ("kinds", &[])] {
        odd(name, Some(18), filtered);
    }
}

/// The harness itself: what it is there to find, it finds.
mod finds {
    use super::compare::{Column, Fate, Table};
    use super::*;

    fn table(columns: &[(&str, Fate)]) -> Vec<Table> {
        let columns = columns.iter().map(|(name, fate)| Column { name: (*name).to_owned(), fate: *fate }).collect();
        vec![Table { schema: "public".into(), name: "t".into(), stem: "public.t".into(), columns }]
    }

    fn databases(server: &'static Server) -> (Database, Database, tempfile::TempDir) {
        let (source, target) = (Database::new(server, "finds_a"), Database::new(server, "finds_b"));
        for database in [&source, &target] {
            database.sql(
                "CREATE TABLE t (id int PRIMARY KEY, secret text, tags text[], doc jsonb);
                 INSERT INTO t VALUES (1, 'taro.yamada', '{}', '{}'), (2, NULL, '{tagged-hjk23bcdf9}', '{\"a\": [\"deep-secret\"]}');",
            );
        }
        let run = tempfile::tempdir().unwrap();
        std::fs::write(run.path().join("manifest"), "table public.t 2 - id\n").unwrap();
        std::fs::write(run.path().join("public.t.txt"), "id\n1\n2\n").unwrap();
        (source, target, run)
    }

    #[test]
    fn nothing_where_nothing_is_wrong() {
        let Some(server) = support::server(None) else { return };
        let (source, target, run) = databases(server);
        let tables =
            table(&[("id", Fate::Kept), ("secret", Fate::Masked), ("tags", Fate::Absent), ("doc", Fate::Masked)]);
        assert_eq!(compare(&tables, &[], &source, &target, run.path()), Vec::<String>::new());
        let search = LeakSearch { tables: &tables, source: &source, may_leave: &[] };
        assert_eq!(search.leaks(run.path()), Vec::<String>::new());
        assert_eq!(search.needle_count(), 3);
    }

    #[test]
    fn every_kind_of_leak() {
        let Some(server) = support::server(None) else { return };
        let (source, _target, run) = databases(server);
        let tables =
            table(&[("id", Fate::Kept), ("secret", Fate::Masked), ("tags", Fate::Absent), ("doc", Fate::Masked)]);
        let may_leave = [("public.t.doc", "SELECT 'deep-secret'")];
        for (leaked, expected) in [("x taro.yamada y", 1), ("hjk23bcdf9", 1), ("\"deep-secret\"", 1), ("yamada", 0)] {
            std::fs::write(run.path().join("public.t.txt"), leaked).unwrap();
            let search = LeakSearch { tables: &tables, source: &source, may_leave: &[] };
            assert_eq!(search.leaks(run.path()).len(), expected, "{leaked}");
        }
        std::fs::write(run.path().join("public.t.txt"), "deep-secret").unwrap();
        let search = LeakSearch { tables: &tables, source: &source, may_leave: &may_leave };
        assert_eq!(search.leaks(run.path()), Vec::<String>::new());
    }

    #[test]
    fn a_lost_row_a_changed_value_and_null_for_empty() {
        let Some(server) = support::server(None) else { return };
        let (source, target, run) = databases(server);
        let tables = table(&[("id", Fate::Kept), ("secret", Fate::Kept)]);
        for change in [
            "UPDATE t SET secret = '' WHERE secret IS NULL",
            "UPDATE t SET id = 3 WHERE id = 2",
            "DELETE FROM t WHERE id = 2",
        ] {
            target.sql(change);
            assert!(!compare(&tables, &[], &source, &target, run.path()).is_empty(), "{change}");
        }
    }

    #[test]
    fn a_sequence_that_would_give_a_value_twice() {
        let Some(server) = support::server(None) else { return };
        let database = Database::new(server, "finds_sequence");
        database.sql(
            "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY); CREATE SEQUENCE down INCREMENT -1;
             CREATE TABLE d (id int DEFAULT nextval('down')); INSERT INTO t VALUES (DEFAULT); INSERT INTO d VALUES (DEFAULT);",
        );
        assert_eq!(harness::stale_sequences(&database), Vec::<String>::new());
        database.sql("INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (7); INSERT INTO d VALUES (-9);");
        assert_eq!(harness::stale_sequences(&database), ["d.id", "t.id"]);
    }

    #[test]
    fn every_change_of_the_catalog() {
        let Some(server) = support::server(None) else { return };
        let database = Database::new(server, "finds_catalog");
        database.sql(
            "CREATE TABLE t (id serial PRIMARY KEY, p int CONSTRAINT k REFERENCES t); INSERT INTO t VALUES (5);
             CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();",
        );
        for change in [
            "ALTER TABLE t DISABLE TRIGGER g",
            "ALTER TABLE t ENABLE REPLICA TRIGGER g",
            "ALTER TABLE t ALTER CONSTRAINT k DEFERRABLE",
            "ALTER TABLE t FORCE ROW LEVEL SECURITY",
            "SELECT nextval('t_id_seq')",
            "UPDATE t SET id = 6",
        ] {
            let before = harness::state(&database);
            database.sql(change);
            assert!(!harness::difference(&before, &harness::state(&database)).is_empty(), "{change}");
        }
    }
}
