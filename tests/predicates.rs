//! Predicates of row security against a server: what is read is accepted, and what is proven holds.

use noren::catalog::{self, DataType, QName};
use noren::check::access::truth::{
    Outcome, can_fail, true_for_stranger, true_untied, true_when_unset, true_without, unset_sees_more,
};
use noren::diagnostic::Diagnostic;
use noren::model::access::{AccessName, AccessSetting, AccessSql};
use noren::resolve::access::{Names, predicate};
use noren::source::{Sources, Span};
use noren::syntax::ast::SqlExpr;
use std::fmt::Write;

use crate::support::{self, Database};

const SCHEMA: &str = "
CREATE TABLE public.t (id integer NOT NULL, tenant integer, owner integer, flag boolean, tags integer[], name text);
CREATE TABLE public.u (tenant integer, who integer);
";

/// The settings and what they are read as in SQL that needs no function.
const SETTINGS: [(&str, u8); 3] = [("app.tenant", 0), ("app.tenants", 1), ("app.who", 0)];

fn read(text: &str) -> Result<AccessSql, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let schema = sources.add("schema.sql", SCHEMA).unwrap();
    let policy = sources.add("p.noren", text).unwrap();
    let (catalog, _) = catalog::read(&sources, &[schema]);
    let span = Span::new(policy, 0, text.len());
    let setting = |(name, dimensions): (&str, u8)| {
        let data_type = DataType { name: QName::new("pg_catalog", "int4"), modifiers: Vec::new(), dimensions };
        let function = QName::new("noren", name.replace('.', "_"));
        (name.to_owned(), AccessSetting { name: name.to_owned(), data_type, function, span })
    };
    let settings = SETTINGS.into_iter().map(setting).collect();
    let search = ["public".to_owned()];
    let added = predicate::Added::new();
    let names = Names { catalog: &catalog, search: &search, settings: &settings, secret: None, added: &added };
    let table = &catalog.tables[&QName::new("public", "t")];
    let mut diagnostics = Vec::new();
    let sql = SqlExpr { text: text.to_owned(), span };
    predicate::parse(&names, table, &sql, &mut diagnostics).ok_or(diagnostics)
}

/// As a policy on `public.t` has it.
fn printed(sql: &AccessSql) -> String {
    with_settings(sql, |name| {
        let brackets = if name == "app.tenants" { "[]" } else { "" };
        format!("((SELECT noren.{}())::integer{brackets})", name.replace('.', "_"))
    })
}

fn with_settings(sql: &AccessSql, setting: impl Fn(&str) -> String) -> String {
    sql.substituted(|name| match name {
        AccessName::Column(name) => format!("\"t\".\"{name}\""),
        AccessName::Setting(name) => setting(name),
        AccessName::Relation(name) => format!("\"{}\".\"{}\"", name.schema, name.name),
    })
}

fn database() -> Option<Database> {
    let database = Database::new(support::server(None)?, "predicates");
    database.sql(SCHEMA);
    database.sql(
        "CREATE SCHEMA noren;
         CREATE FUNCTION noren.app_tenant() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE
           RETURN nullif(pg_catalog.current_setting('app.tenant', true), '')::integer;
         CREATE FUNCTION noren.app_tenants() RETURNS integer[] LANGUAGE sql STABLE PARALLEL SAFE
           RETURN nullif(pg_catalog.current_setting('app.tenants', true), '')::integer[];
         CREATE FUNCTION noren.app_who() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE
           RETURN nullif(pg_catalog.current_setting('app.who', true), '')::integer;
         INSERT INTO public.t
           SELECT row_number() OVER () , tenant, owner, flag, tags, name
           FROM (VALUES (NULL::integer), (1), (2)) a(tenant), (VALUES (NULL::integer), (1), (2)) b(owner),
             (VALUES (NULL::boolean), (true), (false)) c(flag),
             (VALUES (NULL::integer[]), ('{}'), ('{1}'), ('{NULL,2}')) d(tags), (VALUES (NULL), ('a')) e(name);",
    );
    Some(database)
}

fn possible(outcome: &Outcome) -> bool {
    *outcome != Outcome::Never
}

