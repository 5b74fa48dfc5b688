//! A database that is made by hand, with a plan that is written by hand.

use super::{all_red, own_server};
use crate::support::Database;
use noren::catalog::{DataType, QName};
use noren::emit::access::{assert, preflight, seal};
use noren::model::access::Command;
use noren::plan::access::{
    AccessPlan, Before, FunctionPlan, GrantPlan, MembershipPlan, PolicyPlan, RelationKind, RelationPlan, RolePlan,
    SchemaPlan, SettingPlan,
};
use noren::project::{Bypass, Stage};
use noren::source::{SourceId, Sources, Span};
use noren::sql::{Expr, Ident, Select};
use std::collections::BTreeMap;
use std::fmt::Write;

fn span() -> Span {
    let mut sources = Sources::default();
    let id: SourceId = sources.add("policy.noren", String::new()).unwrap();
    Span::new(id, 0, 0)
}

fn pg(name: &str) -> DataType {
    DataType { name: QName::new("pg_catalog", name), modifiers: Vec::new(), dimensions: 0 }
}

fn roles(names: &[&str]) -> BTreeMap<String, Span> {
    names.iter().map(|name| ((*name).to_owned(), span())).collect()
}

fn role(name: &str, login: Option<bool>, bypass_rls: bool, tenants_own: bool, owner: bool) -> RolePlan {
    RolePlan { name: name.to_owned(), existing: owner, login, bypass_rls, tenants_own, owner, span: span() }
}

fn membership(of: &str, member: &str) -> MembershipPlan {
    MembershipPlan { of: of.to_owned(), member: member.to_owned(), existing: false, span: span() }
}

fn tenant(table: &str, column: &str) -> Expr {
    let call = Expr::Call(Some(Ident::from("noren")), Ident::from("app_tenant_id"), Vec::new());
    let select = Select { columns: vec![(call, None)], ..Select::default() };
    Expr::of(table, column).op("=", Expr::scalar(select))
}

fn policy(name: &str, command: Option<Command>, test: &Expr, roles: &[&str], permissive: bool) -> PolicyPlan {
    let reads = command != Some(Command::Insert);
    let writes = !matches!(command, Some(Command::Select | Command::Delete));
    PolicyPlan {
        name: name.to_owned(),
        permissive,
        command,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        using: reads.then(|| test.clone()),
        check: writes.then(|| test.clone()),
        comment: format!("what {name} is for; it isn't [much]"),
        spans: vec![span()],
    }
}

fn grant(role: &str, command: Command, columns: Option<&[&str]>) -> GrantPlan {
    let columns = columns.map(|columns| columns.iter().map(|column| (*column).to_owned()).collect());
    GrantPlan { role: role.to_owned(), command, columns, spans: vec![span()] }
}

fn relation(name: &str, kind: RelationKind, row_security: Option<Stage>) -> RelationPlan {
    RelationPlan {
        name: QName::new("shop", name),
        stem: format!("shop.{name}"),
        kind,
        row_security,
        policies: Vec::new(),
        grants: Vec::new(),
        sequences: Vec::new(),
        revoked: Vec::new(),
        runs_as_caller: false,
        columns: BTreeMap::new(),
        before: Before::default(),
        place: None,
    }
}

fn scoped(name: &str, column: &str, kind: RelationKind) -> RelationPlan {
    let test = tenant(name, column);
    let mut table = relation(name, kind, Some(Stage::Forced));
    table.policies = vec![
        policy("noren_floor", None, &test, &["app", "clerk"], false),
        policy("noren_guard", None, &Expr::Boolean(true), &[], false),
    ];
    for command in Command::ALL {
        table.policies.push(policy(&format!("noren_{}_to_app", command.word()), Some(command), &test, &["app"], true));
        table.grants.push(grant("app", command, None));
    }
    table
}

