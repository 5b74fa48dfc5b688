//! The verbs, run as a user runs them: the binary, its exit code, and what stands on each stream.

mod init;
mod preview;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const NOREN: &str = env!("CARGO_BIN_EXE_noren");

/// A small project in a folder of its own.
struct Project {
    folder: TempDir,
}

const MANIFEST: &str = "[project]
name     = \"case\"
engine   = \"postgresql\"
version  = 15
schema   = [\"schema.sql\"]
policies = [\"*.noren\"]

[export.developers]
target = \"psql\"
";

const SCHEMA: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, active boolean NOT NULL);
";

const POLICY: &str = "table users {
  id, active keep;
  email mask constant('*');
}

export developers { tables *; }
";

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        ran(noren(self.folder.path()).args(arguments))
    }
}

fn fill(folder: &Path) {
    for (name, text) in [("noren.toml", MANIFEST), ("schema.sql", SCHEMA), ("policy.noren", POLICY)] {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn noren(folder: &Path) -> Command {
    let mut command = Command::new(NOREN);
    command.current_dir(folder).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM"] {
        command.env_remove(name);
    }
    command
}

#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn ran(command: &mut Command) -> Ran {
    seen(&command.output().unwrap())
}

fn seen(output: &Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout.clone()).unwrap(),
        err: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

/// Every file below a folder with its bytes.
fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    walk.filter(|entry| entry.file_type().is_file())
        .map(|entry| (entry.path().to_path_buf(), fs::read(entry.path()).unwrap()))
        .collect()
}

fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

#[test]
fn exit_codes_tell_fine_found_and_failed_apart() {
    let project = Project::new();
    assert_eq!(project.run(&["check"]).code, 0);
    project.write("policy.noren", "class email mosk null;\n");
    let found = project.run(&["check"]);
    assert_eq!(found.code, 1, "{found:?}");
    assert!(found.err.contains("policy.noren:1:13") && found.err.contains("1 error"), "{}", found.err);
    assert_eq!(project.run(&["build"]).code, 1);
    assert!(!project.path("generated").exists());
    assert_eq!(project.run(&["chekc"]).code, 2);
    assert_eq!(project.run(&["--help"]).code, 0);
    assert_eq!(project.run(&["--version"]).code, 0);
}

#[test]
fn without_a_project_there_is_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let failed = ran(noren(folder.path()).arg("check"));
    assert_eq!((failed.code, failed.out.as_str()), (2, ""));
    assert!(failed.err.contains("expected a `noren.toml`") && failed.err.contains("noren init"), "{}", failed.err);
}

#[test]
fn a_project_is_found_from_below_and_by_name() {
    let project = Project::new();
    fs::create_dir_all(project.path("deep/er")).unwrap();
    assert_eq!(ran(noren(&project.path("deep/er")).arg("check")).code, 0);
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(ran(noren(elsewhere.path()).arg("check").arg("-C").arg(project.folder.path())).code, 0);
    let missing = ran(noren(elsewhere.path()).args(["-C", "missing", "check"]));
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("cannot change to the folder `missing`"), "{}", missing.err);
}

#[test]
fn people_read_standard_error_and_machines_standard_output() {
    let project = Project::new();
    project.write("policy.noren", "class email mosk null;\n");
    let human = project.run(&["check"]);
    assert!(human.out.is_empty() && human.err.starts_with("error[N01"), "{human:?}");
    let concise = project.run(&["check", "--format", "concise"]);
    assert!(concise.out.starts_with("policy.noren:1:13: error[N01") && concise.err.is_empty(), "{concise:?}");
    let github = project.run(&["--format", "github", "check"]);
    assert!(github.out.starts_with("::error file=policy.noren,line=1,col=13,title=N01"), "{github:?}");
    let json: serde_json::Value = serde_json::from_str(&project.run(&["check", "--format=json"]).out).unwrap();
    assert_eq!(json[0]["place"]["start"]["column"], 13);
    project.write("policy.noren", POLICY);
    assert_eq!(project.run(&["check", "--format=json"]).out, "[]\n");
}