/// A policy of each predicate is made and looked through by a session without the setting, with an empty one, with a
/// stranger's and with its own.
#[test]
fn a_policy_shows_what_the_proof_says() {
    let Some(database) = database() else { return };
    let role = support::unique("reader");
    database.sql(&format!(
        "INSERT INTO public.u VALUES (1, 1), (1, 2), (2, 2), (NULL, 1);
         CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA noren TO {role};
         GRANT SELECT ON public.t, public.u TO {role}; ALTER TABLE public.t ENABLE ROW LEVEL SECURITY;"
    ));
    for (text, safe) in [
        ("tenant = app.tenant", true),
        ("t.tenant in (app.tenant)", true),
        ("tenant = any (app.tenants)", true),
        ("not (tenant <> app.tenant)", true),
        ("exists (select * from u where u.tenant = app.tenant and u.who = t.owner)", true),
        ("owner = any (array(select m.who from u as m where m.tenant = app.tenant))", true),
        ("app.tenant = (select max(m.tenant) from public.u m where m.who = t.owner) -- the end", true),
        ("tenant = app.tenant or app.tenant is null", false),
        ("coalesce(app.tenant, tenant) = tenant", false),
        ("(tenant = app.tenant) is not false", false),
        ("case when app.tenant is null then true else tenant = app.tenant end", false),
        ("exists (select from u where u.tenant = app.tenant and u.who = t.owner having true)", false),
        ("tenant <> all (array(select m.tenant from u m where m.tenant = app.tenant))", false),
    ] {
        let sql = read(text).unwrap_or_else(|found| panic!("{text}: {}", found[0].title));
        let setting = if sql.settings.contains("app.tenants") { "app.tenants" } else { "app.tenant" };
        let proven =
            !possible(&true_when_unset(&sql.formula, setting)) && !possible(&true_for_stranger(&sql.formula, setting));
        // Of an aggregate nothing is known, so the proof does not reach that one.
        assert_eq!(proven, safe && !text.contains("max("), "{text}");
        database.sql(&format!("CREATE POLICY p ON public.t FOR SELECT TO {role} USING ({}\n)", printed(&sql)));
        let own = if setting == "app.tenants" { "{1}" } else { "1" };
        let strange = if setting == "app.tenants" { "{99}" } else { "99" };
        let seen = database.sql_as(
            &role,
            &format!(
                "SELECT count(*) FROM public.t;
                 SET app.other = ''; SELECT set_config('{setting}', '', false) = ''; SELECT count(*) FROM public.t;
                 RESET {setting}; SELECT count(*) FROM public.t;
                 SELECT set_config('{setting}', '{strange}', false) <> ''; SELECT count(*) FROM public.t;
                 SELECT set_config('{setting}', '{own}', false) <> ''; SELECT count(*) FROM public.t;"
            ),
        );
        let counts: Vec<u32> = seen.lines().filter_map(|line| line.parse().ok()).collect();
        let [unset, empty, reset, stranger, own] = counts[..] else { panic!("{text}: {seen}") };
        assert!(own > 0, "{text}: shows nothing at all");
        assert_eq!((unset, unset), (empty, reset), "{text}: unset in three ways");
        assert_eq!(unset == 0 && stranger == 0, safe, "{text}: {unset} rows unset, {stranger} for a stranger");
        database.sql("DROP POLICY p ON public.t");
    }
    database.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role};"));
}

/// Numbers without a pattern, the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn value(&mut self, depth: usize) -> String {
        let column = self.one(&["t.tenant", "t.owner", "t.id"]);
        match self.below(if depth == 0 { 7 } else { 12 }) {
            0..=2 => "app.tenant".to_owned(),
            3 => self.one(&["1", "2", "null::integer", "app.who"]).to_owned(),
            4 | 5 => column.to_owned(),
            6 => self
                .one(&["(select app.tenant)", "abs(app.tenant)", "app.tenant + 0", "app.tenant::integer"])
                .to_owned(),
            7 => format!("coalesce({}, {})", self.value(depth - 1), self.value(depth - 1)),
            8 => format!("nullif({}, {})", self.value(depth - 1), self.value(depth - 1)),
            9 => format!("case when {} then {} else {} end", self.condition(depth - 1), self.value(depth - 1), column),
            10 => format!("(select max(u.who) from u where u.tenant = {})", self.value(0)),
            _ => format!("greatest({}, {})", self.value(0), column),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        if depth > 0 {
            let (one, other) = (self.condition(depth - 1), self.condition(depth - 1));
            match self.below(12) {
                0 | 1 => return format!("({one} and {other})"),
                2 | 3 => return format!("({one} or {other})"),
                4 | 5 => return format!("not ({one})"),
                6 => {
                    let what = self.one(&[
                        "true",
                        "not true",
                        "false",
                        "not false",
                        "unknown",
                        "not unknown",
                        "null",
                        "not null",
                    ]);
                    return format!("({one}) is {what}");
                }
                7 => return format!("coalesce({one}, {})", self.one(&["true", "false", "t.flag"])),
                8 => return format!("case when {one} then {other} else t.flag end"),
                _ => {}
            }
        }
        let (left, right) = (self.value(1), self.value(1));
        let operator = self.one(&["=", "=", "=", "<>", "<", ">="]);
        match self.below(18) {
            0 => "t.flag".to_owned(),
            1 => format!("({left}) is {}", self.one(&["null", "not null"])),
            2 => format!("{left} = any (app.tenants)"),
            3 => format!("{left} {operator} {} (t.tags)", self.one(&["any", "all"])),
            4 => format!("{left} {} (array[{right}, t.owner])", self.one(&["= any", "<> all", "= all"])),
            5 => format!("{left} {} ({right}, t.owner)", self.one(&["in", "not in"])),
            6 | 7 => format!("exists (select from u where u.tenant {operator} {right} and u.who = {left})"),
            8 => format!("{left} {} (select u.tenant from u where u.who = {right})", self.one(&["in", "not in"])),
            9 => format!("{left} = any (array(select u.tenant from u where u.who = {right}))"),
            10 => format!(
                "{left} {} (select u.who from u where u.tenant {operator} {right})",
                self.one(&["<> all", "= all", "> any"])
            ),
            11 => format!("({left}, t.id) {} ({right}, 1)", self.one(&["=", "<>"])),
            12 => format!("{left} {} {right} and 2", self.one(&["between", "not between"])),
            13 => format!("t.tenant is {} t.owner", self.one(&["distinct from", "not distinct from"])),
            14 => format!("lower(t.name) = lower({}::text)", self.one(&["app.tenant", "'A'", "t.owner"])),
            15 => format!("not exists (select from u a left join u b on b.who = {left} where a.tenant = {right})"),
            _ => format!("{left} {operator} {right}"),
        }
    }
}

