//! `target = "aws_s3"`: where in S3 an export goes.
//!
//! Every value here becomes part of an address that a database sends masked rows to, so each is held to the form that
//! the service has for it. Keys that would hold credentials do not exist: the cluster has a role of its own.

use super::{Reader, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::project::AwsS3;
use crate::source::Spanned;
use std::collections::BTreeMap;

/// `chunk`'s units, as PostgreSQL's settings write them.
const UNITS: [(&str, u64); 3] = [("kB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30)];
/// A page of a table: no chunk is smaller.
const SMALLEST: u64 = 8 << 10;
/// Where the service goes on in a second object.
const LARGEST: u64 = 6 << 30;

type Settings = BTreeMap<String, Spanned<String>>;

impl Reader {
    /// The target's values, or `None` after something was said of them.
    pub(super) fn aws_s3(&mut self, table: &Table<'_>, settings: &Settings) -> Option<AwsS3> {
        let before = self.found.len();
        let bucket = self.needed(table, settings, "bucket", "bucket = \"masked-exports\"");
        let region = self.needed(table, settings, "region", "region = \"ap-northeast-1\"");
        let prefix = settings.get("prefix");
        let kms_key = settings.get("kms_key");
        self.form(bucket, is_bucket, "a bucket's name", "3 to 63 of a to z, 0 to 9, `.` and `-`");
        self.form(region, is_region, "a region", "as in `ap-northeast-1`; it must be the database's own");
        self.form(
            prefix,
            is_prefix,
            "a prefix of object keys",
            "letters, digits and `_ - . = /`, no empty or dotted part",
        );
        self.form(kms_key, is_key, "the ARN of a KMS key", "as in `arn:aws:kms:REGION:ACCOUNT:key/ID`");
        if let (Some(key), Some(region)) = (kms_key, region) {
            self.same_region(key, region);
        }
        let chunk = settings.get("chunk").and_then(|chunk| self.chunk(chunk));
        (self.found.len() == before).then_some(())?;
        Some(AwsS3 {
            bucket: bucket?.value.clone(),
            prefix: prefix.map(|prefix| prefix.value.clone()).unwrap_or_default(),
            region: region?.value.clone(),
            kms_key: kms_key.map(|key| key.value.clone()),
            chunk,
            pipeline: None,
        })
    }

    pub(super) fn needed<'s>(
        &mut self,
        table: &Table<'_>,
        settings: &'s Settings,
        key: &str,
        example: &str,
    ) -> Option<&'s Spanned<String>> {
        let value = settings.get(key);
        // What is there and no text has been told of already.
        if value.is_none() && table.get(key, self.source).is_none() {
            self.missing(table, key, example);
        }
        value
    }

    pub(super) fn form(
        &mut self,
        value: Option<&Spanned<String>>,
        fits: impl Fn(&str) -> bool,
        what: &str,
        label: &str,
    ) {
        let Some(value) = value.filter(|value| !fits(&value.value)) else { return };
        self.found.push(
            Diagnostic::new(codes::N0906, format!("expected {what}, found `{}`", value.value))
                .at(value.span, label)
                .note("it is part of the address that masked rows are sent to"),
        );
    }

    fn same_region(&mut self, key: &Spanned<String>, region: &Spanned<String>) {
        let of_key = key.value.split(':').nth(3).unwrap_or_default();
        if is_key(&key.value) && of_key != region.value {
            self.found.push(
                Diagnostic::new(codes::N0906, format!("expected a key of `{}`, found one of `{of_key}`", region.value))
                    .at(key.span, "this key is in another region")
                    .label(region.span, "the bucket is here")
                    .note("a bucket is encrypted by keys of its own region"),
            );
        }
    }

    fn chunk(&mut self, written: &Spanned<String>) -> Option<u64> {
        let size = size(&written.value).filter(|size| (SMALLEST..=LARGEST).contains(size));
        if size.is_none() {
            self.found.push(
                Diagnostic::new(
                    codes::N0906,
                    format!("expected a size from `8kB` to `6GB`, found `{}`", written.value),
                )
                .at(written.span, "a whole number of kB, MB or GB")
                .note("it is the part of a table that one object holds; from about 6 GB on the service makes a second one")
                .help("write `chunk = \"2GB\"`: text is often larger than the table's pages"),
            );
        }
        size
    }
}

fn size(written: &str) -> Option<u64> {
    let (unit, factor) = UNITS.iter().find(|(unit, _)| written.ends_with(unit))?;
    let digits = written.strip_suffix(unit)?.trim_end();
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse::<u64>().ok().filter(|_| plain)?.checked_mul(*factor)
}

fn is_bucket(name: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let inside = |letter: u8| plain(letter) || letter == b'-' || letter == b'.';
    let ends = [name.bytes().next(), name.bytes().last()];
    (3..=63).contains(&name.len())
        && name.bytes().all(inside)
        && ends.iter().all(|end| end.is_some_and(plain))
        && !name.contains("..")
}

/// `ap-northeast-1`, `us-gov-west-1`
fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|letter| letter.is_ascii_lowercase());
    words.len() >= 2 && words.iter().all(word) && number.parse::<u8>().is_ok() && !number.starts_with('+')
}

