//! Where statements begin and end, and what in a dump is not SQL at all.
//!
//! `pg_dump` writes for psql: lines that begin with a backslash are psql's own commands, and the lines after
//! `COPY … FROM stdin;` are data. PostgreSQL's parser knows neither. So they are overwritten with spaces, which
//! keeps every byte offset, and for that the scanner knows strings, dollar quotes, comments, quoted names and
//! `BEGIN ATOMIC` bodies by psql's own rules (`psqlscan.l`). Whether what is between two semicolons is a statement,
//! PostgreSQL's parser says.

use std::ops::Range;

/// What the scanner saw.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Statements without their semicolon, from their first token.
    pub statements: Vec<Range<usize>>,
    /// psql commands, each to the end of its line.
    pub commands: Vec<Range<usize>>,
    /// Rows after `COPY … FROM stdin;`, with the closing `\.`.
    pub data: Vec<Range<usize>>,
    /// A string, dollar quote, quoted name or comment that never ends.
    pub unterminated: Option<Unterminated>,
}

/// What was opened and never closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unterminated {
    /// Where it opens.
    pub start: usize,
    /// What it is, for a message.
    pub what: &'static str,
}

/// Scans a whole file.
pub(super) fn scan(text: &str) -> Scan {
    let mut scanner = Scanner { bytes: text.as_bytes(), text, at: 0, result: Scan::default(), statement: None };
    while scanner.at < scanner.bytes.len() && scanner.result.unterminated.is_none() {
        scanner.step();
    }
    scanner.finish_statement(scanner.bytes.len());
    scanner.result
}

/// The text with psql's commands and COPY data overwritten by spaces; newlines stay.
pub(super) fn blank(text: &str, scan: &Scan) -> Option<String> {
    if scan.commands.is_empty() && scan.data.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for range in scan.commands.iter().chain(&scan.data) {
        for byte in bytes.get_mut(range.clone()).into_iter().flatten().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
    }
    // The ranges begin and end at ASCII bytes, so the rest is still UTF-8.
    String::from_utf8(bytes).ok()
}

/// One past the token that begins at `start`: an identifier, a quoted name, a string, or a single character.
pub(super) fn token_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    match bytes.get(start) {
        None => start,
        Some(b'"') => closing(bytes, start + 1, b'"', false).unwrap_or(text.len()),
        Some(b'\'') => closing(bytes, start + 1, b'\'', false).unwrap_or(text.len()),
        Some(&byte) if is_word_start(byte) || byte.is_ascii_digit() => word_end(bytes, start),
        Some(_) => start + text.get(start..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8),
    }
}

/// The first byte at or after `start` that is neither white space nor in a comment.
pub(super) fn skip_blank(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(byte), _) if byte.is_ascii_whitespace() => at += 1,
            (Some(b'-'), Some(b'-')) => at = line_end(bytes, at),
            (Some(b'/'), Some(b'*')) => match comment_end(bytes, at) {
                Some(end) => at = end,
                None => return bytes.len(),
            },
            _ => return at,
        }
    }
}

struct Scanner<'t> {
    bytes: &'t [u8],
    text: &'t str,
    at: usize,
    result: Scan,
    statement: Option<Statement>,
}

/// What has to be known of a statement to find its end.
#[derive(Default)]
struct Statement {
    start: usize,
    /// The first words, lower case; psql looks at four.
    words: Vec<String>,
    /// `CREATE RULE … DO (a; b)` is the only statement with semicolons in parentheses.
    parentheses: usize,
    /// Depth of `BEGIN ATOMIC … CASE … END`.
    begin: usize,
    from_stdin: bool,
    last_word: String,
}

const WORDS: usize = 4;

impl Statement {
    fn is_routine(&self) -> bool {
        let mut words = self.words.iter().map(String::as_str);
        words.next() == Some("create") && words.any(|word| matches!(word, "function" | "procedure"))
    }

