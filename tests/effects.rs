//! What `docs/threat-model.md` says that PostgreSQL does beside a policy, where no other test shows it: told, documented
//! or asserted, it must be so on a server, and the pages must say it.

use std::fmt::Write;

use noren::check::access::LEAKPROOF;

use crate::apply::cluster::{Cluster, EXPENSE, OWNER};
use crate::support::{self, Database};

/// Roles and keys that the sample has no reason for.
const MORE: (&str, &str) = (
    "CREATE TABLE public.receipts (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, paid bigint REFERENCES public.expenses (id) ON DELETE CASCADE, filed boolean NOT NULL);
     CREATE INDEX receipts_tenant ON public.receipts (tenant_id);
     CREATE TABLE public.marks (id bigint, tenant_id uuid NOT NULL, weight numeric, kind int);
     INSERT INTO public.marks SELECT n, '11111111-1111-4111-8111-111111111111', n, n FROM generate_series(1, 2000) AS n;
     CREATE INDEX marks_weight ON public.marks (weight); CREATE INDEX marks_kind ON public.marks (kind);",
    "table receipts { paid keep, orphans null; filed keep; }
     table marks { weight keep; kind keep; }
     role logger { login; tenants own; }
     workload log as logger;
     grant insert on order to logger;
     -- noren: allow N0532 because \"a test looks at it\"
     policy filed_receipts_stay on receipts as restrictive for delete to app using (not filed) because \"auditors\";",
);

const A: &str = "SET app.tenant_id = '11111111-1111-4111-8111-111111111111'; SET app.user_id = '1001'; ";

struct Sample(Cluster);

impl Sample {
    fn new() -> Option<Self> {
        let cluster = Cluster::start_with(&EXPENSE, None, "", MORE.0, MORE.1)?;
        cluster.apply("postgres", "00_roles.sql");
        cluster.apply(OWNER, "apply.sql");
        Some(Self(cluster))
    }

    fn database(&self) -> &Database {
        &self.0.database
    }

    /// What a role prints as the first tenant.
    #[track_caller]
    fn sees(&self, role: &str, sql: &str) -> String {
        self.database().sql_as(role, &format!("{A}{sql}")).trim().to_owned()
    }

    #[track_caller]
    fn refuses(&self, role: &str, sql: &str) -> String {
        self.database().try_sql_as(role, &format!("{A}{sql}")).unwrap_err()
    }
}

