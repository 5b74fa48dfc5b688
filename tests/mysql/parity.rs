//! One policy for both engines, the same rows and the same key: the copies hold the same text.

use super::{KEY, Project, server};
use crate::end_to_end::harness::Project as OfPostgres;
use crate::support::{self, Database};
use std::fmt::Write as _;

/// A column a mask; the first type is PostgreSQL's, the second MySQL's.
const COLUMNS: &[(&str, &str, &str, &str)] = &[
    ("a_hash", "varchar(200)", "varchar(200)", "mask hash"),
    ("a_hash_20", "varchar(200)", "varchar(200)", "mask hash(length => 20)"),
    ("an_email", "varchar(200)", "varchar(200)", "mask email(domain => 'x.example')"),
    ("an_email_en", "varchar(200)", "varchar(200)", "mask email(name => 'en')"),
    ("an_email_ja", "varchar(200)", "varchar(200)", "mask email(name => 'ja')"),
    ("of_a_class", "varchar(200)", "varchar(200)", "address"),
    ("of_the_class", "text", "mediumtext", "address"),
    ("a_uuid", "varchar(200)", "varchar(200)", "mask uuid"),
    ("a_name", "varchar(200)", "varchar(200)", "mask fake_name('en')"),
    ("a_name_ja", "varchar(200)", "varchar(200)", "mask fake_name('ja')"),
    ("a_family", "varchar(200)", "varchar(200)", "mask fake_name('ja', part => 'family')"),
    ("a_kana", "varchar(200)", "varchar(200)", "mask fake_kana"),
    ("a_city", "varchar(200)", "varchar(200)", "mask fake_city('ja')"),
    ("a_company", "varchar(200)", "varchar(200)", "mask fake_company('en')"),
    ("an_address", "varchar(200)", "varchar(200)", "mask fake_address('ja')"),
    ("an_address_en", "varchar(200)", "varchar(200)", "mask fake_address('en')"),
    ("a_phone", "varchar(200)", "varchar(200)", "mask fake_phone('us')"),
    ("a_phone_gb", "varchar(200)", "varchar(200)", "mask fake_phone('gb')"),
    ("a_part", "varchar(200)", "varchar(200)", "mask partial(first => 1, last => 2)"),
    ("an_end", "varchar(200)", "varchar(200)", "mask partial(last => 3, fill => '\\')"),
    ("a_length", "varchar(200)", "varchar(200)", "mask partial_length(first => 1)"),
    ("digits", "varchar(200)", "varchar(200)", "mask digits"),
    ("an_address_part", "varchar(200)", "varchar(200)", "mask email_partial(first => 2)"),
    ("a_constant", "varchar(200)", "varchar(200)", "mask constant('it''s \\ ''')"),
    ("a_zero", "varchar(200)", "varchar(200)", "mask zero"),
    ("latin", "varchar(200)", "varchar(200) CHARACTER SET utf16", "mask hash"),
    ("binary_text", "varchar(200)", "varchar(200) COLLATE utf8mb4_bin", "mask hash"),
    ("in_a_case", "varchar(200)", "varchar(200)", "mask hash when (number > 3) else mask null"),
    ("number", "bigint", "bigint", "keep"),
    ("a_number", "bigint", "bigint", "mask integer(1, 1000000000)"),
    ("a_bucket", "bigint", "bigint", "mask bucket(7)"),
    ("a_clamp", "bigint", "bigint", "mask clamp(-10, 10)"),
    ("a_noise", "bigint", "bigint", "mask noise(ratio => 0.25, by => id)"),
    ("a_decimal", "numeric(12,2)", "decimal(12,2)", "mask noise(ratio => 0.1, by => id)"),
    ("a_decimal_bucket", "numeric(12,2)", "decimal(12,2)", "mask bucket(10)"),
    ("a_year", "date", "date", "mask truncate('year')"),
    ("a_quarter", "date", "date", "mask truncate('quarter')"),
    ("a_month", "timestamp", "datetime", "mask truncate('month')"),
    ("an_hour", "timestamp", "datetime", "mask truncate('hour')"),
    ("a_week", "date", "date", "mask truncate('week')"),
    ("a_week_time", "timestamp", "datetime", "mask truncate('week')"),
    ("a_base64", "varchar(200)", "varchar(200)", "mask base64"),
    ("a_base64_11", "varchar(200)", "varchar(200)", "mask base64(length => 11)"),
    ("a_salted", "varchar(200)", "varchar(200)", "mask salted_sha256"),
    ("a_company_number", "varchar(200)", "varchar(200)", "mask corporate_number"),
    ("a_my_number", "varchar(200)", "varchar(200)", "mask my_number"),
    ("a_real_phone", "varchar(200)", "varchar(200)", "mask phone"),
    ("a_real_phone_4", "varchar(40)", "varchar(40)", "mask phone(last => 4)"),
    ("a_card", "varchar(200)", "varchar(200)", "mask card"),
    ("a_card_keep", "varchar(200)", "varchar(200)", "mask card(bin => 'keep')"),
    ("a_postal_code", "varchar(200)", "varchar(200)", "mask postal_code"),
    ("a_postal_code_0", "varchar(200)", "varchar(200)", "mask postal_code(keep => 0)"),
    ("an_iban", "varchar(200)", "varchar(200)", "mask iban"),
    ("a_big_key", "bigint", "bigint", "mask permute"),
    ("a_key", "integer", "int", "mask permute"),
    ("a_small_key", "smallint", "smallint", "mask permute"),
    ("a_class_key", "integer", "int", "key"),
    ("an_unsigned_key", "integer", "int unsigned", "key"),
    ("a_shift", "date", "date", "mask date_shift(by => id)"),
    ("a_shift_time", "timestamp", "datetime", "mask date_shift(by => id, days => 365)"),
    ("a_band", "date", "date", "mask age_band(at => '2026-02-28')"),
    ("a_band_5", "date", "date", "mask age_band(at => '2025-06-28', step => 5, top => 80)"),
    ("a_latitude", "numeric(9,6)", "decimal(9,6)", "mask geo_round(decimals => 1)"),
];

