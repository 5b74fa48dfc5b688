//! What the access statements of the samples mean, with nothing left open.

use noren::diagnostic::Severity;
use noren::model::access::{Access, AccessSql, Parent, RoleRights, ScopeKind, Tenants};
use noren::{compiler, project};
use std::fmt::Write;
use std::fs;

use crate::support;

fn access(sample: &str) -> Access {
    let loaded = project::load(&support::root().join("policies").join(sample));
    let project = loaded.project.unwrap();
    compiler::compile(&loaded.sources, &project).model.unwrap().access
}

/// One fact a line.
fn text(access: &Access) -> String {
    let mut text = String::new();
    let mut say = |line: String| writeln!(text, "{line}").unwrap();
    for setting in access.settings.values() {
        say(format!(
            "setting {} {}{} {}",
            setting.name,
            setting.data_type.name,
            "[]".repeat(setting.data_type.dimensions.into()),
            setting.function
        ));
    }
    if let Some(tenancy) = &access.tenancy {
        say(format!(
            "tenancy {}.{} {} {} {} many={}",
            tenancy.root, tenancy.root_column, tenancy.data_type.name, tenancy.column, tenancy.setting, tenancy.many
        ));
    }
    for (table, scope) in &access.scopes {
        let because = scope.because.as_ref().map(|because| format!(" because {because}")).unwrap_or_default();
        say(format!("place {table} {}{because}", kind(&scope.kind)));
    }
    for role in access.roles.values() {
        let tenants = match &role.tenants {
            Tenants::Own => "own".to_owned(),
            Tenants::All { because } => format!("all because {because}"),
        };
        let owns: Vec<String> = role.owns.iter().map(ToString::to_string).collect();
        say(format!(
            "role {} login={:?} existing={} in={:?} owns={} tenants {tenants}",
            role.name,
            role.login,
            role.existing,
            role.member_of,
            owns.join(",")
        ));
    }
    for (table, roles) in &access.rights {
        for (role, rights) in roles {
            say(format!("right {table} {role} {}", commands(rights)));
        }
    }
    for (export, rights) in &access.copies {
        for (table, roles) in rights {
            for (role, rights) in roles {
                say(format!("copy {export} {table} {role} {}", commands(rights)));
            }
        }
    }
    for function in &access.functions {
        let roles: Vec<&str> = function.roles.keys().map(String::as_str).collect();
        say(format!("function {}({}) {}", function.function, function.arguments.len(), roles.join(",")));
    }
    for (schema, roles) in &access.schemas {
        let roles: Vec<&str> = roles.keys().map(String::as_str).collect();
        say(format!("schema {schema} {}", roles.join(",")));
    }
    for policy in &access.policies {
        let commands: Vec<&str> = policy.commands.iter().map(|command| command.word()).collect();
        let roles: Vec<&str> = policy.roles.iter().map(String::as_str).collect();
        let (using, check) = (policy.using.as_ref().map(condition), policy.check.as_ref().map(condition));
        say(format!(
            "policy {} on {} restrictive={} for {} to {} across={} using {using:?} check {check:?}",
            policy.name,
            policy.table,
            policy.restrictive,
            commands.join(","),
            roles.join(","),
            policy.across_tenants
        ));
    }
    for workload in access.workloads.values() {
        say(format!("workload {} {}", workload.name, workload.role));
    }
    text
}

fn kind(kind: &ScopeKind) -> String {
    match kind {
        ScopeKind::Column { column, or_null } => format!("column {column} or_null={or_null}"),
        ScopeKind::Added(above) => format!("added {}", parent(above)),
        ScopeKind::Lookup(above) => format!("lookup {}", parent(above)),
        ScopeKind::Through { table, columns } => format!("through {table} {columns:?}"),
        ScopeKind::When(sql) => format!("when {}", condition(sql)),
        ScopeKind::Shared => "shared".to_owned(),
        ScopeKind::Internal => "internal".to_owned(),
    }
}

fn parent(parent: &Parent) -> String {
    format!("{} by {} {:?} nullable={}", parent.table, parent.constraint, parent.columns, parent.nullable)
}

