//! `uuid`: a pseudonym of version 8 (RFC 9562), which marks it as made up.
//!
//! 128 bits of the hash, of which 6 become the version and the variant.

use super::{Arguments, Context, Hashes, Length, Mask, Parameter, Rendered, Uniqueness, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/uuid.md`.
pub(super) struct Uuid;

impl Mask for Uuid {
    fn name(&self) -> &'static str {
        "uuid"
    }

    fn summary(&self) -> &'static str {
        "a UUID that stands for the same UUID everywhere"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/uuid.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[]
    }

    fn accepts_words(&self) -> &'static str {
        "uuid, text, varchar, char or citext"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::built_in(input) == Some("uuid") || types::is_text(input)
    }

    /// Where there is no such type, it is 16 bytes as often as text.
    fn accepts_on_mysql(&self, input: &BaseType) -> bool {
        self.accepts(input) || is_16_bytes(input)
    }

    fn keyed(&self) -> bool {
        true
    }

    fn one_case(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, _arguments: &'a Arguments) -> Hashes<'a> {
        Hashes::Input
    }

    fn uniqueness(&self, _input: &BaseType, _arguments: &Arguments) -> Uniqueness {
        Uniqueness::Hash { bits: 122 }
    }

    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        if types::is_text(input) { Length::AtMost(36) } else { Length::NotText }
    }
    /// Version 8, which marks a UUID as made up.
    fn pattern(&self, _arguments: &Arguments) -> Option<String> {
        let shape = "^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
        Some(shape.to_owned())
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let hash = context.hash();
        let version = bits(&hash, 6, 0x0f, 0x80);
        let variant = bits(&hash, 8, 0x3f, 0x80);
        let first = Expr::call("substr", [hash, Expr::Integer(1), Expr::Integer(16)]);
        let versioned = Expr::call("set_byte", [first, Expr::Integer(6), version]);
        let marked = Expr::call("set_byte", [versioned, Expr::Integer(8), variant]);
        Rendered::plain(Expr::call("encode", [marked, Expr::text("hex")]).cast("uuid"))
    }

    /// Of a `char(36)` or a `binary(16)`, as MySQL keeps them; the version's digit and the variant's two bits are those of the
    /// UUID above.
    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let variant = mysql::byte(context, 8).op("DIV", Expr::Integer(16)).op("%", Expr::Integer(4));
        let part = |from: i64, digits: i64| mysql::part(context.hash(), from, digits);
        let third = mysql::concat([Expr::text("8"), part(14, 3)]);
        let fourth = mysql::concat([mysql::choose(variant, ["8", "9", "a", "b"]), part(18, 3)]);
        let parts = [part(1, 8), part(9, 4), third, fourth, part(21, 12)];
        if is_16_bytes(context.input_type) {
            return Some(mysql::call("UNHEX", [mysql::concat(parts)]));
        }
        let dashed = |(at, part): (usize, Expr)| if at == 0 { vec![part] } else { vec![Expr::text("-"), part] };
        Some(mysql::concat(parts.into_iter().enumerate().flat_map(dashed)))
    }
}

/// `binary(16)` of MySQL.
fn is_16_bytes(input: &BaseType) -> bool {
    types::built_in(input) == Some("bytea") && input.data_type.modifiers == [16]
}

/// Byte `at` of the hash with only the `kept` bits, and the `set` ones.
fn bits(hash: &Expr, at: i64, kept: i64, set: i64) -> Expr {
    let byte = Expr::call("get_byte", [hash.clone(), Expr::Integer(at)]);
    byte.op("&", Expr::Integer(kept)).op("|", Expr::Integer(set))
}
