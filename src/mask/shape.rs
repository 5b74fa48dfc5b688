//! Values that are digits in a written form: telephone numbers, card numbers, postal codes.
//!
//! The value is taken apart into its digits and a format for `to_char`, which puts other digits into the same form:
//! no regular expression, and no walk through the characters. What is not of the form has no digits.

use super::{Context, mysql, types};
use crate::sql::{Expr, From, Join, Relation, Select};

/// A written form.
pub(super) struct Shape {
    /// What may stand between digits. None of `to_char`'s own patterns.
    pub(super) separators: &'static str,
    /// The fewest and the most digits.
    pub(super) digits: (i64, i64),
    /// The most characters.
    pub(super) length: u32,
}

const DIGITS: &str = "0123456789";
/// Full-width forms and what they become.
const WIDE: (&str, &str) = ("０１２３４５６７８９－−‐（）＋　", "0123456789---()+ ");

/// The parts of the value of one row, which the joined relation of that name holds.
pub(super) struct Parts {
    relation: String,
}

impl Shape {
    /// The relation of the parts.
    pub(super) fn join(&self, context: &Context<'_>) -> (Parts, From) {
        let relation = format!("{}_shape", context.alias);
        let plain = Expr::call("translate", [types::exact_text(context.input), Expr::text(WIDE.0), Expr::text(WIDE.1)]);
        let given = Select { columns: vec![(plain, Some("text".into()))], ..Select::default() };
        let text = || Expr::of("given", "text");
        let without = |characters: String| Expr::call("translate", [text(), Expr::text(characters), Expr::text("")]);
        let digits = || without(self.separators.to_owned());
        let length = |of: Expr| Expr::call("length", [of]);
        let is_of_form = Expr::And(vec![
            length(text()).op("<=", Expr::Integer(i64::from(self.length))),
            length(without([self.separators, DIGITS].concat())).op("=", Expr::Integer(0)),
            length(digits()).op(">=", Expr::Integer(self.digits.0)),
            length(digits()).op("<=", Expr::Integer(self.digits.1)),
        ]);
        let zeros = Expr::call("translate", [text(), Expr::text(DIGITS), Expr::text("0".repeat(10))]);
        let parts = Select {
            columns: vec![
                (digits().when(is_of_form), Some("digits".into())),
                (Expr::text("FM").op("||", zeros), Some("format".into())),
            ],
            from: vec![From::first(Relation::Select(Box::new(given)), "given")],
            barrier: true,
            ..Select::default()
        };
        let join = From::joined(Relation::Select(Box::new(parts)), relation.clone(), Join::Lateral);
        (Parts { relation }, join)
    }
}

/// The same on MySQL, which has no `to_char`.
pub(super) struct MysqlParts {
    digits: Expr,
    form: Expr,
    length: u32,
}

/// What stands for a digit in the form.
const FORM: &str = "0";

impl Shape {
    /// The parts of the value, as columns of the row.
    pub(super) fn bind(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> MysqlParts {
        let text = steps.bind_one(mysql::translated(mysql::text(context), WIDE.0, WIDE.1));
        let length = || mysql::count(text.clone());
        let digits = steps.bind_one(mysql::without(text.clone(), self.separators));
        let form = mysql::translated(text.clone(), DIGITS, &FORM.repeat(DIGITS.len()));
        let is_of_form = Expr::And(vec![
            length().op("<=", Expr::Integer(i64::from(self.length))),
            mysql::is_ascii(digits.clone(), &format!("(3[0-9]){{{},{}}}", self.digits.0, self.digits.1), self.digits.1),
        ]);
        let [digits, form] = steps.bind([digits.when(is_of_form), form]);
        MysqlParts { digits, form, length: self.length }
    }
}

impl MysqlParts {
    /// The digits as text; NULL where the value is not of the form.
    pub(super) fn digits(&self) -> Expr {
        self.digits.clone()
    }

    /// How many digits there are.
    pub(super) fn count(&self) -> Expr {
        mysql::count(self.digits())
    }

    /// As many other digits in the same form; a constant where the value is not of the form. What stands between digits is
    /// put in at its place, from the first one on; the text read so goes through each call once. INSERT appends nothing,
    /// so another character stands at the end until it is cut off.
    pub(super) fn filled(&self, context: &Context<'_>, digits: Expr, otherwise: &str) -> Expr {
        let with_end = mysql::concat([digits, Expr::text(FORM)]);
        let put = |text: Expr, place: i64| {
            let between = mysql::without(mysql::part(self.form.clone(), place, 1), FORM);
            mysql::call("INSERT", [text, Expr::Integer(place), Expr::Integer(0), between])
        };
        let filled = (1..=i64::from(self.length)).fold(with_end, put);
        let filled = mysql::call("LEFT", [filled, mysql::count(self.form.clone())]);
        let other = (context.input.clone().is_not_null(), Expr::text(otherwise));
        Expr::Case(vec![(self.digits().is_not_null(), filled), other], None)
    }
}

impl Parts {
    /// The digits as text; NULL where the value is not of the form.
    pub(super) fn digits(&self) -> Expr {
        Expr::of(&self.relation, "digits")
    }

    /// How many digits there are.
    pub(super) fn count(&self) -> Expr {
        Expr::call("length", [self.digits()])
    }

    /// As many other digits in the same form; a constant where the value is not of the form.
    pub(super) fn filled(&self, context: &Context<'_>, digits: Expr, otherwise: &str) -> Expr {
        let filled = Expr::call("to_char", [digits.cast("numeric"), Expr::of(&self.relation, "format")]);
        let other = (context.input.clone().is_not_null(), Expr::text(otherwise));
        Expr::Case(vec![(self.digits().is_not_null(), filled), other], None)
    }
}
