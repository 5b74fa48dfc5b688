//! Target `aws_s3`: the database itself writes the masked rows to S3, and another one reads them from there.
//!
//! The statements are those of the `psql` target, with the extension's functions where that one has COPY and files. What
//! the service leaves open is avoided instead of assumed: no call for what is empty, one object a call, a column list
//! and a header that are compared, numbers of rows in a manifest that is written last. `docs/cloud.md` has the list.
//!
//! Where the objects are is said once, in psql variables at the head of a file that is run, so that the statements for
//! the tables are the same in every environment.

mod import;
mod key;
mod pipeline;
pub(super) mod readme;
mod rights;
mod run;

use super::objects::{RUN, stem, variable};
use crate::plan::TablePlan;
use crate::project::AwsS3;
use crate::sql::{Expr, Ident, Meta, Script, Select, Word};

/// Quoted by COPY's rules in both directions; the service's functions want these in two spellings.
const EXPORT_OPTIONS: &str = "format csv, header true, encoding 'UTF8'";
const IMPORT_OPTIONS: &str = "(format csv, header match, encoding 'UTF8')";
/// Before PostgreSQL 15 the first line is skipped unread: there the manifest's list of columns is what is compared.
const IMPORT_OPTIONS_14: &str = "(format csv, header true, encoding 'UTF8')";

/// Of the manifest, both in the source and in its object.
const MANIFEST: [&str; 6] = ["kind", "name", "part", "rows", "bytes", "columns"];

fn aws(schema: &str, function: &str, arguments: Vec<Expr>) -> Expr {
    Expr::Call(Some(Ident::from(schema)), Ident::from(function), arguments)
}

/// `aws_commons.create_s3_uri(bucket, key, region)`
fn uri(key: Expr) -> Expr {
    aws("aws_commons", "create_s3_uri", vec![variable("bucket"), key, variable("region")])
}

/// `aws_s3.query_export_to_s3(query, uri, options, kms_key)`
fn export_to(query: Expr, key: Expr, place: &AwsS3) -> Expr {
    let mut arguments = vec![query, uri(key), Expr::text(EXPORT_OPTIONS)];
    arguments.extend(place.kms_key.iter().map(|_| variable("kms_key")));
    aws("aws_s3", "query_export_to_s3", arguments)
}

/// `folder/public.users/00000.csv`; five digits, and more where they are needed.
fn key_of_part(table: &TablePlan<'_>, part: Option<Expr>) -> Expr {
    let folder = variable("folder");
    match part {
        None => folder.op("||", Expr::text(format!("/{}/00000.csv", stem(table)))),
        Some(part) => {
            let digits = Expr::call("greatest", [Expr::Integer(5), Expr::call("length", [part.clone()])]);
            let number = Expr::call("lpad", [part, digits, Expr::text("0")]);
            folder.op("||", Expr::text(format!("/{}/", stem(table)))).op("||", number).op("||", Expr::text(".csv"))
        }
    }
}

/// The key of a run's manifest.
fn manifest_key() -> Expr {
    let prefix = Expr::call("nullif", [variable("prefix"), Expr::text("")]);
    Expr::call("concat_ws", [Expr::text("/"), prefix, variable(RUN), Expr::text("manifest.csv")])
}

/// Where objects are, as variables.
fn address(script: &mut Script, place: &AwsS3, writes: bool) {
    script.comment("where the objects are: noren.toml says so; the database's own role may write or read there");
    let mut values = vec![("bucket", place.bucket.as_str()), ("prefix", &place.prefix), ("region", &place.region)];
    // What is read is decrypted with the key that it says itself.
    values.extend(place.kms_key.iter().filter(|_| writes).map(|key| ("kms_key", key.as_str())));
    for (name, value) in values {
        script.meta(Meta::Set(name.to_owned(), vec![Word::text(value)]));
    }
    if let Some(chunk) = place.chunk.filter(|_| writes) {
        script.meta(Meta::Set("chunk_bytes".to_owned(), vec![Word::text(chunk.to_string())]));
    }
}

/// Each with its alias.
fn columns(of: Vec<(Expr, &str)>) -> Select {
    Select {
        columns: of.into_iter().map(|(expr, name)| (expr, Some(Ident::from(name)))).collect(),
        ..Select::default()
    }
}