/// What the policy of this little shop says.
pub fn plan() -> AccessPlan {
    let mut orders = scoped("orders", "tenant_id", RelationKind::Table);
    orders.grants.push(grant("clerk", Command::Select, Some(&["id", "tenant_id"])));
    orders.grants.push(grant("viewer", Command::Select, None));
    orders.sequences = vec![(QName::new("shop", "orders_number_seq"), vec!["app".to_owned()])];
    let mut view = relation("open_orders", RelationKind::View, None);
    view.runs_as_caller = true;
    view.grants = vec![grant("app", Command::Select, None)];
    let mut owned = relation("viewed_orders", RelationKind::View, None);
    owned.grants = vec![grant("clerk", Command::Select, None)];
    let mut currencies = relation("currencies", RelationKind::Table, None);
    currencies.grants = vec![grant("app", Command::Select, None), grant("clerk", Command::Select, None)];
    let partition = RelationKind::Partition(QName::new("shop", "events"));
    AccessPlan {
        exporters: Vec::new(),
        bypass: Bypass::Attribute,
        version: 15,
        tenant_column: Some("tenant_id".to_owned()),
        roles: vec![
            role("app", Some(true), false, true, false),
            role("clerk", Some(true), false, true, false),
            role("staff", Some(false), false, true, false),
            role("support", Some(true), true, false, false),
            role("viewer", Some(false), false, true, false),
            role("shop_owner", None, false, true, true),
        ],
        memberships: vec![membership("staff", "clerk"), membership("viewer", "shop_owner")],
        settings: vec![SettingPlan {
            setting: "app.tenant_id".to_owned(),
            function: QName::new("noren", "app_tenant_id"),
            data_type: pg("uuid"),
            callers: vec!["app".to_owned(), "clerk".to_owned()],
            span: span(),
        }],
        schemas: vec![
            SchemaPlan { name: "noren".to_owned(), usage: roles(&["app", "clerk"]) },
            SchemaPlan { name: "shop".to_owned(), usage: roles(&["app", "clerk", "support", "viewer"]) },
        ],
        functions: vec![
            FunctionPlan {
                name: QName::new("shop", "reprice"),
                arguments: vec![pg("int4"), DataType { dimensions: 1, ..pg("text") }],
                procedure: false,
                execute: roles(&["app"]),
            },
            FunctionPlan {
                name: QName::new("shop", "stamp"),
                arguments: Vec::new(),
                procedure: false,
                execute: BTreeMap::new(),
            },
        ],
        relations: vec![
            scoped("companies", "id", RelationKind::Table),
            currencies,
            scoped("events", "tenant_id", RelationKind::Partitioned),
            relation("events_1", partition, Some(Stage::Forced)),
            view,
            orders,
            relation("totals", RelationKind::MaterializedView, None),
            owned,
        ],
    }
}

