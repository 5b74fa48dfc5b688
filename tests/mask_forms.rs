//! Masks that keep a form: their check digits against implementations written here from the standards' text, and those
//! against published numbers.

use crate::masks::{self, KEY, SETTINGS, Sample, sample};
use crate::support::{self, Database, from_copy};
use noren::mask::{self, Arguments, Value};
use noren::sql::Statement;

/// ISO/IEC 7812-1, annex B.
fn luhn(number: &str) -> bool {
    let doubled = |(at, digit): (usize, u32)| match (at % 2, digit * 2) {
        (0, _) => digit,
        (_, two) if two > 9 => two - 9,
        (_, two) => two,
    };
    let digits: Option<Vec<u32>> = number.chars().rev().map(|digit| digit.to_digit(10)).collect();
    digits.is_some_and(|digits| digits.into_iter().enumerate().map(doubled).sum::<u32>() % 10 == 0)
}

/// ISO 7064, MOD 97-10, as ISO 13616 applies it.
fn mod_97(number: &str) -> bool {
    let (start, account) = number.split_at(4);
    let digits = account.chars().chain(start.chars()).map(|letter| letter.to_digit(36).unwrap());
    digits.fold(0, |rest, digit| (rest * if digit > 9 { 100 } else { 10 } + digit) % 97) == 1
}

fn digits(number: &str) -> Vec<u32> {
    number.chars().map(|digit| digit.to_digit(10).unwrap()).collect()
}

/// Ordinance 85 of 2014, article 5: the weights stand beside the digits from the first one on.
fn my_number(number: &str) -> bool {
    let digits = digits(number);
    let weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    let rest = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11;
    digits.len() == 12 && digits[11] == if rest <= 1 { 0 } else { 11 - rest }
}

