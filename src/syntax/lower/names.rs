//! Names as PostgreSQL's server reads them: unquoted ones fold A to Z only (`downcase_identifier` in a UTF-8 database),
//! at most 63 bytes. PostgreSQL cuts a longer one in silence, which would make two names one; here it is an error.

use super::{Lower, unquote};
use crate::diagnostic::codes;
use crate::source::{Span, Spanned};
use crate::syntax::ast;
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::name::unescaped_name;
use unicode_security::MixedScript;
use unicode_security::mixed_script::AugmentedScriptSet;

/// `NAMEDATALEN - 1`
const MAX_NAME: usize = 63;

/// The quotes after `U&`.
fn escaped(written: &str) -> Option<&str> {
    written.strip_prefix(['U', 'u'])?.strip_prefix('&')
}

impl Lower<'_> {
    /// A `name`, `pattern` or keyword node, or a rule around one.
    pub(super) fn name(&mut self, node: &Node) -> Option<ast::Name> {
        let name = self.raw_name(node)?;
        let span = name.span;
        if name.text.is_empty() {
            self.report.add(codes::N0107, "expected a name, found an empty one", |diagnostic| {
                diagnostic.at(span, "PostgreSQL has no empty names").help("write the name between the quotes")
            });
        } else if name.text.len() > MAX_NAME && !name.is_glob() {
            let title = format!("expected a name of at most {MAX_NAME} bytes, found {}", name.text.len());
            self.report.add(codes::N0107, title, |diagnostic| {
                diagnostic
                    .at(span, "too long")
                    .note("PostgreSQL would cut it in silence, and two long names could become one")
                    .help("write the name as the schema dump has it")
            });
        }
        // What is escaped is seen.
        if escaped(node.text()).is_none() {
            self.check_controls(&name.text, span);
            self.check_scripts(&name.text, span);
        }
        Some(name)
    }

    fn raw_name(&mut self, node: &Node) -> Option<ast::Name> {
        let (written, span) = (node.text(), self.span(node));
        if let Some(quoted) = escaped(written) {
            let text = unescaped_name(&unquote(quoted, '"')?);
            if text.is_none() {
                self.report.add(
                    codes::N0107,
                    "expected characters and escapes, found an escape that is none",
                    |diagnostic| {
                        diagnostic
                            .at(span, "cannot be read")
                            .help("write `\\` and four hexadecimal digits for a character, and `\\\\` for `\\` itself")
                    },
                );
            }
            return Some(ast::Name { text: text?, quoted: true, span });
        }
        Some(if written.starts_with('"') {
            ast::Name { text: unquote(written, '"')?, quoted: true, span }
        } else {
            ast::Name { text: written.to_ascii_lowercase(), quoted: false, span }
        })
    }

    pub(super) fn child_name(&mut self, node: &Node) -> Option<ast::Name> {
        self.name(&node.child(Rule::name)?)
    }

    /// A name that the policy gives. It stands in comments and paths, where a schema's never does as it is.
    pub(super) fn own_name(&mut self, node: &Node) -> Option<ast::Name> {
        let name = self.child_name(node)?;
        Some(self.own(name))
    }

    pub(super) fn own(&mut self, name: ast::Name) -> ast::Name {
        if name.text.contains(char::is_control) {
            let title = "expected readable text, found a control character in a name that the policy gives";
            self.report.add(codes::N0105, title, |diagnostic| {
                diagnostic.at(name.span, "has an escape of it").help("choose a name without it")
            });
        }
        name
    }

    /// All `name` children; said twice in one list is an error.
    pub(super) fn names(&mut self, node: &Node) -> Option<Vec<ast::Name>> {
        let names = node.all(Rule::name).map(|name| self.name(&name)).collect::<Option<Vec<_>>>()?;
        self.check_unique(&names);
        Some(names)
    }

    pub(super) fn check_unique(&mut self, names: &[ast::Name]) {
        let mut seen = std::collections::BTreeMap::new();
        for name in names {
            if let Some(first) = seen.insert(name.text.as_str(), name.span) {
                self.said_twice(&format!("`{}` in this list", name.text), first, name.span);
            }
        }
    }

    /// A JSON key is any string and compared exactly, so folding would make it match nothing.
    pub(super) fn json_key(&mut self, node: &Node) -> Option<ast::Name> {
        let name = self.raw_name(node)?;
        let written = node.text();
        if !name.quoted && written != name.text {
            let span = name.span;
            self.report.add(codes::N0110, format!("expected a JSON key in double quotes, found `{written}`"), |diagnostic| {
                diagnostic
                    .at(span, "has capital letters")
                    .note("an unquoted name folds to lower case, but the keys of a JSON object do not: the rule would match nothing")
                    .help(format!("write `\"{written}\"`"))
                    .fix(span, format!("\"{written}\""))
            });
        }
        if escaped(written).is_none() {
            self.check_controls(&name.text, name.span);
        }
        Some(name)
    }

    /// One or two names: the schema, when it was written, and the object.
    pub(super) fn qualified(&mut self, node: &Node) -> Option<(Option<ast::Name>, ast::Name)> {
        let mut parts = node
            .children()
            .filter(|part| matches!(part.rule(), Rule::name | Rule::pattern))
            .map(|part| self.name(&part))
            .collect::<Option<Vec<_>>>()?;
        let last = parts.pop()?;
        Some((parts.pop(), last))
    }

    pub(super) fn table(&mut self, node: &Node) -> Option<ast::TablePattern> {
        let (schema, table) = self.qualified(node)?;
        Some(ast::TablePattern { schema, table, span: self.span(node) })
    }

    /// The `table_name` or `table_pattern` child.
    pub(super) fn child_table(&mut self, node: &Node) -> Option<ast::TablePattern> {
        let child = node.children().find(|child| matches!(child.rule(), Rule::table_name | Rule::table_pattern))?;
        self.table(&child)
    }

    pub(super) fn setting_name(&mut self, node: &Node) -> Option<ast::SettingName> {
        let (prefix, name) = self.qualified(&node.child(Rule::setting_name)?)?;
        Some(ast::SettingName { prefix: prefix?, name })
    }

    pub(super) fn selector(&mut self, node: &Node) -> Option<ast::Selector> {
        self.selector_itself(&node.child(Rule::selector)?)
    }

    pub(super) fn selector_itself(&mut self, selector: &Node) -> Option<ast::Selector> {
        let mut items = Vec::new();
        for item in selector.all(Rule::selector_item) {
            let item = item.only()?;
            let span = self.span(&item);
            items.push(match item.rule() {
                Rule::scoped_tables => ast::SelectorItem::Scoped(span),
                Rule::shared_tables => ast::SelectorItem::Shared(span),
                Rule::all_tables => ast::SelectorItem::All(span),
                _ => ast::SelectorItem::Pattern(self.table(&item)?),
            });
        }
        let mut except = Vec::new();
        if let Some(clause) = selector.child(Rule::except) {
            for table in clause.all(Rule::table_pattern) {
                except.push(self.table(&table)?);
            }
        }
        Some(ast::Selector { items, except, span: self.span(selector) })
    }

    /// The `type_name` or `type_pattern` child.
    pub(super) fn child_type(&mut self, node: &Node) -> Option<ast::TypePattern> {
        let child = node.children().find(|child| matches!(child.rule(), Rule::type_name | Rule::type_pattern))?;
        self.type_pattern(&child)
    }

    pub(super) fn type_pattern(&mut self, node: &Node) -> Option<ast::TypePattern> {
        match node.rule() {
            Rule::type_pattern => self.type_pattern(&node.only()?),
            Rule::domain_type => {
                let (schema, name) = self.qualified(&node.child(Rule::table_name)?)?;
                Some(ast::TypePattern::Domain { schema, name })
            }
            Rule::type_category => {
                let category = match node.only()?.rule() {
                    Rule::kw_enum => ast::TypeCategory::Enum,
                    Rule::kw_array => ast::TypeCategory::Array,
                    Rule::kw_composite => ast::TypeCategory::Composite,
                    Rule::kw_range => ast::TypeCategory::Range,
                    _ => return None,
                };
                Some(ast::TypePattern::Category(Spanned::new(category, self.span(node))))
            }
            Rule::type_name => {
                let (schema, name) = self.qualified(node)?;
                Some(ast::TypePattern::Named { schema, name, array: node.has(Rule::array_mark) })
            }
            _ => None,
        }
    }

    pub(super) fn check_controls(&mut self, text: &str, span: Span) {
        if text.contains(['\t', '\r']) {
            self.report.add(codes::N0105, "expected readable text, found a tab within quotes", |diagnostic| {
                diagnostic
                    .at(span, "has a tab")
                    .help("write a space; in a name of the schema it is escaped, as in `U&\"a\\0009b\"`")
            });
        }
    }

    /// Latin beside Chinese, Japanese or Korean is everyday writing (UTS 39, "highly restrictive"); Latin beside
    /// Cyrillic or Greek in one word is how two words come to look the same.
    pub(super) fn check_scripts(&mut self, word: &str, span: Span) {
        if word.is_ascii() || word.is_single_script() {
            return;
        }
        let beside: String = word.chars().filter(|letter| !letter.is_ascii()).collect();
        let others = AugmentedScriptSet::for_str(&beside);
        if others.jpan || others.kore || others.hanb {
            return;
        }
        self.report.add(codes::N0106, format!("expected letters of one script, found several in `{word}`"), |diagnostic| {
            diagnostic
                .at(span, "some letters look like others")
                .note("a Cyrillic or Greek letter that looks like a Latin one makes another word that nobody can tell apart")
                .help("type the word again on one keyboard")
        });
    }
}
