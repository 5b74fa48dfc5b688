//! What a printed piece of SQL is meant to be.
//!
//! Text alone cannot be checked: `"a"` may be a name or the tail of a broken literal. So every token carries its
//! meaning beside its text, and [`super::guard`] asks PostgreSQL's scanner whether the text says that.

use super::{Expr, Mismatch};
use std::borrow::Cow;
use std::sync::LazyLock;

/// A token with what it is meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    /// As printed.
    pub text: Cow<'t, str>,
    /// As meant.
    pub meaning: Meaning<'t>,
}

/// What a token is meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning<'t> {
    /// A key word of PostgreSQL's grammar.
    Word,
    /// An identifier of this value.
    Name(Cow<'t, str>),
    /// A string of this value.
    Literal(Cow<'t, str>),
    /// An operator, a bracket, a number or a comment: exactly its text.
    Exact,
    /// A token of a user's expression: exactly its text, read as this kind by PostgreSQL's scanner.
    Source(i32),
    /// psql puts the variable's value here as a string literal.
    Variable(Cow<'t, str>),
    /// A string whose value the statement around gives.
    Hole(&'t Expr),
}

/// PostgreSQL 14 to 18: words that cannot be a column or table name without quotes, and those that could but
/// open a special syntax. Unreserved words are not here. `sql::token::tests` holds the list to `pg_query`.
const QUOTED: &str = " between bigint bit boolean char character coalesce dec decimal exists extract float greatest \
    grouping inout int integer interval json json_array json_arrayagg json_exists json_object json_objectagg json_query \
    json_scalar json_serialize json_table json_value least merge_action national nchar none normalize nullif numeric \
    out overlay position precision real row setof smallint substring time timestamp treat trim values varchar \
    xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable \
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create \
    current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc \
    distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral \
    leading limit localtime localtimestamp not null offset on only or order placing primary references returning \
    select session_user some symmetric system_user table then to trailing true union unique user using variadic when \
    where window with ";

/// Words that name functions and types freely, but not columns.
const FUNCTION_OR_TYPE: &str = " authorization binary collation concurrently cross current_schema freeze full ilike \
    inner is isnull join left like natural notnull outer overlaps right similar tablesample verbose ";

/// Functions that are grammar: quoted, they would be looked up as functions and not found.
const SYNTAX: [&str; 4] = ["coalesce", "greatest", "least", "nullif"];

/// Words by their length: nearly every name is told apart from them by its length and first letter.
struct Words(Vec<Vec<&'static str>>);

static IS_QUOTED_NAME: LazyLock<Words> = LazyLock::new(|| Words::of(&[QUOTED, FUNCTION_OR_TYPE]));
static IS_QUOTED_FUNCTION: LazyLock<Words> = LazyLock::new(|| Words::of(&[QUOTED]));

impl Words {
    fn of(lists: &[&'static str]) -> Self {
        let mut of_length = vec![Vec::new(); NAME_BYTES + 1];
        for word in lists.iter().flat_map(|list| list.split_ascii_whitespace()) {
            if let Some(words) = of_length.get_mut(word.len()) {
                words.push(word);
            }
        }
        Self(of_length)
    }

    fn has(&self, name: &str) -> bool {
        let first = name.as_bytes().first();
        let alike = |word: &&'static str| word.as_bytes().first() == first && *word == name;
        self.0.get(name.len()).is_some_and(|words| words.iter().any(alike))
    }
}

/// A lower-case ASCII word: what PostgreSQL folds to itself.
fn is_plain(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_')
}

impl<'t> Token<'t> {
    /// A key word.
    pub(crate) fn word(text: &'t str) -> Self {
        Self { text: Cow::Borrowed(text), meaning: Meaning::Word }
    }

    /// An operator, bracket or number.
    pub(crate) fn exact(text: impl Into<Cow<'t, str>>) -> Self {
        Self { text: text.into(), meaning: Meaning::Exact }
    }

    /// The name of a table, column, type or anything but a function.
    pub(crate) fn name(name: &'t str) -> Self {
        Self::named(name, &IS_QUOTED_NAME)
    }

    /// A function's name; the few functions that are grammar stay bare when they are not qualified.
    pub(crate) fn function(name: &'t str, qualified: bool) -> Self {
        if !qualified && SYNTAX.contains(&name) {
            return Self::word(name);
        }
        Self::named(name, &IS_QUOTED_FUNCTION)
    }

    fn named(name: &'t str, quoted: &Words) -> Self {
        let text = if is_plain(name) && !quoted.has(name) { Cow::Borrowed(name) } else { quote_name(name).into() };
        Self { text, meaning: Meaning::Name(Cow::Borrowed(name)) }
    }

    /// A string. `standard_conforming_strings` is on in every file, so that a backslash is a backslash.
    pub(crate) fn literal(value: &'t str) -> Self {
        let text = quoted(value, '\'').into();
        Self { text, meaning: Meaning::Literal(Cow::Borrowed(value)) }
    }

    /// A dollar-quoted string, its tag absent from the body.
    pub(crate) fn dollar(body: &'t str) -> Self {
        let mut tag = "$noren$".to_owned();
        let mut count = 0_u32;
        while body.contains(tag.trim_end_matches('$')) {
            count += 1;
            tag = format!("$noren_{count}$");
        }
        Self { text: format!("{tag}{body}{tag}").into(), meaning: Meaning::Literal(Cow::Borrowed(body)) }
    }

    /// `-- text`
    pub(crate) fn comment(text: &str) -> Self {
        let text = if text.is_empty() { Cow::Borrowed("--") } else { format!("-- {text}").into() };
        Self { text, meaning: Meaning::Exact }
    }

    /// A psql variable as a string literal.
    pub(crate) fn variable(name: &'t str) -> Self {
        Self { text: format!(":'{name}'").into(), meaning: Meaning::Variable(Cow::Borrowed(name)) }
    }

    /// A string that is empty until the statement around says otherwise.
    pub(crate) fn hole(value: &'t Expr) -> Self {
        Self { text: Cow::Borrowed("''"), meaning: Meaning::Hole(value) }
    }

    /// Refuses what cannot be printed so that it means what it should.
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        match &self.meaning {
            Meaning::Name(name) => check_name(name),
            Meaning::Literal(value) => check_text("a string", value, &['\n', '\t']),
            Meaning::Variable(name) => check_variable(name),
            Meaning::Exact => check_text("a comment", &self.text, &[]),
            Meaning::Word | Meaning::Source(_) | Meaning::Hole(_) => Ok(()),
        }
    }
}

/// A name as SQL writes it, for statements that a message proposes.
pub fn identifier(name: &str) -> String {
    Token::name(name).text.into_owned()
}

fn quote_name(name: &str) -> String {
    quoted(name, '"')
}

/// Between quotes, those inside doubled.
fn quoted(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for (index, part) in text.split(quote).enumerate() {
        if index > 0 {
            out.extend([quote, quote]);
        }
        out.push_str(part);
    }
    out.push(quote);
    out
}

/// The longest identifier, in bytes (`NAMEDATALEN` less one).
pub const NAME_BYTES: usize = 63;

fn check_name(name: &str) -> Result<(), Mismatch> {
    if name.is_empty() {
        return Err(Mismatch::Unprintable("an identifier cannot be empty".to_owned()));
    }
    if name.len() > NAME_BYTES {
        let message =
            format!("expected an identifier of at most {NAME_BYTES} bytes, found `{name}`, which PostgreSQL cuts");
        return Err(Mismatch::Unprintable(message));
    }
    check_text("an identifier", name, &[])
}

/// Refuses control characters but the `allowed` ones: no terminal, review tool or line-ending rule may change them.
pub(crate) fn check_text(what: &str, text: &str, allowed: &[char]) -> Result<(), Mismatch> {
    // Nearly every text, and told without decoding its letters.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Ok(());
    }
    let forbidden = |letter: &char| letter.is_control() && !allowed.contains(letter);
    match text.chars().find(forbidden) {
        Some(letter) => {
            let code = u32::from(letter);
            Err(Mismatch::Unprintable(format!(
                "{what} cannot hold the control character U+{code:04X}: `{}`",
                text.escape_debug()
            )))
        }
        None => Ok(()),
    }
}

/// psql's variable names are letters, digits and underscores.
pub(crate) fn check_variable(name: &str) -> Result<(), Mismatch> {
    let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits { Ok(()) } else { Err(Mismatch::Unprintable(format!("expected a psql variable's name, found `{name}`"))) }
}

/// A name that fits into PostgreSQL's 63 bytes.
pub fn fit_name(name: &str) -> String {
    fit_bytes(name, NAME_BYTES)
}

/// A name that fits into so many bytes: a longer one is cut at a character and ends in 8 hexadecimal digits of its
/// SHA-256, so that two long names stay two.
pub fn fit_bytes(name: &str, bytes: usize) -> String {
    use sha2::{Digest, Sha256};
    if name.len() <= bytes {
        return name.to_owned();
    }
    let digest =
        Sha256::digest(name.as_bytes()).iter().take(4).fold(0_u32, |digits, byte| digits << 8 | u32::from(*byte));
    let digest = format!("{digest:08x}");
    let room = bytes.saturating_sub(digest.len() + 1);
    let kept: String = name
        .char_indices()
        .take_while(|(at, letter)| at + letter.len_utf8() <= room)
        .map(|(_, letter)| letter)
        .collect();
    format!("{kept}_{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pg_query::protobuf::KeywordKind;

    #[test]
    fn the_lists_are_postgresql_s() {
        let of = |word: &str| pg_query::scan(word).unwrap().tokens[0].keyword_kind;
        for word in QUOTED.split_ascii_whitespace() {
            assert!(
                [KeywordKind::ReservedKeyword as i32, KeywordKind::ColNameKeyword as i32].contains(&of(word)),
                "{word}"
            );
        }
        for word in FUNCTION_OR_TYPE.split_ascii_whitespace() {
            assert_eq!(of(word), KeywordKind::TypeFuncNameKeyword as i32, "{word}");
        }
    }

    #[test]
    fn names_are_quoted_unless_they_are_plain() {
        for (name, expected) in [
            ("users", "users"),
            ("_a1", "_a1"),
            ("Users", "\"Users\""),
            ("select", "\"select\""),
            ("left", "\"left\""),
            ("name", "name"),
            ("a$b", "\"a$b\""),
            ("a\"b", "\"a\"\"b\""),
            ("1a", "\"1a\""),
            ("名前", "\"名前\""),
        ] {
            assert_eq!(Token::name(name).text, expected);
        }
        assert_eq!(Token::function("left", false).text, "left");
        assert_eq!(Token::function("coalesce", true).text, "\"coalesce\"");
    }

    #[test]
    fn a_long_name_is_cut_at_a_character_and_stays_itself() {
        let one = fit_name(&"名".repeat(30));
        let two = fit_name(&("名".repeat(29) + "前"));
        assert!(one.len() <= NAME_BYTES && one.starts_with(&"名".repeat(18)));
        assert_ne!(one, two);
        assert_eq!(fit_name("short"), "short");
        let [one, two] = ["one", "two"].map(|end| fit_bytes(&format!("noren_export_developers_of_region_{end}"), 32));
        assert!(one.len() <= 32 && one != two, "{one} {two}");
    }
}
