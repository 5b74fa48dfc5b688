//! What an expression or a query reads.
//!
//! The parse tree has 271 kinds of node, and a reference can hide in most of them. A hand-written walk would miss
//! some, so the tree is turned into JSON values, where every node is visited whatever its kind.

use super::super::{Expression, QName};
use super::{Builder, tree};
use crate::postgres::with_tree;
use pg_query::protobuf::{LimitOption, Node, ResTarget, SelectStmt, SetOperation};
use pg_query::{DeparseOptions, NodeEnum};
use prost::Message;
use serde_json::{Map, Value};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that names can mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// The table, for `table.column` and whole-row references.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
}

/// Everything that a piece of SQL names.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Each column reference, outermost qualifier first; `*` for all columns.
    pub columns: BTreeSet<Vec<String>>,
    /// Functions as written.
    pub functions: BTreeSet<String>,
    /// Relations that are no CTE: schema (maybe empty) and name.
    pub relations: BTreeSet<(String, String)>,
    /// Literals handed to `nextval`.
    pub sequences: BTreeSet<String>,
}

impl Names {
    pub fn of(node: &Node) -> Self {
        let mut names = Self::default();
        // The commonest defaults read nothing; they are not worth a detour.
        if !is_constant(node)
            && let Ok(value) = serde_json::to_value(node)
        {
            names.visit(&value, &[]);
        }
        names
    }

    fn visit(&mut self, value: &Value, common: &[String]) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.visit(item, common)),
            Value::Object(fields) => self.object(fields, common),
            _ => {}
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, common: &[String]) {
        let common = &self.with_clause(fields, common);
        for (kind, value) in fields {
            match kind.as_str() {
                "ColumnRef" => self.column(value),
                "FuncCall" => self.function(value, common),
                "RangeVar" => self.relation(value, common),
                // UPDATE, DELETE, INSERT, MERGE hold their target without the tag of a node.
                "relation" if value.get("relname").is_some() => self.relation(value, common),
                "with_clause" => {}
                _ => self.visit(value, common),
            }
        }
    }

    /// A CTE is seen by the CTEs after it (by all, when recursive) and by the statement, never by what is outside.
    fn with_clause(&mut self, fields: &Map<String, Value>, outer: &[String]) -> Vec<String> {
        let mut common = outer.to_vec();
        let Some(clause) = fields.get("with_clause").filter(|clause| clause.is_object()) else { return common };
        let expressions: Vec<&Value> = clause["ctes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|cte| field(cte, &["node", "CommonTableExpr"]))
            .collect();
        let name = |cte: &Value| field(cte, &["ctename"]).as_str().unwrap_or_default().to_owned();
        let recursive = field(clause, &["recursive"]).as_bool() == Some(true);
        if recursive {
            common.extend(expressions.iter().map(|cte| name(cte)));
        }
        for cte in &expressions {
            self.visit(field(cte, &["ctequery"]), &common);
            common.push(name(cte));
        }
        common
    }

    fn column(&mut self, value: &Value) {
        let part = |part: &Value| match field(part, &["node"]) {
            Value::Object(node) if node.contains_key("AStar") => Some("*".to_owned()),
            node => field(node, &["String", "sval"]).as_str().map(str::to_owned),
        };
        let parts = field(value, &["fields"]).as_array().into_iter().flatten().filter_map(part).collect();
        self.columns.insert(parts);
    }

    fn function(&mut self, value: &Value, common: &[String]) {
        let parts = field(value, &["funcname"]).as_array().into_iter().flatten();
        let name: Vec<&str> = parts.filter_map(|part| field(part, &["node", "String", "sval"]).as_str()).collect();
        if name.last() == Some(&"nextval") {
            self.sequences.extend(field(value, &["args"]).get(0).and_then(literal).map(str::to_owned));
        }
        self.functions.insert(name.join("."));
        for (_, value) in value.as_object().into_iter().flatten() {
            self.visit(value, common);
        }
    }

    fn relation(&mut self, value: &Value, common: &[String]) {
        let schema = field(value, &["schemaname"]).as_str().unwrap_or_default();
        let name = field(value, &["relname"]).as_str().unwrap_or_default();
        if !(schema.is_empty() && common.iter().any(|cte| cte == name)) {
            self.relations.insert((schema.to_owned(), name.to_owned()));
        }
    }

    /// Columns of the scope's table that are read, sorted.
    pub fn columns_of(&self, scope: &Scope) -> Vec<String> {
        let mut read = BTreeSet::new();
        for reference in &self.columns {
            match reference.as_slice() {
                [name] if scope.columns.contains(name) => drop(read.insert(name.clone())),
                [name] if *name == scope.table || name == "*" => read.extend(scope.columns.iter().cloned()),
                [.., table, name] if *table == scope.table && name == "*" => read.extend(scope.columns.iter().cloned()),
                [.., table, name] if *table == scope.table && scope.columns.contains(name) => {
                    read.insert(name.clone());
                }
                // `(column).field` of a composite parses as a qualified name inside an indirection only; but
                // `column.field` can still name the column.
                [column, ..] if scope.columns.contains(column) && *column != scope.table => {
                    read.insert(column.clone());
                }
                _ => {}
            }
        }
        read.into_iter().collect()
    }
}

