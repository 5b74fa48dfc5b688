//! HMAC-SHA-256 in plain SQL, over PostgreSQL's own `sha256` (11+).
//!
//! RFC 2104: `sha256(outer pad || sha256(inner pad || message))`. The pads depend on the key alone, and PostgreSQL
//! would compute them for every row; so a session computes them once into a temporary table, read by scalar
//! sub-selects, which are evaluated once a statement. The message is a sequence of netstrings (`5:email,`), so that no two
//! sequences of names run together into the same bytes, and then the value in a form that is the same for all
//! values that a foreign key holds equal.

use super::types;
use crate::catalog::{BaseType, Category, DataType, QName};
use crate::sql::{Expr, From, Ident, Relation, Select, Statement, TemporaryTable};

/// The temporary table of the pads.
pub const PADS: &str = "noren_pads";

const COLUMNS: [&str; 2] = ["inner_pad", "outer_pad"];

/// A key shorter than this is refused: every pseudonym becomes NULL. In bytes.
pub const KEY_BYTES: i64 = 32;

/// SHA-256 works on blocks of 64 bytes.
const BLOCK: i64 = 64;

/// How a value becomes text so that equal values become equal text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canonical {
    /// Text as it is; `char(n)` loses its padding.
    Text,
    /// Text without trailing spaces: some column of the group is `char(n)`, which ignores them.
    Trimmed,
    /// Text in lower case under the database's collation: some column of the group is citext.
    Lower,
    /// Whole and decimal numbers: `1`, `1.0` and `1.00` are equal.
    Number,
    /// Binary floating point: `-0` and `0` are equal.
    Float,
    /// Dates and timestamps by seconds, which no session setting changes.
    Instant,
    /// Bytes in hexadecimal.
    Bytes,
    /// The type's own text, where that is one form a value.
    Own,
}

impl Canonical {
    /// The form for columns that are compared with each other; `None` where there is none: types of several
    /// kinds, or a type whose equal values have several texts.
    pub fn of<'a>(types: impl IntoIterator<Item = &'a BaseType>) -> Option<Self> {
        let mut forms = types.into_iter().map(Self::of_one);
        let first = forms.next()??;
        forms.try_fold(first, |all, one| one.and_then(|one| all.with(one)))
    }

    fn of_one(input: &BaseType) -> Option<Self> {
        if types::is_citext(input) {
            return Some(Self::Lower);
        }
        if input.category == Category::Enum && input.data_type.dimensions == 0 {
            return Some(Self::Own);
        }
        if types::integer_range(input).is_some() {
            return Some(Self::Number);
        }
        match types::built_in(input)? {
            "text" | "varchar" | "name" => Some(Self::Text),
            "bpchar" => Some(Self::Trimmed),
            "int2" | "int4" | "int8" | "numeric" | "oid" => Some(Self::Number),
            "float4" | "float8" => Some(Self::Float),
            "date" | "timestamp" | "timestamptz" => Some(Self::Instant),
            "bytea" => Some(Self::Bytes),
            "uuid" | "bool" | "inet" | "cidr" | "macaddr" | "macaddr8" | "time" | "jsonb" | "bit" | "varbit" => {
                Some(Self::Own)
            }
            _ => None,
        }
    }

    fn with(self, other: Self) -> Option<Self> {
        match (self, other) {
            (one, two) if one == two => Some(one),
            (Self::Text, Self::Trimmed) | (Self::Trimmed, Self::Text) => Some(Self::Trimmed),
            (Self::Text, Self::Lower) | (Self::Lower, Self::Text) => Some(Self::Lower),
            _ => None,
        }
    }

    /// The value as text of MySQL's, the same characters; `None` where there is no such form.
    pub fn mysql_text(self, value: Expr, of: &BaseType) -> Option<Expr> {
        let is_decimal = types::is_numeric(of) && of.data_type.modifiers.get(1).is_some_and(|scale| *scale > 0);
        Some(match self {
            Self::Text => value.utf8(),
            Self::Trimmed => Expr::call("RTRIM", [value.utf8()]),
            Self::Number if is_decimal => without_zeros(value.mysql_cast("char")),
            Self::Number => value.mysql_cast("char"),
            Self::Bytes => Expr::call("LOWER", [Expr::call("HEX", [value])]),
            Self::Own if of.category == Category::Enum => value.utf8(),
            Self::Own if types::built_in(of) == Some("bool") => {
                let truth = vec![(value.clone().op("=", Expr::Integer(0)), Expr::text("false"))];
                let other = (value.is_not_null(), Expr::text("true"));
                Expr::Case(truth.into_iter().chain([other]).collect(), None)
            }
            Self::Lower | Self::Float | Self::Instant | Self::Own => return None,
        })
    }

    /// The value as text.
    pub fn text(self, value: Expr) -> Expr {
        match self {
            Self::Text | Self::Own => value.cast("text"),
            Self::Trimmed => Expr::call("rtrim", [value.cast("text"), Expr::text(" ")]),
            Self::Lower => {
                let collated = Expr::Collate(Box::new(value.cast("text")), QName::new("pg_catalog", "default"));
                Expr::call("lower", [collated])
            }
            Self::Number => Expr::call("trim_scale", [value.cast("numeric")]).cast("text"),
            Self::Float => value.cast("float8").op("+", Expr::Integer(0)).cast("text"),
            Self::Instant => Expr::Extract("epoch", Box::new(value)).cast("text"),
            Self::Bytes => Expr::call("encode", [value, Expr::text("hex")]),
        }
    }
}

