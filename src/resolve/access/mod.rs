//! Whose row it is, who acts and what they may touch: from statements to [`crate::model::access`].
//!
//! The problem: which tables `scoped tables` means is decided by clauses whose conditions and parents have to be
//! looked up first, and grants and policies need all of it. So the parts run in one order, each reading only what is
//! finished: settings, then tenancy and the place of every table, then (with selectors that know the places) roles,
//! grants, policies and workloads.

use super::declare::Declarations;
use super::selector::Selectors;
use crate::catalog::{Catalog, QName};
use crate::model::access::{AccessSetting, Role, Scope, Tenancy};
use std::collections::BTreeMap;

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
