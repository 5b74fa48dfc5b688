//! `[[allow]]`: warnings about schema files that somebody has looked at.
//!
//! A dump is made anew with each migration, so no comment in it would last; and a line number means another statement
//! after the next one. So the statement is named by the words that it begins with.

use super::{Reader, Table, Value};
use crate::diagnostic::SchemaAllowance;
use crate::source::Span;
use toml::de::DeValue;

const EXAMPLE: &str = "[[allow]]\ncode = \"N0953\"\ntext = \"CREATE TABLE public.archive AS\"\nbecause = \"…\"";

impl Reader {
    pub(super) fn allowances(&mut self, root: &Table<'_>) -> Vec<SchemaAllowance> {
        let Some(value) = root.get("allow", self.source) else { return Vec::new() };
        let DeValue::Array(items) = value.written else {
            self.wrong_type(&value, "an array of tables", EXAMPLE);
            return Vec::new();
        };
        let mut allowances = Vec::new();
        for item in items {
            let range = item.span();
            let span = Span::new(self.source, range.start, range.end);
            let DeValue::Table(entries) = item.get_ref() else {
                self.wrong_type(&Value { name: "allow".to_owned(), span, written: item.get_ref() }, "a table", EXAMPLE);
                continue;
            };
            allowances.extend(self.allowance(&Table { name: "allow".to_owned(), span, entries }));
        }
        allowances
    }

    fn allowance(&mut self, table: &Table<'_>) -> Option<SchemaAllowance> {
        self.known_keys(table, &["code", "text", "because"]);
        let code = self.required_text(table, "code", "code = \"N0953\"");
        let text = self.required_text(table, "text", "text = \"CREATE TABLE public.archive AS\"");
        let because = self.required_text(table, "because", "because = \"no export reads it\"");
        let (code, text) = (code?, text?);
        because?;
        Some(SchemaAllowance { code, text })
    }
}
