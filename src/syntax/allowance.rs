//! `-- noren: allow N0412 because "…"` is a comment to the grammar, and yet it takes a warning away: one that is
//! misspelt must not pass for an ordinary comment.

use super::ast::Allowance;
use super::grammar::{self, Rule};
use super::lower::Lower;
use super::report::Report;
use super::scan::{Kind, Token};
use crate::diagnostic::codes;
use crate::source::{Source, Spanned};

pub(super) fn read(source: &Source, tokens: &[Token], report: &mut Report) -> Vec<Allowance> {
    let mut allowances = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.kind == Kind::Comment && addresses_us(&source.text, token) {
            allowances.extend(read_one(source, tokens, index, report));
        }
    }
    allowances
}

/// The words of a comment after its dashes begin with `noren:`, or look as if that was meant.
fn addresses_us(text: &str, token: &Token) -> bool {
    let comment = text.get(token.start..token.end).unwrap_or_default().trim_start_matches('-').trim_start();
    let Some(rest) = comment.get(..5).filter(|word| word.eq_ignore_ascii_case("noren")).and(comment.get(5..)) else {
        return false;
    };
    let rest = rest.trim_start();
    rest.starts_with(':') || rest.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("allow"))
}

fn read_one(source: &Source, tokens: &[Token], index: usize, report: &mut Report) -> Option<Allowance> {
    let token = tokens.get(index)?;
    let comment = source.text.get(token.start..token.end)?;
    let code = comment.find(':').and_then(|colon| {
        let node = grammar::read(&source.text, token.start + colon + 1, token.end, Rule::only_allowance).ok()?;
        Some((node.child(Rule::allowed_code)?, node))
    });
    let span = report.span(token.start, token.end);
    let line_of = |offset: usize| source.position(u32::try_from(offset).unwrap_or(u32::MAX)).line;
    let own = line_of(token.start);
    let Some((code, node)) = code else {
        malformed(report, token);
        return None;
    };
    let because = Lower { report }.allowance_reason(&node)?;
    let code = Spanned::new(code.text().to_ascii_uppercase(), report.span(code.start(), code.end()));
    let next = tokens.iter().skip(index + 1).find(|next| !next.is_comment());
    let line = next.map_or(own + 1, |next| line_of(next.start));
    Some(Allowance { code, because, line, span })
}

fn malformed(report: &mut Report, token: &Token) {
    let span = report.span(token.start, token.end);
    report.add(codes::N0108, "expected `-- noren: allow CODE because \"…\"`, found another comment to noren", |diagnostic| {
        diagnostic
            .at(span, "is not an allowance")
            .note("a comment that begins with `noren:` is read by the compiler; one that it cannot read would silence nothing")
            .help("write it like `-- noren: allow N0412 because \"the reason\"`, on the line above what it covers")
    });
}
