//! A hand-made schema that has everything at once: cycles, self references, sequences both ways, all trigger modes.

use super::*;
use crate::catalog::*;
use crate::mask::{self, Value};
use crate::model::*;
use crate::plan::access::AccessFacts;
use crate::plan::{ProjectFacts, plan};
use crate::project::{Bypass, Stage, TargetKind};
use crate::syntax::ast::{ImportStrategy, Orphans};
use indexmap::IndexMap;

struct World {
    sources: Sources,
    span: Span,
    catalog: Catalog,
    export: Export,
}

fn of_type(name: &str) -> DataType {
    let (name, modifiers) = name
        .split_once('(')
        .map_or((name, Vec::new()), |(name, rest)| (name, vec![rest.trim_end_matches(')').parse().unwrap()]));
    DataType { name: QName::new("pg_catalog", name), modifiers, dimensions: 0 }
}

impl World {
    fn new() -> Self {
        let mut sources = Sources::default();
        let id = sources.add("policies/a.noren", "one\ntwo\n").unwrap();
        let span = Span::new(id, 4, 7);
        let export = Export {
            name: "developers".to_owned(),
            span,
            tables: BTreeMap::new(),
            skipped: BTreeMap::new(),
            linkage: "developers".to_owned(),
            import: true,
            strategy: ImportStrategy::Order,
            role: None,
            import_role: None,
            tenant_one: None,
        };
        Self { sources, span, catalog: Catalog::default(), export }
    }

    /// `columns`: `name type [!]`, with `!` for NOT NULL; the first is the primary key.
    fn table(&mut self, schema: &str, name: &str, columns: &[(&str, &str, Treatment)]) -> &mut Table {
        let name = QName::new(schema, name);
        let mut made = IndexMap::new();
        let mut exported = IndexMap::new();
        for (column, kind, treatment) in columns {
            let (kind, not_null) = kind.strip_suffix('!').map_or((*kind, false), |kind| (kind, true));
            let own = Column {
                name: (*column).to_owned(),
                span: self.span,
                data_type: of_type(kind),
                not_null,
                default: None,
                identity: None,
                generated: None,
                collation: None,
                comment: None,
            };
            made.insert((*column).to_owned(), own);
            let rule = Rule { span: self.span, step: Step::ExactExact, text: "said".into() };
            let decision = Decision { rule, class: None, lost: Vec::new(), because: None };
            let own = ExportColumn { treatment: treatment.clone(), decision, orphans: None };
            exported.insert((*column).to_owned(), own);
        }
        let key = Key {
            name: "key".to_owned(),
            columns: vec![columns[0].0.to_owned()],
            nulls_not_distinct: false,
            deferrable: false,
            initially_deferred: false,
            without_overlaps: false,
            include: Vec::new(),
            span: self.span,
        };
        let table = Table {
            name: name.clone(),
            span: self.span,
            kind: TableKind::Ordinary,
            columns: made,
            partition_of: None,
            inherits: Vec::new(),
            primary_key: Some(key),
            unique: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            exclusions: Vec::new(),
            indexes: Vec::new(),
            triggers: Vec::new(),
            policies: Vec::new(),
            row_security: false,
            force_row_security: false,
            comment: None,
            owner: None,
            grants: Vec::new(),
            publications: Vec::new(),
            unlogged: false,
        };
        self.export
            .tables
            .insert(name.clone(), ExportTable { table: name.clone(), rows: Vec::new(), columns: exported });
        self.catalog.tables.insert(name.clone(), table);
        self.catalog.tables.get_mut(&name).unwrap()
    }