/// `1.50` as `1.5`, `2.00` as `2`: the zeros at the end are turned to the front, where they are no number's. MySQL 5.7 has
/// no function for it, and its TRIM would be grammar of its own.
fn without_zeros(digits: Expr) -> Expr {
    let spaced = Expr::call("REPLACE", [digits, Expr::text("0"), Expr::text(" ")]);
    let cut = Expr::call("REPLACE", [Expr::call("RTRIM", [spaced]), Expr::text(" "), Expr::text("0")]);
    let point = Expr::call("RIGHT", [cut.clone(), Expr::Integer(1)]).op("=", Expr::text("."));
    let whole = Expr::call("LEFT", [cut.clone(), Expr::call("CHAR_LENGTH", [cut.clone()]).op("-", Expr::Integer(1))]);
    Expr::Case(vec![(point, whole)], Some(Box::new(cut)))
}

/// `length:text,`: sequences of these never run together.
fn netstring(text: &str) -> String {
    format!("{}:{text},", text.len())
}

/// `CREATE TEMPORARY TABLE pg_temp.noren_pads (…)`: what every keyed SELECT of a session reads.
pub fn create_pads() -> Statement {
    let bytes = || DataType { name: QName::new("pg_catalog", "bytea"), modifiers: Vec::new(), dimensions: 0 };
    let columns = COLUMNS.map(|column| (Ident::from(column), bytes(), false)).into();
    Statement::CreateTemporary(TemporaryTable { name: Ident::from(PADS), columns, on_commit_drop: false })
}

/// The two pads, from the secret setting. A key of more than 64 bytes is hashed first, as RFC 2104 says; one of fewer
/// than [`KEY_BYTES`], or none, gives NULL and so NULL pseudonyms.
pub fn fill_pads(setting: &str) -> Statement {
    Statement::InsertSelect { table: table(), columns: COLUMNS.map(Ident::from).into(), query: select_pads(setting) }
}

