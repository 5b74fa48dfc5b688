//! Conditions over a table's own columns and settings.

use super::Names;
use crate::catalog::Table;
use crate::diagnostic::Diagnostic;
use crate::model::access::{AccessName, AccessSql};
use crate::postgres::tokens;
use crate::syntax::ast::SqlExpr;
use std::collections::BTreeSet;

/// Reads a condition.
pub fn parse_access_sql(sql: &SqlExpr, table: &Table, names: Names<'_>) -> Result<AccessSql, Vec<Diagnostic>> {
    let mut found = AccessSql {
        text: sql.text.clone(),
        names: Vec::new(),
        columns: BTreeSet::new(),
        settings: BTreeSet::new(),
        reads: BTreeSet::new(),
        span: sql.span,
    };
    let offset = |number: i32| usize::try_from(number).unwrap_or_default();
    let tokens = tokens(&sql.text).unwrap_or_default();
    let text = |at: usize| {
        let token = tokens.get(at)?;
        sql.text.get(offset(token.start)..offset(token.end))
    };
    let mut at = 0;
    while let Some(word) = text(at) {
        let range = |last: usize| {
            let (first, last) = (tokens.get(at), tokens.get(last));
            offset(first.map_or(0, |token| token.start))..offset(last.map_or(0, |token| token.end))
        };
        let pair = (text(at + 1) == Some(".")).then(|| text(at + 2)).flatten();
        let setting = pair.map(|name| format!("{word}.{name}")).filter(|name| names.settings.contains_key(name));
        if let Some(setting) = setting {
            found.names.push((range(at + 2), AccessName::Setting(setting.clone())));
            found.settings.insert(setting);
            at += 3;
            continue;
        }
        let column = pair.filter(|_| word == table.name.name).unwrap_or(word);
        let last = if column == word { at } else { at + 2 };
        let column = column.trim_matches('"');
        if table.columns.contains_key(column) && text(last + 1) != Some("(") {
            found.names.push((range(last), AccessName::Column(column.to_owned())));
            found.columns.insert(column.to_owned());
        }
        at = last + 1;
    }
    Ok(found)
}
