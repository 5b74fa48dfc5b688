use super::*;

fn files(pairs: &[(&str, &str)]) -> Files {
    let texts = pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    with_lock(texts, "s", "p")
}

fn tree(folder: &Path) -> Vec<String> {
    let walk = walkdir::WalkDir::new(folder).min_depth(1).sort_by_file_name();
    walk.into_iter().map(|entry| entry.unwrap().path().strip_prefix(folder).unwrap().display().to_string()).collect()
}

#[test]
fn a_run_writes_what_changed_and_removes_what_it_no_longer_writes() {
    let home = tempfile::tempdir().unwrap();
    let output = home.path().join("generated");
    write(&output, &files(&[("a/one.sql", "1"), ("b/two.sql", "2")]), "generated").unwrap();
    assert_eq!(check(&output, &files(&[("a/one.sql", "1"), ("b/two.sql", "2")])).unwrap(), []);
    let written = write(&output, &files(&[("a/one.sql", "one")]), "generated").unwrap();
    assert_eq!(written.changed, ["a/one.sql", "noren.lock"]);
    assert_eq!(written.removed, ["b/two.sql"]);
    assert_eq!(tree(&output), ["a", "a/one.sql", "noren.lock"]);
}

#[test]
fn files_of_somebody_else_stay() {
    let home = tempfile::tempdir().unwrap();
    let output = home.path();
    fs::write(output.join("notes.md"), "mine").unwrap();
    fs::write(output.join("one.sql"), "mine too").unwrap();
    let refused = write(output, &files(&[("one.sql", "1"), ("two.sql", "2")]), "generated");
    assert!(matches!(refused, Err(Failure::InTheWay(found)) if found.len() == 1));
    assert_eq!(tree(output), ["notes.md", "one.sql"]);
    fs::remove_file(output.join("one.sql")).unwrap();
    write(output, &files(&[("one.sql", "1")]), "generated").unwrap();
    write(output, &files(&[]), "generated").unwrap();
    assert_eq!(tree(output), ["noren.lock", "notes.md"]);
}

#[test]
fn an_outdated_file_that_somebody_changed_stays() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), &files(&[("one.sql", "1")]), "generated").unwrap();
    fs::write(home.path().join("one.sql"), "changed by hand").unwrap();
    let written = write(home.path(), &files(&[]), "generated").unwrap();
    assert_eq!((written.left, written.removed), (vec!["one.sql".to_owned()], vec![]));
}

#[test]
fn differences_are_told_by_kind() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), &files(&[("one.sql", "1\n"), ("two.sql", "2\n")]), "generated").unwrap();
    let mut next = files(&[("two.sql", "two\n"), ("three.sql", "3\n")]);
    next.remove(LOCK);
    let differences = check(home.path(), &next).unwrap();
    let expected = [
        Difference::Unexpected("one.sql".to_owned()),
        Difference::Missing("three.sql".to_owned()),
        Difference::Stale("two.sql".to_owned()),
    ];
    assert_eq!(differences, expected);
    insta::with_settings!({snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/artifact"), prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("diff", diff(home.path(), &next, "generated", false).unwrap());
    });
}

#[test]
fn no_path_leads_out() {
    let home = tempfile::tempdir().unwrap();
    let output = home.path().join("generated");
    for path in ["../x", "/x", "a/../../x", "a//b", "c:x", "a\\b", ""] {
        let files = BTreeMap::from([(path.to_owned(), Vec::new())]);
        assert!(write(&output, &files, "generated").is_err(), "{path}");
    }
    assert_eq!(tree(home.path()), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn a_link_among_the_folders_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), home.path().join("export")).unwrap();
    assert!(write(home.path(), &files(&[("export/run.sql", "")]), "generated").is_err());
    assert_eq!(tree(elsewhere.path()), Vec::<String>::new());
}

#[test]
fn a_lock_of_somebody_else_is_not_guessed_at() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(LOCK), "name = \"somebody's\"\n").unwrap();
    assert!(write(home.path(), &files(&[("one.sql", "1")]), "generated").is_err());
    assert_eq!(tree(home.path()), ["noren.lock"]);
}

#[test]
fn a_lock_with_both_sides_of_a_merge_is_settled_by_the_next_run() {
    let home = tempfile::tempdir().unwrap();
    let all = files(&[("one.sql", "1")]);
    write(home.path(), &all, "generated").unwrap();
    let lock = String::from_utf8(all[LOCK].clone()).unwrap();
    fs::write(home.path().join(LOCK), format!("<<<<<<< HEAD\n{lock}=======\nfile 00 gone.sql\n>>>>>>> topic\n"))
        .unwrap();
    write(home.path(), &all, "generated").unwrap();
    assert_eq!(fs::read(home.path().join(LOCK)).unwrap(), all[LOCK]);
}

#[test]
fn the_lock_reads_what_it_writes() {
    let all = files(&[("export/a b.sql", "1")]);
    let text = String::from_utf8(all[LOCK].clone()).unwrap();
    let lock = Lock::parse(&text).unwrap();
    assert_eq!(lock.to_string(), text);
    assert_eq!(lock.files["export/a b.sql"], digest(b"1"));
    assert_eq!(digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
