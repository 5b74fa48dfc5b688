//! What the probes and the files are worth: with the walls taken down, with what somebody adds by hand, and where a
//! policy reads in place of BYPASSRLS.

use std::collections::BTreeSet;
use std::fmt::Write;

use noren::catalog::TableKind;
use noren::model::access::Tenants;

use super::{Expect, Session, State, clinic, expense, quoted, relation, report};
use crate::apply::cluster::{Cluster, EXPENSE, OWNER};
use crate::support;

/// Without the walls each kind of probe finds something, or it shows nothing with them.
#[test]
fn every_kind_of_probe_can_fail() {
    for (world, role, rights) in [(expense(), "app", "app, clerk"), (clinic(), "clinic_app", "clinic_app")] {
        let Some(world) = world else { return };
        let mut session = Session::new(&world, role);
        world.all_probes(&mut session);
        let kinds: BTreeSet<String> = session.labels.iter().map(|(label, _)| kind(label)).collect();
        let mut open = String::new();
        for table in world.catalog.tables.keys() {
            let name = relation(table);
            writeln!(open, "ALTER TABLE {name} DISABLE ROW LEVEL SECURITY; GRANT ALL ON {name} TO {rights};").unwrap();
            writeln!(open, "DO $$BEGIN EXECUTE (SELECT coalesce(string_agg(format('ALTER TABLE %s DROP CONSTRAINT %I;', conrelid::regclass, conname), ''), 'SELECT') FROM pg_constraint WHERE contype = 'f' AND conrelid = '{name}'::regclass AND conparentid = 0); END$$;").unwrap();
        }
        for view in world.catalog.views.keys() {
            writeln!(open, "GRANT ALL ON {} TO {rights};", relation(view)).unwrap();
        }
        world.database().sql(&open);
        let red: BTreeSet<String> = session.run().iter().map(|wrong| kind(wrong)).collect();
        let green: Vec<&String> = kinds.difference(&red).collect();
        assert!(green.is_empty(), "{role}: nothing makes these fail: {green:?}");
    }
    // A view that reads as its owner, whom nothing binds.
    let Some(world) = expense() else { return };
    let mut session = Session::new(&world, "app");
    world.through_views(&mut session);
    world.database().sql("ALTER VIEW own_notices RESET (security_invoker); ALTER VIEW own_notices OWNER TO postgres; ALTER VIEW open_reports OWNER TO postgres; ALTER VIEW open_reports RESET (security_invoker);");
    let wrong = session.run().join("\n");
    for said in [
        "read the view \"public\".\"own_notices\"",
        "read the view \"public\".\"open_reports\"",
        "update through the view",
        "move through the view",
    ] {
        assert!(wrong.contains(said), "{said}: {wrong}");
    }
}

/// A probe's label without the names in it.
fn kind(label: &str) -> String {
    let words = label.split(" as ").next().unwrap_or_default().split(' ');
    words.filter(|word| !word.contains('"') && !word.contains("_fk")).collect::<Vec<_>>().join(" ")
}

