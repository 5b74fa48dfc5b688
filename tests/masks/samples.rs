//! Extremes of every type that a mask takes.

use noren::catalog::{BaseType, Category, DataType, QName};

/// A type with the values that break things.
pub(crate) struct Sample {
    pub(crate) base: BaseType,
    /// As the schema would declare it.
    pub(crate) sql: &'static str,
    /// Literals, all different under the type's own equality.
    pub(crate) values: Vec<String>,
}

pub(crate) fn data_type(schema: &str, name: &str, modifiers: &[i32], dimensions: u8) -> DataType {
    DataType { name: QName::new(schema, name), modifiers: modifiers.to_vec(), dimensions }
}

pub(crate) fn base(schema: &str, name: &str, modifiers: &[i32], dimensions: u8, category: Category) -> BaseType {
    BaseType { data_type: data_type(schema, name, modifiers, dimensions), domains: vec![], category }
}

pub(crate) fn sample(name: &str, modifiers: &[i32], sql: &'static str, values: &[&str]) -> Sample {
    let base = base("pg_catalog", name, modifiers, 0, Category::Scalar);
    Sample { base, sql, values: values.iter().map(|value| (*value).to_owned()).collect() }
}

const INT2: &[&str] = &["-32768", "-32767", "-1", "0", "1", "2", "255", "256", "32766", "32767"];
const INT4: &[&str] =
    &["-2147483648", "-32769", "32768", "32769", "65535", "65536", "2147483646", "2147483647", "100000"];
const INT8: &[&str] = &[
    "-9223372036854775808",
    "-2147483649",
    "2147483648",
    "2147483649",
    "4294967296",
    "9223372036854775806",
    "9223372036854775807",
];
pub(crate) const TEXT: &[&str] = &[
    "",
    " ",
    "a",
    "ab",
    "abcdefg",
    "abcdefgh",
    "taro@corp.co.jp",
    "Taro@corp.co.jp",
    "090-1234-5678",
    "０９０",
    "😀",
    "😀😀😀😀😀😀😀😀",
    "e\u{301}e\u{301}",
    "it's \"quoted\" \\ $$ -- /* :x",
    "line\nline\ttab",
    "\u{1}",
    "NULL",
    "\\N",
    "1e400",
    "名前 太郎",
    "０９０－１２３４－５６７８",
    "+81 (90) 1234-5678",
    "4111 1111 1111 1111",
    "DE89370400440532013000",
    "gb82 west 1234 5698 7654 32",
    "150-0043",
    "@",
    "a@b@c.test",
    "taro@名前.test",
];

