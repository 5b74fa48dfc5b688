//! The grammar stops at its first error and knows nothing of characters that deceive the eye. This pass comes
//! before it: it cuts the text into tokens exactly where PostgreSQL's `scan.l` would (strings, `E'…'`, dollar quotes,
//! quoted names, nested comments), finds what never ends or nests too deep, and refuses control characters.
//! Statements and clauses are then cut out of its tokens, so that each can be parsed, and fail, alone.

use super::report::Report;
use crate::diagnostic::codes;
use crate::source::Span;

/// Deeper than any policy that a person reads; later passes may recurse this far.
pub(super) const MAX_DEPTH: usize = 128;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword.
    Word,
    Number,
    /// `'…'`
    Text,
    /// `E'…'`
    EscapeText,
    /// `$tag$…$tag$`
    Dollar,
    /// `"…"`
    Quoted,
    /// `-- …`, without the end of the line.
    Comment,
    /// `/* … */`, SQL's only.
    BlockComment,
    /// Any other single character.
    Mark(char),
}

/// A token's kind and bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

impl Token {
    pub(super) fn is_comment(&self) -> bool {
        matches!(self.kind, Kind::Comment | Kind::BlockComment)
    }
}

/// The tokens of a text, comments among them, and where it nests too deep.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub tokens: Vec<Token>,
    /// Places already reported, ascending; what holds one is not parsed, since it would only be reported again.
    pub spoiled: Vec<usize>,
}

pub(super) fn scan(text: &str, report: &mut Report) -> Scan {
    let mut scanner = Scanner { text, at: 0, scan: Scan::default(), open: Vec::new(), reported_depth_of: None, report };
    scanner.check_characters();
    scanner.run();
    scanner.scan
}

struct Scanner<'t, 'r> {
    text: &'t str,
    at: usize,
    scan: Scan,
    open: Vec<(char, usize)>,
    reported_depth_of: Option<Span>,
    report: &'r mut Report,
}

pub(super) fn is_word_start(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_' || !letter.is_ascii()
}

pub(super) fn is_word_continue(letter: char) -> bool {
    is_word_start(letter) || letter.is_ascii_digit() || letter == '$'
}

