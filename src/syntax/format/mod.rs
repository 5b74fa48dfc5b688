//! A formatter that prints from the tree loses comments, and one that knows every statement has to learn each new one.
//! This one only moves tokens: the text is read, its tokens are laid out anew with the comments where they stood, and
//! the result is read again. Unless tokens, comments and meaning are the same, nothing is given back.

mod items;
mod layout;

use super::grammar::{Node, Rule, keyword};
use super::parse::parse_and_show;
use super::report::Report;
use super::scan::{Kind, scan};
use super::{ast, meaning};
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::source::{SourceId, Sources, Span};

/// Lays out a text. Errors are those of reading it; warnings do not stop it.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let Some(source) = sources.add("standard input", text) else { return Err(Vec::new()) };
    format_source(&sources, source)
}

/// Lays out one file, like [`format()`].
pub fn format_source(sources: &Sources, source: SourceId) -> Result<String, Vec<Diagnostic>> {
    let before = read(sources, source)?;
    let formatted = layout::file(&items::build(&before.pieces));
    let mut again = Sources::default();
    let after = again.add("standard input", formatted.as_str()).ok_or_else(Vec::new)?;
    match read(&again, after) {
        Ok(after) if same(&before, &after) => Ok(formatted),
        _ => Err(vec![internal(&before)]),
    }
}

fn internal(read: &Read) -> Diagnostic {
    Diagnostic::new(codes::N0101, "internal error: formatting would change what this file says")
        .at(Span::new(read.source, 0, 0), "the file is left as it is")
        .help("please report this file as a bug of noren")
}

/// A file as tokens and comments, and as a tree.
struct Read {
    source: SourceId,
    file: ast::File,
    pieces: Vec<Piece>,
}

/// A token of the language (SQL between parentheses is one) or a comment.
#[derive(Clone, Debug)]
struct Piece {
    /// `COMMENT` for a comment.
    rule: Rule,
    /// Keywords in lower case, all else as written.
    text: String,
    start: usize,
    end: usize,
    /// Counts statements; a comment has the number of the token before it.
    statement: usize,
    /// Neighbouring lines are aligned here.
    mark: bool,
    /// First of its line.
    begins_line: bool,
    /// Stands behind an empty line.
    after_blank: bool,
}

fn read(sources: &Sources, source: SourceId) -> Result<Read, Vec<Diagnostic>> {
    let text = sources.get(source).map(|source| source.text.as_str()).unwrap_or_default();
    let (mut tokens, mut statements) = (Vec::new(), 0);
    let parsed = parse_and_show(sources, source, &mut |node| {
        flatten(node, statements, false, &mut tokens);
        statements += 1;
    });
    if parsed.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(parsed.diagnostics);
    }
    Ok(Read { source, file: parsed.file, pieces: with_comments(text, source, tokens) })
}

fn same(before: &Read, after: &Read) -> bool {
    let same_text = |one: &Piece, two: &Piece| one.rule == two.rule && one.text == two.text;
    before.pieces.len() == after.pieces.len()
        && before.pieces.iter().zip(&after.pieces).all(|(one, two)| same_text(one, two))
        && meaning::same(&before.file, &after.file)
}

fn with_comments(text: &str, source: SourceId, pieces: Vec<Piece>) -> Vec<Piece> {
    let tokens = scan(text, &mut Report::new(source)).tokens;
    let comments: Vec<_> = tokens.into_iter().filter(|token| token.kind == Kind::Comment).collect();
    let mut all = Vec::with_capacity(pieces.len() + comments.len());
    let mut comments = comments.into_iter().peekable();
    let mut end = 0;
    for piece in pieces {
        while let Some(comment) = comments.next_if(|comment| comment.start < piece.start) {
            // A comment inside SQL belongs to its token.
            if comment.start >= end {
                all.push(comment_piece(text, comment.start, comment.end));
            }
        }
        end = piece.end;
        all.push(piece);
    }
    let rest = comments.filter(|comment| comment.start >= end);
    all.extend(rest.map(|comment| comment_piece(text, comment.start, comment.end)));
    place(text, &mut all);
    all
}

fn comment_piece(text: &str, start: usize, end: usize) -> Piece {
    let comment = text.get(start..end).unwrap_or_default().trim_end().to_owned();
    Piece {
        rule: Rule::COMMENT,
        text: comment,
        start,
        end,
        statement: 0,
        mark: false,
        begins_line: false,
        after_blank: false,
    }
}

fn place(text: &str, pieces: &mut [Piece]) {
    let mut end = 0;
    for piece in pieces {
        let gap = text.get(end..piece.start).unwrap_or_default();
        let breaks = gap.matches('\n').count();
        (piece.begins_line, piece.after_blank) = (breaks > 0 || end == 0, breaks > 1);
        end = piece.end;
    }
}

fn is_token(node: &Node) -> bool {
    matches!(
        node.rule(),
        Rule::name
            | Rule::pattern
            | Rule::table_pattern
            | Rule::table_name
            | Rule::type_name
            | Rule::setting_name
            | Rule::column_name
            | Rule::json_path
            | Rule::sql
            | Rule::test_value
    ) || node.only().is_none()
}

fn flatten(node: &Node, statement: usize, mark: bool, pieces: &mut Vec<Piece>) {
    if is_token(node) {
        let text =
            if keyword(node.rule()).is_some() { node.text().to_ascii_lowercase() } else { node.text().to_owned() };
        let (start, end) = (node.start(), node.end());
        pieces.push(Piece {
            rule: node.rule(),
            text,
            start,
            end,
            statement,
            mark,
            begins_line: false,
            after_blank: false,
        });
        return;
    }
    let first = pieces.len();
    for child in node.children() {
        let mark = mark && pieces.len() == first || is_aligned(node.rule(), child.rule(), pieces.len() - first);
        flatten(&child, statement, mark, pieces);
    }
}

/// Where the second column of a line begins.
fn is_aligned(parent: Rule, child: Rule, tokens_before: usize) -> bool {
    match parent {
        Rule::class_statement | Rule::column_rule | Rule::json_rule | Rule::json_else => child == Rule::treatment,
        Rule::setting_statement => child == Rule::type_name,
        Rule::workload_statement => child == Rule::kw_as,
        Rule::table_statement | Rule::role_statement => child == Rule::open,
        Rule::tenancy_root
        | Rule::tenancy_column
        | Rule::tenancy_setting
        | Rule::export_tables
        | Rule::export_tenant
        | Rule::export_as
        | Rule::export_rows
        | Rule::export_skip
        | Rule::export_class => tokens_before == 1,
        _ => false,
    }
}
