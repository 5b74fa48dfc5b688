//! Names that PostgreSQL chooses when the author leaves them out.
//!
//! Migrations leave them out, and `import.sql` names constraints and triggers, so the choice is repeated here as
//! `makeObjectName`, `ChooseConstraintName`, `ChooseIndexName` and `FigureColname` make it.

use super::super::QName;
use super::Builder;
use super::tree;
use pg_query::NodeEnum;
use pg_query::protobuf::Node;

/// NAMEDATALEN less its zero byte.
const LIMIT: usize = 63;

/// `name1_name2_label`, with the longer of the first two cut until 63 bytes hold it all.
pub(super) fn object_name(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = usize::from(second.is_some()) + if label.is_empty() { 0 } else { label.len() + 1 };
    let room = LIMIT.saturating_sub(overhead);
    let (mut one, mut two) = (first.len(), second.map_or(0, str::len));
    while one + two > room {
        if one > two {
            one -= 1;
        } else {
            two -= 1;
        }
    }
    let mut name = clip(first, one).to_owned();
    if let Some(second) = second {
        name.push('_');
        name.push_str(clip(second, two));
    }
    if !label.is_empty() {
        name.push('_');
        name.push_str(label);
    }
    name
}

/// At most `length` bytes, whole characters.
pub(super) fn clip(text: &str, length: usize) -> &str {
    let mut end = length.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Column names joined for the middle of a name.
pub(super) fn joined<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut buffer = String::new();
    for column in columns {
        if !buffer.is_empty() {
            buffer.push('_');
        }
        buffer.push_str(column);
        if buffer.len() > LIMIT {
            break;
        }
    }
    buffer
}

/// What an index calls the columns of its parts: repeated names get numbers.
pub(super) fn index_columns(parts: &[String]) -> Vec<String> {
    let mut chosen: Vec<String> = Vec::new();
    for original in parts {
        let mut name = original.clone();
        let mut number = 0;
        while chosen.contains(&name) {
            number += 1;
            let digits = number.to_string();
            name = format!("{}{digits}", clip(original, LIMIT - digits.len()));
        }
        chosen.push(name);
    }
    chosen
}

/// What `FigureIndexColname` calls an expression; `None` becomes `expr`.
pub(super) fn expression_name(node: &Node) -> Option<String> {
    figure(node).map(|(_, name)| name)
}

/// The name with its strength: 2 for names of the author's, 1 for what was inferred.
fn figure(node: &Node) -> Option<(u8, String)> {
    let strong = |name: &str| Some((2, name.to_owned()));
    match node.node.as_ref()? {
        NodeEnum::ColumnRef(reference) => tree::names(&reference.fields).pop().map(|name| (2, name)),
        NodeEnum::FuncCall(call) => tree::names(&call.funcname).pop().map(|name| (2, name)),
        NodeEnum::AIndirection(indirection) => tree::names(&indirection.indirection)
            .pop()
            .map(|name| (2, name))
            .or_else(|| figure(indirection.arg.as_deref()?)),
        NodeEnum::TypeCast(cast) => {
            let inner = cast.arg.as_deref().and_then(figure);
            let of_type = || tree::names(&cast.type_name.as_ref()?.names).pop().map(|name| (1, name));
            inner.filter(|(strength, _)| *strength > 1).or_else(of_type)
        }
        NodeEnum::CollateClause(clause) => figure(clause.arg.as_deref()?),
        NodeEnum::AExpr(expression) if expression.kind() == pg_query::protobuf::AExprKind::AexprNullif => {
            strong("nullif")
        }
        NodeEnum::CaseExpr(case) => {
            let inner = case.defresult.as_deref().and_then(figure);
            inner.filter(|(strength, _)| *strength > 1).or_else(|| Some((1, "case".to_owned())))
        }
        NodeEnum::AArrayExpr(_) => strong("array"),
        NodeEnum::RowExpr(_) => strong("row"),
        NodeEnum::CoalesceExpr(_) => strong("coalesce"),
        NodeEnum::MinMaxExpr(expression) => match expression.op() {
            pg_query::protobuf::MinMaxOp::IsLeast => strong("least"),
            _ => strong("greatest"),
        },
        _ => None,
    }
}

impl Builder<'_> {
    /// A name that no constraint of the schema has, nor any of `others`.
    pub(super) fn choose_constraint_name(
        &self,
        table: &QName,
        second: Option<&str>,
        label: &str,
        others: &[String],
    ) -> String {
        choose(&table.name, second, label, |name| {
            others.iter().any(|other| other == name)
                || self.constraint_names.contains_key(&QName::new(&table.schema, name))
        })
    }

    /// A name that no relation of the schema has, nor any constraint when the index stands for one.
    pub(super) fn choose_relation_name(
        &self,
        table: &QName,
        second: Option<&str>,
        label: &str,
        constraint: bool,
    ) -> String {
        choose(&table.name, second, label, |name| {
            let name = QName::new(&table.schema, name);
            self.relations.contains_key(&name) || (constraint && self.constraint_names.contains_key(&name))
        })
    }

    pub(super) fn add_constraint_name(&mut self, table: &QName, name: &str) {
        *self.constraint_names.entry(QName::new(&table.schema, name)).or_default() += 1;
    }

    pub(super) fn remove_constraint_name(&mut self, schema: &str, name: &str) {
        let name = QName::new(schema, name);
        if let Some(count) = self.constraint_names.get_mut(&name) {
            *count -= 1;
            if *count == 0 {
                self.constraint_names.remove(&name);
            }
        }
    }
}

fn choose(first: &str, second: Option<&str>, label: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut number = 0u32;
    let mut with_number = label.to_owned();
    loop {
        let name = object_name(first, second, &with_number);
        if !taken(&name) {
            return name;
        }
        number += 1;
        with_number = format!("{label}{number}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_as_postgresql_cuts_them() {
        let table = "t".repeat(60);
        assert_eq!(object_name(&table, None, "pkey"), format!("{}_pkey", "t".repeat(58)));
        let column = "c".repeat(40);
        assert_eq!(object_name(&table, Some(&column), "fkey"), format!("{}_{}_fkey", "t".repeat(29), "c".repeat(28)));
    }

    #[test]
    fn whole_characters_are_kept() {
        let table = "従業員".repeat(7);
        assert_eq!(object_name(&table, None, "pkey"), format!("{}従_pkey", "従業員".repeat(6)));
    }
}
