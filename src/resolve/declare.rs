//! What the policy declares, collected from all files: classes, masks, settings, table blocks and exports.
//!
//! Order never matters, so nothing is resolved before everything is collected. Statements whose meaning comes
//! with later work are named in one note a kind, never passed over in silence.

use crate::diagnostic::{Diagnostic, codes};
use crate::model::Setting;
use crate::source::Span;
use crate::syntax::ast::{
    self, Class, Export, File, Grant, MaskDefinition, Name, Policy, Role, Statement, TableBlock, Tenancy, Workload,
};
use std::collections::BTreeMap;

/// All declarations of a policy.
#[derive(Default)]
pub struct Declarations<'a> {
    /// By name.
    pub classes: BTreeMap<&'a str, &'a Class>,
    /// Masks of one's own, by name.
    pub masks: BTreeMap<&'a str, &'a MaskDefinition>,
    /// Every table block.
    pub blocks: Vec<&'a TableBlock>,
    /// By name.
    pub exports: BTreeMap<&'a str, &'a Export>,
    /// The one secret setting: the mask key.
    pub mask_key: Option<Setting>,
    /// Settings by `prefix.name`, each with whether it is secret.
    pub settings: BTreeMap<String, bool>,
    /// The statements of the settings that are not secret, by `prefix.name`.
    pub open_settings: BTreeMap<String, &'a ast::Setting>,
    /// Every `tenancy`; there may be one.
    pub tenancies: Vec<&'a Tenancy>,
    /// By name.
    pub roles: BTreeMap<&'a str, &'a Role>,
    /// Every grant.
    pub grants: Vec<&'a Grant>,
    /// Every policy; names are unique by table only.
    pub policies: Vec<&'a Policy>,
    /// By name.
    pub workloads: BTreeMap<&'a str, &'a Workload>,
    /// By title.
    pub tests: BTreeMap<&'a str, &'a ast::Test>,
}

/// Collects what the files declare.
pub fn collect<'a>(files: &'a [File], diagnostics: &mut Vec<Diagnostic>) -> Declarations<'a> {
    let mut collector = Collector { found: Declarations::default(), places: BTreeMap::new(), diagnostics };
    let mut deferred = Deferred::default();
    for statement in files.iter().flat_map(|file| &file.statements) {
        collector.statement(statement);
        deferred.statement(statement);
    }
    let found = collector.found;
    deferred.report(diagnostics);
    found
}

struct Collector<'a, 'b> {
    found: Declarations<'a>,
    places: BTreeMap<(&'static str, String), Span>,
    diagnostics: &'b mut Vec<Diagnostic>,
}

impl<'a> Collector<'a, '_> {
    fn statement(&mut self, statement: &'a Statement) {
        match statement {
            Statement::Test(test) => {
                let title = Name { text: test.title.value.clone(), quoted: true, span: test.title.span };
                if self.first("test", &title) {
                    self.found.tests.insert(&test.title.value, test);
                }
            }
            Statement::Class(class) if self.first("class", &class.name) => {
                self.found.classes.insert(&class.name.text, class);
            }
            Statement::Mask(mask) if self.first("mask", &mask.name) => self.mask(mask),
            Statement::Export(export) if self.first("export", &export.name) => {
                self.found.exports.insert(&export.name.text, export);
            }
            Statement::Role(role) if self.first("role", &role.name) => {
                self.found.roles.insert(&role.name.text, role);
            }
            Statement::Workload(workload) if self.first("workload", &workload.name) => {
                self.found.workloads.insert(&workload.name.text, workload);
            }
            Statement::Table(block) => self.found.blocks.push(block),
            Statement::Setting(setting) => self.setting(setting),
            Statement::Tenancy(tenancy) => self.found.tenancies.push(tenancy),
            Statement::Grant(grant) => self.found.grants.push(grant),
            Statement::Policy(policy) => self.found.policies.push(policy),
            _ => {}
        }
    }

    fn mask(&mut self, mask: &'a MaskDefinition) {
        if crate::mask::find(&mask.name.text).is_some() {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::N0207,
                    format!("expected a new name, found `{}`, a mask of the catalogue", mask.name.text),
                )
                .at(mask.name.span, "already means something")
                .help("give the mask a name of its own"),
            );
        }
        self.found.masks.insert(&mask.name.text, mask);
    }

    fn setting(&mut self, setting: &'a crate::syntax::ast::Setting) {
        let name = format!("{}.{}", setting.name.prefix.text, setting.name.name.text);
        let as_name = Name { text: name.clone(), quoted: false, span: setting.span };
        if !self.first("setting", &as_name) {
            return;
        }
        self.found.settings.insert(name.clone(), setting.secret);
        if !setting.secret {
            self.found.open_settings.insert(name, setting);
            return;
        }
        if let Some(first) = &self.found.mask_key {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::N0210,
                    format!("expected one secret setting, found `{}` and `{name}`", first.name),
                )
                .at(setting.span, "a second secret setting")
                .label(first.span, "the first is here")
                .note("the secret setting is the key of all keyed masks")
                .help("remove one of them"),
            );
            return;
        }
        self.found.mask_key = Some(Setting { name, span: setting.span });
    }

    fn first(&mut self, kind: &'static str, name: &Name) -> bool {
        let key = (kind, name.text.clone());
        let Some(first) = self.places.get(&key) else {
            self.places.insert(key, name.span);
            return true;
        };
        self.diagnostics.push(
            Diagnostic::new(codes::N0207, format!("expected a new name, found {kind} `{}` a second time", name.text))
                .at(name.span, "declared again")
                .label(*first, "first declared here")
                .help("remove one of them, or give it another name"),
        );
        false
    }
}

/// Statements and clauses that parse but are not compiled yet, each kind with its first place and a count.
#[derive(Default)]
struct Deferred {
    kinds: BTreeMap<&'static str, (Span, usize)>,
}

impl Deferred {
    fn add(&mut self, kind: &'static str, span: Span) {
        let entry = self.kinds.entry(kind).or_insert((span, 0));
        entry.0 = entry.0.min(span);
        entry.1 += 1;
    }

    fn statement(&mut self, statement: &Statement) {
        if let Statement::Extension(extension) = statement {
            self.add("extension", extension.span);
        }
    }

    fn report(self, diagnostics: &mut Vec<Diagnostic>) {
        for (kind, (span, count)) in self.kinds {
            let title = match count {
                1 => format!("`{kind}` is read but not compiled yet"),
                _ => format!("`{kind}` is read but not compiled yet ({count} places)"),
            };
            diagnostics.push(
                Diagnostic::new(codes::N0290, title)
                    .at(span, "nothing is written for this")
                    .help("keep it: a later version gives it its meaning"),
            );
        }
    }
}
