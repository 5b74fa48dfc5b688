//! A cluster of its own with one database of a sample, as a team that starts with Noren has it: the tables belong to a
//! plain owner, rows of several tenants are there, and no role of the policy but the owner.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use noren::server::{Options, Server};

use crate::end_to_end::script::pieces;
use crate::support::{self, Database};

/// Owns the tables and is nothing more.
pub const OWNER: &str = "migrator";

/// What differs from one sample to the next.
pub struct Sample {
    pub folder: &'static str,
    /// The tenant setting and a value of it that some rows have.
    pub tenant: (&'static str, &'static str),
}

pub const EXPENSE: Sample =
    Sample { folder: "expense", tenant: ("app.tenant_id", "11111111-1111-4111-8111-111111111111") };
pub const CLINIC: Sample =
    Sample { folder: "clinic", tenant: ("app.tenant_ids", "{10000000-0000-4000-8000-000000000001}") };

/// A project, its server and its database.
pub struct Cluster {
    pub folder: tempfile::TempDir,
    pub database: Database,
    pub tenant: (&'static str, &'static str),
}

impl Cluster {
    /// Starts a server of a major version, since roles belong to a whole cluster. `toml` goes to the end of the project
    /// file.
    pub fn start(sample: &Sample, major: Option<u32>, toml: &str) -> Option<Self> {
        Self::start_with(sample, major, toml, "", "")
    }

    /// The same with more at the end of the schema, and with a policy file more.
    pub fn start_with(sample: &Sample, major: Option<u32>, toml: &str, schema: &str, policy: &str) -> Option<Self> {
        let bin = support::binaries(major)?;
        let server =
            Server::start(&Options { bin: Some(bin), settings: vec![] }).unwrap_or_else(|error| panic!("{error}"));
        let server: &'static Server = Box::leak(Box::new(server));
        let folder = built(sample, major, toml, (schema, policy));
        server.execute("postgres", &format!("CREATE ROLE {OWNER} LOGIN")).unwrap();
        let database = Database::owned(server, sample.folder, Some(OWNER));
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        database.sql_as(OWNER, &read("schema.sql"));
        database.sql(&read("rows.sql"));
        Some(Self { folder, database, tenant: sample.tenant })
    }

    /// Compiles again for what the database has become.
    #[track_caller]
    pub fn build_from(&self, schema: &str) {
        std::fs::write(self.folder.path().join("schema.sql"), schema).unwrap();
        let output = support::run(support::noren().arg("-C").arg(self.folder.path()).arg("build"));
        support::succeeded(&output, "noren build");
    }

    /// A generated file of access.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("generated/access").join(name)
    }

    /// One file as a role.
    pub fn run(&self, user: &str, name: &str) -> Output {
        self.run_at(user, &self.file(name))
    }

    pub fn run_at(&self, user: &str, file: &Path) -> Output {
        let arguments = ["-f".as_ref(), file.as_os_str()];
        self.database.psql(user, arguments, &[], self.folder.path())
    }

    /// One file as a role, which must succeed and say nothing.
    #[track_caller]
    pub fn apply(&self, user: &str, name: &str) {
        let output = self.run(user, name);
        support::succeeded(&output, name);
        let text = support::text(&output);
        assert!(!text.contains("WARNING") && !text.contains("ERROR"), "{name}: {text}");
    }

    /// The whole way back: tables, then the columns that they were given, then what these called.
    #[track_caller]
    pub fn take_back(&self) {
        support::succeeded(&self.run(OWNER, "rollback.sql"), "rollback.sql");
        let mut folders: Vec<PathBuf> =
            std::fs::read_dir(self.file("20_tenancy")).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        for folder in folders.iter().rev() {
            support::succeeded(&self.run_at(OWNER, &folder.join("undo.sql")), "undo.sql");
        }
        self.apply(OWNER, "rollback.sql");
    }

    /// The steps of apply.sql in their order.
    pub fn steps(&self) -> Vec<PathBuf> {
        let apply = std::fs::read_to_string(self.file("apply.sql")).unwrap();
        let included = apply.lines().filter_map(|line| line.strip_prefix("\\ir "));
        included.map(|path| self.file(path.trim_matches('\''))).collect()
    }

    /// What the database holds of access, by object.
    pub fn state(&self) -> BTreeMap<String, String> {
        let rows = self.database.rows(STATE);
        rows.into_iter().map(|row| (row[0].clone().unwrap_or_default(), row[1].clone().unwrap_or_default())).collect()
    }

    /// How many rows each role sees of each table and view, as the tenant and without one.
    pub fn seen(&self) -> BTreeMap<String, u64> {
        Self::seen_in(&self.database, self.tenant)
    }

    pub fn seen_in(database: &Database, (setting, tenant): (&str, &str)) -> BTreeMap<String, u64> {
        let sql = SEEN.replace("{setting}", setting).replace("{tenant}", tenant);
        let printed = database.sql(&sql);
        let mut seen = BTreeMap::new();
        for line in printed.lines() {
            let (what, count) = line.rsplit_once('\t').unwrap_or_else(|| panic!("{line}"));
            seen.insert(what.to_owned(), count.parse().unwrap());
        }
        seen
    }
}

