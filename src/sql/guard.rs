//! The soundness guard: nothing is printed that PostgreSQL would read otherwise than it was meant.
//!
//! Every printed token carries its meaning. PostgreSQL's scanner reads the text again and must find those tokens
//! and no others, with those values. PostgreSQL's grammar must read one statement that holds all of them. What psql
//! would do to a colon is looked at too, since it acts before the server sees anything.
//!
//! Of the grammar's answer only the ends of the statement are taken, because its tree says nothing that is not known
//! by then: the grammar sees tokens, never text, and gives one tree for one row of tokens. The tokens are the meant
//! ones, so the tree is the meant one as soon as there is a tree, it is one, and no token lies outside it. What kind
//! of statement that is, its first word says where the grammar knows one kind alone that opens so. Where it knows
//! several, the tree is decoded and asked.
//!
//! What was judged is not judged again in other words: [`super::shape`] says when two texts are one to PostgreSQL.

use super::layout::{self, Doc, Printed};
use super::source::{is_comment, slice, start, tokens};
use super::token::{Meaning, Token};
use super::{Expr, Mismatch, print, shape};
use crate::postgres::with_tree;
use pg_query::NodeEnum;
use pg_query::protobuf::{KeywordKind, ScanToken, Token as Kind};
use std::borrow::Cow;

/// Words with which statements of one kind open and of no other. `WITH`, `SET`, `CREATE`, `ALTER`, `DROP` and the
/// like are not among them.
const OPENINGS: [(&str, &str); 9] = [
    ("ANALYZE", "VacuumStmt"),
    ("COMMIT", "TransactionStmt"),
    ("COPY", "CopyStmt"),
    ("DO", "DoStmt"),
    ("INSERT", "InsertStmt"),
    ("LOCK", "LockStmt"),
    ("ROLLBACK", "TransactionStmt"),
    ("SELECT", "SelectStmt"),
    ("TRUNCATE", "TruncateStmt"),
];

/// Judges a statement that becomes the value of a string. psql puts no variable into one, and a comment at its end would
/// swallow what the server writes after it.
pub(super) fn quoted(doc: &Doc<'_>, kind: &'static str) -> Result<(), Mismatch> {
    let printed = layout::print(doc);
    let variable = printed.tokens.iter().any(|(_, token)| matches!(token.meaning, Meaning::Variable(_)));
    let found = check_tokens(&printed, &printed.text)?;
    if variable || found.last().is_none_or(is_comment) {
        return Err(Mismatch::Substitution { sql: printed.text });
    }
    let statement: Vec<&ScanToken> = found.iter().filter(|token| !is_comment(token)).collect();
    check_statement(&printed.text, &statement, kind)
}

/// A value of the statement around has its place in a string alone.
fn refuse_holes(printed: &Printed<'_>) -> Result<(), Mismatch> {
    if printed.tokens.iter().any(|(_, token)| matches!(token.meaning, Meaning::Hole(_))) {
        let message = format!("expected no value of a statement around in `{}`", printed.text);
        return Err(Mismatch::Unprintable(message));
    }
    Ok(())
}

/// The text of a piece of a file that holds comments and, if a kind is given, one statement of that kind.
pub(super) fn section(doc: &Doc<'_>, kind: Option<&'static str>) -> Result<String, Mismatch> {
    let printed = layout::print(doc);
    refuse_holes(&printed)?;
    check_texts(&printed)?;
    let shape = kind.filter(|_| is_known_by_its_opening(&printed)).and_then(|kind| shape::of(&printed, kind));
    if !shape.as_ref().is_some_and(shape::is_judged) {
        judge(&printed, kind)?;
        shape.into_iter().for_each(shape::was_judged);
    }
    Ok(printed.text)
}

fn is_known_by_its_opening(printed: &Printed<'_>) -> bool {
    let first = printed.tokens.iter().map(|(_, token)| *token).find(|token| !token.text.starts_with("--"));
    first.is_some_and(|first| OPENINGS.iter().any(|(word, _)| *word == first.text))
}

