//! Every mask on columns of every type that it takes, odd modifiers and domains among them, through the whole way: policy,
//! compiler, export, import by an owner who is no superuser, and the leak probes on what was loaded.
//!
//! What the compiler refuses is left out; what it lets through has to run, fit and pass.

use crate::end_to_end::harness::Project;
use crate::masks::TEXT;
use crate::support::{self, Database};
use noren::mask;
use noren::server::Server;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

const TOML: &str = "[project]
name     = \"columns\"
engine   = \"postgresql\"
version  = 14
schema   = [\"schema.sql\"]
policies = [\"*.noren\"]
output   = \"generated\"

[export.developers]
target = \"psql\"
";

const TYPES: &str = r"CREATE EXTENSION citext WITH SCHEMA public;
CREATE TYPE public.one AS ENUM ('only');
CREATE TYPE public.odd AS ENUM ('it''s', 'two words', '😀');
CREATE TYPE public.pair AS (a smallint, b varchar(2));
CREATE DOMAIN public.short AS varchar(3);
CREATE DOMAIN public.nested AS public.short;
CREATE DOMAIN public.wide AS varchar(40);
CREATE DOMAIN public.coin AS numeric(3,2);
CREATE DOMAIN public.day AS timestamptz(0);
CREATE DOMAIN public.tiny AS smallint;
";

/// Where the server is built with ICU.
const LOOSE: &str =
    "CREATE COLLATION public.loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);\n";

/// What each mask is given. `LITERAL` stands for the first value of the type.
const MASKS: &[(&str, &[&str])] = &[
    ("age_band", &["(at => '2026-01-01')", "('1999-02-28', step => 7, top => 150)"]),
    ("base64", &["", "(16)"]),
    ("boolean", &["(by => id)"]),
    ("bucket", &["(2)", "(1000)", "(1000000000000)"]),
    ("card", &["", "('keep')"]),
    ("clamp", &["(0, 1)", "(-1, 300)"]),
    ("constant", &["(LITERAL)"]),
    ("corporate_number", &[""]),
    ("date_shift", &["(by => id, days => 1)", "(by => id, days => 36600)"]),
    ("default", &[""]),
    ("dictionary", &["('words')"]),
    ("digits", &[""]),
    ("email", &["", "(domain => 'x.test')", "(name => 'ja')"]),
    ("email_partial", &["", "(first => 0)", "(first => 8)"]),
    ("enum_pick", &["(by => id)"]),
    ("fake_address", &["", "('ja')"]),
    ("fake_city", &["", "('ja')"]),
    ("fake_company", &["", "('ja')"]),
    ("fake_kana", &["", "(part => 'family')"]),
    ("fake_name", &["", "('ja')", "('ja', part => 'given')", "('en', by => id)"]),
    ("fake_phone", &["", "('gb')"]),
    ("geo_round", &["", "(0)", "(6)"]),
    ("hash", &["", "(16)"]),
    ("iban", &[""]),
    ("integer", &["(0, 1)", "(-5, 300)", "(0, 999999999999)"]),
    ("ip_truncate", &["", "(0, 0)", "(31, 127)"]),
    ("my_number", &[""]),
    ("noise", &["(by => id, ratio => 1)", "(by => id, ratio => 0.01)"]),
    ("partial", &["(first => 1)", "(last => 1)", "(1, 1, '*')", "(last => 4, fill => '…')"]),
    ("partial_length", &["(first => 1)", "(last => 4)", "(1, 1, '…')"]),
    ("permute", &[""]),
    ("phone", &["", "(last => 4)", "(last => 12)"]),
    ("pick", &[]),
    ("postal_code", &["", "(keep => 1)"]),
    ("regex_replace", &["('[0-9]+', '0')", "('.', 'ab')"]),
    ("salted_sha256", &[""]),
    ("scrub", &[""]),
    ("shuffle", &["(by => id) because \"a test\""]),
    ("truncate", &["('year')", "('quarter')", "('month')", "('week')", "('day')", "('hour')"]),
    ("tsvector", &["(of => body)"]),
    ("uuid", &[""]),
    ("zero", &[""]),
];

/// Masks that need more than a column: the tests of `over` have them.
const ELSEWHERE: [&str; 1] = ["pick"];

/// Beside [`TEXT`]: right-to-left marks, a lone combining mark, a NUL-like picture, whitespace of all kinds, CSV and COPY.
const HOSTILE: &[&str] = &[
    "\u{202e}olleh\u{202c}",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
    "\u{301}",
    "\u{feff}x",
    "\u{200b}",
    "\u{a0}\u{3000}\t\r\n\u{b}\u{c}",
    "\\.",
    "\\x00",
    "a\\",
    "\"",
    "'",
    ",",
    "{}",
    "{a,\"b\"}",
    "(,)",
    "%s %n",
    "12345678901234567890",
    "-1",
    "0",
    "ＡＢＣ",
    "ß",
    "İ",
    "ﬁ",
    "ab@",
    "@ab",
    "ab@@cd.test",
    "ab@cd@ef.test",
    "ab@.",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
];

/// A column's type and values for it.
struct Kind {
    /// The number of its table, the same on every server.
    table: usize,
    sql: &'static str,
    values: Vec<String>,
    since: u32,
}

#[allow(clippy::too_many_lines, reason = "it is a table")]
fn kinds() -> Vec<Kind> {
    let longest = "x".repeat(300);
    let texts: Vec<&str> = TEXT.iter().chain(HOSTILE).copied().chain([longest.as_str()]).collect();
    let kind = |sql: &'static str, values: &[&str]| Kind {
        table: 0,
        sql,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        since: 14,
    };
    let arrays = ["{}", "{NULL}", "{1}", "{1,2,1}", "{{1,2},{3,4}}", "[5:6]={7,8}"];
    let text_arrays =
        ["{}", "{NULL}", "{\"\"}", "{a,\"b c\",😀}", "{{a,b},{c,d}}", "[0:1]={a,b}", "{\"\\\"\",\"\\\\\"}"];
    let days = ["infinity", "-infinity", "4714-11-24 BC", "0001-02-28 BC", "2024-02-29", "294276-12-31"];
    let mut kinds = vec![
        kind("boolean", &["true", "false"]),
        kind("smallint", &["-32768", "-1", "0", "1", "32767"]),
        kind("integer", &["-2147483648", "-32769", "0", "32768", "2147483647"]),
        kind("bigint", &["-9223372036854775808", "-2147483649", "0", "2147483648", "9223372036854775807"]),
        kind("public.tiny", &["-32768", "0", "32767"]),
        kind("numeric", &["0", "-0.5", "1e999", "-1e2000", "1e-2000", "NaN", "Infinity", "-Infinity", "123.45678"]),
        kind("numeric(3,2)", &["9.99", "-9.99", "0", "0.01", "NaN", "5.55"]),
        kind("numeric(5,5)", &["0.99999", "-0.99999", "0", "0.00001", "NaN"]),
        kind("public.coin", &["9.99", "-9.99", "NaN"]),
        kind("numeric(1000,0)", &["0", &"9".repeat(1000), &format!("-{}", "9".repeat(1000)), "NaN"]),
        kind("real", &["0", "-0", "1e-45", "3.4e38", "-3.4e38", "NaN", "Infinity", "-Infinity", "35.6812"]),
        kind(
            "double precision",
            &["0", "-0", "5e-324", "1.7e308", "-1.7e308", "NaN", "Infinity", "-Infinity", "139.767"],
        ),
        kind("money", &["0", "-92233720368547758.08", "92233720368547758.07"]),
        kind("date", &[&days[..], &["5874897-12-31"]].concat()),
        kind("timestamp", &[&days[..], &["294276-12-31 23:59:59.999999", "2024-02-29 12:34:56.789"]].concat()),
        kind("timestamp(0)", &[&days[..], &["294276-12-31 23:59:59", "2024-02-29 12:34:56"]].concat()),
        kind(
            "timestamptz(0)",
            &[
                "infinity",
                "-infinity",
                "4714-11-24 00:00:00+00 BC",
                "294276-12-31 23:59:59+00",
                "2024-03-10 02:30:00-05",
            ],
        ),
        kind(
            "timestamptz",
            &["infinity", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00", "2024-03-10 02:30:00-05"],
        ),
        kind("public.day", &["infinity", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59+00"]),
        kind("time", &["00:00:00", "23:59:59.999999", "24:00:00"]),
        kind("timetz", &["00:00:00+15:59", "24:00:00-15:59"]),
        kind("interval", &["0", "-178000000 years", "178000000 years", "1 mon -1 day 24:00:01", "-1 us"]),
        kind("interval(0)", &["0", "1 day 00:00:01"]),
        kind("interval year to month", &["0", "13 months"]),
        kind("uuid", &["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
        kind("inet", &["0.0.0.0/0", "10.1.2.3/8", "255.255.255.255", "::/0", "2001:db8::1", "::ffff:10.1.2.3"]),
        kind("cidr", &["0.0.0.0/0", "10.0.0.0/8", "255.255.255.255/32", "::/0", "2001:db8::/48"]),
        kind("macaddr", &["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"]),
        kind("bit(3)", &["000", "101"]),
        kind("bit varying(5)", &["", "1", "11111"]),
        kind("bytea", &["", "\\x00", "\\xdeadbeef"]),
        kind("json", &["null", "{}", "\"x\"", "[1, 2]"]),
        kind("jsonb", &["null", "{}", "\"x\"", "[1, 2]"]),
        kind("xml", &["<a/>", "<a b=\"c\">😀</a>"]),
        kind("tsvector", &["", "'it''s':1A", "😀:3"]),
        kind("point", &["(0,0)", "(35.68,139.76)", "(NaN,Infinity)", "(1e308,-1e-308)"]),
        kind("oid", &["0", "4294967295"]),
        kind("pg_lsn", &["0/0", "FFFFFFFF/FFFFFFFF"]),
        kind("public.one", &["only"]),
        kind("public.odd", &["it's", "two words", "😀"]),
        kind("public.pair", &["(,)", "(1,x)", "(-32768,\"\"\"\")"]),
        kind("int4range", &["empty", "(,)", "[1,5)", "[2147483646,2147483647)", "(,-2147483648]"]),
        kind("int8range", &["empty", "(,)", "[9223372036854775806,9223372036854775807)"]),
        kind("numrange", &["empty", "(,)", "[-Infinity,NaN]", "[1.5,1.5]"]),
        kind("daterange", &["empty", "(,)", "[-infinity,infinity)", "[5874897-12-30,5874897-12-31)"]),
        kind("tstzrange", &["empty", "(,)", "[4714-11-24 00:00:00+00 BC,294276-12-31 23:59:59.999999+00]"]),
        kind("int4multirange", &["{}", "{(,)}", "{[1,2),[5,7)}"]),
        kind("smallint[]", &arrays),
        kind("bigint[]", &arrays),
        kind("numeric(3,2)[]", &arrays),
        kind("public.coin[]", &arrays),
        kind("timestamptz(0)[]", &["{}", "{NULL,infinity}", "{\"294276-12-31 23:59:59+00\"}"]),
        kind("public.day[]", &["{}", "{NULL,infinity}", "{\"294276-12-31 23:59:59+00\"}"]),
        kind("varchar(3)[]", &text_arrays),
        kind("text[]", &text_arrays),
        kind("public.short[]", &text_arrays),
        kind("public.nested[]", &text_arrays),
        kind("public.wide[]", &text_arrays),
        kind("public.citext[]", &text_arrays),
        kind("public.odd[]", &["{}", "{NULL}", "{it's,\"two words\"}"]),
        kind("inet[]", &["{}", "{10.1.2.3,NULL}"]),
        kind("text", &texts),
        kind("varchar", &texts),
        kind("varchar(1)", &texts),
        kind("varchar(3)", &texts),
        kind("varchar(12)", &texts),
        kind("varchar(64)", &texts),
        kind("char(1)", &texts),
        kind("char(3)", &texts),
        kind("char(40)", &texts),
        kind("name", &texts),
        kind("public.citext", &texts),
        kind("public.short", &texts),
        kind("public.nested", &texts),
        kind("public.wide", &texts),
        kind("text COLLATE public.loose", &texts),
        kind("varchar(40) COLLATE public.loose", &texts),
    ];
    kinds.push(Kind { since: 15, ..kind("numeric(2,-1)", &["990", "-990", "0", "10", "NaN"]) });
    kinds.push(Kind { since: 15, ..kind("numeric(2,4)", &["0.0099", "-0.0099", "0"]) });
    for (table, kind) in kinds.iter_mut().enumerate() {
        kind.table = table;
    }
    kinds
}

/// Those that a server has: some are built without ICU or libxml.
fn kinds_on(server: &Server) -> Vec<Kind> {
    // The catalog of a server that is built without ICU has collations of it all the same.
    let made = "BEGIN; CREATE COLLATION public.noren_try (provider = icu, locale = 'und'); ROLLBACK";
    let icu = server.execute("postgres", made).is_ok();
    let xml = server.execute("postgres", "SELECT '<a/>'::xml").is_ok();
    let has = |kind: &Kind| {
        let built = (icu || !kind.sql.contains("loose")) && (xml || kind.sql != "xml");
        built && kind.since <= server.major()
    };
    kinds().into_iter().filter(has).collect()
}

/// One column and its mask.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Trial {
    table: usize,
    column: String,
    mask: String,
}

fn trials(kinds: &[Kind]) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (table, kind) in kinds.iter().enumerate() {
        for (name, lists) in MASKS {
            for (number, list) in lists.iter().enumerate() {
                let mask = format!("{name}{}", list.replace("LITERAL", &quoted(&kind.values[0])));
                trials.push(Trial { table, column: format!("{name}_{number}"), mask });
            }
        }
    }
    trials
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The schema of these columns, and a policy with a line for each.
fn sources(kinds: &[Kind], trials: &[Trial]) -> (String, String, Vec<Option<Trial>>) {
    let mut schema = TYPES.to_owned();
    if kinds.iter().any(|kind| kind.sql.contains("loose")) {
        schema.push_str(LOOSE);
    }
    let mut policy = String::from("setting noren.mask_key text secret;\nexport developers { tables *; }\n");
    let mut lines = vec![None; 2];
    for (table, kind) in kinds.iter().enumerate() {
        let own: Vec<&Trial> = trials.iter().filter(|trial| trial.table == table).collect();
        write!(schema, "CREATE TABLE public.t{} (\n  id bigint PRIMARY KEY, body text NOT NULL", kind.table).unwrap();
        writeln!(policy, "table t{} {{ id keep; body mask constant('a body');", kind.table).unwrap();
        lines.push(None);
        for trial in own {
            let (of, collation) = kind.sql.split_once(" COLLATE ").unwrap_or((kind.sql, ""));
            let collation = if collation.is_empty() { String::new() } else { format!(" COLLATE {collation}") };
            let default = format!(" DEFAULT {}::{of}", quoted(&kind.values[0]));
            write!(schema, ",\n  {} {of}{collation}{default}", trial.column).unwrap();
            writeln!(policy, "{} mask {};", trial.column, trial.mask).unwrap();
            lines.push(Some(trial.clone()));
        }
        schema.push_str("\n);\n");
        policy.push_str("}\n");
        lines.push(None);
    }
    (schema, policy, lines)
}

/// The project of all columns that the compiler takes, and what it refused with which code.
fn accepted(kinds: &[Kind], version: u32) -> (Project, Vec<Trial>, BTreeMap<String, BTreeSet<String>>) {
    let mut left = trials(kinds);
    let mut refused: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    loop {
        let (schema, policy, lines) = sources(kinds, &left);
        let project = Project::of(&schema, &policy, &TOML.replace("= 14", &format!("= {version}")));
        let words = project.folder.path().join("dictionaries");
        std::fs::create_dir(&words).unwrap();
        std::fs::write(words.join("words.csv"), "word\na\n😀\nit's\n").unwrap();
        let checked =
            support::run(support::noren().arg("-C").arg(project.folder.path()).args(["check", "--format", "concise"]));
        let printed = support::text(&checked);
        let mut wrong = BTreeSet::new();
        for line in printed.lines().filter(|line| line.contains("error[")) {
            let mut parts = line.split(':');
            let at = parts.next().filter(|file| *file == "policy.noren").and(parts.next());
            let trial = at.and_then(|at| at.parse::<usize>().ok()).and_then(|at| lines.get(at - 1)?.clone());
            let Some(trial) = trial else { panic!("not about a column: {line}") };
            let code = line.split(['[', ']']).nth(1).unwrap().to_owned();
            refused.entry(code).or_default().insert(format!("{} {}", kinds[trial.table].sql, trial.mask));
            wrong.insert(trial);
        }
        if wrong.is_empty() {
            project.build();
            return (project, left, refused);
        }
        left.retain(|trial| !wrong.contains(trial));
    }
}

fn fill(database: &Database, kinds: &[Kind], trials: &[Trial]) {
    for (table, kind) in kinds.iter().enumerate() {
        let columns: Vec<&str> =
            trials.iter().filter(|trial| trial.table == table).map(|trial| trial.column.as_str()).collect();
        let of = kind.sql.split(" COLLATE ").next().unwrap();
        let row = |id: usize, value: &str| {
            let values = columns.iter().map(|_| "v").collect::<Vec<_>>().join(", ");
            let names = columns.join(", ");
            format!(
                "INSERT INTO public.t{number} (id, body{comma}{names}) SELECT {id}, 'raw body'{comma}{values} FROM (SELECT {value}::{of} AS v) one;\n",
                number = kind.table,
                comma = if columns.is_empty() { "" } else { ", " },
            )
        };
        let mut sql = row(0, "NULL");
        for (id, value) in kind.values.iter().enumerate() {
            sql.push_str(&row(id + 1, &quoted(value)));
        }
        database.sql(&sql);
    }
}

/// Runs the way on a server; the files that left, by name.
fn exported(server: &'static Server) -> BTreeMap<String, String> {
    let major = server.major();
    let kinds = kinds_on(server);
    let (project, trials, refused) = accepted(&kinds, major);
    told(&trials, &refused);
    let source = Database::new(server, "columns");
    source.sql(&project.schema);
    fill(&source, &kinds, &trials);
    let run = project.folder.path().join("run");
    support::succeeded(&project.export(&source, "developers", &run), "run.sql");
    let target = project.target(server, "developers", 3);
    support::succeeded(&project.import(&target, "developers", &run), "import.sql and after.sql");
    let mut wrong = Vec::new();
    for (table, kind) in kinds.iter().enumerate() {
        let own: Vec<&Trial> = trials.iter().filter(|trial| trial.table == table).collect();
        let columns: Vec<String> = own.iter().map(|trial| format!("{}::text", trial.column)).collect();
        let query = format!("SELECT {} FROM public.t{} ORDER BY id", columns.join(", "), kind.table);
        let (before, after) = (source.rows(&query), target.rows(&query));
        for (at, trial) in own.iter().enumerate() {
            let of = |rows: &[Vec<Option<String>>]| rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>();
            wrong.extend(judge(&of(&before), &of(&after), trial, kind));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), trials.len(), wrong.join("\n"));
    lines_of(&run, server)
}

/// A mask that no type takes would be tested on nothing.
fn told(trials: &[Trial], refused: &BTreeMap<String, BTreeSet<String>>) {
    for mask in mask::all().filter(|mask| !ELSEWHERE.contains(&mask.name())) {
        let tested = trials.iter().any(|trial| trial.mask.split(['(', ' ']).next() == Some(mask.name()));
        assert!(tested, "`{}` is tested on no column", mask.name());
    }
    if std::env::var_os("NOREN_TEST_REFUSED").is_some() {
        eprintln!("{} columns; refused {refused:#?}", trials.len());
    }
}

/// What the loaded column does not show as said.
fn judge(before: &[Option<String>], after: &[Option<String>], trial: &Trial, kind: &Kind) -> Vec<String> {
    let what = format!("{} on {}", trial.mask, kind.sql);
    let moves = trial.mask.starts_with("shuffle");
    let nulls = |rows: &[Option<String>]| rows.iter().filter(|value| value.is_none()).count();
    let mut wrong = Vec::new();
    if before.len() != after.len() || nulls(before) != nulls(after) {
        wrong.push(format!("{what}: rows or NULLs differ, {before:?} {after:?}"));
    }
    let keyed = mask::find(trial.column.trim_end_matches(['_', '0', '1', '2', '3', '4', '5']))
        .is_some_and(|mask| mask.keyed() && !mask.of_rows());
    for (raw, masked) in before.iter().zip(after).filter(|_| !moves) {
        if raw.is_some() != masked.is_some() {
            wrong.push(format!("{what}: {raw:?} becomes {masked:?}"));
        }
        let (Some(raw), Some(masked)) = (raw, masked) else { continue };
        let is_text =
            ["text", "char", "name", "short", "nested", "wide", "citext"].iter().any(|of| kind.sql.contains(of));
        if keyed && is_text && !kind.sql.contains('[') && raw.trim().chars().count() > 4 && masked.contains(raw.trim())
        {
            wrong.push(format!("{what}: shows {raw:?} in {masked:?}"));
        }
    }
    wrong
}

/// What left, by file; without the line of names that COPY writes from 15 on.
fn lines_of(run: &Path, server: &Server) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(run).unwrap().map(|entry| entry.unwrap().path());
    let data = files.filter(|path| path.extension().is_some_and(|of| of == "txt"));
    let rows = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        text.split_inclusive('\n').skip(usize::from(server.major() >= 15)).collect()
    };
    data.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), rows(&path))).collect()
}

