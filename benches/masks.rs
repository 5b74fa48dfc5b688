//! What a mask costs: CPU of the server's backend for the compiled SELECT of a policy against a plain COPY of the same
//! table, both into a file.
//!
//! `cargo bench --bench masks [ROWS] [WORD]` prints a Markdown table, of the cases whose name holds the word. Wall time on a
//! shared machine says little; the backend's own user and system time says what the mask adds. Masked and plain take turns in
//! one session, and a ratio is the median of the ratios of the rounds.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads and writes files")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that fails has nobody to tell")]

use noren::mask::{self, hmac};
use noren::server::{Options, Server};
use std::fmt::Write as _;

const ROUNDS: usize = 5;

/// What is compiled: a rule for some columns of a table; the others are kept.
struct Case {
    what: &'static str,
    table: &'static str,
    rules: &'static str,
}

const fn case(what: &'static str, table: &'static str, rules: &'static str) -> Case {
    Case { what, table, rules }
}

const CASES: &[Case] = &[
    case("`age_band` on birth", "customers", "birth mask age_band('2026-01-01');"),
    case("`base64` on name", "customers", "name mask base64;"),
    case("`boolean` on active", "papers", "active mask boolean(by => id);"),
    case("`bucket` on balance", "customers", "balance mask bucket(1000);"),
    case("`card` on card", "papers", "card mask card;"),
    case("`clamp` on balance", "customers", "balance mask clamp(0, 1000);"),
    case("`constant` on name", "customers", "name mask constant('****');"),
    case("`corporate_number` on company", "papers", "company mask corporate_number;"),
    case("`date_shift` on birth", "customers", "birth mask date_shift(by => id);"),
    case("`default` on balance", "customers", "balance mask default;"),
    case("`dictionary` on name, 1,000 words", "customers", "name mask dictionary('words');"),
    case("`digits` on phone", "customers", "phone mask digits;"),
    case("`email` on email", "customers", "email mask email;"),
    case("`email` on email, of a name", "customers", "email mask email(name => 'ja');"),
    case("`email_partial` on email", "customers", "email mask email_partial;"),
    case("`enum_pick` on state", "papers", "state mask enum_pick(by => id);"),
    case("`fake_address` on name", "customers", "name mask fake_address;"),
    case("`fake_city` on name", "customers", "name mask fake_city;"),
    case("`fake_company` on name", "customers", "name mask fake_company;"),
    case("`fake_kana` on name", "customers", "name mask fake_kana;"),
    case("`fake_name` on name", "customers", "name mask fake_name('ja');"),
    case("`fake_phone` on phone", "customers", "phone mask fake_phone;"),
    case("`geo_round` on latitude", "papers", "latitude mask geo_round;"),
    case("`hash` on name", "customers", "name mask hash;"),
    case("`iban` on iban", "papers", "iban mask iban;"),
    case("`integer` on account", "customers", "account mask integer(1, 1000000);"),
    case("`ip_truncate` on address", "papers", "address mask ip_truncate;"),
    case("`my_number` on my_number", "papers", "my_number mask my_number;"),
    case("`noise` on balance", "customers", "balance mask noise(by => id, ratio => 0.1);"),
    case("`partial` on phone", "customers", "phone mask partial(last => 4);"),
    case("`partial_length` on phone", "customers", "phone mask partial_length(last => 4);"),
    case("`permute` on account", "customers", "account mask permute;"),
    case("`phone` on phone", "customers", "phone mask phone;"),
    case("`pick` on chapter", "pages", "chapter mask pick;"),
    case("`postal_code` on postcode", "papers", "postcode mask postal_code;"),
    case("`regex_replace` on phone", "customers", "phone mask regex_replace('[0-9]+', '0');"),
    case("`salted_sha256` on name", "customers", "name mask salted_sha256;"),
    case("`scrub` on note", "customers", "note mask scrub;"),
    case("`shuffle` on note", "customers", "note mask shuffle(by => id) because \"a bench\";"),
    case("`truncate` on birth", "customers", "birth mask truncate('year');"),
    case(
        "`tsvector` on search, and its text",
        "pages",
        "body mask partial(first => 8); search mask tsvector(of => body);",
    ),
    case("`uuid` on reference", "customers", "reference mask uuid;"),
    case("`zero` on balance", "customers", "balance mask zero;"),
    case(
        "a document: two keys kept, one masked, the rest dropped",
        "pages",
        "doc mask json { theme keep; size keep; email mask constant('****'); else drop; };",
    ),
    case(
        "a document, one key keyed",
        "pages",
        "doc mask json { theme keep; size keep; email mask email; else drop; };",
    ),
    case(
        "a composite: a field kept, one masked, one keyed",
        "pages",
        "contact mask fields { kind keep; phone mask partial(last => 4); mail mask email; else drop; };",
    ),
    case("an array of two addresses, keyed", "pages", "mails mask email;"),
    case(
        "six columns, without a key",
        "customers",
        "name mask constant('****'); email mask constant('nobody@example.invalid'); phone mask partial(last => 4); birth mask truncate('year'); balance mask clamp(0, 1000); note mask constant('****');",
    ),
    case(
        "six columns, one keyed",
        "customers",
        "name mask constant('****'); email mask email; phone mask partial(last => 4); birth mask truncate('year'); balance mask clamp(0, 1000); note mask constant('****');",
    ),
    case(
        "six columns, two of one hash",
        "customers",
        "name mask fake_name('ja', by => email); email mask email; phone mask partial(last => 4); birth mask truncate('year'); balance mask bucket(1000); note mask constant('****');",
    ),
    case(
        "six columns, two of one hash and noise by another",
        "customers",
        "name mask fake_name('ja', by => email); email mask email; phone mask partial(last => 4); birth mask truncate('year'); balance mask noise(by => id, ratio => 0.1); note mask constant('****');",
    ),
    case(
        "six columns, four keyed",
        "customers",
        "name mask fake_name('ja'); email mask email; phone mask partial(last => 4); birth mask truncate('year'); balance mask noise(by => id, ratio => 0.1); reference mask uuid;",
    ),
];