impl Scanner<'_, '_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn run(&mut self) {
        while let Some(letter) = self.rest().chars().next() {
            if letter.is_ascii_whitespace() {
                self.at += 1;
            } else {
                self.token(letter);
            }
        }
    }

    fn token(&mut self, letter: char) {
        let start = self.at;
        let kind = match letter {
            '\'' => self.text(),
            '"' => self.name(),
            '$' => self.dollar(),
            '-' if self.rest().starts_with("--") => self.line_comment(),
            '/' if self.rest().starts_with("/*") => self.block_comment(),
            '0'..='9' => self.number(),
            'e' | 'E' if self.rest().get(1..2) == Some("'") => self.escape_text(),
            _ if is_word_start(letter) => self.word(),
            _ => self.mark(letter),
        };
        self.scan.tokens.push(Token { kind, start, end: self.at });
    }

    fn skip_while(&mut self, test: impl Fn(char) -> bool) {
        let rest = self.rest();
        let length = rest.find(|letter| !test(letter)).unwrap_or(rest.len());
        self.at += length;
    }

    fn word(&mut self) -> Kind {
        self.skip_while(is_word_continue);
        Kind::Word
    }

    /// A letter that follows makes junk, which PostgreSQL refuses; `$` begins a new token.
    fn number(&mut self) -> Kind {
        self.skip_while(|letter| letter.is_ascii_digit());
        if self.rest().chars().next().is_some_and(is_word_start) {
            self.skip_while(is_word_continue);
        }
        Kind::Number
    }

    fn line_comment(&mut self) -> Kind {
        self.skip_while(|letter| letter != '\n');
        if self.text.get(..self.at).is_some_and(|before| before.ends_with('\r')) {
            self.at -= 1;
        }
        Kind::Comment
    }

    fn block_comment(&mut self) -> Kind {
        let start = self.at;
        let mut depth = 0usize;
        loop {
            let rest = self.rest();
            if rest.starts_with("/*") {
                (depth, self.at) = (depth + 1, self.at + 2);
            } else if rest.starts_with("*/") {
                (depth, self.at) = (depth - 1, self.at + 2);
                if depth == 0 {
                    return Kind::BlockComment;
                }
            } else if let Some(letter) = rest.chars().next() {
                self.at += letter.len_utf8();
            } else {
                self.never_ends(start, "a comment", "*/", "file");
                return Kind::BlockComment;
            }
        }
    }

    fn text(&mut self) -> Kind {
        let start = self.at;
        self.at += 1;
        loop {
            let Some(length) = self.rest().find('\'') else {
                self.at = self.text.len();
                self.never_ends(start, "a string", "'", "file");
                return Kind::Text;
            };
            self.at += length + 1;
            if !self.rest().starts_with('\'') {
                return Kind::Text;
            }
            self.at += 1;
        }
    }

    /// A quoted name or a reason: kept to one line, so that a forgotten quote spoils one line and not the file.
    fn name(&mut self) -> Kind {
        let start = self.at;
        self.at += 1;
        loop {
            let rest = self.rest();
            let length = rest.find(['"', '\n']).unwrap_or(rest.len());
            self.at += length;
            if !self.rest().starts_with('"') {
                self.never_ends(start, "a quoted name or a reason", "\"", "line");
                return Kind::Quoted;
            }
            self.at += 1;
            if !self.rest().starts_with('"') {
                return Kind::Quoted;
            }
            self.at += 1;
        }
    }

    /// `E'…'` goes on after a line break (SQL's string continuation), still with backslash escapes.
    fn escape_text(&mut self) -> Kind {
        let start = self.at;
        self.at += 2;
        loop {
            let rest = self.rest();
            let Some(length) = rest.find(['\'', '\\']) else {
                self.at = self.text.len();
                self.never_ends(start, "a string", "'", "file");
                return Kind::EscapeText;
            };
            if rest.get(length..).is_some_and(|tail| tail.starts_with('\\')) {
                let skipped = rest.get(length + 1..).and_then(|tail| tail.chars().next()).map_or(0, char::len_utf8);
                self.at += length + 1 + skipped;
                continue;
            }
            self.at += length + 1;
            if self.rest().starts_with('\'') {
                self.at += 1;
            } else if let Some(length) = continuation(self.rest()) {
                self.at += length;
            } else {
                return Kind::EscapeText;
            }
        }
    }

    fn dollar(&mut self) -> Kind {
        let start = self.at;
        let tag = self.rest().get(1..).and_then(dollar_tag);
        let Some(tag) = tag.map(|tag| format!("${tag}$")) else {
            self.at += 1;
            // `$1E'…'` is a parameter and an escape string to PostgreSQL's parser, not `$` and the number `1E`.
            self.skip_while(|letter| letter.is_ascii_digit());
            return Kind::Mark('$');
        };
        self.at += tag.len();
        if let Some(length) = self.rest().find(&tag) {
            self.at += length + tag.len();
        } else {
            self.at = self.text.len();
            self.never_ends(start, "a dollar-quoted string", &tag, "file");
        }
        Kind::Dollar
    }

    fn mark(&mut self, letter: char) -> Kind {
        match letter {
            '(' | '{' => {
                self.open.push((letter, self.at));
                if self.open.len() == MAX_DEPTH + 1 {
                    self.too_deep();
                }
            }
            ')' | '}' => self.close(if letter == ')' { '(' } else { '{' }),
            _ => {}
        }
        self.at += letter.len_utf8();
        Kind::Mark(letter)
    }

    /// A closing mark that matches nothing is left to the parser; `}` ends what is open within its block.
    fn close(&mut self, opening: char) {
        match self.open.iter().rposition(|(mark, _)| *mark == opening) {
            Some(at) if opening == '{' || at + 1 == self.open.len() => self.open.truncate(at),
            _ => {}
        }
    }

    fn never_ends(&mut self, start: usize, what: &str, closing: &str, within: &str) {
        self.scan.spoiled.push(start);
        let shown = self.text.get(start..).and_then(|rest| rest.lines().next()).map_or(1, |line| line.len().min(40));
        let end =
            (start + shown..self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(self.text.len());
        let span = self.report.span(start, end);
        self.report.add(codes::N0103, format!("expected `{closing}`, found the end of the {within}"), |diagnostic| {
            diagnostic.at(span, format!("{what} begins here and never ends")).help(format!("close it with `{closing}`"))
        });
    }

    fn too_deep(&mut self) {
        self.scan.spoiled.push(self.at);
        let span = self.report.span(self.at, self.at + 1);
        let outermost = self.open.first().map_or(span, |(_, at)| self.report.span(*at, at + 1));
        // One deep statement is one finding, however often it goes down again.
        if self.reported_depth_of.replace(outermost) == Some(outermost) {
            return;
        }
        self.report.add(
            codes::N0104,
            format!("expected at most {MAX_DEPTH} levels of parentheses and braces"),
            |diagnostic| {
                diagnostic
                    .at(span, "one level more")
                    .label(outermost, "the outermost one")
                    .help("write it flatter, for example as a function in the schema or a mask of your own")
            },
        );
    }

    fn check_characters(&mut self) {
        let mut found: Vec<(usize, char)> = Vec::new();
        let mut letters = self.text.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            let line_end = letter == '\r' && letters.peek().is_some_and(|(_, next)| *next == '\n');
            if is_refused(letter) && !line_end {
                found.push((at, letter));
            }
        }
        // A binary file would drown the terminal; twenty places tell as much as a million.
        let more = found.len().saturating_sub(20);
        for (at, letter) in found.into_iter().take(20) {
            report_character(self.report, at, letter, more);
        }
    }
}