fn condition(sql: &AccessSql) -> String {
    sql.substituted(|name| format!("<{name:?}>"))
}

fn commands(rights: &RoleRights) -> String {
    let one = rights.iter().map(|(command, right)| {
        let columns = right.columns.as_ref().map(|columns| format!(" {columns:?}")).unwrap_or_default();
        let conditions: Vec<String> = right.conditions.iter().map(condition).collect();
        let conditions =
            if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" or ")) };
        format!("{}{columns}{conditions}", command.word())
    });
    one.collect::<Vec<_>>().join("; ")
}

#[test]
fn the_samples_mean_this() {
    for sample in ["clinic", "expense"] {
        insta::with_settings!({ snapshot_path => support::root().join("snapshots/access"), prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(sample, text(&access(sample)));
        });
    }
}

/// A small policy and schema beside the ones that all golden cases of access share.
struct Case<'a> {
    schema: &'a str,
    policy: &'a str,
    version: u32,
}

const PLACES: &str = r#"
setting app.tenant_id uuid;
tenancy { root companies (id); column tenant_id; setting app.tenant_id; }
table items { scoped via expense_id; }
table currencies { shared because "ISO reference data"; }
table versions { internal because "migration bookkeeping"; }
"#;

/// The codes of what is not a note, sorted, and what is known of access.
fn meaning(case: &Case<'_>) -> (Vec<&'static str>, String) {
    let folder = tempfile::tempdir().unwrap();
    let default = support::root().join("tests/cases/default-access");
    let schema = fs::read_to_string(default.join("schema.sql")).unwrap();
    let manifest = fs::read_to_string(default.join("noren.toml")).unwrap();
    let has_export = case.policy.contains("export developers");
    let exports = if has_export { "\n[export.developers]\ntarget = \"psql\"\n" } else { "" };
    let manifest = manifest.replace("version = 15", &format!("version = {}", case.version)) + exports;
    let places = if case.policy.contains("tenancy") { "" } else { PLACES };
    fs::write(folder.path().join("schema.sql"), format!("{schema}\n{}", case.schema)).unwrap();
    fs::write(folder.path().join("noren.toml"), manifest).unwrap();
    fs::write(folder.path().join("policy.noren"), format!("{places}\n{}", case.policy)).unwrap();
    let loaded = project::load(folder.path());
    let compiled = compiler::compile(&loaded.sources, &loaded.project.unwrap());
    let found = compiled.diagnostics.iter().filter(|found| found.severity != Severity::Note);
    let mut codes: Vec<&str> = found.map(|found| found.code.id).collect();
    codes.sort_unstable();
    codes.dedup();
    let model = compiled.model.or(compiled.draft).unwrap();
    (codes, text(&model.access))
}

fn assert_codes(schema: &str, policy: &str, codes: &[&str]) {
    let (mut found, said) = meaning(&Case { schema, policy, version: 15 });
    // Keys that may cross are told beside most of these schemas, and have their own tests.
    found.retain(|code| *code != "N0520" || codes.contains(code));
    assert_eq!(found, codes, "{schema}\n{policy}\n{said}");
}

fn assert_says(schema: &str, policy: &str, line: &str) {
    let (found, said) = meaning(&Case { schema, policy, version: 15 });
    assert!(found.is_empty(), "{found:?} of\n{schema}\n{policy}");
    assert!(said.lines().any(|known| known.starts_with(line)), "no line `{line}` in\n{said}");
}

const LINES: &str = "CREATE TABLE public.lines (id bigint NOT NULL GENERATED ALWAYS AS IDENTITY, item_id bigint, a uuid NOT NULL, b bigint NOT NULL);
ALTER TABLE public.lines ADD CONSTRAINT lines_pkey PRIMARY KEY (id);
ALTER TABLE public.lines ADD CONSTRAINT lines_item FOREIGN KEY (item_id) REFERENCES public.items (id);
ALTER TABLE public.lines ADD CONSTRAINT lines_expense FOREIGN KEY (a, b) REFERENCES public.expenses (tenant_id, id);
ALTER TABLE public.lines ADD CONSTRAINT lines_user FOREIGN KEY (a, b) REFERENCES public.users (tenant_id, id);";