const TABLES: [&str; 3] = ["customers", "papers", "pages"];

const SCHEMA: &str = "CREATE TYPE public.state AS ENUM ('new', 'open', 'closed', 'void');
CREATE TYPE public.contact AS (kind text, phone text, mail text);
CREATE TABLE public.chapters (id bigint PRIMARY KEY);
CREATE TABLE public.customers (id bigint PRIMARY KEY, account bigint NOT NULL, reference uuid NOT NULL, name text NOT NULL,
  email text NOT NULL, phone text, birth date, balance numeric DEFAULT 0, note text);
CREATE TABLE public.papers (id bigint PRIMARY KEY, card text, company text, iban text, my_number text, postcode text,
  address inet, active boolean, state public.state, latitude numeric);
CREATE TABLE public.pages (id bigint PRIMARY KEY, chapter bigint REFERENCES public.chapters (id), doc jsonb, body text,
  search tsvector, contact public.contact, mails text[]);
";

const ROWS: &str = "INSERT INTO public.chapters SELECT n FROM generate_series(1, 1000) n;
INSERT INTO public.customers
  SELECT n, n * 7919, md5('t' || n)::uuid, 'Name ' || n, 'user' || n || '@example.com',
    '+81-90-' || lpad((n % 10000)::text, 4, '0') || '-0000', date '1940-01-01' + (n % 30000)::int, (n % 100000)::numeric / 100,
    CASE WHEN n % 10 > 0 THEN 'Note for customer ' || n || ': ' || repeat(md5(n::text), 3) END
  FROM generate_series(1, :rows::bigint) AS n;
INSERT INTO public.papers
  SELECT n, (4000000000000000 + n * 7919)::text, (1000000000000 + n * 7919)::text, 'DE' || lpad((n * 7919)::text, 20, '0'),
    (100000000000 + n * 7919)::text, lpad((n % 1000)::text, 3, '0') || '-' || lpad((n % 10000)::text, 4, '0'),
    ('10.' || n % 250 || '.' || n % 199 || '.' || n % 241)::inet, n % 3 > 0,
    (ARRAY['new', 'open', 'closed', 'void'])[1 + n % 4]::public.state, (n % 180000)::numeric / 1000 - 90
  FROM generate_series(1, :rows::bigint) AS n;
INSERT INTO public.pages
  SELECT n, 1 + n % 1000,
    jsonb_build_object('theme', 'dark', 'email', 'user' || n || '@example.com', 'size', n, 'tags', '[1, 2]'::jsonb),
    'Page ' || n || ' of words ' || repeat(md5(n::text) || ' ', 3), to_tsvector('simple', repeat(md5(n::text) || ' ', 3)),
    ROW('home', '+81-90-0000-' || n % 10000, 'user' || n || '@example.com')::public.contact,
    ARRAY['a' || n || '@example.com', 'b' || n || '@example.com']
  FROM generate_series(1, :rows::bigint) AS n;
VACUUM (FREEZE, ANALYZE) public.chapters, public.customers, public.papers, public.pages;
";