    fn emit(&self) -> BTreeMap<String, String> {
        let mut model = Model::default();
        model.exports.insert("developers".to_owned(), self.export.clone());
        let facts = ProjectFacts {
            version: 15,
            search: vec!["public".to_owned()],
            places: [("developers".to_owned(), TargetKind::Psql { dir: "data".to_owned() })].into(),
            elsewhere: BTreeMap::new(),
            access: AccessFacts { stage: Stage::Forced, bypass: Bypass::Attribute, tables: BTreeMap::new() },
            environments: BTreeMap::new(),
        };
        let planned = plan(&self.catalog, &model, &facts).unwrap();
        emit(&planned, &model, &self.sources, &Digests { policy: &"ab".repeat(32) }).unwrap()
    }
}

fn foreign_key(span: Span, name: &str, column: &str, references: &str) -> ForeignKey {
    ForeignKey {
        name: name.to_owned(),
        columns: vec![column.to_owned()],
        references: QName::new("public", references),
        referenced_columns: vec!["id".to_owned()],
        on_delete: ReferentialAction::NoAction,
        on_update: ReferentialAction::NoAction,
        match_full: false,
        delete_columns: Vec::new(),
        deferrable: false,
        initially_deferred: false,
        validated: true,
        enforced: true,
        span,
    }
}

fn trigger(span: Span, name: &str, mode: TriggerMode) -> Trigger {
    Trigger {
        name: name.to_owned(),
        mode,
        function: QName::new("public", "boom"),
        before: true,
        instead_of: false,
        for_each_row: true,
        events: vec!["insert".to_owned()],
        constraint: false,
        span,
    }
}

fn sequence(span: Span, schema: &str, name: &str, table: &str, column: &str, increment: i64) -> Sequence {
    Sequence {
        name: QName::new(schema, name),
        owned_by: Some((QName::new(schema, table), column.to_owned())),
        identity: false,
        start: 1,
        increment,
        minimum: if increment < 0 { -1000 } else { 1 },
        maximum: if increment < 0 { -1 } else { i64::MAX },
        cycle: false,
        data_type: "int8".to_owned(),
        span,
        grants: Vec::new(),
    }
}

fn keyed(group: &str) -> Treatment {
    let group = LinkageGroup(group.to_owned());
    let arguments = [("domain", Value::Text("example.invalid".to_owned()))].into_iter().collect();
    Treatment::Mask(MaskUse::Call(MaskCall { mask: mask::find("email").unwrap(), arguments, group }))
}

fn sql(text: &str, references: Vec<(std::ops::Range<usize>, &str)>) -> RowSql {
    RowSql {
        text: text.to_owned(),
        columns: references.iter().map(|(_, name)| (*name).to_owned()).collect(),
        references: references.into_iter().map(|(range, name)| (range, name.to_owned())).collect(),
        facts: Facts { null_only_with: None, total: true, identity_of: None, shows: Vec::new() },
    }
}

const ODD: &str = "Sel:ect \"x\" 'y'";