pub const TEXTS: &[&str] = &[
    "taro@corp.example.jp",
    "",
    " ",
    "a",
    "Jane \"J\" O'Brien\\",
    "山田 太郎",
    "😀 emoji",
    "line\nend\r\n\t",
    "\\N",
    "0123456789",
    "ＡＢＣ０１２@ｘ",
    "two@at@signs.example",
    "trailing  ",
    "Ünïcode@Example.COM\n",
    "03-1234-5678",
    "+81 (90) 1234 5678",
    "０３−１２３４−５６７８",
    "123",
    "0090-1234-5678-000",
    "4111 1111 1111 1111",
    "5500-0000-0000-0004",
    "0000000000000",
    "3782822463100051234",
    "150-0001",
    "９９９－９９９９",
    "94103 1234",
    "DE89 3704 0044 0532 0130 00",
    "gb29-NWBK-6016-1331-9268-19",
    "MT84MALT011000012345MTLCAST001S",
    "NO9386011117947",
    "ıE89370400440532013000",
    "DE89370400440532013000\n",
    "1234567\n",
    "XX000123456789ABCDEFGHIJKLMNOPQRST",
];
const NUMBERS: &[i64] = &[
    32_767,
    32_768,
    2_147_483_647,
    2_147_483_648,
    65_536,
    0,
    1,
    -1,
    6,
    7,
    8,
    -7,
    -8,
    11,
    -11,
    i64::MAX,
    i64::MIN,
    123_456_789_012,
    -42,
];
const DATES: &[&str] = &[
    "2024-02-29",
    "1970-01-01",
    "1000-01-01",
    "9999-12-31",
    "2025-03-31",
    "2025-04-01",
    "2025-06-30",
    "2025-07-01",
    "2025-09-30",
    "2025-10-01",
    "2025-12-31",
    "2026-01-01",
    "1999-11-30",
    "2000-02-01",
];

/// A literal by its bytes, which both engines read alike.
pub fn literal(text: &str, mysql: bool) -> String {
    let hex = super::server::hex(text);
    if mysql { format!("CONVERT(X'{hex}' USING utf8mb4)") } else { format!("convert_from('\\x{hex}', 'UTF8')") }
}

fn rows(mysql: bool) -> String {
    let mut sql = String::new();
    for at in 0..TEXTS.len() {
        let number = NUMBERS[at % NUMBERS.len()];
        let value = |(name, of, of_mysql, _): &(&str, &str, &str, &str)| match *of {
            "bigint" => number.to_string(),
            "integer" if of_mysql.ends_with("unsigned") => (number % 2_147_483_648).abs().to_string(),
            "integer" => (number % 2_147_483_648).to_string(),
            "smallint" => (number % 32_768).to_string(),
            "numeric(12,2)" => format!("{}.{:02}", number % 1_000_000_000, at * 7 % 100),
            "numeric(9,6)" => format!("{}.{:06}", number % 1000, at * 54_321 % 1_000_000),
            // The ends of what dates there are lie elsewhere.
            "date" | "timestamp" if name.starts_with("a_shift") && at % DATES.len() < 4 => "'1976-05-04'".to_owned(),
            "date" => format!("'{}'", DATES[at % DATES.len()]),
            "timestamp" => format!("'{} 13:14:15'", DATES[at % DATES.len()]),
            _ => literal(&TEXTS[at].chars().take(40).collect::<String>(), mysql),
        };
        let values: Vec<String> = COLUMNS.iter().map(value).collect();
        writeln!(sql, "INSERT INTO things VALUES ({}, {});", at + 1, values.join(", ")).unwrap();
    }
    let nulls = vec!["NULL"; COLUMNS.len()].join(", ");
    sql + &format!("INSERT INTO things VALUES (99, {nulls});\n")
}

