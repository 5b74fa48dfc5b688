//! A user's SQL expression over one row, read by PostgreSQL's own grammar.
//!
//! The problem: an expression that reaches an export may read only what the policy can reason about. So the
//! parsed tree is walked against a list of node kinds that are understood; anything else (a sub-select, an
//! aggregate, a window, a parameter) is refused by name instead of being passed through. On the way the walk
//! collects which columns are read, where they stand in the text, and what can be said of NULL and of errors.

pub mod functions;
pub mod mysql;

use crate::model::{Facts, RowSql};
use crate::postgres::{tokens, with_tree};
use pg_query::NodeEnum;
use pg_query::protobuf::{self, AExprKind as Kind, Node, a_const};
use std::collections::BTreeSet;
use std::ops::Range;

/// What a name in an expression may mean.
pub struct Scope<'a> {
    /// The row's columns.
    pub is_column: &'a (dyn Fn(&str) -> bool + Sync),
    /// Names that may stand before a column's dot: the table's own.
    pub qualifier: &'a str,
    /// Whether an operator over this column needs its schema, because its type comes from an extension.
    pub is_extension_typed: &'a (dyn Fn(&str) -> bool + Sync),
    /// For a function written without a schema: the schema of the catalog that has it, when one does.
    pub schema_of_function: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// Why an expression cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// PostgreSQL's grammar does not read it; its message.
    Syntax(String),
    /// A name is no column of the row. The place within the text.
    UnknownColumn(String, Range<usize>),
    /// A construct that cannot be reasoned about, in words.
    Construct(&'static str),
    /// A function that lives in a schema of the catalog was written without that schema.
    Unqualified {
        /// The function.
        function: String,
        /// Where it lives.
        schema: String,
    },
    /// An operator stands beside a column whose type comes from an extension.
    ExtensionOperator {
        /// The column.
        column: String,
        /// The operator.
        operator: String,
    },
}

/// Reads `text` as one expression.
pub fn parse_row_sql(text: &str, scope: &Scope<'_>) -> Result<RowSql, Refusal> {
    const PREFIX: &str = "SELECT (";
    // The newline ends a line comment at the end of the user's text.
    let statement = format!("{PREFIX}{text}\n)");
    with_tree(&statement, |tree| {
        let tree = tree.map_err(|error| Refusal::Syntax(error.to_string()))?;
        let root = sole_expression(tree).ok_or(Refusal::Construct("more than one expression"))?;
        let tokens = tokens(text).unwrap_or_default();
        let tokens = tokens.into_iter().filter(|token| !is_comment(token)).collect();
        let mut walker =
            Walker { scope, offset: PREFIX.len(), tokens, references: Vec::new(), columns: BTreeSet::new() };
        let value = walker.expression(root)?;
        walker.references.sort_by_key(|(range, _)| range.start);
        Ok(RowSql {
            text: text.to_owned(),
            references: walker.references,
            columns: walker.columns.into_iter().collect(),
            facts: Facts {
                null_only_with: value.null_only_with.map(|columns| columns.into_iter().collect()),
                total: value.total,
                identity_of: value.identity_of,
                shows: value.shows.into_iter().collect(),
            },
        })
    })
}

fn sole_expression(parsed: &protobuf::ParseResult) -> Option<&Node> {
    let [statement] = parsed.stmts.as_slice() else { return None };
    let Some(NodeEnum::SelectStmt(select)) = statement.stmt.as_ref()?.node.as_ref() else { return None };
    let only_a_value = select.from_clause.is_empty()
        && select.where_clause.is_none()
        && select.with_clause.is_none()
        && select.sort_clause.is_empty()
        && select.limit_count.is_none()
        && select.into_clause.is_none()
        && select.op == protobuf::SetOperation::SetopNone as i32;
    let [target] = select.target_list.as_slice() else { return None };
    match target.node.as_ref()? {
        NodeEnum::ResTarget(target) if only_a_value && target.name.is_empty() => target.val.as_deref(),
        _ => None,
    }
}

/// What is known of a sub-expression.
struct Value {
    null_only_with: Option<BTreeSet<String>>,
    total: bool,
    constant: bool,
    identity_of: Option<String>,
    shows: BTreeSet<String>,
}

impl Value {
    fn constant() -> Self {
        Self {
            null_only_with: Some(BTreeSet::new()),
            total: true,
            constant: true,
            identity_of: None,
            shows: BTreeSet::new(),
        }
    }

    fn unknown() -> Self {
        Self { null_only_with: None, total: false, constant: false, ..Self::constant() }
    }

