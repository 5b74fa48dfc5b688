//! PostgreSQL's own parser, and the stack that its trees need.
//!
//! The problem: a parse tree is decoded, walked and dropped by recursion, one level of SQL after another, and a
//! long chain of `||` or of joins is as deep as it is long. Decoding alone takes 43 KiB of stack for every level in
//! a build without optimisation. The parser's C side limits itself: it refuses what fills 10,000 of its grammar's
//! stack entries and what nests more than 10,000 messages, which is 5,000 levels. So trees are at most 210 MiB of
//! stack deep, and are met only inside [`with_tree`], on a thread that has more than twice that. Unused stack is
//! address space and no memory.

use std::cell::Cell;
use std::fmt;

/// Twice what the deepest tree was measured to need, and a margin for whoever walks it.
const STACK: usize = 512 << 20;

thread_local! {
    static IS_DEEP: Cell<bool> = const { Cell::new(false) };
}

/// Why there is no tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// PostgreSQL's grammar does not read the text; its message.
    Syntax(String),
    /// It nests deeper than is read.
    TooDeep,
    /// The system gives no thread the stack that trees need.
    NoStack,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(message) => formatter.write_str(message),
            Self::TooDeep => formatter.write_str("expressions that are nested too deeply"),
            Self::NoStack => write!(formatter, "no thread with a stack of {} MiB", STACK >> 20),
        }
    }
}

/// Runs `work` where trees can be read: on a thread of its own, unless this is one already.
pub fn with_deep_stack<R: Send>(mut work: impl FnMut() -> R + Send) -> R {
    if IS_DEEP.get() {
        return work();
    }
    let spawned = std::thread::scope(|scope| {
        let body = || {
            IS_DEEP.set(true);
            work()
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, body);
        thread.map(std::thread::ScopedJoinHandle::join)
    });
    match spawned {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        // Here every text is refused with `NoStack`.
        Err(_) => work(),
    }
}

/// Reads the tree of `text`, or learns why there is none.
pub fn with_tree<R: Send>(
    text: &str,
    mut read: impl FnMut(Result<&pg_query::protobuf::ParseResult, Refused>) -> R + Send,
) -> R {
    with_deep_stack(|| match parse(text) {
        Ok(parsed) => read(Ok(&parsed.protobuf)),
        Err(refused) => read(Err(refused)),
    })
}

fn parse(text: &str) -> Result<pg_query::ParseResult, Refused> {
    if !IS_DEEP.get() {
        return Err(Refused::NoStack);
    }
    #[allow(clippy::disallowed_methods, reason = "this is the one place")]
    let parsed = pg_query::parse(text, pg_query::ParserOptions::default());
    parsed.map_err(|error| match error {
        pg_query::Error::Parse(message) if is_about_depth(&message) => Refused::TooDeep,
        pg_query::Error::Parse(message) => Refused::Syntax(message),
        pg_query::Error::Decode(_) => Refused::TooDeep,
        other => Refused::Syntax(other.to_string()),
    })
}

/// The tokens that PostgreSQL's scanner finds; `None` where it refuses the text.
pub fn tokens(text: &str) -> Option<Vec<pg_query::protobuf::ScanToken>> {
    // Of no tokens the C side gives no array, of which the crate makes a slice all the same.
    if text.bytes().all(|byte| b" \t\n\r\x0b\x0c".contains(&byte)) {
        return Some(Vec::new());
    }
    #[allow(clippy::disallowed_methods, reason = "this is the one place")]
    pg_query::scan_tokens(text).ok()
}

/// The words of Bison, of `check_stack_depth` and of `libpg_query`'s encoder.
fn is_about_depth(message: &str) -> bool {
    const WORDS: [&str; 3] = ["memory exhausted", "stack depth limit exceeded", "parse tree is nested too deeply"];
    WORDS.iter().any(|words| message.starts_with(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<usize, Refused> {
        with_tree(text, |tree| tree.map(|tree| tree.stmts.len()))
    }

    #[test]
    fn the_deepest_trees_that_the_parser_gives_are_read_and_dropped() {
        let shapes: [(&str, &str, &str); 8] = [
            ("a", "||a", ""),
            ("", "f(", "a"),
            ("", "NOT ", "a"),
            ("a FROM t", " NATURAL JOIN t", ""),
            ("", "CASE WHEN a THEN ", "a"),
            ("", "(SELECT ", "a"),
            ("a", " UNION ALL SELECT a, a", ""),
            ("", "ARRAY[a, ", "a"),
        ];
        for (before, level, after) in shapes {
            let close = match level {
                "f(" | "(SELECT " => ")",
                "ARRAY[a, " => "]",
                "CASE WHEN a THEN " => " END",
                _ => "",
            };
            let text = |count: usize| format!("SELECT {before}{}{after}{}", level.repeat(count), close.repeat(count));
            assert_eq!(read(&text(300)), Ok(1), "{level}");
            let (mut low, mut high) = (300, 100_000);
            assert_eq!(read(&text(high)), Err(Refused::TooDeep), "{level}");
            while high - low > 50 {
                let middle = low.midpoint(high);
                if read(&text(middle)) == Err(Refused::TooDeep) { high = middle } else { low = middle }
            }
            assert_eq!(read(&text(low)), Ok(1), "{level}");
        }
    }

    #[test]
    fn a_text_without_tokens_has_none() {
        for text in ["", " ", "\n\t \r\u{b}\u{c}"] {
            assert_eq!(tokens(text), Some(Vec::new()), "{text:?}");
        }
        assert_eq!(tokens("\u{a0}").map(|tokens| tokens.len()), Some(1));
        assert_eq!(tokens("'"), None);
    }

    #[test]
    fn what_a_deep_stack_runs_is_handed_back_and_panics_are_passed_on() {
        assert_eq!(with_deep_stack(|| with_deep_stack(|| 7)), 7);
        assert!(std::panic::catch_unwind(|| with_deep_stack(|| panic!("no"))).is_err());
    }
}
