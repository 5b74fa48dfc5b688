//! Simple CHECK expressions, evaluated on a constant as PostgreSQL would: three-valued, and "cannot tell" beside.

use crate::postgres::with_tree;
use crate::resolve::expression::string_of;
use pg_query::NodeEnum;
use pg_query::protobuf::{self, AExprKind, BoolExprType, Node, NullTestType, a_const};
use std::cmp::Ordering;

/// A value that is known before any row is.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// NULL
    Null,
    /// A string.
    Text(String),
    /// A number as written.
    Number(String),
    /// A truth value.
    Boolean(bool),
}

impl Constant {
    /// A SQL expression that is one literal, maybe cast.
    pub fn parse(text: &str) -> Option<Self> {
        evaluate(text, "", &Self::Null)
    }
}

/// Whether a CHECK passes when `column` has this value: true also where the expression is NULL. `None` when it
/// cannot be told, for example because it reads other columns.
pub fn holds(sql: &str, column: &str, value: &Constant) -> Option<bool> {
    match evaluate(sql, column, value)? {
        Constant::Boolean(truth) => Some(truth),
        Constant::Null => Some(true),
        Constant::Text(_) | Constant::Number(_) => None,
    }
}

/// Whether a row may be in a partial index with this predicate while `column` is NULL.
pub fn may_pass(predicate: &str, column: &str) -> bool {
    // A function of the schema's own may make something of NULL.
    let read = |node: &Node| Evaluator { column, value: &Constant::Null, all_strict: false }.value(node);
    !matches!(with_expression(predicate, read), Some(Constant::Null | Constant::Boolean(false)))
}

/// Whether an expression reads `column` for nothing but whether it is NULL. Where the name stands once more in any
/// way, nothing is claimed.
pub fn asks_for_null_only(sql: &str, column: &str) -> bool {
    let mentions = sql.to_lowercase().matches(&column.to_lowercase()).count();
    with_expression(sql, |node| (null_tests(node, column) == mentions).then_some(())).is_some()
}

fn null_tests(node: &Node, column: &str) -> usize {
    match node.node.as_ref() {
        Some(NodeEnum::BoolExpr(expression)) => {
            expression.args.iter().map(|argument| null_tests(argument, column)).sum()
        }
        Some(NodeEnum::NullTest(test)) => usize::from(test.arg.as_deref().is_some_and(|arg| is_column(arg, column))),
        _ => 0,
    }
}

/// Whether an expression is `lower(column)` or `upper(column)`, whatever text the column is cast to.
pub fn is_folded(sql: &str, column: &str) -> bool {
    let folded = with_expression(sql, |node| {
        let NodeEnum::FuncCall(call) = node.node.as_ref()? else { return None };
        let ([argument], Some("lower" | "upper")) = (call.args.as_slice(), call.funcname.last().and_then(string_of))
        else {
            return None;
        };
        let inner = match argument.node.as_ref()? {
            NodeEnum::TypeCast(cast) if is_text(cast) => cast.arg.as_deref()?,
            _ => argument,
        };
        is_column(inner, column).then_some(())
    });
    folded.is_some()
}

fn is_text(cast: &protobuf::TypeCast) -> bool {
    let names = cast.type_name.as_ref().map(|of| of.names.as_slice()).unwrap_or_default();
    names.last().and_then(string_of).is_some_and(|name| name == "text")
}

fn is_column(node: &Node, column: &str) -> bool {
    matches!(node.node.as_ref(), Some(NodeEnum::ColumnRef(reference))
        if reference.fields.last().and_then(string_of).is_some_and(|name| name.eq_ignore_ascii_case(column)))
}

fn with_expression<R: Send>(text: &str, read: impl Fn(&Node) -> Option<R> + Sync) -> Option<R> {
    with_tree(&format!("SELECT ({text}\n)"), |tree| {
        let NodeEnum::SelectStmt(select) = tree.ok()?.stmts.first()?.stmt.as_ref()?.node.as_ref()? else { return None };
        let NodeEnum::ResTarget(target) = select.target_list.first()?.node.as_ref()? else { return None };
        read(target.val.as_deref()?)
    })
}

fn evaluate(text: &str, column: &str, value: &Constant) -> Option<Constant> {
    with_expression(text, |node| Evaluator { column, value, all_strict: true }.value(node))
}

struct Evaluator<'a> {
    column: &'a str,
    value: &'a Constant,
    /// Whether every function is taken to give NULL for NULL.
    all_strict: bool,
}

