//! Every mask is held to what it says of itself, on a real server, over the extremes of every type that it takes.
//! A new mask is covered by being registered.

mod columns;
mod json;
mod keys;
mod mistakes;
mod samples;

use crate::support::{self, Database};
use hmac::{Hmac, KeyInit, Mac};
use noren::catalog::{BaseType, Category, DataType, QName};
use noren::mask::hmac::{self as keyed, Canonical};
use noren::mask::{
    self, Arguments, Context, Hashes, Length, Mask, NullRule, Parameter, ParameterKind, Probed, Rendered, Uniqueness,
    Value,
};
use noren::server::Server;
use noren::sql::{Expr, From, Ident, Relation, Select, Statement};
pub(crate) use samples::{Sample, TEXT, base, sample, samples};
use sha2::Sha256;
use std::collections::BTreeMap;

pub(crate) const KEY: &str = "a key of the tests, long enough: 0123456789";

/// Argument lists that a mask accepts for a type: every combination of some values for each parameter.
fn argument_lists(mask: &dyn Mask, sample: &Sample) -> Vec<Arguments> {
    let mut lists = vec![Arguments::new()];
    for parameter in mask.parameters() {
        let given = candidates(parameter, sample);
        let mut longer = if parameter.required { vec![] } else { lists.clone() };
        for list in &lists {
            for value in &given {
                let mut list = list.clone();
                list.insert(parameter.name, value.clone());
                longer.push(list);
            }
        }
        lists = longer;
    }
    if mask.name() == "dictionary" {
        let list = ["a", "it's \"x\" \\", "😀", "名前 太郎", " "].map(str::to_owned).into();
        let words = Value::Words(noren::mask::words::Words { list, digest: String::new() });
        for arguments in &mut lists {
            arguments.insert(mask::dictionary::WORDS, words.clone());
        }
    }
    lists.retain(|list| mask.check_arguments(&sample.base, list).is_ok());
    let step = lists.len().div_ceil(8).max(1);
    lists.into_iter().step_by(step).collect()
}

fn candidates(parameter: &Parameter, sample: &Sample) -> Vec<Value> {
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::Text((*text).to_owned())).collect();
    let numbers = |numbers: &[&str]| numbers.iter().map(|number| Value::Decimal((*number).to_owned())).collect();
    match parameter.kind {
        ParameterKind::Text => texts(&["x", "…", "example.test", "2026-01-01"]),
        ParameterKind::Integer => [0, 1, 4, 16, 24, 1000].map(Value::Integer).into(),
        ParameterKind::Number => numbers(&["-5", "0.1", "1", "300"]),
        ParameterKind::Boolean => vec![Value::Boolean(true), Value::Boolean(false)],
        ParameterKind::Value => vec![Value::Text(sample.values[0].clone()), Value::Text(sample.values[1].clone())],
        ParameterKind::Column => vec![Value::Column("k".into())],
        ParameterKind::Choice(words) => texts(words),
    }
}

/// The masked rows of `trial`, ordered by key: the value, the mask's own output, that as the column's type, and what
/// the mask's probe says of the last and of the first.
pub(crate) fn query(mask: &dyn Mask, sample: &Sample, arguments: &Arguments) -> Select {
    query_as(mask, sample, arguments, "mask")
}

