//! A project, a source database with rows, an export by psql, a target database and an import by psql.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use noren::server::Server;

use crate::rows::{fill, whole};
use crate::support::{self, Database};

use super::compare::{Column, Fate, Table};

/// Long enough, and so odd that finding it anywhere means that it leaked.
pub const KEY: &str = "Kq7-only-for-tests-0123456789-abcdefgh-zZ9";
/// Owns the target database and is nothing more.
pub const OWNER: &str = "plain owner";

/// Memberships are the cluster's, and PostgreSQL lets one session at a time change a role's.
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// A policy project in a folder of its own.
pub struct Project {
    pub folder: tempfile::TempDir,
    pub schema: String,
    rows: Option<String>,
    /// What every database of the project has besides.
    pub beside: String,
}

impl Project {
    /// A copy of a folder that holds noren.toml, and of a schema when it lies elsewhere.
    pub fn copy(from: &Path, schema: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(from, folder.path());
        if let Some(schema) = schema {
            std::fs::copy(schema, folder.path().join("schema.sql")).unwrap();
        }
        Self::at(folder)
    }

    /// A project from texts.
    pub fn of(schema: &str, policy: &str, toml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("schema.sql", schema), ("policy.noren", policy), ("noren.toml", toml)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self::at(folder)
    }

    fn at(folder: tempfile::TempDir) -> Self {
        let schema = std::fs::read_to_string(folder.path().join("schema.sql")).unwrap();
        let rows = std::fs::read_to_string(folder.path().join("rows.sql")).ok();
        Self { folder, schema, rows, beside: String::new() }
    }

    /// `noren build`.
    #[track_caller]
    pub fn build(&self) {
        let output = support::run(support::noren().arg("-C").arg(self.folder.path()).arg("build"));
        support::succeeded(&output, "noren build");
    }

    /// A file of an export.
    pub fn file(&self, export: &str, name: &str) -> PathBuf {
        self.folder.path().join("generated/export").join(export).join(name)
    }

    /// A database with the schema, the project's own rows and made ones.
    #[track_caller]
    pub fn source(&self, server: &'static Server, seed: u64) -> Database {
        let database = Database::new(server, "source");
        database.sql(&self.schema);
        database.sql(&self.beside);
        if let Some(rows) = &self.rows {
            database.sql(rows);
        }
        whole(&fill(&database, seed));
        self.create_roles(server);
        for export in self.exports() {
            self.run_rights(&database, &export, "rights_source.sql");
        }
        database
    }

    /// The roles of the policy: they are the cluster's, and tests share it.
    fn create_roles(&self, server: &'static Server) {
        let coverage = std::fs::read_to_string(self.folder.path().join("generated/coverage.txt")).unwrap_or_default();
        for line in coverage.lines().filter_map(|line| line.strip_prefix("role ")) {
            let Some((name, words)) = word(line) else { continue };
            let Some(words) = words.strip_prefix(": ") else { continue };
            if ["login", "nologin", "existing"].iter().any(|word| words.starts_with(word)) {
                let bypass = if words.contains("tenants all") { "BYPASSRLS" } else { "NOBYPASSRLS" };
                let role = format!(
                    "DO $$ BEGIN CREATE ROLE \"{name}\" LOGIN {bypass}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;"
                );
                server.execute("postgres", &role).unwrap();
            }
        }
    }

    fn exports(&self) -> Vec<String> {
        let folder = self.folder.path().join("generated/export");
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[track_caller]
    fn run_rights(&self, database: &Database, export: &str, name: &str) {
        let file = self.file(export, name);
        if file.exists() {
            let arguments: [std::ffi::OsString; 2] = ["-f".into(), file.into()];
            support::succeeded(&database.psql("postgres", arguments, &[], self.folder.path()), name);
        }
    }

    /// A database with the schema, owned by somebody who is no superuser, with other rows, its sequences moved, and the
    /// marker of the export.
    #[track_caller]
    pub fn target(&self, server: &'static Server, export: &str, seed: u64) -> Database {
        server.execute("postgres", &create_role(OWNER)).unwrap();
        let database = Database::owned(server, "target", Some(OWNER));
        let (extensions, rest) = split_extensions(&self.schema);
        database.sql(&extensions);
        database.sql_as(OWNER, &rest.replace("OWNER TO postgres", &format!("OWNER TO \"{OWNER}\"")));
        whole(&fill(&database, seed));
        self.empty_what_stays(&database, export);
        database.sql(MOVE_SEQUENCES);
        database.sql(&self.beside);
        mark(&database, export);
        self.create_roles(server);
        if let Some(role) = self.import_role(export) {
            let _turn = TURN.lock().unwrap();
            database.sql(&format!("GRANT \"{role}\" TO \"{OWNER}\""));
        }
        self.run_rights(&database, export, "rights_target.sql");
        database
    }

    fn import_role(&self, export: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.file(export, "import.sql")).ok()?;
        let role = text.lines().find_map(|line| line.strip_prefix("SET ROLE "))?;
        Some(role.trim_end_matches(';').trim_matches('"').to_owned())
    }