/// Ordinance 70 of 2014, article 2.
fn corporate_number(number: &str) -> bool {
    let digits = digits(number);
    let sum: u32 = digits[1..].iter().rev().zip([1, 2].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 13 && digits[0] == 9 - sum % 9
}

/// The number with another last digit.
fn mistyped(number: &str) -> String {
    let (start, last) = number.split_at(number.len() - 1);
    format!("{start}{}", if last == "7" { "8" } else { "7" })
}

#[test]
fn the_check_digits_here_are_those_of_published_numbers() {
    for number in ["79927398713", "4111111111111111", "378282246310005", "6011000990139424", "4000000000000002"] {
        assert!(luhn(number) && !luhn(&mistyped(number)), "{number}");
    }
    let accounts =
        ["GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606", "XX900000000000000000"];
    for number in accounts {
        assert!(mod_97(number) && !mod_97(&mistyped(number)), "{number}");
    }
    assert!(my_number("123456789018") && !my_number("123456789017") && !my_number("213456789018"));
    // The National Tax Agency's own.
    assert!(corporate_number("7000012050002") && !corporate_number("7000012050007"));
}

fn arguments(list: &[(&'static str, Value)]) -> Arguments {
    list.iter().cloned().collect()
}

/// Each value and what the mask makes of it.
fn masked(database: &Database, name: &str, list: &[(&'static str, Value)], values: &[String]) -> Vec<(String, String)> {
    masked_as(database, name, list, "text", values)
}

fn masked_as(
    database: &Database,
    name: &str,
    list: &[(&'static str, Value)],
    of: &'static str,
    values: &[String],
) -> Vec<(String, String)> {
    masked_sample(database, name, list, &Sample { values: values.to_vec(), ..sample(of, &[], of, &[]) })
}

fn masked_sample(
    database: &Database,
    name: &str,
    list: &[(&'static str, Value)],
    sample: &Sample,
) -> Vec<(String, String)> {
    masks::fill(database, sample);
    let select = masks::query(mask::find(name).unwrap(), sample, &arguments(list));
    let sql = Statement::Select(select).print().unwrap();
    let printed = database.sql(&format!("{SETTINGS} {}\nCOPY (\n{sql}\n) TO STDOUT;", masks::with_key(Some(KEY))));
    let rows = printed.lines().map(|line| {
        let row: Vec<_> = line.split('\t').map(from_copy).collect();
        Some((row[0].clone()?, row[1].clone().unwrap()))
    });
    rows.flatten().collect()
}

/// Numbers that a person could have, from a generator whose outcome is always the same.
fn numbers(digits: impl Iterator<Item = usize>) -> Vec<String> {
    let mut state: u64 = 7;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + u8::try_from((state >> 33) % 10).unwrap())
    };
    digits.map(|count| (0..count).map(|_| next()).collect()).collect()
}

fn form(text: &str) -> String {
    text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect()
}

fn only_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[test]
fn check_digits_are_right() {
    let Some(server) = support::server(None) else { return };
    let database = masks::database(server);
    let grouped = |number: &String| {
        number.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).unwrap()).collect::<Vec<_>>().join(" ")
    };
    let mut cards = numbers((0..400).map(|n| 12 + n % 8));
    cards.extend(cards.clone().iter().map(grouped));
    cards.extend(["0000000000000".into(), "9999999999999999999".into(), "4111-1111-1111-1111".into()]);
    for (raw, out) in masked(&database, "card", &[], &cards) {
        assert!(luhn(&only_digits(&out)) && out.replace([' ', '-'], "").starts_with("400000"), "{raw} {out}");
        assert_eq!(form(&raw), form(&out));
    }
    for (raw, out) in masked(&database, "card", &[("bin", Value::Text("keep".into()))], &cards) {
        assert!(luhn(&only_digits(&out)) && only_digits(&out)[..6] == only_digits(&raw)[..6], "{raw} {out}");
        assert_eq!(form(&raw), form(&out));
    }
    let accounts: Vec<String> = numbers((0..400).map(|n| 11 + n % 19)).iter().map(|n| format!("DE00{n}")).collect();
    let british: Vec<String> = numbers((0..50).map(|_| 14)).iter().map(|n| format!("gb82 west {n}")).collect();
    for (raw, out) in masked(&database, "iban", &[], &[accounts, british].concat()) {
        let compact = raw.replace(' ', "").to_uppercase();
        assert!(mod_97(&out) && out[..2] == compact[..2] && out[4..] != compact[4..], "{raw} {out}");
        let kinds = |text: &str| text.chars().map(|letter| letter.is_ascii_digit()).collect::<Vec<_>>();
        assert_eq!(kinds(&compact), kinds(&out), "{raw} {out}");
    }
    let any = numbers((0..600).map(|n| n % 15 + 3));
    for (raw, out) in masked(&database, "my_number", &[], &any) {
        assert!(my_number(&out), "{raw} {out}");
    }
    for (raw, out) in masked(&database, "corporate_number", &[], &any) {
        assert!(corporate_number(&out), "{raw} {out}");
    }
}

#[test]
fn forms_and_prefixes_stay_and_what_has_none_does_not_pass() {
    let Some(server) = support::server(None) else { return };
    let database = masks::database(server);
    let formed =
        ["090-1234-5678", "+81 (90) 1234-5678", "(03)12345678", "0", "110", "00000000000", "1-2-3-4-5-6", "((123"];
    let formed = formed.map(str::to_owned);
    let last = |count| [("last", Value::Integer(count))];
    for (raw, out) in masked(&database, "phone", &last(8), &formed) {
        if only_digits(&raw).len() < 3 {
            assert_eq!(out, "000-0000-0000");
            continue;
        }
        assert_eq!(form(&raw), form(&out));
        let kept = only_digits(&raw).len().saturating_sub(8);
        assert_eq!(only_digits(&raw)[..kept], only_digits(&out)[..kept], "{raw} {out}");
    }
    let wide = masked(&database, "phone", &last(4), &["０９０－１２３４－５６７８".into()]);
    assert!(wide[0].1.starts_with("090-1234-") && !wide[0].1.ends_with("5678"), "{wide:?}");
    let strange = ["call 090-1234-5678", "090-1234-5678 x12", "0901234567890123", "-", "", "٠٩٠-١٢٣٤", "090.1234.5678"];
    for (raw, out) in masked(&database, "phone", &[], &strange.map(str::to_owned)) {
        assert_eq!(out, "000-0000-0000", "{raw}");
    }
    let codes =
        [("150-0043", "150-0000"), ("1500043", "1500000"), ("12345-6789", "12300-0000"), ("SW1A 1AA", "000-0000")];
    let found = masked(&database, "postal_code", &[], &codes.map(|(raw, _)| raw.to_owned()));
    assert_eq!(found, codes.map(|(raw, out)| (raw.to_owned(), out.to_owned())));
    let addresses = [
        ("taro@corp.co.jp", "t***@corp.co.jp"),
        ("a@corp.co.jp", "***"),
        ("mail taro@corp.co.jp, phone 090", "***"),
        ("taro@corp.co.jp@x.test", "***"),
        ("taro@", "***"),
        ("@corp.test", "***"),
    ];
    let found = masked(&database, "email_partial", &[], &addresses.map(|(raw, _)| raw.to_owned()));
    assert_eq!(found, addresses.map(|(raw, out)| (raw.to_owned(), out.to_owned())));
}

#[test]
fn dates_of_an_entity_keep_their_intervals_and_ages_their_bands() {
    let Some(server) = support::server(None) else { return };
    let database = masks::database(server);
    let at = |text: &str| vec![("at", Value::Text(text.to_owned()))];
    let ages = [
        ("1985-06-15", "1986-01-01"),
        ("1986-01-01", "1986-01-01"),
        ("1986-01-02", "1996-01-01"),
        ("2025-12-31", "2026-01-01"),
        ("2030-01-01", "2026-01-01"),
        ("infinity", "2026-01-01"),
        ("1936-01-01", "1936-01-01"),
        ("1900-01-01", "1936-01-01"),
        ("4714-11-24 BC", "1936-01-01"),
    ];
    let values = ages.map(|(raw, _)| raw.to_owned());
    let found = masked_as(&database, "age_band", &at("2026-01-01"), "date", &values);
    assert_eq!(found.iter().map(|(_, out)| out.as_str()).collect::<Vec<_>>(), ages.map(|(_, out)| out));
    // One entity for all rows, and then one for each.
    let values = ["2024-01-01", "2024-02-29", "2024-03-01", "infinity"].map(str::to_owned);
    let sample = Sample { values: values.to_vec(), ..sample("date", &[], "date", &[]) };
    masks::fill(&database, &sample);
    let select = masks::query(
        mask::find("date_shift").unwrap(),
        &sample,
        &arguments(&[("by", Value::Column("k".into())), ("days", Value::Integer(5))]),
    );
    let sql = Statement::Select(select).print().unwrap();
    database.sql("ALTER TABLE public.trial DROP CONSTRAINT trial_pkey;");
    let moved = |key: i64| {
        let found = database.sql(&format!(
            "{SETTINGS} UPDATE public.trial SET k = {key}; {}
             SELECT string_agg(DISTINCT coalesce((masked::date - raw::date)::text, 'none'), ',') FROM ({sql}) AS m WHERE raw <> 'infinity';",
            masks::with_key(Some(KEY))
        ));
        found.lines().last().unwrap_or_default().trim().parse::<i64>().unwrap()
    };
    let found: std::collections::BTreeSet<i64> = (1..=120).map(moved).collect();
    assert_eq!(found, (-5..=5).filter(|days| *days != 0).collect());
}

fn words(text: &str) -> (String, String) {
    let (first, second) = text.split_once(' ').unwrap();
    (first.to_owned(), second.to_owned())
}

fn choice(name: &'static str, word: &str) -> (&'static str, Value) {
    (name, Value::Text(word.to_owned()))
}

#[test]
fn made_up_names_and_readings_towns_and_addresses_agree() {
    let Some(server) = support::server(None) else { return };
    let database = masks::database(server);
    let values = numbers((0..3000).map(|_| 8));
    let of = |name: &str, list: &[(&'static str, Value)]| masked(&database, name, list, &values);
    let names = of("fake_name", &[choice("locale", "ja")]);
    let mut read = std::collections::BTreeMap::new();
    for ((_, name), (_, reading)) in names.iter().zip(of("fake_kana", &[])) {
        let ((family, given), (family_read, given_read)) = (words(name), words(&reading));
        for (word, reading) in [(family, family_read), (format!("-{given}"), given_read)] {
            assert_eq!(read.entry(word.clone()).or_insert(reading.clone()), &reading, "{word}");
        }
    }
    assert_eq!(read.len(), 256);
    for (name, reading) in
        [("佐藤", "サトウ"), ("服部", "ハットリ"), ("小川", "オガワ"), ("-千尋", "チヒロ"), ("-隼人", "ハヤト")]
    {
        assert_eq!(read.get(name).map(String::as_str), Some(reading));
    }
    let hiragana = of("fake_kana", &[choice("script", "hiragana"), choice("part", "given")]);
    assert!(hiragana.iter().any(|(_, reading)| reading == "ちひろ"), "{:?}", &hiragana[..5]);
    for locale in ["en", "ja"] {
        let cities = of("fake_city", &[choice("locale", locale)]);
        for ((_, city), (_, address)) in cities.iter().zip(of("fake_address", &[choice("locale", locale)])) {
            assert!(
                if locale == "en" { address.ends_with(city) } else { address.starts_with(city) },
                "{city} {address}"
            );
        }
    }
    let longest = [
        ("fake_city", "en", 12),
        ("fake_city", "ja", 3),
        ("fake_address", "en", 33),
        ("fake_address", "ja", 13),
        ("fake_company", "en", 28),
        ("fake_company", "ja", 10),
    ];
    let text = sample("text", &[], "text", &[]).base;
    for (name, locale, most) in longest {
        let length = mask::find(name).unwrap().length(&text, &arguments(&[choice("locale", locale)]));
        assert_eq!(length, mask::Length::AtMost(most), "{name} {locale}");
    }
    assert_eq!(mask::find("fake_kana").unwrap().length(&text, &Arguments::new()), mask::Length::AtMost(10));
}

#[test]
fn truth_values_and_labels_tell_nothing_of_the_value() {
    let Some(server) = support::server(None) else { return };
    let database = masks::database(server);
    let values = [vec!["true".to_owned(); 1000], vec!["false".to_owned(); 1000]].concat();
    let by = ("by", Value::Column("k".into()));
    let found =
        masked_as(&database, "boolean", &[by.clone(), ("share", Value::Decimal("0.25".into()))], "bool", &values);
    for raw in ["true", "false"] {
        let share = found.iter().filter(|(of, out)| of == raw && out == "true").count();
        assert!((200..300).contains(&share), "{share} of 1000 {raw}");
    }
    let values = [vec!["sad".to_owned(); 500], vec!["very happy".to_owned(); 500]].concat();
    let mut mood = sample("mood", &[], "public.mood", &[]);
    mood.base.data_type.name.schema = "public".into();
    mood.base.category = noren::catalog::Category::Enum;
    let found = masked_sample(&database, "enum_pick", &[by], &Sample { values, ..mood });
    for raw in ["sad", "very happy"] {
        let share = found.iter().filter(|(of, out)| of == raw && out == "sad").count();
        assert!((200..300).contains(&share), "{share} of 500 {raw}");
    }
}

#[test]
fn free_text_is_scrubbed_and_patterns_replace() {
    let Some(server) = support::server(None) else { return };
    let database = masks::database(server);
    let cases = [
        ("call 090-1234-5678 or +81 (90) 1234 5678.", "call *** or ***."),
        ("ﾃﾞﾝﾜは０９０－１２３４－５６７８です", "ﾃﾞﾝﾜは***です"),
        ("card 4111 1111 1111 1111, 3 times", "card ***, 3 times"),
        ("Mail Taro.O'Neil+x@mail.corp.co.jp! or 太郎＠", "Mail ***! or 太郎＠"),
        ("https://corp.test/u/taro?x=1 and ftp://a@b", "*** and ***"),
        ("連絡はtaro@corp.co.jpまで", "連絡は***まで"),
        ("room 123456, floor 3", "room 123456, floor 3"),
        ("", ""),
    ];
    let found = masked(&database, "scrub", &[], &cases.map(|(raw, _)| raw.to_owned()));
    assert_eq!(found, cases.map(|(raw, out)| (raw.to_owned(), out.to_owned())));
    let cases = [("A-2031-8846", "A-2031-0000"), ("8846-x", "***"), ("12345", "10000"), ("", "***")];
    let list = [choice("pattern", "[0-9]{4}$"), choice("replacement", "0000")];
    let found = masked(&database, "regex_replace", &list, &cases.map(|(raw, _)| raw.to_owned()));
    assert_eq!(found, cases.map(|(raw, out)| (raw.to_owned(), out.to_owned())));
    // Long texts that nearly match, everywhere: in time that grows with their length.
    let long = [
        "a".repeat(200_000),
        "a@".repeat(100_000),
        "1 ".repeat(100_000),
        "12345 x ".repeat(25_000),
        "ab://".repeat(40_000),
    ];
    let start = std::time::Instant::now();
    masked(&database, "scrub", &[], &long);
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}

/// A collation under which different texts are equal, and which many functions refuse before PostgreSQL 18.
#[test]
fn no_mask_of_text_raises_under_a_nondeterministic_collation() {
    let Some(server) = support::server(None) else { return };
    let database = masks::database(server);
    if let Err(why) = database
        .try_sql("CREATE COLLATION public.loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);")
    {
        support::skipped(&why);
        return;
    }
    let text = sample("text", &[], "text COLLATE public.loose", masks::TEXT);
    masks::fill(&database, &text);
    for (mask, list) in masks::trials(&text) {
        let sql = Statement::Select(masks::query(mask, &text, &list)).print().unwrap();
        let printed =
            database.try_sql(&format!("{SETTINGS} {}\nCOPY (\n{sql}\n) TO STDOUT;", masks::with_key(Some(KEY))));
        assert!(printed.is_ok(), "{} {list:?}: {}", mask.name(), printed.unwrap_err());
    }
}

/// The linkage group of each column's mask.
fn groups(policy: &str) -> std::collections::BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let schema = "
        CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL, kana text, born date, died timestamp);
        CREATE TABLE visits (id bigint PRIMARY KEY, person bigint NOT NULL REFERENCES people (id), at date, until date);";
    std::fs::write(folder.path().join("schema.sql"), schema).unwrap();
    std::fs::copy(support::root().join("tests/cases/default/noren.toml"), folder.path().join("noren.toml")).unwrap();
    std::fs::write(folder.path().join("policy.noren"), policy).unwrap();
    let loaded = noren::project::load(folder.path());
    let compiled = noren::compiler::compile(&loaded.sources, &loaded.project.unwrap());
    let model = compiled.model.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let tables = model.exports.values().flat_map(|export| &export.tables);
    let columns = tables.flat_map(|(table, own)| {
        own.columns.iter().filter_map(move |(column, own)| match &own.treatment {
            noren::model::Treatment::Mask(noren::model::MaskUse::Call(call)) => {
                Some((format!("{}.{column}", table.name), call.group.0.clone()))
            }
            _ => None,
        })
    });
    columns.collect()
}

#[test]
fn masks_by_a_column_agree_with_it_and_with_each_other_but_share_nothing_with_its_pseudonyms() {
    let policy = |id: &str, died: &str| {
        format!(
            "setting noren.mask_key text secret;
             class person_name mask fake_name('ja');
             class life mask date_shift(by => id);
             table people {{ id {id}; name person_name; kana mask fake_kana(by => name); born mask date_shift(by => id); died {died}; }}
             table visits {{ id keep; person {id}; at, until mask date_shift(by => person); }}
             export developers {{ tables people, visits; }}"
        )
    };
    let found = groups(&policy("mask permute", "mask date_shift(by => id)"));
    assert_eq!(found["people.kana"], "class:person_name");
    assert_eq!(found["people.kana"], found["people.name"]);
    for column in ["people.born", "people.died", "visits.at", "visits.until"] {
        assert_eq!(found[column], "entity:public.people.id", "{column}");
    }
    assert_eq!(found["people.id"], found["visits.person"]);
    assert!(found["people.id"].starts_with("column:"));
    assert_eq!(groups(&policy("keep", "life"))["people.died"], "class:life");
}