impl Evaluator<'_> {
    fn value(&self, node: &Node) -> Option<Constant> {
        match node.node.as_ref()? {
            NodeEnum::AConst(constant) => literal(constant),
            NodeEnum::TypeCast(cast) => self.value(cast.arg.as_deref()?),
            NodeEnum::ColumnRef(reference) => {
                let name = reference.fields.last().and_then(string_of)?;
                name.eq_ignore_ascii_case(self.column).then(|| self.value.clone())
            }
            NodeEnum::BoolExpr(expression) => self.boolean(expression),
            NodeEnum::NullTest(test) => {
                let is_null = self.value(test.arg.as_deref()?)? == Constant::Null;
                let wants_null = test.nulltesttype == NullTestType::IsNull as i32;
                Some(Constant::Boolean(is_null == wants_null))
            }
            NodeEnum::FuncCall(call) => self.call(call),
            NodeEnum::AExpr(expression) => self.operator(expression),
            _ => None,
        }
    }

    fn boolean(&self, expression: &protobuf::BoolExpr) -> Option<Constant> {
        let values: Vec<Option<Constant>> = expression.args.iter().map(|argument| self.value(argument)).collect();
        let decides = |truth: bool| values.contains(&Some(Constant::Boolean(truth)));
        let kind = BoolExprType::try_from(expression.boolop).ok()?;
        match kind {
            BoolExprType::AndExpr if decides(false) => Some(Constant::Boolean(false)),
            BoolExprType::OrExpr if decides(true) => Some(Constant::Boolean(true)),
            BoolExprType::NotExpr => match values.into_iter().next()?? {
                Constant::Boolean(truth) => Some(Constant::Boolean(!truth)),
                Constant::Null => Some(Constant::Null),
                _ => None,
            },
            BoolExprType::AndExpr | BoolExprType::OrExpr => {
                let values: Option<Vec<Constant>> = values.into_iter().collect();
                let has_null = values?.contains(&Constant::Null);
                Some(if has_null { Constant::Null } else { Constant::Boolean(kind == BoolExprType::AndExpr) })
            }
            BoolExprType::Undefined => None,
        }
    }

    fn call(&self, call: &protobuf::FuncCall) -> Option<Constant> {
        let name = call.funcname.last().and_then(string_of)?;
        let [argument] = call.args.as_slice() else { return None };
        match (name, self.value(argument)?) {
            ("length" | "char_length" | "character_length" | "lower" | "upper", Constant::Null) => Some(Constant::Null),
            (_, Constant::Null) if self.all_strict => Some(Constant::Null),
            ("length" | "char_length" | "character_length", Constant::Text(text)) => {
                Some(Constant::Number(text.chars().count().to_string()))
            }
            ("lower", Constant::Text(text)) if text.is_ascii() => Some(Constant::Text(text.to_ascii_lowercase())),
            ("upper", Constant::Text(text)) if text.is_ascii() => Some(Constant::Text(text.to_ascii_uppercase())),
            _ => None,
        }
    }

    fn operator(&self, expression: &protobuf::AExpr) -> Option<Constant> {
        let operator = expression.name.last().and_then(string_of)?;
        let left = self.value(expression.lexpr.as_deref()?)?;
        let right = expression.rexpr.as_deref()?;
        match AExprKind::try_from(expression.kind).ok()? {
            AExprKind::AexprOp => compare(&left, operator, &self.value(right)?),
            AExprKind::AexprOpAny | AExprKind::AexprIn => {
                let found = self.any(&left, if operator == "<>" { "=" } else { operator }, right)?;
                if operator == "<>" && expression.kind == AExprKind::AexprIn as i32 {
                    negate(&found)
                } else {
                    Some(found)
                }
            }
            AExprKind::AexprBetween => {
                let NodeEnum::List(bounds) = right.node.as_ref()? else { return None };
                let [low, high] = bounds.items.as_slice() else { return None };
                let above = compare(&left, ">=", &self.value(low)?)?;
                let below = compare(&left, "<=", &self.value(high)?)?;
                match (above, below) {
                    (Constant::Boolean(above), Constant::Boolean(below)) => Some(Constant::Boolean(above && below)),
                    _ => Some(Constant::Null),
                }
            }
            _ => None,
        }
    }

    fn any(&self, left: &Constant, operator: &str, list: &Node) -> Option<Constant> {
        let items = match list.node.as_ref()? {
            NodeEnum::List(list) => &list.items,
            NodeEnum::AArrayExpr(array) => &array.elements,
            NodeEnum::TypeCast(cast) => return self.any(left, operator, cast.arg.as_deref()?),
            _ => return None,
        };
        if *left == Constant::Null {
            return Some(Constant::Null);
        }
        let mut verdict = Constant::Boolean(false);
        for item in items {
            match compare(left, operator, &self.value(item)?)? {
                Constant::Boolean(true) => return Some(Constant::Boolean(true)),
                Constant::Null => verdict = Constant::Null,
                _ => {}
            }
        }
        Some(verdict)
    }
}

