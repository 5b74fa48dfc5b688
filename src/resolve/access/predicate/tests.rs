use super::*;
use crate::diagnostic::Severity;
use crate::model::access::AccessSetting;
use crate::source::Sources;

const SCHEMA: &str = "
CREATE SCHEMA app;
CREATE SCHEMA other;
CREATE EXTENSION citext WITH SCHEMA public;
CREATE TYPE public.status AS ENUM ('draft', 'closed');
CREATE TABLE public.reports (id bigint NOT NULL, tenant_id uuid NOT NULL, owner_id bigint, title text,
    mail public.citext, status public.status NOT NULL, tags text[], public boolean, maybe_tenant uuid);
CREATE TABLE public.items (id bigint NOT NULL, report_id bigint NOT NULL, owner_id bigint);
CREATE TABLE public.members (tenant_id uuid NOT NULL, user_id bigint NOT NULL, role text);
CREATE TABLE public.\"Odd Name\" (\"Id\" bigint);
CREATE TABLE app.things (id bigint);
CREATE TABLE other.reports (id bigint);
CREATE VIEW public.open_items AS SELECT id FROM public.items;
CREATE FUNCTION public.is_admin(bigint) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
CREATE FUNCTION public.own(uuid) RETURNS uuid LANGUAGE sql STABLE AS 'SELECT NULL::uuid';
CREATE FUNCTION public.sees(bigint) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT true';
";

/// Reads a predicate over `public.reports`.
pub(crate) fn read(text: &str) -> Result<(AccessSql, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let schema = sources.add("schema.sql", SCHEMA).unwrap();
    let policy = sources.add("p.noren", text).unwrap();
    let (catalog, found) = crate::catalog::read(&sources, &[schema]);
    assert!(found.iter().all(|found| found.severity != Severity::Error), "{found:?}");
    let data_type =
        |name: &str, dimensions| DataType { name: QName::new("pg_catalog", name), modifiers: Vec::new(), dimensions };
    let span = Span::new(policy, 0, text.len());
    let types = [
        ("app.tenant_id", data_type("uuid", 0)),
        ("app.tenant_ids", data_type("uuid", 1)),
        ("app.user_id", data_type("int8", 0)),
    ];
    let setting = |(name, data_type): (&str, DataType)| {
        let function = QName::new("noren", name.replace('.', "_"));
        (name.to_owned(), AccessSetting { name: name.to_owned(), data_type, function, span })
    };
    let settings = types.into_iter().map(setting).collect();
    let added = Added::from([(QName::new("public", "items"), ("tenant_id".to_owned(), data_type("uuid", 0)))]);
    let search = ["public".to_owned()];
    let names = Names {
        catalog: &catalog,
        search: &search,
        settings: &settings,
        secret: Some("noren.mask_key"),
        added: &added,
    };
    let table = &catalog.tables[&QName::new("public", "reports")];
    let mut diagnostics = Vec::new();
    let sql = SqlExpr { text: text.to_owned(), span };
    match parse(&names, table, &sql, &mut diagnostics) {
        Some(sql) => Ok((sql, diagnostics)),
        None => Err(diagnostics),
    }
}

fn substituted(text: &str) -> String {
    let (sql, _) = read(text).unwrap_or_else(|found| panic!("{text}: {}", found[0].title));
    sql.substituted(|name| match name {
        AccessName::Column(name) => format!("<{name}>"),
        AccessName::Setting(name) => format!("[{name}]"),
        AccessName::Relation(name) => format!("{{{name}}}"),
    })
}