fn is_constant(node: &Node) -> bool {
    match node.node.as_ref() {
        None | Some(NodeEnum::AConst(_) | NodeEnum::SqlvalueFunction(_)) => true,
        Some(NodeEnum::TypeCast(cast)) => cast.arg.as_deref().is_some_and(is_constant),
        Some(_) => false,
    }
}

/// `'text'`, maybe with a cast around it.
fn literal(value: &Value) -> Option<&str> {
    match field(value, &["node", "TypeCast", "arg"]) {
        Value::Null => field(value, &["node", "AConst", "val", "Sval", "sval"]).as_str(),
        inner => literal(inner),
    }
}

/// The value under a path of keys, null when there is none.
pub(super) fn field<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter().try_fold(value, |value, key| value.get(key)).unwrap_or(&Value::Null)
}

thread_local! {
    static LOST: Cell<bool> = const { Cell::new(false) };
}

/// Whether a text was lost since this was asked last. A flag, since a `Result` would pass through every reader of
/// every statement only to be told once for each.
pub(in super::super) fn text_was_lost() -> bool {
    LOST.take()
}

/// SQL text of a node by PostgreSQL's own grammar; empty where it is nested deeper than can be printed.
pub(super) fn deparse_node(node: &NodeEnum) -> String {
    node.deparse(DeparseOptions::default()).unwrap_or_else(|_| {
        LOST.set(true);
        String::new()
    })
}

/// SQL text of an expression by PostgreSQL's own grammar.
pub(super) fn deparse(node: &Node) -> String {
    let target = ResTarget { val: Some(Box::new(node.clone())), ..ResTarget::default() };
    let select = SelectStmt {
        target_list: vec![Node { node: Some(NodeEnum::ResTarget(Box::new(target))) }],
        // Zero is no member of either: the C side aborts on it in debug builds.
        limit_option: LimitOption::Default.into(),
        op: SetOperation::SetopNone.into(),
        ..SelectStmt::default()
    };
    let text = deparse_node(&NodeEnum::SelectStmt(Box::new(select)));
    text.strip_prefix("SELECT ").map(str::to_owned).unwrap_or(text)
}

/// Expressions that mean the same wherever they stand, by their tree without its places. Ten thousand tables have a few
/// defaults between them, and each text costs a way into C and back.
pub(super) type Constants = BTreeMap<Vec<u8>, Expression>;

/// A constant, a cast of one, or a function without arguments: it reads no name that could mean something else elsewhere.
fn is_fixed(node: &Node) -> bool {
    match node.node.as_ref() {
        Some(NodeEnum::AConst(_) | NodeEnum::SqlvalueFunction(_)) => true,
        Some(NodeEnum::TypeCast(cast)) => cast.arg.as_deref().is_some_and(is_fixed),
        Some(NodeEnum::FuncCall(call)) => {
            call.args.is_empty() && call.agg_order.is_empty() && call.agg_filter.is_none() && call.over.is_none()
        }
        _ => false,
    }
}

/// The tree without its places; with one that is left it is only not found again.
fn placeless(node: &Node) -> Vec<u8> {
    let mut node = node.clone();
    erase_places(&mut node);
    node.encode_to_vec()
}

