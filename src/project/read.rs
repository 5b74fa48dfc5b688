//! From names in `noren.toml` to texts.

#![allow(clippy::disallowed_methods, reason = "reading the project's files is this module's job")]

use super::{Loaded, MANIFEST, Manifest, Project, folder, manifest};
use crate::diagnostic::words::printable;
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::source::{SourceId, Sources, Span, Spanned};
use globset::GlobBuilder;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// A dump with data is no schema; one this large would also not fit the memory of most machines thrice.
const LARGEST: u64 = 1 << 30;

pub(super) fn load(root: &Path) -> Loaded {
    let mut loader = Loader { root: root.to_path_buf(), sources: Sources::default(), found: Vec::new() };
    let project = loader.project();
    let failed = loader.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let Loader { root, sources, found } = loader;
    Loaded { root, sources, project: project.filter(|_| !failed), diagnostics: found }
}

struct Loader {
    root: PathBuf,
    sources: Sources,
    found: Vec<Diagnostic>,
}

/// What a name of the project file stands for.
#[derive(Clone, Copy)]
enum Kind {
    Schema,
    Policy,
    Dictionary,
}

impl Kind {
    /// What a folder's name stands for. Tools for migrations put `down.sql` into folders below, which undo what
    /// the schema says, so only the folder's own files are taken.
    fn files(self) -> &'static str {
        match self {
            Self::Schema => "*.sql",
            Self::Policy => "**/*.noren",
            Self::Dictionary => "*.csv",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Schema => "project.schema",
            Self::Policy => "project.policies",
            Self::Dictionary => "project.dictionaries",
        }
    }
}

impl Loader {
    fn project(&mut self) -> Option<Project> {
        let manifest_id = self.read(MANIFEST, None)?;
        let text = self.sources.get(manifest_id)?.text.clone();
        let (manifest, found) = manifest::parse(&text, manifest_id);
        self.found.extend(found);
        let manifest = manifest?;
        let schemas = self.read_all(&manifest.schema, Kind::Schema, &manifest);
        let policies = self.read_all(&manifest.policies, Kind::Policy, &manifest);
        let dictionaries = match &manifest.dictionaries {
            Some(named) => self.read_all(named, Kind::Dictionary, &manifest),
            None => self.usual_dictionaries(&manifest),
        };
        let fixtures = self.fixtures(&manifest);
        Some(Project {
            name: manifest.name.value,
            engine: manifest.engine.value,
            version: manifest.version.value,
            schemas,
            search: manifest.search.into_iter().map(|name| name.value).collect(),
            policies,
            dictionaries,
            fixtures,
            output: PathBuf::from(manifest.output.value),
            exports: manifest.exports,
            rls: manifest.rls,
            environments: manifest.environments,
            allowances: manifest.allowances,
            manifest: manifest_id,
        })
    }

    /// Every file that the names stand for, each once. Schema files keep the order of the names, since they are
    /// applied in it; policies are sorted, since their order has no meaning.
    fn read_all(&mut self, names: &[Spanned<String>], kind: Kind, manifest: &Manifest) -> Vec<SourceId> {
        let mut paths: Vec<(String, Span)> = Vec::new();
        for name in names {
            for path in self.resolve(name, kind, &manifest.output.value) {
                if !paths.iter().any(|(known, _)| *known == path) {
                    paths.push((path, name.span));
                }
            }
        }
        if let Kind::Policy | Kind::Dictionary = kind {
            paths.sort();
        }
        paths.iter().filter_map(|(path, span)| self.read(path, Some(*span))).collect()
    }

    /// What lies in the folder that nobody needs to name; it need not be there.
    fn usual_dictionaries(&mut self, manifest: &Manifest) -> Vec<SourceId> {
        let span = manifest.name.span;
        let paths = self.walk("dictionaries/*.csv", "dictionaries", span, &manifest.output.value);
        paths.unwrap_or_default().iter().filter_map(|path| self.read(path, Some(span))).collect()
    }

    fn fixtures(&mut self, manifest: &Manifest) -> Vec<PathBuf> {
        let paths = self.walk("fixtures/*.sql", "fixtures", manifest.name.span, &manifest.output.value);
        paths.unwrap_or_default().iter().map(|path| self.root.join(path)).collect()
    }