pub(super) fn is_prefix(prefix: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.=".contains(letter);
    let part = |part: &str| !part.is_empty() && part.chars().all(plain) && part.chars().any(|letter| letter != '.');
    prefix.is_empty() || prefix.len() <= 256 && prefix.split('/').all(part)
}

/// `arn:aws:kms:REGION:ACCOUNT:key/ID`, or an alias. A bare id would mean a key of the exporting account alone.
fn is_key(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let [arn, partition, service, region, account, key] = parts.as_slice() else { return false };
    let name = key.strip_prefix("key/").or_else(|| key.strip_prefix("alias/")).unwrap_or_default();
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"_-/".contains(&letter);
    *arn == "arn"
        && (*partition == "aws" || partition.strip_prefix("aws-").is_some_and(|rest| rest.bytes().all(plain)))
        && *service == "kms"
        && is_region(region)
        && account.len() == 12
        && account.bytes().all(|digit| digit.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(size("2GB"), Some(2 << 30));
        assert_eq!(size("64 kB"), Some(64 << 10));
        for bad in ["2", "GB", "-1GB", "+1GB", "2.5GB", "2gb", "99999999999999999999GB", "9999999999999GB"] {
            assert_eq!(size(bad), None, "{bad}");
        }
    }

    #[test]
    fn addresses_have_the_service_s_form() {
        for bucket in ["masked-exports", "a.b.c", "123"] {
            assert!(is_bucket(bucket), "{bucket}");
        }
        for bucket in ["ab", "Masked", "-a-", "a..b", "a_b", "a/b", "", "a'b"] {
            assert!(!is_bucket(bucket), "{bucket}");
        }
        for region in ["us-east-1", "ap-northeast-1", "us-gov-west-1", "cn-north-1"] {
            assert!(is_region(region), "{region}");
        }
        for region in ["", "us", "us-east", "us-east-", "us--1", "US-EAST-1", "us-east-+1", "us-east-1 "] {
            assert!(!is_region(region), "{region}");
        }
        for prefix in ["", "nightly", "team=a/2026.11"] {
            assert!(is_prefix(prefix), "{prefix}");
        }
        for prefix in ["/a", "a/", "a//b", "a/../b", "a b", "a'b", "名"] {
            assert!(!is_prefix(prefix), "{prefix}");
        }
        let id = "00000000-0000-0000-0000-000000000000";
        for key in [
            format!("arn:aws:kms:us-east-1:111122223333:key/{id}"),
            "arn:aws-cn:kms:cn-north-1:111122223333:alias/masked/one".to_owned(),
        ] {
            assert!(is_key(&key), "{key}");
        }
        for key in [
            id,
            "alias/x",
            "arn:aws:s3:us-east-1:111122223333:key/a",
            "arn:aws:kms:us-east-1:1:key/a",
            "arn:aws:kms:us-east-1:111122223333:key/",
        ] {
            assert!(!is_key(key), "{key}");
        }
    }
}