fn schema(mysql: bool) -> String {
    let column =
        |(name, of, of_mysql, _): &(&str, &str, &str, &str)| format!("{name} {}", if mysql { of_mysql } else { of });
    let columns: Vec<String> = COLUMNS.iter().map(column).collect();
    let (table, id, end) = if mysql {
        ("things", "int NOT NULL PRIMARY KEY", " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci")
    } else {
        ("public.things", "integer NOT NULL PRIMARY KEY", "")
    };
    format!("CREATE TABLE {table} (id {id}, {}){end};\n", columns.join(", "))
}

fn policy() -> String {
    let rules: Vec<_> = COLUMNS.iter().map(|(name, _, _, treatment)| format!("  {name} {treatment};\n")).collect();
    let rules = rules.concat();
    format!(
        "setting noren.mask_key text secret;\nclass address mask hash(length => 30);\nclass key mask permute;\ntable things {{\n  id keep;\n{rules}}}\n\
         export developers {{ tables things; }}\n"
    )
}

/// Text of every value, in hexadecimal, so that no client changes it.
fn queries() -> (String, String) {
    let mysql =
        COLUMNS.iter().map(|(name, ..)| format!("COALESCE(HEX(CONVERT(CAST({name} AS CHAR) USING utf8mb4)), '-')"));
    let postgres = COLUMNS
        .iter()
        .map(|(name, ..)| format!("coalesce(upper(encode(convert_to({name}::text, 'UTF8'), 'hex')), '-')"));
    let mysql = format!("SELECT CONCAT_WS(' ', {}) FROM things ORDER BY id", mysql.collect::<Vec<_>>().join(", "));
    let postgres =
        format!("SELECT concat_ws(' ', {}) FROM things ORDER BY id", postgres.collect::<Vec<_>>().join(", "));
    (mysql, postgres)
}

/// One policy over a schema and rows that each engine has in its own words: both copies. `None` where a server is missing.
pub fn both(
    schema: &dyn Fn(bool) -> String,
    rows: &dyn Fn(bool) -> String,
    policy: &str,
) -> Option<(Project, Database)> {
    let (Some(mysql), Some(postgres)) = (server::server(), support::server(None)) else {
        support::skipped("no MariaDB or no PostgreSQL");
        return None;
    };
    let project = Project::of(mysql, &schema(true), policy);
    mysql.run(&project.source, &rows(true));
    project.export();
    project.import();

    let toml = "[project]\nname = \"case\"\nengine = \"postgresql\"\nversion = 15\nschema = [\"schema.sql\"]\npolicies = \
                [\"*.noren\"]\n\n[export.developers]\ntarget = \"psql\"\n";
    let other = OfPostgres::of(&schema(false), policy, toml);
    other.build();
    let source = Database::new(postgres, "parity");
    source.sql(&schema(false));
    source.sql(&rows(false));
    let run = other.folder.path().join("run");
    support::succeeded(&other.export_with(&source, "developers", &run, &[("NOREN_MASK_KEY", KEY)]), "run.sql");
    let target = other.target(postgres, "developers", 1);
    support::succeeded(&other.import(&target, "developers", &run), "import.sql");
    Some((project, target))
}

#[test]
fn both_engines_give_the_same_bytes() {
    let Some((project, target)) = both(&schema, &rows, &policy()) else { return };
    let (of_mysql, of_postgres) = queries();
    let found = project.server.run(&project.copy, &of_mysql);
    let expected = target.column(&of_postgres);
    assert_eq!(found.lines().count(), TEXTS.len() + 1);
    let mut wrong = Vec::new();
    for (row, (found, expected)) in found.lines().zip(&expected).enumerate() {
        for ((found, expected), (name, ..)) in found.split(' ').zip(expected.split(' ')).zip(COLUMNS) {
            if found != expected {
                let text = |hex: &str| {
                    let bytes =
                        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap_or(b'?'));
                    String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
                };
                wrong.push(format!("row {row}, {name}: MySQL `{}`, PostgreSQL `{}`", text(found), text(expected)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
