//! The catalog against `pg_catalog` of a real server.
#![allow(clippy::disallowed_methods, reason = "tests read the schemas of other projects where they lie")]
#![allow(clippy::format_push_string, reason = "a test's SQL may be slow to build")]

use noren::catalog::{Catalog, read};
use noren::diagnostic::Diagnostic;
use noren::source::Sources;

use crate::support;

fn load(files: &[(&str, &str)]) -> (Sources, Catalog, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let ids: Vec<_> = files.iter().map(|(path, text)| sources.add(*path, *text).unwrap()).collect();
    let (catalog, found) = read(&sources, &ids);
    (sources, catalog, found)
}

fn shown(sources: &Sources, found: &[Diagnostic]) -> Vec<String> {
    let show = |finding: &Diagnostic| {
        let place = finding.primary.as_ref().map(|label| {
            format!("{}:{}: `{}`", sources.path(label.span), sources.position(label.span), sources.text(label.span))
        });
        format!("{} {} {}", finding.code, place.unwrap_or_default(), finding.title)
    };
    found.iter().map(show).collect()
}

fn real(name: &str) -> Option<String> {
    let folder = std::env::var_os("NOREN_REAL_SCHEMAS").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/schemas"),
        std::path::PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join(name)).ok();
    if text.is_none() {
        eprintln!("SKIPPED: no {name} in {}; set NOREN_REAL_SCHEMAS", folder.display());
    }
    text
}

#[test]
fn real_schemas_are_read_without_a_finding() {
    for name in ["crates_io.sql", "pagila.sql"] {
        let Some(text) = real(name) else { continue };
        let (sources, catalog, found) = load(&[(name, &text)]);
        assert_eq!(shown(&sources, &found), Vec::<String>::new());
        assert!(catalog.tables.len() > 15, "{name}");
    }
}

/// Facts as `tests/catalog/server.sql` prints them.
mod facts {
    use noren::catalog::{
        Catalog, DataType, Grant, Identity, Index, IndexPart, ReferentialAction, Table, TableKind, TriggerMode,
        TypeKind,
    };