/// The same schema as `schema.sql` beside the tests that run on a server.
fn world() -> World {
    let mut world = World::new();
    let span = world.span;
    let fill = Treatment::Drop(Fill::Expression(sql("'!'", Vec::new())));
    let keep = || Treatment::Keep;
    let users = world.table(
        "public",
        "users",
        &[
            ("id", "int8!", keep()),
            ("email", "varchar(40)!", keyed("class:email")),
            ("manager_id", "int8", keep()),
            ("main_team", "int8", keep()),
            ("digest", "text!", fill),
        ],
    );
    users.foreign_keys = vec![
        foreign_key(span, "users_manager_id_fkey", "manager_id", "users"),
        foreign_key(span, "users_team", "main_team", "teams"),
    ];
    users.triggers = vec![
        trigger(span, "t_o", TriggerMode::Origin),
        trigger(span, "t_d", TriggerMode::Disabled),
        trigger(span, "t_r", TriggerMode::Replica),
        trigger(span, "t_a", TriggerMode::Always),
    ];
    let teams = world.table(
        "public",
        "teams",
        &[
            ("id", "int8!", keep()),
            ("owner_id", "int8!", keep()),
            ("n", "int4", keep()),
            ("twice", "int4", Treatment::Generated),
        ],
    );
    teams.foreign_keys = vec![foreign_key(span, "teams_owner_id_fkey", "owner_id", "users")];
    teams.force_row_security = true;
    teams.row_security = true;
    teams.columns["id"].identity = Some(Identity::Always);
    let twice =
        Expression { sql: "n * 2".to_owned(), columns: vec!["n".to_owned()], functions: vec![], sequences: vec![] };
    teams.columns["twice"].generated = Some(Generated { expression: twice, stored: true }.into());
    let note = Treatment::Mask(MaskUse::When {
        condition: sql("id = 1", vec![(0..2, "id")]).into(),
        then: Box::new(keep()),
        otherwise: Box::new(Treatment::Mask(MaskUse::Null)),
    });
    let ev = world.table("public", "ev", &[("id", "int8!", keep()), ("at", "date!", keep()), ("note", "text", note)]);
    ev.kind = TableKind::Partitioned { key_columns: vec!["at".to_owned()] };
    ev.triggers = vec![trigger(span, "t_p", TriggerMode::Origin)];
    let odd = world.table(
        "Odd Näme",
        ODD,
        &[
            ("Id", "int4!", keep()),
            ("from", "text", keep()),
            ("a:b\\c", "text", keep()),
            ("m", "mood", keep()),
            ("日本", "jsonb", keep()),
        ],
    );
    odd.columns["m"].data_type.name = QName::new("public", "mood");
    let fk = foreign_key(span, "empty_one_u_fkey", "u", "users");
    world.table("public", "empty_one", &[("id", "int4!", keep()), ("u", "int8", keep())]).foreign_keys = vec![fk];
    for own in [
        sequence(span, "public", "users_id_seq", "users", "id", 1),
        sequence(span, "public", "teams_id_seq", "teams", "id", 1),
        sequence(span, "Odd Näme", "down", ODD, "Id", -1),
    ] {
        world.catalog.sequences.insert(own.name.clone(), own);
    }
    world
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/emit");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Where each of these begins in the text; all must be there.
fn places(text: &str, parts: &[&str]) -> Vec<usize> {
    parts.iter().map(|part| text.find(part).unwrap_or_else(|| panic!("no {part}"))).collect()
}

#[test]
fn the_files_of_a_schema_with_everything() {
    let files = world().emit();
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    snapshot("files", &names.join("\n"));
    snapshot("import", &files["export/developers/import.sql"]);
    snapshot("after", &files["export/developers/after.sql"]);
    snapshot("run", &files["export/developers/run.sql"]);
    snapshot("users", &files["export/developers/tables/public.users.sql"]);
    snapshot("plan", &files["export/developers/plan.json"]);
    snapshot("coverage", &files["coverage.txt"]);
    snapshot("readme", &files["README.md"]);
}

#[test]
fn probes_know_every_mask_that_can_be_known_and_the_report_every_kept_column_of_few_values() {
    let mut world = World::new();
    let call = |name: &str, arguments: &[(&'static str, Value)]| {
        let mask = mask::find(name).unwrap();
        let group = LinkageGroup(format!("class:{name}"));
        Treatment::Mask(MaskUse::Call(MaskCall { mask, arguments: arguments.iter().cloned().collect(), group }))
    };
    let string = |text: &str| Value::Text(text.to_owned());
    let people = world.table(
        "public",
        "people",
        &[
            ("id", "int8!", call("permute", &[])),
            ("email", "text!", call("email", &[])),
            ("name", "text", call("fake_name", &[("part", string("given"))])),
            ("born", "date", call("truncate", &[("unit", string("year"))])),
            ("token", "text", call("hash", &[("length", Value::Integer(16))])),
            ("phone", "bpchar(20)", call("partial", &[("last", Value::Integer(4))])),
            ("address", "inet", call("ip_truncate", &[])),
            ("team", "varchar(20)", call("constant", &[("value", string("it's a team"))])),
            ("salary", "numeric", Treatment::Drop(Fill::Default)),
            ("rank", "int4!", Treatment::Drop(Fill::Default)),
            ("memo", "jsonb", Treatment::Mask(MaskUse::Null)),
            (
                "score",
                "float8",
                call("noise", &[("ratio", Value::Decimal("0.1".to_owned())), ("by", Value::Column("id".to_owned()))]),
            ),
            ("birthday", "date", Treatment::Keep),
            ("country", "bpchar(2)", Treatment::Keep),
            ("essay", "text", Treatment::Keep),
            ("nick", "varchar(10)", Treatment::Keep),
            ("seen", "timestamptz", Treatment::Keep),
        ],
    );
    people.columns["rank"].default =
        Some(Expression { sql: "7".to_owned(), columns: vec![], functions: vec![], sequences: vec![] }.into());
    people.unique = vec![Key { columns: vec!["nick".to_owned()], ..people.primary_key.clone().unwrap() }];
    people.force_row_security = true;
    snapshot("probes", &world.emit()["export/developers/after.sql"]);
}

#[test]
fn the_snapshot_is_taken_after_the_locks() {
    let run = &world().emit()["export/developers/run.sql"];
    let places =
        places(run, &["BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;\nLOCK TABLE", "\\ir tables", "COMMIT;"]);
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn the_marker_comes_before_everything_that_touches_the_target() {
    let import = &world().emit()["export/developers/import.sql"];
    let parts =
        ["BEGIN;", "noren.import_target", "\\if :noren_marked", "LOCK TABLE", "DISABLE TRIGGER", "TRUNCATE TABLE"];
    assert!(places(import, &parts).is_sorted());
    assert!(!import.contains("CASCADE"));
}

#[test]
fn without_a_keyed_mask_there_is_neither_key_nor_barrier() {
    let mut world = world();
    let users = world.export.tables.get_mut(&QName::new("public", "users")).unwrap();
    users.columns["email"].treatment = Treatment::Mask(MaskUse::Null);
    let files = world.emit();
    assert!(!files["export/developers/run.sql"].contains("noren_key"));
    assert!(!files["export/developers/tables/public.users.sql"].contains("OFFSET 0"));
}

#[test]
fn a_masked_key_gives_the_order_of_the_rows() {
    let mut world = world();
    let users = world.export.tables.get_mut(&QName::new("public", "users")).unwrap();
    users.columns["id"].treatment = keyed("column:public.users.id");
    assert!(world.emit()["export/developers/tables/public.users.sql"].contains("  ORDER BY id\n"));
}

#[test]
fn a_reference_to_a_row_that_stays_behind_becomes_null_or_keeps_its_row_back() {
    let mut world = world();
    let span = world.span;
    let users = world.export.tables.get_mut(&QName::new("public", "users")).unwrap();
    users.rows.push(Predicate { sql: sql("id > 1", vec![(0..2, "id")]), span });
    users.columns["manager_id"].orphans = Some(Orphans::Null);
    let teams = world.export.tables.get_mut(&QName::new("public", "teams")).unwrap();
    teams.columns["owner_id"].orphans = Some(Orphans::Skip);
    let files = world.emit();
    snapshot("orphans_null", &files["export/developers/tables/public.users.sql"]);
    snapshot("orphans_skip", &files["export/developers/tables/public.teams.sql"]);
}

#[test]
fn another_strategy_defers_nothing_and_checks_every_key_afterwards() {
    let mut world = world();
    world.export.strategy = ImportStrategy::ReplicaRole;
    let import = &world.emit()["export/developers/import.sql"];
    assert!(!import.contains("DEFERRABLE INITIALLY IMMEDIATE;"));
    let parts = ["SET LOCAL session_replication_role = replica", "TRUNCATE TABLE", "NOT EXISTS", "COMMIT;"];
    assert!(places(import, &parts).is_sorted());
}
