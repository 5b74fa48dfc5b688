//! A MySQL dump as statements of tokens.
//!
//! `mysqldump` writes for the `mysql` client: what stands in `/*!40101 … */` is run by every server of that version or a
//! newer one, and `DELIMITER ;;` tells the client where a trigger ends. So the text of such comments is read as SQL, and
//! statements end where the client would end them. Strings end by a backslash's rules, since that is how dumps are
//! written, whatever `sql_mode` a server has.

use std::ops::Range;

/// A token with the bytes that it takes up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub range: Range<usize>,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word without quotes: a key word, a number that begins a name, a bare name.
    Word(String),
    /// `` `name` ``, its quotes undone.
    Name(String),
    /// `'text'` or `"text"`, its quotes and escapes undone.
    Text(String),
    /// A number as written.
    Number(String),
    /// Any other character.
    Symbol(char),
}

/// A statement without its delimiter.
#[derive(Clone, Debug, Default)]
pub(super) struct Statement {
    pub tokens: Vec<Token>,
}

/// What was opened and never closed, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub what: &'static str,
    pub start: usize,
}

/// Every statement of a file.
pub(super) fn statements(text: &str) -> (Vec<Statement>, Option<Open>) {
    let mut lexer = Lexer { text, at: 0, delimiter: ";".to_owned(), conditional: 0, out: vec![Statement::default()] };
    let open = lexer.run().err();
    lexer.out.retain(|statement| !statement.tokens.is_empty());
    (lexer.out, open)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    delimiter: String,
    /// How many conditional comments are open.
    conditional: usize,
    out: Vec<Statement>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn run(&mut self) -> Result<(), Open> {
        while let Some(letter) = self.rest().chars().next() {
            self.step(letter)?;
        }
        Ok(())
    }

    fn step(&mut self, letter: char) -> Result<(), Open> {
        let rest = self.rest();
        if rest.starts_with(self.delimiter.as_str()) {
            self.at += self.delimiter.len();
            self.out.push(Statement::default());
            return Ok(());
        }
        if letter.is_whitespace() {
            self.at += letter.len_utf8();
        } else if self.is_delimiter_command() {
            self.delimiter_command();
        } else if let Some(length) = opening_of_conditional(rest) {
            self.at += length;
            self.conditional += 1;
        } else if self.conditional > 0 && rest.starts_with("*/") {
            self.at += 2;
            self.conditional -= 1;
        } else if rest.starts_with("/*") {
            self.skip_to("*/", "comment")?;
        } else if letter == '#' || is_line_comment(rest) {
            self.at += rest.find('\n').unwrap_or(rest.len());
        } else {
            self.token(letter)?;
        }
        Ok(())
    }

    /// `DELIMITER` is a word of the client's, at the start of a statement.
    fn is_delimiter_command(&self) -> bool {
        let starts = self.out.last().is_none_or(|statement| statement.tokens.is_empty());
        let word = self.rest().get(..9).is_some_and(|word| word.eq_ignore_ascii_case("delimiter"));
        starts && word && self.rest().get(9..10).is_some_and(|next| next == " " || next == "\t")
    }

    fn delimiter_command(&mut self) {
        let line = self.rest().lines().next().unwrap_or_default();
        let given = line.get(9..).unwrap_or_default().trim();
        if !given.is_empty() {
            given.clone_into(&mut self.delimiter);
        }
        self.at += line.len();
    }

    fn skip_to(&mut self, end: &str, what: &'static str) -> Result<(), Open> {
        let Some(length) = self.rest().get(2..).and_then(|rest| rest.find(end)) else {
            let start = self.at;
            self.at = self.text.len();
            return Err(Open { what, start });
        };
        self.at += 2 + length + end.len();
        Ok(())
    }

    fn token(&mut self, letter: char) -> Result<(), Open> {
        let start = self.at;
        let kind = match letter {
            '`' => Kind::Name(self.quoted('`', "quoted name", false)?),
            '\'' => Kind::Text(self.quoted('\'', "string", true)?),
            '"' => Kind::Text(self.quoted('"', "string", true)?),
            _ if letter.is_ascii_digit() => self.number(),
            _ if is_word(letter) => Kind::Word(self.while_is(is_word).to_owned()),
            _ => {
                self.at += letter.len_utf8();
                Kind::Symbol(letter)
            }
        };
        let token = Token { kind, range: start..self.at };
        if let Some(statement) = self.out.last_mut() {
            statement.tokens.push(token);
        }
        Ok(())
    }

    fn while_is(&mut self, is: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|letter| !is(letter)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// A name may begin with a digit.
    fn number(&mut self) -> Kind {
        let word = self.while_is(is_word);
        if !word.bytes().all(|byte| byte.is_ascii_digit()) {
            return Kind::Word(word.to_owned());
        }
        let mut number = word.to_owned();
        if let Some(decimals) =
            self.rest().strip_prefix('.').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            let length = decimals.find(|c: char| !c.is_ascii_digit()).unwrap_or(decimals.len());
            number.push('.');
            number.push_str(decimals.get(..length).unwrap_or_default());
            self.at += 1 + length;
        }
        Kind::Number(number)
    }

    fn quoted(&mut self, quote: char, what: &'static str, escapes: bool) -> Result<String, Open> {
        let start = self.at;
        let mut value = String::new();
        let mut letters = self.rest().char_indices().skip(1).peekable();
        while let Some((place, letter)) = letters.next() {
            if letter == quote {
                if letters.peek().is_some_and(|(_, next)| *next == quote) {
                    letters.next();
                    value.push(quote);
                    continue;
                }
                self.at = start + place + quote.len_utf8();
                return Ok(value);
            }
            match letter {
                '\\' if escapes => value.extend(letters.next().map(|(_, escaped)| unescaped(escaped))),
                _ => value.push(letter),
            }
        }
        self.at = self.text.len();
        Err(Open { what, start })
    }
}

