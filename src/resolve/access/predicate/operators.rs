//! Operators: which of them say yes or no of two values, what they are of NULL, and what an index needs.

use super::{Read, Walker};
use crate::catalog::DataType;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::formula::{Comparison, Formula, Term};
use crate::resolve::expression::string_of;
use pg_query::NodeEnum;
use pg_query::protobuf::{self, AExpr, AExprKind as Kind, Node, SubLinkType};

/// An operator's node is a condition, or else a value.
type Operated = Result<Formula, Term>;

impl Walker<'_> {
    pub(super) fn operator_formula(&mut self, expression: &AExpr) -> Read<Operated> {
        let name = operator_name(expression);
        let is_core = is_core(&expression.name);
        if is_core {
            self.refuse_extension_operand(expression, &name)?;
        }
        let kind = Kind::try_from(expression.kind).unwrap_or(Kind::Undefined);
        self.warn_of_lost_index(expression);
        match kind {
            Kind::AexprOpAny | Kind::AexprOpAll if is_core => {
                return self.any_element(expression, &name, kind == Kind::AexprOpAll).map(Ok);
            }
            Kind::AexprIn if is_core => return self.in_list(expression, &name).map(Ok),
            Kind::AexprBetween | Kind::AexprNotBetween => {
                return self.between(expression, kind == Kind::AexprNotBetween).map(Ok);
            }
            Kind::AexprOp if is_core && is_row(expression.lexpr.as_deref()) && is_row(expression.rexpr.as_deref()) => {
                return self.rows_compared(expression, &name).map(Ok);
            }
            _ => {}
        }
        let settings_before = self.settings_read;
        let left = self.optional_term(expression.lexpr.as_deref())?;
        let right = self.optional_term(expression.rexpr.as_deref())?;
        self.refuse_same_column(expression, &left, &right)?;
        Ok(match kind {
            Kind::AexprDistinct | Kind::AexprNotDistinct => {
                if self.settings_read > settings_before {
                    return Err(self.distinct_setting(expression));
                }
                let same = Formula::Same(Box::new(left), Box::new(right));
                Ok(if kind == Kind::AexprDistinct { not(same) } else { same })
            }
            Kind::AexprNullif => Err(Term::NullIf(Box::new(left), Box::new(right))),
            // A row constructor beside something else: NULL where a part of it is.
            Kind::AexprOp if is_row(expression.lexpr.as_deref()) || is_row(expression.rexpr.as_deref()) => {
                Err(Term::Opaque { name: format!("rows {name}"), parts: vec![left, right] })
            }
            Kind::AexprOp if is_core && expression.lexpr.is_some() => operated(&name, left, right),
            Kind::AexprOp if is_core => Err(strict(&name, vec![right])),
            Kind::AexprLike | Kind::AexprIlike | Kind::AexprSimilar if is_core => Err(strict(&name, vec![left, right])),
            Kind::AexprBetweenSym | Kind::AexprNotBetweenSym => Err(strict("between symmetric", vec![left, right])),
            // An operator of the schema's own may be anything, also of NULL.
            _ => Err(Term::Opaque { name: format!("operator {name} {kind:?}"), parts: vec![left, right] }),
        })
    }

    fn any_element(&mut self, expression: &AExpr, name: &str, all: bool) -> Read<Formula> {
        if let Some(NodeEnum::SubLink(link)) = expression.rexpr.as_deref().and_then(|node| node.node.as_ref())
            && link.sub_link_type == SubLinkType::ArraySublink as i32
        {
            let left = expression.lexpr.as_deref();
            return self.quantified(left, &expression.name, link.subselect.as_deref(), all, link.location);
        }
        let left = Box::new(self.optional_term(expression.lexpr.as_deref())?);
        if let Some(NodeEnum::AArrayExpr(array)) = expression.rexpr.as_deref().and_then(|node| node.node.as_ref())
            && !array.elements.iter().any(|node| matches!(node.node.as_ref(), Some(NodeEnum::AArrayExpr(_))))
        {
            let mut each = Vec::new();
            for node in &array.elements {
                each.push(condition(operated(name, (*left).clone(), self.term(node)?)));
            }
            return Ok(if all { Formula::And(each) } else { Formula::Or(each) });
        }
        let right = Box::new(self.optional_term(expression.rexpr.as_deref())?);
        if !all {
            return Ok(Formula::AnyElement(name.to_owned(), left, right));
        }
        // `x OP ALL (a)` is `NOT (x NOT-OP ANY (a))`, also where something is NULL.
        let negated = match name {
            "=" => "<>".to_owned(),
            "<>" => "=".to_owned(),
            other => format!("not {other}"),
        };
        Ok(not(Formula::AnyElement(negated, left, right)))
    }

    /// `x OP ANY (SELECT …)` or `ALL`; no operator is IN.
    pub(super) fn quantified(
        &mut self,
        left: Option<&Node>,
        operator: &[Node],
        select: Option<&Node>,
        all: bool,
        location: i32,
    ) -> Read<Formula> {
        let name = operator.last().and_then(string_of).unwrap_or("=").to_owned();
        let lefts = match left.and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::RowExpr(row)) => self.terms(&row.args)?,
            _ => vec![self.optional_term(left)?],
        };
        let read = self.sub_select(select, false, location)?;
        let is_known = lefts.len() == read.targets.len() && is_core(operator);
        let each = if is_known && (lefts.len() == 1 || name == "=") {
            let pairs = lefts.into_iter().zip(read.targets);
            Formula::And(pairs.map(|(left, right)| condition(operated(&name, left, right))).collect())
        } else {
            let parts = lefts.into_iter().chain(read.targets).collect();
            Formula::Value(Box::new(Term::Opaque { name: format!("operator {name}"), parts }))
        };
        let rows = Box::new(read.rows);
        Ok(if all { not(Formula::AnyRow(Box::new(not(each)), rows)) } else { Formula::AnyRow(Box::new(each), rows) })
    }

    fn in_list(&mut self, expression: &AExpr, name: &str) -> Read<Formula> {
        let left = self.optional_term(expression.lexpr.as_deref())?;
        let Some(NodeEnum::List(list)) = expression.rexpr.as_deref().and_then(|node| node.node.as_ref()) else {
            let right = self.optional_term(expression.rexpr.as_deref())?;
            let parts = vec![left, right];
            return Ok(Formula::Value(Box::new(Term::Opaque { name: "in".to_owned(), parts })));
        };
        let mut any = Vec::new();
        for node in &list.items {
            let right = self.term(node)?;
            self.refuse_same_column(expression, &left, &right)?;
            any.push(Formula::Compare(Comparison::Equal, Box::new(left.clone()), Box::new(right)));
        }
        Ok(if name == "<>" { not(Formula::Or(any)) } else { Formula::Or(any) })
    }

    fn between(&mut self, expression: &AExpr, negated: bool) -> Read<Formula> {
        let value = self.optional_term(expression.lexpr.as_deref())?;
        let Some(NodeEnum::List(bounds)) = expression.rexpr.as_deref().and_then(|node| node.node.as_ref()) else {
            return Err(self.construct("BETWEEN without bounds", self.range_at(expression.location)));
        };
        let mut bounds = self.terms(&bounds.items)?.into_iter();
        let (Some(low), Some(high)) = (bounds.next(), bounds.next()) else {
            return Err(self.construct("BETWEEN without bounds", self.range_at(expression.location)));
        };
        let low = Formula::Compare(Comparison::GreaterOrEqual, Box::new(value.clone()), Box::new(low));
        let high = Formula::Compare(Comparison::LessOrEqual, Box::new(value), Box::new(high));
        let both = Formula::And(vec![low, high]);
        Ok(if negated { not(both) } else { both })
    }

    /// `(a, b) = (c, d)`, a column at a time.
    fn rows_compared(&mut self, expression: &AExpr, name: &str) -> Read<Formula> {
        let left = self.row_terms(expression.lexpr.as_deref())?;
        let right = self.row_terms(expression.rexpr.as_deref())?;
        if left.len() != right.len() || !matches!(name, "=" | "<>") {
            let parts = left.into_iter().chain(right).collect();
            return Ok(Formula::Value(Box::new(Term::Opaque { name: format!("rows {name}"), parts })));
        }
        let mut all = Vec::new();
        for (left, right) in left.into_iter().zip(right) {
            self.refuse_same_column(expression, &left, &right)?;
            all.push(Formula::Compare(Comparison::Equal, Box::new(left), Box::new(right)));
        }
        Ok(if name == "<>" { not(Formula::And(all)) } else { Formula::And(all) })
    }

    fn row_terms(&mut self, node: Option<&Node>) -> Read<Vec<Term>> {
        match node.and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::RowExpr(row)) => self.terms(&row.args),
            _ => Ok(Vec::new()),
        }
    }

    fn refuse_same_column(&self, expression: &AExpr, left: &Term, right: &Term) -> Read<()> {
        let (Some(one), Some(other)) = (bare_column(left), bare_column(right)) else { return Ok(()) };
        if one.item != other.item || one.name != other.name {
            return Ok(());
        }
        let title = format!("expected two different values to compare, found `{}` twice", one.name);
        let diagnostic = Diagnostic::new(codes::N0705, title)
            .at(self.span(&self.range_at(expression.location)), "is true of every row that has a value")
            .help("name the table of each: one of them was meant to be another table's");
        Err(Box::new(diagnostic))
    }

    fn distinct_setting(&self, expression: &AExpr) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::new(codes::N0709, "expected `=` beside a setting, found `IS [NOT] DISTINCT FROM`")
                .at(self.span(&self.range_at(expression.location)), "an unset setting would be a value like any other")
                .note("a session without the setting would see the rows whose column is NULL")
                .help("write `=`; rows without a value are said apart: `or COLUMN is null`"),
        )
    }

    /// Policies are made under `search_path = pg_catalog`, where a bare `=` on a citext column would be text's.
    fn refuse_extension_operand(&self, expression: &AExpr, name: &str) -> Read<()> {
        let operands = [expression.lexpr.as_deref(), expression.rexpr.as_deref()];
        let typed = |node: &Node| self.type_behind(node).is_some_and(|data_type| self.is_of_extension(&data_type));
        if expression.name.len() > 1 || !operands.into_iter().flatten().any(typed) {
            return Ok(());
        }
        Err(Box::new(
            Diagnostic::new(codes::N0707, format!("expected an operator with its schema, found `{name}`"))
                .at(self.span(&self.range_at(expression.location)), "stands beside a type of an extension")
                .note("policies are made with `search_path = pg_catalog`, where this would be another operator")
                .help(format!("cast to a core type, for example `::text`, or write `OPERATOR(public.{name})`")),
        ))
    }

    fn type_behind(&self, node: &Node) -> Option<DataType> {
        match node.node.as_ref()? {
            NodeEnum::ColumnRef(reference) => match self.column_behind(reference) {
                Some(column) => Some(column.data_type.clone()),
                None => self.setting_behind(reference).map(|setting| setting.data_type.clone()),
            },
            NodeEnum::TypeCast(cast) => Self::type_named(cast.type_name.as_ref()?),
            NodeEnum::CollateClause(clause) => self.type_behind(clause.arg.as_deref()?),
            _ => None,
        }
    }

    /// A cast or a function around the column keeps an index on it from being used.
    fn warn_of_lost_index(&mut self, expression: &AExpr) {
        let (Some(left), Some(right)) = (expression.lexpr.as_deref(), expression.rexpr.as_deref()) else { return };
        let lost = if self.is_setting(right) {
            self.wrapped_column(left)
        } else if self.is_setting(left) {
            self.wrapped_column(right)
        } else {
            None
        };
        let Some((column, location)) = lost else { return };
        let title = format!("expected the column `{column}` as it is beside a setting, found it is computed with");
        self.warnings.push(
            Diagnostic::new(codes::N0710, title)
                .at(self.span(&self.range_at(location)), "no index of the column can be used")
                .note("every statement would read the whole table")
                .help("change the other side: declare the setting with the column's type"),
        );
    }

    fn is_setting(&self, node: &Node) -> bool {
        match node.node.as_ref() {
            Some(NodeEnum::ColumnRef(reference)) => self.setting_behind(reference).is_some(),
            Some(NodeEnum::TypeCast(cast)) => cast.arg.as_deref().is_some_and(|node| self.is_setting(node)),
            _ => false,
        }
    }

    fn wrapped_column(&self, node: &Node) -> Option<(String, i32)> {
        let inner = match node.node.as_ref()? {
            NodeEnum::TypeCast(cast) => cast.arg.as_deref()?,
            NodeEnum::FuncCall(call) => call.args.first()?,
            _ => return None,
        };
        match inner.node.as_ref()? {
            NodeEnum::ColumnRef(reference) if self.setting_behind(reference).is_none() => {
                Some((reference.fields.last().and_then(string_of)?.to_owned(), reference.location))
            }
            _ => self.wrapped_column(inner),
        }
    }
}