const SCHEMA: &str = "
CREATE ROLE nobody_at_all NOLOGIN;
CREATE ROLE app LOGIN;
CREATE ROLE clerk LOGIN;
CREATE ROLE staff NOLOGIN;
CREATE ROLE support LOGIN BYPASSRLS;
CREATE ROLE shop_owner NOLOGIN;
CREATE ROLE viewer NOLOGIN;
CREATE ROLE stranger LOGIN;
GRANT staff TO clerk;
GRANT viewer TO shop_owner;
CREATE SCHEMA shop AUTHORIZATION shop_owner;
CREATE SCHEMA noren AUTHORIZATION shop_owner;
SET ROLE shop_owner;
CREATE FUNCTION noren.app_tenant_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(pg_catalog.current_setting('app.tenant_id', true), '')::uuid;
REVOKE ALL ON FUNCTION noren.app_tenant_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION noren.app_tenant_id() TO app, clerk;
GRANT USAGE ON SCHEMA noren TO app, clerk;
GRANT USAGE ON SCHEMA shop TO app, clerk, support, viewer;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
SET search_path = shop;
CREATE TABLE companies (id uuid PRIMARY KEY);
CREATE TABLE currencies (code text PRIMARY KEY);
CREATE TABLE orders (id uuid PRIMARY KEY, tenant_id uuid, number serial, total int);
CREATE TABLE events (id uuid, tenant_id uuid, at int) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (2);
CREATE VIEW open_orders WITH (security_invoker = true, security_barrier = true) AS SELECT id, tenant_id FROM orders;
CREATE VIEW viewed_orders AS SELECT id FROM orders;
CREATE MATERIALIZED VIEW totals AS SELECT tenant_id, sum(total) FROM orders GROUP BY 1;
CREATE FUNCTION reprice(int, text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
  'BEGIN RETURN NEW; END';
CREATE TRIGGER stamp BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
GRANT EXECUTE ON FUNCTION reprice(int, text[]) TO app;
GRANT USAGE ON SEQUENCE orders_number_seq TO app;
";

/// What the files of `access/` would do, in short.
fn apply(plan: &AccessPlan) -> String {
    let mut sql = SCHEMA.to_owned();
    for relation in &plan.relations {
        let table = format!("shop.{}", relation.name.name);
        for policy in &relation.policies {
            let name = &policy.name;
            let kind = if policy.permissive { "PERMISSIVE" } else { "RESTRICTIVE" };
            let command = policy.command.map_or("ALL", Command::word);
            let roles = if policy.roles.is_empty() { "PUBLIC".to_owned() } else { policy.roles.join(", ") };
            write!(sql, "CREATE POLICY {name} ON {table} AS {kind} FOR {command} TO {roles}").unwrap();
            for (word, test) in [("USING", &policy.using), ("WITH CHECK", &policy.check)] {
                if let Some(test) = test {
                    write!(sql, " {word} ({})", test.print().unwrap()).unwrap();
                }
            }
            let comment = seal::comment(&relation.name, policy).unwrap().replace('\'', "''");
            writeln!(sql, ";\nCOMMENT ON POLICY {name} ON {table} IS '{comment}';").unwrap();
        }
        if relation.row_security.is_some() {
            writeln!(sql, "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;").unwrap();
        }
        for grant in &relation.grants {
            let columns = grant.columns.as_ref().map_or(String::new(), |columns| format!("({})", columns.join(",")));
            writeln!(sql, "GRANT {}{columns} ON {table} TO {};", grant.command.word(), grant.role).unwrap();
        }
        writeln!(sql, "BEGIN; SET LOCAL noren.\"table\" = '{table}'; DO $$ {} $$; COMMIT;", seal::SEAL).unwrap();
    }
    sql + "RESET ROLE; ALTER VIEW shop.viewed_orders OWNER TO viewer; REFRESH MATERIALIZED VIEW shop.totals;"
}

/// One change each, and what must be named.
const CHANGES: [(&str, &str); 97] = [
    ("ALTER ROLE app BYPASSRLS", "app"),
    ("ALTER ROLE app SUPERUSER", "app"),
    ("ALTER ROLE app CREATEROLE", "app"),
    ("ALTER ROLE app CREATEDB", "app"),
    ("ALTER ROLE app REPLICATION", "app"),
    ("ALTER ROLE app NOLOGIN", "app"),
    ("ALTER ROLE staff LOGIN", "staff"),
    ("ALTER ROLE support NOBYPASSRLS", "support"),
    ("ALTER ROLE app RENAME TO application", "app"),
    ("GRANT shop_owner TO app", "app"),
    ("CREATE ROLE team; GRANT shop_owner TO team; GRANT team TO app", "app"),
    ("CREATE ROLE team; GRANT support TO team; GRANT team TO app", "app"),
    ("CREATE ROLE boss SUPERUSER; CREATE ROLE team; GRANT boss TO team; GRANT team TO app", "app"),
    ("GRANT support TO app", "app"),
    ("GRANT app TO clerk", "clerk"),
    ("GRANT shop_owner TO stranger", "stranger"),
    ("GRANT support TO stranger", "stranger"),
    ("GRANT pg_read_all_data TO app", "app"),
    ("GRANT pg_read_server_files TO app", "app"),
    ("GRANT staff TO clerk WITH ADMIN OPTION", "clerk"),
    ("REVOKE staff FROM clerk", "clerk"),
    ("ALTER TABLE shop.orders OWNER TO app", "orders"),
    ("ALTER SCHEMA noren OWNER TO app", "noren"),
    ("ALTER FUNCTION noren.app_tenant_id() OWNER TO app", "app_tenant_id"),
    ("ALTER FUNCTION noren.app_tenant_id() OWNER TO stranger", "app_tenant_id"),
    ("ALTER FUNCTION noren.app_tenant_id() IMMUTABLE", "app_tenant_id"),
    ("ALTER FUNCTION noren.app_tenant_id() VOLATILE", "app_tenant_id"),
    ("ALTER FUNCTION noren.app_tenant_id() PARALLEL UNSAFE", "app_tenant_id"),
    ("ALTER FUNCTION noren.app_tenant_id() SECURITY DEFINER", "app_tenant_id"),
    ("ALTER FUNCTION noren.app_tenant_id() LEAKPROOF", "app_tenant_id"),
    ("ALTER FUNCTION noren.app_tenant_id() SET search_path = shop", "app_tenant_id"),
    (
        "CREATE OR REPLACE FUNCTION noren.app_tenant_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
         AS $$SELECT nullif(pg_catalog.current_setting('app.tenant_id', true), '')::uuid$$",
        "app_tenant_id",
    ),
    (
        "CREATE OR REPLACE FUNCTION noren.app_tenant_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
         RETURN nullif(pg_catalog.current_setting('app.tenant', true), '')::uuid",
        "app_tenant_id",
    ),
    ("ALTER FUNCTION noren.app_tenant_id() RENAME TO app_tenant", "app_tenant_id"),
    ("REVOKE EXECUTE ON FUNCTION noren.app_tenant_id() FROM app", "app_tenant_id"),
    ("GRANT EXECUTE ON FUNCTION noren.app_tenant_id() TO PUBLIC", "app_tenant_id"),
    ("CREATE FUNCTION noren.more() RETURNS int LANGUAGE sql RETURN 1", "noren.more"),
    ("ALTER TABLE shop.orders NO FORCE ROW LEVEL SECURITY", "orders"),
    ("ALTER TABLE shop.orders DISABLE ROW LEVEL SECURITY", "orders"),
    ("ALTER TABLE shop.events_1 DISABLE ROW LEVEL SECURITY", "events_1"),
    ("ALTER TABLE shop.events_1 NO FORCE ROW LEVEL SECURITY", "events_1"),
    ("ALTER TABLE shop.orders RENAME TO older", "orders"),
    ("CREATE TABLE shop.events_2 PARTITION OF shop.events FOR VALUES FROM (2) TO (3)", "events_2"),
    (
        "CREATE TABLE shop.events_2 PARTITION OF shop.events FOR VALUES FROM (2) TO (3);
         ALTER TABLE shop.events_2 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
         GRANT SELECT ON shop.events_2 TO app",
        "events_2",
    ),
    ("CREATE TABLE shop.heir () INHERITS (shop.orders)", "heir"),
    ("CREATE TABLE shop.refunds (id uuid, tenant_id uuid)", "refunds"),
    ("CREATE MATERIALIZED VIEW shop.sums AS SELECT tenant_id FROM shop.orders", "sums"),
    ("ALTER POLICY noren_floor ON shop.orders USING (true)", "noren_floor"),
    ("ALTER POLICY noren_floor ON shop.orders WITH CHECK (true)", "noren_floor"),
    ("ALTER POLICY noren_floor ON shop.orders TO clerk", "noren_floor"),
    ("ALTER POLICY noren_guard ON shop.orders TO app", "noren_guard"),
    ("ALTER POLICY noren_guard ON shop.orders RENAME TO mine", "noren_guard"),
    ("COMMENT ON POLICY noren_floor ON shop.orders IS NULL", "noren_floor"),
    (
        "COMMENT ON POLICY noren_floor ON shop.orders IS 'noren: x [compile:0123456789abcdef live:0123456789abcdef]'",
        "noren_floor",
    ),
    (
        "DROP POLICY noren_floor ON shop.orders; CREATE POLICY noren_floor ON shop.orders TO app USING (true)",
        "noren_floor",
    ),
    ("CREATE POLICY more ON shop.orders FOR SELECT USING (true)", "more"),
    ("CREATE POLICY more ON shop.orders AS RESTRICTIVE FOR SELECT USING (true)", "more"),
    ("CREATE POLICY more ON shop.events_1 FOR SELECT USING (true)", "more"),
    ("GRANT TRUNCATE ON shop.orders TO app", "orders"),
    ("GRANT REFERENCES ON shop.orders TO app", "orders"),
    ("GRANT TRIGGER ON shop.orders TO app", "orders"),
    ("GRANT SELECT ON shop.orders TO PUBLIC", "orders"),
    ("GRANT SELECT ON shop.orders TO stranger", "orders"),
    ("GRANT SELECT ON shop.orders TO app WITH GRANT OPTION", "orders"),
    ("REVOKE SELECT ON shop.orders FROM app", "orders"),
    ("GRANT SELECT ON shop.orders TO clerk", "orders"),
    ("GRANT SELECT (total) ON shop.orders TO clerk", "orders.total"),
    ("REVOKE SELECT (id) ON shop.orders FROM clerk", "orders.id"),
    ("GRANT UPDATE (code) ON shop.currencies TO PUBLIC", "currencies.code"),
    ("GRANT SELECT ON shop.events_1 TO app", "events_1"),
    ("GRANT SELECT ON shop.totals TO app", "totals"),
    ("CREATE TABLE shop.notes (x int); GRANT SELECT ON shop.notes TO app", "notes"),
    (
        "GRANT SELECT ON shop.currencies TO stranger WITH GRANT OPTION; GRANT USAGE ON SCHEMA shop TO stranger;
         SET ROLE stranger; GRANT SELECT ON shop.currencies TO app; RESET ROLE",
        "currencies",
    ),
    ("GRANT SELECT ON SEQUENCE shop.orders_number_seq TO app", "orders_number_seq"),
    ("GRANT USAGE ON SEQUENCE shop.orders_number_seq TO clerk", "orders_number_seq"),
    ("REVOKE USAGE ON SEQUENCE shop.orders_number_seq FROM app", "orders_number_seq"),
    ("GRANT CREATE ON SCHEMA shop TO app", "shop"),
    ("GRANT CREATE ON SCHEMA public TO PUBLIC", "public"),
    ("GRANT USAGE ON SCHEMA noren TO PUBLIC", "noren"),
    ("REVOKE USAGE ON SCHEMA shop FROM clerk", "shop"),
    ("ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop GRANT SELECT ON TABLES TO app", "shop_owner"),
    ("ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC", "shop_owner"),
    ("ALTER VIEW shop.open_orders RESET (security_invoker)", "open_orders"),
    ("ALTER VIEW shop.viewed_orders OWNER TO shop_owner", "viewed_orders"),
    ("ALTER VIEW shop.viewed_orders OWNER TO postgres", "viewed_orders"),
    ("ALTER ROLE viewer LOGIN", "viewed_orders"),
    (
        "CREATE VIEW shop.wrapped WITH (security_invoker = true) AS SELECT * FROM shop.viewed_orders;
      ALTER VIEW shop.viewed_orders OWNER TO postgres; REVOKE ALL ON shop.viewed_orders FROM clerk;
      GRANT SELECT ON shop.wrapped TO clerk",
        "viewed_orders",
    ),
    (
        "CREATE ROLE earlier; COMMENT ON ROLE earlier IS 'noren: made by 00_roles.sql'; GRANT USAGE ON SCHEMA shop TO earlier",
        "schema shop",
    ),
    (
        "CREATE ROLE earlier; COMMENT ON ROLE earlier IS 'noren: made by 00_roles.sql'; GRANT SELECT ON shop.currencies TO earlier",
        "currencies",
    ),
    ("ALTER VIEW shop.open_orders SET (security_barrier = off)", "open_orders"),
    ("CREATE VIEW shop.all_orders AS SELECT * FROM shop.orders; GRANT SELECT ON shop.all_orders TO app", "all_orders"),
    (
        "CREATE FUNCTION shop.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER RETURN (SELECT count(*) FROM shop.orders)",
        "peek",
    ),
    ("GRANT EXECUTE ON FUNCTION shop.stamp() TO app", "stamp"),
    ("CREATE RULE also AS ON INSERT TO shop.orders DO ALSO INSERT INTO shop.currencies VALUES ('x')", "also"),
    ("ALTER ROLE app SET app.tenant_id = '00000000-0000-0000-0000-000000000001'", "app"),
    ("SET LOCAL app.tenant_id = '00000000-0000-0000-0000-000000000001'", "app.tenant_id"),
    ("GRANT CREATE ON DATABASE this TO app", "this"),
];

fn world(major: Option<u32>) -> Option<Database> {
    let database = Database::new(own_server(major)?, "assert");
    database.sql(&apply(&plan()));
    Some(database)
}

fn in_database<'a>(changes: &[(&'a str, &'a str)], database: &Database) -> Vec<(String, String)> {
    let named = |(change, object): &(&str, &str)| {
        let change = change.replace("DATABASE this", &format!("DATABASE {}", database.name));
        (change, if *object == "this" { database.name.clone() } else { (*object).to_owned() })
    };
    changes.iter().map(named).collect()
}

