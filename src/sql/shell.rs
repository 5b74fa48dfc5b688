//! What a shell reads back as exactly the text that was given.

/// One argument, in single quotes.
#[must_use]
pub fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The end of a command's line and what the command then reads: the text and a new line, untouched by the shell. The
/// word that ends it is one that no line of the text is.
#[must_use]
pub fn here(text: &str) -> String {
    let mut end = "noren".to_owned();
    while text.lines().any(|line| line == end) {
        end.push('_');
    }
    format!(" <<'{end}'\n{text}\n{end}\n")
}
