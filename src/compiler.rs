//! The driver: strings the stages together.
//!
//! Each stage runs as far as it can, so that one run shows every independent finding; what only follows from an
//! earlier error is left out. Files exist only when nothing is wrong.

use crate::catalog::{self, Catalog};
use crate::check::check;
use crate::diagnostic::{Code, Diagnostic, Severity, apply_allowances, apply_schema_allowances, codes, did_you_mean};
use crate::emit::{Digests, aurora_mysql, emit};
use crate::model::Model;
use crate::plan::access::AccessFacts;
use crate::plan::{self, ProjectFacts};
use crate::postgres::with_deep_stack;
use crate::project::{Bypass, Engine, Project, Rls, Stage};
use crate::resolve::access::stages;
use crate::resolve::resolve;
use crate::source::Sources;
use crate::syntax::{self, Parsed};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a run gave.
#[derive(Debug)]
pub struct Compiled {
    /// Everything found, allowances applied.
    pub diagnostics: Vec<Diagnostic>,
    /// What the schema declares.
    pub catalog: Catalog,
    /// What the policy means; `None` after an error.
    pub model: Option<Model>,
    /// After an error: what is known of the policy all the same, for explanations only.
    pub draft: Option<Model>,
    /// Relative path to text; `None` when there is an error.
    pub files: Option<BTreeMap<String, String>>,
    /// An error of ours that kept the files from being made.
    pub failure: Option<String>,
    /// Of the parsed schema, SHA-256 in hexadecimal.
    pub schema_digest: String,
    /// Of the policy's files, SHA-256 in hexadecimal.
    pub policy_digest: String,
}

/// Compiles a project.
pub fn compile(sources: &Sources, project: &Project) -> Compiled {
    with_deep_stack(|| compile_here(sources, project))
}

fn compile_here(sources: &Sources, project: &Project) -> Compiled {
    let parsed: Vec<Parsed> = project.policies.iter().map(|id| syntax::parse(sources, *id)).collect();
    let (catalog, mut diagnostics) = read_schema(sources, project);
    let policy_digest = policy_digest(sources, project);
    let schema_digest = catalog.digest();
    let schema_is_whole = !has_errors(&diagnostics);
    let policy_is_whole = !parsed.iter().any(|parsed| has_errors(&parsed.diagnostics));
    let (mut files, allowances) = split(parsed, &mut diagnostics);
    if catalog.mysql.is_some() {
        crate::resolve::mysql::take_out(&mut files, &mut diagnostics);
    }
    let mut model = Model::default();
    // Half a schema would make errors of half the policy.
    if schema_is_whole {
        let (resolved, found) = resolve(sources, &catalog, &project.search, &files);
        model = resolved;
        diagnostics.extend(found.into_iter().filter(|found| policy_is_whole || is_independent(found.code)));
        diagnostics.extend(check(&catalog, &model, project.version));
        if catalog.mysql.is_some() {
            diagnostics.extend(plan::mysql::warnings(&catalog, &model));
        }
        check_stages(&catalog, project, &mut diagnostics);
        if policy_is_whole {
            diagnostics.extend(check_places(&files, project));
        }
    }
    dedup(&mut diagnostics);
    let failed = has_errors(&diagnostics);
    let diagnostics = apply_schema_allowances(diagnostics, &project.allowances, &project.schemas, sources);
    let mut diagnostics = apply_allowances(diagnostics, &allowances, sources);
    demand_answers(&mut diagnostics);
    if failed {
        // What an allowance would silence may not have been reached.
        diagnostics.retain(|found| found.code != codes::N0190);
    }
    let (model, draft) = if has_errors(&diagnostics) { (None, Some(model)) } else { (Some(model), None) };
    let mut compiled =
        Compiled { diagnostics, catalog, model, draft, files: None, failure: None, schema_digest, policy_digest };
    write_files(sources, project, &mut compiled);
    compiled
}

/// What the schema files declare, read as the engine writes them.
fn read_schema(sources: &Sources, project: &Project) -> (Catalog, Vec<Diagnostic>) {
    if project.engine != Engine::AuroraMySql {
        return catalog::read(sources, &project.schemas);
    }
    let database = project.search.first().map_or("public", String::as_str);
    catalog::mysql::read(sources, &project.schemas, database, u32::from(project.version))
}

/// What no proof decides is silenced by a reason like a warning, and stops everything like an error without.
fn demand_answers(diagnostics: &mut [Diagnostic]) {
    for found in diagnostics.iter_mut().filter(|found| found.code == codes::N0733) {
        found.severity = Severity::Error;
    }
}

/// What the project file says of the exports.
pub fn facts(catalog: &Catalog, project: &Project) -> ProjectFacts {
    let places = project.exports.iter().map(|(name, target)| (name.clone(), target.kind.clone()));
    let environments = project.environments.iter();
    let elsewhere = project.environments.iter().map(|(name, own)| (name.clone(), own.exports.clone()));
    ProjectFacts {
        version: u32::from(project.version),
        search: project.search.clone(),
        places: places.collect(),
        elsewhere: elsewhere.collect(),
        access: access_facts(catalog, project, None),
        environments: environments
            .map(|(name, own)| (name.clone(), access_facts(catalog, project, Some(&own.rls))))
            .collect(),
    }
}