    fn is_rule(&self) -> bool {
        let mut words = self.words.iter().map(String::as_str);
        words.next() == Some("create") && words.any(|word| word == "rule")
    }

    fn is_copy(&self) -> bool {
        self.words.first().is_some_and(|word| word == "copy")
    }

    fn word(&mut self, word: String) {
        match word.as_str() {
            "begin" if self.is_routine() => self.begin += 1,
            "case" if self.begin > 0 => self.begin += 1,
            "end" => self.begin = self.begin.saturating_sub(1),
            "stdin" if self.last_word == "from" => self.from_stdin = true,
            _ => {}
        }
        if self.words.len() < WORDS {
            self.words.push(word.clone());
        }
        self.last_word = word;
    }

    fn ends(&self) -> bool {
        self.begin == 0 && (self.parentheses == 0 || !self.is_rule())
    }
}

impl Scanner<'_> {
    fn step(&mut self) {
        let start = self.at;
        let next = self.bytes.get(start + 1).copied();
        match self.bytes.get(start).copied().unwrap_or_default() {
            byte if byte.is_ascii_whitespace() => self.at += 1,
            b'-' if next == Some(b'-') => self.at = line_end(self.bytes, start),
            b'/' if next == Some(b'*') => self.close(start, comment_end(self.bytes, start), "comment"),
            b'\\' if self.statement.is_none() => {
                self.at = line_end(self.bytes, start);
                self.result.commands.push(start..self.at);
            }
            b';' => self.semicolon(),
            _ => self.token(start),
        }
    }

    fn token(&mut self, start: usize) {
        let statement = self.statement.get_or_insert_with(|| Statement { start, ..Statement::default() });
        match self.bytes.get(start).copied().unwrap_or_default() {
            b'(' => statement.parentheses += 1,
            b')' => statement.parentheses = statement.parentheses.saturating_sub(1),
            b'\'' => return self.close(start, closing(self.bytes, start + 1, b'\'', false), "string"),
            b'"' => {
                statement.last_word.clear();
                return self.close(start, closing(self.bytes, start + 1, b'"', false), "quoted name");
            }
            b'$' => return self.dollar(start),
            byte if is_word_start(byte) => return self.word(start),
            byte if byte.is_ascii_digit() => return self.at = word_end(self.bytes, start),
            _ => {}
        }
        self.at = start + 1;
    }

    fn word(&mut self, start: usize) {
        let end = word_end(self.bytes, start);
        let word = self.text.get(start..end).unwrap_or_default();
        if word.eq_ignore_ascii_case("e") && self.bytes.get(end) == Some(&b'\'') {
            return self.close(start, closing(self.bytes, end + 1, b'\'', true), "string");
        }
        if let Some(statement) = self.statement.as_mut() {
            statement.word(word.to_ascii_lowercase());
        }
        self.at = end;
    }

    fn dollar(&mut self, start: usize) {
        match dollar_tag(self.text, start) {
            Some(tag) => {
                let body = start + tag.len();
                let end = self.text.get(body..).and_then(|rest| rest.find(tag)).map(|found| body + found + tag.len());
                self.close(start, end, "dollar-quoted string");
            }
            None => self.at = start + 1,
        }
    }

    fn close(&mut self, start: usize, end: Option<usize>, what: &'static str) {
        self.at = end.unwrap_or(self.bytes.len());
        if end.is_none() {
            self.result.unterminated = Some(Unterminated { start, what });
        }
    }

    fn semicolon(&mut self) {
        if self.statement.as_ref().is_some_and(|statement| !statement.ends()) {
            self.at += 1;
            return;
        }
        let data = self.statement.as_ref().is_some_and(|statement| statement.is_copy() && statement.from_stdin);
        self.finish_statement(self.at);
        self.at += 1;
        if data {
            self.copy_data();
        }
    }

    fn finish_statement(&mut self, end: usize) {
        if let Some(statement) = self.statement.take() {
            self.result.statements.push(statement.start..end);
        }
    }

    fn copy_data(&mut self) {
        self.at = line_end(self.bytes, self.at);
        let start = self.at;
        while self.at < self.bytes.len() {
            let line = self.at + 1;
            self.at = line_end(self.bytes, line);
            if self.text.get(line..self.at).is_some_and(|line| line.trim_end() == "\\.") {
                break;
            }
        }
        self.result.data.push(start..self.at.min(self.bytes.len()));
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let more = |byte: &&u8| is_word_start(**byte) || byte.is_ascii_digit() || **byte == b'$';
    start + bytes.get(start..).unwrap_or_default().iter().take_while(more).count()
}