/// `/*!`, `/*!40101` or MariaDB's `/*M!100100`; the length of what opens it.
fn opening_of_conditional(rest: &str) -> Option<usize> {
    let opening = ["/*!", "/*M!"].into_iter().find(|opening| rest.starts_with(opening))?;
    let digits = rest.get(opening.len()..)?.bytes().take_while(u8::is_ascii_digit).take(6).count();
    // A version that no server has: MariaDB's dumps begin with it.
    if rest.get(opening.len()..opening.len() + digits) == Some("999999") {
        return None;
    }
    Some(opening.len() + if digits >= 5 { digits } else { 0 })
}

/// Two hyphens begin a comment only where white space follows.
fn is_line_comment(rest: &str) -> bool {
    rest.strip_prefix("--").is_some_and(|rest| rest.chars().next().is_none_or(|c| c.is_whitespace() || c.is_control()))
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '$' || !letter.is_ascii()
}

/// MySQL's manual, 11.1.1, table 11.1.
fn unescaped(letter: char) -> char {
    match letter {
        '0' => '\0',
        'b' => '\u{8}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'Z' => '\u{1a}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        let (statements, open) = statements(text);
        assert!(open.is_none(), "{open:?}");
        let word = |token: &Token| text[token.range.clone()].to_owned();
        statements.iter().map(|statement| statement.tokens.iter().map(word).collect()).collect()
    }

    #[test]
    fn a_conditional_comment_is_sql() {
        assert_eq!(words("/*!40101 SET NAMES utf8 */; -- x\nCREATE /* no */ TABLE `a``b` (x int);").len(), 2);
        assert_eq!(words("/*!50100 PARTITION BY HASH (`a`)\nPARTITIONS 4 */")[0][0], "PARTITION");
        assert_eq!(words("/*M!999999\\- enable the sandbox mode */ \nSELECT 1;").len(), 1);
        assert_eq!(words("SELECT a--1;")[0], ["SELECT", "a", "-", "-", "1"]);
    }

    #[test]
    fn the_client_s_delimiter_ends_a_trigger() {
        let text = "DELIMITER ;;\n/*!50003 CREATE*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; \
                    END */;;\nDELIMITER ;\nCREATE TABLE b (c int);";
        let found = words(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1][0], "CREATE");
    }

    #[test]
    fn strings_and_names_end_where_mysql_ends_them() {
        let (found, _) = statements(r"x 'it''s \' \\' `a;'b`; y");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].tokens[1].kind, Kind::Text(r"it's ' \".to_owned()));
        assert_eq!(found[0].tokens[2].kind, Kind::Name("a;'b".to_owned()));
        assert!(statements("x 'never").1.is_some());
    }
}