#[test]
fn every_name_is_found_where_it_stands() {
    for (text, expected) in [
        ("owner_id = app.user_id", "<owner_id> = [app.user_id]"),
        ("reports . owner_id /* a.b */ = app /**/ . user_id -- end", "<owner_id> /* a.b */ = [app.user_id] -- end"),
        ("public.reports.tenant_id = any (app.tenant_ids)", "<tenant_id> = any ([app.tenant_ids])"),
        (
            "exists (select * from members m where m.user_id = app.user_id and m.tenant_id = reports.tenant_id)",
            "exists (select * from {public.members} m where m.user_id = [app.user_id] and m.tenant_id = <tenant_id>)",
        ),
        ("id in (select items.report_id from items)", "<id> in (select items.report_id from {public.items})"),
        (
            "exists (select from public.items where items.id = reports.id)",
            "exists (select from {public.items} where items.id = <id>)",
        ),
        (
            "exists (select from other.reports r where r.id = reports.id)",
            "exists (select from {other.reports} r where r.id = <id>)",
        ),
        (
            "exists (select from \"Odd Name\" o where o.\"Id\" = reports.id)",
            "exists (select from {public.Odd Name} o where o.\"Id\" = <id>)",
        ),
        (
            "tenant_id = any (array(select i.tenant_id from items as i))",
            "<tenant_id> = any (array(select i.tenant_id from {public.items} as i))",
        ),
        (
            "exists (select from items i join members m on m.user_id = i.owner_id where i.report_id = reports.id)",
            "exists (select from {public.items} i join {public.members} m on m.user_id = i.owner_id where i.report_id = <id>)",
        ),
        (
            "(select max(i.id) from items i where i.report_id = reports.id) > 1",
            "(select max(i.id) from {public.items} i where i.report_id = <id>) > 1",
        ),
        (
            "case status when 'draft' then owner_id = app.user_id else true end",
            "case <status> when 'draft' then <owner_id> = [app.user_id] else true end",
        ),
        ("'é' = title and owner_id = app.user_id", "'é' = <title> and <owner_id> = [app.user_id]"),
        (
            "exists (select from unnest(reports.tags) t where t.t = 'x')",
            "exists (select from unnest(<tags>) t where t.t = 'x')",
        ),
        (
            "exists (select from open_items o where o.id = reports.id)",
            "exists (select from {public.open_items} o where o.id = <id>)",
        ),
    ] {
        assert_eq!(substituted(text), expected);
    }
}

#[test]
fn what_is_read_is_collected() {
    let (sql, _) = read(
        "exists (select from items i where i.report_id = reports.id and i.owner_id = app.user_id) and title <> ''",
    )
    .unwrap();
    assert_eq!(sql.columns, BTreeSet::from(["id".to_owned(), "title".to_owned()]));
    assert_eq!(sql.settings, BTreeSet::from(["app.user_id".to_owned()]));
    let items = QName::new("public", "items");
    assert_eq!(sql.reads, BTreeSet::from([items.clone()]));
    assert_eq!(sql.read_columns[&items], BTreeSet::from(["owner_id".to_owned(), "report_id".to_owned()]));
    assert_eq!(sql.aliases, BTreeSet::from(["i".to_owned()]));
}

#[track_caller]
fn refused(code: &str, texts: &[&str]) {
    let said = |text: &&&str| match read(text) {
        Ok(_) => Some(format!("{text}: is read")),
        Err(found) if found.iter().all(|found| found.code.id == code) => None,
        Err(found) => Some(format!("{text}: {} {}", found[0].code, found[0].title)),
    };
    let wrong: Vec<String> = texts.iter().filter_map(|text| said(&text)).collect();
    assert!(wrong.is_empty(), "{code}\n{}", wrong.join("\n"));
}

#[test]
fn what_could_mean_two_things_is_refused() {
    refused("N0701", &["owner_id =", "", "1) (2", "(1"]);
    refused(
        "N0706",
        &["1) from pg_authid where (true", "1), (2) , (3", "true) having (true", "true) union select (true"],
    );
}

#[test]
fn unknown_names_are_refused() {
    refused(
        "N0702",
        &[
            "nobody = 1",
            "app.user = 1",
            "other.user_id = 1",
            "items.id = 1",
            "reports.nothing = 1",
            "exists (select from nothing n)",
            "exists (select from items i where i.nothing = 1)",
            "exists (select from items i where x.id = 1)",
            "exists (select from pg_catalog.pg_class c where c.oid = 1)",
            "exists (select from pg_class c where c.oid = 1)",
            "exists (select from information_schema.tables t where t.x = 1)",
            "reports is null",
            "app.nothing(id)",
            "id::nothing = 1",
            "ctid is not null",
            // The sides of a union cannot see each other's tables.
            "exists (select i.id from items i union select i.id from members m)",
        ],
    );
}

