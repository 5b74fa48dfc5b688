//! The door to pest. Nothing outside `syntax` sees [`Rule`]; nothing outside this file sees pest's errors.

use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::{Pair, Pairs};
use std::collections::BTreeMap;
use std::sync::LazyLock;

mod generated {
    #![allow(missing_docs, reason = "pest_derive writes one variant a rule; grammar/noren.pest documents them")]

    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/noren.pest"]
    pub(crate) struct NorenParser;
}

pub(super) use generated::{NorenParser, Rule};

/// A parsed rule and where its text begins in the file, since statements are parsed alone.
#[derive(Clone, Debug)]
pub(super) struct Node<'t> {
    pair: Pair<'t, Rule>,
    base: usize,
}

impl<'t> Node<'t> {
    pub(super) fn rule(&self) -> Rule {
        self.pair.as_rule()
    }

    pub(super) fn text(&self) -> &'t str {
        self.pair.as_str()
    }

    pub(super) fn start(&self) -> usize {
        self.base + self.pair.as_span().start()
    }

    pub(super) fn end(&self) -> usize {
        self.base + self.pair.as_span().end()
    }

    pub(super) fn children(&self) -> Children<'t> {
        Children { pairs: self.pair.clone().into_inner(), base: self.base }
    }

    pub(super) fn child(&self, rule: Rule) -> Option<Node<'t>> {
        self.children().find(|node| node.rule() == rule)
    }

    pub(super) fn all(&self, rule: Rule) -> impl Iterator<Item = Node<'t>> {
        self.children().filter(move |node| node.rule() == rule)
    }

    pub(super) fn has(&self, rule: Rule) -> bool {
        self.child(rule).is_some()
    }

    pub(super) fn only(&self) -> Option<Node<'t>> {
        self.children().next()
    }
}

/// The parts of a node, in order.
pub(super) struct Children<'t> {
    pairs: Pairs<'t, Rule>,
    base: usize,
}

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        self.pairs.next().map(|pair| Node { pair, base: self.base })
    }
}

/// Where reading stopped and what could have stood there.
#[derive(Debug)]
pub(super) struct Failure {
    pub at: usize,
    pub expected: Vec<Rule>,
    pub refused: Vec<Rule>,
}

/// Reads `text[start..end]` as `rule`, one of the `only_…` rules, and gives what stands between start and end of input.
pub(super) fn read(text: &str, start: usize, end: usize, rule: Rule) -> Result<Node<'_>, Failure> {
    let empty = || Failure { at: start, expected: Vec::new(), refused: Vec::new() };
    let part = text.get(start..end).ok_or_else(empty)?;
    let mut pairs = NorenParser::parse(rule, part).map_err(|error| failure(&error, start))?;
    let only = pairs.next().and_then(|pair| pair.into_inner().next());
    only.map(|pair| Node { pair, base: start }).ok_or_else(empty)
}

fn failure(error: &pest::error::Error<Rule>, base: usize) -> Failure {
    let at = base
        + match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
    match &error.variant {
        ErrorVariant::ParsingError { positives, negatives } => {
            Failure { at, expected: positives.clone(), refused: negatives.clone() }
        }
        ErrorVariant::CustomError { .. } => Failure { at, expected: Vec::new(), refused: Vec::new() },
    }
}

/// The keyword of a `kw_…` rule.
pub(super) fn keyword(rule: Rule) -> Option<&'static str> {
    // The name of a rule is known to its `Debug` alone, and that is slow.
    static KEYWORDS: LazyLock<BTreeMap<Rule, String>> = LazyLock::new(|| {
        let words = Rule::all_rules().iter().map(|rule| (*rule, format!("{rule:?}")));
        words.filter_map(|(rule, name)| Some((rule, name.strip_prefix("kw_")?.to_owned()))).collect()
    });
    KEYWORDS.get(&rule).map(String::as_str)
}

