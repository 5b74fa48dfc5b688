//! Who sees and changes what, for every table and every role of the samples: `noren verify`'s own probes, with the rows of
//! the samples, and with views and a second role that they lack.

mod night;
pub mod samples;

use std::collections::BTreeSet;

use noren::verify::report::{Check, Kind, Outcome, Report};

use samples::{Sample, checked, holds, run, told};

/// Views over joins, over views and over one table, a function, and a second role with other rights on the same tables.
const EXPENSE_MORE: (&str, &str) = (
    "CREATE VIEW public.own_notices AS SELECT id, tenant_id, title, audience FROM public.notices;
     CREATE VIEW public.own_departments AS SELECT id, tenant_id, name FROM public.departments;
     CREATE VIEW public.report_counts AS SELECT r.id, r.applicant, count(e.id) AS expenses
       FROM public.open_reports r LEFT JOIN public.expenses e ON e.tenant_id = r.tenant_id AND e.report_id = r.id GROUP BY 1, 2;
     CREATE VIEW public.file_names AS SELECT a.file_name FROM public.attachments a WHERE a.item_id IN (SELECT i.id FROM public.expense_items i);
     CREATE VIEW public.exported AS SELECT * FROM archive.legacy_orders ORDER BY 1;
     CREATE FUNCTION public.spent_by(who bigint) RETURNS SETOF numeric LANGUAGE sql STABLE
       AS 'SELECT e.amount FROM public.expenses e WHERE e.created_by = who OR who IS NULL';",
    "role clerk { login; tenants own; }
     grant select, update on expense_reports to clerk where (status = 'draft');
     grant select (id, tenant_id, name) on users to clerk;
     grant select on departments, notices to clerk;
     grant select on open_reports, report_counts, file_names, exported to app;
     grant select, insert, update, delete on own_notices to app;
     grant select, insert, update, delete on own_departments to app;
     grant select on own_notices to clerk;
     grant execute on function spent_by(bigint) to app;
     workload desk as clerk;",
);

const CLINIC_MORE: (&str, &str) = (
    "CREATE VIEW clinic.staff AS SELECT u.*, m.organisation_id AS of FROM clinic.users u JOIN clinic.memberships m ON m.user_id = u.id;
     CREATE VIEW clinic.findings AS SELECT d.*, p.organisation_id FROM clinic.diagnoses d LEFT JOIN clinic.encounters p ON p.id = d.encounter_id;",
    "grant select on clinic.open_invoices, clinic.staff, clinic.findings to clinic_app;
     grant select on clinic.open_invoices to billing;",
);

/// Checks whose name has these words.
fn count(report: &Report, words: &str) -> usize {
    report.checks.iter().filter(|check| check.name.contains(words) && check.outcome == Outcome::Passed).count()
}

/// Rows that views show, keys of both kinds, pairs of roles and states of a session were there to be tried.
fn everything_was_tried(report: &Report, role: &str) {
    let hung = |check: &&Check| check.name.starts_with(&format!("{role}: hang a row on another's"));
    assert!(count(report, &format!("{role}: read the view")) >= 30, "views");
    assert!(report.checks.iter().filter(hung).count() >= 6, "keys");
    assert!(count(report, "a member of ") > 1000, "pairs");
    for words in [
        "read (tenant A)",
        "read (tenant B)",
        "read (tenant unset)",
        "read (tenant empty)",
        "read (tenant reset)",
        "read (tenant of a wrong type)",
        "TABLESAMPLE",
        "by a cursor",
        "by COPY",
        "prepared for another tenant",
        "insert another's row",
        "insert and return another's row",
        "upsert another's row",
        "update another's rows",
        "delete another's rows",
        "move one's own rows",
        "update everything and return it",
        "truncate",
        "merge and",
        "pg_stats",
        "see another's row by",
        "read what is not granted",
        "every tenant's rows",
        "migrator: read",
        "with row_security off",
        "beside a session of tenant B",
        "after RESET",
        "after DISCARD ALL",
        "after tenant B was rolled back",
        "beside a policy for PUBLIC",
        "a stranger with rights",
    ] {
        assert!(count(report, words) > 0, "nothing was tried: {words}");
    }
    assert!(report.counts()[&Kind::Isolation].passed > 5000, "{:?}", report.counts());
}

