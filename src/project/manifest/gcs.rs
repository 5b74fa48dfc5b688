//! `target = "gcs"`: where in Cloud Storage an export goes.
//!
//! Every value here becomes part of an address that masked rows are sent to, and of a shell's environment. Keys that would
//! hold credentials do not exist: the storage CLI has a login of its own.

use super::aws_s3::is_prefix;
use super::{Reader, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::project::{Engine, Gcs};
use crate::source::Spanned;
use std::collections::BTreeMap;

impl Reader {
    /// The target's values, or `None` after something was said of them.
    pub(super) fn gcs(&mut self, table: &Table<'_>, settings: &BTreeMap<String, Spanned<String>>) -> Option<Gcs> {
        let before = self.found.len();
        let bucket = self.needed(table, settings, "bucket", "bucket = \"masked-exports\"");
        let (prefix, kms_key) = (settings.get("prefix"), settings.get("kms_key"));
        self.form(bucket, is_bucket, "a bucket's name", "3 to 63 of a to z, 0 to 9, `.`, `_` and `-`");
        self.form(
            prefix,
            is_prefix,
            "a prefix of object names",
            "letters, digits and `_ - . = /`, no empty or dotted part",
        );
        self.form(kms_key, is_key, "the name of a KMS key", KEY);
        let managed = settings.get("managed").and_then(|managed| self.managed(managed, kms_key));
        (self.found.len() == before).then_some(())?;
        Some(Gcs {
            bucket: bucket?.value.clone(),
            prefix: prefix.map(|prefix| prefix.value.clone()).unwrap_or_default(),
            kms_key: kms_key.map(|key| key.value.clone()),
            managed,
        })
    }

    fn managed(&mut self, written: &Spanned<String>, kms_key: Option<&Spanned<String>>) -> Option<Engine> {
        let engine = [Engine::CloudSql, Engine::AlloyDb].into_iter().find(|engine| engine.word() == written.value);
        if engine.is_none() {
            self.bad_word("managed", written, &[Engine::CloudSql.word(), Engine::AlloyDb.word()]);
        }
        if let Some(key) = kms_key {
            self.found.push(
                Diagnostic::new(codes::N0906, "expected no `kms_key` beside `managed`, found one")
                    .at(key.span, "the service's own command takes no key")
                    .label(written.span, "would write without it")
                    .help("make it the bucket's default key, and take it out here"),
            );
        }
        engine
    }
}

const KEY: &str = "as in `projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY`";

fn is_bucket(name: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().last()];
    (3..=63).contains(&name.len())
        && name.bytes().all(|letter| plain(letter) || b"-_.".contains(&letter))
        && ends.iter().all(|end| end.is_some_and(plain))
        && !name.contains("..")
}

/// The resource's whole name: a bare one could mean a key of another project.
fn is_key(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let plain = |part: &&str| {
        !part.is_empty() && part.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-_.:".contains(&letter))
    };
    let [projects, _, locations, _, rings, _, keys, _] = parts.as_slice() else { return false };
    [*projects, *locations, *rings, *keys] == ["projects", "locations", "keyRings", "cryptoKeys"]
        && parts.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_the_service_s_form() {
        for bucket in ["masked-exports", "a.b.c", "123", "a_b"] {
            assert!(is_bucket(bucket), "{bucket}");
        }
        for bucket in ["ab", "Masked", "-a-", "a..b", "a/b", "", "a'b", "a b", "$(id)"] {
            assert!(!is_bucket(bucket), "{bucket}");
        }
        assert!(is_key("projects/p-1/locations/asia-northeast1/keyRings/r/cryptoKeys/k"));
        for key in [
            "",
            "k",
            "projects/p/locations/l/keyRings/r/cryptoKeys/",
            "projects/p/locations/l/keyRings/r/keys/k",
            "projects/$(id)/locations/l/keyRings/r/cryptoKeys/k",
        ] {
            assert!(!is_key(key), "{key}");
        }
    }
}