/// The row of [`PADS`].
pub fn select_pads(setting: &str) -> Select {
    let given = Expr::call("convert_to", [current_setting(setting), Expr::text("UTF8")]);
    let given = Select { columns: vec![(given, Some("bytes".into()))], ..Select::default() };
    let bytes = || Expr::of("given", "bytes");
    let length = || Expr::call("octet_length", [bytes()]);
    let fitting = Expr::Case(
        vec![(length().op(">", Expr::Integer(BLOCK)), Expr::call("sha256", [bytes()]))],
        Some(Box::new(bytes())),
    );
    let zeros =
        Expr::call("decode", [Expr::call("repeat", [Expr::text("00"), Expr::Integer(BLOCK)]), Expr::text("hex")]);
    let padded = Expr::call("substr", [fitting.op("||", zeros), Expr::Integer(1), Expr::Integer(BLOCK)]);
    let block = Select {
        columns: vec![(padded, Some("bytes".into()))],
        from: vec![From::first(Relation::Select(Box::new(given)), "given")],
        condition: Some(length().op(">=", Expr::Integer(KEY_BYTES))),
        ..Select::default()
    };
    let positions = Expr::call("generate_series", [Expr::Integer(0), Expr::Integer(BLOCK - 1)]);
    let mut places = From::joined(Relation::Function(positions, false), "place", crate::sql::Join::Cross);
    places.columns.push("at".into());
    Select {
        columns: vec![(pad(0x36), None), (pad(0x5c), None)],
        from: vec![From::first(Relation::Select(Box::new(block)), "key"), places],
        ..Select::default()
    }
}

fn table() -> QName {
    QName::new("pg_temp", PADS)
}

/// An unset setting is NULL, an empty one is short: both end in NULL.
fn current_setting(setting: &str) -> Expr {
    Expr::call("current_setting", [Expr::text(setting), Expr::Boolean(true)])
}

/// Every byte of the key's block, exclusive-or the given one.
fn pad(byte: i64) -> Expr {
    let at = || Expr::of("place", "at");
    let changed = Expr::call("get_byte", [Expr::of("key", "bytes"), at()]).op("#", Expr::Integer(byte));
    let zero = Expr::text("\\x00").cast("bytea");
    let single = Expr::call("set_byte", [zero, Expr::Integer(0), changed]);
    Expr::Aggregate(Ident::from("string_agg"), vec![single, Expr::text("").cast("bytea")], vec![at()])
}

fn read_key(bytes: Expr) -> Expr {
    Expr::scalar(Select {
        columns: vec![(bytes, None)],
        from: vec![From::first(Relation::table(table()), PADS)],
        ..Select::default()
    })
}

/// The names stand beside the inner pad, where both are put together once a statement. `None` for names alone.
fn hmac(names: String, value: Option<Expr>) -> Expr {
    let names = Expr::call("convert_to", [Expr::text(names), Expr::text("UTF8")]);
    let start = read_key(Expr::column("inner_pad").op("||", names));
    let message = match value {
        // `convert_to` looks its encoding up by name for each row, which costs as much as a third of a `sha256`.
        // This gives the bytes that leave: those of the client's encoding, which every file sets to UTF8.
        Some(text) => start.op("||", Expr::call("textsend", [text])),
        None => start,
    };
    let outer = read_key(Expr::column("outer_pad"));
    Expr::call("sha256", [outer.op("||", Expr::call("sha256", [message]))])
}

/// `bytea`, 32 bytes: the HMAC of a value under the run's key, apart for each export and linkage group. NULL when
/// the value is NULL.
pub fn of_value(linkage: &str, group: &str, canonical: Canonical, value: Expr) -> Expr {
    let domain = [linkage, group, "value"].map(netstring).concat();
    hmac(domain, Some(canonical.text(value)))
}

/// `bytea`, 32 bytes: a constant of the run, apart for each export, linkage group and label. It reads no row, so
/// as a scalar sub-select it is evaluated once a statement.
pub fn of_label(linkage: &str, group: &str, label: &str) -> Expr {
    let domain = [linkage, group, "secret", label].map(netstring).concat();
    Expr::scalar(Select { columns: vec![(hmac(domain, None), None)], ..Select::default() })
}

/// What [`mysql_of_value`] reads: set once a session from the key.
pub const MYSQL_PADS: [&str; 2] = ["noren_inner_pad", "noren_outer_pad"];

/// RFC 2104 for MySQL, where SHA2 gives hexadecimal digits. A string beside bytes counts by its bytes, which are those of
/// utf8mb4, so the message is PostgreSQL's.
fn mysql_hmac(names: String, value: Option<Expr>) -> Expr {
    let [inner, outer] = MYSQL_PADS.map(Expr::user_variable);
    let message = [inner, Expr::text(names)].into_iter().chain(value);
    let sha2 = |bytes: Expr| Expr::call("SHA2", [bytes, Expr::Integer(256)]);
    let first = Expr::call("UNHEX", [sha2(Expr::call("CONCAT", message))]);
    sha2(Expr::call("CONCAT", [outer, first]))
}