/// The same with another name for what the mask joins.
fn query_as(mask: &dyn Mask, sample: &Sample, arguments: &Arguments, alias: &str) -> Select {
    let hashed = match mask.hashes(arguments) {
        Hashes::Nothing => None,
        Hashes::Input => Some((Canonical::of([&sample.base]), "v")),
        Hashes::Column(column) => Some((Some(Canonical::Number), column)),
    };
    let hash = hashed.map(|(canonical, column)| {
        let canonical = canonical.expect("a mask hashes only types that have a canonical form");
        keyed::of_value("tests", "column:trial.v", canonical, Expr::of("t", column))
    });
    let mut inner = vec![(Expr::of("t", "k"), Some(Ident::from("k"))), (Expr::of("t", "v"), Some(Ident::from("v")))];
    inner.extend(hash.map(|hash| (hash, Some(Ident::from("h")))));
    let raw = Select {
        columns: inner,
        from: vec![From::first(Relation::table(QName::new("public", "trial")), "t")],
        barrier: true,
        ..Select::default()
    };
    let (input, h, default) = (
        Expr::of("r", "v"),
        Expr::of("r", "h"),
        Expr::text(sample.values[0].clone()).cast_to(sample.base.data_type.clone()),
    );
    // What a reference may point at: the values themselves.
    let keys = Select {
        columns: vec![(Expr::of("l", "v"), Some(Ident::from(mask::pick::KEY)))],
        condition: Some(Expr::of("l", "v").is_not_null()),
        from: vec![From::first(Relation::table(QName::new("public", "trial")), "l")],
        ..Select::default()
    };
    let of_first = |column: &str| {
        Expr::scalar(Select {
            columns: vec![(Expr::of("f", column), None)],
            from: vec![From::first(Relation::table(QName::new("public", "trial")), "f")],
            order_by: vec![Expr::of("f", "k")],
            limit: Some(1),
            ..Select::default()
        })
    };
    let first = mask::First { is_it: Expr::of("r", "k").op("=", of_first("k")), value: of_first("v") };
    let rendered = mask.render(&Context {
        input: &input,
        input_type: &sample.base,
        declared: &sample.base.data_type,
        arguments,
        hash: Some(&h).filter(|_| hashed.is_some()),
        secret: &|label| keyed::of_label("tests", "column:trial.v", label),
        default: mask.needs_default().then_some(&default),
        lookup: mask.needs_lookup().then_some(&keys),
        first: Some(&first),
        labels: &sample.values,
        alias,
    });
    let mut from = vec![From::first(Relation::Select(Box::new(raw)), "r")];
    from.extend(rendered.joins);
    let masked = rendered.expr.clone().cast_to(sample.base.data_type.clone());
    let probe = |output: &Expr| {
        let declared = &sample.base.data_type;
        let default = mask.needs_default().then_some(&default);
        let probed = Probed { output, input_type: &sample.base, declared, arguments, default };
        mask.probe(&probed).unwrap_or(Expr::Null).cast("text")
    };
    Select {
        columns: vec![
            (Expr::of("r", "v").cast("text"), Some("raw".into())),
            (rendered.expr.cast("text"), Some("plain".into())),
            (masked.clone().cast("text"), Some("masked".into())),
            (probe(&masked), Some("masked_passes".into())),
            (probe(&input), Some("raw_passes".into())),
        ],
        from,
        order_by: vec![Expr::of("r", "k")],
        ..Select::default()
    }
}

/// What a session does before it reads keyed masks; an unset key stays unset.
pub(crate) fn with_key(key: Option<&str>) -> String {
    let set = key.map(|key| format!("SET noren.mask_key = {};", Expr::text(key.to_owned()).print().unwrap()));
    let pads = [keyed::create_pads(), keyed::fill_pads("noren.mask_key")].map(|one| one.print().unwrap() + ";");
    set.into_iter().chain(pads).collect()
}

type Row = Vec<Option<String>>;

/// A mask's query as a script that runs it twice, each time closed by a line of its own.
fn script(mask: &dyn Mask, sample: &Sample, arguments: &Arguments) -> Result<String, String> {
    let sql = Statement::Select(query(mask, sample, arguments)).print().map_err(|mismatch| mismatch.to_string())?;
    Ok(format!("COPY (\n{sql}\n) TO STDOUT;\nSELECT '{END}';\n").repeat(2))
}

pub(crate) const SETTINGS: &str =
    "SET standard_conforming_strings = on; SET search_path = pg_catalog, pg_temp; SET extra_float_digits = 1;";

/// A line that no value's text is.
const END: &str = "=== end ===";

/// Whether a mask is what it says on this type with these arguments; its rows if so.
fn judge(database: &Database, mask: &dyn Mask, sample: &Sample, arguments: &Arguments) -> Result<Vec<Row>, String> {
    let script = script(mask, sample, arguments)?;
    match database.try_sql(&format!("{SETTINGS} {}\n{script}", with_key(Some(KEY)))) {
        Ok(printed) => judge_printed(database, mask, sample, arguments, &printed),
        Err(_) if !mask.total(&sample.base, arguments) => Ok(vec![]),
        Err(error) => Err(format!("says that it raises no error: {}", error.chars().take(600).collect::<String>())),
    }
}

