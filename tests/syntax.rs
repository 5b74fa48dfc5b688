//! Parser and formatter.

use noren::source::Sources;
use noren::syntax::{self, Parsed};

fn parse(text: &str) -> Parsed {
    let mut sources = Sources::default();
    let id = sources.add("policy.noren", text).expect("small");
    syntax::parse(&sources, id)
}

fn findings(text: &str) -> String {
    let mut sources = Sources::default();
    let id = sources.add("policy.noren", text).expect("small");
    let parsed = syntax::parse(&sources, id);
    let line = |diagnostic: &noren::diagnostic::Diagnostic| {
        let place =
            diagnostic.primary.as_ref().map(|label| sources.position(label.span).to_string()).unwrap_or_default();
        let help = diagnostic.help.clone().unwrap_or_default();
        format!("{} {place} {} | {help}\n", diagnostic.code, diagnostic.title)
    };
    parsed.diagnostics.iter().map(line).collect()
}

/// The examples of the language's design, and every form that its text names beside them.
const WHOLE: &str = include_str!("syntax/whole.noren");

#[test]
fn the_whole_language_is_read() {
    assert_eq!(findings(WHOLE), "");
    assert_eq!(parse(WHOLE).file.statements.len(), 52);
}
#[test]
fn dbg() {
    let text = std::fs::read_to_string(std::env::var("T").unwrap()).unwrap();
    eprintln!("{}", findings(&text));
    eprintln!("{}", parse(&text).file.statements.len());
    let t = std::time::Instant::now();
    match syntax::format(&text) {
        Ok(f) => {
            if text.len() < 100000 {
                println!("{f}");
            }
            eprintln!("same {} idem {}", f == text, syntax::format(&f).as_deref() == Ok(&f));
            std::fs::write("/tmp/w/fmt.out", f).unwrap();
        }
        Err(e) => eprintln!("{e:#?}"),
    }
    eprintln!("fmt {:?}", t.elapsed());
}