/// 64 digits: the HMAC that [`of_value`] gives on PostgreSQL, in hexadecimal. `None` where the value has no such form.
pub fn mysql_of_value(linkage: &str, group: &str, canonical: Canonical, value: Expr, of: &BaseType) -> Option<Expr> {
    let domain = [linkage, group, "value"].map(netstring).concat();
    Some(mysql_hmac(domain, Some(canonical.mysql_text(value, of)?)))
}

/// 64 digits: the HMAC that [`of_label`] gives on PostgreSQL, in hexadecimal.
pub fn mysql_of_label(linkage: &str, group: &str, label: &str) -> Expr {
    mysql_hmac([linkage, group, "secret", label].map(netstring).concat(), None)
}

/// The variables' values, from one row of bytes that is at least [`KEY_BYTES`] long. Eight bytes at a time, since MySQL 5.7
/// has bits of whole numbers alone.
pub fn mysql_pads(table: &'static str, column: &str) -> [(&'static str, Select); 2] {
    // 0x36 and 0x5c, eight times.
    let pads = [3_906_369_333_256_140_342, 6_655_295_901_103_053_916];
    let bytes = || Expr::of("key", column);
    let length = Expr::call("LENGTH", [bytes()]);
    let hashed = Expr::call("SHA2", [bytes(), Expr::Integer(256)]);
    let hex =
        Expr::Case(vec![(length.op(">", Expr::Integer(BLOCK)), hashed)], Some(Box::new(Expr::call("HEX", [bytes()]))));
    let zeros = Expr::call("REPEAT", [Expr::text("0"), Expr::Integer(2 * BLOCK)]);
    let block = Expr::call("LEFT", [Expr::call("CONCAT", [hex, zeros]), Expr::Integer(2 * BLOCK)]);
    let block = Select {
        columns: vec![(block, Some("hex".into()))],
        from: vec![From::first(Relation::table(QName::new("", table)), "key")],
        ..Select::default()
    };
    let of = |pad: i64| {
        let eight = |at: i64| {
            let digits =
                Expr::call("SUBSTRING", [Expr::of("block", "hex"), Expr::Integer(16 * at + 1), Expr::Integer(16)]);
            let number = Expr::call("CONV", [digits, Expr::Integer(16), Expr::Integer(10)]).mysql_cast("unsigned");
            let changed = Expr::call("HEX", [number.op("^", Expr::Integer(pad))]);
            Expr::call("LPAD", [changed, Expr::Integer(16), Expr::text("0")])
        };
        let all = Expr::call("UNHEX", [Expr::call("CONCAT", (0..BLOCK / 8).map(eight))]);
        let from = vec![From::first(Relation::Select(Box::new(block.clone())), "block")];
        Select { columns: vec![(all, None)], from, ..Select::default() }
    };
    let [inner, outer] = MYSQL_PADS;
    let [of_inner, of_outer] = pads.map(of);
    [(inner, of_inner), (outer, of_outer)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::DataType;

    fn base(name: &str) -> BaseType {
        let data_type = DataType { name: QName::new("pg_catalog", name), modifiers: Vec::new(), dimensions: 0 };
        BaseType { data_type, domains: Vec::new(), category: Category::Scalar }
    }

    #[test]
    fn a_group_has_one_form_or_none() {
        let of = |names: &[&str]| Canonical::of(&names.iter().map(|name| base(name)).collect::<Vec<_>>());
        assert_eq!(of(&["int4", "numeric", "int8"]), Some(Canonical::Number));
        assert_eq!(of(&["text", "bpchar"]), Some(Canonical::Trimmed));
        assert_eq!(of(&["text", "int4"]), None);
        assert_eq!(of(&["interval"]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn names_never_run_together() {
        assert_ne!([netstring("a"), netstring("b,1:c")].concat(), [netstring("a,1:b"), netstring("c")].concat());
        assert_eq!(netstring("名"), "3:名,");
    }
}
