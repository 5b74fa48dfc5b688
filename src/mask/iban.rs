//! `iban`: an account number of the same country, length and pattern whose check digits (ISO 13616, ISO 7064 mod 97-10) are
//! right.

use super::{Arguments, Context, Hashes, Length, Mask, Parameter, Rendered, keyed, mysql, types};
use crate::catalog::BaseType;
use crate::sql::{Expr, From, Join, Relation, Select};

/// See the page `docs/masks/iban.md`.
pub(super) struct Iban;

impl Mask for Iban {
    fn name(&self) -> &'static str {
        "iban"
    }

    fn summary(&self) -> &'static str {
        "an account number (IBAN) of the same country and pattern with right check digits, the same for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/iban.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[]
    }

    fn accepts_words(&self) -> &'static str {
        types::TEXT_WORDS
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::is_text(input)
    }

    fn keyed(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, _arguments: &'a Arguments) -> Hashes<'a> {
        Hashes::Input
    }

    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        Length::AtMost(types::within_column(input, 34, types::characters(OTHERWISE)))
    }

    fn pattern(&self, _arguments: &Arguments) -> Option<String> {
        Some("^[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}$".to_owned())
    }

    fn shows_length(&self, _arguments: &Arguments) -> bool {
        true
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let of = |suffix: &str, column: &str| Expr::of(&format!("{}_{suffix}", context.alias), column);
        let join = |suffix: &str, select: Select| {
            From::joined(Relation::Select(Box::new(select)), format!("{}_{suffix}", context.alias), Join::Lateral)
        };
        let value = || of("given", "value");
        let country = || Expr::call("left", [value(), Expr::Integer(2)]);
        let account = Expr::call("substr", [value(), Expr::Integer(5)]);
        let turned = of("account", "text").op("||", country()).op("||", Expr::text("00"));
        let rest = of("number", "text").cast("numeric").op("%", Expr::Integer(97)).cast("int4");
        let check = keyed::padded(Expr::Integer(98).op("-", rest), 2);
        let masked = country().op("||", check).op("||", of("account", "text"));
        let other = (context.input.clone().is_not_null(), Expr::text(OTHERWISE));
        Rendered {
            expr: Expr::Case(vec![(value().is_not_null(), masked), other], None),
            joins: vec![
                join("given", given(context)),
                join("account", each_letter(account, keyed_letter(context))),
                join("number", each_letter(turned, index().cast("text"))),
            ],
        }
    }

    /// A sum of checks would need a number of 66 digits: the rest is taken along, some letters at a time.
    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        let compact = mysql::call("UPPER", [mysql::without(mysql::text(context), " -")]);
        // There are letters beyond ASCII whose capitals are within.
        let ascii = mysql::call("LENGTH", [mysql::text(context)]).op("=", mysql::count(mysql::text(context)));
        let compact = steps.bind_one(compact.when(ascii));
        let is_of_form = mysql::is_ascii(compact.clone(), FORM, 34);
        let value = steps.bind_one(compact.when(is_of_form));
        let letters: Vec<MysqlLetter> = (1..=30).map(|place| MysqlLetter::of(context, &value, place)).collect();
        let index = |place: i64| {
            let at =
                mysql::call("LOCATE", [mysql::part(value.clone(), place, 1), Expr::text([DIGITS, LETTERS].concat())]);
            at.op("-", Expr::Integer(1))
        };
        let rest = |so_far: Expr, more: Vec<Expr>| {
            let digits = mysql::concat(std::iter::once(so_far).chain(more));
            digits.mysql_cast("signed").op("%", Expr::Integer(97))
        };
        let numbers = letters.chunks(7).map(|letters| letters.iter().map(MysqlLetter::number).collect());
        let all = numbers.fold(Expr::Integer(0), rest);
        let all = rest(all, vec![index(1), index(2), Expr::text("00")]);
        let check = mysql::padded(Expr::Integer(98).op("-", all), 2);
        let country = mysql::call("LEFT", [value.clone(), Expr::Integer(2)]);
        let masked = mysql::concat([country, check].into_iter().chain(letters.iter().map(MysqlLetter::letter)));
        let other = (context.input.clone().is_not_null(), Expr::text(OTHERWISE));
        Some(Expr::Case(vec![(value.is_not_null(), masked), other], None))
    }
}