/// What a core operator says of two values.
fn operated(name: &str, left: Term, right: Term) -> Operated {
    let comparison = match name {
        "=" | "<>" => Comparison::Equal,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        // It joins arrays, of which either may be NULL.
        "||" => return Err(Term::Opaque { name: name.to_owned(), parts: vec![left, right] }),
        _ => return Err(strict(name, vec![left, right])),
    };
    let formula = Formula::Compare(comparison, Box::new(left), Box::new(right));
    Ok(if name == "<>" { not(formula) } else { formula })
}

fn condition(operated: Operated) -> Formula {
    operated.unwrap_or_else(|term| Formula::Value(Box::new(term)))
}

fn strict(name: &str, parts: Vec<Term>) -> Term {
    Term::Strict { name: name.to_owned(), parts, may_be_null: true }
}

fn not(formula: Formula) -> Formula {
    Formula::Not(Box::new(formula))
}

fn is_core(name: &[Node]) -> bool {
    name.len() <= 1 || name.first().and_then(string_of) == Some("pg_catalog")
}

fn is_row(node: Option<&Node>) -> bool {
    matches!(node.and_then(|node| node.node.as_ref()), Some(NodeEnum::RowExpr(_)))
}

fn bare_column(term: &Term) -> Option<&crate::model::formula::ColumnTerm> {
    match term {
        Term::Column(column) => Some(column),
        Term::Strict { name, parts, .. } if name.starts_with("::") => parts.first().and_then(bare_column),
        _ => None,
    }
}

fn operator_name(expression: &protobuf::AExpr) -> String {
    expression.name.last().and_then(string_of).unwrap_or_default().to_owned()
}