#[expect(clippy::too_many_lines, reason = "a table")]
pub(crate) fn samples() -> Vec<Sample> {
    let (huge, digits) = ("9".repeat(131_072), "123456789".repeat(11_000));
    let tiny = format!("0.{}1", "0".repeat(16_000));
    let mut samples = vec![
        sample("int2", &[], "smallint", INT2),
        sample("int4", &[], "integer", &[INT2, INT4].concat()),
        sample("int8", &[], "bigint", &[INT2, INT4, INT8].concat()),
        sample(
            "numeric",
            &[],
            "numeric",
            &[
                "0",
                "0.01",
                "-1.5",
                "1e1000",
                "-1e1000",
                "1e999",
                &huge,
                &format!("-{huge}"),
                &tiny,
                "NaN",
                "Infinity",
                "-Infinity",
                "123456.7890",
            ],
        ),
        sample(
            "numeric",
            &[5, 2],
            "numeric(5,2)",
            &["0", "999.99", "-999.99", "0.01", "-0.01", "NaN", "500", "123.45"],
        ),
        sample("numeric", &[38], "numeric(38)", &[&"9".repeat(38), &format!("-{}", "9".repeat(38)), "0", "1"]),
        sample(
            "float4",
            &[],
            "real",
            &[
                "0",
                "1.5",
                "-1.5",
                "3.4028235e38",
                "-3.4028235e38",
                "1e-45",
                "-1e-45",
                "NaN",
                "Infinity",
                "-Infinity",
                "1e30",
                "1e-30",
            ],
        ),
        sample(
            "float8",
            &[],
            "double precision",
            &[
                "0",
                "1.5",
                "1.7976931348623157e308",
                "-1.7976931348623157e308",
                "5e-324",
                "-5e-324",
                "NaN",
                "Infinity",
                "-Infinity",
                "1e300",
                "1e-300",
            ],
        ),
        sample("text", &[], "text", &[TEXT, &[&digits]].concat()),
        sample("varchar", &[64], "varchar(64)", &[TEXT, &[&"😀".repeat(64)]].concat()),
        sample("bpchar", &[40], "char(40)", &["", "a", "ab", "abcdefgh", "😀", &"😀".repeat(40), "taro@corp.co.jp"]),
        sample(
            "tsvector",
            &[],
            "tsvector",
            &["", "a fat cat", "'it''s':1A 'x\\y':2", "名前:1,2,16383", "😀", &"w".repeat(2000), "a:1 b:2"],
        ),
        sample("bool", &[], "boolean", &["true", "false"]),
        sample(
            "date",
            &[],
            "date",
            &[
                "4714-11-24 BC",
                "4713-01-01 BC",
                "0001-01-01 BC",
                "0001-01-01",
                "1999-12-31",
                "2024-02-29",
                "294276-12-31",
                "294277-01-01",
                "5874897-12-31",
                "infinity",
                "-infinity",
            ],
        ),
        sample(
            "timestamp",
            &[],
            "timestamp",
            &[
                "4714-11-24 00:00:00 BC",
                "4713-01-01 00:00:00 BC",
                "0001-01-01 00:00:00",
                "2024-02-29 12:34:56.789",
                "294276-12-31 23:59:59.999999",
                "infinity",
                "-infinity",
            ],
        ),
        sample(
            "timestamptz",
            &[3],
            "timestamptz(3)",
            &[
                "4714-11-24 00:00:00+00 BC",
                "4713-01-01 00:00:00+00 BC",
                "2024-02-29 12:34:56.789+09",
                "294276-12-31 23:59:59.999+00",
                "infinity",
                "-infinity",
            ],
        ),
        sample("time", &[], "time", &["00:00:00", "23:59:59.999999", "24:00:00"]),
        sample("timetz", &[], "timetz", &["00:00:00+15:59", "24:00:00-15:59"]),
        sample("interval", &[], "interval", &["0", "-178000000 years", "178000000 years", "1 day -24:00:01"]),
        sample(
            "uuid",
            &[],
            "uuid",
            &[
                "00000000-0000-0000-0000-000000000000",
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "0b5a9c1e-8d8f-4d0a-9a51-0e5b1a7d1a11",
            ],
        ),
        sample(
            "inet",
            &[],
            "inet",
            &[
                "0.0.0.0/0",
                "10.1.2.3/8",
                "255.255.255.255",
                "::/0",
                "2001:db8::1",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ],
        ),
        sample("cidr", &[], "cidr", &["0.0.0.0/0", "10.0.0.0/8", "255.255.255.255/32", "::/0", "2001:db8::/48"]),
        sample("bytea", &[], "bytea", &["", "\\x00", "\\xdeadbeef"]),
        sample("jsonb", &[], "jsonb", &["null", "{}", "[]", "\"x\"", "1e1000"]),
        sample("json", &[], "json", &["null", "{\"a\": \"\\u0000\"}", "1e200000"]),
        sample(
            "point",
            &[],
            "point",
            &["(0,0)", "(35.681236,139.767125)", "(1e308,-1e308)", "(NaN,-Infinity)", "(-1e-300,9)"],
        ),
        sample("money", &[], "money", &["0", "-92233720368547758.08", "92233720368547758.07"]),
    ];
    let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    samples.push(Sample {
        base: base("public", "citext", &[], 0, Category::Scalar),
        sql: "public.citext",
        values: values(&["", "a", "abcdefgh", "Taro@corp.co.jp", "😀😀"]),
    });
    samples.push(Sample {
        base: base("public", "mood", &[], 0, Category::Enum),
        sql: "public.mood",
        values: values(&["sad", "very happy"]),
    });
    samples.push(Sample {
        base: base("pg_catalog", "int4", &[], 1, Category::Array),
        sql: "integer[]",
        values: values(&["{}", "{1,NULL}"]),
    });
    samples.push(Sample {
        base: base("public", "pair", &[], 0, Category::Composite),
        sql: "public.pair",
        values: values(&["(,)", "(1,x)"]),
    });
    samples
}