    /// A strict combination: NULL only where one of the parts is.
    fn strict(parts: Vec<Self>) -> Self {
        let mut result = Self::constant();
        for part in parts {
            result.total &= part.total;
            result.constant &= part.constant;
            result.shows.extend(part.shows);
            result.null_only_with = match (result.null_only_with, part.null_only_with) {
                (Some(mut left), Some(right)) => {
                    left.extend(right);
                    Some(left)
                }
                _ => None,
            };
        }
        result
    }

    /// The same, but a value that can be told from it no longer tells the whole column.
    fn hiding(mut self) -> Self {
        self.shows.clear();
        self
    }

    fn nullable(mut self) -> Self {
        self.null_only_with = None;
        self.identity_of = None;
        self
    }

    fn raising(mut self) -> Self {
        self.total &= self.constant;
        self
    }
}

struct Walker<'a> {
    scope: &'a Scope<'a>,
    offset: usize,
    /// PostgreSQL's own, without comments.
    tokens: Vec<protobuf::ScanToken>,
    references: Vec<(Range<usize>, String)>,
    columns: BTreeSet<String>,
}

type Walked = Result<Value, Refusal>;

impl Walker<'_> {
    fn expression(&mut self, node: &Node) -> Walked {
        let Some(node) = node.node.as_ref() else { return Err(Refusal::Construct("an empty expression")) };
        match node {
            NodeEnum::AConst(constant) => Ok(constant_value(constant)),
            NodeEnum::ColumnRef(reference) => self.column(reference),
            NodeEnum::TypeCast(cast) => self.cast(cast),
            NodeEnum::FuncCall(call) => self.call(call),
            NodeEnum::AExpr(expression) => self.operator(expression),
            NodeEnum::BoolExpr(expression) => Ok(Value::strict(self.all(&expression.args)?).hiding()),
            NodeEnum::NullTest(test) => {
                self.optional(test.arg.as_deref())?;
                Ok(Value { constant: false, ..Value::constant() })
            }
            NodeEnum::BooleanTest(test) => {
                let total = self.optional(test.arg.as_deref())?.total;
                Ok(Value { total, constant: false, ..Value::constant() })
            }
            NodeEnum::CaseExpr(case) => self.case(case),
            NodeEnum::CoalesceExpr(coalesce) => self.coalesce(&coalesce.args),
            NodeEnum::MinMaxExpr(extreme) => self.coalesce(&extreme.args),
            NodeEnum::AArrayExpr(array) => {
                let elements = Value::strict(self.all(&array.elements)?);
                Ok(Value { total: elements.total, constant: false, shows: elements.shows, ..Value::constant() })
            }
            NodeEnum::RowExpr(row) => {
                let fields = Value::strict(self.all(&row.args)?);
                Ok(Value { total: fields.total, constant: false, shows: fields.shows, ..Value::constant() })
            }
            NodeEnum::AIndirection(indirection) => self.indirection(indirection),
            NodeEnum::CollateClause(clause) => self.optional(clause.arg.as_deref()),
            NodeEnum::SqlvalueFunction(_) => Ok(Value { constant: false, ..Value::constant() }),
            NodeEnum::List(list) => Ok(Value::strict(self.all(&list.items)?)),
            NodeEnum::SubLink(_) => Err(Refusal::Construct("a sub-select")),
            NodeEnum::ParamRef(_) => Err(Refusal::Construct("a parameter")),
            NodeEnum::SetToDefault(_) => Err(Refusal::Construct("`DEFAULT`")),
            _ => Err(Refusal::Construct("a construct that the compiler does not reason about")),
        }
    }

    fn all(&mut self, nodes: &[Node]) -> Result<Vec<Value>, Refusal> {
        nodes.iter().map(|node| self.expression(node)).collect()
    }

    fn optional(&mut self, node: Option<&Node>) -> Walked {
        node.map_or_else(|| Ok(Value::constant()), |node| self.expression(node))
    }

    fn column(&mut self, reference: &protobuf::ColumnRef) -> Walked {
        let names: Option<Vec<&str>> = reference.fields.iter().map(string_of).collect();
        let start = usize::try_from(reference.location).unwrap_or_default().saturating_sub(self.offset);
        let range = start..self.end_of_name(start, reference.fields.len());
        let Some(names) = names else { return Err(Refusal::Construct("`*`")) };
        let name = match names.as_slice() {
            [column] if (self.scope.is_column)(column) => *column,
            [qualifier, column] if *qualifier == self.scope.qualifier && (self.scope.is_column)(column) => *column,
            _ => return Err(Refusal::UnknownColumn(names.join("."), range)),
        };
        self.references.push((range, name.to_owned()));
        self.columns.insert(name.to_owned());
        Ok(Value {
            null_only_with: Some(BTreeSet::from([name.to_owned()])),
            total: true,
            constant: false,
            identity_of: Some(name.to_owned()),
            shows: BTreeSet::from([name.to_owned()]),
        })
    }

    /// Where the name of `parts` identifiers that begins at `start` ends, by PostgreSQL's own scanner.
    fn end_of_name(&self, start: usize, parts: usize) -> usize {
        let offset = |number: i32| usize::try_from(number).unwrap_or_default();
        let first = self.tokens.partition_point(|token| offset(token.start) < start);
        let last = first + (parts * 2).saturating_sub(2);
        self.tokens.get(last).map_or(start, |token| offset(token.end))
    }

    fn cast(&mut self, cast: &protobuf::TypeCast) -> Walked {
        let inner = self.optional(cast.arg.as_deref())?;
        let name = cast.type_name.as_ref().map(type_of).unwrap_or_default();
        let to_text = matches!(name.as_str(), "text" | "varchar" | "bpchar");
        let identity_of = inner.identity_of.clone();
        let inner = if to_text || inner.constant { inner } else { inner.raising() };
        Ok(Value { identity_of, ..inner })
    }

    fn call(&mut self, call: &protobuf::FuncCall) -> Walked {
        if call.over.is_some() || call.agg_star || call.agg_distinct || call.agg_filter.is_some() {
            return Err(Refusal::Construct("an aggregate or a window"));
        }
        if !call.agg_order.is_empty() || call.agg_within_group {
            return Err(Refusal::Construct("an aggregate or a window"));
        }
        let arguments = self.all(&call.args)?;
        let names: Vec<&str> = call.funcname.iter().filter_map(string_of).collect();
        let name = match names.as_slice() {
            [name] => {
                if let Some(schema) = (self.scope.schema_of_function)(name) {
                    return Err(Refusal::Unqualified { function: (*name).to_owned(), schema });
                }
                *name
            }
            ["pg_catalog", name] => *name,
            _ => return Ok(Value::unknown()),
        };
        if let Some(refused) = functions::refused(name) {
            return Err(Refusal::Construct(refused));
        }
        let value = functions::value(name, &call.args, arguments);
        Ok(if functions::gives_whole_back(name, &call.args) { value } else { value.hiding() })
    }

    fn operator(&mut self, expression: &protobuf::AExpr) -> Walked {
        let name = operator_name(expression);
        self.refuse_extension_operand(expression, &name)?;
        let left = self.optional(expression.lexpr.as_deref())?;
        let right = self.optional(expression.rexpr.as_deref())?;
        let kind = Kind::try_from(expression.kind).unwrap_or(Kind::Undefined);
        let of_left = left.shows.clone();
        let with_constant = left.constant || right.constant;
        let mut both = Value::strict(vec![left, right]);
        match kind {
            // What is joined can be taken apart again.
            Kind::AexprOp if name == "||" => {}
            Kind::AexprOp if with_constant && can_be_undone(&name, expression) => {}
            Kind::AexprNullif => both.shows = of_left,
            _ => both.shows.clear(),
        }
        let is_core = expression.name.len() == 1 || expression.name.first().and_then(string_of) == Some("pg_catalog");
        Ok(match kind {
            Kind::AexprDistinct | Kind::AexprNotDistinct => {
                Value { total: both.total, constant: both.constant, ..Value::constant() }
            }
            Kind::AexprOp if !is_core => both.raising().nullable(),
            Kind::AexprOp if matches!(name.as_str(), "->" | "->>" | "#>" | "#>>") => both.nullable(),
            Kind::AexprOp if !is_total_operator(&name) => both.raising(),
            Kind::AexprOp
            | Kind::AexprIn
            | Kind::AexprLike
            | Kind::AexprIlike
            | Kind::AexprBetween
            | Kind::AexprNotBetween
            | Kind::AexprBetweenSym
            | Kind::AexprNotBetweenSym => both,
            Kind::AexprNullif | Kind::AexprOpAny | Kind::AexprOpAll => both.nullable(),
            _ => both.raising(),
        })
    }

    /// Under the fixed search path of an export a bare `=` on a citext column would be text's.
    fn refuse_extension_operand(&self, expression: &protobuf::AExpr, name: &str) -> Result<(), Refusal> {
        if expression.name.len() > 1 {
            return Ok(());
        }
        let operands = [expression.lexpr.as_deref(), expression.rexpr.as_deref()];
        let bare = operands.into_iter().flatten().filter_map(bare_column);
        let offending = bare.into_iter().find(|column| (self.scope.is_extension_typed)(column));
        match offending {
            Some(column) => Err(Refusal::ExtensionOperator { column: column.to_owned(), operator: name.to_owned() }),
            None => Ok(()),
        }
    }

    fn case(&mut self, case: &protobuf::CaseExpr) -> Walked {
        let mut total = self.optional(case.arg.as_deref())?.total;
        let mut results = Vec::new();
        for arm in &case.args {
            let Some(NodeEnum::CaseWhen(arm)) = arm.node.as_ref() else { continue };
            total &= self.optional(arm.expr.as_deref())?.total;
            results.push(self.optional(arm.result.as_deref())?);
        }
        let has_default = case.defresult.is_some();
        results.push(self.optional(case.defresult.as_deref())?);
        let result = Value::strict(results);
        let result = if has_default { result } else { result.nullable() };
        Ok(Value { total: total && result.total, constant: false, ..result })
    }

    /// NULL only where every argument is, so the last argument's condition is necessary.
    fn coalesce(&mut self, arguments: &[Node]) -> Walked {
        let values = self.all(arguments)?;
        let total = values.iter().all(|value| value.total);
        let shows = values.iter().flat_map(|value| value.shows.iter().cloned()).collect();
        let never = values.iter().any(|value| value.null_only_with.as_ref().is_some_and(BTreeSet::is_empty));
        let last = values.into_iter().next_back().and_then(|value| value.null_only_with);
        let null_only_with = if never { Some(BTreeSet::new()) } else { last };
        Ok(Value { null_only_with, total, constant: false, identity_of: None, shows })
    }

    fn indirection(&mut self, indirection: &protobuf::AIndirection) -> Walked {
        let mut total = self.optional(indirection.arg.as_deref())?.total;
        for step in &indirection.indirection {
            match step.node.as_ref() {
                Some(NodeEnum::AIndices(indices)) => {
                    total &= self.optional(indices.lidx.as_deref())?.total;
                    total &= self.optional(indices.uidx.as_deref())?.total;
                }
                Some(NodeEnum::String(_)) => {}
                _ => return Err(Refusal::Construct("`*`")),
            }
        }
        Ok(Value { total, ..Value::unknown() })
    }
}