#[test]
fn every_change_to_the_small_shop_is_found_and_named() {
    let Some(database) = world(None) else { return };
    let script = assert::assert(&plan()).unwrap();
    all_red(&database, script, "nobody_at_all", &in_database(&CHANGES, &database));
}

/// What the preflight stops at, run as the owner of the tables.
const OBSTACLES: [(&str, &str); 18] = [
    ("ALTER ROLE app RENAME TO application", "app"),
    ("ALTER ROLE app BYPASSRLS", "app"),
    ("ALTER ROLE app LOGIN SUPERUSER", "app"),
    ("ALTER TABLE shop.orders OWNER TO stranger", "orders"),
    ("ALTER TABLE shop.events_1 OWNER TO stranger", "events_1"),
    ("ALTER VIEW shop.open_orders OWNER TO postgres", "open_orders"),
    ("ALTER FUNCTION shop.stamp() OWNER TO stranger", "stamp"),
    ("ALTER FUNCTION shop.stamp() RENAME TO stamped", "stamp"),
    ("ALTER SCHEMA shop OWNER TO stranger", "schema shop"),
    ("ALTER TABLE shop.orders RENAME TO older", "orders"),
    ("ALTER TABLE shop.orders DROP COLUMN total CASCADE", "orders.total"),
    ("ALTER TABLE shop.orders ALTER COLUMN total TYPE bigint", "orders.total"),
    ("GRANT SELECT ON shop.orders TO stranger", "orders"),
    ("GRANT SELECT (id) ON shop.orders TO stranger", "orders"),
    ("ALTER SCHEMA noren OWNER TO app", "noren"),
    ("ALTER SCHEMA noren OWNER TO stranger; GRANT stranger TO app", "noren"),
    ("ALTER FUNCTION noren.app_tenant_id() OWNER TO stranger", "app_tenant_id"),
    ("DROP SCHEMA noren CASCADE", "this"),
];

