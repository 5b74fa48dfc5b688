//! `docs/threat-model.md` names files, codes and tests; each of them must exist.

use std::collections::BTreeSet;

use crate::support::root;

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(root().join(path)).ok()
}

/// What stands between backquotes.
fn quoted(page: &str) -> impl Iterator<Item = &str> {
    page.split('`').skip(1).step_by(2)
}

fn codes(page: &str) -> BTreeSet<String> {
    let words = page.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_code =
        |word: &&str| word.len() == 5 && word.starts_with('N') && word[1..].bytes().all(|byte| byte.is_ascii_digit());
    words.filter(is_code).map(str::to_owned).collect()
}

#[test]
fn every_pitfall_has_its_row() {
    let page = read("docs/threat-model.md").unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| P"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let numbers: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let expected: Vec<String> = (1..=84).map(|number| format!("P{number}")).collect();
    assert_eq!(numbers, expected);
    for row in rows {
        assert_eq!(row.len(), 5, "{row:?}");
        let verdicts = ["prevents", "reports", "asserts", "documents"];
        assert!(verdicts.iter().any(|verdict| row[2].starts_with(verdict)), "{row:?}");
        for shown in row[4].split('*').skip(1).step_by(2) {
            assert!(page.contains(&format!("\n- *{shown}*: ")), "{row:?}: nothing says what {shown} is");
        }
    }
}

#[test]
fn what_the_page_names_exists() {
    let page = read("docs/threat-model.md").unwrap();
    let mut missing: Vec<String> = Vec::new();
    for code in codes(&page) {
        let files = [format!("docs/errors/{code}.md"), format!("tests/cases/{code}/bad/policy.noren")];
        missing.extend(files.into_iter().filter(|path| read(path).is_none()));
    }
    let folders = ["src/", "tests/", "docs/", "examples/"];
    for name in quoted(&page).filter(|name| folders.iter().any(|folder| name.starts_with(folder))) {
        let (path, test) = name.split_once("::").map_or((name, None), |(path, test)| (path, Some(test)));
        let found = if path.ends_with('/') { Some(String::new()) } else { read(path) };
        let has_test = |text: String| test.is_none_or(|test| text.contains(&format!("#[test]\nfn {test}()")));
        if !found.is_some_and(has_test) {
            missing.push(name.to_owned());
        }
    }
    assert!(missing.is_empty(), "named and not there: {missing:#?}");
}