/// Whether PostgreSQL reads the text as it was meant.
fn judge(printed: &Printed<'_>, kind: Option<&'static str>) -> Result<(), Mismatch> {
    let sent = printed.as_sent();
    let found = check_tokens(printed, &sent)?;
    let statement: Vec<&ScanToken> = found.iter().filter(|token| !is_comment(token)).collect();
    match kind {
        Some(kind) => check_statement(&sent, &statement, kind),
        None if statement.is_empty() => Ok(()),
        None => {
            let sql = printed.text.clone();
            Err(Mismatch::Statements { meant: Vec::new(), found: sent.to_string(), sql })
        }
    }
}

/// The text of an expression.
pub(super) fn expression(of: &Expr) -> Result<String, Mismatch> {
    let doc = print::expr(of);
    let printed = layout::print(&doc);
    refuse_holes(&printed)?;
    check_tokens(&printed, &printed.as_sent())?;
    let selected = format!("SELECT {}", printed.as_sent());
    let found = tokens(&selected).unwrap_or_default();
    let statement: Vec<&ScanToken> = found.iter().filter(|token| !is_comment(token)).collect();
    check_statement(&selected, &statement, "SelectStmt")?;
    Ok(printed.text)
}

/// What can be said of a text before it is read.
fn check_texts(printed: &Printed<'_>) -> Result<(), Mismatch> {
    printed.tokens.iter().try_for_each(|(_, token)| token.check())?;
    check_colons(printed)
}

/// The tokens that the scanner finds, if they are the meant ones.
fn check_tokens(printed: &Printed<'_>, sent: &str) -> Result<Vec<ScanToken>, Mismatch> {
    check_texts(printed)?;
    let found = tokens(sent).unwrap_or_default();
    let longest = found.len().max(printed.tokens.len());
    for index in 0..longest {
        let meant = printed.tokens.get(index).map(|(_, token)| *token);
        let read = found.get(index);
        let agree = meant.zip(read).is_some_and(|(meant, read)| is_meant(meant, read, slice(sent, read)));
        if !agree {
            let meant = meant.map(|token| token.text.to_string()).unwrap_or_default();
            let found = read.map(|read| slice(sent, read).to_owned()).unwrap_or_default();
            return Err(Mismatch::Tokens { meant, found, sql: printed.text.clone() });
        }
    }
    Ok(found)
}

fn is_meant(meant: &Token<'_>, read: &ScanToken, text: &str) -> bool {
    match &meant.meaning {
        Meaning::Word => read.keyword_kind != KeywordKind::NoKeyword as i32 && text.eq_ignore_ascii_case(&meant.text),
        Meaning::Name(name) => name_of(read, text).is_some_and(|read| read == *name),
        Meaning::Literal(value) | Meaning::Variable(value) => value_of(read, text).is_some_and(|read| read == *value),
        Meaning::Hole(_) => value_of(read, text).is_some_and(|read| read.is_empty()),
        Meaning::Exact => text == meant.text,
        Meaning::Source(kind) => read.token == *kind && text == meant.text,
    }
}

/// The value of an identifier, or of a key word that may stand for one.
pub(super) fn name_of<'t>(read: &ScanToken, text: &'t str) -> Option<Cow<'t, str>> {
    if let Some(quoted) = text.strip_prefix('"') {
        let inner = (read.token == Kind::Ident as i32).then(|| quoted.strip_suffix('"'))?;
        return inner.map(|inner| undoubled(inner, "\"", "\"\""));
    }
    let bare = [KeywordKind::NoKeyword, KeywordKind::UnreservedKeyword, KeywordKind::TypeFuncNameKeyword];
    let folds_to_itself = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    let named = bare.iter().any(|kind| *kind as i32 == read.keyword_kind) && folds_to_itself;
    (named && text.starts_with(|first: char| first.is_alphabetic() || first == '_')).then_some(Cow::Borrowed(text))
}

/// Without the second of two quotes.
fn undoubled<'t>(text: &'t str, quote: &str, doubled: &str) -> Cow<'t, str> {
    if text.contains(quote) { Cow::Owned(text.replace(doubled, quote)) } else { Cow::Borrowed(text) }
}

