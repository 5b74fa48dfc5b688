//! How often a select computes what a column of its rows stands for.

use super::{Expr, From, Ident, Join, Relation, Select};

/// A sub-select may compute what it reads for each of its own rows.
const OFTEN: usize = 2;

impl Select {
    /// How many times each row reads this column of the relation of this alias; what a sub-select, a join or a window
    /// reads counts as more than once.
    pub fn reads(&self, alias: &str, column: &Ident) -> usize {
        let wanted = Expr::Column(Some(Ident::from(alias)), column.clone());
        let values = self.columns.iter().map(|(value, _)| value);
        let direct: usize = values.chain(&self.condition).map(|value| of(value, &wanted)).sum();
        let others = self.group_by.iter().chain(&self.order_by).map(|value| of(value, &wanted));
        direct + OFTEN * (others.sum::<usize>() + self.from.iter().map(|from| of_from(from, &wanted)).sum::<usize>())
    }
}

fn of_from(from: &From, wanted: &Expr) -> usize {
    let relation = match &from.relation {
        Relation::Table { .. } => 0,
        Relation::Select(select) => of_select(select, wanted),
        Relation::Values(rows) => of_all(rows.iter().flatten(), wanted),
        Relation::Function(call, _) => of(call, wanted),
    };
    relation
        + match &from.join {
            Join::First | Join::Cross | Join::Lateral => 0,
            Join::Left(on) | Join::Full(on) | Join::Inner(on) => of(on, wanted),
        }
}

fn of_select(select: &Select, wanted: &Expr) -> usize {
    let values = select.columns.iter().map(|(value, _)| value);
    let values = values.chain(&select.condition).chain(&select.group_by).chain(&select.order_by);
    OFTEN * (of_all(values, wanted) + select.from.iter().map(|from| of_from(from, wanted)).sum::<usize>())
}

fn of_all<'e>(parts: impl IntoIterator<Item = &'e Expr>, wanted: &Expr) -> usize {
    parts.into_iter().map(|part| of(part, wanted)).sum()
}

fn of(expr: &Expr, wanted: &Expr) -> usize {
    match expr {
        Expr::Column(..) => usize::from(expr == wanted),
        Expr::Text(_)
        | Expr::Integer(_)
        | Expr::Decimal(_)
        | Expr::Boolean(_)
        | Expr::Null
        | Expr::Star
        | Expr::Source(_)
        | Expr::Variable(_)
        | Expr::Parameter(_)
        | Expr::Quoted(_)
        | Expr::Word(_) => 0,
        Expr::Call(_, _, parts) | Expr::And(parts) | Expr::Or(parts) | Expr::Array(parts, _) | Expr::Row(parts) => {
            of_all(parts, wanted)
        }
        Expr::Cast(inner, _)
        | Expr::IsNull(inner, _)
        | Expr::IsTrue(inner)
        | Expr::Extract(_, inner)
        | Expr::Collate(inner, _)
        | Expr::Not(inner)
        | Expr::Field(inner, _)
        | Expr::Hole(inner)
        | Expr::Commented(_, inner) => of(inner, wanted),
        Expr::Operator(left, _, right)
        | Expr::OperatorOf(left, _, _, right)
        | Expr::Any(left, _, right)
        | Expr::Subscript(left, right) => of(left, wanted) + of(right, wanted),
        Expr::Case(arms, otherwise) => {
            let arms = arms.iter().flat_map(|(condition, value)| [condition, value]);
            of_all(arms.chain(otherwise.as_deref()), wanted)
        }
        Expr::Aggregate(_, arguments, order) => OFTEN * of_all(arguments.iter().chain(order), wanted),
        Expr::Over(inner, order) => OFTEN * of_all(order.iter().chain([&**inner]), wanted),
        Expr::ArrayOf(select) | Expr::Scalar(select) | Expr::Exists(select) => of_select(select, wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(value: Expr) -> usize {
        let select = Select { columns: vec![(value, None)], ..Select::default() };
        select.reads("t", &Ident::from("hash"))
    }

    #[test]
    fn a_column_is_counted_where_it_stands_and_as_often_as_a_sub_select_or_a_join_may_read_it() {
        let hash = || Expr::of("t", "hash");
        assert_eq!(reads(Expr::of("t", "other")), 0);
        assert_eq!(reads(Expr::call("encode", [hash(), Expr::text("hex")]).when(Expr::of("t", "a").is_not_null())), 1);
        assert_eq!(reads(hash().op("||", hash())), 2);
        let inner = Select { columns: vec![(hash(), None)], ..Select::default() };
        assert_eq!(reads(Expr::scalar(inner)), 2);
        let joined = From::joined(Relation::Values(vec![vec![Expr::Integer(1)]]), "v", Join::Left(hash().is_null()));
        let select = Select { from: vec![joined], ..Select::default() };
        assert_eq!(select.reads("t", &Ident::from("hash")), 2);
        let ordered = Select { order_by: vec![hash()], ..Select::default() };
        assert_eq!(ordered.reads("t", &Ident::from("hash")), 2);
    }
}