/// A rule in the user's words; empty for what is never worth naming.
pub(super) fn describe(rule: Rule) -> String {
    if let Some(word) = keyword(rule) {
        return format!("`{word}`");
    }
    match rule {
        Rule::name | Rule::word => "a name",
        Rule::class_name | Rule::class_use => "a class",
        Rule::pattern | Rule::column_pattern => "a column name or a pattern",
        Rule::table_pattern | Rule::selector | Rule::selector_item => "a table name or a pattern",
        Rule::table_name => "a table name",
        Rule::column_name => "`TABLE.COLUMN`",
        Rule::column_list | Rule::open_list | Rule::call_open => "`(`",
        Rule::close_list => "`)`",
        Rule::open => "`{`",
        Rule::close => "`}`",
        Rule::semicolon => "`;`",
        Rule::comma | Rule::orphans => "`,`",
        Rule::colon | Rule::type_list => "`:`",
        Rule::equals => "`=`",
        Rule::arrow => "`=>`",
        Rule::sql => "`(` and a SQL expression",
        Rule::reason => "a reason in double quotes",
        Rule::because => "`because`",
        Rule::treatment | Rule::branch => "a treatment (`keep`, `drop`, `mask …` or a class)",
        Rule::argument | Rule::argument_value | Rule::test_value => "a value",
        Rule::type_pattern | Rule::type_name | Rule::domain_type | Rule::type_category => "a type's one-word name",
        Rule::setting_name => "a two-part setting name",
        Rule::json_path | Rule::json_key | Rule::json_rule => "a JSON path",
        Rule::json_else => "`else`",
        Rule::table_clause => "a table clause or a column rule",
        Rule::tenancy_clause => "`root`, `column` or `setting`",
        Rule::role_clause => "a role clause",
        Rule::export_clause => "an export clause",
        Rule::extension_clause => "`function` or `type`",
        Rule::command | Rule::commands => "`select`, `insert`, `update` or `delete`",
        Rule::privilege | Rule::privileges => "a privilege",
        Rule::grant_objects => "tables, `function …` or `schema …`",
        Rule::parameter => "a parameter",
        Rule::or_null => "`or null`",
        Rule::by_lookup => "`by lookup`",
        Rule::references => "`references`",
        Rule::except => "`except`",
        Rule::json_each => "`[*]`",
        Rule::array_mark => "`[]`",
        Rule::test_role => "`as`",
        Rule::test_settings => "`with`",
        Rule::given => "`given`",
        Rule::policy_roles => "`to`",
        Rule::across_tenants => "`across tenants`",
        Rule::policy_using => "`using`",
        Rule::policy_check => "`with check`",
        Rule::grant_where => "`where`",
        Rule::in_copy_of => "`in copy of`",
        Rule::mask_unique => "`unique`",
        Rule::mask_total => "`total`",
        Rule::scoped_by => "`by`",
        Rule::scoped_via => "`via`",
        Rule::scoped_through => "`through`",
        Rule::scoped_when => "`when`",
        Rule::fill => "`fill`",
        Rule::filled => "`filled by trigger`",
        Rule::EOI => "the end of the statement",
        _ => "",
    }
    .to_owned()
}

/// Keywords that a rule begins with, for did-you-mean.
pub(super) fn first_words(rule: Rule) -> Vec<String> {
    let words: &[&str] = match rule {
        Rule::treatment | Rule::branch => &["keep", "drop", "mask"],
        Rule::table_clause => &["scoped", "shared", "internal", "skip", "rows"],
        Rule::tenancy_clause => &["root", "column", "setting"],
        Rule::role_clause => &["login", "nologin", "tenants", "in", "existing", "owns"],
        Rule::export_clause => &["tables", "tenant", "as", "import", "rows", "skip", "class", "linkable", "no"],
        Rule::extension_clause => &["function", "type"],
        Rule::command | Rule::commands => &["select", "insert", "update", "delete"],
        Rule::selector | Rule::selector_item => &["scoped", "shared", "all"],
        _ => return describe(rule).trim_matches('`').split(' ').next().map(str::to_owned).into_iter().collect(),
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}