fn judge_printed(
    database: &Database,
    mask: &dyn Mask,
    sample: &Sample,
    arguments: &Arguments,
    printed: &str,
) -> Result<Vec<Row>, String> {
    let (printed, again) = printed.split_once(&format!("{END}\n")).unwrap();
    let rows: Vec<Row> = printed.lines().map(|line| line.split('\t').map(support::from_copy).collect()).collect();
    let expect = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    expect(again.strip_suffix(&format!("{END}\n")) == Some(printed), "is not the same twice")?;
    expect(rows.len() == sample.values.len() + 1, "loses or doubles rows")?;
    if mask.of_rows() {
        let sorted = |column: usize| {
            let mut values: Vec<_> = rows.iter().map(|row| row[column].clone()).collect();
            values.sort();
            values
        };
        expect(sorted(0) == sorted(2), "says that it only moves values")?;
        expect(rows.iter().all(|row| row[0] != row[2]), "leaves a value at its row")?;
    }
    for row in &rows {
        judge_row(mask, sample, arguments, row)?;
    }
    judge_probe(mask, sample, arguments, &rows)?;
    let is_text = mask.length(&sample.base, arguments) != Length::NotText;
    expect(
        !is_text || mask.shows_length(arguments) || !follows_length(&rows),
        "says that the value's length does not show",
    )?;
    let mut outputs: Vec<_> = rows.iter().map(|row| row[2].clone()).collect();
    outputs.sort();
    outputs.dedup();
    match mask.uniqueness(&sample.base, arguments) {
        Uniqueness::Lossy => {}
        _ => expect(outputs.len() == rows.len(), "says that different values stay different")?,
    }
    if let Some(constant) = mask.constant(&sample.base, arguments) {
        let constant = Statement::Select(Select { columns: vec![(constant.cast("text"), None)], ..Select::default() })
            .print()
            .unwrap();
        let constant = database.value(&constant);
        let same = rows.iter().filter_map(|row| row[2].as_ref()).all(|masked| *masked == constant);
        expect(same, "says that it is a constant")?;
    }
    Ok(rows)
}

/// Whether most values of four characters and more, of several lengths, become something else of their own length.
fn follows_length(rows: &[Row]) -> bool {
    let lengths: Vec<(usize, usize)> = rows
        .iter()
        .filter_map(|row| Some((row[0].as_ref()?.chars().count(), row[1].as_ref()?.chars().count())))
        .filter(|(raw, _)| *raw > 3)
        .collect();
    let same: std::collections::BTreeSet<usize> =
        lengths.iter().filter(|(raw, masked)| raw == masked).map(|(raw, _)| *raw).collect();
    let followed = lengths.iter().filter(|(raw, masked)| raw == masked).count();
    let changed = rows.iter().any(|row| row[0].is_some() && row[0] != row[1]);
    changed && same.len() > 3 && followed * 2 > lengths.len()
}

/// The probe is true of every output; and where the mask changes a value at all, it is false of such a one.
fn judge_probe(mask: &dyn Mask, sample: &Sample, arguments: &Arguments, rows: &[Row]) -> Result<(), String> {
    let mut has_probe = false;
    let (mut changed, mut caught) = (false, false);
    for row in rows {
        let [raw, _, masked, masked_passes, raw_passes] = row.as_slice() else {
            return Err("has no five columns".into());
        };
        has_probe |= raw_passes.is_some();
        changed |= raw != masked;
        caught |= raw != masked && raw_passes.as_deref() == Some("false");
        if masked.is_none() && masked_passes.as_deref() == Some("false") {
            return Err("has a probe that refuses NULL".into());
        }
    }
    // What the column cuts off is an error of the check, before any probe.
    if !has_probe || !noren_fits(mask.length(&sample.base, arguments), &sample.base.data_type) {
        return Ok(());
    }
    for row in rows.iter().filter(|row| row[2].is_some()) {
        if row[3].as_deref() != Some("true") {
            return Err(format!("has a probe that refuses {}", short(row[2].as_ref())));
        }
    }
    if changed && !caught { Err("has a probe that lets every raw value pass".into()) } else { Ok(()) }
}