    /// A copy holds nothing in tables that no export loads.
    #[track_caller]
    fn empty_what_stays(&self, database: &Database, export: &str) {
        let plan = std::fs::read_to_string(self.file(export, "plan.json")).unwrap();
        let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
        let name = |table: &serde_json::Value| {
            (table["schema"].as_str().unwrap().to_owned(), table["table"].as_str().unwrap().to_owned())
        };
        let loaded: Vec<(String, String)> = plan["tables"].as_array().unwrap().iter().map(name).collect();
        let all = "SELECT relnamespace::regnamespace::text, relname, oid::regclass FROM pg_class \
                   WHERE relkind IN ('r', 'p') AND NOT relispartition \
                   AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')";
        for row in database.rows(all) {
            let [schema, table, quoted] = row.as_slice() else { panic!("three columns") };
            let unquoted = |name: &str| name.trim_matches('"').replace("\"\"", "\"");
            if !loaded.contains(&(unquoted(schema.as_deref().unwrap()), table.clone().unwrap())) {
                let quoted = quoted.as_deref().unwrap();
                database.sql(&format!("SET session_replication_role = replica; DELETE FROM {quoted};"));
            }
        }
    }

    /// `run.sql` on the source into a fresh folder.
    pub fn export(&self, source: &Database, export: &str, run: &Path) -> Output {
        self.export_with(source, export, run, &[("NOREN_MASK_KEY", KEY)])
    }

    /// `run.sql` with this environment.
    pub fn export_with(&self, source: &Database, export: &str, run: &Path, environment: &[(&str, &str)]) -> Output {
        let file = self.file(export, "run.sql");
        let mut arguments = arguments(run, &file);
        if std::fs::read_to_string(&file).unwrap_or_default().contains("\\if :{?tenant}") {
            arguments.splice(0..0, ["-v".into(), format!("tenant={}", tenant(source)).into()]);
        }
        source.psql("postgres", arguments, environment, self.folder.path())
    }

    /// `import.sql` and `after.sql` on the target.
    pub fn import(&self, target: &Database, export: &str, run: &Path) -> Output {
        let loaded = self.import_file(target, &self.file(export, "import.sql"), run);
        if !loaded.status.success() {
            return loaded;
        }
        target.psql(OWNER, arguments(run, &self.file(export, "after.sql")), &[], self.folder.path())
    }

    /// One file on the target.
    pub fn import_file(&self, target: &Database, file: &Path, run: &Path) -> Output {
        target.psql(OWNER, arguments(run, file), &[], self.folder.path())
    }
}

/// What psql is given: the run folder and the file.
pub fn arguments(run: &Path, file: &Path) -> Vec<std::ffi::OsString> {
    let mut assignment = std::ffi::OsString::from("run=");
    assignment.push(run);
    vec!["-v".into(), assignment, "-f".into(), file.into()]
}

/// The tenant of a run that is of one.
pub fn tenant(source: &Database) -> String {
    source.value("SELECT id FROM companies ORDER BY id LIMIT 1")
}

/// Puts the marker that an import looks for.
pub fn mark(database: &Database, export: &str) {
    database.sql(&format!(
        "CREATE SCHEMA noren; CREATE TABLE noren.import_target (export text);
         INSERT INTO noren.import_target VALUES ('{export}');
         GRANT USAGE ON SCHEMA noren TO \"{OWNER}\"; GRANT SELECT ON noren.import_target TO \"{OWNER}\";"
    ));
}

/// Two tests may create the role at once.
fn create_role(name: &str) -> String {
    format!(
        "DO $$ BEGIN CREATE ROLE \"{name}\" LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;"
    )
}