#[test]
fn what_grants_and_policies_do_beside_each_other() {
    let Some(sample) = Sample::new() else { return };
    // P24: the insert works, and its RETURNING reads.
    let insert = r#"INSERT INTO "order" (tenant_id, "user") VALUES ('11111111-1111-4111-8111-111111111111', 1001)"#;
    sample.sees("logger", insert);
    assert!(sample.refuses("logger", &format!("{insert} RETURNING tenant_id")).contains("permission denied"));
    // P25: the closed report is read, and is not there for a lock.
    let reports = "SELECT count(*) FROM (SELECT FROM expense_reports";
    assert_eq!(sample.sees("app", &format!("{reports}) r")), "2");
    assert_eq!(sample.sees("app", &format!("{reports} FOR UPDATE) r")), "1");
    assert_eq!(sample.sees("app", &format!("{reports} FOR SHARE) r")), "1");
    // P41: the policy keeps the filed receipt, and the cascade does not ask it.
    sample.database().sql("INSERT INTO expenses (tenant_id, created_by, spent_on, amount, memo) VALUES ('11111111-1111-4111-8111-111111111111', 1001, '2026-01-01', 1, 'to go');
        INSERT INTO receipts SELECT 1, tenant_id, id, true FROM expenses WHERE memo = 'to go'");
    sample.sees("app", "DELETE FROM receipts");
    assert_eq!(sample.database().value("SELECT count(*) FROM receipts"), "1");
    sample.sees("app", "DELETE FROM expenses WHERE memo = 'to go'");
    assert_eq!(sample.database().value("SELECT count(*) FROM receipts"), "0");
    // P61: a right to everything, and no row.
    sample.database().sql("CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader");
    assert_eq!(sample.sees("reader", "SELECT count(*) FROM expenses"), "0");
    assert_ne!(sample.sees("reader", "SELECT count(*) FROM currencies"), "0");
    // P74: the trigger's UPDATE of a closed report changes nothing, and nothing says so.
    let total = "SELECT total FROM expense_reports WHERE id = ";
    let before = sample.database().value(&format!("{total}2"));
    for report in [1, 2] {
        sample.sees("app", &format!("INSERT INTO expenses (tenant_id, report_id, created_by, spent_on, amount) VALUES ('11111111-1111-4111-8111-111111111111', {report}, 1001, '2026-01-01', 7)"));
    }
    assert_eq!(sample.database().value(&format!("{total}2")), before);
    assert_ne!(sample.database().value(&format!("{total}1")), "0");
}

#[test]
fn what_the_planner_makes_of_a_policy() {
    let Some(sample) = Sample::new() else { return };
    sample.database().sql("ANALYZE marks");
    let plan = |condition: &str| {
        sample
            .sees("app", &format!("SET enable_seqscan = off; EXPLAIN (COSTS OFF) SELECT FROM marks WHERE {condition}"))
    };
    // P30: the operators of numeric are not leakproof.
    assert!(plan("kind = 7").contains("marks_kind"), "{}", plan("kind = 7"));
    assert!(!plan("weight = 7").contains("marks_weight"), "{}", plan("weight = 7"));
    // P44: the setting is read once a statement, not once a row.
    let plan = plan("true");
    assert!(plan.contains("InitPlan") && plan.contains("tenant_id = $"), "{plan}");
    assert!(!plan.lines().any(|line| line.contains("Filter") && line.contains("current_setting")), "{plan}");
}

#[test]
fn what_a_session_can_do_with_its_setting() {
    let Some(sample) = Sample::new() else { return };
    let count = "SELECT count(*) FROM users";
    let of_a = sample.sees("app", count);
    assert_ne!(of_a, "0");
    let set = |local: bool| {
        format!("SELECT set_config('app.tenant_id', '11111111-1111-4111-8111-111111111111', {local}) \\g /dev/null\n")
    };
    let app = |sql: &str| sample.database().sql_as("app", sql).trim().to_owned();
    // P35: outside a transaction the transaction's setting is gone with its own statement.
    assert_eq!(app(&format!("{}{count}", set(true))), "0");
    assert_eq!(app(&format!("BEGIN; {}{count}; COMMIT", set(true))), of_a);
    // P36: the session's setting is there for whoever has the connection next.
    assert_eq!(app(&format!("BEGIN; {}COMMIT; BEGIN; {count}; COMMIT", set(false))), of_a);
    // P37: who may send a statement names any tenant.
    let b = "SET app.tenant_id = '22222222-2222-4222-8222-222222222222'; SELECT count(*) FROM users";
    assert_ne!(sample.sees("app", b), "0");
    // P51: it asks for an error where rows would be taken away.
    assert!(
        sample.refuses("app", &format!("SET row_security = off; {count}")).contains("affected by row-level security")
    );
    // P52: the catalog tells how many rows all tenants have.
    sample.database().sql("ANALYZE users");
    let all = sample.database().value("SELECT count(*) FROM users");
    assert_eq!(sample.sees("app", "SELECT reltuples::bigint FROM pg_class WHERE oid = 'users'::regclass"), all);
    assert_ne!(sample.sees("app", "SELECT count(*) FROM users"), all);
    // P65: what SET ROLE gave up, RESET ROLE takes again.
    let both =
        sample.database().sql("SET ROLE app; SELECT count(*) FROM users; RESET ROLE; SELECT count(*) FROM users");
    assert_eq!(both.split_whitespace().collect::<Vec<_>>(), ["0", all.as_str()]);
    // P77 and P78: locks and statements are everybody's.
    let locks = "SELECT pg_advisory_lock(77) \\g /dev/null\nSET app.tenant_id = '22222222-2222-4222-8222-222222222222'; SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 77";
    assert_eq!(sample.sees("app", locks), "1");
    assert_ne!(
        sample.sees(
            "app",
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND query LIKE '%pg_stat_activity%'"
        ),
        "0"
    );
    // P66: a large object has no tenant, and the assertion says so.
    sample.database().sql("SELECT lo_from_bytea(7700, 'everybody''s'); GRANT SELECT ON LARGE OBJECT 7700 TO app");
    assert_eq!(sample.sees("app", "SELECT convert_from(lo_get(7700), 'UTF8')"), "everybody's");
    let said = support::text(&sample.0.run(OWNER, "90_assert.sql"));
    assert!(said.contains("large object has no row security"), "{said}");
}

/// Nothing is written that P60 and P75 are about, and the contract says what a program has to know.
#[test]
fn what_is_written_and_what_is_not() {
    let generated = support::root().join("policies/expense/generated");
    let mut texts = String::new();
    for entry in
        walkdir::WalkDir::new(&generated).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file())
    {
        writeln!(texts, "{}", std::fs::read_to_string(entry.path()).unwrap()).unwrap();
    }
    assert!(texts.contains("GRANT SELECT") && !texts.contains("ON ALL TABLES"), "P60");
    assert!(!texts.to_uppercase().contains("EVENT TRIGGER"), "P75");
    let contract = std::fs::read_to_string(generated.join("access/contract.md")).unwrap();
    for words in [
        // P35, P36
        "or a transaction-scoped setting outside a transaction",
        "Behind a pooler that gives a",
        // P24
        "RETURNING",
        // P51
        "row_security",
        // P82
        "never pass on what a user sent unread",
    ] {
        assert!(contract.contains(words), "the contract does not say `{words}`");
    }
}

/// P84: a server with a known hole is a deviation.
#[test]
fn an_old_minor_version_is_found() {
    let Some(server) = support::server(None) else { return };
    let database = Database::new(server, "versions");
    let sql = include_str!("../src/emit/access/assert/version.sql");
    let found = |sql: &str| database.column(&format!("SELECT object FROM (WITH {sql}) AS found"));
    assert_eq!(found(sql), Vec::<String>::new(), "the servers that tests run on are new enough");
    let tomorrow = sql.replace("150014)", "150999)");
    assert_eq!(found(&tomorrow), ["CVE-2025-8713: statistics show rows that policies hide"]);
}

/// The table of leakproof types is what each version's catalog says.
#[test]
fn types_whose_operators_are_leakproof() {
    let sql = "SELECT t.typname FROM pg_opclass k JOIN pg_am am ON am.oid = k.opcmethod AND am.amname = 'btree'
        JOIN pg_type t ON t.oid = k.opcintype JOIN pg_amop ao ON ao.amopfamily = k.opcfamily
          AND ao.amoplefttype = k.opcintype AND ao.amoprighttype = k.opcintype
        JOIN pg_operator o ON o.oid = ao.amopopr JOIN pg_proc f ON f.oid = o.oprcode
        WHERE t.typtype = 'b' GROUP BY 1 HAVING bool_and(f.proleakproof) ORDER BY 1";
    for major in [None, Some(14), Some(18)] {
        let Some(server) = support::server(major) else { continue };
        let mut known = Database::new(server, "leaks").column(sql);
        // Types that use the operators of another.
        known.extend(["cidr", "varchar"].map(str::to_owned));
        known.sort();
        known.dedup();
        assert_eq!(known, LEAKPROOF, "{major:?}");
    }
}
