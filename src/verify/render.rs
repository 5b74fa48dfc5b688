//! A report for people and for workflows.
//!
//! People get what failed, why something was not tried, once a reason, and one line a kind; everything else on request.
//! A workflow of GitHub gets one command a failure. What a message holds of the schema's names cannot make a line or a
//! command of its own.

use super::report::{Check, Count, Kind, Outcome, Report};
use crate::diagnostic::plural;
use crate::diagnostic::words::{printable, printable_lines};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// For people. Without `verbose`, notes are counted only, and a reason to skip is told once.
pub fn human(report: &Report, verbose: bool) -> String {
    let mut text = format!("{}: {}, seed {}\n", report.project, report.engine, report.seed);
    for (check, why) in report.checks.iter().filter_map(failed) {
        let why = printable_lines(why).replace('\n', "\n  ");
        let _ = writeln!(text, "failed: {}\n  {why}", place(check));
    }
    if verbose {
        for check in &report.checks {
            if let Outcome::Skipped(why) = &check.outcome {
                let _ = writeln!(text, "skipped: {}\n  {}", place(check), printable(why));
            }
        }
        for (subject, note) in &report.notes {
            let _ = writeln!(text, "{}: {}", printable(subject), printable(note));
        }
    } else {
        for ((kind, why), count) in reasons(report) {
            let _ = writeln!(text, "skipped: {}: {}\n  {}", kind.word(), plural(count, "check"), printable(why));
        }
    }
    for (kind, count) in report.counts() {
        let total = plural(count.passed + count.failed + count.skipped, "check");
        let _ = writeln!(text, "{:<10} {total}, {} failed, {} skipped", kind.word(), count.failed, count.skipped);
    }
    if !verbose && !report.notes.is_empty() {
        let _ = writeln!(text, "{:<10} {}, shown by --verbose", "notes", plural(report.notes.len(), "line"));
    }
    text
}

/// Commands of a GitHub workflow, then the counts.
pub fn github(report: &Report) -> String {
    let mut text = String::new();
    for (check, why) in report.checks.iter().filter_map(failed) {
        let _ = writeln!(text, "::error title=noren verify::{}", escaped(&[&place(check), ": ", why].concat()));
    }
    for ((kind, why), count) in reasons(report) {
        let skipped = [kind.word(), ": ", &plural(count, "check"), " skipped: ", why].concat();
        let _ = writeln!(text, "::notice title=noren verify::{}", escaped(&skipped));
    }
    text
}

/// JUnit's XML as CI systems read it: a suite a kind, a case a check. Times are left out, so that two runs are the same.
pub fn junit(report: &Report) -> String {
    let mut suites: BTreeMap<Kind, String> = BTreeMap::new();
    for check in &report.checks {
        let subject = xml(&printable(&check.subject));
        let case = [r#"<testcase classname=""#, &subject, r#"" name=""#, &xml(&printable(&check.name)), "\""].concat();
        let suite = suites.entry(check.kind).or_default();
        let _ = match &check.outcome {
            Outcome::Passed => writeln!(suite, "    {case}/>"),
            Outcome::Failed(why) => {
                let first = why.lines().next().unwrap_or_default();
                let (first, why) = (xml(&printable(first)), xml(&printable_lines(why)));
                writeln!(suite, "    {case}><failure message=\"{first}\">{why}</failure></testcase>")
            }
            Outcome::Skipped(why) => {
                writeln!(suite, "    {case}><skipped message=\"{}\"/></testcase>", xml(&printable(why)))
            }
        };
    }
    let counts = report.counts();
    let all = counts.values().fold(Count::default(), |all, count| all.plus(*count));
    let name = xml(&printable(&format!("{}: {}, seed {}", report.project, report.engine, report.seed)));
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(text, "<testsuites name=\"{name}\" {}>", attributes(all));
    for (kind, cases) in suites {
        let count = counts.get(&kind).copied().unwrap_or_default();
        let _ = writeln!(text, "  <testsuite name=\"{}\" {}>\n{cases}  </testsuite>", kind.word(), attributes(count));
    }
    text + "</testsuites>\n"
}

fn attributes(count: Count) -> String {
    let all = count.passed + count.failed + count.skipped;
    format!("tests=\"{all}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"", count.failed, count.skipped)
}

/// Of an attribute or a text; what XML 1.0 cannot hold was made printable before.
fn xml(text: &str) -> String {
    let escape = |character| match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}'.to_string(),
        other => other.to_string(),
    };
    text.chars().map(escape).collect()
}