/// The offset of the newline that ends the line, or the end of the text.
fn line_end(bytes: &[u8], start: usize) -> usize {
    bytes
        .get(start..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
        .map_or(bytes.len(), |found| start + found)
}

/// One past the closing quote; a doubled quote is part of the text, and so is what a backslash escapes.
fn closing(bytes: &[u8], start: usize, quote: u8, backslash: bool) -> Option<usize> {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if backslash => at += 2,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// One past the comment that opens at `start`; comments nest.
fn comment_end(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut depth) = (start, 0usize);
    loop {
        match (bytes.get(at)?, bytes.get(at + 1)) {
            (b'/', Some(b'*')) => (at, depth) = (at + 2, depth + 1),
            (b'*', Some(b'/')) => {
                (at, depth) = (at + 2, depth - 1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
}

/// `$$` or `$tag$` at `start`; `$1` is a parameter.
fn dollar_tag(text: &str, start: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let end = match bytes.get(start + 1)? {
        b'$' => start + 1,
        byte if is_word_start(*byte) => {
            let tag = |byte: &&u8| is_word_start(**byte) || byte.is_ascii_digit();
            start + 1 + bytes.get(start + 1..)?.iter().take_while(tag).count()
        }
        _ => return None,
    };
    (bytes.get(end) == Some(&b'$')).then(|| text.get(start..=end))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(text: &str) -> Vec<&str> {
        scan(text).statements.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn commands_are_blanked_and_offsets_stay() {
        let text = "\\restrict abc\nSELECT 'x\n\\y';\n\\unrestrict é\n";
        let blanked = blank(text, &scan(text)).unwrap();
        assert_eq!(blanked.len(), text.len());
        assert_eq!(blanked, format!("{}\nSELECT 'x\n\\y';\n{}\n", " ".repeat(13), " ".repeat(14)));
    }

    #[test]
    fn copy_data_is_blanked() {
        let text = "COPY public.t (a) FROM stdin;\nit's;\n\\\\.\n\\.\n\nSELECT 1;\n";
        let blanked = blank(text, &scan(text)).unwrap();
        assert_eq!(blanked.split_whitespace().collect::<Vec<_>>().join(" "), "COPY public.t (a) FROM stdin; SELECT 1;");
    }

    #[test]
    fn statements_end_where_psql_ends_them() {
        let text = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; \
                    SELECT $a$;$b$;$a$, E'\\';', \"a;b\" /* ; /* ; */ ; */; CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); \
                    SELECT (1; SELECT 2";
        assert_eq!(
            statements(text),
            [
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
                "SELECT $a$;$b$;$a$, E'\\';', \"a;b\" /* ; /* ; */ ; */",
                "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
                "SELECT (1",
                "SELECT 2",
            ]
        );
    }

    #[test]
    fn what_never_ends_is_told() {
        let unterminated = |text: &str| scan(text).unterminated.unwrap();
        assert_eq!(unterminated("SELECT 'abc"), Unterminated { start: 7, what: "string" });
        assert_eq!(unterminated("SELECT $x$ abc"), Unterminated { start: 7, what: "dollar-quoted string" });
        assert_eq!(unterminated("/* /* */"), Unterminated { start: 0, what: "comment" });
    }
}
