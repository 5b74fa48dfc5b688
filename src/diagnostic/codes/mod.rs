//! The registry of codes, a file a family. Every code has a page, `docs/errors/CODE.md`, which `noren explain`
//! prints; a code without one does not compile, and a page without a code fails a test.

use super::Severity;
use std::fmt;

/// Declares a family of codes: `family! { N0101 Error "summary"; … }` makes a constant of each and `FAMILY`.
macro_rules! family {
    ($($id:ident $severity:ident $summary:literal;)*) => {
        $(
            #[doc = $summary]
            pub const $id: $crate::diagnostic::Code = $crate::diagnostic::Code {
                id: stringify!($id),
                severity: $crate::diagnostic::Severity::$severity,
                summary: $summary,
                page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors/", stringify!($id), ".md")),
            };
        )*
        pub(super) const FAMILY: &[$crate::diagnostic::Code] = &[$($id),*];
    };
}
use family;

mod n01_syntax;
mod n02_names;
mod n03_coverage;
mod n04_masks;
mod n05_tenancy;
mod n06_rights;
mod n07_policies;
mod n08_export;
mod n08_tenancy;
mod n09_project;

pub use n01_syntax::*;
pub use n02_names::*;
pub use n03_coverage::*;
pub use n04_masks::*;
pub use n05_tenancy::*;
pub use n06_rights::*;
pub use n07_policies::*;
pub use n08_export::*;
pub use n08_tenancy::*;
pub use n09_project::*;

/// A registered kind of finding.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// `N` and four digits; the first two are the family.
    pub id: &'static str,
    /// What it weighs unless a check says otherwise.
    pub severity: Severity,
    /// What it is about, for lists.
    pub summary: &'static str,
    /// The page that `noren explain` prints, Markdown.
    pub page: &'static str,
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Code {}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id)
    }
}

/// Every registered code, sorted by id.
pub fn all() -> impl Iterator<Item = Code> {
    [
        n01_syntax::FAMILY,
        n02_names::FAMILY,
        n03_coverage::FAMILY,
        n04_masks::FAMILY,
        n05_tenancy::FAMILY,
        n06_rights::FAMILY,
        n07_policies::FAMILY,
        n08_export::FAMILY,
        n08_tenancy::FAMILY,
        n09_project::FAMILY,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The code of this id.
pub fn find(id: &str) -> Option<Code> {
    all().find(|code| code.id.eq_ignore_ascii_case(id))
}