fn constant_value(constant: &protobuf::AConst) -> Value {
    if constant.isnull { Value::constant().nullable() } else { Value::constant() }
}

fn is_comment(token: &protobuf::ScanToken) -> bool {
    token.token == protobuf::Token::SqlComment as i32 || token.token == protobuf::Token::CComment as i32
}

/// The text of a `String` node.
pub fn string_of(node: &Node) -> Option<&str> {
    match node.node.as_ref()? {
        NodeEnum::String(string) => Some(&string.sval),
        _ => None,
    }
}

fn bare_column(node: &Node) -> Option<&str> {
    match node.node.as_ref()? {
        NodeEnum::ColumnRef(reference) => reference.fields.last().and_then(string_of),
        _ => None,
    }
}

fn type_of(name: &protobuf::TypeName) -> String {
    name.names.last().and_then(string_of).filter(|_| name.array_bounds.is_empty()).unwrap_or_default().to_owned()
}

fn operator_name(expression: &protobuf::AExpr) -> String {
    expression.name.last().and_then(string_of).unwrap_or_default().to_owned()
}

fn is_total_operator(name: &str) -> bool {
    matches!(name, "||" | "=" | "<>" | "!=" | "<" | ">" | "<=" | ">=" | "~~" | "!~~" | "~~*" | "!~~*" | "?")
}

