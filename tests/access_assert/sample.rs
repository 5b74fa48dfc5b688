//! The samples after their files were applied, with everything that the files made taken away again, one at a time.

use super::{judge_all, own_server};
use crate::end_to_end::harness::Project;
use crate::support::{self, Database};
use std::collections::BTreeMap;

/// Changes read off the catalog: every policy, grant, table, view, function and role that the files made or touched.
/// Each row: the kind, the change, and what must be named. Changes of one kind to different objects are judged together,
/// since each is found by itself; one without a kind is judged alone.
const CHANGES: &str = r"
WITH ours AS (
  SELECT oid, rolname, quote_ident(rolname) AS word, rolcanlogin, rolbypassrls FROM pg_roles
  WHERE rolname NOT LIKE 'pg\_%' AND NOT rolsuper AND rolname NOT IN ('nobody_at_all', 'migrator')
),
relation AS (
  SELECT live.oid, live.oid::regclass::text AS word, live.relkind, live.relacl, live.relowner, live.relrowsecurity,
         live.relispartition
  FROM pg_class AS live
  JOIN pg_namespace AS space ON space.oid = live.relnamespace
    AND space.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'noren')
  WHERE live.relkind IN ('r', 'p', 'v', 'm')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = live.oid AND deptype = 'e')
),
first AS (SELECT min(word) AS word FROM ours WHERE rolcanlogin AND NOT rolbypassrls)
SELECT statement, format(statement, polname, polrelid::regclass), format('%s: %I', polrelid::regclass, polname)
FROM pg_policy
CROSS JOIN unnest(ARRAY['DROP POLICY %I ON %s', 'COMMENT ON POLICY %I ON %s IS NULL', 'ALTER POLICY %I ON %s TO postgres']) AS statement
UNION ALL
SELECT 'rename', format('ALTER POLICY %I ON %s RENAME TO %I', polname, polrelid::regclass, md5(polname)),
       format('%s: %I', polrelid::regclass, polname)
FROM pg_policy
UNION ALL
SELECT 'ALTER POLICY %I ON %s USING (true)', format('ALTER POLICY %I ON %s USING (true)', polname, polrelid::regclass), format('%s: %I', polrelid::regclass, polname)
FROM pg_policy WHERE polqual IS NOT NULL AND pg_get_expr(polqual, polrelid) <> 'true'
UNION ALL
SELECT 'ALTER POLICY %I ON %s WITH CHECK (true)', format('ALTER POLICY %I ON %s WITH CHECK (true)', polname, polrelid::regclass), format('%s: %I', polrelid::regclass, polname)
FROM pg_policy WHERE polwithcheck IS NOT NULL AND pg_get_expr(polwithcheck, polrelid) <> 'true'
UNION ALL
SELECT statement, format(statement, word), word FROM relation
CROSS JOIN unnest(ARRAY['ALTER TABLE %s DISABLE ROW LEVEL SECURITY', 'ALTER TABLE %s NO FORCE ROW LEVEL SECURITY',
                        'CREATE POLICY later ON %s USING (true)',
                        'CREATE RULE also AS ON DELETE TO %s DO ALSO SELECT 1']) AS statement
