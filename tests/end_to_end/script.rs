//! A psql script cut into its statements and commands, so that a run can be broken off between any two of them.

/// One statement, or one of psql's own commands, with everything before it since the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    pub text: &'a str,
    /// It stands between `\if` and `\endif`: it may not run at all.
    pub conditional: bool,
}

/// Cuts at semicolons outside quotes, parentheses and comments, and after each line of a psql command.
pub fn pieces(script: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut start, mut at, mut depth, mut nested) = (0, 0, 0_usize, 0_usize);
    let end_of_line = |from: usize| script[from..].find('\n').map_or(script.len(), |length| from + length + 1);
    while at < script.len() {
        let rest = &script[at..];
        let (length, ends) = match rest.as_bytes()[0] {
            b'\'' => (quoted(rest, "'"), false),
            b'"' => (quoted(rest, "\""), false),
            b'$' => (dollar_quoted(rest), false),
            b'-' if rest.starts_with("--") => (end_of_line(at) - at, false),
            b'/' if rest.starts_with("/*") => (rest.find("*/").map_or(rest.len(), |length| length + 2), false),
            b'\\' => (end_of_line(at) - at, true),
            b'(' => {
                nested += 1;
                (1, false)
            }
            b')' => {
                nested = nested.saturating_sub(1);
                (1, false)
            }
            b';' if nested == 0 => (1, true),
            _ => (rest.chars().next().map_or(1, char::len_utf8), false),
        };
        at += length;
        if !ends {
            continue;
        }
        // The rest of the line belongs to the statement that ends on it.
        if rest.starts_with(';') && script[at..end_of_line(at)].trim().is_empty() {
            at = end_of_line(at);
        }
        // Rows follow as they are, up to a line of their own.
        if rest.starts_with(';') && script[start..at].contains(" FROM STDIN ") {
            at += script[at..].find("\\.\n").map_or(0, |length| length + 3);
        }
        let text = &script[start..at];
        let command = rest.split_whitespace().next().unwrap_or_default();
        depth += usize::from(command == "\\if");
        pieces.push(Piece { text, conditional: depth > 0 });
        depth -= usize::from(command == "\\endif");
        start = at;
    }
    if !script[start..].trim().is_empty() {
        pieces.push(Piece { text: &script[start..], conditional: false });
    }
    pieces
}

fn quoted(rest: &str, quote: &str) -> usize {
    rest[1..].find(quote).map_or(rest.len(), |length| length + 2)
}

fn dollar_quoted(rest: &str) -> usize {
    let tag_end = rest[1..].find(|c: char| !c.is_alphanumeric() && c != '_').map(|length| length + 1);
    let Some(end) = tag_end.filter(|end| rest[*end..].starts_with('$')) else { return 1 };
    let tag = &rest[..=end];
    rest[tag.len()..].find(tag).map_or(rest.len(), |length| length + 2 * tag.len())
}

#[test]
fn a_script_is_cut_between_statements_only() {
    let script = "\\set a ';'\nSELECT ';', $x$ ; $$ $x$, \"a;b\" -- ; no\n  FROM (SELECT 1; ) AS t;\nCOPY t FROM STDIN WITH (FORMAT text);\na;b\t'\n\\.\nSELECT 1 \\gset\n\\if :a\nDO $$BEGIN x; END$$;\n\\endif\nCOMMIT;\n";
    let found = pieces(script);
    let texts: Vec<&str> = found.iter().map(|piece| piece.text).collect();
    assert_eq!(texts.concat(), script);
    assert_eq!(texts.len(), 8, "{texts:#?}");
    assert!(texts[1].ends_with("AS t;\n"));
    assert!(texts[2].ends_with("b\t'\n\\.\n"));
    assert_eq!(
        found.iter().map(|piece| piece.conditional).collect::<Vec<_>>(),
        [false, false, false, false, true, true, true, false]
    );
}
