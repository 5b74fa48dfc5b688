//! Generated files on disk: compared, and written so that nothing is lost.
//!
//! A run that fails — a full disk, a folder that may not be written, a file of somebody else in the way — must leave
//! the old output whole. So everything is checked first, then every changed file is written beside its place under
//! a temporary name and synced, and only then do renames begin. `noren.lock` comes last: it lists what Noren wrote,
//! and only what it lists is ever replaced or removed. A folder that is not there yet is made under a temporary name,
//! and one rename puts all of it in its place.

#![allow(clippy::disallowed_methods, reason = "writing generated files is this module's job")]

mod lock;
mod whole;

use crate::diagnostic::{Diagnostic, codes, plural};
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempPath};

pub use lock::{Lock, digest};

/// Relative path, with `/` between segments, to bytes.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The lock file's name in the output folder.
pub const LOCK: &str = "noren.lock";

/// Adds `noren.lock` to what was compiled.
pub fn with_lock(files: BTreeMap<String, String>, schema_digest: &str, policy_digest: &str) -> Files {
    let mut all: Files = files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
    let lock = Lock::of(&all, schema_digest, policy_digest);
    all.insert(LOCK.to_owned(), lock.to_string().into_bytes());
    all
}

/// How a generated file on disk differs from what would be written now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It would be written and is not there.
    Missing(String),
    /// It is there with other bytes.
    Stale(String),
    /// Noren wrote it once and would not now.
    Unexpected(String),
}

impl Difference {
    /// The file.
    pub fn path(&self) -> &str {
        match self {
            Self::Missing(path) | Self::Stale(path) | Self::Unexpected(path) => path,
        }
    }
}

/// Why nothing was written.
#[derive(Debug)]
pub enum Failure {
    /// Files of somebody else are where generated ones belong (N0913).
    InTheWay(Vec<Diagnostic>),
    /// The system refused.
    Io {
        /// What was being done to which path, in words.
        doing: String,
        /// What the system said.
        error: io::Error,
    },
}

/// What a run changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files whose bytes are new.
    pub changed: Vec<String>,
    /// Files of an earlier run that were removed.
    pub removed: Vec<String>,
    /// Files of an earlier run that are no longer written but stay, since somebody changed them.
    pub left: Vec<String>,
}

/// Every difference between the folder and the files, sorted by path; none when the folder is up to date.
pub fn check(output: &Path, files: &Files) -> Result<Vec<Difference>, Failure> {
    let mut differences = Vec::new();
    for (path, bytes) in files {
        match existing(&place(output, path)?)? {
            None => differences.push(Difference::Missing(path.clone())),
            Some(found) if found != *bytes => differences.push(Difference::Stale(path.clone())),
            Some(_) => {}
        }
    }
    for path in previous_lock(output)?.files.into_keys().filter(|path| !files.contains_key(path)) {
        if existing(&place(output, &path)?)?.is_some() {
            differences.push(Difference::Unexpected(path));
        }
    }
    differences.sort_by(|one, other| one.path().cmp(other.path()));
    Ok(differences)
}

/// The differences as a unified diff from what is on disk to what would be written.
pub fn diff(output: &Path, files: &Files, name: &str, color: bool) -> Result<String, Failure> {
    let mut text = String::new();
    for difference in check(output, files)? {
        let path = difference.path();
        let old = existing(&place(output, path)?)?.unwrap_or_default();
        let new = files.get(path).cloned().unwrap_or_default();
        let shown = format!("{name}/{path}");
        let old_name = if let Difference::Missing(_) = difference { "/dev/null" } else { shown.as_str() };
        let new_name = if let Difference::Unexpected(_) = difference { "/dev/null" } else { shown.as_str() };
        let (old, new) = (String::from_utf8_lossy(&old), String::from_utf8_lossy(&new));
        text.push_str(&unified(&old, &new, (old_name, new_name), color));
    }
    Ok(text)
}

/// A unified diff of two texts under two names; empty when they are equal.
pub fn unified(old: &str, new: &str, names: (&str, &str), color: bool) -> String {
    let diff = TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(names.0, names.1).to_string();
    if !color {
        return diff;
    }
    diff.split_inclusive('\n').map(paint).collect()
}

fn paint(line: &str) -> String {
    let color = match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => "1",
        [b'+', ..] => "32",
        [b'-', ..] => "31",
        [b'@', ..] => "36",
        _ => return line.to_owned(),
    };
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
    format!("\u{1b}[{color}m{text}\u{1b}[0m{end}")
}

