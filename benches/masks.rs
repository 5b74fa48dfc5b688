//! What a mask costs: CPU of the server's backend for a masked COPY against a plain one of the same table, both
//! into a file.
//!
//! `cargo bench --bench masks [ROWS]` prints a Markdown table. Wall time on a shared machine says little; the
//! backend's own user and system time says what the mask adds.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that fails has nobody to tell")]

use noren::catalog::{BaseType, Category, DataType, QName};
use noren::mask::hmac::{self, Canonical};
use noren::mask::{self, Arguments, Context, Hashes, Value};
use noren::server::{Options, Server};
use noren::sql::{Expr, From, Ident, Join, Relation, Select, Statement};
use std::fmt::Write as _;

const ROUNDS: usize = 3;
/// Where most masks are at home; what they are compared with is this table's own plain COPY.
const CUSTOMERS: Subject = Subject {
    name: "customers",
    columns: &[
        ("id", "int8"),
        ("tenant", "uuid"),
        ("name", "text"),
        ("email", "text"),
        ("phone", "text"),
        ("birth", "date"),
        ("balance", "numeric"),
        ("note", "text"),
    ],
};

/// Numbers and places that only some masks take.
const PAPERS: Subject = Subject {
    name: "papers",
    columns: &[
        ("id", "int8"),
        ("card", "text"),
        ("company", "text"),
        ("iban", "text"),
        ("my_number", "text"),
        ("postcode", "text"),
        ("address", "inet"),
        ("active", "bool"),
        ("state", "state"),
        ("latitude", "numeric"),
    ],
};

const LABELS: [&str; 4] = ["new", "open", "closed", "void"];

/// A table to copy, its columns with their types.
struct Subject {
    name: &'static str,
    columns: &'static [(&'static str, &'static str)],
}

/// A mask with its arguments on a column.
#[derive(Clone, Copy)]
struct Use(&'static str, &'static str, &'static [(&'static str, Given)]);