    /// PostgreSQL's text of an array; empty lists are NULL.
    pub fn array<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
        let quote = |item: &str| {
            let odd = item.is_empty()
                || item.eq_ignore_ascii_case("null")
                || item.chars().any(|c| "{}\",\\".contains(c) || c.is_ascii_whitespace());
            if odd { format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\"")) } else { item.to_owned() }
        };
        let items: Vec<String> = items.into_iter().map(quote).collect();
        if items.is_empty() { String::new() } else { format!("{{{}}}", items.join(",")) }
    }

    fn strings(items: &[String]) -> String {
        array(items.iter().map(String::as_str))
    }

    fn sorted(items: &[String]) -> String {
        let mut items = items.to_vec();
        items.sort();
        strings(&items)
    }

    fn flag(value: bool) -> char {
        if value { 't' } else { 'f' }
    }

    pub fn type_name(data_type: &DataType) -> String {
        let modifiers: Vec<String> = data_type.modifiers.iter().map(ToString::to_string).collect();
        let modifiers = if modifiers.is_empty() { String::new() } else { format!("({})", modifiers.join(",")) };
        format!("{}{modifiers}{}", data_type.name, if data_type.dimensions > 0 { "[]" } else { "" })
    }

    fn action(action: ReferentialAction) -> char {
        match action {
            ReferentialAction::NoAction => 'a',
            ReferentialAction::Restrict => 'r',
            ReferentialAction::Cascade => 'c',
            ReferentialAction::SetNull => 'n',
            ReferentialAction::SetDefault => 'd',
        }
    }

    fn comment(comment: Option<&String>) -> &str {
        comment.map_or("", String::as_str)
    }

    pub fn of(catalog: &Catalog, major: u32) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(catalog.schemas.keys().map(|schema| format!("schema {schema}")));
        for table in catalog.tables.values() {
            self::table(table, &mut lines);
            grants(&table.name.to_string(), &table.grants, &table_privileges(major), &mut lines);
        }
        for sequence in catalog.sequences.values() {
            let owner = sequence.owned_by.as_ref().map_or(String::new(), |(table, column)| format!("{table}.{column}"));
            lines.push(format!(
                "sequence {} {} owned [{owner}] identity {} start {} by {} {}..{} cycle {}",
                sequence.name,
                sequence.data_type,
                flag(sequence.identity),
                sequence.start,
                sequence.increment,
                sequence.minimum,
                sequence.maximum,
                flag(sequence.cycle)
            ));
            grants(&sequence.name.to_string(), &sequence.grants, &["select", "usage", "update"], &mut lines);
        }
        for view in catalog.views.values() {
            let reads: Vec<String> = view.reads.iter().map(ToString::to_string).collect();
            let options: Vec<String> = view.options.iter().map(|(name, value)| format!("{name}={value}")).collect();
            lines.push(format!(
                "view {} materialized {} reads {} options {} comment [{}]",
                view.name,
                flag(view.materialized),
                sorted(&reads),
                strings(&options),
                comment(view.comment.as_ref())
            ));
            view.indexes.iter().for_each(|one| index(&view.name.to_string(), one, &mut lines));
            grants(&view.name.to_string(), &view.grants, &table_privileges(major), &mut lines);
        }
        types(catalog, &mut lines);
        for function in catalog.functions.values().flatten() {
            let arguments: Vec<String> = function.arguments.iter().map(plain).collect();
            lines.push(format!(
                "function {}({}) returns [{}] {} {} definer {} strict {} leakproof {} procedure {}",
                function.name,
                arguments.join(", "),
                function.returns.as_ref().map(plain).unwrap_or_default(),
                function.language,
                function.volatility,
                flag(function.security_definer),
                flag(function.strict),
                flag(function.leakproof),
                flag(function.procedure)
            ));
        }
        lines.extend(
            catalog
                .extensions
                .iter()
                .filter(|(name, _)| *name != "plpgsql")
                .map(|(name, home)| format!("extension {name} in {home}")),
        );
        lines.sort();
        lines
    }

    fn plain(data_type: &DataType) -> String {
        type_name(&DataType { modifiers: Vec::new(), ..data_type.clone() })
    }

    fn types(catalog: &Catalog, lines: &mut Vec<String>) {
        for found in catalog.types.values() {
            let what = match &found.kind {
                TypeKind::Enum(labels) => format!("enum {}", strings(labels)),
                TypeKind::Domain { base, not_null, default, checks, .. } => {
                    let names: Vec<String> = checks.iter().map(|check| check.name.clone()).collect();
                    format!(
                        "domain {} not null {} default {} checks {}",
                        type_name(base),
                        flag(*not_null),
                        flag(default.is_some()),
                        sorted(&names)
                    )
                }
                TypeKind::Composite(fields) => {
                    let fields: Vec<String> =
                        fields.iter().map(|(name, data_type)| format!("{name} {}", type_name(data_type))).collect();
                    format!("composite {}", strings(&fields))
                }
                TypeKind::Range(subtype) => format!("range {}", type_name(subtype)),
                TypeKind::Multirange(range) => format!("multirange {range}"),
                TypeKind::Base => String::new(),
            };
            lines.push(format!("type {} {what} comment [{}]", found.name, comment(found.comment.as_ref())));
        }
    }

    fn table_privileges(major: u32) -> Vec<&'static str> {
        let mut all = vec!["select", "insert", "update", "delete", "truncate", "references", "trigger"];
        if major >= 17 {
            all.push("maintain");
        }
        all
    }

    fn grants(object: &str, grants: &[Grant], all: &[&str], lines: &mut Vec<String>) {
        for grant in grants {
            let privileges: Vec<&str> = if grant.privilege == "all" { all.to_vec() } else { vec![&grant.privilege] };
            let objects: Vec<String> = if grant.columns.is_empty() {
                vec![object.to_owned()]
            } else {
                grant.columns.iter().map(|column| format!("{object}.{column}")).collect()
            };
            for privilege in privileges {
                for object in &objects {
                    lines.push(format!(
                        "grant {object} {privilege} to {} option {}",
                        grant.grantee,
                        flag(grant.grantable)
                    ));
                }
            }
        }
    }

    fn table(table: &Table, lines: &mut Vec<String>) {
        let name = &table.name;
        let kind = match table.kind {
            TableKind::Ordinary => 'r',
            TableKind::Partitioned { .. } => 'p',
            TableKind::Foreign => 'f',
        };
        let inherits: Vec<String> = table.inherits.iter().map(ToString::to_string).collect();
        lines.push(format!(
            "table {name} {kind} partition of [{}] inherits [{}] security {} force {} unlogged {} comment [{}]",
            table.partition_of.as_ref().map(ToString::to_string).unwrap_or_default(),
            inherits.join(", "),
            flag(table.row_security),
            flag(table.force_row_security),
            flag(table.unlogged),
            comment(table.comment.as_ref())
        ));
        for (position, column) in table.columns.values().enumerate() {
            let identity = column.identity.map_or("", |identity| if identity == Identity::Always { "a" } else { "d" });
            let generated = column.generated.as_ref().map_or("", |generated| if generated.stored { "s" } else { "v" });
            lines.push(format!(
                "column {name} {}. {} {} not null {} default {} identity [{identity}] generated [{generated}] comment [{}]",
                position + 1, column.name, type_name(&column.data_type), flag(column.not_null), flag(column.default.is_some()), comment(column.comment.as_ref())
            ));
        }
        constraints(table, lines);
        table.indexes.iter().for_each(|one| index(&name.to_string(), one, lines));
        for trigger in &table.triggers {
            let mode = match trigger.mode {
                TriggerMode::Origin => 'O',
                TriggerMode::Disabled => 'D',
                TriggerMode::Replica => 'R',
                TriggerMode::Always => 'A',
            };
            lines.push(format!(
                "trigger {name} {} {mode} {} before {} instead {} row {} {} constraint {}",
                trigger.name,
                trigger.function,
                flag(trigger.before),
                flag(trigger.instead_of),
                flag(trigger.for_each_row),
                strings(&trigger.events),
                flag(trigger.constraint)
            ));
        }
        for policy in &table.policies {
            let command = match policy.command.as_str() {
                "select" => 'r',
                "insert" => 'a',
                "update" => 'w',
                "delete" => 'd',
                _ => '*',
            };
            lines.push(format!(
                "policy {name} {} permissive {} {command} {} using {} check {}",
                policy.name,
                flag(policy.permissive),
                strings(&policy.roles),
                flag(policy.using.is_some()),
                flag(policy.check.is_some())
            ));
        }
        lines.extend(table.publications.iter().map(|publication| format!("published {name} in {publication}")));
    }

    fn constraints(table: &Table, lines: &mut Vec<String>) {
        let name = &table.name;
        let mut line = |constraint: &str, kind: char, columns: String, rest: String| {
            lines.push(format!("constraint {name} {constraint} {kind} columns {columns} references {rest}"));
        };
        let keys = table.primary_key.iter().map(|key| (key, 'p')).chain(table.unique.iter().map(|key| (key, 'u')));
        for (key, kind) in keys {
            let rest = format!(
                "[]  update   delete    match   deferrable {} deferred {} validated t",
                flag(key.deferrable),
                flag(key.initially_deferred)
            );
            line(&key.name, kind, strings(&key.columns), rest);
        }
        let plain = "[]  update   delete    match   deferrable f deferred f validated";
        for check in &table.checks {
            line(&check.name, 'c', sorted(&check.expression.columns), format!("{plain} {}", flag(check.validated)));
        }
        for exclusion in &table.exclusions {
            line(&exclusion.name, 'x', sorted(&exclusion.columns), format!("{plain} t"));
        }
        for key in &table.foreign_keys {
            let rest = format!(
                "[{}] {} update {} delete {} {} match {} deferrable {} deferred {} validated {}",
                key.references,
                strings(&key.referenced_columns),
                action(key.on_update),
                action(key.on_delete),
                strings(&key.delete_columns),
                if key.match_full { 'f' } else { 's' },
                flag(key.deferrable),
                flag(key.initially_deferred),
                flag(key.validated)
            );
            line(&key.name, 'f', strings(&key.columns), rest);
        }
    }

    fn index(table: &str, index: &Index, lines: &mut Vec<String>) {
        let part = |part: &IndexPart| match part {
            IndexPart::Column(column) => column.clone(),
            IndexPart::Expression(_) => "(expression)".to_owned(),
        };
        let parts: Vec<String> = index.parts.iter().map(part).collect();
        lines.push(format!(
            "index {table} {} unique {} not distinct {} parts {} include {} partial {} {}",
            index.name,
            flag(index.unique),
            flag(index.nulls_not_distinct),
            strings(&parts),
            strings(&index.include),
            flag(index.predicate.is_some()),
            index.method
        ));
    }
}