/// What a managed server brings along is told, and is no deviation; what it lets a role of one tenant do is.
#[test]
fn roles_of_the_provider_are_told() {
    let Some(database) = world(None) else { return };
    let file = assert::assert(&plan()).unwrap().print().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let judge = |change: &str| super::judge(&database, &file, change, "nobody_at_all", folder.path());
    let told = judge(
        "CREATE ROLE rds_iam; GRANT rds_iam TO app; CREATE ROLE rds_superuser CREATEROLE; GRANT shop_owner TO rds_superuser;
         CREATE ROLE rds_password; GRANT rds_password TO shop_owner; GRANT SELECT ON shop.orders TO rds_superuser",
    );
    assert!(!told.red, "{}", told.text);
    for words in ["member of rds_iam", "member of rds_password", "object: rds_superuser", "SELECT to rds_superuser"] {
        assert!(told.text.contains(words), "{words}: {}", told.text);
    }
    let escape = judge("CREATE ROLE rds_superuser CREATEROLE; GRANT rds_superuser TO app");
    assert!(escape.red && escape.text.contains("app -> rds_superuser"), "{}", escape.text);
}

/// `public` belongs to the database's owner since 15, and whoever owns the tables is granted it.
#[test]
fn an_owner_of_tables_may_work_in_a_schema_of_somebody_else() {
    let Some(database) = world(None) else { return };
    let file = assert::assert(&plan()).unwrap().print().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let judge = |change: &str| super::judge(&database, &file, change, "nobody_at_all", folder.path());
    let owner = judge("ALTER SCHEMA shop OWNER TO postgres; GRANT ALL ON SCHEMA shop TO shop_owner");
    assert!(!owner.red, "{}", owner.text);
    let app = judge("ALTER SCHEMA shop OWNER TO postgres; GRANT ALL ON SCHEMA shop TO app");
    assert!(app.red && app.text.contains("no CREATE to app"), "{}", app.text);
}