/// An argument.
#[derive(Clone, Copy)]
enum Given {
    Text(&'static str),
    Integer(i64),
    Number(&'static str),
    Column(&'static str),
    Words(usize),
}

use Given::{Column, Integer, Number, Text, Words};

/// Not measured: it is made from another column's masked value.
const NOT_ALONE: [&str; 1] = ["tsvector"];

/// Columns of few values, whose hash an export lets the server remember.
const FEW: [&str; 3] = ["tenant", "active", "state"];

const USES: &[Use] = &[
    Use("age_band", "birth", &[("at", Text("2026-01-01"))]),
    Use("base64", "name", &[]),
    Use("boolean", "active", &[("by", Column("id"))]),
    Use("bucket", "balance", &[("step", Integer(1000))]),
    Use("card", "card", &[]),
    Use("clamp", "balance", &[("low", Number("0")), ("high", Number("1000"))]),
    Use("constant", "name", &[("value", Text("****"))]),
    Use("corporate_number", "company", &[]),
    Use("date_shift", "birth", &[("by", Column("id"))]),
    Use("default", "balance", &[]),
    Use("dictionary", "name", &[(mask::dictionary::WORDS, Words(1000))]),
    Use("digits", "phone", &[]),
    Use("email", "email", &[]),
    Use("email", "email", &[("name", Text("ja"))]),
    Use("email_partial", "email", &[]),
    Use("enum_pick", "state", &[("by", Column("id"))]),
    Use("fake_address", "name", &[]),
    Use("fake_city", "name", &[]),
    Use("fake_company", "name", &[]),
    Use("fake_kana", "name", &[]),
    Use("fake_name", "name", &[("locale", Text("ja"))]),
    Use("geo_round", "latitude", &[]),
    Use("hash", "name", &[]),
    Use("iban", "iban", &[]),
    Use("integer", "id", &[("min", Integer(1)), ("max", Integer(1_000_000))]),
    Use("ip_truncate", "address", &[]),
    Use("my_number", "my_number", &[]),
    Use("noise", "balance", &[("ratio", Number("0.1")), ("by", Column("id"))]),
    Use("fake_phone", "phone", &[]),
    Use("partial_length", "phone", &[]),
    Use("partial", "phone", &[("last", Integer(4))]),
    Use("permute", "id", &[]),
    Use("phone", "phone", &[]),
    Use("pick", "id", &[]),
    Use("postal_code", "postcode", &[]),
    Use("regex_replace", "phone", &[("pattern", Text("[0-9]+")), ("replacement", Text("0"))]),
    Use("salted_sha256", "name", &[]),
    Use("scrub", "note", &[]),
    Use("shuffle", "note", &[("by", Column("id"))]),
    Use("truncate", "birth", &[("unit", Text("year"))]),
    Use("uuid", "tenant", &[]),
    Use("zero", "balance", &[]),
];

/// What most copies do to a customer's six personal columns.
const UNKEYED: [Use; 6] = [
    Use("constant", "name", &[("value", Text("****"))]),
    Use("constant", "email", &[("value", Text("nobody@example.invalid"))]),
    Use("partial", "phone", &[("last", Integer(4))]),
    Use("truncate", "birth", &[("unit", Text("year"))]),
    Use("clamp", "balance", &[("low", Number("0")), ("high", Number("1000"))]),
    Use("constant", "note", &[("value", Text("****"))]),
];

/// The same where the address must stay one address everywhere.
const KEYED: [Use; 6] = {
    let mut uses = UNKEYED;
    uses[1] = Use("email", "email", &[]);
    uses
};

/// Names, addresses, tenants and amounts by the key: four hashes a row.
const HEAVY: [Use; 6] = {
    let mut uses = KEYED;
    uses[0] = Use("fake_name", "name", &[("locale", Text("ja"))]);
    uses[4] = Use("noise", "balance", &[("ratio", Number("0.1")), ("by", Column("id"))]);
    uses[5] = Use("uuid", "tenant", &[]);
    uses
};

const SETUP: &str = "CREATE TABLE public.customers AS
  SELECT n AS id, md5('t' || n % 200)::uuid AS tenant, 'Name ' || n AS name, 'user' || n || '@example.com' AS email,
    '+81-90-' || lpad((n % 10000)::text, 4, '0') || '-0000' AS phone, date '1940-01-01' + (n % 30000)::int AS birth,
    (n % 100000)::numeric / 100 AS balance,
    CASE WHEN n % 10 > 0 THEN 'Note for customer ' || n || ': ' || repeat(md5(n::text), 3) END AS note
  FROM generate_series(1, :rows::bigint) AS n;
VACUUM (FREEZE, ANALYZE) public.customers;
CREATE TYPE public.state AS ENUM ('new', 'open', 'closed', 'void');
CREATE TABLE public.papers AS
  SELECT n AS id, (4000000000000000 + n * 7919)::text AS card, (1000000000000 + n * 7919)::text AS company,
    'DE' || lpad((n * 7919)::text, 20, '0') AS iban, (100000000000 + n * 7919)::text AS my_number,
    lpad((n % 1000)::text, 3, '0') || '-' || lpad((n % 10000)::text, 4, '0') AS postcode,
    ('10.' || n % 250 || '.' || n % 199 || '.' || n % 241)::inet AS address, n % 3 > 0 AS active,
    (ARRAY['new', 'open', 'closed', 'void'])[1 + n % 4]::public.state AS state, (n % 180000)::numeric / 1000 - 90 AS latitude
  FROM generate_series(1, :rows::bigint) AS n;
VACUUM (FREEZE, ANALYZE) public.papers;
CREATE TABLE public.keys AS SELECT n AS id FROM generate_series(1::bigint, 1000) AS n;
VACUUM (FREEZE, ANALYZE) public.keys;
";

fn base(subject: &Subject, column: &str) -> BaseType {
    let name = subject.columns.iter().find(|(name, _)| *name == column).map_or("text", |(_, of)| of);
    let (schema, category) =
        if name == "state" { ("public", Category::Enum) } else { ("pg_catalog", Category::Scalar) };
    let data_type = DataType { name: QName::new(schema, name), modifiers: vec![], dimensions: 0 };
    BaseType { data_type, domains: vec![], category }
}

/// The table that all of these can be tried on.
fn subject(uses: &[&Use]) -> &'static Subject {
    let has = |subject: &Subject, wanted: &str| subject.columns.iter().any(|(name, _)| *name == wanted);
    let fits = |subject: &&&Subject| uses.iter().all(|Use(_, column, _)| has(subject, column));
    [&CUSTOMERS, &PAPERS].iter().find(fits).unwrap()
}

fn arguments(given: &[(&'static str, Given)]) -> Arguments {
    let value = |given: &Given| match *given {
        Text(text) => Value::Text(text.to_owned()),
        Integer(value) => Value::Integer(value),
        Number(digits) => Value::Decimal(digits.to_owned()),
        Column(column) => Value::Column(column.to_owned()),
        Words(count) => {
            let list = (0..count).map(|number| format!("word {number}")).collect();
            Value::Words(mask::words::Words { list, digest: String::new() })
        }
    };
    given.iter().map(|(name, given)| (*name, value(given))).collect()
}

/// COPY of every column, some of them masked, each hash bound once a row.
fn copy(subject: &Subject, uses: &[&Use], file: &str) -> String {
    let labels = LABELS.map(str::to_owned);
    let zero = Expr::Integer(0);
    let base = |column: &str| base(subject, column);
    let mut inner: Vec<_> =
        subject.columns.iter().map(|(name, _)| (Expr::of("c", name), Some(Ident::from(*name)))).collect();
    let mut outer: Vec<_> =
        subject.columns.iter().map(|(name, _)| (Expr::of("r", name), Some(Ident::from(*name)))).collect();
    let mut joins = vec![];
    let mut rows = vec![From::first(Relation::table(QName::new("public", subject.name)), "c")];
    let keys = Select {
        columns: vec![(Expr::of("k", "id"), Some(Ident::from(mask::pick::KEY)))],
        from: vec![From::first(Relation::table(QName::new("public", "keys")), "k")],
        ..Select::default()
    };
    for Use(name, column, given) in uses {
        let (mask, arguments, of) = (mask::find(name).unwrap(), arguments(given), base(column));
        let hashed = match mask.hashes(&arguments) {
            Hashes::Nothing => None,
            Hashes::Input => Some(*column),
            Hashes::Column(column) => Some(column),
        };
        let bound = format!("{name}_hash");
        if let Some(hashed) = hashed {
            let canonical = Canonical::of([&base(hashed)]).unwrap();
            let hash = hmac::of_value("bench", column, canonical, Expr::of("c", hashed));
            let name = Ident::new(bound.clone());
            if FEW.contains(&hashed) {
                let columns = vec![(hash, Some(name.clone()))];
                let once = Relation::Select(Box::new(Select { columns, barrier: true, ..Select::default() }));
                rows.push(From::joined(once, format!("{bound}_few"), Join::Lateral));
                inner.push((Expr::of(&format!("{bound}_few"), &bound), Some(name)));
            } else {
                inner.push((hash, Some(name)));
            }
        }
        let (input, hash) = (Expr::of("r", column), Expr::of("r", &bound));
        let rendered = mask.render(&Context {
            input: &input,
            input_type: &of,
            declared: &of.data_type,
            arguments: &arguments,
            hash: hashed.is_some().then_some(&hash),
            secret: &|label| hmac::of_label("bench", column, label),
            default: Some(&zero),
            lookup: Some(&keys),
            labels: &labels,
            alias: name,
        });
        joins.extend(rendered.joins);
        let masked = (rendered.expr.cast_to(of.data_type.clone()), Some(Ident::from(*column)));
        let place = subject.columns.iter().position(|(name, _)| name == column).unwrap();
        outer[place] = masked;
    }
    let hashes = inner.len() > subject.columns.len();
    let rows = Select { columns: inner, from: rows, barrier: hashes, ..Select::default() };
    let from = [From::first(Relation::Select(Box::new(rows)), "r")].into_iter().chain(joins).collect();
    let select = Select { with: vec![hmac::key("noren.mask_key")], columns: outer, from, ..Select::default() };
    let file = Expr::text(file).print().unwrap();
    format!("COPY ({}) TO {file};", Statement::Select(select).print().unwrap())
}

/// Hundredths of a second of CPU for each statement, all in one session, by rounds.
fn measure(server: &Server, statements: &[String]) -> Vec<Vec<u64>> {
    let mut script = String::from("SET noren.mask_key = 'a key for the bench, more than 32 bytes';\nSET jit = off;\n");
    let ticks = "SELECT pg_read_file('/proc/self/stat', 0, 1000);\n";
    for _ in 0..=ROUNDS {
        for statement in statements {
            writeln!(script, "{ticks}{statement}\n{ticks}").unwrap();
        }
    }
    let printed = server.execute("postgres", &script).unwrap();
    let cpu = |line: &str| -> u64 {
        let after = line.rsplit(')').next().unwrap();
        after.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    };
    let readings: Vec<u64> = printed.lines().filter(|line| line.contains(')')).map(cpu).collect();
    let costs: Vec<u64> = readings.chunks(2).map(|pair| pair[1] - pair[0]).collect();
    let rounds: Vec<&[u64]> = costs.chunks(statements.len()).skip(1).collect();
    (0..statements.len()).map(|which| rounds.iter().map(|round| round[which]).collect()).collect()
}

fn median(mut costs: Vec<u64>) -> u64 {
    costs.sort_unstable();
    costs[costs.len() / 2]
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let rows = std::env::args().find_map(|argument| argument.parse::<u32>().ok()).unwrap_or(300_000);
    let server = Server::start(&Options { bin: None, settings: vec![] }).unwrap();
    server.execute("postgres", &SETUP.replace(":rows", &rows.to_string())).unwrap();
    for mask in mask::all().filter(|mask| !NOT_ALONE.contains(&mask.name())) {
        assert!(USES.iter().any(|Use(name, ..)| *name == mask.name()), "`{}` is not measured", mask.name());
    }
    let plain = |subject: &'static Subject| (format!("plain COPY of {}", subject.name), subject, vec![]);
    let variant = |what: String, uses: Vec<&'static Use>| (what, subject(&uses), uses);
    let mut variants = vec![plain(&CUSTOMERS), plain(&PAPERS)];
    let spelled = |one: &Use| if one.2.iter().any(|(name, _)| *name == "name") { ", of a name" } else { "" };
    variants.extend(USES.iter().map(|one| variant(format!("`{}` on {}{}", one.0, one.1, spelled(one)), vec![one])));
    let mixes = [("without a key", &UNKEYED), ("one keyed", &KEYED), ("four keyed", &HEAVY)];
    variants.extend(mixes.map(|(what, uses)| variant(format!("six columns, {what}"), uses.iter().collect())));
    let folder = server.execute("postgres", "SHOW data_directory").unwrap();
    let file = format!("{}/masked.txt", folder.trim());
    let statements: Vec<String> = variants.iter().map(|(_, subject, uses)| copy(subject, uses, &file)).collect();
    let costs = measure(&server, &statements).into_iter().map(median).collect::<Vec<_>>();
    println!("`cargo bench --bench masks {rows}`: PostgreSQL {}, {rows} rows, median of {ROUNDS}\n", server.version());
    println!("| masked | CPU, s | against plain |\n| --- | ---: | ---: |");
    for ((what, subject, _), cost) in variants.iter().zip(&costs) {
        let plain = if subject.name == CUSTOMERS.name { costs[0] } else { costs[1] };
        let (seconds, ratio) = (f64_of(*cost) / 100.0, f64_of(*cost) / f64_of(plain));
        println!("| {what} | {seconds:.2} | {ratio:.2} |");
    }
}

fn f64_of(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap())
}
