//! `tenant one`: a run names a tenant, and only that tenant's rows leave.
//!
//! The SELECTs say so themselves, whatever row security the database has; a role that is bound to the session's tenant
//! is stopped by the database as well.

use super::tenant::{Row, TenantTest};
use super::{Planner, RowSecurity, TenantPlan};
use crate::catalog::{DataType, QName};
use crate::model::access::{Tenancy, Tenants};
use crate::model::{Export, Model};
use crate::project::Bypass;
use crate::sql::{Expr, From, Relation, Select};

/// The psql variable that names the tenant.
pub const VARIABLE: &str = "tenant";

impl Planner<'_> {
    /// What must be true of a row of a table for it to be the tenant's; `None` where no tenant was asked for.
    pub(super) fn tenants_own(&self, table: &QName, alias: &str) -> Option<Expr> {
        self.export.tenant_one?;
        TenantTest::without_access(&self.model.access)?.read(table, &Row::Alias(alias.to_owned()))
    }

    pub(super) fn tenant(&self) -> Option<TenantPlan> {
        let span = self.export.tenant_one?;
        let access = &self.model.access;
        let tenancy = access.tenancy.as_ref()?;
        Some(TenantPlan { span, setting: tenancy.setting.clone(), value: value(tenancy), count: count(tenancy) })
    }

    /// How the exporting role reads tables under row security, where `tenants all` is had so.
    pub(super) fn row_security(&self, bypass: Bypass) -> RowSecurity {
        row_security(self.model, self.export, bypass)
    }
}

/// The same of any export.
pub(super) fn row_security(model: &Model, export: &Export, bypass: Bypass) -> RowSecurity {
    let role = export.role.as_ref().and_then(|role| model.access.roles.get(&role.value));
    if role.is_some() && model.access.tenancy.is_none() && bypass == Bypass::Policy {
        return RowSecurity::ByPolicy;
    }
    match role.map(|role| &role.tenants) {
        Some(Tenants::Own) if export.tenant_one.is_some() => RowSecurity::Bound,
        Some(Tenants::All { .. }) if bypass == Bypass::Policy => RowSecurity::ByPolicy,
        _ => RowSecurity::Bypassed,
    }
}

fn named(tenancy: &Tenancy) -> Expr {
    Expr::Variable(VARIABLE.to_owned()).cast_to(tenancy.data_type.clone())
}

fn value(tenancy: &Tenancy) -> Expr {
    if !tenancy.many {
        return named(tenancy).cast("text");
    }
    let list = DataType { dimensions: 1, ..tenancy.data_type.clone() };
    Expr::Array(vec![named(tenancy)], tenancy.data_type.clone()).cast_to(list).cast("text")
}

fn count(tenancy: &Tenancy) -> Select {
    let one = Expr::call("count", [Expr::Star]).op("=", Expr::Integer(1));
    Select {
        columns: vec![(one, Some("noren_tenant_exists".into()))],
        from: vec![From::first(Relation::table(tenancy.root.clone()), "root")],
        condition: Some(Expr::of("root", &tenancy.root_column).op("=", named(tenancy))),
        ..Select::default()
    }
}