#[test]
fn color_is_asked_for_or_heeds_the_environment() {
    let project = Project::new();
    project.write("policy.noren", "class email mosk null;\n");
    let colored = |command: &mut Command| ran(command.arg("check")).err.contains('\u{1b}');
    let command = || noren(project.folder.path());
    assert!(!colored(&mut command()), "into a pipe");
    assert!(colored(command().args(["--color", "always"])));
    assert!(colored(command().env("CLICOLOR_FORCE", "1")));
    assert!(!colored(command().env("CLICOLOR_FORCE", "0")));
    assert!(!colored(command().env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")));
    assert!(colored(command().env("CLICOLOR_FORCE", "1").env("NO_COLOR", "")));
    assert!(colored(command().env("NO_COLOR", "1").args(["--color", "always"])));
    assert!(!colored(command().env("CLICOLOR_FORCE", "1").args(["--color", "never"])));
}

#[test]
fn masks_lists_the_catalogue_and_prints_a_page() {
    let project = Project::new();
    let all = project.run(&["masks"]).out;
    for mask in noren::mask::all() {
        assert!(all.contains(mask.name()) && all.contains(mask.summary()), "{all}");
        assert_eq!(project.run(&["masks", mask.name()]).out.trim(), mask.page().trim());
    }
    let unknown = project.run(&["masks", "emial"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean `email`?"), "{}", unknown.err);
}

#[test]
fn explain_prints_the_page() {
    let project = Project::new();
    let page = project.run(&["explain", "n0913"]);
    assert!(page.code == 0 && page.out.starts_with("# N0913: "), "{page:?}");
    let unknown = project.run(&["explain", "N091"]);
    assert!(unknown.code == 2 && unknown.err.contains("did you mean `N0"), "{unknown:?}");
    assert!(project.run(&["explain"]).out.lines().count() > 10);
}

/// A table of every kind of decision: by a glob, by name, by class, by an export, by condition, by path.
const DECISIONS: &str = "class email mask null;
table * {
  id, *_id keep;
  * : (bool) keep;
  email email;
}
table users {
  opted  mask constant(false);
  email  email;
  body   keep because \"public\" when (active) else mask null;
  extra  mask json { mail email; else drop; };
}
export developers { tables *; class email => mask constant('x'); }
export partners { tables *; users.opted => keep because \"they ask for it\"; }
";

#[test]
fn why_tells_who_decides_and_who_lost() {
    let project = Project::new();
    let schema = "CREATE TABLE users (id int PRIMARY KEY, boss_id int, active bool, opted bool, email text, body text, extra jsonb);\n";
    project.write("schema.sql", schema);
    project.write("policy.noren", DECISIONS);
    project.write("noren.toml", project.read("noren.toml") + "\n[export.partners]\ntarget = \"psql\"\n");
    let columns = ["users.id", "users.opted", "public.users.email", "USERS.body", "\"users\".extra"];
    let told = columns.map(|column| project.run(&["why", column]));
    assert!(told.iter().all(|ran| ran.code == 0), "{told:?}");
    let told = told.map(|ran| ran.out).join("\n");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/cli");
    insta::with_settings!({snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("why", format!("{schema}{DECISIONS}\n{told}"));
    });
    for (arguments, said) in [
        (["why", "user.email"].as_slice(), "did you mean `users`?"),
        (&["why", "users.emial"], "did you mean `email`?"),
        (&["why", "users"], "expected TABLE.COLUMN, found `users`"),
        (&["why", "users.\"email"], "expected TABLE.COLUMN"),
        (&["why", "users.email", "--export", "partner"], "did you mean `partners`?"),
    ] {
        let failed = project.run(arguments);
        assert!(failed.code == 2 && failed.err.contains(said), "{failed:?}");
    }
}

#[test]
fn completions_and_man_pages() {
    let project = Project::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = project.run(&["completions", shell]);
        assert!(script.code == 0 && script.out.contains("noren"), "{shell}");
    }
    assert!(project.run(&["man"]).out.contains(".TH noren 1"));
    assert!(project.run(&["man", "build"]).out.contains(".TH noren-build 1"));
    assert_eq!(project.run(&["man", "bild"]).code, 2);
}

#[test]
fn fmt_lays_out_files_and_standard_input() {
    let project = Project::new();
    let loose = "class   email mask null ;\n";
    project.write("policy.noren", loose);
    let checked = project.run(&["fmt", "--check"]);
    assert!(checked.code == 1 && checked.err.contains("not laid out: policy.noren"), "{checked:?}");
    let shown = project.run(&["fmt", "--diff"]);
    assert!(shown.code == 1 && shown.out.contains("-class   email") && shown.out.contains("+class email"), "{shown:?}");
    assert_eq!(project.read("policy.noren"), loose);
    assert_eq!(project.run(&["fmt"]).code, 0);
    assert_eq!(project.read("policy.noren"), "class email mask null;\n");
    assert_eq!(project.run(&["fmt", "--check"]).code, 0);
    let piped = with_input(noren(project.folder.path()).args(["fmt", "-"]), loose);
    assert_eq!((piped.code, piped.out.as_str()), (0, "class email mask null;\n"));
}

#[test]
fn fmt_leaves_a_file_that_it_cannot_read() {
    let project = Project::new();
    let broken = "class   email mask";
    project.write("policy.noren", broken);
    let failed = project.run(&["fmt"]);
    assert!(failed.code == 2 && failed.err.contains("error[N01"), "{failed:?}");
    assert_eq!(project.read("policy.noren"), broken);
    let piped = with_input(noren(project.folder.path()).args(["fmt", "-"]), broken);
    assert!(piped.code == 2 && piped.out.is_empty() && piped.err.contains("<stdin>:1:"), "{piped:?}");
}

fn with_input(command: &mut Command, input: &str) -> Ran {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    seen(&child.wait_with_output().unwrap())
}

#[test]
fn build_writes_once_and_tells_what_is_stale() {
    let project = Project::new();
    let missing = project.run(&["build", "--check"]);
    assert!(missing.code == 1 && missing.err.contains("missing: generated/noren.lock"), "{missing:?}");
    assert!(!project.path("generated").exists());
    assert_eq!(project.run(&["build"]).code, 0);
    let built = tree(&project.path("generated"));
    assert_eq!(project.run(&["build", "--check"]).code, 0);
    let again = project.run(&["build"]);
    assert!(again.err.contains("nothing changed"), "{again:?}");
    assert_eq!(tree(&project.path("generated")), built);
    project.write("generated/README.md", "edited\n");
    let stale = project.run(&["build", "--check"]);
    assert!(stale.code == 1 && stale.err.contains("stale: generated/README.md"), "{stale:?}");
    let shown = project.run(&["build", "--diff"]);
    assert!(
        shown.code == 1 && shown.out.contains("--- generated/README.md") && shown.out.contains("-edited"),
        "{shown:?}"
    );
    assert_eq!(project.run(&["build"]).code, 0);
    assert_eq!(tree(&project.path("generated")), built);
}

#[test]
fn files_of_somebody_else_stop_a_build_before_it_writes() {
    let project = Project::new();
    project.write("generated/README.md", "mine\n");
    project.write("generated/notes/mine.txt", "mine\n");
    let stopped = project.run(&["build"]);
    assert!(
        stopped.code == 2 && stopped.err.contains("N0913") && stopped.err.contains("nothing was written"),
        "{stopped:?}"
    );
    assert_eq!(tree(&project.path("generated")).len(), 2);
    fs::remove_file(project.path("generated/README.md")).unwrap();
    assert_eq!(project.run(&["build"]).code, 0);
    assert_eq!(project.read("generated/notes/mine.txt"), "mine\n");
}

#[test]
fn a_full_disk_loses_nothing() {
    if !is_root() {
        eprintln!("SKIPPED a_full_disk_loses_nothing: mounting a small tmpfs takes root");
        return;
    }
    let mount = tempfile::tempdir().unwrap();
    let options = ["-t", "tmpfs", "-o", "size=4m", "tmpfs"];
    if !Command::new("mount").args(options).arg(mount.path()).status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED a_full_disk_loses_nothing: this system does not let us mount a tmpfs");
        return;
    }
    let guard = Mounted(mount.path().to_path_buf());
    fill(mount.path());
    assert_eq!(ran(noren(mount.path()).arg("build")).code, 0);
    let edited = "edited\n".repeat(1000);
    fs::write(mount.path().join("generated/README.md"), edited).unwrap();
    let _ = fs::write(mount.path().join("filler"), vec![b'x'; 8 << 20]);
    let before = tree(&mount.path().join("generated"));
    let full = ran(noren(mount.path()).arg("build"));
    assert!(full.code == 2 && full.err.contains("No space left"), "{full:?}");
    assert_eq!(tree(&mount.path().join("generated")), before);
    fs::remove_file(mount.path().join("filler")).unwrap();
    assert_eq!(ran(noren(mount.path()).arg("build")).code, 0);
    assert_eq!(ran(noren(mount.path()).args(["build", "--check"])).code, 0);
    drop(guard);
}

struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Runs as `nobody` when we are root, to whom no folder is closed.
fn as_ordinary_user(folder: &Path, arguments: &[&str]) -> Ran {
    let home = tempfile::tempdir().unwrap();
    let binary = home.path().join("noren");
    fs::copy(NOREN, &binary).unwrap();
    for path in [home.path(), folder] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new(&binary);
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    if is_root() {
        command.uid(65534).gid(65534);
    }
    ran(&mut command)
}

#[test]
fn a_folder_that_may_not_be_read_is_told() {
    let project = Project::new();
    fs::create_dir(project.path("policies")).unwrap();
    project.write("policies/more.noren", "class email mask null;\n");
    project.write("noren.toml", project.read("noren.toml").replace("\"*.noren\"", "\"*.noren\", \"policies/*.noren\""));
    fs::set_permissions(project.path("policies"), fs::Permissions::from_mode(0o000)).unwrap();
    let closed = as_ordinary_user(project.folder.path(), &["check", "--color=never"]);
    fs::set_permissions(project.path("policies"), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(closed.code == 2 && closed.err.contains("error[N0909]") && closed.err.contains("`policies`"), "{closed:?}");
}

#[test]
fn an_output_folder_that_may_not_be_written_is_told() {
    let project = Project::new();
    assert_eq!(project.run(&["build"]).code, 0);
    project.write("generated/README.md", "edited\n");
    let before = tree(&project.path("generated"));
    fs::set_permissions(project.path("generated"), fs::Permissions::from_mode(0o555)).unwrap();
    let closed = as_ordinary_user(project.folder.path(), &["build", "--color=never"]);
    fs::set_permissions(project.path("generated"), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(closed.code == 2 && closed.err.contains("ermission denied"), "{closed:?}");
    assert_eq!(tree(&project.path("generated")), before);
}

#[test]
fn truncated_and_binary_inputs_are_errors_and_write_nothing() {
    let project = Project::new();
    for cut in [1, 20, POLICY.len() / 2, POLICY.len() - 3] {
        project.write("policy.noren", &POLICY[..cut]);
        let found = project.run(&["build"]);
        assert!(found.code == 1 && found.err.contains("error[N"), "cut at {cut}: {found:?}");
    }
    let binary: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    for (file, bytes, said) in [
        ("policy.noren", binary.as_slice(), "offset 128"),
        ("schema.sql", b"PGDMP\x01\x0e\xff\xff".as_slice(), "--format=plain"),
        ("schema.sql", b"\xff\xfeC\0R\0".as_slice(), "UTF-16"),
        ("noren.toml", b"[project]\nname = \"\xc3\"\n".as_slice(), "offset 18"),
    ] {
        let project = Project::new();
        project.write(file, bytes);
        let found = project.run(&["build"]);
        assert!(found.code == 2 && found.err.contains("error[N0910]") && found.err.contains(said), "{file}: {found:?}");
        assert!(!project.path("generated").exists());
    }
}

/// Five megabytes as somebody might write them: comments and reasons, classes, documents, masks and tests.
fn large_policy() -> String {
    let statement = |index: usize| {
        let what = ["of a person", "of a company", "of a contract", "that a batch wrote", "that nobody has read"];
        let said = format!("{} {}", what[index % what.len()], "as the register of processing says ".repeat(7));
        format!(
            "\n-- Number {index}: what support may see {said}\n-- and what they may not, {said}\n\
             class c_{index}  mask (left(email, {}) || '**');\n\
             class d_{index}  mask json {{ a.b keep because \"{index}: {said}\"; else drop; }};\n\
             mask m_{index}(value text) returns text unique no total yes = (coalesce(left(value, 1), ')') || '.');\n\
             test \"number {index} {said}\"  expect (mask.m_{index}('a') = '.');\n",
            index % 9
        )
    };
    let text: String = std::iter::once(POLICY.to_owned()).chain((0..3_800).map(statement)).collect();
    assert!(text.len() > 5_000_000, "{}", text.len());
    text
}

#[test]
fn a_policy_of_five_megabytes_is_read_and_laid_out() {
    let project = Project::new();
    let large = large_policy();
    project.write("policy.noren", &large);
    let checked = project.run(&["check"]);
    assert!(checked.code == 0 && !checked.err.contains("error"), "{:.2000}", checked.err);
    assert!(checked.err.len() < 10_000, "{} bytes of notes", checked.err.len());
    let laid = project.run(&["fmt"]);
    assert!(laid.code == 0, "{:.2000}", laid.err);
    let text = project.read("policy.noren");
    let words = |text: &str| text.split_whitespace().map(str::len).sum::<usize>();
    assert!(text != large && words(&text) == words(&large), "{} and {}", words(&text), words(&large));
}

/// Broken in one place, in every place, or cut off: soon told, and never page after page.
#[test]
fn five_megabytes_of_mistakes_are_a_short_answer() {
    let large = large_policy();
    let middle = large.len() / 2 + large[large.len() / 2..].find("class ").unwrap();
    let [before, after] = [&large[..middle], &large[middle..]];
    for (name, text) in [
        ("one mistake", format!("{before}clas x keep;\n{after}")),
        ("an open string", format!("{before}class x mask ('{};\n{after}", "a".repeat(100))),
        ("an open bracket", format!("{before}class x mask json {{ a.b keep;\n{after}")),
        ("cut off", large[..middle + 20].to_owned()),
        ("a mistake in each", large.replace("class ", "clas ")),
        ("brackets", "({[".repeat(1_700_000)),
    ] {
        let project = Project::new();
        project.write("policy.noren", &text);
        let before = tree(project.folder.path());
        let found = project.run(&["build"]);
        assert!(found.code == 1 && found.err.contains("error[N"), "{name}: {} {:.2000}", found.code, found.err);
        assert!(found.err.len() < 100_000, "{name}: {} bytes of findings", found.err.len());
        if name == "cut off" {
            assert_eq!(project.run(&["fmt"]).code, 2, "{name}");
        }
        assert!(tree(project.folder.path()) == before, "{name}: something was written");
    }
}

#[test]
fn a_statement_of_the_schema_that_is_not_followed_stays_with_a_reason() {
    let project = Project::new();
    let schema = |more: &str| format!("{SCHEMA}CREATE TABLE public.archive\n  AS SELECT 1 AS id;\n{more}");
    let allow =
        |text: &str, rest: &str| format!("{MANIFEST}\n[[allow]]\ncode = \"N0953\"\ntext = \"{text}\"\n{rest}\n");
    let because = "because = \"rebuilt every night\"";
    project.write("schema.sql", schema(""));
    let found = project.run(&["check"]);
    assert!(found.code == 1 && found.err.contains("warning[N0953]"), "{found:?}");
    let second = schema("CREATE TABLE public.archive_of_2024 AS SELECT 2 AS id;\n");
    for (text, rest, schema, code, said) in [
        ("CREATE TABLE public.archive AS", because, schema(""), 0, ""),
        ("CREATE TABLE public.archive", because, second.clone(), 1, "[N0953]"),
        ("CREATE TABLE", because, second, 1, "of 2 statements"),
        ("CREATE TABLE public.arch", because, schema(""), 1, "silences nothing"),
        ("CREATE TABLE public.archive AS", "", schema(""), 2, "`allow.because`"),
        ("CREATE TABLE public.archive AS", "because = \" \"", schema(""), 2, "allow.because"),
        ("CREATE TABLE public.archive AS", "reason = \"x\"", schema(""), 2, "reason"),
    ] {
        project.write("noren.toml", allow(text, rest));
        project.write("schema.sql", schema);
        let found = project.run(&["check"]);
        assert!(found.code == code && found.err.contains(said), "{text} {rest}: {found:?}");
    }
    project.write("noren.toml", allow("CREATE TABLE public.archive AS", because).replace("N0953", "N0950"));
    project.write("schema.sql", schema(""));
    let found = project.run(&["check"]);
    assert!(found.code == 1 && found.err.contains("error[N0191]") && found.err.contains("N0953"), "{found:?}");
}

#[test]
fn links_pipes_and_loops_are_no_trap() {
    let project = Project::new();
    fs::remove_file(project.path("schema.sql")).unwrap();
    nix::unistd::mkfifo(&project.path("schema.sql"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let pipe = project.run(&["check"]);
    assert!(pipe.code == 2 && pipe.err.contains("not a regular file"), "{pipe:?}");

    let project = Project::new();
    fs::remove_file(project.path("schema.sql")).unwrap();
    symlink("/etc/passwd", project.path("schema.sql")).unwrap();
    let outside = project.run(&["check"]);
    assert!(outside.code == 2 && outside.err.contains("N0912") && !outside.err.contains("root:"), "{outside:?}");

    let project = Project::new();
    project.write("noren.toml", project.read("noren.toml").replace("\"*.noren\"", "\"**/*.noren\""));
    fs::create_dir(project.path("a")).unwrap();
    symlink("..", project.path("a/loop")).unwrap();
    assert_eq!(project.run(&["check"]).code, 0);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let project = Project::new();
    let mut child = noren(project.folder.path())
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn output_that_is_lost_is_a_failure() {
    let project = Project::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let lost = seen(&noren(project.folder.path()).args(["completions", "zsh"]).stdout(full).output().unwrap());
    assert!(lost.code == 2 && lost.err.contains("cannot write to standard output"), "{lost:?}");
}

/// The README's first example: the policy compiles to the lines that stand below it, and a forgotten column says what
/// the README says.
#[test]
fn the_readme_s_example_is_true() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks: Vec<&str> = readme.split("```").skip(1).step_by(2).collect();
    let [policy, sql, error, ..] = blocks.as_slice() else { panic!("three examples") };
    let table = |more: &str| {
        format!(
            "CREATE TABLE public.customers (\n    id bigint NOT NULL,\n    email text,\n    name text NOT NULL,\n    \
             phone text,\n    birthday date,\n    settings jsonb,\n    created_at timestamptz NOT NULL{more}\n);\n"
        )
    };
    let project = Project::new();
    project.write("policy.noren", policy.trim_start());
    project.write("schema.sql", table(""));
    assert_eq!(project.run(&["build"]).code, 0);
    let made = project.read("generated/export/developers/tables/public.customers.sql");
    let shown = sql.trim_start_matches("sql").lines().filter(|line| !line.trim().is_empty() && !line.contains('…'));
    for line in shown {
        assert!(made.contains(line.trim_end()), "{line}");
    }
    project.write("schema.sql", table(",\n    phone2 text"));
    let said = project.run(&["check"]).err;
    for line in error.lines().filter(|line| line.contains("phone2") || line.contains("= note")) {
        let tail = line.split_once("| ").map_or(line, |(_, code)| code).trim_end_matches(',');
        assert!(said.contains(tail.trim()), "{line}\n{said}");
    }
}

/// A file's name stands in coverage.txt, one fact a line: a name with a line break could forge a fact.
#[test]
fn a_file_name_cannot_forge_a_line() {
    let project = Project::new();
    project.write("a\nexport developers: column public.users.email: drop\n.noren", "");
    let found = project.run(&["build"]);
    assert_eq!(found.code, 2, "{}", found.err);
    assert!(found.err.contains("control or bidirectional character"), "{}", found.err);
    assert!(!project.path("generated").exists());
}

/// The same by a table that stays behind: its name is in no SQL, which would refuse it.
#[test]
fn a_table_name_cannot_forge_a_line() {
    let project = Project::new();
    let forged = "export developers: column public.users.email: drop";
    project.write("schema.sql", format!("{SCHEMA}CREATE TABLE \"in\n{forged}\n\" (id int);\n"));
    for clause in ["internal", "skip"] {
        project.write("policy.noren", format!("{POLICY}table \"in*\" {{ {clause} because \"x\"; }}\n"));
        assert_eq!(project.run(&["build"]).code, 0);
        let coverage = project.read("generated/coverage.txt");
        assert!(coverage.contains("\\000a") && !coverage.lines().any(|line| line == forged), "{coverage}");
    }
}
