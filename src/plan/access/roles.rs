//! Roles, settings, schemas and functions.

use super::{FunctionPlan, MembershipPlan, OURS, Planner, RelationPlan, RolePlan, SchemaPlan, SettingPlan};
use crate::catalog::{Function, Grant};
use crate::model::access::Tenants;
use crate::project::Bypass;
use std::collections::{BTreeMap, BTreeSet};

/// Who reads a setting by a policy, by setting.
pub(super) type Readers = BTreeMap<String, BTreeSet<String>>;

impl Planner<'_> {
    pub(super) fn roles(&self) -> Vec<RolePlan> {
        let plan = |role: &crate::model::access::Role| {
            let tenants_own = matches!(role.tenants, Tenants::Own);
            RolePlan {
                name: role.name.clone(),
                existing: role.existing,
                login: role.login,
                bypass_rls: !tenants_own && self.facts.bypass == Bypass::Attribute,
                tenants_own,
                owner: role.owns.iter().any(|owned| self.catalog.tables.contains_key(owned)),
                span: role.span,
            }
        };
        self.access.roles.values().map(plan).collect()
    }

    pub(super) fn memberships(&self) -> Vec<MembershipPlan> {
        let of_role = |role: &crate::model::access::Role| {
            let plan = |of: &String| MembershipPlan {
                of: of.clone(),
                member: role.name.clone(),
                existing: role.existing,
                span: role.span,
            };
            role.member_of.keys().map(plan).collect::<Vec<_>>()
        };
        let mut memberships: Vec<_> = self.access.roles.values().flat_map(of_role).collect();
        memberships.sort();
        memberships
    }

    pub(super) fn settings(&self, readers: &Readers) -> Vec<SettingPlan> {
        let plan = |setting: &crate::model::access::AccessSetting| SettingPlan {
            setting: setting.name.clone(),
            function: setting.function.clone(),
            data_type: setting.data_type.clone(),
            callers: readers.get(&setting.name).into_iter().flatten().cloned().collect(),
            span: setting.span,
        };
        self.access.settings.values().map(plan).collect()
    }

    /// Every schema that holds something of the policy.
    pub(super) fn schemas(&self, relations: &[RelationPlan]) -> Vec<SchemaPlan> {
        let mut names: BTreeSet<&str> = self.access.schemas.keys().map(String::as_str).collect();
        names.extend(relations.iter().map(|relation| relation.name.schema.as_str()));
        let plan = |name: &str| SchemaPlan {
            name: name.to_owned(),
            usage: self.access.schemas.get(name).cloned().unwrap_or_default(),
        };
        names.into_iter().map(plan).collect()
    }

    /// Functions that the policy grants, that the schema files grant to its roles, or that run as somebody else.
    pub(super) fn functions(&self) -> Vec<FunctionPlan> {
        let granted = |function: &Function| {
            self.access
                .functions
                .iter()
                .find(|grant| grant.function == function.name && grant.arguments == function.arguments)
        };
        let functions = self.catalog.functions.values().flatten().filter(|function| function.name.schema != OURS);
        let plan = |function: &Function| {
            let grant = granted(function);
            let known = function.security_definer || !self.taken(&function.grants, false).is_empty();
            (grant.is_some() || known).then(|| FunctionPlan {
                name: function.name.clone(),
                arguments: function.arguments.clone(),
                procedure: function.procedure,
                execute: grant.map(|grant| grant.roles.clone()).unwrap_or_default(),
            })
        };
        functions.filter_map(plan).collect()
    }

    /// Of what the schema files grant, what is taken away: from roles of the policy, and from PUBLIC if it is asked.
    pub(super) fn taken(&self, grants: &[Grant], public: bool) -> Vec<Grant> {
        let taken =
            |grant: &&Grant| self.access.roles.contains_key(&grant.grantee) || (public && grant.grantee == "public");
        let mut taken: Vec<Grant> = grants.iter().filter(taken).cloned().collect();
        taken.sort();
        taken
    }
}