const PROJECT: &str = "[project]
name = \"bench\"
engine = \"postgresql\"
version = 15
schema = [\"schema.sql\"]
policies = [\"policy.noren\"]

[export.bench]
target = \"psql\"
";

const SETTING: &str = "noren.mask_key";

/// The columns of a table of [`SCHEMA`].
fn columns(table: &str) -> Vec<&'static str> {
    let start = SCHEMA.find(&format!("TABLE public.{table} (")).unwrap();
    let body = SCHEMA[start..].split_once(" (").unwrap().1.split_once(");").unwrap().0;
    let of = |part: &'static str| part.trim().split(' ').next().unwrap();
    body.split(',').map(of).collect()
}

/// The SELECT that leaves when this is the policy.
fn select(case: &Case) -> String {
    let masked: Vec<&str> = case.rules.split("; ").map(|rule| rule.split(' ').next().unwrap()).collect();
    let all = columns(case.table);
    let kept: Vec<&str> = all.into_iter().filter(|column| !masked.contains(column)).collect();
    let policy = format!(
        "setting {SETTING} text secret;\ntable chapters {{ id keep; }}\ntable {} {{ {} {} keep because \"a bench\"; }}\nexport bench {{ tables chapters, {}; }}\n",
        case.table,
        case.rules,
        kept.join(", "),
        case.table
    );
    let folder = tempfile::tempdir().unwrap();
    let words = (0..1000).fold("word\n".to_owned(), |text, number| text + &format!("word {number}\n"));
    std::fs::create_dir(folder.path().join("dictionaries")).unwrap();
    for (name, text) in [
        ("noren.toml", PROJECT),
        ("schema.sql", SCHEMA),
        ("policy.noren", policy.as_str()),
        ("dictionaries/words.csv", words.as_str()),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let loaded = noren::project::load(folder.path());
    let compiled = noren::compiler::compile(&loaded.sources, &loaded.project.unwrap());
    let titles: Vec<_> = compiled.diagnostics.iter().map(|found| found.title.as_str()).collect();
    let files = compiled.files.ok_or_else(|| format!("{}: {}", case.what, titles.join("\n"))).unwrap();
    let (_, text) =
        files.iter().find(|(path, _)| path.ends_with(&format!("tables/public.{}.sql", case.table))).unwrap();
    let copy = text.split_once("COPY (\n").unwrap().1;
    copy.split_once("\n) TO STDOUT").unwrap().0.to_owned()
}

/// Nanoseconds of CPU for each query, all in one session, by rounds.
fn measure(server: &Server, file: &str, queries: &[String]) -> Vec<Vec<u64>> {
    let mut script = format!("SET {SETTING} = 'a key for the bench, more than 32 bytes';\nSET jit = off;\n");
    script.push_str("SET search_path = pg_catalog, pg_temp;\nSET max_parallel_workers_per_gather = 0;\n");
    for statement in [hmac::create_pads(), hmac::fill_pads(SETTING)] {
        writeln!(script, "{};", statement.print().unwrap()).unwrap();
    }
    // The first number is the time that the process has run.
    let time = "SELECT pg_read_file('/proc/self/schedstat', 0, 100);\n";
    for _ in 0..=ROUNDS {
        for query in queries {
            writeln!(script, "{time}COPY ({query}) TO '{file}';\n{time}").unwrap();
        }
    }
    let printed = server.execute("postgres", &script).unwrap();
    let first = |line: &str| line.split(' ').next()?.parse::<u64>().ok();
    let readings: Vec<u64> = printed.lines().filter_map(first).collect();
    let costs: Vec<u64> = readings.chunks(2).map(|pair| pair[1] - pair[0]).collect();
    let rounds: Vec<&[u64]> = costs.chunks(queries.len()).skip(1).collect();
    (0..queries.len()).map(|which| rounds.iter().map(|round| round[which]).collect()).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let rows = arguments.iter().find_map(|argument| argument.parse::<u32>().ok()).unwrap_or(300_000);
    let word = arguments.iter().find(|argument| !argument.starts_with('-') && argument.parse::<u32>().is_err());
    for mask in mask::all() {
        let quoted = format!("`{}`", mask.name());
        assert!(CASES.iter().any(|case| case.what.contains(&quoted)), "{quoted} is not measured");
    }
    let chosen: Vec<&Case> =
        CASES.iter().filter(|case| word.is_none_or(|word| case.what.contains(word.as_str()))).collect();
    let mut queries: Vec<String> = TABLES.map(|table| format!("SELECT * FROM public.{table}")).into();
    queries.extend(chosen.iter().map(|case| select(case)));
    let server = Server::start(&Options { bin: None, settings: vec![] }).unwrap();
    server.execute("postgres", &(SCHEMA.to_owned() + &ROWS.replace(":rows", &rows.to_string()))).unwrap();
    let folder = server.execute("postgres", "SHOW data_directory").unwrap();
    let costs = measure(&server, &format!("{}/masked.txt", folder.trim()), &queries);
    println!("`cargo bench --bench masks {rows}`: PostgreSQL {}, {rows} rows, median of {ROUNDS}\n", server.version());
    println!("| masked | CPU, s | against plain |\n| --- | ---: | ---: |");
    let plain = TABLES.map(|table| (format!("plain COPY of {table}"), table));
    let cases = chosen.iter().map(|case| (case.what.to_owned(), case.table));
    for ((what, table), own) in plain.into_iter().chain(cases).zip(&costs) {
        let base = &costs[TABLES.iter().position(|other| *other == table).unwrap()];
        let ratios = own.iter().zip(base).map(|(own, base)| f64_of(*own) / f64_of(*base)).collect();
        let seconds = median(own.iter().map(|cost| f64_of(*cost) / 1e9).collect());
        println!("| {what} | {seconds:.2} | {:.2} |", median(ratios));
    }
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of minutes")]
fn f64_of(value: u64) -> f64 {
    value as f64
}