    /// The files of one name, sorted: a file itself, the files of a folder, or what a glob matches.
    fn resolve(&mut self, name: &Spanned<String>, kind: Kind, output: &str) -> BTreeSet<String> {
        let Ok(path) = folder::inside(&name.value) else {
            self.found.push(leaves_project(&name.value, name.span));
            return BTreeSet::new();
        };
        let full = self.root.join(&path);
        let (pattern, start) = if full.is_dir() {
            let below = if path.is_empty() { String::new() } else { format!("{}/", globset::escape(&path)) };
            (format!("{below}{}", kind.files()), path.clone())
        } else if folder::is_glob(&path) && full.symlink_metadata().is_err() {
            (path.clone(), folder::fixed_prefix(&path))
        } else {
            let there = full.symlink_metadata().is_ok();
            if !there {
                self.found.push(matches_nothing(name, kind));
            }
            return there.then_some(path).into_iter().collect();
        };
        let paths = self.walk(&pattern, &start, name.span, output);
        if paths.as_ref().is_some_and(BTreeSet::is_empty) {
            self.found.push(matches_nothing(name, kind));
        }
        paths.unwrap_or_default()
    }

    /// `None` after an error was told.
    fn walk(&mut self, pattern: &str, start: &str, span: Span, output: &str) -> Option<BTreeSet<String>> {
        let glob = match GlobBuilder::new(pattern).literal_separator(true).build() {
            Ok(glob) => glob.compile_matcher(),
            Err(error) => {
                self.found.push(
                    Diagnostic::new(codes::N0906, format!("expected a glob, found `{pattern}`"))
                        .at(span, error.kind().to_string())
                        .help("`*` stands for any run of characters within a folder, `**` for any folders"),
                );
                return None;
            }
        };
        let output = self.root.join(output);
        let walk = WalkDir::new(self.root.join(start)).sort_by_file_name().into_iter();
        let mut paths = BTreeSet::new();
        for entry in walk.filter_entry(|entry| is_source_folder(entry, &output)) {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => {
                    let path = self.relative(entry.path());
                    paths.extend(path.filter(|path| glob.is_match(path)));
                }
                Err(error) if error.depth() == 0 && is_missing(&error) => {}
                Err(error) => {
                    let path = error.path().and_then(|path| self.relative(path)).unwrap_or_default();
                    let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                    self.found.push(unreadable(&path, &reason, Some(span)));
                    return None;
                }
            }
        }
        Some(paths)
    }

    fn relative(&self, path: &Path) -> Option<String> {
        let segments = path.strip_prefix(&self.root).ok()?.components();
        Some(segments.map(|segment| segment.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
    }

    /// Reads one file; `named` is where the project file names it.
    fn read(&mut self, path: &str, named: Option<Span>) -> Option<SourceId> {
        let result = self.bytes(path, named).and_then(|bytes| self.text(path, bytes, named));
        match result {
            Ok(id) => Some(id),
            Err(diagnostic) => {
                self.found.push(*diagnostic);
                None
            }
        }
    }

    fn bytes(&self, path: &str, named: Option<Span>) -> Result<Vec<u8>, Box<Diagnostic>> {
        let full = self.root.join(path);
        let failed = |reason: &str| Box::new(unreadable(path, reason, named));
        // coverage.txt names the file: a line break in its name would be a line of its own, saying what it likes.
        if printable(path) != path {
            return Err(failed("a name with a control or bidirectional character"));
        }
        let io = |error: std::io::Error| failed(&error.to_string());
        let (real, root) = (full.canonicalize().map_err(io)?, self.root.canonicalize().map_err(io)?);
        if !real.starts_with(&root) {
            return Err(Box::new(leaves_by_link(path, named)));
        }
        let metadata = real.metadata().map_err(io)?;
        if !metadata.is_file() {
            // A FIFO would make the compiler wait for ever, a device give no end of zeroes.
            return Err(failed("not a regular file"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(LARGEST) + 1).unwrap_or_default());
        let file = std::fs::File::open(&real).map_err(io)?;
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > LARGEST { Err(failed("larger than 1 GiB")) } else { Ok(bytes) }
    }

    fn text(&mut self, path: &str, bytes: Vec<u8>, named: Option<Span>) -> Result<SourceId, Box<Diagnostic>> {
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Err(Box::new(self.not_utf8(path, &error, named))),
        };
        // Editors of one system write a mark that PostgreSQL's grammar would take for a name.
        let text = text.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(text);
        self.sources.add(path, text).ok_or_else(|| Box::new(unreadable(path, "larger than 4 GiB", named)))
    }

    /// The valid beginning becomes a source, so that the message can point at the line where it ends.
    fn not_utf8(&mut self, path: &str, error: &std::string::FromUtf8Error, named: Option<Span>) -> Diagnostic {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let byte = bytes.get(valid).copied().unwrap_or_default();
        let diagnostic = Diagnostic::new(
            codes::N0910,
            format!("expected UTF-8 in `{path}`, found the byte 0x{byte:02x} at offset {valid}"),
        )
        .note("a text in another encoding would give names that the server does not know")
        .help(encoding_help(bytes));
        let beginning = bytes.get(..valid).map(String::from_utf8_lossy).unwrap_or_default().into_owned();
        match (self.sources.add(path, beginning), named) {
            (Some(id), _) => diagnostic.at(Span::new(id, valid, valid), "valid up to here"),
            (None, Some(span)) => diagnostic.at(span, "named here"),
            (None, None) => diagnostic,
        }
    }
}

fn encoding_help(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"PGDMP") {
        "this is a custom-format archive: write a plain one with `pg_dump --schema-only --format=plain`"
    } else if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        "this is UTF-16, as PowerShell's `>` writes it: use `pg_dump --file` instead"
    } else {
        "save the file as UTF-8; for a dump, `pg_dump --encoding=UTF8`"
    }
}