fn built(sample: &Sample, major: Option<u32>, toml: &str, (schema, policy): (&str, &str)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = support::root().join("policies").join(sample.folder);
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    if !policy.is_empty() {
        std::fs::write(folder.path().join("zz_more.noren"), policy).unwrap();
    }
    let dump = folder.path().join("schema.sql");
    let whole = std::fs::read_to_string(&dump).unwrap() + schema;
    std::fs::write(&dump, whole).unwrap();
    let path = folder.path().join("noren.toml");
    let mut manifest = std::fs::read_to_string(&path).unwrap();
    if let Some(major) = major {
        let line = manifest.lines().find(|line| line.starts_with("version")).unwrap().to_owned();
        manifest = manifest.replace(&line, &format!("version = {major}"));
    }
    std::fs::write(&path, manifest + "\n" + toml).unwrap();
    let output = support::run(support::noren().arg("-C").arg(folder.path()).arg("build"));
    support::succeeded(&output, "noren build");
    folder
}

/// A script's parts: the head, then each transaction's statements.
pub struct Transactions {
    pub head: String,
    pub transactions: Vec<Vec<String>>,
}

/// Cuts a file into its transactions.
pub fn transactions(file: &Path) -> Transactions {
    let text = std::fs::read_to_string(file).unwrap();
    let mut cut = Transactions { head: String::new(), transactions: Vec::new() };
    let mut open = false;
    for piece in pieces(&text) {
        let statement = piece.text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
        if statement.trim_start().starts_with("BEGIN") {
            open = true;
            cut.transactions.push(Vec::new());
        }
        match cut.transactions.last_mut().filter(|_| open) {
            Some(transaction) => transaction.push(piece.text.to_owned()),
            None => cut.head.push_str(piece.text),
        }
        open &= !statement.trim().starts_with("COMMIT");
    }
    assert!(!open, "{} does not end its transaction", file.display());
    cut
}

/// What `apply` may change, and `rollback` must bring back. An ACL that is not there is the one that holds by default.
const STATE: &str = r#"
WITH space AS (SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
SELECT 'relation ' || c.oid::regclass, concat_ws(' ', c.relkind, c.relrowsecurity, c.relforcerowsecurity,
       (SELECT string_agg(option, ',' ORDER BY option) FROM unnest(c.reloptions) AS option), pg_get_userbyid(c.relowner),
       (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM aclexplode(coalesce(c.relacl,
          acldefault((CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", c.relowner))) AS a))
FROM pg_class c JOIN space n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
UNION ALL
SELECT 'column ' || a.attrelid::regclass || ' ' || a.attname, a.attacl::text
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN space n ON n.oid = c.relnamespace WHERE a.attacl IS NOT NULL
UNION ALL
SELECT 'policy ' || p.polrelid::regclass || ' ' || p.polname,
       concat_ws(' ', p.polcmd, p.polpermissive, (SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE r::regrole::text END, ',') FROM unnest(p.polroles) r),
                 pg_get_expr(p.polqual, p.polrelid), '|', pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy'))
FROM pg_policy p
UNION ALL
SELECT 'function ' || p.oid::regprocedure, concat_ws(' ', md5(pg_get_functiondef(p.oid)), obj_description(p.oid, 'pg_proc'),
       (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a))
FROM pg_proc p JOIN space n ON n.oid = p.pronamespace
UNION ALL
SELECT 'schema ' || n.nspname, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a)
FROM space n
UNION ALL
SELECT concat_ws(' ', 'default', d.defaclrole::regrole, nullif(d.defaclnamespace, 0)::regnamespace, d.defaclobjtype), d.defaclacl::text
FROM pg_default_acl d"#;

const SEEN: &str = r"
SET row_security = on;
DO $$
DECLARE
  role text; tenant text; relation regclass; count bigint; seen jsonb := '{}';
BEGIN
  FOR role, tenant, relation IN
    SELECT r.rolname, t, c.oid::regclass
    FROM pg_roles r, unnest(ARRAY['', '{tenant}']) t, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT r.rolsuper AND r.rolname !~ '^pg_' AND c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_'
      AND n.nspname NOT IN ('information_schema', 'noren')
  LOOP
    PERFORM set_config('{setting}', tenant, true), set_config('role', role, true);
    BEGIN
      EXECUTE format('SELECT count(*) FROM %s', relation) INTO count;
    EXCEPTION WHEN insufficient_privilege THEN
      count := 0;
    END;
    PERFORM set_config('role', 'none', true);
    seen := seen || jsonb_build_object(concat_ws(' ', role, relation, nullif(tenant, '')), count);
  END LOOP;
  PERFORM set_config('test.seen', seen::text, false);
END $$;
SELECT key || E'\t' || value FROM jsonb_each_text(current_setting('test.seen')::jsonb);";