/// What a server finds true of some row must never be shown to be impossible.
#[test]
fn what_is_proven_holds_on_a_server_whatever_the_predicate() {
    const COUNT: usize = 1200;
    let Some(database) = database() else { return };
    let mut random = Random(7);
    let mut predicates = Vec::new();
    let mut refused = 0;
    while predicates.len() < COUNT {
        let text = random.condition(2);
        match read(&text) {
            Ok(sql) => predicates.push(sql),
            // An alias inside itself, a column compared with itself, `is distinct from` beside a setting.
            Err(found) if ["N0704", "N0705", "N0709"].contains(&found[0].code.id) => refused += 1,
            Err(found) => panic!("{text}: {}", found[0].title),
        }
    }
    assert!(refused < COUNT, "{refused} were refused");
    let mut found = vec![[false; 4]; COUNT];
    for rows in ["(NULL, NULL), (NULL, 1), (1, NULL), (1, 1), (1, 2), (2, 1), (2, 2)", "(1, 1)", "(2, NULL)", ""] {
        let insert = if rows.is_empty() { String::new() } else { format!("INSERT INTO public.u VALUES {rows};") };
        database.sql(&format!("TRUNCATE public.u; {insert}"));
        let mut script = String::new();
        for sql in &predicates {
            let with = |tenant: &'static str, tenants: &'static str| {
                with_settings(sql, |name| match name {
                    "app.tenant" => format!("({tenant}::integer)"),
                    "app.tenants" => format!("('{tenants}'::integer[])"),
                    _ => "s.who".to_owned(),
                })
            };
            writeln!(
                script,
                "SELECT coalesce(bool_or(p.unset), false), coalesce(bool_or(p.strange), false),
                   coalesce(bool_or(p.unset IS TRUE AND p.strange IS NOT TRUE), false), bool_or(p.own IS NOT TRUE)
                 FROM public.t, (VALUES (NULL::integer), (1)) s(who),
                   LATERAL (SELECT {}, {}, {}) p(unset, strange, own);",
                with("NULL", "{1}"),
                with("1000", "{1}"),
                with("1", "{1}")
            )
            .unwrap();
        }
        let printed = database.sql(&script);
        for (line, found) in printed.lines().zip(&mut found) {
            for (value, found) in line.split('|').zip(found) {
                *found |= value == "t";
            }
        }
        assert_eq!(printed.lines().count(), COUNT, "{}", printed.lines().next().unwrap_or_default());
    }
    let mut wrong = Vec::new();
    let mut tally = [[0_usize; 2]; 4];
    for (sql, found) in predicates.iter().zip(&found) {
        let formula = &sql.formula;
        let said = [
            possible(&true_when_unset(formula, "app.tenant")),
            possible(&true_for_stranger(formula, "app.tenant")),
            possible(&unset_sees_more(formula, "app.tenant")),
            possible(&can_fail(formula)),
        ];
        for (claim, (said, found)) in said.into_iter().zip(found).enumerate() {
            if *found && !said {
                wrong.push(format!("claim {claim}: {}", sql.text));
            }
            if said == *found {
                tally[claim][usize::from(said)] += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} proofs do not hold:\n{}", wrong.len(), wrong.join("\n"));
    // Neither "always possible" nor "never" would pass for a proof.
    println!("agree on never and on possible, of {COUNT}: {tally:?}");
    assert!(tally[..3].iter().flatten().all(|count| *count > COUNT / 20), "{tally:?}");
    assert!(tally[3][1] > COUNT / 2, "{tally:?}");
}

/// What is implied, and what ties a row to its tenant, shown by rows.
#[test]
fn implications_and_ties_hold_on_a_server() {
    let Some(database) = database() else { return };
    database.sql("INSERT INTO public.u VALUES (1, 1), (2, 2), (NULL, 1)");
    let mut random = Random(11);
    let mut implied = 0;
    let mut pairs = Vec::new();
    while pairs.len() < 400 {
        let (one, other) = (random.condition(1), random.condition(1));
        let (one, other) = match random.below(3) {
            0 => (format!("{one} and {other}"), other),
            1 => (one.clone(), format!("{one} or {other}")),
            _ => (one, other),
        };
        if let (Ok(one), Ok(other)) = (read(&one), read(&other)) {
            pairs.push((one, other));
        }
    }
    let constant = |sql: &AccessSql| {
        with_settings(sql, |name| if name == "app.tenants" { "('{1}'::integer[])".to_owned() } else { "1".to_owned() })
    };
    let script: Vec<String> = pairs
        .iter()
        .map(|(one, other)| {
            format!(
                "SELECT coalesce(bool_or(({}) IS TRUE AND ({}) IS NOT TRUE), false) FROM public.t;",
                constant(one),
                constant(other)
            )
        })
        .collect();
    let printed = database.sql(&script.join("\n"));
    for (line, (one, other)) in printed.lines().zip(&pairs) {
        if possible(&true_without(&one.formula, &other.formula)) {
            continue;
        }
        implied += 1;
        assert_eq!(line, "f", "{} is said to imply {}", one.text, other.text);
    }
    assert!(implied > 50, "only {implied} implications were shown");
    for (text, tied) in [
        ("exists (select from u where u.tenant = app.tenant)", false),
        ("exists (select from u where u.tenant = app.tenant and u.who = t.owner)", true),
    ] {
        let sql = read(text).unwrap();
        assert_eq!(!possible(&true_untied(&sql.formula, "app.tenant")), tied, "{text}");
        let seen = |tenant: &str| {
            let sql = with_settings(&sql, |_| format!("({tenant}::integer)"));
            database.column(&format!("SELECT t.id FROM public.t WHERE {sql} AND t.owner IS NOT NULL ORDER BY 1"))
        };
        // An untied one shows the same rows to every tenant.
        assert_eq!(seen("1") == seen("2"), !tied, "{text}");
    }
}

/// What is assumed of PostgreSQL's own functions and operators is read off its catalogs.
#[test]
fn the_server_agrees_on_functions_and_operators() {
    let Some(database) = database() else { return };
    let core = "pronamespace = 'pg_catalog'::regnamespace";
    let volatile = database.column(&format!(
        "SELECT DISTINCT quote_ident(proname) FROM pg_proc WHERE {core} AND provolatile = 'v' AND prokind IN ('f', 'p')
           AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)
           AND NOT 'internal'::regtype = ANY (proargtypes) ORDER BY 1"
    ));
    let passed: Vec<&String> = volatile.iter().filter(|name| read(&format!("{name}() is null")).is_ok()).collect();
    assert!(volatile.len() > 50 && passed.is_empty(), "volatile functions that are let through: {passed:?}");
    let lax = database.column(&format!(
        "SELECT DISTINCT quote_ident(proname) FROM pg_proc WHERE {core} AND NOT proisstrict ORDER BY 1"
    ));
    let strict = |name: &&String| {
        let read = read(&format!("{name}(t.id) is null"));
        read.is_ok_and(|sql| format!("{:?}", sql.formula).contains(&format!("Strict {{ name: \"{name}\"")))
    };
    let wrong: Vec<&String> = lax.iter().filter(strict).collect();
    assert!(lax.len() > 50 && wrong.is_empty(), "functions that are taken to be strict: {wrong:?}");
    let operators = database.column(
        "SELECT DISTINCT oprname FROM pg_operator JOIN pg_proc ON pg_proc.oid = oprcode
         WHERE oprnamespace = 'pg_catalog'::regnamespace AND NOT proisstrict AND oprkind = 'b' ORDER BY 1",
    );
    for operator in &operators {
        let formula = format!("{:?}", read(&format!("(t.tags {operator} t.id) is null")).unwrap().formula);
        assert!(formula.contains("Opaque"), "{operator}: {formula}");
    }
    assert!(operators.contains(&"||".to_owned()), "{operators:?}");
}
