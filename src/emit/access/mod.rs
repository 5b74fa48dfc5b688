//! The files below `access/`: what brings a database to the policy, what asserts that it is there, and the way back.
//!
//! Each file is one or more transactions that leave every role with what it had or what it gets, and nothing beside. A
//! file for another environment is written only where it differs; that environment's `apply.sql` includes the others from
//! where they are.

pub mod assert;
pub mod contract;
mod functions;
mod head;
pub mod preflight;
mod rights;
mod roles;
mod rollback;
mod schemas;
pub mod seal;
mod tables;
pub mod tenancy;

use super::EmitError;
use crate::model::Model;
use crate::plan::access::{AccessPlan, AccessPlans};
use crate::source::{Sources, Span};
use crate::sql::{Meta, Mismatch, Script, Word};
use std::collections::BTreeMap;

/// Where the files are.
const FOLDER: &str = "access";

/// The files of the project itself and of each environment, by path below the output folder.
///
/// # Errors
/// The first file that is not read back as it was meant.
pub fn emit(plans: &AccessPlans, model: &Model, sources: &Sources) -> Result<BTreeMap<String, String>, EmitError> {
    // Where nobody acts there is nothing to give and nobody to keep out.
    if plans.base.roles.is_empty() {
        return print_migrations(plans, sources);
    }
    let files = Access { plan: &plans.base, plans, model, sources }.files(FOLDER)?;
    let mut all = BTreeMap::new();
    all.insert(format!("{FOLDER}/apply.sql"), apply(FOLDER, steps(plans, &files))?);
    for (name, plan) in &plans.environments {
        let folder = format!("env/{}/{FOLDER}", crate::plan::names::encode(name));
        let mut own = Access { plan, plans, model, sources }.files(&folder)?;
        let differs = |path: &String| files.get(path) != own.get(path);
        if !own.keys().chain(files.keys()).any(differs) {
            continue;
        }
        let place = |path: String| if differs(&path) { path } else { format!("../../../{FOLDER}/{path}") };
        let included = steps(plans, &own).into_iter().map(place).collect();
        all.insert(format!("{folder}/apply.sql"), apply(&folder, included)?);
        let differing: Vec<String> = own.keys().filter(|path| differs(path)).cloned().collect();
        all.extend(differing.into_iter().filter_map(|path| Some((format!("{folder}/{path}"), own.remove(&path)?))));
    }
    all.extend(files.into_iter().map(|(path, text)| (format!("{FOLDER}/{path}"), text)));
    Ok(all)
}

fn print_migrations(plans: &AccessPlans, sources: &Sources) -> Result<BTreeMap<String, String>, EmitError> {
    let print = |(name, script): (String, Script)| {
        let path = format!("{FOLDER}/{name}");
        let text = script.print().map_err(|mismatch| EmitError { path: path.clone(), mismatch })?;
        Ok((path, text))
    };
    tenancy::files(&plans.migrations, sources).into_iter().map(print).collect()
}

/// The files that `apply.sql` includes, in their order.
fn steps(plans: &AccessPlans, files: &BTreeMap<String, String>) -> Vec<String> {
    let of = |steps: &'static [&'static str]| {
        files.keys().filter(move |path| steps.iter().any(|step| path.starts_with(step))).cloned()
    };
    let tenancy = tenancy::includes(&plans.migrations);
    of(&["05_", "10_", "15_"]).chain(tenancy).chain(of(&["30_tables/", "40_", "50_", "90_"])).collect()
}

/// `apply.sql`; the steps by their paths from there, in the order of the files.
fn apply(folder: &str, steps: Vec<String>) -> Result<String, EmitError> {
    let mut script = head::head(&[
        "Brings a database to the policy: run 00_roles.sql first, once a cluster, then this as the owner of the tables.",
        "Run as: psql -X -f apply.sql. Safe to run again and to stop anywhere; the way back is rollback.sql.",
    ]);
    script.blank();
    for step in steps {
        script.meta(Meta::Include(Word::text(step)));
    }
    let path = format!("{folder}/apply.sql");
    script.print().map_err(|mismatch| EmitError { path, mismatch })
}

/// One environment's files.
struct Access<'a> {
    plan: &'a AccessPlan,
    plans: &'a AccessPlans,
    model: &'a Model,
    sources: &'a Sources,
}

impl Access<'_> {
    /// By path below `folder`.
    fn files(&self, folder: &str) -> Result<BTreeMap<String, String>, EmitError> {
        let mut files = BTreeMap::new();
        let mut print = |name: String, script: Result<Script, Mismatch>| {
            let text = script.and_then(Script::print);
            let text = text.map_err(|mismatch| EmitError { path: format!("{folder}/{name}"), mismatch })?;
            files.insert(name, text);
            Ok(())
        };
        print("00_roles.sql".to_owned(), Ok(self.roles()))?;
        print("05_preflight.sql".to_owned(), preflight::preflight(self.plan))?;
        print("10_functions.sql".to_owned(), Ok(self.functions()))?;
        print("15_schemas.sql".to_owned(), Ok(self.schemas()))?;
        for (path, script) in tenancy::files(&self.plans.migrations, self.sources) {
            print(path, Ok(script))?;
        }
        for relation in &self.plan.relations {
            print(format!("30_tables/{}.sql", relation.stem), self.relation(relation))?;
        }
        if let Some(script) = self.force() {
            print("40_force.sql".to_owned(), Ok(script))?;
        }
        print("50_functions.sql".to_owned(), Ok(self.spent_functions()))?;
        print("90_assert.sql".to_owned(), assert::assert(self.plan))?;
        print("rollback.sql".to_owned(), Ok(self.rollback()))?;
        print("rollback_roles.sql".to_owned(), Ok(self.rollback_roles()))?;
        let contract = contract::Contract::new(&self.model.access, self.plan);
        let contract = contract.map_err(|mismatch| EmitError { path: format!("{folder}/contract.md"), mismatch })?;
        files.insert("contract.md".to_owned(), contract.markdown());
        files.insert("contract.json".to_owned(), contract.json());
        Ok(files)
    }

    /// `policies/users.noren:12, policies/roles.noren:3  words`
    fn place(&self, spans: &[Span], words: &str) -> String {
        let mut places: Vec<(&str, u32)> =
            spans.iter().map(|span| (self.sources.path(*span), self.sources.position(*span).line)).collect();
        places.sort_unstable();
        places.dedup();
        let places: Vec<String> = places.into_iter().map(|(path, line)| format!("{path}:{line}")).collect();
        if places.is_empty() { words.to_owned() } else { format!("{}  {words}", places.join(", ")) }
    }
}