/// The value of `'…'` or of a dollar-quoted string.
fn value_of<'t>(read: &ScanToken, text: &'t str) -> Option<Cow<'t, str>> {
    if read.token != Kind::Sconst as i32 {
        return None;
    }
    if let Some(quoted) = text.strip_prefix('\'') {
        let inner = quoted.strip_suffix('\'')?;
        let lone = inner.contains('\'') && inner.replace("''", "").contains('\'');
        return (!lone).then(|| undoubled(inner, "'", "''"));
    }
    let tag_end = text.strip_prefix('$')?.find('$')? + 2;
    let tag = text.get(..tag_end)?;
    text.strip_prefix(tag)?.strip_suffix(tag).map(Cow::Borrowed)
}

/// psql reads a variable where a colon touches a word, a quote or a brace; `::` and `:=` it leaves alone.
fn check_colons(printed: &Printed<'_>) -> Result<(), Mismatch> {
    let touches = |(start, token): &(usize, &Token<'_>)| {
        token.text == ":" && !printed.text.get(start + 1..).is_some_and(|rest| rest.starts_with([' ', '\n']))
    };
    if printed.tokens.iter().any(touches) {
        return Err(Mismatch::Substitution { sql: printed.text.clone() });
    }
    Ok(())
}

/// The grammar must read one statement with all of these tokens but a semicolon at their end.
fn check_statement(sent: &str, tokens: &[&ScanToken], kind: &'static str) -> Result<(), Mismatch> {
    let mismatch = |found: String| Mismatch::Statements { meant: vec![kind], found, sql: sent.to_owned() };
    let statements = pg_query::split_with_parser(sent).map_err(|error| mismatch(error.to_string()))?;
    let [statement] = statements.as_slice() else {
        return Err(mismatch(format!("{} statements", statements.len())));
    };
    let tokens = match tokens {
        [tokens @ .., last] if slice(sent, last) == ";" => tokens,
        tokens => tokens,
    };
    let begin = statement.as_ptr().addr() - sent.as_ptr().addr();
    let inside = |token: &&&ScanToken| start(token) >= begin && start(token) < begin + statement.len();
    if let Some(outside) = tokens.iter().find(|token| !inside(token)) {
        return Err(mismatch(format!("a statement without `{}`", slice(sent, outside))));
    }
    let opening = tokens.first().map(|token| slice(sent, token)).unwrap_or_default();
    let known = OPENINGS.iter().find(|(word, _)| *word == opening).map(|(_, kind)| *kind);
    let found = match known {
        Some(found) => found,
        None => decoded_kind(sent).map_err(mismatch)?,
    };
    if found == kind { Ok(()) } else { Err(mismatch(found.to_owned())) }
}

/// The kind of the one statement of a text.
fn decoded_kind(sent: &str) -> Result<&'static str, String> {
    with_tree(sent, |tree| {
        let tree = tree.map_err(|error| error.to_string())?;
        let first = tree.stmts.first().and_then(|raw| raw.stmt.as_ref());
        Ok(node(first.and_then(|node| node.node.as_ref())))
    })
}