fn negate(value: &Constant) -> Option<Constant> {
    match value {
        Constant::Boolean(truth) => Some(Constant::Boolean(!truth)),
        Constant::Null => Some(Constant::Null),
        _ => None,
    }
}

fn literal(constant: &protobuf::AConst) -> Option<Constant> {
    if constant.isnull {
        return Some(Constant::Null);
    }
    match constant.val.as_ref()? {
        a_const::Val::Ival(integer) => Some(Constant::Number(integer.ival.to_string())),
        a_const::Val::Fval(float) => Some(Constant::Number(float.fval.clone())),
        a_const::Val::Boolval(boolean) => Some(Constant::Boolean(boolean.boolval)),
        a_const::Val::Sval(string) => Some(Constant::Text(string.sval.clone())),
        a_const::Val::Bsval(_) => None,
    }
}

/// Order is told for numbers only: that of text depends on the collation, that of dates on their reading.
fn compare(left: &Constant, operator: &str, right: &Constant) -> Option<Constant> {
    let ordering = match (left, right) {
        (Constant::Null, _) | (_, Constant::Null) => return Some(Constant::Null),
        // A quoted number takes the type of what it is compared with.
        (Constant::Number(left), Constant::Number(right) | Constant::Text(right))
        | (Constant::Text(left), Constant::Number(right)) => number(left)?.partial_cmp(&number(right)?)?,
        (Constant::Boolean(left), Constant::Boolean(right)) => left.cmp(right),
        (Constant::Text(left), Constant::Text(right)) if left == right => Ordering::Equal,
        (Constant::Text(_), Constant::Text(_)) => {
            return match operator {
                "=" => Some(Constant::Boolean(false)),
                "<>" => Some(Constant::Boolean(true)),
                _ => None,
            };
        }
        _ => return None,
    };
    Some(Constant::Boolean(match operator {
        "=" => ordering == Ordering::Equal,
        "<>" => ordering != Ordering::Equal,
        "<" => ordering == Ordering::Less,
        "<=" => ordering != Ordering::Greater,
        ">" => ordering == Ordering::Greater,
        ">=" => ordering != Ordering::Less,
        _ => return None,
    }))
}

/// Exact for what a person writes in a CHECK: up to fifteen digits.
fn number(text: &str) -> Option<f64> {
    (text.len() <= 15).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Constant, asks_for_null_only, holds, is_folded, may_pass};

    fn text(value: &str) -> Constant {
        Constant::Text(value.to_owned())
    }

    #[test]
    fn simple_checks_are_decided() {
        let number = |value: &str| Constant::Number(value.to_owned());
        assert_eq!(holds("amount >= 0", "amount", &number("-1")), Some(false));
        assert_eq!(holds("(amount >= (0)::numeric)", "amount", &number("1.5")), Some(true));
        assert_eq!(holds("status = ANY (ARRAY['a'::text, 'b'::text])", "status", &text("c")), Some(false));
        assert_eq!(holds("status IN ('a', 'b')", "status", &text("b")), Some(true));
        assert_eq!(holds("status NOT IN ('a', 'b')", "status", &text("b")), Some(false));
        assert_eq!(holds("char_length(name) <= 3", "name", &text("日本語")), Some(true));
        assert_eq!(holds("length(name) > 3 AND other > 1", "name", &text("abc")), Some(false));
        assert_eq!(holds("name <> ''", "name", &Constant::Null), Some(true));
        assert_eq!(holds("name IS NOT NULL", "name", &Constant::Null), Some(false));
        assert_eq!(holds("VALUE BETWEEN 1 AND 5", "value", &number("6")), Some(false));
    }

    #[test]
    fn what_a_predicate_asks_of_a_column_is_seen() {
        assert!(!may_pass("token IS NOT NULL AND f(other)", "token") && !may_pass("token <> ''", "token"));
        assert!(may_pass("token IS NULL", "token") && may_pass("f(token)", "token"));
        assert!(asks_for_null_only("(token IS NOT NULL) AND (other > 1)", "token"));
        assert!(!asks_for_null_only("(token IS NOT NULL) AND (token <> ''::text)", "token"));
        assert!(!asks_for_null_only("(lower(token) IS NOT NULL)", "token"));
        assert!(is_folded("lower((name)::text)", "name") && is_folded("pg_catalog.upper(name)", "name"));
        assert!(!is_folded("lower((name)::char(3))", "name") && !is_folded("lower(left(name, 3))", "name"));
    }

    #[test]
    fn what_cannot_be_told_is_not_claimed() {
        assert_eq!(holds("name ~ '^[a-z]+$'", "name", &text("abc")), None);
        assert_eq!(holds("name < 'b'", "name", &text("a")), None);
        assert_eq!(holds("other > 1", "name", &text("a")), None);
        assert_eq!(holds("f(name)", "name", &text("a")), None);
    }
}
