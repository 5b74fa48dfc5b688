//! The model and the plan of `access.sql`, by hand.

use std::collections::{BTreeMap, BTreeSet};

use noren::catalog::{DataType, QName};
use noren::model::access::{
    Access, AccessSetting, Command, Right, Role, RoleRights, Scope, ScopeKind, Tenancy, Tenants, Workload,
};
use noren::plan::access::{AccessPlan, Before, RelationKind, RelationPlan, SettingPlan};
use noren::project::{Bypass, Stage};
use noren::source::{Sources, Span};

fn uuid() -> DataType {
    DataType { name: QName::new("pg_catalog", "uuid"), modifiers: Vec::new(), dimensions: 0 }
}

fn public(name: &str) -> QName {
    QName::new("public", name)
}

fn span() -> Span {
    Span::new(Sources::default().add("policy.noren", "").unwrap(), 0, 0)
}

fn role(name: &str, tenants: Tenants) -> (String, Role) {
    let role = Role {
        name: name.to_owned(),
        login: Some(true),
        tenants,
        member_of: BTreeMap::new(),
        existing: false,
        owns: BTreeSet::new(),
        span: span(),
    };
    (name.to_owned(), role)
}

fn rights() -> RoleRights {
    let right = || Right { columns: None, conditions: Vec::new(), spans: Vec::new() };
    Command::ALL.into_iter().map(|command| (command, right())).collect()
}

fn scope(column: &str) -> Scope {
    Scope { kind: ScopeKind::Column { column: column.to_owned(), or_null: false }, span: span(), because: None }
}

pub fn access() -> Access {
    let both = || BTreeMap::from([("app".to_owned(), rights()), ("app_rollout".to_owned(), rights())]);
    let because = "the way back while row security is rolled out".to_owned();
    let workload = |name: &str, role: &str, because: Option<String>| {
        (name.to_owned(), Workload { name: name.to_owned(), role: role.to_owned(), because, span: span() })
    };
    let setting = AccessSetting {
        name: "app.tenant_id".to_owned(),
        data_type: uuid(),
        function: QName::new("noren", "app_tenant_id"),
        span: span(),
    };
    Access {
        settings: BTreeMap::from([(setting.name.clone(), setting)]),
        tenancy: Some(Tenancy {
            root: public("companies"),
            root_column: "id".to_owned(),
            data_type: uuid(),
            column: "tenant_id".to_owned(),
            setting: "app.tenant_id".to_owned(),
            many: false,
            span: span(),
        }),
        scopes: BTreeMap::from([(public("companies"), scope("id")), (public("expenses"), scope("tenant_id"))]),
        roles: BTreeMap::from([
            role("app", Tenants::Own),
            role("app_rollout", Tenants::All { because: because.clone() }),
        ]),
        rights: BTreeMap::from([(public("companies"), both()), (public("expenses"), both())]),
        workloads: BTreeMap::from([
            workload("expense_api", "app", None),
            workload("expense_api_before_row_security", "app_rollout", Some(because)),
        ]),
        ..Access::default()
    }
}

pub fn plan(stage: Stage, bypass: Bypass) -> AccessPlan {
    let relation = |name: &str| RelationPlan {
        name: public(name),
        stem: format!("public.{name}"),
        kind: RelationKind::Table,
        row_security: Some(stage),
        columns: Default::default(),
        policies: Vec::new(),
        grants: Vec::new(),
        sequences: Vec::new(),
        revoked: Vec::new(),
        runs_as_caller: false,
        before: Before::default(),
        place: None,
    };
    AccessPlan {
        bypass,
        version: 15,
        tenant_column: Some("tenant_id".to_owned()),
        roles: Vec::new(),
        memberships: Vec::new(),
        settings: vec![SettingPlan {
            setting: "app.tenant_id".to_owned(),
            function: QName::new("noren", "app_tenant_id"),
            data_type: uuid(),
            callers: vec!["app".to_owned(), "app_rollout".to_owned()],
            span: span(),
        }],
        schemas: Vec::new(),
        functions: Vec::new(),
        relations: vec![relation("companies"), relation("expenses")],
    }
}