#[test]
fn the_preflight_finds_what_would_stop_the_files_or_hide_rows() {
    let Some(database) = world(None) else { return };
    let mut plan = plan();
    let orders = plan.relations.iter_mut().find(|relation| relation.name.name == "orders").unwrap();
    orders.columns = [("id", "uuid"), ("total", "int4")].map(|(name, of)| (name.to_owned(), pg(of))).into();
    let script = preflight::preflight(&plan).unwrap();
    let mut obstacles = OBSTACLES.to_vec();
    obstacles[11].0 = "DROP MATERIALIZED VIEW shop.totals; CREATE MATERIALIZED VIEW shop.totals AS SELECT 1;
         ALTER MATERIALIZED VIEW shop.totals OWNER TO shop_owner; ALTER TABLE shop.orders ALTER COLUMN total TYPE bigint";
    obstacles[10].0 = "DROP MATERIALIZED VIEW shop.totals; ALTER TABLE shop.orders DROP COLUMN total";
    all_red(&database, script, "shop_owner", &in_database(&obstacles, &database));

    let newer = AccessPlan { version: 99, ..plan };
    let folder = tempfile::tempdir().unwrap();
    let text = preflight::preflight(&newer).unwrap().print().unwrap();
    assert!(super::judge(&database, &text, "SELECT", "postgres", folder.path()).text.contains("object: PostgreSQL"));
}