fn report_character(report: &mut Report, at: usize, letter: char, more: usize) {
    let span: Span = report.span(at, at + letter.len_utf8());
    let title = format!("expected readable text, found the invisible character U+{:04X}", u32::from(letter));
    report.add(codes::N0105, title, |diagnostic| {
        let diagnostic = diagnostic
            .at(span, "here")
            .note("a character that is not seen, or that changes the order of what is seen, makes a review see another text than the compiler")
            .help("delete it, or write an ordinary space; in a name of the schema it is escaped, as in `U&\"a\\3000b\"`");
        if more > 0 { diagnostic.note(format!("{more} more of these in this file are not shown")) } else { diagnostic }
    });
}

/// Control characters, bidirectional controls, line separators and spaces that are not ASCII. PostgreSQL reads the
/// latter as letters of a name, so an ideographic space would silently make another name.
pub(super) fn is_refused(letter: char) -> bool {
    let whitespace = letter.is_whitespace() && !letter.is_ascii();
    let control = letter.is_control() && !matches!(letter, '\t' | '\n');
    whitespace
        || control
        || matches!(letter, '\u{61C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{AD}' | '\u{180E}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// The tag of a dollar quote whose first `$` was just read.
fn dollar_tag(rest: &str) -> Option<&str> {
    let (tag, _) = rest.split_once('$')?;
    let mut letters = tag.chars();
    let fits =
        letters.next().is_none_or(is_word_start) && letters.all(|letter| is_word_continue(letter) && letter != '$');
    fits.then_some(tag)
}

/// `quotecontinue` of scan.l: the length up to and with the quote that takes a string up again.
fn continuation(rest: &str) -> Option<usize> {
    let mut line_broken = false;
    let mut at = 0;
    loop {
        let tail = rest.get(at..)?;
        match tail.chars().next()? {
            '\'' if line_broken => return Some(at + 1),
            '\n' | '\r' => (line_broken, at) = (true, at + 1),
            ' ' | '\t' => at += 1,
            '-' if tail.starts_with("--") => at += tail.find(['\n', '\r'])?,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use proptest::prelude::*;

    fn tokens(text: &str) -> Option<Vec<Token>> {
        let mut sources = Sources::default();
        let mut report = Report::new(sources.add("a", text)?);
        let scan = scan(text, &mut report);
        scan.spoiled.is_empty().then_some(scan.tokens)
    }

    /// Parentheses, strings and comments as byte ranges.
    fn ours(text: &str) -> Option<Vec<(usize, usize)>> {
        let counts = |token: &Token| {
            !matches!(token.kind, Kind::Word | Kind::Number | Kind::Mark(_))
                || matches!(token.kind, Kind::Mark('(' | ')'))
        };
        let mut found: Vec<Token> = Vec::new();
        for token in tokens(text)?.into_iter().filter(counts) {
            // To PostgreSQL a string that is taken up again on another line is one; it ends at the same place.
            let taken_up = found.last().filter(|last| last.kind == Kind::Text);
            let taken_up =
                taken_up.and_then(|last| continuation(&text[last.end..]).map(|length| last.end + length - 1));
            match (taken_up, found.last_mut()) {
                (Some(quote), _) if token.start < quote => {}
                (Some(_), Some(last)) => last.end = token.end,
                _ => found.push(token),
            }
        }
        Some(found.iter().map(|token| (token.start, token.end)).collect())
    }

    /// `x''''` is two strings to PostgreSQL and one with a quote in it here; both end at the same place.
    fn runs(text: &str, ranges: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (start, end) in ranges {
            match runs.last_mut() {
                Some(last) if last.1 == start && text[start - 1..].starts_with("''") => last.1 = end,
                _ => runs.push((start, end)),
            }
        }
        runs
    }

    fn postgresql(text: &str) -> Option<Vec<(usize, usize)>> {
        use pg_query::protobuf::Token as Sql;
        let scanned = pg_query::scan(text).ok()?;
        let counts =
            |token: Sql| matches!(token, Sql::Ascii40 | Sql::Ascii41 | Sql::Sconst | Sql::CComment | Sql::SqlComment);
        let quoted = |start: i32| {
            usize::try_from(start).ok().and_then(|start| text.get(start..)).is_some_and(|rest| rest.starts_with('"'))
        };
        // A prefix is a word of its own here: what follows it ends at the same place with and without it.
        let prefix = |token: Sql| match token {
            Sql::Usconst | Sql::Uident => 2,
            Sql::Xconst | Sql::Bconst => 1,
            _ => 0,
        };
        let is_wanted = |token: Sql, start| counts(token) || prefix(token) > 0 || quoted(start);
        let tokens = scanned.tokens.iter().filter(|token| is_wanted(token.token(), token.start));
        let start = |token: &pg_query::protobuf::ScanToken| token.start + prefix(token.token());
        tokens.map(|token| Some((usize::try_from(start(token)).ok()?, usize::try_from(token.end).ok()?))).collect()
    }

    const PIECES: &[&str] = &[
        "'", "'", "''", "\"", "\"", "$", "$a$", "$$", "$b$", "a", "E'", "e'", "E", "\\", "\\'", "(", ")", "--", "/*",
        "*/", "\n", " ", "-", "/", "*", "1", "1.5", "_", "x", "U&'", "é", "N'", ".", "a$b", "$1", "+",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200_000, ..ProptestConfig::default() })]

        #[test]
        fn tokens_end_where_postgresqls_scanner_ends_them(pieces in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..14)) {
            let text = pieces.concat();
            if let (Some(ours), Some(theirs)) = (ours(&text), postgresql(&text)) {
                prop_assert_eq!(runs(&text, ours), runs(&text, theirs), "{:?}", text);
            }
        }
    }
}