/// What differs, `-` for what only the server says and `+` for what only the catalog says.
fn difference(server: &[String], ours: &[String]) -> String {
    let missing = server.iter().filter(|line| !ours.contains(line)).map(|line| format!("- {line}"));
    let extra = ours.iter().filter(|line| !server.contains(line)).map(|line| format!("+ {line}"));
    let mut all: Vec<String> = missing.chain(extra).collect();
    all.sort_by(|one, two| one[2..].cmp(&two[2..]));
    all.join("\n")
}

const QUERY: &str = include_str!("catalog/server.sql");
const HELPERS: &str = include_str!("catalog/helpers.sql");
const TORTURE: &str = include_str!("catalog/torture.sql");
const TORTURE_18: &str = include_str!("catalog/torture_18.sql");

fn compare(database: &support::Database, catalog: &Catalog) {
    let server: Vec<String> = database.column(QUERY);
    assert!(server.len() > 100, "the query finds what there is");
    assert_eq!(difference(&server, &facts::of(catalog, database.server.major())), "");
}

#[test]
fn migrations_and_their_dump_give_what_the_server_has() {
    let Some(server) = support::server(None) else { return };
    let database = support::Database::new(server, "catalog");
    database.sql(TORTURE);
    let dump = server.dump_schema(&database.name).unwrap();
    database.sql(HELPERS);
    let (sources, migrated, found) = load(&[("migrations.sql", TORTURE)]);
    assert_eq!(shown(&sources, &found), Vec::<String>::new());
    compare(&database, &migrated);
    let (sources, dumped, found) = load(&[("dump.sql", &dump)]);
    assert_eq!(shown(&sources, &found), Vec::<String>::new());
    // A column that a parent got later moves before the child's own ones when the dump is restored.
    let restored = support::Database::new(server, "catalog");
    restored.sql(&dump);
    restored.sql(HELPERS);
    compare(&restored, &dumped);
    let unplaced = |catalog: &Catalog| -> Vec<String> {
        let line = |line: String| match line.split_once(". ") {
            Some((before, after)) if line.starts_with("column") => {
                format!("{} {after}", before.trim_end_matches(|c: char| c.is_ascii_digit()))
            }
            _ => line,
        };
        facts::of(catalog, server.major()).into_iter().map(line).collect()
    };
    assert_eq!(difference(&unplaced(&dumped), &unplaced(&migrated)), "");
    same_expressions(&database, "public, 人事", &migrated);
    same_expressions(&restored, "", &dumped);
}

