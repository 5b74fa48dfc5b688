#![allow(
    clippy::disallowed_methods,
    reason = "keeping a folder is this module's work: it makes, locks and deletes what it made itself"
)]
//! A folder that is gone when we are.
//!
//! The problem: a destructor deletes a folder unless the process is killed, and what a killed process leaves behind may
//! hold rows. The mechanism: before the folder is there, a shell is started that holds the reading end of a pipe. We
//! never write to it: when our end closes, be it by drop, by the end of the process or by its death, the shell runs a
//! last command if there is one, and deletes the folder until it is gone, whoever still writes into it. It is in a group
//! of its own and minds no signal that is meant for us. Should it be killed too, the next one that is started sweeps: a
//! live process holds a lock beside its folder.

use super::{Error, folder_error, run_error};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// What a folder's name begins with; everything of that name without a living process is swept.
const PREFIX: &str = "live-";
const LOCK: &str = "lock";
const YOUTH: Duration = Duration::from_mins(1);

/// `$0` is the folder, the rest is the last command. `rm` fails while somebody still writes there.
const KEPT: &str = r#"
trap '' HUP INT TERM
cat >/dev/null
[ $# = 0 ] || "$@"
tries=0
while rm -rf -- "$0" "$0.lock"; [ -e "$0" ] && [ $tries -lt 1000 ]; do tries=$((tries + 1)); sleep 0.05; done
"#;

/// A folder of this process, that is gone when the process is, however it ends.
#[derive(Debug)]
pub struct Keeper {
    folder: PathBuf,
    shell: Child,
    /// Our end of the shell's pipe; always there until drop.
    lifeline: Option<ChildStdin>,
    /// Locked as long as this process lives.
    lock: Option<File>,
}

impl Keeper {
    /// A new folder below `base`, after those of dead processes were swept.
    pub fn start(base: &Path) -> Result<Self, Error> {
        Self::with_last(base, None)
    }

    /// The same, with a command that runs at the end, whatever happens.
    pub fn with_last(base: &Path, last: Option<&Command>) -> Result<Self, Error> {
        sweep(base);
        let folder = base.join(fresh_name().map_err(|source| folder_error(base, &source))?);
        let mut command = shell(&folder, last);
        let mut shell = command.spawn().map_err(|source| run_error(&command, source))?;
        let lifeline = shell.stdin.take();
        // From here on the shell deletes what is made, also where making it fails.
        let mut keeper = Self { folder, shell, lifeline, lock: None };
        keeper.make().map_err(|source| folder_error(&keeper.folder, &source))?;
        Ok(keeper)
    }

    /// The lock first: a sweeper takes a folder without one for nobody's.
    fn make(&mut self) -> io::Result<()> {
        let lock = File::options().write(true).create_new(true).open(self.folder.with_extension(LOCK))?;
        lock.lock()?;
        self.lock = Some(lock);
        DirBuilder::new().mode(0o700).create(&self.folder)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Another end of the pipe, as the standard input of a program that reads none: the keeper waits for it too.
    pub fn hold(&self) -> io::Result<Stdio> {
        let Some(lifeline) = &self.lifeline else { return Ok(Stdio::null()) };
        lifeline.as_fd().try_clone_to_owned().map(Stdio::from)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        drop(self.lock.take());
        // It ends by itself, and nobody can be told if it does not.
        let _ = self.shell.wait();
    }
}

/// In a group of its own, so that Ctrl-C reaches us alone.
fn shell(folder: &Path, last: Option<&Command>) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(KEPT).arg(folder).current_dir("/");
    if let Some(last) = last {
        command.arg(last.get_program()).args(last.get_args());
        for (name, value) in last.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Nobody else draws the same 64 bits, so what has this name is ours to delete.
fn fresh_name() -> io::Result<String> {
    drawn(8).map(|drawn| [PREFIX, &drawn].concat())
}

/// So many bytes that nobody can guess, in hexadecimal.
pub fn drawn(bytes: usize) -> io::Result<String> {
    let mut bits = vec![0; bytes];
    File::open("/dev/urandom")?.read_exact(&mut bits)?;
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    Ok(bits.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
}

/// Deletes the folders of processes that are gone together with their keepers. What cannot be deleted stays for another.
fn sweep(base: &Path) {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    let is_lock = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with(PREFIX) && path.extension().is_some_and(|found| found == LOCK)
    };
    for path in entries.map(|entry| entry.path()).filter(is_lock) {
        // Between its making and its lock a living one is a second old at most.
        let old = fs::metadata(&path).and_then(|found| found.modified()?.elapsed().map_err(io::Error::other));
        if old.is_ok_and(|age| age > YOUTH)
            && File::open(&path).is_ok_and(|file| file.try_lock().is_ok())
            && bury(&path)
        {
            let _ = fs::remove_file(&path);
        }
    }
}

fn bury(lock: &Path) -> bool {
    match fs::remove_dir_all(lock.with_extension("")) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}