#[test]
fn a_path_is_one_foreign_key() {
    let by = |clause: &str| format!("table lines {{ {clause} }}");
    let expense = "place public.lines added public.expenses by lines_expense [(\"a\", \"tenant_id\"), (\"b\", \"id\")] nullable=false";
    // The key has the tenant in it, so the table needs no column beside: the plan says so.
    let (codes, said) =
        meaning(&Case { schema: LINES, policy: &by("scoped via b, a references expenses;"), version: 15 });
    // Items have no tenant that the key to them could hold.
    assert!(codes == ["N0520", "N0871"] && said.contains(expense), "{codes:?} {said}");
    let item =
        "place public.lines lookup public.items by lines_item [(\"item_id\", \"id\")] nullable=true because loose";
    let (codes, said) =
        meaning(&Case { schema: LINES, policy: &by("scoped via item_id by lookup because \"loose\";"), version: 15 });
    assert!(codes == ["N0520"] && said.contains(item), "{codes:?} {said}");
    assert_codes(LINES, &by("scoped via a, b;"), &["N0509"]);
    assert_codes(LINES, &by("scoped via a;"), &["N0509"]);
    assert_codes(LINES, &by("scoped via b, a references items;"), &["N0509"]);
    assert_codes(LINES, &by("scoped via item_id;"), &["N0306"]);
    assert_codes(LINES, &by("scoped via item;"), &["N0204"]);
    let loose = LINES.replace("REFERENCES public.items (id)", "REFERENCES public.items (id) NOT ENFORCED");
    assert_codes(&loose, &by("scoped via item_id because \"loose\";"), &["N0509"]);
    let moved = LINES.replace("item_id bigint,", "item_id bigint, tenant_id uuid NOT NULL,")
        + "CREATE INDEX ON public.lines (tenant_id);";
    let (codes, said) =
        meaning(&Case { schema: &moved, policy: &by("scoped via b, a references expenses;"), version: 15 });
    assert!(codes == ["N0520"] && said.contains("place public.lines column tenant_id"), "{codes:?} {said}");
}

#[test]
fn a_copy_needs_a_parent_that_has_its_tenant_in_a_column() {
    let codes = |item: &str, line: &str| {
        let places = PLACES.replace("scoped via expense_id", item);
        let policy = format!("{places}\ntable lines {{ {line} because \"loose\"; }}");
        meaning(&Case { schema: LINES, policy: &policy, version: 15 }).0
    };
    assert_eq!(codes("scoped via expense_id by lookup", "scoped via item_id"), ["N0510", "N0520"]);
    // The other keys of lines may cross.
    assert_eq!(codes("scoped via expense_id by lookup", "scoped via item_id by lookup"), ["N0520"]);
    assert_eq!(codes("scoped via expense_id", "scoped via item_id"), ["N0520"]);
}