/// Brings the folder to these files, or changes nothing.
///
/// `name` is the folder as messages call it. A rename can still fail after others were done (a folder that loses
/// its rights meanwhile); the lock is then the old one, and the next run completes the work.
pub fn write(output: &Path, files: &Files, name: &str) -> Result<Written, Failure> {
    if fs::symlink_metadata(output).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return whole::write(output, files);
    }
    let lock = previous_lock(output)?;
    refuse_foreign_files(output, files, &lock, name)?;
    let changed: Vec<String> = check(output, files)?
        .into_iter()
        .filter(|difference| !matches!(difference, Difference::Unexpected(_)))
        .map(|difference| difference.path().to_owned())
        .collect();
    let made = MadeFolders::make(output, &changed)?;
    let prepared = prepare(output, files, &changed)?;
    made.keep();
    let (removed, left) = remove_outdated(output, files, &lock)?;
    for (temporary, target) in prepared {
        temporary.persist(&target).map_err(|error| failed("replace", &target, error.error))?;
    }
    sync_folders(output, &changed)?;
    Ok(Written { changed, removed, left })
}

/// A file that is in the way of one to be written, and that no earlier run wrote, is somebody's work.
fn refuse_foreign_files(output: &Path, files: &Files, lock: &Lock, name: &str) -> Result<(), Failure> {
    let mut found = Vec::new();
    for (path, bytes) in files {
        let target = place(output, path)?;
        let there = match fs::symlink_metadata(&target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed("look at", &target, error)),
            Ok(metadata) => metadata,
        };
        if !there.is_file() {
            found.push(in_the_way(&format!("{name}/{path}"), "it is no regular file"));
        } else if !lock.files.contains_key(path) && path != LOCK && existing(&target)?.as_ref() != Some(bytes) {
            found.push(in_the_way(&format!("{name}/{path}"), &format!("`{name}/{LOCK}` does not list it")));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(Failure::InTheWay(found)) }
}

fn in_the_way(path: &str, why: &str) -> Diagnostic {
    Diagnostic::new(codes::N0913, format!("expected no file of somebody else at `{path}`, found one"))
        .note(format!("Noren replaces only what it wrote itself, and {why}"))
        .help("move the file away, or choose another `output` in `noren.toml`")
}

/// Every changed file under a temporary name beside its place, whole and on disk: a full disk is met here.
fn prepare(output: &Path, files: &Files, changed: &[String]) -> Result<Vec<(TempPath, PathBuf)>, Failure> {
    let mut prepared = Vec::new();
    let together = changed.len() > MANY && cfg!(target_os = "linux");
    // The lock is renamed last.
    let (locks, others): (Vec<&String>, Vec<&String>) = changed.iter().partition(|path| *path == LOCK);
    for path in others.into_iter().chain(locks) {
        let target = place(output, path)?;
        let bytes = files.get(path).map(Vec::as_slice).unwrap_or_default();
        let written = temporary(&target, bytes, !together);
        prepared.push((written.map_err(|error| failed("write", &target, error))?, target));
    }
    if together {
        sync_file_system(output).map_err(|error| failed("sync", output, error))?;
    }
    Ok(prepared)
}

/// To sync each of ten thousand files is to wait for the disk ten thousand times, so more than these are synced by one
/// call for their whole file system.
const MANY: usize = 64;

/// Linux writes all files of the file system and waits for them; from 5.8 on it reports what could not be written.
#[cfg(target_os = "linux")]
fn sync_file_system(folder: &Path) -> io::Result<()> {
    Ok(nix::unistd::syncfs(fs::File::open(folder)?)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_file_system(_folder: &Path) -> io::Result<()> {
    Ok(())
}

fn temporary(target: &Path, bytes: &[u8], sync: bool) -> io::Result<TempPath> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut file: NamedTempFile = builder().tempfile_in(folder)?;
    file.write_all(bytes)?;
    if sync {
        file.as_file().sync_all()?;
    }
    Ok(file.into_temp_path())
}

/// Readable by all, as other files of a repository are; the umask takes away what it takes from those.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".noren-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

/// Writes one file of the user's, for `fmt` and `init`, through a temporary file and a rename.
pub fn replace(target: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let temporary = temporary(target, bytes, true).map_err(|error| failed("write", target, error))?;
    if let Ok(metadata) = fs::metadata(target) {
        fs::set_permissions(&temporary, metadata.permissions()).map_err(|error| failed("write", target, error))?;
    }
    temporary.persist(target).map_err(|error| failed("replace", target, error.error))
}

/// Writes a new file, never over one that is there.
pub fn create(target: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| failed("make the folder", folder, error))?;
    let temporary = temporary(target, bytes, true).map_err(|error| failed("write", target, error))?;
    temporary.persist_noclobber(target).map_err(|error| failed("create", target, error.error))
}

