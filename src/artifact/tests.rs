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
fn a_new_folder_comes_whole_or_not_at_all() {
    let home = tempfile::tempdir().unwrap();
    let output = home.path().join("of/a/team/generated");
    let names: Vec<String> = (0..=MANY).map(|number| format!("export/developers/tables/{number}.sql")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let too_long = "x".repeat(300);
    let mut one_cannot_be = many.clone();
    one_cannot_be.push((&too_long, "2"));
    let failed = write(&output, &files(&one_cannot_be), "generated");
    assert!(matches!(&failed, Err(Failure::Io { doing, .. }) if doing.contains(&too_long)), "{failed:?}");
    assert_eq!(tree(home.path()), Vec::<String>::new());
    for (files, changed) in [(files(&many), MANY + 2), (files(&[("a/one.sql", "1")]), 2)] {
        let output = home.path().join(changed.to_string());
        let written = write(&output, &files, "generated").unwrap();
        assert_eq!((written.changed.len(), written.removed.len()), (changed, 0));
        assert_eq!(check(&output, &files).unwrap(), []);
        assert_eq!(write(&output, &files, "generated").unwrap(), Written::default());
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
}

#[cfg(unix)]
#[test]
fn a_new_folder_is_for_those_for_whom_others_are() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let [output, other] = ["generated", "other"].map(|name| home.path().join(name));
    write(&output, &files(&[("a/one.sql", "1")]), "generated").unwrap();
    fs::create_dir(&other).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!((mode(&output), mode(&output.join("a"))), (mode(&other), mode(&other)));
    fs::write(other.join("file"), "").unwrap();
    assert_eq!(mode(&output.join("a/one.sql")), mode(&other.join("file")));
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
