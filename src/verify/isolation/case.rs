//! What is tried: the policy, two tenants that have rows, values of the other settings, and a superuser who is asked
//! what should be seen.

use super::super::report::{Kind, Report};
use super::super::session::{Answer, Refusal, Session};
use super::super::text::{Part, Sql};
use super::super::world::World;
use super::oracle::Eyes;
use crate::catalog::{Catalog, DataType, QName};
use crate::compiler;
use crate::diagnostic::plural;
use crate::model::access::{Access, AccessSql, Role, ScopeKind, Tenancy, Tenants};
use crate::plan::access::AccessFacts;
use crate::project::Stage;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// More tenants than these are not looked at: two with rows are enough.
const LOOKED_AT: &str = "20";

/// Everything that probes are made from.
pub(super) struct Case<'a> {
    pub world: &'a World<'a>,
    pub access: &'a Access,
    pub catalog: &'a Catalog,
    pub tenancy: &'a Tenancy,
    /// The database that was brought to the policy.
    pub database: &'a str,
    pub facts: AccessFacts,
    /// The two tenants with the most tables that have rows of theirs.
    pub one: String,
    pub other: String,
    /// Values of the settings that are not the tenant, by name.
    pub settings: BTreeMap<String, String>,
    /// Scoped tables in which there is no row of some tenant, and which.
    lacking: BTreeMap<QName, Vec<String>>,
    /// How many probes held in such a table, where a leak would not have shown.
    unproven: RefCell<BTreeMap<QName, usize>>,
    oracle: RefCell<Oracle>,
}

/// The superuser's session. No probe changes anything, so nothing is asked twice.
struct Oracle {
    session: Box<dyn Session>,
    known: BTreeMap<String, Vec<String>>,
}

impl<'a> Case<'a> {
    /// `None` where there is nothing to try, which is then told.
    pub(super) fn new(world: &'a World<'a>, report: &mut Report, database: &'a str) -> Result<Option<Self>, Refusal> {
        let access = &world.model.access;
        let Some(tenancy) = &access.tenancy else { return Ok(None) };
        let facts = compiler::access_facts(world.catalog, world.project, None);
        let mut session = world.superuser(database)?;
        // Nobody but our own sessions is there: who waits for one of them would wait for ever.
        session.run(&Sql::whole("SET lock_timeout = '30s'"))?;
        let oracle = RefCell::new(Oracle { session, known: BTreeMap::new() });
        let (one, other, settings, lacking) = (String::new(), String::new(), BTreeMap::new(), BTreeMap::new());
        let catalog = world.catalog;
        let unproven = RefCell::default();
        let mut case =
            Self { world, access, catalog, tenancy, database, facts, one, other, settings, lacking, unproven, oracle };
        let Some((one, other)) = case.two_tenants()? else {
            let why = "rows of two tenants are needed: give some in `fixtures/*.sql`";
            report.skipped(Kind::Isolation, &tenancy.root.to_string(), "who sees and changes what", why);
            return Ok(None);
        };
        (case.one, case.other) = (one, other);
        case.settings = case.values_of_settings()?;
        case.lacking = case.lacking_tables()?;
        Ok(Some(case))
    }

