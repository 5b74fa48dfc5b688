//! An output folder that is not there yet: made whole under a temporary name, then renamed.
//!
//! Nothing of it can be seen before all of it is on disk, so no file needs a temporary name and a rename of its own.

#![allow(clippy::disallowed_methods, reason = "writing generated files is this module's job")]

use super::{Failure, Files, MANY, MadeFolders, Written, below, failed, sync_file_system, sync_folder};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes the files into a new folder; when that fails, no folder is left.
pub(super) fn write(output: &Path, files: &Files) -> Result<Written, Failure> {
    let mut above = MadeFolders::default();
    above.above(output)?;
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made = folder_in(parent).map_err(|error| failed("make a folder in", parent, error))?;
    fill(made.path(), output, files)?;
    fs::rename(made.path(), output).map_err(|error| failed("make the folder", output, error))?;
    // It is no longer under the name that would be removed.
    let _ = made.keep();
    above.keep();
    sync_folder(parent)?;
    Ok(Written { changed: files.keys().cloned().collect(), ..Written::default() })
}

/// For whoever may read folders that others make here: the umask takes away what it takes from those.
fn folder_in(parent: &Path) -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".noren-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(parent)
}

/// Every file, whole and on disk: a full disk is met here. Messages name the place that a file is for.
fn fill(folder: &Path, output: &Path, files: &Files) -> Result<(), Failure> {
    let together = files.len() > MANY && cfg!(target_os = "linux");
    let mut folders: BTreeSet<PathBuf> = BTreeSet::from([folder.to_path_buf()]);
    for (path, bytes) in files {
        let (target, meant) = (below(folder, path)?, below(output, path)?);
        if let Some(parent) = target.parent().filter(|parent| !folders.contains(*parent)) {
            fs::create_dir_all(parent).map_err(|error| failed("make the folder of", &meant, error))?;
            let all = parent.ancestors().take_while(|one| *one != folder);
            folders.extend(all.map(Path::to_path_buf));
        }
        create(&target, bytes, !together).map_err(|error| failed("write", &meant, error))?;
    }
    if together {
        return sync_file_system(folder).map_err(|error| failed("sync", output, error));
    }
    folders.iter().try_for_each(|folder| sync_folder(folder))
}

fn create(target: &Path, bytes: &[u8], sync: bool) -> std::io::Result<()> {
    let mut file = fs::File::create_new(target)?;
    file.write_all(bytes)?;
    if sync { file.sync_all() } else { Ok(()) }
}
