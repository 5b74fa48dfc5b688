//! The walk: every node of the tree becomes a condition or a value, or is refused by name.

use super::{Read, Walker};
use crate::catalog::Category;
use crate::model::formula::{Comparison, Formula, Term};
use crate::resolve::expression::string_of;
use pg_query::NodeEnum;
use pg_query::protobuf::{self, BoolExprType, BoolTestType, Node, NullTestType, SubLinkType, a_const};

impl Walker<'_> {
    /// A node as a condition.
    pub(super) fn formula(&mut self, node: &Node) -> Read<Formula> {
        let Some(inner) = node.node.as_ref() else { return Err(self.construct("an empty expression", 0..self.end())) };
        Ok(match inner {
            NodeEnum::AConst(constant) => match &constant.val {
                _ if constant.isnull => Formula::Constant(None),
                Some(a_const::Val::Boolval(value)) => Formula::Constant(Some(value.boolval)),
                _ => Formula::Value(Box::new(self.term(node)?)),
            },
            NodeEnum::BoolExpr(expression) => {
                let parts = expression.args.iter().map(|node| self.formula(node)).collect::<Read<Vec<_>>>()?;
                match BoolExprType::try_from(expression.boolop) {
                    Ok(BoolExprType::AndExpr) => Formula::And(parts),
                    Ok(BoolExprType::OrExpr) => Formula::Or(parts),
                    _ => Formula::Not(Box::new(Formula::And(parts))),
                }
            }
            NodeEnum::NullTest(test) => self.null_test(test)?,
            NodeEnum::BooleanTest(test) => self.boolean_test(test)?,
            NodeEnum::AExpr(expression) => match self.operator_formula(expression)? {
                Ok(formula) => formula,
                Err(term) => Formula::Value(Box::new(term)),
            },
            NodeEnum::CaseExpr(case) => {
                let mut arms = Vec::new();
                let subject = self.case_subject(case)?;
                for (condition, result) in case_arms(case) {
                    let condition = self.case_condition(subject.as_ref(), condition)?;
                    arms.push((condition, self.optional_formula(result)?));
                }
                Formula::Case(arms, Box::new(self.optional_formula(case.defresult.as_deref())?))
            }
            NodeEnum::SubLink(link) => self.sub_link_formula(link)?,
            _ => Formula::Value(Box::new(self.term(node)?)),
        })
    }

    fn optional_formula(&mut self, node: Option<&Node>) -> Read<Formula> {
        node.map_or(Ok(Formula::Constant(None)), |node| self.formula(node))
    }

    /// A node as a value.
    pub(super) fn term(&mut self, node: &Node) -> Read<Term> {
        let Some(inner) = node.node.as_ref() else { return Err(self.construct("an empty expression", 0..self.end())) };
        Ok(match inner {
            NodeEnum::AConst(constant) => Term::Constant(constant_text(constant)),
            NodeEnum::ColumnRef(reference) => self.column_ref(reference)?,
            NodeEnum::TypeCast(cast) => self.cast(cast)?,
            NodeEnum::FuncCall(call) => self.call(call)?,
            NodeEnum::AExpr(expression) => match self.operator_formula(expression)? {
                Ok(formula) => Term::Condition(Box::new(formula)),
                Err(term) => term,
            },
            NodeEnum::BoolExpr(_) | NodeEnum::NullTest(_) | NodeEnum::BooleanTest(_) => {
                Term::Condition(Box::new(self.formula(node)?))
            }
            NodeEnum::CaseExpr(case) => {
                let mut arms = Vec::new();
                let subject = self.case_subject(case)?;
                for (condition, result) in case_arms(case) {
                    let condition = self.case_condition(subject.as_ref(), condition)?;
                    arms.push((condition, self.optional_term(result)?));
                }
                Term::Case(arms, Box::new(self.optional_term(case.defresult.as_deref())?))
            }
            NodeEnum::CoalesceExpr(coalesce) => Term::Coalesce(self.terms(&coalesce.args)?),
            NodeEnum::MinMaxExpr(extreme) => {
                Term::Opaque { name: "greatest or least".to_owned(), parts: self.terms(&extreme.args)? }
            }
            NodeEnum::AArrayExpr(array) => {
                Term::Opaque { name: "array".to_owned(), parts: self.terms(&array.elements)? }
            }
            NodeEnum::RowExpr(row) => Term::Opaque { name: "row".to_owned(), parts: self.terms(&row.args)? },
            NodeEnum::List(list) => Term::Opaque { name: "list".to_owned(), parts: self.terms(&list.items)? },
            NodeEnum::AIndirection(indirection) => self.indirection(indirection)?,
            NodeEnum::CollateClause(clause) => {
                let names: Vec<&str> = clause.collname.iter().filter_map(string_of).collect();
                let parts = vec![self.optional_term(clause.arg.as_deref())?];
                Term::Strict { name: format!("collate {}", names.join(".")), parts, may_be_null: false }
            }
            NodeEnum::SqlvalueFunction(function) => {
                Term::Opaque { name: format!("value {}", function.op), parts: Vec::new() }
            }
            NodeEnum::SubLink(link) => self.sub_link_term(link)?,
            NodeEnum::ParamRef(parameter) => {
                return Err(self.construct("a parameter", self.range_at(parameter.location)));
            }
            NodeEnum::SetToDefault(default) => {
                return Err(self.construct("`DEFAULT`", self.range_at(default.location)));
            }
            _ => {
                return Err(self.construct("a construct that the compiler does not reason about", 0..self.end()));
            }
        })
    }

    pub(super) fn terms(&mut self, nodes: &[Node]) -> Read<Vec<Term>> {
        nodes.iter().map(|node| self.term(node)).collect()
    }

    pub(super) fn optional_term(&mut self, node: Option<&Node>) -> Read<Term> {
        node.map_or(Ok(Term::Constant(None)), |node| self.term(node))
    }

    /// `CASE x WHEN y` is `CASE WHEN x = y`.
    fn case_condition(&mut self, subject: Option<&Term>, condition: Option<&Node>) -> Read<Formula> {
        let Some(condition) = condition else { return Ok(Formula::Constant(None)) };
        let Some(subject) = subject else { return self.formula(condition) };
        let right = self.term(condition)?;
        Ok(Formula::Compare(Comparison::Equal, Box::new(subject.clone()), Box::new(right)))
    }

    fn case_subject(&mut self, case: &protobuf::CaseExpr) -> Read<Option<Term>> {
        case.arg.as_deref().map(|node| self.term(node)).transpose()
    }

    /// `(a row) IS NULL` and `IS NOT NULL` are not each other's negation, so of what may be a row nothing is said.
    fn null_test(&mut self, test: &protobuf::NullTest) -> Read<Formula> {
        let is_null = test.nulltesttype == NullTestType::IsNull as i32;
        let may_be_row = test.argisrow || test.arg.as_deref().is_some_and(|node| self.may_be_row(node));
        let term = self.optional_term(test.arg.as_deref())?;
        if may_be_row {
            let name = if is_null { "row is null" } else { "row is not null" };
            let term = Term::Opaque { name: name.to_owned(), parts: vec![term] };
            return Ok(Formula::Value(Box::new(term)));
        }
        let formula = Formula::IsNull(Box::new(term));
        Ok(if is_null { formula } else { Formula::Not(Box::new(formula)) })
    }

    fn may_be_row(&self, node: &Node) -> bool {
        let any = |nodes: &[Node]| nodes.iter().any(|node| self.may_be_row(node));
        match node.node.as_ref() {
            Some(NodeEnum::AConst(_) | NodeEnum::AExpr(_) | NodeEnum::BoolExpr(_) | NodeEnum::SqlvalueFunction(_)) => {
                false
            }
            Some(NodeEnum::ColumnRef(reference)) => match self.column_behind(reference) {
                Some(column) => self.names.catalog.base_type(&column.data_type).category == Category::Composite,
                None => !self.is_setting_or_added(reference),
            },
            Some(NodeEnum::TypeCast(cast)) => cast.type_name.as_ref().is_none_or(|name| !Self::is_core_type(name)),
            Some(NodeEnum::FuncCall(call)) => !Self::is_core_function(call),
            Some(NodeEnum::CoalesceExpr(coalesce)) => any(&coalesce.args),
            _ => true,
        }
    }

    fn boolean_test(&mut self, test: &protobuf::BooleanTest) -> Read<Formula> {
        let inner = Box::new(self.optional_formula(test.arg.as_deref())?);
        let not = |formula| Formula::Not(Box::new(formula));
        Ok(match BoolTestType::try_from(test.booltesttype) {
            Ok(BoolTestType::IsTrue) => Formula::Is(inner, Some(true)),
            Ok(BoolTestType::IsNotTrue) => not(Formula::Is(inner, Some(true))),
            Ok(BoolTestType::IsFalse) => Formula::Is(inner, Some(false)),
            Ok(BoolTestType::IsNotFalse) => not(Formula::Is(inner, Some(false))),
            Ok(BoolTestType::IsUnknown) => Formula::Is(inner, None),
            _ => not(Formula::Is(inner, None)),
        })
    }

    fn sub_link_formula(&mut self, link: &protobuf::SubLink) -> Read<Formula> {
        let kind = SubLinkType::try_from(link.sub_link_type).unwrap_or(SubLinkType::Undefined);
        match kind {
            SubLinkType::ExistsSublink => {
                let read = self.sub_select(link.subselect.as_deref(), true, link.location)?;
                Ok(Formula::Exists(Box::new(read.rows)))
            }
            SubLinkType::AnySublink | SubLinkType::AllSublink => {
                let left = link.testexpr.as_deref();
                let all = kind == SubLinkType::AllSublink;
                self.quantified(left, &link.oper_name, link.subselect.as_deref(), all, link.location)
            }
            _ => Ok(Formula::Value(Box::new(self.sub_link_term(link)?))),
        }
    }

    fn sub_link_term(&mut self, link: &protobuf::SubLink) -> Read<Term> {
        let kind = SubLinkType::try_from(link.sub_link_type).unwrap_or(SubLinkType::Undefined);
        match kind {
            SubLinkType::ExprSublink => {
                let mut read = self.sub_select(link.subselect.as_deref(), false, link.location)?;
                let Some(target) = read.targets.pop().filter(|_| read.targets.is_empty()) else {
                    return Ok(Term::Opaque { name: format!("row of {}", read.rows.id), parts: Vec::new() });
                };
                if read.is_one_row {
                    return Ok(target);
                }
                Ok(Term::Row(Box::new(target), Box::new(read.rows)))
            }
            SubLinkType::ArraySublink => {
                let read = self.sub_select(link.subselect.as_deref(), false, link.location)?;
                Ok(Term::Opaque { name: format!("array of rows {}", read.rows.id), parts: Vec::new() })
            }
            SubLinkType::ExistsSublink | SubLinkType::AnySublink | SubLinkType::AllSublink => {
                Ok(Term::Condition(Box::new(self.sub_link_formula(link)?)))
            }
            _ => Err(self.construct("a row compared with a sub-select", self.range_at(link.location))),
        }
    }

    fn indirection(&mut self, indirection: &protobuf::AIndirection) -> Read<Term> {
        let mut parts = vec![self.optional_term(indirection.arg.as_deref())?];
        for step in &indirection.indirection {
            match step.node.as_ref() {
                Some(NodeEnum::AIndices(indices)) => {
                    parts.push(self.optional_term(indices.lidx.as_deref())?);
                    parts.push(self.optional_term(indices.uidx.as_deref())?);
                }
                Some(NodeEnum::String(field)) => parts.push(Term::Constant(Some(format!(".{}", field.sval)))),
                _ => return Err(self.construct("`*`", 0..self.end())),
            }
        }
        Ok(Term::Opaque { name: "part".to_owned(), parts })
    }
}

fn case_arms(case: &protobuf::CaseExpr) -> impl Iterator<Item = (Option<&Node>, Option<&Node>)> {
    case.args.iter().filter_map(|arm| match arm.node.as_ref()? {
        NodeEnum::CaseWhen(arm) => Some((arm.expr.as_deref(), arm.result.as_deref())),
        _ => None,
    })
}

/// A literal so that equal ones have equal texts; a boolean is its word.
fn constant_text(constant: &protobuf::AConst) -> Option<String> {
    if constant.isnull {
        return None;
    }
    Some(match constant.val.as_ref()? {
        a_const::Val::Ival(value) => value.ival.to_string(),
        a_const::Val::Fval(value) => value.fval.clone(),
        a_const::Val::Boolval(value) => value.boolval.to_string(),
        a_const::Val::Sval(value) => format!("'{}'", value.sval.replace('\'', "''")),
        a_const::Val::Bsval(value) => value.bsval.clone(),
    })
}