fn failed(check: &Check) -> Option<(&Check, &str)> {
    match &check.outcome {
        Outcome::Failed(why) => Some((check, why)),
        Outcome::Passed | Outcome::Skipped(_) => None,
    }
}

fn place(check: &Check) -> String {
    [check.kind.word(), ": ", &printable(&check.subject), ": ", &printable(&check.name)].concat()
}

fn reasons(report: &Report) -> BTreeMap<(Kind, &str), usize> {
    let mut reasons = BTreeMap::new();
    for check in &report.checks {
        if let Outcome::Skipped(why) = &check.outcome {
            *reasons.entry((check.kind, why.as_str())).or_default() += 1;
        }
    }
    reasons
}

/// As the runner decodes it (`actions/toolkit`, `command.ts`).
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::new("shop", "PostgreSQL 15".to_owned(), 7);
        report.tried(Kind::Access, "apply.sql", "applies", Ok(()));
        report.tried(Kind::Isolation, "public.a\nb", "app: read", Err("expected 0 rows\nfound 100%".to_owned()));
        report.skipped(Kind::Isolation, "public.a", "app: MERGE", "PostgreSQL 14 has no MERGE");
        report.skipped(Kind::Isolation, "public.b", "app: MERGE", "PostgreSQL 14 has no MERGE");
        report.notes.push(("developers: public.a".to_owned(), "3 of 9 rows are alone".to_owned()));
        report
    }

    #[test]
    fn people_read_what_failed_and_each_reason_once() {
        let expected = "shop: PostgreSQL 15, seed 7\n\
            failed: isolation: public.a\\nb: app: read\n  expected 0 rows\n  found 100%\n\
            skipped: isolation: 2 checks\n  PostgreSQL 14 has no MERGE\n\
            access     1 check, 0 failed, 0 skipped\n\
            isolation  3 checks, 1 failed, 2 skipped\n\
            notes      1 line, shown by --verbose\n";
        assert_eq!(human(&report(), false), expected);
        assert!(human(&report(), true).contains("developers: public.a: 3 of 9 rows are alone"));
    }

    #[test]
    fn junit_has_a_suite_a_kind_and_a_case_a_check() {
        let mut report = report();
        report.tried(Kind::Access, "a\u{1b}<\"&", "x", Ok(()));
        let text = junit(&report);
        for line in [
            r#"<testsuites name="shop: PostgreSQL 15, seed 7" tests="5" failures="1" errors="0" skipped="2">"#,
            r#"  <testsuite name="access" tests="2" failures="0" errors="0" skipped="0">"#,
            r#"    <testcase classname="apply.sql" name="applies"/>"#,
            r#"<failure message="expected 0 rows">expected 0 rows"#,
            r#"    <testcase classname="public.a" name="app: MERGE"><skipped message="PostgreSQL 14 has no MERGE"/></testcase>"#,
            "</testsuites>",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.contains("&lt;&quot;&amp;") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_workflow_gets_one_command_a_failure() {
        let expected = "::error title=noren verify::isolation: public.a\\nb: app: read: expected 0 rows%0Afound 100%25\n\
            ::notice title=noren verify::isolation: 2 checks skipped: PostgreSQL 14 has no MERGE\n";
        assert_eq!(github(&report()), expected);
    }
}