#[test]
fn capture_is_refused() {
    refused(
        "N0703",
        &[
            // P20
            "exists (select 1 from members m where m.user_id = owner_id and tenant_id = tenant_id)",
            "id in (select report_id from items)",
            "exists (select from items i where i.report_id = id)",
            "id = (select max(id) from items i)",
            "exists (select from items i where i)",
            "id in (select i.id from items i order by report_id)",
            "id in (select i.id from items i group by report_id, i.id)",
            "exists (select from items i join members m on user_id = i.id)",
        ],
    );
    refused(
        "N0704",
        &[
            "exists (select from reports where reports.id = 1)",
            "exists (select from other.reports where reports.id = 1)",
            "exists (select from items reports where reports.id = 1)",
            "exists (select from items app where app.id = 1)",
            "exists (select from app.things t where t.id = reports.id)",
            "exists (select from items i where exists (select from members i where i.user_id = 1))",
            "exists (select from items i, members i)",
            "exists (select from (select 1 as id) reports where reports.id = 1)",
            "exists (select from unnest(reports.tags) app)",
        ],
    );
    refused(
        "N0705",
        &[
            "tenant_id = tenant_id",
            "tenant_id = reports.tenant_id",
            "tenant_id::text = reports.tenant_id::text",
            "exists (select from members m where m.tenant_id = m.tenant_id)",
            "tenant_id in (reports.tenant_id)",
            "(id, tenant_id) = (owner_id, tenant_id)",
            "id >= id",
        ],
    );
}

#[test]
fn what_is_not_reasoned_about_is_refused() {
    refused(
        "N0706",
        &[
            "id = $1",
            "count(*) > 1",
            "sum(id) > 1",
            "row_number() over () = 1",
            "nextval('s') = 1",
            "random() < 0.5",
            "clock_timestamp() > '2020-01-01'",
            "set_config('app.tenant_id', 'x', true) = 'x'",
            "pg_sleep(1) is null",
            "current_setting('app.tenant_id')::uuid = tenant_id",
            "pg_catalog.current_setting('app.tenant_id', true)::uuid = tenant_id",
            "exists (with x as (select 1) select from x)",
            "exists (select from items i for update)",
            "exists (select from items i natural join members m)",
            "exists (select from items i join members m using (owner_id))",
            "exists (select from items i tablesample system (1))",
            "exists (select from items i(a, b))",
            "unnest(tags) = 'x'",
            "exists (select from ts_stat('select tenant_id from x') s where s.word = reports.title)",
            "exists (select from (select ts_stat('select 1')) s)",
            "reports.*  is not null",
            "id in (select i.* from items i)",
            "exists (select from items i where (select row_number() over ()) = 1)",
            "exists (select from rows from (generate_series(1, 2)) g)",
            "dblink('x', 'y') is null",
            "query_to_xml('select 1', true, true, '') is null",
            "pg_read_file('x') = ''",
            "U&\"\\0069d\" = 1",
        ],
    );
}

#[test]
fn names_of_the_schema_are_written_with_it() {
    refused(
        "N0707",
        &[
            "is_admin(id)",
            "status = 'draft'::status",
            "mail = 'a'",
            "'a' = mail",
            "title::citext is null",
            "title::public.citext = 'x'",
        ],
    );
    for text in [
        "public.is_admin(id)",
        "status = 'draft'::public.status",
        "mail::text = 'a'",
        "status <> 'closed'",
        "mail OPERATOR(public.=) 'x'",
    ] {
        assert!(read(text).is_ok(), "{text}: {:?}", read(text));
    }
}

#[test]
fn settings_are_held_to_their_use() {
    refused("N0708", &["title = noren.mask_key", "exists (select from members m where m.role = noren.mask_key)"]);
    refused(
        "N0709",
        &[
            "tenant_id is not distinct from app.tenant_id",
            "owner_id is distinct from app.user_id",
            "owner_id is not distinct from (select app.user_id)",
        ],
    );
}

#[test]
fn warnings_name_what_costs_or_shows() {
    for (text, codes) in [
        ("tenant_id::text = app.tenant_id::text", vec!["N0710"]),
        ("app.user_id = abs(owner_id)", vec!["N0710"]),
        ("exists (select from members m where m.tenant_id::text = app.tenant_id::text)", vec!["N0710"]),
        ("tenant_id = app.tenant_id::uuid", vec![]),
        ("public.sees(id)", vec!["N0711", "N0712"]),
        ("public.is_admin(id)", vec![]),
    ] {
        let (_, found) = read(text).unwrap();
        assert_eq!(found.iter().map(|found| found.code.id).collect::<Vec<_>>(), codes, "{text}");
    }
}
