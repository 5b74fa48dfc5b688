//! Golden cases: every code has an input that raises exactly it and one that is clean.
//!
//! `tests/cases/CODE/bad` and `…/good` are projects; what they lack (`noren.toml`, `schema.sql`) comes from
//! `tests/cases/default`, for tenancy, rights and policies (N05, N06, N07) from `tests/cases/default-access`.
//! `snapshots/cases/CODE.snap` holds the input beside what is said about it.

use noren::artifact;
use noren::compiler;
use noren::diagnostic::{Diagnostic, Format, Severity, codes, render};
use noren::project;
use noren::source::Sources;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn snapshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/cases")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn case_codes() -> BTreeSet<String> {
    names(&cases()).into_iter().filter(|name| !name.starts_with("default")).collect()
}

#[test]
fn every_code_has_a_page_and_a_case_and_nothing_else_has() {
    let registered: BTreeSet<String> = codes::all().map(|code| code.id.to_owned()).collect();
    let sorted: Vec<&str> = codes::all().map(|code| code.id).collect();
    assert!(
        sorted.is_sorted() && sorted.len() == registered.len(),
        "codes are sorted and each is there once: {sorted:?}"
    );
    let pages = names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors"));
    let pages: BTreeSet<String> =
        pages.iter().filter_map(|page| page.strip_suffix(".md")).map(ToOwned::to_owned).collect();
    let pages = pages.into_iter().filter(|page| page.starts_with('N')).collect();
    assert_same("pages in docs/errors", &pages, &registered);
    assert_same("folders in tests/cases", &case_codes(), &registered);
    let snapshots = names(&snapshots()).iter().map(|name| name.trim_end_matches(".snap").to_owned()).collect();
    assert_same("snapshots in snapshots/cases", &snapshots, &registered);
}

fn assert_same(what: &str, found: &BTreeSet<String>, registered: &BTreeSet<String>) {
    let missing: Vec<_> = registered.difference(found).collect();
    let stale: Vec<_> = found.difference(registered).collect();
    assert!(missing.is_empty() && stale.is_empty(), "{what}: without one {missing:?}; without a code {stale:?}");
}

#[test]
fn every_page_has_a_wrong_and_a_right_example() {
    for code in codes::all() {
        let page = code.page;
        assert!(page.starts_with(&format!("# {}: ", code.id)), "{code}: the title");
        for part in ["\n## Wrong\n", "\n## Right\n"] {
            assert!(page.contains(part), "{code}: no `{}`", part.trim());
        }
    }
}

#[test]
fn a_bad_case_raises_exactly_its_code_and_a_good_one_nothing() {
    let mut wrong = Vec::new();
    for code in case_codes() {
        let bad = run(&cases().join(&code).join("bad"));
        if !bad.raised.contains(&code) || bad.weighty.iter().any(|raised| *raised != code) {
            wrong.push(format!("{code}/bad raises {:?}\n{}", bad.raised, bad.said));
        }
        let good = run(&cases().join(&code).join("good"));
        if !good.weighty.is_empty() || good.raised.contains(&code) {
            wrong.push(format!("{code}/good raises {:?}\n{}", good.raised, good.said));
        }
        wrong.extend(compare(&code, &bad).err());
    }
    assert!(wrong.is_empty(), "{} of the cases are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

fn compare(code: &str, bad: &Run) -> Result<(), String> {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(snapshots());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let text = format!("{}{}", bad.input, bad.said);
    let same = catch_unwind(AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(code, text))));
    same.map_err(|_| format!("{code}: snapshots/cases/{code}.snap is another"))
}

/// What became of one case.
struct Run {
    input: String,
    raised: BTreeSet<String>,
    /// Codes of errors and warnings.
    weighty: BTreeSet<String>,
    said: String,
}

fn run(case: &Path) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let of_access = ["N05", "N06", "N07"]
        .iter()
        .any(|family| case.components().any(|part| part.as_os_str().to_string_lossy().starts_with(family)));
    copy(&cases().join(if of_access { "default-access" } else { "default" }), folder.path());
    let own = copy(case, folder.path());
    let parts: Vec<String> = own.iter().map(|(path, text)| format!("----- {path}\n{text}\n")).collect();
    let (found, sources) = compile(folder.path());
    let said = render(&found, &sources, Format::Human, false);
    let raised = found.iter().map(|diagnostic| diagnostic.code.id.to_owned()).collect();
    let weighty = found.iter().filter(|diagnostic| diagnostic.severity != Severity::Note);
    let weighty = weighty.map(|diagnostic| diagnostic.code.id.to_owned()).collect();
    Run { input: parts.concat(), raised, weighty, said: format!("----- what is said\n{said}") }
}

fn compile(folder: &Path) -> (Vec<Diagnostic>, Sources) {
    let loaded = project::load(folder);
    let mut found = loaded.diagnostics;
    let Some(project) = loaded.project else { return (found, loaded.sources) };
    let compiled = compiler::compile(&loaded.sources, &project);
    found.extend(compiled.diagnostics);
    if let Some(files) = compiled.files {
        let files = artifact::with_lock(files, &compiled.schema_digest, &compiled.policy_digest);
        match artifact::write(&folder.join(&project.output), &files, "generated") {
            Err(artifact::Failure::InTheWay(more)) => found.extend(more),
            written => drop(written.unwrap()),
        }
    }
    (found, loaded.sources)
}

/// Copies a folder and gives its files with their texts.
fn copy(from: &Path, to: &Path) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for entry in walkdir::WalkDir::new(from).min_depth(1) {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(from).unwrap();
        let target = to.join(path);
        let _ = fs::remove_file(&target);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).unwrap();
        } else if entry.file_type().is_symlink() {
            let link = fs::read_link(entry.path()).unwrap();
            texts.insert(path.display().to_string(), format!("(a link to {})", link.display()));
            std::os::unix::fs::symlink(link, &target).unwrap();
        } else {
            let bytes = fs::read(entry.path()).unwrap();
            texts.insert(path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned());
            fs::write(&target, bytes).unwrap();
        }
    }
    texts
}