#[test]
fn the_more_specific_clause_gives_the_place() {
    let tags = "CREATE TABLE public.tag_kinds (id bigint); CREATE TABLE public.tag_words (id bigint);";
    let glob = r#"table tag_* { shared because "words"; }"#;
    assert_says(tags, glob, "place public.tag_kinds shared because words");
    let both = format!(r#"{glob} table tag_kinds {{ internal because "unused"; }}"#);
    assert_says(tags, &both, "place public.tag_kinds internal because unused");
    assert_codes(tags, &format!(r#"{glob} table *_kinds {{ internal because "unused"; }}"#), &["N0508"]);
    assert_codes(tags, r"table tag_* { shared; }", &["N0306"]);
    assert_codes(tags, "", &["N0507"]);
}

#[test]
fn a_role_cannot_become_what_it_must_not() {
    let roles = |text: &str| format!("{text} role owner {{ existing; owns *; }}");
    assert_codes("", &roles("role a { in b; } role b { in c; } role c { nologin; }"), &[]);
    assert_codes("", &roles("role a { in b; } role b { in c; } role c { in a; }"), &["N0604"]);
    assert_codes("", &roles("role a { in b; } role b { in owner; }"), &["N0605"]);
    assert_codes("", &roles(r#"role a { in b; } role b { tenants all because "x"; }"#), &["N0605"]);
    assert_codes("", &roles(r#"role a { tenants all because "x"; in b; } role b { nologin; }"#), &["N0605"]);
    assert_codes("", &roles(r#"role a { in pg_monitor because "x"; }"#), &[]);
    assert_codes("", &roles(r#"role a { in pg_read_all_data because "x"; }"#), &["N0621"]);
    assert_codes("", &roles(r#"role a { in b; } role b { in pg_write_all_data because "x"; }"#), &["N0621"]);
    let all = r#"role a { tenants all because "x"; in pg_read_all_data because "x"; }"#;
    assert_codes("", &roles(all), &[]);
    assert_codes("", &roles("role a { in pg_read_all_data; }"), &["N0306", "N0621"]);
    assert_codes("", &roles("role a { in pg_reed_all_data; }"), &["N0601"]);
    assert_codes("", &roles(r#"role a { in pg_maintain because "x"; }"#), &["N0601"]);
    assert_codes("", "role a { tenants all; }", &["N0306"]);
}

#[test]
fn a_condition_narrows_or_is_refused() {
    let role = "role app { login; in readers; } role readers { nologin; }";
    let policy = |grants: &str| format!("{role} {grants}");
    let narrow = "grant select on expenses to app where (status = 'open');";
    assert_says("", &policy(narrow), "right public.expenses app select where <Column(\"status\")> = 'open'");
    assert_codes("", &policy(&format!("{narrow} grant select on expenses to readers;")), &["N0610"]);
    assert_codes("", &policy("grant select on currencies to app where (code = 'JPY');"), &["N0610"]);
    let all = r#"role all_of_them { login; tenants all because "x"; } grant select on expenses to all_of_them where (status = 'open');"#;
    assert_codes("", all, &["N0610"]);
    let columns = "grant select (id) on expenses to app; grant select on expenses to readers;";
    assert_codes("", &policy(columns), &["N0611"]);
    let two = "grant select (id) on expenses to app; grant select (status) on expenses to app;";
    assert_says("", &policy(two), "right public.expenses app select {\"id\", \"status\"}");
}

#[test]
fn views_are_granted_as_far_as_row_security_reaches() {
    let app = "role app { login; }";
    let view = format!("{app} grant select on open_expenses to app;");
    let whole = format!("{view} grant select on expenses to app;");
    let owned = format!("{view} role shower {{ nologin; owns open_expenses; }}");
    let codes = |policy: &str, version: u32| meaning(&Case { schema: "", policy, version }).0;
    assert_eq!(codes(&view, 15), ["N0613"]);
    assert!(codes(&whole, 15).is_empty());
    assert_eq!(codes(&whole, 14), ["N0614"]);
    assert!(codes(&owned, 14).is_empty());
    let foreign =
        "CREATE SERVER away FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE public.afar (id bigint) SERVER away;";
    assert_codes(foreign, &format!("{app} grant select on afar to app;"), &["N0614"]);
    assert_codes("", &format!("{app} grant select (id) on open_expenses to app;"), &["N0608", "N0613"]);
}

#[test]
fn a_copy_has_the_rights_of_its_export() {
    let policy = |grants: &str| {
        format!(
            r#"table * {{ id, *_id, code keep; status, total, name, email, country, note mask null; }}
            table expenses {{ status mask constant('x'); user_id keep, orphans null; }} table currencies {{ code keep because "public"; }}
            role app {{ login; }} {grants}
            export developers {{ tables scoped tables except users; }}"#
        )
    };
    let all = policy("grant select on all tables to app in copy of developers;");
    assert_says("", &all, "copy developers public.expenses app select");
    let (_, said) = meaning(&Case { schema: "", policy: &all, version: 15 });
    assert!(
        !said.contains("copy developers public.users") && !said.contains("copy developers public.currencies"),
        "{said}"
    );
    assert!(!said.contains("right public"), "{said}");
    assert_codes("", &policy("grant select on users to app in copy of developers;"), &["N0806"]);
    assert_codes("", &policy("grant select on expenses to app in copy of somebody;"), &["N0211"]);
    assert_codes("", &policy("grant select on expenses to app where (id = 1) in copy of developers;"), &["N0610"]);
}

#[test]
fn partitions_belong_to_the_owner_of_their_root() {
    let events = "CREATE TABLE public.events (tenant_id uuid NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
        CREATE TABLE public.events_1 PARTITION OF public.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE INDEX ON public.events (tenant_id);";
    let policy = "role migrator { existing; owns events; } role app { login; } grant select on events to app;";
    let owner = "role migrator login=None existing=true in={} owns=public.events,public.events_1 tenants own";
    assert_says(events, policy, owner);
    assert_codes(events, "role app { login; } grant select on events_1 to app;", &["N0203"]);
}

#[test]
fn stages_of_single_tables_are_looked_up() {
    let stages = |written: &str| {
        let folder = tempfile::tempdir().unwrap();
        let default = support::root().join("tests/cases/default-access");
        fs::copy(default.join("schema.sql"), folder.path().join("schema.sql")).unwrap();
        fs::write(folder.path().join("policy.noren"), PLACES).unwrap();
        let manifest = fs::read_to_string(default.join("noren.toml")).unwrap();
        fs::write(folder.path().join("noren.toml"), format!("{manifest}\n{written}")).unwrap();
        let loaded = project::load(folder.path());
        let Some(project) = loaded.project else {
            return format!("{:?}", loaded.diagnostics.iter().map(|one| one.code.id).collect::<Vec<_>>());
        };
        let compiled = compiler::compile(&loaded.sources, &project);
        let found: Vec<&str> = compiled.diagnostics.iter().map(|found| found.code.id).collect();
        let known = noren::resolve::access::stages(&project.rls, &compiled.catalog, &project.search, &mut Vec::new());
        format!("{found:?} {:?}", known.iter().map(|(table, stage)| format!("{table} {stage:?}")).collect::<Vec<_>>())
    };
    assert_eq!(
        stages("[rls]\nstage = \"forced\"\n[rls.tables]\n\"public.users\" = \"off\"\nitems = \"enabled\""),
        "[] [\"public.items Enabled\", \"public.users Off\"]"
    );
    assert_eq!(stages("[rls.tables]\nusrs = \"off\""), "[\"N0201\"] []");
    assert_eq!(stages("[rls.tables]\nusers = \"of\""), "[\"N0906\"]");
    assert_eq!(stages("[env.staging.rls.tables]\nusrs = \"off\""), "[\"N0201\"] []");
}

/// A condition of the user's own may have an alias that reads like one of ours: none captures the other's columns.
#[test]
fn aliases_keep_apart() {
    let folder = tempfile::tempdir().unwrap();
    let default = support::root().join("tests/cases/default-access");
    for name in ["schema.sql", "noren.toml"] {
        fs::copy(default.join(name), folder.path().join(name)).unwrap();
    }
    let policy = "setting app.tenant_id uuid;
        tenancy { root companies (id); column tenant_id; setting app.tenant_id; }
        table expenses { scoped when (tenant_id = app.tenant_id
          and exists (select from companies noren_1 where noren_1.id = expenses.tenant_id)) because \"known companies\"; }
        table items { scoped via expense_id by lookup; }
        table currencies { shared because \"ISO 4217\"; }
        table versions { internal because \"bookkeeping\"; }
        role app { login; }
        grant select on scoped tables to app;";
    fs::write(folder.path().join("policy.noren"), policy).unwrap();
    let loaded = project::load(folder.path());
    let compiled = compiler::compile(&loaded.sources, &loaded.project.unwrap());
    let files = compiled.files.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
    let text = &files["access/30_tables/public.items.sql"];
    assert!(text.contains("public.expenses AS noren_1_") && text.contains("\"noren_1_\".\"tenant_id\""), "{text}");
}