#[test]
fn every_mask_holds_on_columns_of_every_type_and_gives_the_same_files_on_every_version() {
    let Some(first) = support::server(None) else { return };
    let files = exported(first);
    let others = (14..=18).filter(|major| *major != first.major());
    for server in others.filter_map(|major| support::server(Some(major))) {
        for (name, text) in exported(server) {
            let same = files.get(&name).is_none_or(|other| *other == text);
            assert!(same, "{name} is not on {} what it is on {}", server.version(), first.version());
        }
    }
}

const MOVED: &str = "CREATE TABLE public.a (id bigint PRIMARY KEY, name text NOT NULL, salary int);
CREATE TABLE public.b (id bigint PRIMARY KEY, code text NOT NULL UNIQUE, name text NOT NULL, salary int);
CREATE TABLE public.c (tenant uuid, id bigint NOT NULL UNIQUE, name text NOT NULL, salary int, PRIMARY KEY (tenant, id));
";
const MOVES: &str = "setting noren.mask_key text secret;
export developers { tables *; }
table a { id keep; name keep because \"a test\"; salary mask shuffle(by => id) because \"a test\"; }
table b { id keep; code mask hash; name keep because \"a test\"; salary mask shuffle(by => code) because \"a test\"; }
table c { tenant mask uuid; id keep; name keep because \"a test\"; salary mask shuffle(by => id) because \"a test\"; }
";

/// In the order in which values were moved, each would stand on the line before its own.
#[test]
fn the_order_of_lines_does_not_take_moved_values_back() {
    const ROWS: usize = 400;
    let Some(server) = support::server(None) else { return };
    let project = Project::of(MOVED, MOVES, &TOML.replace("= 14", &format!("= {}", server.major())));
    project.build();
    let source = Database::new(server, "moved");
    source.sql(MOVED);
    source.sql(&format!(
        "INSERT INTO public.a SELECT n, n, n FROM generate_series(1, {ROWS}) n;
         INSERT INTO public.b SELECT n, md5(n::text), n, n FROM generate_series(1, {ROWS}) n;
         INSERT INTO public.c SELECT md5((n % 3)::text)::uuid, n, n, n FROM generate_series(1, {ROWS}) n;"
    ));
    let run = project.folder.path().join("run");
    support::succeeded(&project.export(&source, "developers", &run), "run.sql");
    let files = lines_of(&run, server);
    assert_eq!(files.len(), 3);
    for (file, text) in files {
        let row = |line: &str| -> (usize, usize) {
            let mut from_end = line.rsplit('\t').map(|field| field.parse().unwrap());
            let salary = from_end.next().unwrap();
            (from_end.next().unwrap(), salary)
        };
        let rows: Vec<(usize, usize)> = text.lines().map(row).collect();
        assert_eq!(rows.len(), ROWS, "{file}");
        assert!(rows.iter().all(|(own, moved)| own != moved), "{file}: a value stays at its row");
        let mut values: Vec<usize> = rows.iter().map(|(_, moved)| *moved).collect();
        values.sort_unstable();
        assert!(values.into_iter().eq(1..=ROWS), "{file}: values are lost");
        for distance in [1, ROWS - 1] {
            let taken_back = (0..ROWS).filter(|at| rows[*at].1 == rows[(at + distance) % ROWS].0).count();
            assert!(taken_back < 12, "{file}: {taken_back} values stand {distance} lines before their own");
        }
    }
}

const FEW: &str = "CREATE TABLE public.places (id uuid PRIMARY KEY);
CREATE TABLE public.visits (id bigint PRIMARY KEY, place uuid REFERENCES public.places (id));
";
const FEW_POLICY: &str = "setting noren.mask_key text secret;
export developers { tables *; }
table places { id mask uuid; }
table visits { id keep; }
";

/// In place of a join with the distinct values: the planner keeps what it has hashed, and neither the rows nor their order
/// depend on whether it does.
#[test]
fn a_column_of_few_values_is_hashed_once_a_value() {
    for server in [14, 15, 16, 17, 18].into_iter().filter_map(|major| support::server(Some(major))) {
        let project = Project::of(FEW, FEW_POLICY, &TOML.replace("= 14", &format!("= {}", server.major())));
        project.build();
        let database = Database::new(server, "few");
        database.sql(FEW);
        database.sql(
            "INSERT INTO public.places SELECT md5(n::text)::uuid FROM generate_series(1, 50) n;
             INSERT INTO public.visits SELECT n, md5((1 + n * 7919 % 50)::text)::uuid FROM generate_series(1, 5000) n;
             ANALYZE;",
        );
        let file = std::fs::read_to_string(project.file("developers", "tables/public.visits.sql")).unwrap();
        let select = file.split_once("COPY (\n").unwrap().1.split_once("\n) TO STDOUT").unwrap().0;
        let run = |before: &str| database.sql(&format!("{} {before} {select};", super::with_key(Some(super::KEY))));
        let plan = run("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)");
        assert!(plan.contains("Memoize") && plan.contains("Misses: 50 "), "{}: {plan}", server.version());
        let rows = run("");
        assert!(rows == run("SET enable_memoize = off;"), "{}", server.version());
        let keys = rows.lines().map(|line| line.split('|').next().unwrap().parse::<u32>().unwrap());
        assert!(keys.eq(1..=5000), "{}: the order changed", server.version());
    }
}