const OTHERWISE: &str = "XX900000000000000000";
const DIGITS: &str = "0123456789";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The value without its blanks and hyphens in upper case; NULL where it is not of the form.
fn given(context: &Context<'_>) -> Select {
    let compact = Expr::call("translate", [types::exact_text(context.input), Expr::text(" -"), Expr::text("")]);
    let upper = Expr::call("translate", [compact, Expr::text(LETTERS.to_lowercase()), Expr::text(LETTERS)]);
    let inner = Select { columns: vec![(upper, Some("text".into()))], ..Select::default() };
    let text = || Expr::of("compact", "text");
    let length = |of: Expr| Expr::call("length", [of]);
    let none_but = |of: Expr, characters: String| {
        length(Expr::call("translate", [of, Expr::text(characters), Expr::text("")])).op("=", Expr::Integer(0))
    };
    let check = Expr::call("substr", [text(), Expr::Integer(3), Expr::Integer(2)]);
    let is_of_form = Expr::And(vec![
        length(text()).op(">=", Expr::Integer(15)),
        length(text()).op("<=", Expr::Integer(34)),
        none_but(text(), [DIGITS, LETTERS].concat()),
        none_but(Expr::call("left", [text(), Expr::Integer(2)]), LETTERS.to_owned()),
        none_but(check, DIGITS.to_owned()),
    ]);
    Select {
        columns: vec![(text().when(is_of_form), Some("value".into()))],
        from: vec![From::first(Relation::Select(Box::new(inner)), "compact")],
        barrier: true,
        ..Select::default()
    }
}

/// Something for each letter of a text, put together again.
fn each_letter(text: Expr, something: Expr) -> Select {
    let letters = Relation::Function(Expr::call("string_to_table", [text, Expr::Null]), true);
    let mut letters = From::first(letters, "letter");
    letters.columns = vec!["is".into(), "place".into()];
    let joined =
        Expr::Aggregate("string_agg".into(), vec![something, Expr::text("")], vec![Expr::of("letter", "place")]);
    Select { columns: vec![(joined, Some("text".into()))], from: vec![letters], barrier: true, ..Select::default() }
}

/// The value of a letter: digits their own, letters from 10 on.
fn index() -> Expr {
    let at = Expr::call("strpos", [Expr::text([DIGITS, LETTERS].concat()), Expr::of("letter", "is")]);
    at.op("-", Expr::Integer(1))
}

/// Another digit for a digit, another letter for a letter. There are 30 at most; the first bytes of the hash stay out.
fn keyed_letter(context: &Context<'_>) -> Expr {
    let place = Expr::of("letter", "place").op("+", Expr::Integer(1)).cast("int4");
    let byte = || Expr::call("get_byte", [context.hash(), place.clone()]);
    let one_of = |list: &str, count: i64| {
        let at = byte().op("%", Expr::Integer(count)).op("+", Expr::Integer(1));
        Expr::call("substr", [Expr::text(list), at, Expr::Integer(1)])
    };
    let is_digit = index().op("<", Expr::Integer(10));
    Expr::Case(vec![(is_digit, one_of(DIGITS, 10))], Some(Box::new(one_of(LETTERS, 26))))
}

/// Country, check digits, account, as the hexadecimal digits of their bytes.
const FORM: &str = "(4[1-9A-F]|5[0-9A]){2}(3[0-9]){2}(3[0-9]|4[1-9A-F]|5[0-9A]){11,30}";

/// A letter of the account, on MySQL: none behind the last one.
struct MysqlLetter {
    raw: Expr,
    byte: Expr,
}

impl MysqlLetter {
    fn of(context: &Context<'_>, value: &Expr, place: i64) -> Self {
        Self { raw: mysql::part(value.clone(), place + 4, 1), byte: mysql::byte(context, place + 1) }
    }

    fn either(&self, digit: Expr, letter: Expr) -> Expr {
        let none = (self.raw.clone().op("=", Expr::text("")), Expr::text(""));
        let is_digit = (mysql::call("LOCATE", [self.raw.clone(), Expr::text(DIGITS)]).op(">", Expr::Integer(0)), digit);
        Expr::Case(vec![none, is_digit], Some(Box::new(letter)))
    }

    fn letter(&self) -> Expr {
        let one_of = |list: &str, count: i64| {
            let at = self.byte.clone().op("%", Expr::Integer(count)).op("+", Expr::Integer(1));
            mysql::call("SUBSTRING", [Expr::text(list), at, Expr::Integer(1)])
        };
        self.either(one_of(DIGITS, 10), one_of(LETTERS, 26))
    }

    /// What the check counts for it.
    fn number(&self) -> Expr {
        let letter = self.byte.clone().op("%", Expr::Integer(26)).op("+", Expr::Integer(10));
        self.either(self.byte.clone().op("%", Expr::Integer(10)), letter)
    }
}