    /// Scoped tables under row security, roots only.
    pub(super) fn scoped(&self) -> impl Iterator<Item = &'a QName> + use<'_, 'a> {
        let scoped = self.access.scopes.iter().filter(|(_, scope)| scope.kind.is_scoped()).map(|(table, _)| table);
        scoped.filter(|table| self.stage(table) != Stage::Off)
    }

    /// Tables of no tenant: the same for everybody who is granted them, or nobody's.
    pub(super) fn unscoped(&self) -> impl Iterator<Item = &'a QName> + use<'_, 'a> {
        self.access.scopes.iter().filter(|(_, scope)| !scope.kind.is_scoped()).map(|(table, _)| table)
    }

    pub(super) fn stage(&self, table: &QName) -> Stage {
        self.facts.tables.get(table).copied().unwrap_or(self.facts.stage)
    }

    /// Roles that act for one tenant and own nothing.
    pub(super) fn own_roles(&self) -> impl Iterator<Item = &'a Role> + use<'a> {
        let own = |role: &&Role| role.tenants == Tenants::Own && role.owns.is_empty();
        self.access.roles.values().filter(own)
    }

    /// Roles that act for all tenants and own nothing.
    pub(super) fn all_roles(&self) -> impl Iterator<Item = &'a Role> + use<'a> {
        let all = |role: &&Role| role.tenants != Tenants::Own && role.owns.is_empty();
        self.access.roles.values().filter(all)
    }

    /// The version that was compiled for.
    pub(super) fn version(&self) -> u32 {
        u32::from(self.world.project.version)
    }

    /// Who owns a table.
    pub(super) fn owner(&self, table: &QName) -> &str {
        let owner = self.access.roles.values().find(|role| role.owns.contains(table));
        owner.map_or(self.world.deployer.as_str(), |role| role.name.as_str())
    }

    pub(super) fn kind(&self, table: &QName) -> Option<&'a ScopeKind> {
        self.access.scopes.get(table).map(|scope| &scope.kind)
    }

    /// Asks the superuser, who is bound by no policy.
    pub(super) fn ask(&self, sql: &Sql) -> Result<Answer, Refusal> {
        self.oracle.borrow_mut().session.run(sql)
    }

    /// The first column of what the superuser sees.
    pub(super) fn column(&self, sql: &Sql) -> Result<Vec<String>, Refusal> {
        if let Some(known) = self.oracle.borrow().known.get(sql.as_str()) {
            return Ok(known.clone());
        }
        let found = self.ask(sql)?.column();
        self.oracle.borrow_mut().known.insert(sql.as_str().to_owned(), found.clone());
        Ok(found)
    }

    /// The first value of what the superuser sees.
    pub(super) fn value(&self, sql: &Sql) -> Result<Option<String>, Refusal> {
        Ok(self.column(sql)?.into_iter().next())
    }

    /// How many rows of a table, as `alias`, fulfil a condition.
    pub(super) fn count(&self, table: &QName, alias: &'static str, condition: &Sql) -> Result<u64, Refusal> {
        let parts = [Part::Relation(table), Part::Name(alias), Part::Sql(condition)];
        let count = self.value(&Sql::of("SELECT count(*) FROM $1 $2 WHERE $3", &parts))?;
        Ok(count.and_then(|count| count.parse().ok()).unwrap_or_default())
    }

    /// A file of COPY as the superuser sees it.
    pub(super) fn copy_out(&self, sql: &Sql) -> Result<Vec<u8>, Refusal> {
        self.oracle.borrow_mut().session.copy_out(sql)
    }

    fn two_tenants(&self) -> Result<Option<(String, String)>, Refusal> {
        let parts = [Part::Name(&self.tenancy.root_column), Part::Relation(&self.tenancy.root)];
        let roots = Sql::of("SELECT $1::text FROM $2 ORDER BY 1 LIMIT ", &parts);
        let roots = self.column(&Sql::of("$1 $2", &[Part::Sql(&roots), Part::Sql(&Sql::whole(LOOKED_AT))]))?;
        // Those for whom rows were made come first.
        let made = self.world.filled.tenants.iter().flat_map(|tenants| [tenants.first.clone(), tenants.second.clone()]);
        let mut counted: Vec<(usize, String)> = Vec::new();
        for root in made.chain(roots) {
            if counted.iter().any(|(_, known)| *known == root) {
                continue;
            }
            let has = |table| {
                let mine = self.mine(table, "t", &Eyes::of(std::slice::from_ref(&root)));
                Sql::of("EXISTS (SELECT FROM $1 t WHERE $2)::int", &[Part::Relation(table), Part::Sql(&mine)])
            };
            let tables = Sql::joined(&self.scoped().map(has).collect::<Vec<_>>(), " + ");
            let tables = self.value(&Sql::of("SELECT 0 + $1", &[Part::Sql(&tables)]))?;
            counted.push((tables.and_then(|tables| tables.parse::<usize>().ok()).unwrap_or_default(), root));
        }
        counted.sort_by_key(|(tables, _)| std::cmp::Reverse(*tables));
        let mut roots = counted.into_iter().map(|(_, root)| root);
        Ok(roots.next().zip(roots.next()))
    }

    /// A table that holds rows of one tenant only would show that tenant nothing of another, whatever is wrong.
    fn lacking_tables(&self) -> Result<BTreeMap<QName, Vec<String>>, Refusal> {
        let mut lacking: BTreeMap<QName, Vec<String>> = BTreeMap::new();
        for table in self.scoped() {
            for (mine, theirs) in [(&self.one, &self.other), (&self.other, &self.one)] {
                if self.count(table, "t", &self.foreign(table, "t", mine, theirs))? == 0 {
                    lacking.entry(table.clone()).or_default().push(theirs.clone());
                }
            }
        }
        Ok(lacking)
    }

    /// Counts a probe that held for these tenants where there is no row of anybody else.
    pub(super) fn is_unproven(&self, table: &QName, tenants: &[String]) -> bool {
        let Some(lacking) = self.lacking.get(table) else { return false };
        let mut others = [&self.one, &self.other].into_iter().filter(|tenant| !tenants.contains(tenant)).peekable();
        let unproven = others.peek().is_some() && others.all(|other| lacking.contains(other));
        if unproven {
            *self.unproven.borrow_mut().entry(table.clone()).or_default() += 1;
        }
        unproven
    }

    /// Tells the tables where nothing could have shown.
    pub(super) fn tell_unproven(&self, report: &mut Report) {
        for (table, count) in self.unproven.borrow().iter() {
            let lacking = self.lacking.get(table).map(|lacking| lacking.join(" and ")).unwrap_or_default();
            let why = format!(
                "no row of tenant {lacking} is in it, so a leak would not show: give it rows in `fixtures/*.sql`"
            );
            let name = format!("{} of rows", plural(*count, "probe"));
            report.skipped(Kind::Isolation, &table.to_string(), name, why);
        }
    }

    /// For each setting that conditions compare with a column, the value that most rows of the first tenant have.
    fn values_of_settings(&self) -> Result<BTreeMap<String, String>, Refusal> {
        let mut values = BTreeMap::new();
        for setting in self.access.settings.values().filter(|setting| setting.name != self.tenancy.setting) {
            for (table, column) in self.compared_with(&setting.name, &setting.data_type) {
                let mine = self.mine(table, "t", &Eyes::of(std::slice::from_ref(&self.one)));
                let parts = [Part::Name(column), Part::Relation(table), Part::Sql(&mine)];
                let text = if setting.data_type.dimensions > 0 {
                    "SELECT ARRAY[t.$1]::text FROM $2 t WHERE t.$1 IS NOT NULL AND $3 GROUP BY t.$1 ORDER BY count(*) DESC, 1 LIMIT 1"
                } else {
                    "SELECT t.$1::text FROM $2 t WHERE t.$1 IS NOT NULL AND $3 GROUP BY t.$1 ORDER BY count(*) DESC, 1 LIMIT 1"
                };
                if let Some(value) = self.value(&Sql::of(text, &parts))? {
                    values.insert(setting.name.clone(), value);
                    break;
                }
            }
        }
        Ok(values)
    }

    /// Columns beside which a condition reads a setting, and that have its type.
    fn compared_with(&self, setting: &str, data_type: &DataType) -> Vec<(&'a QName, &'a str)> {
        let mut found = Vec::new();
        for (table, sql) in self.conditions().into_iter().filter(|(_, sql)| sql.settings.contains(setting)) {
            let Some(columns) = self.catalog.tables.get(table).map(|table| &table.columns) else { continue };
            let of_type = sql.columns.iter().filter(|name| {
                columns.get(*name).is_some_and(|column| {
                    self.catalog.base_type(&column.data_type).data_type.name == data_type.name
                        && column.data_type.dimensions == 0
                })
            });
            found.extend(of_type.map(|column| (table, column.as_str())));
        }
        found
    }

    /// Every condition of the policy, with its table.
    fn conditions(&self) -> Vec<(&'a QName, &'a AccessSql)> {
        let access = self.access;
        let granted = access.rights.iter().flat_map(|(table, roles)| {
            let rights = roles.values().flat_map(BTreeMap::values);
            rights.flat_map(move |right| right.conditions.iter().map(move |sql| (table, sql)))
        });
        let policies = access.policies.iter();
        let policies =
            policies.flat_map(|policy| policy.using.iter().chain(&policy.check).map(|sql| (&policy.table, sql)));
        let scopes = access.scopes.iter().filter_map(|(table, scope)| match &scope.kind {
            ScopeKind::When(sql) => Some((table, sql)),
            _ => None,
        });
        granted.chain(policies).chain(scopes).collect()
    }
}
