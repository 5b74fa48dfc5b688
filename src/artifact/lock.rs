//! `noren.lock`: what the last run wrote, and of which inputs.
//!
//! One fact a line, sorted. After a merge it may hold both sides and the marks of a conflict: both sides were
//! written by Noren, so the files of both are its own, and the next build settles it.

use super::Files;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

const HEADING: &str = "# Written by noren build. It lists the files that a later build may replace or remove.";

const CONFLICT_MARKS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// The lock file's content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The compiler's version; it stands nowhere else in the output, so that an upgrade changes one line.
    pub compiler: String,
    /// Of the parsed schema.
    pub schema: String,
    /// Of the policy.
    pub policy: String,
    /// Relative path to SHA-256 in hex.
    pub files: BTreeMap<String, String>,
}

impl Lock {
    pub(super) fn of(files: &Files, schema_digest: &str, policy_digest: &str) -> Self {
        Self {
            compiler: env!("CARGO_PKG_VERSION").to_owned(),
            schema: schema_digest.to_owned(),
            policy: policy_digest.to_owned(),
            files: files.iter().map(|(path, bytes)| (path.clone(), digest(bytes))).collect(),
        }
    }

    /// Reads what [`fmt::Display`] writes; `Err` holds the number of the first line that it never writes.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut lock = Self::default();
        for (line, number) in text.lines().zip(1..) {
            let mut words = line.splitn(3, ' ');
            match (words.next(), words.next(), words.next()) {
                (Some(""), None, None) => {}
                (Some(word), _, _) if word.starts_with('#') || CONFLICT_MARKS.contains(&word) => {}
                (Some("compiler"), Some(value), None) => value.clone_into(&mut lock.compiler),
                (Some("schema"), Some(value), None) => value.clone_into(&mut lock.schema),
                (Some("policy"), Some(value), None) => value.clone_into(&mut lock.policy),
                (Some("file"), Some(digest), Some(path)) => {
                    lock.files.insert(path.to_owned(), digest.to_owned());
                }
                _ => return Err(number),
            }
        }
        Ok(lock)
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{HEADING}")?;
        writeln!(formatter, "compiler {}\nschema {}\npolicy {}", self.compiler, self.schema, self.policy)?;
        self.files.iter().try_for_each(|(path, digest)| writeln!(formatter, "file {digest} {path}"))
    }
}

/// SHA-256 in lower-case hex.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        for nibble in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(u32::from(nibble), 16));
        }
        hex
    })
}