/// Plans and prints what the model means; findings of the plan are errors like any other.
fn write_files(sources: &Sources, project: &Project, compiled: &mut Compiled) {
    let Some(model) = &compiled.model else { return };
    let facts = facts(&compiled.catalog, project);
    let digests = Digests { policy: &compiled.policy_digest };
    let written = if compiled.catalog.mysql.is_some() {
        plan::mysql::plan(&compiled.catalog, model, &facts)
            .map(|planned| aurora_mysql::emit(&planned, model, sources, &digests))
    } else {
        plan::plan(&compiled.catalog, model, &facts).map(|planned| emit(&planned, model, sources, &digests))
    };
    match written {
        Err(found) => {
            compiled.diagnostics.extend(found);
            compiled.draft = compiled.model.take();
        }
        Ok(Ok(files)) => compiled.files = Some(files),
        Ok(Err(error)) => compiled.failure = Some(error.to_string()),
    }
}

/// What nobody says is the strict form: an environment says what differs from the project, and the project what differs
/// from row security for everybody with BYPASSRLS for those who act for all tenants.
pub(crate) fn access_facts(catalog: &Catalog, project: &Project, own: Option<&Rls>) -> AccessFacts {
    let stage = own.and_then(|own| own.stage).or(project.rls.stage).unwrap_or(Stage::Forced);
    let bypass = own.and_then(|own| own.bypass).or(project.rls.bypass).unwrap_or(Bypass::Attribute);
    // What is wrong with the names of tables was told before.
    let of_tables = |rls: &Rls| stages(rls, catalog, &project.search, &mut Vec::new());
    let mut tables = of_tables(&project.rls);
    tables.extend(own.map(of_tables).unwrap_or_default());
    AccessFacts { stage, tables, bypass }
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Findings that a statement which could not be read does not bring about.
fn is_independent(code: Code) -> bool {
    // Whether a table has its place, and what a role may do, is decided by statements all over the policy.
    let families = ["N03", "N05", "N06", "N07"];
    !families.iter().any(|family| code.id.starts_with(family))
        && ![codes::N0205, codes::N0206, codes::N0211, codes::N0418, codes::N0801, codes::N0806].contains(&code)
}

fn split(
    parsed: Vec<Parsed>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<syntax::ast::File>, Vec<syntax::ast::Allowance>) {
    let mut files = Vec::new();
    let mut allowances = Vec::new();
    for parsed in parsed {
        diagnostics.extend(parsed.diagnostics);
        allowances.extend(parsed.file.allowances.iter().cloned());
        files.push(parsed.file);
    }
    (files, allowances)
}

/// The same finding may be met once a column or once an export; it is told once.
fn dedup(diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = std::collections::BTreeSet::new();
    diagnostics.retain(|found| {
        let place = found.primary.as_ref().map(|label| label.span);
        seen.insert((found.code.id, place, found.title.clone()))
    });
}

/// Every export of the policy has its place in the project file, and the other way round.
fn check_places(files: &[syntax::ast::File], project: &Project) -> Vec<Diagnostic> {
    let exports: Vec<_> = files
        .iter()
        .flat_map(|file| &file.statements)
        .filter_map(|statement| match statement {
            syntax::ast::Statement::Export(export) => Some(&export.name),
            _ => None,
        })
        .collect();
    let mut diagnostics = Vec::new();
    for name in exports.iter().filter(|name| !project.exports.contains_key(&name.text)) {
        diagnostics.push(
            Diagnostic::new(codes::N0802, format!("expected `[export.{}]` in noren.toml, found none", name.text))
                .at(name.span, "has no place to go to")
                .help(format!(
                    "add to noren.toml: `[export.{}]` with `target = \"psql\"` and `dir = \"data\"`",
                    name.text
                )),
        );
    }
    for (name, target) in &project.exports {
        if exports.iter().any(|export| export.text == *name) {
            continue;
        }
        let diagnostic =
            Diagnostic::new(codes::N0803, format!("expected an `export {name}` in the policy, found none"))
                .at(target.span, "places an export that does not exist");
        diagnostics.push(match did_you_mean(name, exports.iter().map(|export| export.text.as_str())) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => {
                diagnostic.help(format!("add `export {name} {{ tables *; }}` to the policy, or remove the section"))
            }
        });
    }
    diagnostics
}

/// Every table that the project file gives a stage of its own is there.
fn check_stages(catalog: &Catalog, project: &Project, diagnostics: &mut Vec<Diagnostic>) {
    let of_environments = project.environments.values().map(|environment| &environment.rls);
    for rls in std::iter::once(&project.rls).chain(of_environments) {
        stages(rls, catalog, &project.search, diagnostics);
    }
}

fn policy_digest(sources: &Sources, project: &Project) -> String {
    let read = project.policies.iter().chain(&project.dictionaries);
    let mut files: Vec<_> = read.filter_map(|id| sources.get(*id)).collect();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    let mut hash = Sha256::new();
    for file in files {
        // Lengths keep the end of one text apart from the start of the next.
        for part in [&file.path, &file.text] {
            hash.update(part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