/// Extensions, and the schemas that they are put into, are the superuser's to create; the rest is the owner's.
fn split_extensions(schema: &str) -> (String, String) {
    let homes: Vec<String> = schema
        .lines()
        .filter(|line| line.starts_with("CREATE EXTENSION"))
        .filter_map(|line| line.trim_end_matches(';').split_once("WITH SCHEMA "))
        .map(|(_, home)| format!("CREATE SCHEMA {home};"))
        .collect();
    let of_extension = |line: &&str| {
        line.starts_with("CREATE EXTENSION")
            || line.starts_with("COMMENT ON EXTENSION")
            || homes.iter().any(|home| home == line)
    };
    let (extensions, rest): (Vec<&str>, Vec<&str>) = schema.lines().partition(of_extension);
    let open =
        homes.iter().map(|home| home.replace("CREATE SCHEMA ", "GRANT USAGE ON SCHEMA ").replace(';', " TO PUBLIC;\n"));
    (extensions.join("\n") + "\n" + &open.collect::<String>(), rest.join("\n") + "\n")
}

fn copy_folder(from: &Path, to: &Path) {
    let output = support::run(Command::new("cp").arg("-R").arg(from.join(".")).arg(to));
    support::succeeded(&output, "cp");
}

const MOVE_SEQUENCES: &str = r"
DO $$
DECLARE s record;
BEGIN
  FOR s IN SELECT seqrelid::regclass AS name, seqincrement AS by FROM pg_sequence LOOP
    FOR i IN 1..3 LOOP PERFORM nextval(s.name); END LOOP;
  END LOOP;
END $$;";

/// What an import may not change, by object: definitions, modes, flags.
pub fn catalog(database: &Database) -> BTreeMap<String, String> {
    pairs(database, &CATALOG)
}

/// Everything: the catalog, the place of each sequence, and a digest of each table's rows.
pub fn state(database: &Database) -> BTreeMap<String, String> {
    let mut state = catalog(database);
    let probes = database.column(STATE).join(" UNION ALL ");
    if !probes.is_empty() {
        state.extend(pairs(database, &probes));
    }
    state
}

fn pairs(database: &Database, query: &str) -> BTreeMap<String, String> {
    database
        .rows(query)
        .into_iter()
        .map(|row| (row[0].clone().unwrap_or_default(), row[1].clone().unwrap_or_default()))
        .collect()
}

/// What differs, for messages.
pub fn difference(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| format!("{key}: before {:?}, after {:?}", before.get(key), after.get(key)))
        .collect()
}

/// Counts every sequence whose next value a row already has, with the rows' largest (or, downwards, smallest) value.
pub fn stale_sequences(database: &Database) -> Vec<String> {
    let probes = database.column(SEQUENCES).join(" UNION ALL ");
    if probes.is_empty() {
        Vec::new()
    } else {
        database.column(&probes).into_iter().filter(|name| !name.is_empty()).collect()
    }
}

const OURS: &str = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND n.nspname <> 'noren'";

/// Names of internal triggers hold object ids, which do not change unless something was dropped and made again: that
/// would be a change too.
static CATALOG: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!(
        "SELECT 'trigger ' || t.tgrelid::regclass || ' ' || t.tgname, concat_ws(' ', t.tgenabled, t.tgdeferrable, t.tginitdeferred, t.tgfoid::regproc)
           FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}
         UNION ALL
         SELECT 'relation ' || c.oid::regclass, concat_ws(' ', c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relispopulated,
             c.relpersistence, pg_get_userbyid(c.relowner), c.relacl, c.reloptions)
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}
         UNION ALL
         SELECT 'constraint ' || k.conrelid::regclass || ' ' || k.conname, concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated)
           FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE {OURS} AND k.conrelid <> 0
         UNION ALL
         SELECT 'index ' || i.indexrelid::regclass, concat_ws(' ', i.indisvalid, i.indisready, i.indislive, pg_get_indexdef(i.indexrelid))
           FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}
         UNION ALL
         SELECT 'sequence ' || s.seqrelid::regclass, concat_ws(' ', s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
           FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}
         UNION ALL
         SELECT 'column ' || a.attrelid::regclass || ' ' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity)
           FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND a.attnum > 0
         UNION ALL
         SELECT 'policy ' || p.polrelid::regclass || ' ' || p.polname, concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid))
           FROM pg_policy p"
    )
});

