//! Made-up text put together of words that the bytes of a hash choose.
//!
//! The lists are joined: an array of their length would be read again for every row. One description of the pieces
//! gives the SQL, the greatest length and the pattern that every output has.

use super::{Context, Rendered, mysql, types};
use crate::sql::{Expr, From, Ident, Join, Relation};

/// A part of the text.
pub(super) enum Piece {
    /// Always this.
    Text(&'static str),
    /// A word of a list whose length is a power of two, by a byte of the hash.
    Word(String, i64),
    /// A number from 1 to at most 256, by a byte of the hash.
    Number(u8, i64),
    /// So many bytes of the hash from one on, in hexadecimal.
    Digits(u32, i64),
    /// What the mask was told.
    Given(String),
}

/// The text, NULL where the value is.
pub(super) fn render(context: &Context<'_>, pieces: &[Piece]) -> Rendered {
    let mut joins = Vec::new();
    let mut parts = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        parts.push(match piece {
            Piece::Text(text) => Expr::text(*text),
            Piece::Given(text) => Expr::text(text.clone()),
            Piece::Digits(bytes, from) => {
                let place = [context.hash(), Expr::Integer(from + 1), Expr::Integer(i64::from(*bytes))];
                Expr::call("encode", [Expr::call("substr", place), Expr::text("hex")])
            }
            Piece::Word(list, byte) => {
                let alias = format!("{}_{at}", context.alias);
                joins.push(dictionary(context, &alias, list, *byte));
                Expr::of(&alias, "name")
            }
            Piece::Number(most, byte) => {
                let byte = Expr::call("get_byte", [context.hash(), Expr::Integer(*byte)]);
                let number = byte.op("%", Expr::Integer(i64::from(*most))).op("+", Expr::Integer(1));
                number.cast("text")
            }
        });
    }
    let text = parts.into_iter().reduce(|text, part| text.op("||", part)).unwrap_or(Expr::Null);
    Rendered { expr: types::unless_null(context, text), joins }
}

/// The same for MySQL, whose lists are arguments of a function.
pub(super) fn render_mysql(context: &Context<'_>, pieces: &[Piece]) -> Expr {
    let part = |piece: &Piece| match piece {
        Piece::Text(text) => Expr::text(*text),
        Piece::Given(text) => Expr::text(text.clone()),
        Piece::Digits(bytes, from) => mysql::hex(context, *from, i64::from(*bytes)),
        Piece::Word(list, at) => {
            let bits = i64::try_from(list.split_whitespace().count()).unwrap_or(i64::MAX) - 1;
            mysql::choose(mysql::byte(context, *at).op("&", Expr::Integer(bits)), list.split_whitespace())
        }
        Piece::Number(most, at) => {
            let number = mysql::byte(context, *at).op("%", Expr::Integer(i64::from(*most))).op("+", Expr::Integer(1));
            number.mysql_cast("char")
        }
    };
    types::unless_null(context, mysql::concat(pieces.iter().map(part)))
}

/// Numbered words, of which every row meets one: or none where the hash is NULL.
pub(super) fn dictionary(context: &Context<'_>, alias: &str, list: &str, byte: i64) -> From {
    let row = |(number, name): (i64, &str)| vec![Expr::Integer(number), Expr::text(name)];
    let rows: Vec<_> = (0..).zip(list.split_whitespace()).map(row).collect();
    let bits = i64::try_from(rows.len()).unwrap_or(i64::MAX) - 1;
    let byte = Expr::call("get_byte", [context.hash(), Expr::Integer(byte)]);
    let on = Expr::of(alias, "number").op("=", byte.op("&", Expr::Integer(bits)));
    let columns = vec![Ident::from("number"), Ident::from("name")];
    From { relation: Relation::Values(rows), alias: Ident::from(alias), columns, join: Join::Left(on) }
}

/// The most characters.
pub(super) fn length(pieces: &[Piece]) -> u32 {
    let one = |piece: &Piece| match piece {
        Piece::Text(text) => types::characters(text),
        Piece::Given(text) => types::characters(text),
        Piece::Digits(bytes, _) => 2 * bytes,
        Piece::Word(list, _) => list.split_whitespace().map(types::characters).max().unwrap_or(0),
        Piece::Number(most, _) => types::characters(&most.to_string()),
    };
    pieces.iter().map(one).sum()
}

/// The pattern of every output. No word has a character that a pattern means something by, and no text but a stop.
pub(super) fn pattern(pieces: &[Piece]) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Text(text) => text.replace('.', "[.]"),
        Piece::Given(text) => text.replace('.', "[.]"),
        Piece::Digits(bytes, _) => format!("[0-9a-f]{{{}}}", 2 * bytes),
        Piece::Word(list, _) => format!("({})", list.split_whitespace().collect::<Vec<_>>().join("|")),
        Piece::Number(..) => "[0-9]{1,3}".to_owned(),
    };
    format!("^{}$", pieces.iter().map(one).collect::<String>())
}