/// What somebody adds by hand afterwards: a policy for everybody, a role with rights, a partition, a member of two roles.
#[test]
fn what_is_added_in_the_night_opens_nothing() {
    let Some(world) = expense() else { return };
    let database = world.database();
    let mut later = String::from("CREATE ROLE stranger LOGIN;\n");
    for table in world.scoped() {
        let name = relation(table);
        writeln!(later, "GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO stranger; CREATE POLICY late ON {name} FOR ALL TO PUBLIC USING (true) WITH CHECK (true);").unwrap();
    }
    for schema in ["public", "archive"] {
        writeln!(later, "GRANT USAGE ON SCHEMA {schema} TO stranger;").unwrap();
    }
    database.sql(&later);
    let mut session = Session::new(&world, "stranger");
    for table in world.scoped() {
        let name = relation(table);
        for state in world.states() {
            session.probe(&format!("read {name}"), &state, &format!("SELECT FROM {name};"), Expect::Rows(0));
            session.probe(&format!("delete {name}"), &state, &format!("DELETE FROM {name};"), Expect::Rows(0));
        }
    }
    report(&session.run());
    world.owner();
    let mut session = Session::new(&world, "app");
    for table in world.scoped() {
        let name = relation(table);
        let across = world.not_across(table);
        let theirs = world.mine(table, "t", &[world.tenants[0].clone()], true);
        // By the policy's own words, which the floor repeats whatever is added beside it.
        if let Some(column) = world.access.tenant_column(table) {
            let foreign = format!("SELECT FROM {name} t WHERE t.{} <> '{}'{across};", quoted(column), world.tenants[0]);
            session.probe(
                &format!("read {name}"),
                &State::Tenant(vec![world.tenants[0].clone()]),
                &foreign,
                Expect::Rows(0),
            );
        } else {
            let foreign = format!("SELECT FROM {name} t WHERE NOT {theirs}{across};");
            session.probe(
                &format!("read {name}"),
                &State::Tenant(vec![world.tenants[0].clone()]),
                &foreign,
                Expect::Rows(0),
            );
        }
        session.probe(
            &format!("delete {name}"),
            &State::Unset,
            &format!("DELETE FROM {name};"),
            Expect::NothingOr("42501"),
        );
    }
    report(&session.run());

    let partitioned = world.catalog.tables.values().filter(|table| matches!(table.kind, TableKind::Partitioned { .. }));
    for (index, table) in partitioned.enumerate() {
        let name = relation(&table.name);
        database.sql_as(
            OWNER,
            &format!(
                "CREATE TABLE public.night_{index} PARTITION OF {name} FOR VALUES FROM ('2031-01-01') TO ('2031-02-01')"
            ),
        );
        let seen = database.try_sql_as("app", &format!("SELECT count(*) FROM public.night_{index}"));
        assert!(seen.as_ref().is_err_and(|error| error.contains("permission denied")), "{seen:?}");
    }

    let names: Vec<&String> =
        world.access.roles.values().filter(|role| !role.existing).map(|role| &role.name).collect();
    let mut pairs = 0;
    for (index, one) in names.iter().enumerate() {
        for other in &names[index + 1..] {
            // Who is a member of two that act over all tenants may do so too.
            let own = |name: &str| world.access.roles[name].tenants == Tenants::Own;
            if !own(one) && !own(other) {
                continue;
            }
            let member = format!("pair_{pairs}");
            pairs += 1;
            database.sql(&format!("CREATE ROLE {member} LOGIN; GRANT {one}, {other} TO {member};"));
            let mut session = Session::new(&world, &member);
            for table in world.scoped() {
                let Some(column) = world.access.tenant_column(table) else { continue };
                let granted = |role: &String| world.reads_whole(table, std::slice::from_ref(role));
                if !granted(one) && !granted(other) {
                    continue;
                }
                let name = relation(table);
                let across = world.not_across(table);
                let theirs =
                    format!("SELECT FROM {name} t WHERE t.{} <> '{}'{across};", quoted(column), world.tenants[0]);
                session.probe(
                    &format!("{one} and {other} read {name}"),
                    &State::Tenant(vec![world.tenants[0].clone()]),
                    &theirs,
                    Expect::Rows(0),
                );
            }
            report(&session.run());
        }
    }
    assert!(pairs >= 10, "{pairs} pairs");
}

/// Where BYPASSRLS cannot be had, a policy shows the exporting role every row; the run asserts it before it writes.
#[test]
fn an_export_by_policy_is_whole_or_not_at_all() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "[env.staging]\nrls.bypass = \"policy\"\n") else { return };
    // Files of an environment stand beside those that do not differ there, and include them.
    let staging = cluster.folder.path().join("generated/env/staging");
    for (role, name) in [("postgres", "access/00_roles.sql"), (OWNER, "access/apply.sql")] {
        support::succeeded(&cluster.run_at(role, &staging.join(name)), name);
    }
    // The child tables have their tenant column now: the schema is dumped again, as after every migration.
    cluster.build_from(&cluster.database.server.dump_schema(&cluster.database.name).unwrap());
    let file = staging.join("export/developers/run.sql");
    let export = |what: &str| {
        let run = cluster.folder.path().join(what);
        let arguments = crate::end_to_end::harness::arguments(&run, &file);
        let key = [("NOREN_MASK_KEY", crate::end_to_end::harness::KEY)];
        (cluster.database.psql("postgres", arguments, &key, cluster.folder.path()), run)
    };
    let (output, run) = export("whole");
    support::succeeded(&output, "run.sql");
    for table in ["users", "expenses", "companies"] {
        let lines = std::fs::read_to_string(run.join(format!("public.{table}.txt"))).unwrap().lines().count();
        assert_eq!(
            (lines - 1).to_string(),
            cluster.database.value(&format!("SELECT count(*) FROM {table}")),
            "{table}"
        );
    }
    for (change, back, said) in [
        (
            "CREATE POLICY late ON users AS RESTRICTIVE FOR SELECT TO PUBLIC USING (id > 1000)",
            "DROP POLICY late ON users",
            "users: the policy late may take rows away",
        ),
        (
            "ALTER POLICY noren_all_exporter_select ON expenses USING (id > 1)",
            "ALTER POLICY noren_all_exporter_select ON expenses USING (true)",
            "expenses: no policy shows exporter all rows",
        ),
    ] {
        cluster.database.sql(change);
        let (output, run) = export(&support::unique("partial"));
        assert!(!output.status.success() && support::text(&output).contains(said), "{}", support::text(&output));
        assert!(!run.join("manifest").exists() && !run.join("public.users.txt").exists());
        cluster.database.sql(back);
    }
}