fn judge_row(mask: &dyn Mask, sample: &Sample, arguments: &Arguments, row: &Row) -> Result<(), String> {
    let [raw, plain, masked, ..] = row.as_slice() else { return Err("has no three columns".into()) };
    let fail = |what: String| Err(format!("{what}: {} becomes {plain:?}, {masked:?}", short(raw.as_ref())));
    if mask.null_rule() != NullRule::Moves && raw.is_none() != masked.is_none() {
        return fail("says that NULL stays NULL and nothing else becomes it".into());
    }
    let (Some(raw), Some(plain), Some(masked)) = (raw, plain, masked) else { return Ok(()) };
    let length = |text: &str| u32::try_from(text.chars().count()).unwrap();
    let is_char = sample.base.data_type.name.name == "bpchar";
    match mask.length(&sample.base, arguments) {
        Length::AtMost(most) if length(plain) > most => return fail(format!("says at most {most} characters")),
        Length::AsInput
            if length(plain) > length(raw)
                && mask.constant(&sample.base, arguments).is_none()
                && !mask.needs_default() =>
        {
            return fail("says at most as long as the value".into());
        }
        Length::NotText
            if ["text", "varchar", "bpchar", "citext"].contains(&sample.base.data_type.name.name.as_str()) =>
        {
            return fail("says that its output is not text".into());
        }
        _ => {}
    }
    let fits = noren_fits(mask.length(&sample.base, arguments), &sample.base.data_type);
    if fits && !is_char && sample.base.data_type.name.name == "varchar" && plain != masked {
        return fail("is cut by the column".into());
    }
    // A number of a small range may well come out as itself.
    let of_few = mask.length(&sample.base, arguments) == Length::NotText
        && mask.uniqueness(&sample.base, arguments) == Uniqueness::Lossy;
    let of_column = mask.length(&sample.base, arguments) == Length::AsColumn;
    let keyed_text = matches!(mask.hashes(arguments), Hashes::Input) && raw.chars().count() > 3;
    let keyed_text = keyed_text && !of_few && !of_column;
    if keyed_text && masked.contains(raw.as_str()) {
        return fail("shows the value".into());
    }
    Ok(())
}

fn short(text: Option<&String>) -> String {
    format!("{:?}", text.map(|text| text.chars().take(60).collect::<String>()))
}

fn noren_fits(length: Length, declared: &DataType) -> bool {
    match (length, declared.modifiers.first()) {
        (Length::AtMost(most), Some(limit)) => i64::from(most) <= i64::from(*limit),
        (Length::Unbounded, _) => false,
        _ => true,
    }
}

pub(crate) fn database(server: &'static Server) -> Database {
    let database = Database::new(server, "masks");
    database.sql("CREATE EXTENSION citext SCHEMA public; CREATE TYPE public.mood AS ENUM ('sad', 'very happy'); CREATE TYPE public.pair AS (a int, b text);");
    database
}

pub(crate) fn fill(database: &Database, sample: &Sample) {
    let literal = |value: &String| Expr::text(value.clone());
    let rows: Vec<String> = sample
        .values
        .iter()
        .enumerate()
        .map(|(key, value)| format!("({}, {}::{})", key + 1, value_sql(&literal(value), value), sample.sql))
        .collect();
    database.sql(&format!(
        "DROP TABLE IF EXISTS public.trial; CREATE TABLE public.trial (k bigint PRIMARY KEY, v {});\nINSERT INTO public.trial VALUES (0, NULL), {};",
        sample.sql,
        rows.join(", ")
    ));
}

/// Control characters are not printed by us, but columns hold them.
fn value_sql(literal: &Expr, value: &str) -> String {
    literal.print().unwrap_or_else(|_| format!("'{}'", value.replace('\'', "''")))
}

/// What each script of two runs printed.
fn halves(printed: &str) -> Vec<String> {
    let runs: Vec<&str> = printed.split_inclusive(&format!("{END}\n")).collect();
    runs.chunks(2).map(<[&str]>::concat).collect()
}

