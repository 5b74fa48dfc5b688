use super::*;
use crate::diagnostic::codes;
use crate::source::Span;

fn assert_snapshot(name: &str, text: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/diagnostic");
    insta::with_settings!({snapshot_path => folder, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!(name, text, POLICY);
    });
}

/// A policy whose fourth line carries an escape sequence and a name in Japanese.
const POLICY: &str = "class email mask null;\n\ntable users {\n  氏名 \u{1b}[31m email;\n}\n";

fn sources() -> (Sources, crate::source::SourceId) {
    let mut sources = Sources::default();
    let id = sources.add("policies/users.noren", POLICY).unwrap();
    (sources, id)
}

fn find(id: crate::source::SourceId, what: &str) -> Span {
    let start = POLICY.find(what).unwrap();
    Span::new(id, start, start + what.len())
}

fn findings(id: crate::source::SourceId) -> Vec<Diagnostic> {
    vec![
        Diagnostic::new(codes::N0902, "expected `a`, found `\u{1b}[2J`, 100% of it\nforged: yes")
            .at(find(id, "氏名"), "this\u{202e}one")
            .label(find(id, "class email"), "the class is here")
            .note("a reason")
            .help("write `email`")
            .fix(find(id, "氏名"), "name"),
        Diagnostic::new(codes::N0190, "without a place"),
    ]
}

fn all(format: Format) -> String {
    let (sources, id) = sources();
    render(&findings(id), &sources, format, false)
}

#[test]
fn human() {
    assert_snapshot("human", &all(Format::Human));
}

#[test]
fn concise() {
    assert_snapshot("concise", &all(Format::Concise));
}

#[test]
fn json_is_read_back_and_holds_no_control_character() {
    let text = all(Format::Json);
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read[1]["place"]["start"]["line"], 4);
    assert_eq!(read[1]["title"], "expected `a`, found `\u{1b}[2J`, 100% of it\nforged: yes");
    assert_snapshot("json", &text);
}

#[test]
fn github_is_one_line_a_finding() {
    let text = all(Format::Github);
    assert_eq!(text.lines().count(), 2);
    assert_snapshot("github", &text);
}

#[test]
fn no_format_prints_control_or_direction_characters() {
    for format in [Format::Human, Format::Concise, Format::Json, Format::Github] {
        let text = all(format);
        let bad = text.chars().find(|character| *character != '\n' && words::is_unprintable(*character));
        assert_eq!(bad, None, "{format:?}: {text}");
    }
}

#[test]
fn nothing_to_say() {
    let sources = Sources::default();
    assert_eq!(render(&[], &sources, Format::Human, false), "");
    assert_eq!(render(&[], &sources, Format::Json, false), "[]\n");
}

#[test]
fn a_line_of_a_megabyte_is_not_laid_out() {
    let mut sources = Sources::default();
    let id = sources.add("wide.noren", "x".repeat(1 << 20)).unwrap();
    let finding = Diagnostic::new(codes::N0902, "wide").at(Span::new(id, 1000, 1001), "here");
    let text = render(&[finding], &sources, Format::Human, false);
    assert!(text.len() < 1000 && text.contains("wide.noren:1:1001"), "{text}");
}

#[test]
fn people_are_shown_the_heaviest_of_very_many() {
    let (sources, id) = sources();
    let at = |code, index| Diagnostic::new(code, "x").at(Span::new(id, index, index + 1), "");
    let mut found: Vec<Diagnostic> = (0..POLICY.find('氏').unwrap()).map(|index| at(codes::N0190, index)).collect();
    found = found.iter().cycle().take(5_000).cloned().collect();
    found.push(Diagnostic::new(codes::N0902, "the only error"));
    let text = render(&found, &sources, Format::Human, false);
    assert!(text.contains("the only error") && text.matches("N0190").count() == 199);
    assert!(text.contains("4801 more findings not shown"), "{text}");
    assert_eq!(render(&found, &sources, Format::Concise, false).lines().count(), 5_001);
}
