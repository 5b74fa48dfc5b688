//! Keys stay apart as their masks say: counted over a million of them.

use super::*;

/// Keys of one type, as many as one asks for, and what makes them of `n`.
pub(super) fn key_types() -> [(Sample, &'static str); 4] {
    let of = |name, key| {
        let base = base("pg_catalog", name, &[], 0, Category::Scalar);
        (Sample { base, sql: "", values: vec![String::new()] }, key)
    };
    [
        of("text", "'key ' || n"),
        of("int8", "n * 7919 - 3000000000"),
        of("int4", "(n * 13 - 6000000)::int"),
        of("uuid", "md5(n::text)::uuid"),
    ]
}

/// What a mask is tried with: nothing, and what gives so few outputs that collisions can be counted.
fn lists_to_count(mask: &dyn Mask, base: &BaseType) -> Vec<Arguments> {
    let few =
        [32, 35].map(|bits| Arguments::from([("min", Value::Integer(0)), ("max", Value::Integer((1 << bits) - 1))]));
    let named = Arguments::from([("name", Value::Text("ja".to_owned()))]);
    let takes = |list: &Arguments| {
        list.keys().all(|name| mask.parameters().iter().any(|parameter| parameter.name == *name))
            && mask.check_arguments(base, list).is_ok()
    };
    let lists = std::iter::once(Arguments::new()).chain(few).chain([named]);
    let lists = lists.filter(|list| takes(list) && mask.uniqueness(base, list) != Uniqueness::Lossy);
    let required = |list: &Arguments| {
        mask.parameters()
            .iter()
            .filter(|parameter| parameter.required)
            .all(|parameter| list.contains_key(parameter.name))
    };
    lists.filter(required).collect()
}

/// One scan of the keys for every mask of them: how many keys share their output with an earlier one, a mask.
pub(super) fn collisions(database: &Database, sample: &Sample, tried: &[(&dyn Mask, Arguments)]) -> Vec<f64> {
    let mut whole: Option<Select> = None;
    for (number, (mask, arguments)) in tried.iter().enumerate() {
        let mut select = query_as(*mask, sample, arguments, &format!("mask_{number}"));
        select.order_by.clear();
        select.columns.retain(|(_, name)| name.as_ref().is_some_and(|name| name.0 == "masked"));
        let (masked, _) = select.columns.pop().unwrap();
        let collated = sample.base.data_type.name.name == "text";
        let masked = if collated { Expr::Collate(Box::new(masked), QName::new("pg_catalog", "C")) } else { masked };
        let column = (masked, Some(Ident::new(format!("m{number}"))));
        match &mut whole {
            // The hash is the same for all that read one, and those that read none come last.
            Some(whole) => {
                whole.columns.push(column);
                whole.from.extend(select.from.into_iter().skip(1));
            }
            None => whole = Some(Select { columns: vec![column], ..select }),
        }
    }
    let sql = Statement::Select(whole.unwrap()).print().unwrap();
    let counts: Vec<String> = (0..tried.len()).map(|number| format!("count(*) - count(DISTINCT m{number})")).collect();
    let found = database.sql(&format!(
        "{SETTINGS} {} SET work_mem = '256MB'; SET jit = off; SELECT {} FROM ({sql}) m",
        with_key(Some(KEY)),
        counts.join(", ")
    ));
    found.lines().last().unwrap().split('|').map(|count| count.parse().unwrap()).collect()
}

/// What `Uniqueness::Hash` lets one expect of so many keys: pairs over outputs.
fn expected_collisions(uniqueness: Uniqueness, keys: u32) -> f64 {
    let pairs = f64::from(keys) * f64::from(keys) / 2.0;
    match uniqueness {
        Uniqueness::Hash { bits } => pairs / 2_f64.powi(i32::try_from(bits).unwrap()),
        _ => 0.0,
    }
}

/// Bits are whole and outputs may be up to twice as many. A Poisson number is beyond these bounds once in a million.
pub(super) fn as_expected(found: f64, expected: f64) -> bool {
    let most = if expected < 1e-6 { 0.0 } else { expected + 5.0 * expected.sqrt() + 3.0 };
    let half = expected / 2.0;
    (half - 5.0 * half.sqrt() - 3.0..=most).contains(&found)
}

#[test]
fn a_million_keys_stay_apart_as_said() {
    const KEYS: u32 = 1_000_000;
    let Some(server) = support::server(None) else { return };
    let database = Database::new(server, "keys");
    let (mut masks, mut counted) = (0, 0);
    for (sample, key) in key_types() {
        database.sql(&format!(
            "DROP VIEW IF EXISTS public.trial; CREATE VIEW public.trial AS SELECT n AS k, {key} AS v FROM generate_series(1::bigint, {KEYS}) n;"
        ));
        let lists =
            |mask: &'static dyn Mask| lists_to_count(mask, &sample.base).into_iter().map(move |list| (mask, list));
        let mut tried: Vec<(&dyn Mask, Arguments)> = mask::all()
            .filter(|mask| mask.accepts(&sample.base))
            .flat_map(lists)
            .map(|(mask, list)| (mask as &dyn Mask, list))
            .collect();
        tried.sort_by_key(|(mask, list)| mask.hashes(list) == Hashes::Nothing);
        for ((mask, list), found) in tried.iter().zip(collisions(&database, &sample, &tried)) {
            let expected = expected_collisions(mask.uniqueness(&sample.base, list), KEYS);
            let what = format!("{} {list:?} on {}", mask.name(), sample.base.data_type.name);
            assert!(as_expected(found, expected), "{what}: {found} collisions, expected {expected}");
            counted += usize::from(expected > 5.0);
        }
        masks += tried.len();
    }
    assert!(masks >= 12 && counted >= 3, "{masks} say that they keep keys apart, {counted} with collisions to count");
}

/// A mask that says 64 bits and has 32, or 28 and has 40, is found out by counting.
#[test]
fn bits_that_are_not_those_of_the_hash_are_found_out() {
    let Some(server) = support::server(None) else { return };
    let database = Database::new(server, "bits");
    let (sample, key) = key_types().into_iter().nth(1).unwrap();
    database.sql(&format!(
        "CREATE VIEW public.trial AS SELECT n AS k, {key} AS v FROM generate_series(1::bigint, 400000) n;"
    ));
    let integer = mask::find("integer").unwrap();
    let of = |max| Arguments::from([("min", Value::Integer(0)), ("max", Value::Integer(max))]);
    let found = collisions(&database, &sample, &[(integer, of((1 << 32) - 1)), (integer, of(999_999_999_999))]);
    let expected = |bits| expected_collisions(Uniqueness::Hash { bits }, 400_000);
    assert!(as_expected(found[0], expected(32)) && as_expected(found[1], expected(39)), "{found:?}");
    assert!(!as_expected(found[0], expected(64)), "says 64 bits and has 32");
    assert!(!as_expected(found[1], expected(28)), "says 28 bits and has 40");
    assert!(!as_expected(1.0, 0.0), "says that it keeps all apart and does not");
}
