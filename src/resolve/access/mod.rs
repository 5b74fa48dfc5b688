//! Whose row it is, who acts and what they may touch: from statements to [`crate::model::access`].
//!
//! The problem: which tables `scoped tables` means is decided by clauses whose conditions and parents have to be
//! looked up first, and grants and policies need all of it. So the parts run in one order, each reading only what is
//! finished: settings, then tenancy and the place of every table, then (with selectors that know the places) roles,
//! grants, policies and workloads.

mod exporters;
mod grants;
mod inheritance;
mod memberships;
mod merge;
mod objects;
mod parents;
mod policies;
pub mod predicate;
mod roles;
mod scopes;
mod settings;
mod stages;
mod tenancy;
mod undecided;
mod workloads;

use super::declare::Declarations;
use super::selector::{Places, Selectors};
use crate::catalog::{Catalog, QName};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Model;
use crate::model::access::{Access, AccessSetting, Role, Scope, ScopeKind, Tenancy};
use std::collections::BTreeMap;

pub use exporters::give_rights;
pub use roles::PREDEFINED;
pub use scopes::needs_tenancy;
pub use stages::stages;
pub use undecided::word;

/// What a predicate may name; known before any table has its place.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// The schema.
    pub catalog: &'a Catalog,
    /// Schemas in which an unqualified name is looked for.
    pub search: &'a [String],
    /// Settings that predicates may read, by `prefix.name`.
    pub settings: &'a BTreeMap<String, AccessSetting>,
    /// The secret setting, which no predicate may read.
    pub secret: Option<&'a str>,
    /// Tenant columns that tables lack and are given, as far as that is known.
    pub added: &'a predicate::Added,
}

/// What grants, policies and workloads look their words up in.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What predicates may name.
    pub names: Names<'a>,
    /// The policy's own statements.
    pub declared: &'a Declarations<'a>,
    /// Looks tables up; knows which are scoped and shared.
    pub selectors: &'a Selectors<'a>,
    /// Whose row it is, where that was said.
    pub tenancy: Option<&'a Tenancy>,
    /// The place of each table.
    pub scopes: &'a BTreeMap<QName, Scope>,
    /// By name.
    pub roles: &'a BTreeMap<String, Role>,
}

/// What has to be known before tables can be selected by their place.
pub struct Ground {
    settings: BTreeMap<String, AccessSetting>,
    tenancy: Option<Tenancy>,
    /// The place of each table.
    pub scopes: BTreeMap<QName, Scope>,
    without_tenancy: bool,
    broken: bool,
}

impl Ground {
    /// Settings, tenancy and the place of every table; `selectors` do not know the places yet.
    pub fn resolve(
        catalog: &Catalog,
        search: &[String],
        declared: &Declarations<'_>,
        selectors: &Selectors<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut found = Vec::new();
        let settings = settings::resolve(declared, catalog, search, &mut found);
        let secret = declared.mask_key.as_ref().map(|setting| setting.name.as_str());
        let added = predicate::Added::new();
        let names = Names { catalog, search, settings: &settings, secret, added: &added };
        let tenancy = tenancy::resolve(declared, names, selectors, &mut found);
        let scopes = scopes::Scopes { names, declared, selectors, tenancy: tenancy.as_ref() }.resolve(&mut found);
        let broken = found.iter().any(|found| found.severity == Severity::Error);
        diagnostics.extend(found);
        Self { settings, tenancy, scopes, without_tenancy: declared.tenancies.is_empty(), broken }
    }

    /// For selectors that know the places.
    pub fn places(&self) -> Places<'_> {
        Places { scopes: &self.scopes, without_tenancy: self.without_tenancy, broken: self.broken }
    }

    /// `internal` tables, with reasons.
    pub fn internal(&self) -> BTreeMap<QName, String> {
        let internal = self.scopes.iter().filter(|(_, scope)| scope.kind == ScopeKind::Internal);
        internal.map(|(table, scope)| (table.clone(), scope.because.clone().unwrap_or_default())).collect()
    }

    /// Everything else, after the exports: a grant may hold in the copy of one.
    pub fn access(
        self,
        catalog: &Catalog,
        search: &[String],
        declared: &Declarations<'_>,
        selectors: &Selectors<'_>,
        model: &Model,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Access {
        let roles = roles::resolve(declared, catalog, selectors, diagnostics);
        let secret = declared.mask_key.as_ref().map(|setting| setting.name.as_str());
        let added = self.tenancy.as_ref().map(|tenancy| predicate::added(tenancy, &self.scopes)).unwrap_or_default();
        let context = Context {
            names: Names { catalog, search, settings: &self.settings, secret, added: &added },
            declared,
            selectors,
            tenancy: self.tenancy.as_ref(),
            scopes: &self.scopes,
            roles: &roles,
        };
        let granted = grants::resolve(context, &model.exports, diagnostics);
        let policies = policies::resolve(context, &granted.rights, diagnostics);
        let workloads = workloads::resolve(context, diagnostics);
        workloads::check_unused(context, &workloads, &granted.rights, diagnostics);
        Access {
            workloads,
            rights: granted.rights,
            copies: granted.copies,
            functions: granted.functions,
            schemas: granted.schemas,
            policies,
            roles,
            settings: self.settings,
            tenancy: self.tenancy,
            scopes: self.scopes,
        }
    }
}