/// Hidden folders hold no policies, and what Noren wrote is not what it reads.
fn is_source_folder(entry: &DirEntry, output: &Path) -> bool {
    let hidden = entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
    !entry.file_type().is_dir() || !hidden && entry.path() != output
}

fn is_missing(error: &walkdir::Error) -> bool {
    error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

fn placed(diagnostic: Diagnostic, named: Option<Span>) -> Diagnostic {
    match named {
        Some(span) => diagnostic.at(span, "named here"),
        None => diagnostic,
    }
}

fn unreadable(path: &str, reason: &str, named: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::new(codes::N0909, format!("expected to read `{path}`, found: {reason}"))
        .note("with a file missing, what it forbids would be missing too, so nothing is compiled")
        .help("check that the path is a file, that it is there, and who may read it");
    placed(diagnostic, named)
}

fn leaves_project(written: &str, span: Span) -> Diagnostic {
    Diagnostic::new(codes::N0912, format!("expected a path inside the project, found `{written}`"))
        .at(span, "leads out of the project's folder")
        .note("the same files must mean the same on every machine, so all of them lie beside `noren.toml`")
        .help("write a relative path with `/` and without `..`, for example `schema.sql`")
}

fn leaves_by_link(path: &str, named: Option<Span>) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(codes::N0912, format!("expected a file inside the project, found the link `{path}`"))
            .note("a link out of the project would let a change to it make CI read any file of its machine")
            .help("copy the file into the project");
    placed(diagnostic, named)
}

fn matches_nothing(name: &Spanned<String>, kind: Kind) -> Diagnostic {
    Diagnostic::new(codes::N0911, format!("expected a file for `{}`, found none", name.value))
        .at(name.span, "matches nothing")
        .note(format!("`{}` names what the project is made of; a missing part would go unnoticed", kind.key()))
        .help(match kind {
            Kind::Schema => {
                "write the schema with `pg_dump --schema-only --file=schema.sql DATABASE`, or for aurora-mysql with \
                 `mysqldump --no-data --routines --triggers DATABASE >schema.sql`"
            }
            Kind::Dictionary => "a dictionary is a CSV file whose first line names its columns",
            Kind::Policy => "write a first policy with `noren init --from schema.sql`, or correct the path",
        })
}