/// Before anything was ever applied, and as a superuser.
#[test]
fn the_preflight_lets_a_first_run_pass() {
    let Some(server) = own_server(None) else { return };
    let database = Database::new(server, "preflight");
    database.sql(SCHEMA);
    database.sql("DROP SCHEMA noren CASCADE");
    let file = preflight::preflight(&plan()).unwrap().print().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let verdict = super::judge(&database, &file, "SELECT", "postgres", folder.path());
    assert!(!verdict.red, "{}", verdict.text);
}

/// The words of the catalogs differ from one major version to the next; what they say must not.
#[test]
fn the_assertions_hold_on_every_major_version() {
    for major in [14, 16, 17, 18] {
        let Some(server) = own_server(Some(major)) else { return };
        let database = Database::new(server, "assert");
        let mut plan = plan();
        let mut sql = apply(&plan);
        if major == 14 {
            // Everybody may make things in public, and there is no security_invoker.
            sql.push_str("REVOKE CREATE ON SCHEMA public FROM PUBLIC;");
            sql = sql.replace("security_invoker = true, ", "").replace("GRANT select ON shop.open_orders TO app;", "");
            let view = plan.relations.iter_mut().find(|relation| relation.runs_as_caller).unwrap();
            view.runs_as_caller = false;
            view.grants.clear();
        }
        database.sql(&sql);
        let script = assert::assert(&plan).unwrap();
        let mut changes = vec![
            ("GRANT shop_owner TO app", "app"),
            ("CREATE ROLE team; GRANT shop_owner TO team; GRANT team TO app", "app"),
            ("ALTER FUNCTION noren.app_tenant_id() IMMUTABLE", "app_tenant_id"),
            ("ALTER POLICY noren_floor ON shop.orders USING (true)", "noren_floor"),
            ("GRANT TRUNCATE ON shop.orders TO app", "orders"),
            ("ALTER TABLE shop.orders NO FORCE ROW LEVEL SECURITY", "orders"),
            ("ALTER ROLE app SET app.tenant_id = 'x'", "app"),
        ];
        if major >= 16 {
            changes.extend([
                ("GRANT shop_owner TO app WITH INHERIT FALSE, SET TRUE", "app"),
                ("GRANT shop_owner TO app WITH INHERIT TRUE, SET FALSE", "app"),
                ("GRANT shop_owner TO app WITH ADMIN TRUE, INHERIT FALSE, SET FALSE", "app"),
                ("GRANT staff TO clerk WITH INHERIT FALSE", "clerk"),
            ]);
        }
        if major >= 17 {
            changes.extend([("GRANT MAINTAIN ON shop.orders TO app", "orders"), ("GRANT pg_maintain TO app", "app")]);
        }
        all_red(&database, script, "nobody_at_all", &changes);
    }
}