/// Every default, generated column and check, as the server prints it after it has read our text.
fn same_expressions(database: &support::Database, path: &str, catalog: &Catalog) {
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let mut sql = format!("SET search_path = {};\n", if path.is_empty() { "''" } else { path });
    for (number, table) in catalog.tables.values().enumerate() {
        let name = format!("{}.{}", quote(&table.name.schema), quote(&table.name.name));
        let copy = format!("t{number}");
        let comment = table.name.to_string().replace('\'', "''");
        sql += &format!(
            "CREATE TABLE noren_check.{copy} (LIKE {name});
COMMENT ON TABLE noren_check.{copy} IS '{comment}';
"
        );
        for column in table.columns.values() {
            let column_name = quote(&column.name);
            if let Some(default) = &column.default {
                sql += &format!("ALTER TABLE noren_check.{copy} ALTER {column_name} SET DEFAULT {};\n", default.sql);
            }
            if let Some(generated) = &column.generated {
                sql += &format!(
                    "ALTER TABLE noren_check.{copy} ADD \"generated {}\" {} GENERATED ALWAYS AS ({}) STORED;\n",
                    column.name.replace('"', "\"\""),
                    facts::type_name(&column.data_type),
                    generated.expression.sql
                );
            }
        }
        for check in &table.checks {
            sql += &format!(
                "ALTER TABLE noren_check.{copy} ADD CONSTRAINT {} CHECK ({}) NO INHERIT NOT VALID;\n",
                quote(&check.name),
                check.expression.sql
            );
        }
    }
    database.sql(&sql);
    let compared = database.column("
        WITH facts AS (
          SELECT CASE WHEN c.relnamespace = 'noren_check'::regnamespace THEN obj_description(c.oid, 'pg_class') ELSE s.nspname || '.' || c.relname END AS name,
            c.relnamespace = 'noren_check'::regnamespace AS ours, f.*
          FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace CROSS JOIN LATERAL (
            SELECT CASE WHEN a.attgenerated <> '' AND c.relnamespace <> 'noren_check'::regnamespace THEN 'generated ' ELSE '' END || a.attname AS what, pg_get_expr(d.adbin, d.adrelid) AS sql
            FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = c.oid
            UNION ALL
            SELECT 'check ' || conname, pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c'
          ) f
          WHERE c.relkind IN ('r', 'p') AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
        )
        SELECT format('%s %s: %s, ours %s', coalesce(t.name, o.name), coalesce(t.what, o.what), t.sql, o.sql)
        FROM (SELECT * FROM facts WHERE NOT ours) t FULL JOIN (SELECT * FROM facts WHERE ours) o USING (name, what)
        WHERE t.sql IS DISTINCT FROM o.sql");
    assert_eq!(compared, Vec::<String>::new());
}

#[test]
fn migrations_of_18_give_what_its_server_has() {
    let Some(server) = support::server(Some(18)) else { return };
    let text = format!("-- Dumped from database version 18.0\n{TORTURE}{TORTURE_18}");
    let database = support::Database::new(server, "catalog");
    database.sql(&text);
    database.sql(HELPERS);
    let (sources, catalog, found) = load(&[("migrations.sql", &text)]);
    assert_eq!(shown(&sources, &found), Vec::<String>::new());
    compare(&database, &catalog);
}

#[test]
fn real_schemas_are_what_the_server_has() {
    for (name, major) in [("crates_io.sql", None), ("pagila.sql", Some(18))] {
        let (Some(text), Some(server)) = (real(name), support::server(major)) else { continue };
        let database = support::Database::new(server, "real");
        // The server at hand has no pgvector; nothing else of the file depends on it.
        let text: String = text
            .lines()
            .filter(|line| {
                !line.contains("EXTENSION vector")
                    && !line.contains("USING hnsw")
                    && !line.starts_with("COMMENT ON EXTENSION")
            })
            .map(|line| line.replace("public.vector(20)", "real[]") + "\n")
            .collect();
        database.sql(&text);
        database.sql(HELPERS);
        let (_, catalog, _) = load(&[(name, &text)]);
        compare(&database, &catalog);
    }
}

/// Schema files in the folder that `NOREN_MORE_SCHEMAS` names, and folders of migrations in it: whatever loads on the
/// server of `NOREN_MORE_MAJOR` must be what the catalog says. For whoever wants to know of a schema of his own.
#[test]
fn more_schemas_are_what_the_server_has() {
    let Some(folder) = std::env::var_os("NOREN_MORE_SCHEMAS") else { return };
    let major = std::env::var("NOREN_MORE_MAJOR").ok().and_then(|major| major.parse().ok());
    let Some(server) = support::server(major) else { return };
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let differing: Vec<String> = entries.iter().filter_map(|path| differs(server, path)).collect();
    assert_eq!(differing.join("\n\n"), "");
}

/// How the catalog of a schema differs from what the server makes of it.
fn differs(server: &'static noren::server::Server, path: &std::path::Path) -> Option<String> {
    let mut files: Vec<std::path::PathBuf> = vec![path.to_path_buf()];
    if path.is_dir() {
        files = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
    }
    let texts: Vec<(String, String)> =
        files.iter().map(|file| (file.display().to_string(), std::fs::read_to_string(file).unwrap())).collect();
    let database = support::Database::new(server, "more");
    if let Some(error) = texts.iter().find_map(|(_, text)| database.try_sql(text).err()) {
        eprintln!("SKIPPED: {} does not load: {error}", path.display());
        return None;
    }
    database.sql(HELPERS);
    let files: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (sources, catalog, found) = load(&files);
    let difference = difference(&database.column(QUERY), &facts::of(&catalog, server.major()));
    eprintln!("{}: {} tables, {} findings", path.display(), catalog.tables.len(), found.len());
    (!difference.is_empty())
        .then(|| format!("{}\n{}\n{difference}", path.display(), shown(&sources, &found).join("\n")))
}

/// What an old dump and its cluster's have beside tables: a view that is a table first, rules, and roles that go.
const OLD: &str = "
CREATE TABLE public.people (id integer NOT NULL, name text);
ALTER TABLE ONLY public.people ADD CONSTRAINT people_pkey PRIMARY KEY (id);
CREATE TABLE public.named (id integer, name text);
CREATE RULE \"_RETURN\" AS ON SELECT TO public.named DO INSTEAD SELECT people.id, people.name FROM public.people GROUP BY people.id;
CREATE RULE to_people AS ON INSERT TO public.named DO INSTEAD INSERT INTO public.people VALUES (new.id, new.name);
CREATE RULE no_more AS ON DELETE TO public.people DO INSTEAD NOTHING;
CREATE RULE gone AS ON DELETE TO public.people DO ALSO SELECT 1;
DROP RULE gone ON public.people;
DROP ROLE IF EXISTS nobody_has_this_name;
LISTEN something;
";

#[test]
fn views_and_rules_of_old_dumps_are_what_the_server_has() {
    let Some(server) = support::server(None).filter(|server| server.major() < 16) else { return };
    let database = support::Database::new(server, "catalog");
    database.sql(OLD);
    database.sql(HELPERS);
    let (sources, catalog, found) = load(&[("old.sql", OLD)]);
    assert_eq!(shown(&sources, &found), Vec::<String>::new());
    assert_eq!(difference(&database.column(QUERY), &facts::of(&catalog, server.major())), "");
    let rules: Vec<String> = catalog
        .rules
        .iter()
        .flat_map(|(on, rules)| rules.iter().map(move |rule| format!("{} {on}", rule.name)))
        .collect();
    assert_eq!(rules, ["to_people public.named", "no_more public.people"]);
}

/// What a finding says and where, for one file.
fn findings(text: &str) -> Vec<String> {
    let (sources, _, found) = load(&[("s.sql", text)]);
    shown(&sources, &found)
}

#[test]
fn a_word_that_became_sql_s_own_is_told_with_its_way_out() {
    let text = "CREATE FUNCTION public.f(id integer, json json) RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;\n\
        CREATE TABLE public.t (system_user boolean);\nCREATE TABLE public.u (data json, id int NOT NUL);\n";
    let (_, _, found) = load(&[("s.sql", text)]);
    let helped =
        found.iter().map(|found| found.help.as_deref().is_some_and(|help| help.contains("--quote-all-identifiers")));
    assert_eq!(helped.collect::<Vec<_>>(), [true, true, false]);
    let quoted =
        text.replace("json json", "\"json\" json").replace("system_user", "\"system_user\"").replace(" NUL)", " NULL)");
    assert_eq!(findings(&quoted), Vec::<String>::new());
}

#[test]
fn every_syntax_error_is_told_with_its_place() {
    let text = "CREATE TABLE a (id int);\nCREATE TABLE b (id int NOT NUL);\nCREATE TABLE c (\n  id int,\n);\nCREATE TABLE d (id int";
    assert_eq!(
        findings(text),
        [
            "N0950 s.sql:2:28: `NUL` expected SQL that PostgreSQL's parser accepts, found a syntax error at `NUL`",
            "N0950 s.sql:5:1: `)` expected SQL that PostgreSQL's parser accepts, found a syntax error at `)`",
            "N0950 s.sql:6:20: `int` expected SQL that PostgreSQL's parser accepts, found the end of the statement too early",
        ]
    );
    let (_, catalog, _) = load(&[("s.sql", text)]);
    assert_eq!(catalog.tables.len(), 1);
}

#[test]
fn what_is_no_whole_dump_is_refused() {
    let first = |text: &str| findings(text).into_iter().next().unwrap_or_default();
    assert!(first("PGDMP\u{1}\u{e}\0\u{4}").contains("custom format"));
    assert!(first("CREATE TABLE a (x int);\0").contains("NUL byte"));
    assert!(first("--\n-- PostgreSQL database dump\n--\nCREATE TABLE a (x int);\n").contains("dump complete"));
    assert!(first("CREATE TABLE a (x int);\nCOMMENT ON TABLE a IS 'broken off").starts_with("N0951 s.sql:2:23"));
    assert!(first("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $a$ SELECT").starts_with("N0951 s.sql:1:49"));
    assert!(first("CREATE TABLE a (x int); /* and").starts_with("N0951 s.sql:1:25"));
    assert!(first("\\connect one\nCREATE TABLE a (x int);\n\\connect two\n").contains("second one, `two`"));
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    for depth in [50, 1_000, 30_000] {
        let chain = vec!["a"; depth].join(" || ");
        let nested = format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        for expression in [chain, nested] {
            let found = findings(&format!("CREATE VIEW v AS SELECT {expression} FROM (SELECT 'a'::text) AS t (a);"));
            let refused = found.first().is_some_and(|one| one.starts_with("N0950"));
            assert_eq!(
                (found.len(), refused),
                if depth > 1_000 { (1, true) } else { (0, false) },
                "{depth}: {found:?}"
            );
        }
    }
}

#[test]
fn columns_of_an_extension_s_types_go_with_it() {
    let text = "CREATE EXTENSION citext WITH SCHEMA public;\nCREATE DOMAIN d AS public.citext;\n\
                CREATE TABLE t (id int, a public.citext, b text, c d);\nDROP EXTENSION citext CASCADE;";
    let (_, catalog, found) = load(&[("s.sql", text)]);
    assert!(found.is_empty(), "{found:?}");
    let table = catalog.tables.values().next().unwrap();
    assert_eq!(table.columns.keys().collect::<Vec<_>>(), ["id", "b"]);
    assert!(catalog.types.is_empty());
}

/// psql would send both as one; PostgreSQL's splitter knows better.
#[test]
fn a_routine_that_is_called_begin_swallows_nothing() {
    let text = "CREATE FUNCTION public.begin() RETURNS int LANGUAGE sql AS 'SELECT 1';\nCREATE TABLE a (id int);\n\
                CREATE TABLE b (id moody);\n";
    let (sources, catalog, found) = load(&[("s.sql", text)]);
    assert_eq!(catalog.tables.len(), 2);
    let place = shown(&sources, &found);
    assert!(place.len() == 1 && place[0].starts_with("N0955 s.sql:3:20: `moody`"), "{place:?}");
}

#[test]
fn what_contradicts_or_is_not_followed_is_told() {
    let text = "CREATE TABLE a (id int);\nCREATE TABLE a (id int);\nALTER TABLE aa ADD x int;\nALTER TABLE a RENAME y TO z;\n\
                CREATE TABLE b AS SELECT 1;\nDO $$ BEGIN EXECUTE 'DROP TABLE a'; END $$;\nCREATE TABLE c (m moody);\n\
                SELECT run_it();\n\\i other.sql\nCREATE VIEW v AS SELECT * FROM nowhere;\nCREATE TABLE d (x int REFERENCES a);";
    let places: Vec<String> =
        findings(text).iter().map(|line| line.split(" expected").next().unwrap().to_owned()).collect();
    assert_eq!(
        places,
        [
            "N0953 s.sql:9:1: `\\i other.sql`",
            "N0952 s.sql:2:14: `a`",
            "N0952 s.sql:3:13: `aa`",
            "N0952 s.sql:4:1: `ALTER TABLE a RENAME y TO z`",
            "N0953 s.sql:5:1: `CREATE TABLE b AS SELECT 1`",
            "N0954 s.sql:6:1: `DO $$ BEGIN EXECUTE 'DROP TABLE a'; END $$`",
            "N0955 s.sql:7:19: `moody`",
            "N0954 s.sql:8:1: `SELECT run_it()`",
            "N0952 s.sql:10:1: `CREATE VIEW v AS SELECT * FROM nowhere`",
            "N0952 s.sql:11:23: `REFERENCES`",
        ]
    );
}

#[test]
fn the_digest_is_of_what_is_declared() {
    let digest = |text: &str| load(&[("s.sql", text)]).1.digest();
    let one = digest(
        "\\restrict abc\nCREATE TABLE b (x int CHECK (x > 0)); -- note\nCREATE TABLE a (y int, UNIQUE (y), CHECK (y>1));\n\\unrestrict abc\n",
    );
    let two = digest(
        "CREATE TABLE a (y int);\nALTER TABLE a ADD CHECK (y > 1), ADD UNIQUE (y);\n\\restrict xyz\nCREATE TABLE b (x integer\n CHECK (x>0));",
    );
    assert_eq!(one, two);
    assert_ne!(one, digest("CREATE TABLE a (y int);"));
    assert_eq!(one.len(), 64);
}

#[test]
fn whatever_is_declared_changes_the_digest() {
    const SCHEMA: &str =
        "CREATE TABLE a (x int, y text);\nCREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';\n";
    let mut digests = std::collections::BTreeMap::new();
    for more in [
        "",
        "CREATE SCHEMA s;",
        "COMMENT ON SCHEMA public IS 'one';",
        "GRANT USAGE ON SCHEMA public TO app;",
        "CREATE EXTENSION citext;",
        "CREATE COLLATION loose (provider = icu, locale = 'und', deterministic = false);",
        "CREATE TYPE mood AS ENUM ('good');",
        "CREATE TYPE mood AS ENUM ('bad');",
        "CREATE DOMAIN short AS text CHECK (length(VALUE) < 9);",
        "CREATE DOMAIN short AS text CHECK (length(VALUE) < 8);",
        "CREATE TYPE pair AS (one int, two int);",
        "CREATE TYPE pair AS (two int, one int);",
        "CREATE VIEW v AS SELECT x FROM a;",
        "CREATE VIEW v AS SELECT y FROM a;",
        "CREATE SEQUENCE q;",
        "CREATE SEQUENCE q INCREMENT -1;",
        "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 2';",
        "ALTER TABLE a ALTER x SET NOT NULL;",
        "ALTER TABLE a ALTER x SET DEFAULT 1;",
        "ALTER TABLE a ALTER x SET DEFAULT 2;",
        "ALTER TABLE a ALTER x SET DEFAULT '1'::int;",
        "ALTER TABLE a ALTER y TYPE varchar(9);",
        "ALTER TABLE a ADD z int GENERATED ALWAYS AS (x + 1) STORED;",
        "ALTER TABLE a ADD PRIMARY KEY (x);",
        "ALTER TABLE a ADD UNIQUE (x);",
        "ALTER TABLE a ADD UNIQUE (x) DEFERRABLE;",
        "ALTER TABLE a ADD CHECK (x > 1);",
        "ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES a (x);",
        "CREATE INDEX i ON a (x);",
        "CREATE INDEX i ON a (y);",
        "CREATE INDEX i ON a (x) WHERE y = '1';",
        "CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f();",
        "CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f();",
        "CREATE POLICY p ON a USING (x = 1);",
        "ALTER TABLE a ENABLE ROW LEVEL SECURITY;",
        "ALTER TABLE a FORCE ROW LEVEL SECURITY;",
        "ALTER TABLE a OWNER TO app;",
        "GRANT SELECT ON a TO app;",
        "GRANT SELECT (x) ON a TO app;",
        "COMMENT ON COLUMN a.x IS 'one';",
        "COMMENT ON TABLE a IS 'one';",
    ] {
        let digest = load(&[("s.sql", &format!("{SCHEMA}{more}"))]).1.digest();
        assert_eq!(digests.insert(digest, more), None, "{more}");
    }
}

#[test]
fn many_tables_cost_little_more_than_their_parsing() {
    use std::fmt::Write;
    let mut text = String::new();
    for table in 0..500 {
        write!(text, "CREATE TABLE public.t{table} (id bigint NOT NULL").unwrap();
        for column in 1..20 {
            write!(text, ", c{column} character varying(40) DEFAULT 'x'::character varying NOT NULL").unwrap();
        }
        writeln!(text, ");\nALTER TABLE public.t{table} ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME public.t{table}_id_seq START WITH 1);").unwrap();
        writeln!(text, "ALTER TABLE ONLY public.t{table} ADD CONSTRAINT t{table}_pkey PRIMARY KEY (id);").unwrap();
        writeln!(
            text,
            "ALTER TABLE ONLY public.t{table} ADD CONSTRAINT t{table}_fk FOREIGN KEY (id) REFERENCES public.t0(id);"
        )
        .unwrap();
        writeln!(text, "COMMENT ON COLUMN public.t{table}.c1 IS 'one';").unwrap();
    }
    let started = std::time::Instant::now();
    for statement in pg_query::split_with_parser(&text).unwrap() {
        pg_query::parse(statement, 0).unwrap();
    }
    let parsing = started.elapsed();
    let started = std::time::Instant::now();
    let (_, catalog, found) = load(&[("s.sql", &text)]);
    let reading = started.elapsed();
    assert!(found.is_empty() && catalog.tables.len() == 500);
    eprintln!("parsing {parsing:?}, reading {reading:?}");
    assert!(reading < parsing * 8, "parsing {parsing:?}, reading {reading:?}");
}