WHERE relrowsecurity
UNION ALL
SELECT NULL, format('CREATE TABLE public.later () INHERITS (%s)', word), 'public.later' FROM relation
WHERE relrowsecurity AND relkind = 'r' AND NOT relispartition
UNION ALL
SELECT 'REVOKE %s ON %s FROM %I', format('REVOKE %s ON %s FROM %I', privilege_type, word, pg_get_userbyid(grantee)), word
FROM relation CROSS JOIN LATERAL aclexplode(relacl) WHERE grantee <> relowner
UNION ALL
SELECT 'REVOKE %s (%I) ON %s FROM %I', format('REVOKE %s (%I) ON %s FROM %I', privilege_type, attname, word, pg_get_userbyid(grantee)), word || '.' || quote_ident(attname)
FROM relation JOIN pg_attribute ON attrelid = oid CROSS JOIN LATERAL aclexplode(attacl)
UNION ALL
SELECT privilege || grantee, format('GRANT %s ON %s TO %s', privilege, relation.word, grantee), relation.word
FROM relation
CROSS JOIN unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
CROSS JOIN (SELECT word FROM first UNION ALL SELECT 'PUBLIC') AS of (grantee)
WHERE relkind IN ('r', 'p')
UNION ALL
SELECT 'GRANT SELECT ON %s TO PUBLIC', format('GRANT SELECT ON %s TO PUBLIC', word), word FROM relation
UNION ALL
SELECT 'GRANT SELECT ON %s TO %s', format('GRANT SELECT ON %s TO %s', relation.word, first.word), relation.word FROM relation CROSS JOIN first
WHERE relispartition OR relkind = 'm'
UNION ALL
SELECT 'ALTER VIEW %s RESET (%s)', format('ALTER VIEW %s RESET (%s)', word, option), word FROM relation
CROSS JOIN unnest(ARRAY['security_invoker', 'security_barrier']) AS option
WHERE relkind = 'v' AND EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee <> relowner)
UNION ALL
SELECT 'REVOKE %s ON SEQUENCE %s FROM %I', format('REVOKE %s ON SEQUENCE %s FROM %I', privilege_type, live.oid::regclass, pg_get_userbyid(grantee)), 'sequence ' || live.oid::regclass
FROM pg_class AS live CROSS JOIN LATERAL aclexplode(relacl) WHERE relkind = 'S' AND grantee <> relowner
UNION ALL
SELECT 'GRANT SELECT ON SEQUENCE %s TO %s', format('GRANT SELECT ON SEQUENCE %s TO %s', live.oid::regclass, first.word), 'sequence ' || live.oid::regclass
FROM pg_class AS live CROSS JOIN first WHERE relkind = 'S'
UNION ALL
SELECT 'REVOKE %s ON SCHEMA %I FROM %I', format('REVOKE %s ON SCHEMA %I FROM %I', privilege_type, nspname, pg_get_userbyid(grantee)), 'schema ' || quote_ident(nspname)
FROM pg_namespace CROSS JOIN LATERAL aclexplode(nspacl) WHERE grantee IN (SELECT oid FROM ours)
UNION ALL
SELECT 'create' || grantee, format('GRANT CREATE ON SCHEMA %I TO %s', nspname, grantee), 'schema ' || quote_ident(nspname)
FROM pg_namespace CROSS JOIN (SELECT word FROM first UNION ALL SELECT 'PUBLIC') AS of (grantee)
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL
SELECT 'REVOKE EXECUTE ON FUNCTION %s FROM %I', format('REVOKE EXECUTE ON FUNCTION %s FROM %I', live.oid::regprocedure, pg_get_userbyid(grantee)), live.oid::regprocedure::text
FROM pg_proc AS live CROSS JOIN LATERAL aclexplode(proacl) WHERE grantee IN (SELECT oid FROM ours)
UNION ALL
SELECT statement, format(statement, live.oid::regprocedure), live.oid::regprocedure::text
FROM pg_proc AS live
CROSS JOIN unnest(ARRAY['GRANT EXECUTE ON FUNCTION %s TO PUBLIC', 'ALTER FUNCTION %s IMMUTABLE', 'ALTER FUNCTION %s SECURITY DEFINER',
  'ALTER FUNCTION %s PARALLEL RESTRICTED', 'ALTER FUNCTION %s SET search_path = public', 'DROP FUNCTION %s CASCADE']) AS statement
WHERE pronamespace = 'noren'::regnamespace
UNION ALL
SELECT attribute, format('ALTER ROLE %s %s', word, attribute), rolname FROM ours
CROSS JOIN LATERAL (VALUES ('SUPERUSER'), ('CREATEROLE'), ('CREATEDB'), ('REPLICATION'),
  (CASE WHEN rolcanlogin THEN 'NOLOGIN' ELSE 'LOGIN' END), (CASE WHEN rolbypassrls THEN 'NOBYPASSRLS' ELSE 'BYPASSRLS' END)) AS of (attribute)
UNION ALL
SELECT NULL, format('GRANT %s TO %s', group_word, ours.word), ours.rolname FROM ours
CROSS JOIN LATERAL (SELECT word FROM ours AS other WHERE other.oid <> ours.oid
                    UNION ALL SELECT unnest(ARRAY['migrator', 'postgres', 'pg_read_all_data', 'pg_write_all_data'])) AS of (group_word)
UNION ALL
SELECT NULL, format('ALTER DEFAULT PRIVILEGES FOR ROLE migrator %s GRANT %s TO %s', place, given, grantee), 'migrator'
FROM (SELECT '' UNION ALL SELECT format('IN SCHEMA %I', nspname) FROM pg_namespace WHERE nspowner = 'migrator'::regrole AND nspname <> 'noren') AS of (place)
CROSS JOIN unnest(ARRAY['SELECT ON TABLES', 'USAGE ON SEQUENCES', 'EXECUTE ON FUNCTIONS']) AS given
CROSS JOIN (SELECT word FROM first UNION ALL SELECT 'PUBLIC') AS by (grantee)
";