/// Arithmetic with a constant, which whoever knows the constant does backwards. `/` and `%` make values coarser.
fn can_be_undone(operator: &str, expression: &protobuf::AExpr) -> bool {
    let is = |operand: &Option<Box<Node>>, number| operand.as_deref().and_then(integer_of) == Some(number);
    match operator {
        "+" | "-" | "#" | "~" => true,
        "*" => !is(&expression.lexpr, 0) && !is(&expression.rexpr, 0),
        "/" => is(&expression.rexpr, 1),
        _ => false,
    }
}

fn integer_of(node: &Node) -> Option<i32> {
    match node.node.as_ref()? {
        NodeEnum::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Ival(integer) => Some(integer.ival),
            _ => None,
        },
        NodeEnum::AExpr(negative) if negative.lexpr.is_none() && operator_name(negative) == "-" => {
            negative.rexpr.as_deref().and_then(integer_of).map(i32::wrapping_neg)
        }
        _ => None,
    }
}

fn text_of(node: &Node) -> Option<&str> {
    match node.node.as_ref()? {
        NodeEnum::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Sval(string) => Some(&string.sval),
            _ => None,
        },
        NodeEnum::TypeCast(cast) => cast.arg.as_deref().and_then(text_of),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RowSql, Refusal> {
        let scope = Scope {
            is_column: &|name| matches!(name, "a" | "b" | "wide Name" | "mail"),
            qualifier: "t",
            is_extension_typed: &|name| name == "mail",
            schema_of_function: &|name| (name == "own").then(|| "public".to_owned()),
        };
        parse_row_sql(text, &scope)
    }

    #[test]
    fn references_are_found_where_they_stand() {
        let sql = read("left(a, 1) || t . b || \"wide Name\" -- the end").unwrap();
        let texts: Vec<_> =
            sql.references.iter().map(|(range, name)| (&sql.text[range.clone()], name.as_str())).collect();
        assert_eq!(texts, [("a", "a"), ("t . b", "b"), ("\"wide Name\"", "wide Name")]);
    }

    #[test]
    fn null_and_errors_are_told_apart() {
        let facts = |text: &str| read(text).unwrap().facts;
        assert_eq!(facts("left(a, 1) || '**'").null_only_with, Some(vec!["a".to_owned()]));
        assert!(facts("left(a, 1) || '**'").total);
        assert_eq!(facts("coalesce(a, '')").null_only_with, Some(vec![]));
        assert_eq!(facts("case when b then a end").null_only_with, None);
        assert!(!facts("a::int").total);
        assert!(!facts("substr(a, 1, -1)").total);
        assert!(facts("a::text").total);
        assert_eq!(facts("((a)::text)").identity_of.as_deref(), Some("a"));
    }

    #[test]
    fn what_shows_a_whole_column_is_known() {
        for text in [
            "a",
            "(a)::text",
            "a collate \"C\"",
            "coalesce(a, a)",
            "coalesce(null, a, '')",
            "a || ''",
            "nullif(a, 'x')",
            "case when b then a else 'x' end",
            "lower(a)",
            "substr(a, 1)",
            "concat('', a)",
            "reverse(upper(a))",
            "greatest(a, '')",
            "to_json(array[a])",
            "left(a, 1000)",
            "right(a, 32)",
            "substr(a, 1, 200)",
            "rpad(a, 200)",
            "a + 0",
            "1 - a",
            "-a",
            "a * 2 + 1",
            "a / 1",
            "(a # 7)::int",
        ] {
            assert_eq!(read(text).unwrap().facts.shows, ["a"], "{text}");
        }
        for text in [
            "left(a, 1) || '**'",
            "md5(a)",
            "a = 'x'",
            "case when a = 'x' then 1 else 2 end",
            "length(a)",
            "left(a, 31)",
            "left(a, -4)",
            "substr(a, 3, 200)",
            "a * 0",
            "a / 10",
            "a % 10",
            "a + random()",
        ] {
            assert!(read(text).unwrap().facts.shows.is_empty(), "{text}");
        }
    }

    #[test]
    fn functions_that_reach_beyond_the_row_are_refused() {
        for text in [
            "current_setting('noren.mask_key')",
            "pg_catalog.query_to_xml('select 1', true, true, '')",
            "pg_read_file('x')",
            "nextval('s')",
            "unnest(a)",
            "stddev(a)",
            "lo_get(1)",
        ] {
            assert!(matches!(read(text), Err(Refusal::Construct(_))), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_reasoned_about_is_refused() {
        assert!(matches!(read("(select 1)"), Err(Refusal::Construct("a sub-select"))));
        assert!(matches!(read("1), (2"), Err(Refusal::Construct(_) | Refusal::Syntax(_))));
        assert!(matches!(read("1) from pg_authid where (true"), Err(Refusal::Construct(_) | Refusal::Syntax(_))));
        assert!(matches!(read("c"), Err(Refusal::UnknownColumn(..))));
        assert!(matches!(read("a.b.c"), Err(Refusal::UnknownColumn(..))));
        assert!(matches!(read("count(*)"), Err(Refusal::Construct(_))));
        assert!(matches!(read("own(a)"), Err(Refusal::Unqualified { .. })));
        assert!(matches!(read("mail = 'x'"), Err(Refusal::ExtensionOperator { .. })));
        assert!(read("mail::text = 'x'").is_ok());
    }
}
