//! `noren verify` on the samples, as its users run it, and on a database in which somebody has undone what was applied.

use std::collections::BTreeSet;

use noren::verify::engine;
use noren::verify::mutants;
use noren::verify::report::{Kind, Report};

use crate::isolation::samples::{Sample, checked, holds, run, told};
use crate::support;

/// A table with partitions, beside what the project of the planted faults has.
const PARTITIONED: (&str, &str) = (
    "CREATE TABLE public.events (
       id bigint NOT NULL, company_id uuid NOT NULL REFERENCES public.companies (id), at timestamptz NOT NULL, PRIMARY KEY (id, at)
     ) PARTITION BY RANGE (at);
     CREATE TABLE public.events_early PARTITION OF public.events FOR VALUES FROM (MINVALUE) TO ('2030-01-01');
     CREATE TABLE public.events_late PARTITION OF public.events DEFAULT;",
    "grant select, insert, update, delete on events to app;\ntable events { at keep; }",
);

struct Fault {
    name: &'static str,
    /// Run by a superuser in a database to which everything was applied.
    planted: &'static str,
    /// Where it is the cluster's.
    undo: &'static str,
    /// Words of a check that must fail by it.
    caught: &'static str,
}

#[rustfmt::skip]
const FAULTS: &[Fault] = &[
    Fault { name: "row security disabled", planted: "ALTER TABLE orders DISABLE ROW LEVEL SECURITY", undo: "", caught: "public.orders: app: read (tenant A)" },
    Fault { name: "NO FORCE", planted: "ALTER TABLE orders NO FORCE ROW LEVEL SECURITY", undo: "", caught: "public.orders: migrator: read (tenant unset)" },
    Fault { name: "an extra permissive policy for PUBLIC, and no floor", planted: "DROP POLICY noren_floor ON orders; CREATE POLICY wide ON orders USING (true)", undo: "", caught: "public.orders: app: read by COPY (tenant A)" },
    Fault { name: "USING (true) in the policy and in the floor", planted: "ALTER POLICY noren_select_to_app ON users USING (true); ALTER POLICY noren_floor ON users USING (true)", undo: "", caught: "public.users: app: read (tenant unset)" },
    Fault { name: "the floor dropped", planted: "DROP POLICY noren_floor ON orders", undo: "", caught: "public.orders: app beside a policy for PUBLIC: read nothing beyond the tenant (tenant A)" },
    Fault { name: "USING (true) in the floor", planted: "ALTER POLICY noren_floor ON orders USING (true)", undo: "", caught: "public.orders: app beside a policy for PUBLIC: delete nothing beyond the tenant" },
    Fault { name: "WITH CHECK (true) in the floor", planted: "ALTER POLICY noren_floor ON orders WITH CHECK (true)", undo: "", caught: "public.orders: app beside a policy for PUBLIC: insert another's row" },
    Fault { name: "the floor made permissive", planted: "DROP POLICY noren_floor ON users; CREATE POLICY noren_floor ON users TO app USING (company_id = (SELECT noren.app_company_id()))", undo: "", caught: "public.users: app beside a policy for PUBLIC: read nothing beyond" },
    Fault { name: "WITH CHECK (true) in the policies and in the floor", planted: "ALTER POLICY noren_floor ON users WITH CHECK (true); ALTER POLICY noren_insert_to_app ON users WITH CHECK (true); ALTER POLICY noren_update_to_app ON users WITH CHECK (true)", undo: "", caught: "public.users: app: move one's own rows to another" },
    Fault { name: "the floor for the application alone", planted: "ALTER POLICY noren_floor ON orders TO app", undo: "", caught: "public.orders: a stranger with rights and a policy for PUBLIC: read (tenant unset)" },
    Fault { name: "a helper for everybody", planted: "GRANT EXECUTE ON FUNCTION noren.app_company_id() TO PUBLIC", undo: "", caught: "public.orders: a stranger with rights and a policy for PUBLIC: read (tenant A)" },
    Fault { name: "a view without security_invoker", planted: "ALTER VIEW order_totals RESET (security_invoker)", undo: "", caught: "public.order_totals: app: read the view (tenant A)" },
    Fault { name: "a view that a superuser owns", planted: "ALTER VIEW order_totals RESET (security_invoker); ALTER VIEW order_totals OWNER TO postgres", undo: "", caught: "public.order_totals: app: read the view (tenant unset)" },
    Fault { name: "an IMMUTABLE helper", planted: "ALTER FUNCTION noren.app_company_id() IMMUTABLE", undo: "", caught: "app: read by a statement prepared for another tenant" },
    Fault { name: "a helper that has a tenant for everybody", planted: "DO $$ BEGIN EXECUTE format('CREATE OR REPLACE FUNCTION noren.app_company_id() RETURNS uuid LANGUAGE sql STABLE AS %L', format('SELECT coalesce(nullif(current_setting(%L, true), %L)::uuid, %L)', 'app.company_id', '', (SELECT company_id FROM orders GROUP BY 1 ORDER BY count(*) DESC LIMIT 1))); END $$", undo: "", caught: "app: read (tenant unset)" },
    Fault { name: "a grant on a partition", planted: "GRANT SELECT ON events_early TO app", undo: "", caught: "public.events_early: app: read the partition by its own name" },
    Fault { name: "a grant of TRUNCATE", planted: "GRANT TRUNCATE ON orders TO app", undo: "", caught: "public.orders: app: truncate" },
    Fault { name: "a grant on an internal table", planted: "GRANT SELECT ON flags TO app", undo: "", caught: "public.flags: app: select what is not granted" },
    Fault { name: "a grant to write a shared table", planted: "GRANT DELETE ON currencies TO app", undo: "", caught: "public.currencies: app: delete what is not granted" },
    Fault { name: "a grant of more than one reads for all tenants", planted: "GRANT DELETE ON orders TO reports", undo: "", caught: "public.orders: reports: delete what is not granted" },
    Fault { name: "a grant on the statistics", planted: "GRANT SELECT ON pg_statistic TO app", undo: "", caught: "app: read the statistics themselves" },
    Fault { name: "a right taken away", planted: "REVOKE SELECT ON users FROM app", undo: "", caught: "public.users: app: read (tenant A)" },
    Fault { name: "a copied tenant that is not the parent's", planted: "SET session_replication_role = replica; UPDATE order_lines l SET company_id = (SELECT c.id FROM companies c WHERE c.id <> l.company_id ORDER BY c.id LIMIT 1)", undo: "", caught: "public.order_lines: app: read (tenant A)" },
    Fault { name: "BYPASSRLS for the application", planted: "ALTER ROLE app BYPASSRLS", undo: "ALTER ROLE app NOBYPASSRLS", caught: "public.orders: app: read (tenant A)" },
    Fault { name: "BYPASSRLS taken away", planted: "ALTER ROLE reports NOBYPASSRLS", undo: "ALTER ROLE reports BYPASSRLS", caught: "public.orders: reports: read every tenant's rows" },
    Fault { name: "the application made a member of the owner", planted: "GRANT migrator TO app", undo: "REVOKE migrator FROM app", caught: "public.orders: app: truncate" },
    Fault { name: "the application made a reader of everything", planted: "GRANT pg_read_all_data TO app", undo: "REVOKE pg_read_all_data FROM app", caught: "public.flags: app: select what is not granted" },
    Fault { name: "a tenant stored for the role", planted: "DO $$ BEGIN EXECUTE format('ALTER ROLE app SET app.company_id = %L', (SELECT company_id FROM orders GROUP BY 1 ORDER BY count(*) DESC LIMIT 1)); END $$", undo: "ALTER ROLE app RESET app.company_id", caught: "app: read (tenant unset)" },
];