fn erase_places(node: &mut Node) {
    match node.node.as_mut() {
        Some(NodeEnum::AConst(constant)) => constant.location = 0,
        Some(NodeEnum::SqlvalueFunction(value)) => value.location = 0,
        Some(NodeEnum::FuncCall(call)) => call.location = 0,
        Some(NodeEnum::TypeCast(cast)) => {
            cast.location = 0;
            cast.arg.iter_mut().for_each(|arg| erase_places(arg));
            if let Some(of) = &mut cast.type_name {
                of.location = 0;
                of.typmods.iter_mut().for_each(erase_places);
            }
        }
        _ => {}
    }
}

impl Builder<'_> {
    pub(super) fn expression(&self, node: &Node, scope: &Scope) -> Expression {
        if !is_fixed(node) {
            return self.new_expression(node, scope);
        }
        let key = placeless(node);
        if let Some(known) = self.constants.borrow().get(&key) {
            return known.clone();
        }
        let new = self.new_expression(node, scope);
        // A text that was lost is an error wherever it is met.
        if !new.sql.is_empty() {
            self.constants.borrow_mut().insert(key, new.clone());
        }
        new
    }

    fn new_expression(&self, node: &Node, scope: &Scope) -> Expression {
        let names = Names::of(node);
        Expression {
            sql: deparse(node),
            columns: names.columns_of(scope),
            sequences: names.sequences.iter().filter_map(|text| self.sequence_name(text)).collect(),
            functions: names.functions.into_iter().collect(),
        }
    }

    /// The sequence that a regclass literal means now.
    fn sequence_name(&self, text: &str) -> Option<QName> {
        let written = tree::regclass(text)?;
        let found = self.find_relation(&written.schema, &written.name);
        Some(found.unwrap_or_else(|| {
            let schema =
                if written.schema.is_empty() { self.path.first().cloned() } else { Some(written.schema.into()) };
            QName::new(schema.unwrap_or_default(), written.name)
        }))
    }

    pub(super) fn scope(&self, table: &QName) -> Scope {
        let columns = self.catalog.tables.get(table).map(|table| table.columns.keys().cloned().collect());
        Scope { table: table.name.to_string(), columns: columns.unwrap_or_default() }
    }
}

/// The expression after its column was renamed: the references change their text where the parser says they stand.
pub(super) fn rename_column(expression: &mut Expression, from: &str, to: &str) {
    let Some(at) = expression.columns.iter().position(|column| column == from) else { return };
    expression.columns.remove(at);
    expression.columns.push(to.to_owned());
    expression.columns.sort();
    let prefix = "SELECT ";
    let text = format!("{prefix}{}", expression.sql);
    let mut places = with_tree(&text, |tree| {
        let mut places = Vec::new();
        if let Some(value) = tree.ok().and_then(|tree| serde_json::to_value(tree).ok()) {
            references(&value, from, &mut places);
        }
        places
    });
    places.sort_unstable();
    let mut sql = text.clone();
    for (start, skipped) in places.into_iter().rev() {
        if let Some(range) = name_at(&text, start, skipped) {
            sql.replace_range(range, &quoted(to));
        }
    }
    expression.sql = sql.strip_prefix(prefix).map(str::to_owned).unwrap_or(sql);
}

/// Offsets of references whose last part is `name`, with the number of parts before it.
fn references(value: &Value, name: &str, places: &mut Vec<(usize, usize)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, name, places)),
        Value::Object(fields) => {
            if let Some(reference) = fields.get("ColumnRef") {
                let parts = field(reference, &["fields"]).as_array().map(Vec::as_slice).unwrap_or_default();
                let last = parts.last().and_then(|part| field(part, &["node", "String", "sval"]).as_str());
                let start = field(reference, &["location"]).as_u64().and_then(|start| usize::try_from(start).ok());
                if let (Some(true), Some(start)) = (last.map(|last| last == name), start) {
                    places.push((start, parts.len() - 1));
                }
            }
            fields.values().for_each(|value| references(value, name, places));
        }
        _ => {}
    }
}

/// The range of the part after `skipped` parts and their dots.
fn name_at(text: &str, start: usize, skipped: usize) -> Option<std::ops::Range<usize>> {
    use super::super::scan::{skip_blank, token_end};
    let mut at = start;
    for _ in 0..skipped {
        let dot = skip_blank(text, token_end(text, at));
        (text.get(dot..=dot)? == ".").then_some(())?;
        at = skip_blank(text, dot + 1);
    }
    Some(at..token_end(text, at))
}

/// The name as [`crate::sql`] would print it is not needed here: the text goes back to PostgreSQL's parser only.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