/// Statements that give the place of a sequence or the digest of a table.
const STATE: &str = r"
SELECT CASE c.relkind
  WHEN 'S' THEN format('SELECT %L, concat_ws('' '', last_value, is_called) FROM %I.%I', 'place of ' || c.oid::regclass, n.nspname, c.relname)
  ELSE format('SELECT %L, coalesce((SELECT md5(string_agg(r, chr(10) ORDER BY r)) FROM (SELECT t::text AS r FROM ONLY %I.%I t) x), ''empty'')',
       'rows of ' || c.oid::regclass, n.nspname, c.relname) END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('S', 'r', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND n.nspname <> 'noren'
  AND (c.relkind <> 'm' OR c.relispopulated)
ORDER BY 1";

/// One probe a numbered column: does a row hold the value that the sequence would give next, or one beyond it?
const SEQUENCES: &str = r"
SELECT format('SELECT %L FROM %I.%I s, pg_sequence q WHERE q.seqrelid = %s AND EXISTS (SELECT FROM %s t WHERE t.%I BETWEEN q.seqmin AND q.seqmax AND CASE WHEN q.seqincrement > 0 '
         || 'THEN t.%I > s.last_value OR (NOT s.is_called AND t.%I >= s.last_value) ELSE t.%I < s.last_value OR (NOT s.is_called AND t.%I <= s.last_value) END)',
       used.relation::regclass || '.' || used.name, n.nspname, c.relname, c.oid, used.relation::regclass, used.name, used.name, used.name, used.name, used.name)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
  SELECT a.attrelid AS relation, a.attname AS name FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass
  UNION
  SELECT a.attrelid, a.attname FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
    WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
) used
JOIN pg_attribute a ON a.attrelid = used.relation AND a.attname = used.name AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
WHERE c.relkind = 'S' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY 1";

/// The tables of an export in the order of plan.json, their columns as coverage.txt tells them.
pub fn plan(project: &Project, export: &str) -> Vec<Table> {
    let text = std::fs::read_to_string(project.file(export, "plan.json")).unwrap();
    let coverage = std::fs::read_to_string(project.folder.path().join("generated/coverage.txt")).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let tables = plan["tables"].as_array().expect("plan.json has tables");
    let planned = tables.iter().map(|table| planned_table(table, export, &coverage)).collect::<Vec<_>>();
    let empty = planned.iter().filter(|table| table.columns.is_empty()).count();
    assert!(empty <= 1, "coverage.txt lacks columns of a table");
    planned
}

fn planned_table(table: &serde_json::Value, export: &str, coverage: &str) -> Table {
    let text = |key: &str| table[key].as_str().unwrap_or_else(|| panic!("no {key} in {table}")).to_owned();
    let (schema, name) = (text("schema"), text("table"));
    let columns = coverage.lines().filter_map(|line| {
        let fact = line.strip_prefix("export ")?;
        let (of, fact) = word(fact)?;
        let (in_schema, fact) = word(fact.strip_prefix(": column ")?)?;
        let (in_table, fact) = word(fact.strip_prefix('.')?)?;
        let (column, fact) = word(fact.strip_prefix('.')?)?;
        let words = fact.strip_prefix(": ")?;
        (of == export && in_schema == schema && in_table == name)
            .then(|| Column { name: column, fate: fate(words.split("; by ").next().unwrap_or_default()) })
    });
    Table { stem: text("file").trim_end_matches(".txt").to_owned(), columns: columns.collect(), schema, name }
}

fn fate(words: &str) -> Fate {
    match words.split("; class ").next().unwrap_or_default() {
        "keep" | "keep, orphans skip" => Fate::Kept,
        "keep, orphans null" => Fate::Loosened,
        "generated" => Fate::Generated,
        drop if drop.starts_with("drop") => Fate::Absent,
        _ => Fate::Masked,
    }
}

/// A name as the language writes it, plain or quoted, and what follows.
fn word(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => rest = after,
            None => return Some((name, rest)),
        }
        name.push('"');
    }
}

#[test]
fn names_are_read_as_the_language_writes_them() {
    assert_eq!(word("public.t"), Some(("public".to_owned(), ".t")));
    assert_eq!(word("\"a\"\".b: \".c"), Some(("a\".b: ".to_owned(), ".c")));
    assert_eq!(word(""), None);
    assert_eq!(fate("keep; class plain"), Fate::Kept);
    assert_eq!(fate("keep when (a) else mask null"), Fate::Masked);
}
