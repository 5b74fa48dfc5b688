//! What somebody adds by hand afterwards, asked without the oracle of `noren verify`, and where a policy reads in place of
//! BYPASSRLS.

use std::fmt::Write as _;

use noren::catalog::TableKind;
use noren::model::access::{Access, Command, Tenants};
use noren::verify::engine::Engine;
use noren::verify::session::Session;
use noren::verify::text::Sql;

use super::samples::{Sample, run};
use crate::apply::cluster::{Cluster, EXPENSE, OWNER};
use crate::support;

/// A tenant of the sample's rows.
const ONE: &str = "11111111-1111-4111-8111-111111111111";
/// What a session says of its tenant: it, nothing, the empty string, and it taken back.
const STATES: [&str; 4] = [
    "SELECT set_config('app.tenant_id', '11111111-1111-4111-8111-111111111111', true)",
    "SELECT",
    "SELECT set_config('app.tenant_id', '', true)",
    "SELECT set_config('app.tenant_id', '11111111-1111-4111-8111-111111111111', false); RESET app.tenant_id",
];

/// Rows that a statement reads or changes in a transaction that is rolled back, or the refusal's SQLSTATE.
fn rows(session: &mut dyn Session, state: &str, statement: &str) -> Result<u64, String> {
    let found = session.run(&Sql::whole(format!("BEGIN; {state}; {statement}")));
    session.run(&Sql::whole("ROLLBACK")).unwrap();
    found.map(|answer| answer.affected).map_err(|refusal| refusal.sqlstate)
}

fn scoped(access: &Access) -> impl Iterator<Item = (String, Option<&str>)> {
    let scoped = access.scopes.iter().filter(|(_, scope)| scope.kind.is_scoped());
    scoped.map(|(table, _)| (format!("\"{}\".\"{}\"", table.schema, table.name), access.tenant_column(table)))
}

/// A policy for everybody, a role with rights, a partition, a member of two roles.
#[test]
fn what_is_added_in_the_night_opens_nothing() {
    let Some(sample) = Sample::of("expense", None, ("", "")) else { return };
    let (world, database) = sample.world();
    let access = &world.model.access;
    let mut later = "CREATE ROLE stranger LOGIN; GRANT USAGE ON SCHEMA public, archive TO stranger;".to_owned();
    for (name, _) in scoped(access) {
        writeln!(
            later,
            "GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO stranger; CREATE POLICY late ON {name} FOR ALL TO PUBLIC USING (true) WITH CHECK (true);"
        )
        .unwrap();
    }
    run(sample.engine(), &database, &later);
    let login = |role: &str| sample.engine().connect(&database, role).unwrap();
    let (mut stranger, mut owner, mut app) = (login("stranger"), login(OWNER), login("app"));
    for (name, column) in scoped(access) {
        for state in STATES {
            // The owner is a role of the policy: with a tenant it would see that tenant's rows.
            let mut owner = Some(&mut owner).filter(|_| state != STATES[0]);
            for statement in [format!("SELECT FROM {name}"), format!("DELETE FROM {name}")] {
                // A guard hides every row; a floor asks a function that a stranger may not execute.
                let strange = rows(stranger.as_mut(), state, &statement);
                assert!(strange == Ok(0) || strange == Err("42501".to_owned()), "{name} {state}: {strange:?}");
                if let Some(owner) = &mut owner {
                    assert_eq!(rows(owner.as_mut(), state, &statement), Ok(0), "{name} {state}");
                }
            }
        }
        let loud = format!("SET LOCAL row_security = off; SELECT FROM {name}");
        assert_eq!(rows(owner.as_mut(), "SELECT", &loud), Err("42501".to_owned()), "{name}");
        let foreign = match column {
            Some(column) => format!("t.\"{column}\" <> '{ONE}'"),
            None => {
                format!("NOT EXISTS (SELECT FROM expense_items i WHERE i.id = t.item_id AND i.tenant_id = '{ONE}')")
            }
        };
        let across = if name.contains("notices") { " AND audience <> 'everyone'" } else { "" };
        let read = format!("SELECT FROM {name} t WHERE {foreign}{across}");
        assert_eq!(rows(app.as_mut(), STATES[0], &read), Ok(0), "{name}");
        let deleted = rows(app.as_mut(), STATES[1], &format!("DELETE FROM {name}"));
        assert!(deleted == Ok(0) || deleted == Err("42501".to_owned()), "{name}: {deleted:?}");
    }

    let partitioned = world.catalog.tables.values().filter(|table| matches!(table.kind, TableKind::Partitioned { .. }));
    let mut partitions = 0;
    for (index, table) in partitioned.enumerate() {
        let night = format!(
            "CREATE TABLE public.night_{index} PARTITION OF {}.{} FOR VALUES FROM ('2031-01-01') TO ('2031-02-01')",
            table.name.schema, table.name.name
        );
        owner.run(&Sql::whole(night)).unwrap();
        let seen = rows(app.as_mut(), STATES[0], &format!("SELECT count(*) FROM public.night_{index}"));
        assert_eq!(seen, Err("42501".to_owned()));
        partitions += 1;
    }
    assert!(partitions >= 2, "{partitions} partitions");
    assert!(pairs(&sample, access, &database) >= 10);
}

/// Members of two roles of which one acts for one tenant.
fn pairs(sample: &Sample, access: &Access, database: &str) -> usize {
    let names: Vec<&String> = access.roles.values().filter(|role| !role.existing).map(|role| &role.name).collect();
    let mut pairs = 0;
    for (index, one) in names.iter().enumerate() {
        for other in &names[index + 1..] {
            // Who is a member of two that act over all tenants may do so too.
            let own = |name: &str| access.roles[name].tenants == Tenants::Own;
            if !own(one) && !own(other) {
                continue;
            }
            let member = format!("pair_{pairs}");
            pairs += 1;
            run(sample.engine(), database, &format!("CREATE ROLE {member} LOGIN; GRANT {one}, {other} TO {member}"));
            let mut session = sample.engine().connect(database, &member).unwrap();
            for (table, rights) in &access.rights {
                let Some(column) = access.tenant_column(table) else { continue };
                let whole = |role: &&String| {
                    rights
                        .get(*role)
                        .and_then(|rights| rights.get(&Command::Select))
                        .is_some_and(|right| right.columns.is_none())
                };
                if ![one, other].iter().any(|role| whole(role)) {
                    continue;
                }
                let across = if table.name == "notices" { " AND audience <> 'everyone'" } else { "" };
                let theirs = format!(
                    "SELECT FROM \"{}\".\"{}\" t WHERE t.\"{column}\" <> '{ONE}'{across}",
                    table.schema, table.name
                );
                assert_eq!(rows(session.as_mut(), STATES[0], &theirs), Ok(0), "{one} and {other} read {table}");
            }
        }
    }
    pairs
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