fn node(of: Option<&NodeEnum>) -> &'static str {
    match of {
        Some(NodeEnum::SelectStmt(_)) => "SelectStmt",
        Some(NodeEnum::CopyStmt(_)) => "CopyStmt",
        Some(NodeEnum::LockStmt(_)) => "LockStmt",
        Some(NodeEnum::TransactionStmt(_)) => "TransactionStmt",
        Some(NodeEnum::VariableSetStmt(_)) => "VariableSetStmt",
        Some(NodeEnum::ConstraintsSetStmt(_)) => "ConstraintsSetStmt",
        Some(NodeEnum::CreateStmt(_)) => "CreateStmt",
        Some(NodeEnum::InsertStmt(_)) => "InsertStmt",
        Some(NodeEnum::TruncateStmt(_)) => "TruncateStmt",
        Some(NodeEnum::AlterTableStmt(_)) => "AlterTableStmt",
        Some(NodeEnum::AlterSeqStmt(_)) => "AlterSeqStmt",
        Some(NodeEnum::VacuumStmt(_)) => "VacuumStmt",
        Some(NodeEnum::RefreshMatViewStmt(_)) => "RefreshMatViewStmt",
        Some(NodeEnum::DropStmt(_)) => "DropStmt",
        Some(NodeEnum::DoStmt(_)) => "DoStmt",
        Some(NodeEnum::CreateSchemaStmt(_)) => "CreateSchemaStmt",
        Some(NodeEnum::CreateExtensionStmt(_)) => "CreateExtensionStmt",
        Some(NodeEnum::CreateEnumStmt(_)) => "CreateEnumStmt",
        Some(NodeEnum::CompositeTypeStmt(_)) => "CompositeTypeStmt",
        Some(NodeEnum::CreateRangeStmt(_)) => "CreateRangeStmt",
        Some(NodeEnum::CreateDomainStmt(_)) => "CreateDomainStmt",
        Some(NodeEnum::CreateFunctionStmt(_)) => "CreateFunctionStmt",
        Some(NodeEnum::CreatePolicyStmt(_)) => "CreatePolicyStmt",
        Some(NodeEnum::GrantStmt(_)) => "GrantStmt",
        Some(NodeEnum::GrantRoleStmt(_)) => "GrantRoleStmt",
        Some(NodeEnum::AlterDefaultPrivilegesStmt(_)) => "AlterDefaultPrivilegesStmt",
        Some(NodeEnum::DropRoleStmt(_)) => "DropRoleStmt",
        Some(NodeEnum::CommentStmt(_)) => "CommentStmt",
        Some(NodeEnum::IndexStmt(_)) => "IndexStmt",
        Some(NodeEnum::PrepareStmt(_)) => "PrepareStmt",
        Some(NodeEnum::DeallocateStmt(_)) => "DeallocateStmt",
        _ => "another statement",
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::{all, exact, separated, words};
    use super::*;
    use std::borrow::Cow;

    /// A token whose text says something else than it means.
    fn forged(text: &str, meaning: Meaning<'static>) -> Doc<'static> {
        Doc::Token(Token { text: Cow::Owned(text.to_owned()), meaning })
    }

    fn select(parts: Vec<Doc<'static>>) -> Result<String, Mismatch> {
        let parts = [words("SELECT")].into_iter().chain(parts).collect();
        section(&separated(parts, &Doc::Space), Some("SelectStmt"))
    }

    #[test]
    fn a_text_that_says_something_else_is_refused() {
        let name = |text: &str, name: &str| forged(text, Meaning::Name(Cow::Owned(name.to_owned())));
        let literal = |text: &str, value: &str| forged(text, Meaning::Literal(Cow::Owned(value.to_owned())));
        assert_eq!(select(vec![name("\"Users\"", "Users")]).unwrap(), "SELECT \"Users\"");
        for forgery in [
            name("Users", "Users"),
            name("users", "Users"),
            name("select", "select"),
            name("a.b", "a.b"),
            name("a b", "a b"),
            name("\"a\"b\"", "a\"b"),
            literal("'it's'", "it's"),
            literal("'a' 'b'", "a' 'b"),
            literal("E'\\n'", "\n"),
            literal("'a", "a"),
            literal("$a$ $a$", " $a$"),
            forged("1 /* one */", Meaning::Exact),
            forged("1; SELECT 2", Meaning::Exact),
            forged("users", Meaning::Word),
        ] {
            let found = select(vec![forgery.clone()]);
            assert!(matches!(found, Err(Mismatch::Tokens { .. })), "{forgery:?}: {found:?}");
        }
    }

    /// A text of the same shape as an honest one is not judged; so none that says something else may have its shape.
    #[test]
    fn what_was_judged_before_lets_nothing_else_pass() {
        let name = |text: &str, name: &str| forged(text, Meaning::Name(Cow::Owned(name.to_owned())));
        let literal = |text: &str, value: &str| forged(text, Meaning::Literal(Cow::Owned(value.to_owned())));
        let honest = [
            (name("a", "a"), literal("'b'", "b")),
            (name("zone_1", "zone_1"), literal("'-- \\ $$ \n'", "-- \\ $$ \n")),
            (name("\"A b\"", "A b"), literal("''", "")),
        ];
        for (column, text) in honest {
            assert!(select(vec![column, exact("="), text]).is_ok());
        }
        for forgery in [
            vec![name("select", "select"), exact("="), literal("'b'", "b")],
            vec![name("a b", "a b"), exact("="), literal("'b'", "b")],
            vec![name("a", "b"), exact("="), literal("'b'", "b")],
            vec![name("A", "A"), exact("="), literal("'b'", "b")],
            vec![name("a--", "a--"), exact("="), literal("'b'", "b")],
            vec![name("\"a\"\"", "a\""), exact("="), literal("'b'", "b")],
            vec![name("\"\"", ""), exact("="), literal("'b'", "b")],
            vec![name("a", "a"), exact("="), literal("'b''", "b'")],
            vec![name("a", "a"), exact("="), literal("'b' OR 'c'", "b' OR 'c")],
            vec![name("a", "a"), exact("="), literal("b", "b")],
            vec![name("a", "a"), exact("="), literal("'b'", "c")],
            vec![name("a", "a"), exact("=--"), literal("'b'", "b")],
            vec![name("a", "a"), exact("="), forged("'b'", Meaning::Word)],
        ] {
            assert!(select(forgery.clone()).is_err(), "{forgery:?}");
        }
        // Other first letters before a quote are other strings to the scanner.
        let touching = |letter: &str| all([name(letter, letter), literal("'b'", "b")]);
        assert!(select(vec![touching("a")]).is_ok());
        for letter in ["e", "n", "x", "b"] {
            assert!(select(vec![touching(letter)]).is_err(), "{letter}");
        }
    }

    #[test]
    fn tokens_that_are_no_single_statement_are_refused() {
        assert!(select(vec![exact("("), exact("1"), exact(")"), exact(";")]).is_ok());
        for parts in [
            vec![exact("("), exact("1")],
            vec![exact("1"), exact(")")],
            vec![exact("1"), exact(";"), words("SELECT"), exact("2")],
            vec![exact("1"), exact(";"), exact(";")],
            vec![exact("1"), words("FROM")],
        ] {
            let found = select(parts.clone());
            assert!(matches!(found, Err(Mismatch::Statements { .. })), "{parts:?}: {found:?}");
        }
        let early = all([exact(";"), Doc::Space, words("COMMIT"), exact(";")]);
        assert!(section(&early, Some("TransactionStmt")).is_err());
        assert!(section(&words("COMMIT"), None).is_err());
        assert!(section(&words("COMMIT"), Some("SelectStmt")).is_err());
        assert!(section(&words("SET CONSTRAINTS ALL DEFERRED"), Some("VariableSetStmt")).is_err());
        assert!(section(&words("SET CONSTRAINTS ALL DEFERRED"), Some("ConstraintsSetStmt")).is_ok());
    }

    #[test]
    fn the_openings_are_those_of_one_kind() {
        let statements = [
            "ANALYZE",
            "ANALYZE (VERBOSE) t",
            "COMMIT",
            "COMMIT AND CHAIN",
            "COMMIT PREPARED 'a'",
            "COPY t FROM STDIN",
            "COPY (VALUES (1)) TO STDOUT",
            "DO 'a'",
            "DO LANGUAGE plpgsql 'a'",
            "INSERT INTO t DEFAULT VALUES",
            "INSERT INTO t SELECT 1",
            "LOCK t",
            "LOCK TABLE ONLY t IN SHARE MODE",
            "ROLLBACK",
            "ROLLBACK TO a",
            "ROLLBACK PREPARED 'a'",
            "SELECT",
            "SELECT 1 INTO t",
            "SELECT 1 UNION SELECT 2",
            "SELECT 1 FOR UPDATE",
            "TRUNCATE t",
            "TRUNCATE TABLE ONLY t RESTART IDENTITY CASCADE",
        ];
        for statement in statements {
            let opening = statement.split(' ').next().unwrap();
            let kind = OPENINGS.iter().find(|(word, _)| *word == opening).unwrap().1;
            assert_eq!(decoded_kind(statement).unwrap(), kind, "{statement}");
        }
    }

    #[test]
    fn the_grammar_reads_deep_statements_on_a_small_stack() {
        let deep = |count: usize| format!("SELECT {}1{}", "(SELECT ".repeat(count), ")".repeat(count));
        let small = std::thread::Builder::new().stack_size(256 << 10);
        let read = small.spawn(move || pg_query::split_with_parser(&deep(1_000)).map(|found| found.len())).unwrap();
        assert_eq!(read.join().unwrap(), Ok(1));
        assert!(pg_query::split_with_parser(&deep(100_000)).is_err());
    }
}