#[test]
fn every_role_and_table_of_expense() {
    let Some(sample) = Sample::of("expense", None, EXPENSE_MORE) else { return };
    let (world, database) = sample.world();
    let report = checked(&world, &database);
    holds(&report);
    everything_was_tried(&report, "app");
    for words in
        ["through the view", "a partition that was added", "by its own name", "call the function with another's values"]
    {
        assert!(count(&report, words) > 0, "nothing was tried: {words}");
    }
}

#[test]
fn every_role_and_table_of_clinic() {
    let Some(sample) = Sample::of("clinic", None, CLINIC_MORE) else { return };
    let (world, database) = sample.world();
    let report = checked(&world, &database);
    holds(&report);
    everything_was_tried(&report, "clinic_app");
    assert!(count(&report, "read (tenants A and B)") > 0);
}

/// What a version lacks is skipped, and never counted as passed.
#[test]
fn every_role_and_table_on_the_oldest_and_the_newest_version() {
    for major in [14, 18] {
        let Some(sample) = Sample::of("expense", Some(major), ("", "")) else { return };
        let (world, database) = sample.world();
        let report = checked(&world, &database);
        holds(&report);
        let merged = count(&report, "merge and");
        let skipped = |check: &&Check| matches!(check.outcome, Outcome::Skipped(_)) && check.name.contains("MERGE");
        let skipped = report.checks.iter().filter(skipped).count();
        assert!(
            if major < 15 { merged == 0 && skipped > 0 } else { merged > 100 && skipped == 0 },
            "{merged} {skipped}"
        );
    }
}

/// A probe without the names in it.
fn kind(check: &Check, role: &str) -> Option<String> {
    let what = check.name.strip_prefix(role)?.strip_prefix(": ")?;
    let what = what.split(" (").next().unwrap_or_default();
    Some(what.split(" by ").next().filter(|what| what.contains("another's")).unwrap_or(what).to_owned())
}

/// Without the walls each kind of probe finds something, or it shows nothing with them.
#[test]
fn every_kind_of_probe_can_fail() {
    for (name, more, role, rights) in
        [("expense", EXPENSE_MORE, "app", "app, clerk"), ("clinic", CLINIC_MORE, "clinic_app", "clinic_app")]
    {
        let Some(sample) = Sample::of(name, None, more) else { return };
        let (world, database) = sample.world();
        let kinds: BTreeSet<String> =
            checked(&world, &database).checks.iter().filter_map(|check| kind(check, role)).collect();
        let open = format!(
            "DO $$ DECLARE statement text; BEGIN
               FOR statement IN
                 SELECT format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', c.oid::regclass) FROM pg_class c WHERE relrowsecurity
                 UNION ALL SELECT format('GRANT ALL ON %s TO {rights}', c.oid::regclass) FROM pg_class c
                   WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
                 UNION ALL SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
                   WHERE contype = 'f' AND conparentid = 0
               LOOP EXECUTE statement; END LOOP;
             END $$; GRANT SELECT ON pg_statistic, pg_statistic_ext_data TO {rights}"
        );
        run(sample.engine(), &database, &open);
        let report = checked(&world, &database);
        let red: BTreeSet<String> = report.failures().filter_map(|check| kind(check, role)).collect();
        // Nothing is what is expected of it: it shows that the view can be written at all.
        let green: Vec<&String> = kinds.difference(&red).filter(|kind| !kind.starts_with("insert nothing")).collect();
        assert!(green.is_empty(), "{role}: nothing makes these fail: {green:?}");
    }
}

/// A view that reads as its owner, whom nothing binds.
#[test]
fn a_view_that_reads_as_its_owner_is_found() {
    let Some(sample) = Sample::of("expense", None, EXPENSE_MORE) else { return };
    let (world, database) = sample.world();
    run(
        sample.engine(),
        &database,
        "ALTER VIEW own_notices RESET (security_invoker); ALTER VIEW own_notices OWNER TO postgres; ALTER VIEW open_reports OWNER TO postgres; ALTER VIEW open_reports RESET (security_invoker);",
    );
    let wrong = checked(&world, &database).failures().map(told).collect::<Vec<_>>().join("\n");
    for said in [
        "public.own_notices: app: read the view",
        "public.open_reports: app: read the view",
        "app: update another's rows through the view",
        "app: move one's own rows through the view",
    ] {
        assert!(wrong.contains(said), "{said}: {wrong}");
    }
}