/// Every mask that takes the type, with every argument list that it is tried with.
pub(crate) fn trials(sample: &Sample) -> Vec<(&'static dyn Mask, Arguments)> {
    let lists = |mask: &'static dyn Mask| argument_lists(mask, sample).into_iter().map(move |list| (mask, list));
    mask::all().filter(|mask| mask.accepts(&sample.base)).flat_map(lists).collect()
}

/// Every mask on every type; what came out, for comparison between versions.
fn every_mask(server: &'static Server) -> BTreeMap<String, Vec<Row>> {
    let database = database(server);
    let mut results = BTreeMap::new();
    let mut wrong = vec![];
    for sample in samples() {
        fill(&database, &sample);
        let trials = trials(&sample);
        for mask in mask::all().filter(|mask| mask.accepts(&sample.base)) {
            let tried = trials.iter().any(|(tried, _)| tried.name() == mask.name());
            assert!(tried, "{} on {}: no arguments to test it with", mask.name(), sample.sql);
        }
        // All at once, since starting a client takes longer than a query; one by one only to name the culprit.
        let scripts: Result<String, _> = trials.iter().map(|(mask, list)| script(*mask, &sample, list)).collect();
        let printed =
            scripts.and_then(|scripts| database.try_sql(&format!("{SETTINGS} {}\n{scripts}", with_key(Some(KEY)))));
        let mut printed: Vec<String> = printed.map(|printed| halves(&printed)).unwrap_or_default();
        for (mask, arguments) in trials.into_iter().rev() {
            let what = format!("{} on {} with {arguments:?}", mask.name(), sample.sql);
            let judged = match printed.pop() {
                Some(printed) => judge_printed(&database, mask, &sample, &arguments, &printed),
                None => judge(&database, mask, &sample, &arguments),
            };
            match judged {
                Ok(rows) => drop(results.insert(what, rows)),
                Err(why) => wrong.push(format!("{what} {why}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    results
}

#[test]
fn every_mask_is_what_it_says_on_every_type_and_the_same_on_every_version() {
    let Some(server) = support::server(None) else { return };
    let results = every_mask(server);
    for mask in mask::all() {
        let name = format!("{} on ", mask.name());
        assert!(results.keys().any(|what| what.starts_with(&name)), "{} was tested on nothing", mask.name());
    }
    let others = (14..=18).filter(|major| *major != server.major());
    for other in others.filter_map(|major| support::server(Some(major))) {
        if let Some(what) = first_difference(&results, &every_mask(other)) {
            panic!("{what} is not on {} what it is on {}", other.version(), server.version());
        }
    }
}

/// What did not come out the same.
fn first_difference<'r>(one: &'r BTreeMap<String, Vec<Row>>, other: &BTreeMap<String, Vec<Row>>) -> Option<&'r str> {
    one.iter().find(|(what, rows)| other.get(*what) != Some(*rows)).map(|(what, _)| what.as_str())
}

pub(crate) fn reference(key: &str, message: &str) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    hmac.update(message.as_bytes());
    hmac.finalize()
        .into_bytes()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}

#[test]
fn the_hmac_is_rfc_2104_s() {
    let Some(server) = support::server(None) else { return };
    let database = Database::new(server, "hmac");
    let keys =
        ["k".repeat(32), "k".repeat(63), "k".repeat(64), "k".repeat(65), "鍵".repeat(50), "a'b\\c:\"d ".repeat(4)];
    let texts: Vec<String> =
        TEXT.iter().map(|text| (*text).to_owned()).chain((0..120).map(|n| "x".repeat(n))).collect();
    for key in &keys {
        let values = texts
            .iter()
            .map(|text| vec![Expr::Source(noren::sql::SourceSql { text: value_sql(&Expr::text(text.clone()), text) })])
            .collect();
        let hash = |group| {
            Expr::call(
                "encode",
                [keyed::of_value("devs", group, Canonical::Text, Expr::of("t", "v")), Expr::text("hex")],
            )
        };
        let label = Expr::call("encode", [keyed::of_label("devs", "class:email", "permute"), Expr::text("hex")]);
        let mut values = From::first(Relation::Values(values), "t");
        values.columns.push("v".into());
        let select = Select {
            columns: vec![(Expr::of("t", "v"), None), (hash("class:email"), None), (label, None)],
            from: vec![values],
            ..Select::default()
        };
        let sql = Statement::Select(select);
        // Control characters come in by the test's own literal, which the guard rightly refuses.
        let sql = sql.print().unwrap_or_default();
        let setting = with_key(Some(key));
        let printed = database.sql(&format!("{setting}\nCOPY ({sql}) TO STDOUT;"));
        assert_eq!(printed.lines().count(), texts.len());
        for line in printed.lines() {
            let row: Row = line.split('\t').map(support::from_copy).collect();
            let text = row[0].clone().unwrap();
            assert_eq!(
                row[1].as_deref(),
                Some(reference(key, &format!("4:devs,11:class:email,5:value,{text}")).as_str()),
                "{text}"
            );
            assert_eq!(row[2].as_deref(), Some(reference(key, "4:devs,11:class:email,6:secret,7:permute,").as_str()));
        }
    }
}

#[test]
fn a_short_or_missing_key_gives_null_and_a_good_one_is_read_once() {
    let Some(server) = support::server(None) else { return };
    let database = Database::new(server, "key");
    database.sql("CREATE TABLE public.trial AS SELECT n AS k, n::text AS v FROM generate_series(1, 1000) n");
    let hash = keyed::of_value("devs", "class:email", Canonical::Text, Expr::of("t", "v"));
    let select = Select {
        columns: vec![(Expr::Aggregate("count".into(), vec![hash], vec![]), None)],
        from: vec![From::first(Relation::table(QName::new("public", "trial")), "t")],
        ..Select::default()
    };
    let sql = Statement::Select(select).print().unwrap();
    let (short, good) = ("k".repeat(31), "k".repeat(32));
    for (key, rows) in [(None, "0"), (Some(""), "0"), (Some(short.as_str()), "0"), (Some(&good), "1000")] {
        assert_eq!(database.sql(&format!("{} {sql}", with_key(key))).trim(), rows, "{key:?}");
    }
    let explain = format!("{} EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {sql}", with_key(Some(KEY)));
    let plan = database.sql(&explain);
    let scans: Vec<&str> = plan.lines().filter(|line| line.contains("Seq Scan on noren_pads")).collect();
    assert!(!scans.is_empty() && scans.iter().all(|line| line.contains("loops=1")), "{plan}");
    assert!(plan.contains("InitPlan"), "{plan}");
}

#[test]
fn permute_is_a_permutation_that_narrower_types_agree_with() {
    let Some(server) = support::server(None) else { return };
    let database = Database::new(server, "permute");
    let permute = mask::find("permute").unwrap();
    let of = |name: &'static str, sql| Sample {
        base: base("pg_catalog", name, &[], 0, Category::Scalar),
        sql,
        values: vec![String::new()],
    };
    let masked = |sample: &Sample| {
        let mut select = query(permute, sample, &Arguments::new());
        select.order_by.clear();
        Statement::Select(select).print().unwrap()
    };
    let key = with_key(Some(KEY));
    // All of smallint, into itself.
    database.sql("CREATE TABLE public.trial (k bigint, v smallint); INSERT INTO public.trial SELECT n, n FROM generate_series(-32768, 32767) n;");
    let small = masked(&of("int2", "smallint"));
    let found = database.sql(&format!("{key} SELECT count(DISTINCT masked), count(*) FILTER (WHERE raw = masked), min(masked::int), max(masked::int) FROM ({small}) m;"));
    let (rest, same) = (found.trim().replace('|', " "), found.split('|').nth(1).unwrap().parse::<u32>().unwrap());
    assert!(rest.starts_with("65536 ") && rest.ends_with("-32768 32767") && same < 100, "{rest}");
    // Narrower types agree with wider ones.
    database.sql("CREATE TABLE public.wide AS SELECT k, v::bigint AS v FROM public.trial;");
    let wide = masked(&of("int8", "bigint")).replace("public.trial", "public.wide");
    let differ = format!(
        "{key} SELECT count(*) FROM ({small}) a FULL JOIN ({wide}) b USING (raw) WHERE a.masked IS DISTINCT FROM b.masked;"
    );
    assert_eq!(database.sql(&differ).trim(), "0");
    // More than 100,000 keys of every size, extremes among them, stay different and in range.
    database.sql(
        "DROP TABLE public.trial; CREATE TABLE public.trial (k bigint, v bigint);
         INSERT INTO public.trial SELECT 0, n FROM generate_series(1, 60000) n;
         INSERT INTO public.trial SELECT 0, 2147483647 - n FROM generate_series(0, 30000) n;
         INSERT INTO public.trial SELECT 0, 2147483648 + n FROM generate_series(0, 30000) n;
         INSERT INTO public.trial SELECT 0, 9223372036854775807 - n FROM generate_series(0, 30000) n;
         INSERT INTO public.trial SELECT 0, -9223372036854775807 - 1 + n FROM generate_series(0, 30000) n;
         INSERT INTO public.trial SELECT 0, -n FROM generate_series(0, 60000) n;",
    );
    let wide = masked(&of("int8", "bigint"));
    let found = database.sql(&format!(
        "{key} SELECT count(*), count(DISTINCT masked), bool_and(sign(raw::numeric + 0.5) = sign(masked::numeric + 0.5)),
           bool_and((abs(raw::numeric + 0.5) < 32768) = (abs(masked::numeric + 0.5) < 32768)),
           bool_and((abs(raw::numeric + 0.5) < 2147483648) = (abs(masked::numeric + 0.5) < 2147483648)),
           count(*) FILTER (WHERE raw = masked) < 300
         FROM ({wide}) m;"
    ));
    assert_eq!(found.trim(), "240005|240005|t|t|t|t");
}

#[test]
fn every_mask_has_a_page_that_names_its_parameters() {
    for mask in mask::all() {
        assert!(mask.page().starts_with(&format!("# {}\n", mask.name())), "{}", mask.name());
        assert!(mask.page().contains(&format!("mask {}", mask.name())), "{}", mask.name());
        for parameter in mask.parameters() {
            assert!(!parameter.summary.is_empty());
        }
    }
    let names: Vec<_> = mask::all().map(Mask::name).collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn the_catalogue_is_what_the_masks_say() {
    let path = support::root().join("docs/masks/README.md");
    let page = mask::catalogue::markdown();
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert!(found == page, "docs/masks/README.md is stale: `noren masks --markdown > docs/masks/README.md`");
    let pages = std::fs::read_dir(path.parent().unwrap()).unwrap().map(|page| page.unwrap().file_name());
    for page in pages.map(|page| page.into_string().unwrap()).filter(|page| page != "README.md") {
        assert!(mask::find(page.trim_end_matches(".md")).is_some(), "{page} is of no mask");
    }
}

#[test]
fn a_masked_select_can_be_read() {
    let of = |name: &str| Sample {
        base: base("pg_catalog", name, &[], 0, Category::Scalar),
        sql: "",
        values: vec![String::new()],
    };
    let print = |mask: &str, name: &str| {
        let mut select = query(mask::find(mask).unwrap(), &of(name), &Arguments::new());
        select.columns.truncate(3);
        Statement::Select(select).print().unwrap()
    };
    insta::assert_snapshot!(print("email", "text"), @r##"
SELECT
  r.v::text AS raw,
  (
    CASE WHEN r.v IS NOT NULL THEN 'u' || encode(substr(r.h, 1, 8), 'hex') || '@example.invalid' END
  )::text AS plain,
  (
    CASE WHEN r.v IS NOT NULL THEN 'u' || encode(substr(r.h, 1, 8), 'hex') || '@example.invalid' END
  )::text::text AS masked
FROM (
  SELECT
    t.k AS k,
    t.v AS v,
    sha256(
      (SELECT outer_pad FROM pg_temp.noren_pads)
        || sha256(
          (
            SELECT inner_pad || convert_to('5:tests,14:column:trial.v,5:value,', 'UTF8')
            FROM pg_temp.noren_pads
          )
            || textsend(t.v::text)
        )
    ) AS h
  FROM public.trial AS t
  OFFSET 0
) AS r
ORDER BY r.k
"##);
}