/// The sample's database, after `apply.sql` ran twice.
fn applied(sample: &str) -> Option<(Project, Database)> {
    let server = own_server(None)?;
    let project = Project::copy(&support::root().join("policies").join(sample), None);
    std::fs::remove_dir_all(project.folder.path().join("generated")).unwrap();
    project.build();
    server.execute("postgres", "CREATE ROLE nobody_at_all LOGIN; CREATE ROLE migrator LOGIN;").unwrap();
    let database = Database::owned(server, "access", Some("migrator"));
    database.sql_as("migrator", &project.schema);
    let folder = project.folder.path().join("generated/access");
    for (role, file) in [("postgres", "00_roles.sql"), ("migrator", "apply.sql"), ("migrator", "apply.sql")] {
        let output = database.psql(role, ["-X", "-f", file], &[], &folder);
        support::succeeded(&output, file);
    }
    Some((project, database))
}

fn every_part_is_asserted(sample: &str, at_least: usize) {
    let Some((project, database)) = applied(sample) else { return };
    let access = project.folder.path().join("generated/access");
    let file = std::fs::read_to_string(access.join("90_assert.sql")).unwrap();
    let output = database.psql("nobody_at_all", ["-X", "-f", "90_assert.sql"], &[], &access);
    support::succeeded(&output, "90_assert.sql as a role without rights");

    let path = "SET search_path = pg_catalog, pg_temp;";
    let printed = database.sql(&format!("{path} COPY ({CHANGES}) TO STDOUT"));
    let changes: Vec<Change> = printed.lines().map(Change::read).collect();
    assert!(changes.len() >= at_least, "only {} changes", changes.len());
    let rounds = rounds(&changes);
    let mut statements = vec!["SELECT".to_owned()];
    let together = |round: &Vec<&Change>| {
        let each: Vec<&str> = round.iter().map(|change| change.statement.as_str()).collect();
        each.join("; ")
    };
    statements.extend(rounds.iter().map(together));
    let verdicts = judge_all(&database, &file, "nobody_at_all", &statements, project.folder.path());
    let (untouched, verdicts) = verdicts.split_first().unwrap();
    assert!(!untouched.contains("object: "), "red before any change:\n{untouched}");
    let mut survivors = Vec::new();
    for (round, verdict) in rounds.iter().zip(verdicts) {
        let objects: Vec<&str> = verdict.lines().filter_map(|line| line.strip_prefix("object: ")).collect();
        let survive = |change: &&&Change| !objects.iter().any(|object| change.is_named(object));
        survivors.extend(round.iter().filter(survive).map(|change| format!("{change:?}, found {objects:?}")));
    }
    assert!(survivors.is_empty(), "{} of {} survived:\n{}", survivors.len(), changes.len(), survivors.join("\n"));
}

#[derive(Debug)]
struct Change {
    kind: Option<String>,
    statement: String,
    object: String,
}

impl Change {
    fn read(line: &str) -> Self {
        let fields: Vec<Option<String>> = line.split('\t').map(support::from_copy).collect();
        let [kind, Some(statement), Some(object)] = <[_; 3]>::try_from(fields).unwrap() else { panic!("{line}") };
        Self { kind, statement, object }
    }

    fn is_named(&self, object: &str) -> bool {
        let own = &self.object;
        let inside = || object.starts_with(&format!("{own}: ")) || object.ends_with(&format!(" {own}"));
        object == own || inside() || self.kind.is_none() && object.contains(own)
    }
}

/// Changes that are made together: no two to one object.
fn rounds(changes: &[Change]) -> Vec<Vec<&Change>> {
    let mut rounds: BTreeMap<(String, usize), Vec<&Change>> = BTreeMap::new();
    let mut times: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (place, change) in changes.iter().enumerate() {
        let round = match &change.kind {
            None => (String::new(), place),
            Some(kind) => {
                let times = times.entry((kind, &change.object)).or_default();
                *times += 1;
                (kind.clone(), *times)
            }
        };
        rounds.entry(round).or_default().push(change);
    }
    rounds.into_values().collect()
}

#[test]
fn every_part_of_the_expense_sample_is_asserted() {
    every_part_is_asserted("expense", 1_000);
}

#[test]
fn every_part_of_the_clinic_sample_is_asserted() {
    every_part_is_asserted("clinic", 500);
}

/// From any stage to any other by the files of the one that is meant, and what another stage leaves is found.
#[test]
fn each_stage_is_asserted() {
    let Some((project, database)) = applied("expense") else { return };
    let toml = project.folder.path().join("noren.toml");
    let base = std::fs::read_to_string(&toml).unwrap();
    let access = project.folder.path().join("generated/access");
    let run = |file: &str| database.psql("migrator", ["-X", "-f", file], &[], &access);
    for stage in ["enabled", "off", "forced", "off", "enabled", "forced"] {
        std::fs::write(&toml, format!("{base}\n[rls]\nstage = \"{stage}\"\n")).unwrap();
        project.build();
        let before = support::text(&run("90_assert.sql"));
        assert!(before.contains("what: row security"), "{stage}: {before}");
        support::succeeded(&run("apply.sql"), stage);
        support::succeeded(&run("90_assert.sql"), stage);
    }
}