/// What an earlier run wrote and this one does not: removed while it still has the bytes that Noren gave it.
fn remove_outdated(output: &Path, files: &Files, lock: &Lock) -> Result<(Vec<String>, Vec<String>), Failure> {
    let (mut removed, mut left) = (Vec::new(), Vec::new());
    for (path, recorded) in lock.files.iter().filter(|(path, _)| !files.contains_key(*path)) {
        let target = place(output, path)?;
        let Some(bytes) = existing(&target)? else { continue };
        if digest(&bytes) != *recorded {
            left.push(path.clone());
            continue;
        }
        fs::remove_file(&target).map_err(|error| failed("remove", &target, error))?;
        remove_empty_folders(output, &target);
        removed.push(path.clone());
    }
    Ok((removed, left))
}

/// Folders that are empty now; one that is not, or may not be removed, stays.
fn remove_empty_folders(output: &Path, removed: &Path) {
    for folder in removed.ancestors().skip(1).take_while(|folder| *folder != output && folder.starts_with(output)) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
}

/// Folders made for files that may yet fail to be written; unless kept, they go again.
#[derive(Default)]
struct MadeFolders {
    made: Vec<PathBuf>,
    keep: bool,
}

impl MadeFolders {
    fn make(output: &Path, changed: &[String]) -> Result<Self, Failure> {
        let mut folders = Self::default();
        for path in changed {
            folders.above(&place(output, path)?)?;
        }
        Ok(folders)
    }

    /// The folder of a file and those above it, where they are missing.
    fn above(&mut self, target: &Path) -> Result<(), Failure> {
        let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let missing: Vec<&Path> = target.ancestors().skip(1).take_while(is_missing).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder).map_err(|error| failed("make the folder", folder, error))?;
            self.made.push(folder.to_path_buf());
        }
        Ok(())
    }

    fn keep(mut self) {
        self.keep = true;
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        if !self.keep {
            for folder in self.made.iter().rev() {
                // Not empty means that somebody else uses it by now.
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

fn sync_folders(output: &Path, changed: &[String]) -> Result<(), Failure> {
    let targets = changed.iter().map(|path| place(output, path)).collect::<Result<Vec<_>, _>>()?;
    let folders: BTreeSet<&Path> = targets.iter().filter_map(|target| target.parent()).collect();
    folders.into_iter().try_for_each(sync_folder)
}

fn sync_folder(folder: &Path) -> Result<(), Failure> {
    let opened = fs::File::open(folder).and_then(|folder| folder.sync_all());
    opened.map_err(|error| failed("sync", folder, error))
}

fn previous_lock(output: &Path) -> Result<Lock, Failure> {
    let path = output.join(LOCK);
    let Some(bytes) = existing(&path)? else { return Ok(Lock::default()) };
    Lock::parse(&String::from_utf8_lossy(&bytes)).map_err(|line| {
        let reason = format!("line {line} is none that Noren writes; restore it from version control, or remove it");
        failed("understand", &path, io::Error::new(io::ErrorKind::InvalidData, reason))
    })
}

/// The bytes of a regular file; `None` when nothing is there or something else is.
fn existing(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => fs::read(path).map(Some).map_err(|error| failed("read", path, error)),
        Ok(_) => Ok(None),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(failed("look at", path, error)),
    }
}

/// Where a relative path lies below the output folder; refuses every path that would lie elsewhere, also through
/// a link among its folders.
fn place(output: &Path, path: &str) -> Result<PathBuf, Failure> {
    let target = below(output, path)?;
    let mut folder = output.to_path_buf();
    for segment in path.split('/') {
        if fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(unusable(&folder, "a link could lead out of the output folder"));
        }
        folder.push(segment);
    }
    Ok(target)
}

/// Where a relative path lies below a folder, whatever is there.
fn below(folder: &Path, path: &str) -> Result<PathBuf, Failure> {
    let plain = |segment: &str| {
        !segment.is_empty() && segment != "." && segment != ".." && !segment.contains(['\\', ':', '\0'])
    };
    let target = folder.join(path);
    if path.split('/').all(plain) { Ok(target) } else { Err(unusable(&target, "it leads out of the output folder")) }
}

fn unusable(path: &Path, reason: &str) -> Failure {
    let error = io::Error::new(io::ErrorKind::InvalidInput, reason.to_owned());
    Failure::Io { doing: format!("use the path `{}`", path.display()), error }
}

fn failed(verb: &str, path: &Path, error: io::Error) -> Failure {
    Failure::Io { doing: format!("{verb} `{}`", path.display()), error }
}

impl std::fmt::Display for Written {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.changed.is_empty() && self.removed.is_empty() {
            return formatter.write_str("nothing changed");
        }
        write!(formatter, "{} written", plural(self.changed.len(), "file"))?;
        if self.removed.is_empty() { Ok(()) } else { write!(formatter, ", {} removed", self.removed.len()) }
    }
}

#[cfg(test)]
mod tests;