/// What `90_assert.sql` would say of the catalog is not asked here: each must show in what roles see and change.
#[test]
fn every_fault_in_a_database_is_caught_by_what_roles_see_and_change() {
    let Some(sample) = Sample::at(&support::root().join("tests/faults"), None, PARTITIONED) else { return };
    let (world, applied) = sample.world();
    holds(&checked(&world, &applied));
    let mut missed = Vec::new();
    for fault in FAULTS {
        let copy = world.copy(&applied, "noren_fault").unwrap();
        run(sample.engine(), &copy, fault.planted);
        let report = checked(&world, &copy);
        run(sample.engine(), "postgres", fault.undo);
        engine::drop_database(sample.engine(), &copy).unwrap();
        let found: BTreeSet<String> = report.failures().map(told).collect();
        if !found.iter().any(|found| found.contains(fault.caught)) {
            let found = found.into_iter().take(8).collect::<Vec<_>>().join("\n  ");
            missed.push(format!("{}: expected `{}`, found\n  {found}", fault.name, fault.caught));
        }
    }
    assert!(missed.is_empty(), "{} of {} missed:\n{}", missed.len(), FAULTS.len(), missed.join("\n"));
    holds(&checked(&world, &applied));
}

#[test]
fn every_weakening_is_named_and_survives_where_nobody_asserts() {
    let Some(sample) = Sample::at(&support::root().join("tests/faults"), None, PARTITIONED) else { return };
    let (world, applied) = sample.world();
    let weakened = || {
        let mut report = Report::new("faults", String::new(), 1);
        mutants::access::check(&world, &applied, &(), &mut report).unwrap();
        report
    };
    let report = weakened();
    holds(&report);
    let tried = report.counts()[&Kind::Mutant];
    assert!(tried.passed > 150 && tried.skipped == 0, "{tried:?}");
    std::fs::write(world.file("access/90_assert.sql"), "SELECT;").unwrap();
    assert_eq!(weakened().counts()[&Kind::Mutant].failed, tried.passed);
}

#[test]
fn queries_are_compared_with_and_without_the_policy() {
    if support::server(None).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["noren.toml", "policy.noren", "schema.sql"] {
        std::fs::copy(support::root().join("tests/faults").join(name), folder.path().join(name)).unwrap();
    }
    let queries = "SELECT count(*) FROM orders WHERE company_id = :'tenant';
        -- as reports
        SELECT sum(total) FROM orders;
        -- as app
        SELECT count(*) FROM users; SELECT nothing FROM users;";
    std::fs::write(folder.path().join("queries.sql"), queries).unwrap();
    let mut command = support::noren();
    command.arg("-C").arg(folder.path()).args(["verify", "--compare", "queries.sql", "--rows", "4000"]);
    let output = support::run(&mut command);
    support::succeeded(&output, "noren verify --compare");
    let text = String::from_utf8(output.stdout).unwrap();
    for (query, said) in [
        ("query 1 as app: ", " times the time ("),
        ("query 2 as reports: ", " times the time ("),
        // Nobody gave this table an index by its tenant alone, but a unique key begins with it.
        ("query 3 as app: ", " times the time ("),
        ("query 4 as app: ", "cannot be compared: 42703"),
    ] {
        assert!(text.lines().any(|line| line.starts_with(query) && line.contains(said)), "{query}: {text}");
    }
    assert!(!text.contains("an index would help"), "{text}");
}
