//! What a policy claims, shown on a real PostgreSQL.
//!
//! The problem: reading SQL is no proof. The mechanism: a server of our own ([`engine`]), the schema loaded and rows
//! made from its catalog ([`world`]), what was compiled applied by psql as the roles that would apply it, and then one
//! file a kind of claim, each of which tries to break what it is about and tells the [`report`] how that ended. Nothing
//! here decides what should hold: that is read off the compiled model.

pub mod access;
pub mod compare;
pub mod data;
pub mod documents;
pub mod engine;
pub mod isolation;
pub mod masking;
pub mod mutants;
pub mod reidentify;
pub mod renamed;
pub mod render;
pub mod report;
pub mod session;
pub mod test;
pub mod text;
pub mod watch;
pub mod world;

use crate::compiler::{self, Compiled};
use crate::plan;
use crate::project::Project;
use crate::source::Sources;
use compare::Queries;
use engine::Engine;
use report::Report;
use watch::Watch;
use world::{Failure, World};

/// How a run is made.
#[derive(Clone, Copy)]
pub struct Options<'w> {
    /// Where made-up rows come from.
    pub seed: u64,
    /// Weaken what was compiled, one piece at a time.
    pub mutants: bool,
    /// Who waits.
    pub watch: &'w dyn Watch,
}

/// Runs every check of a compiled project.
pub fn verify(
    engine: &dyn Engine,
    sources: &Sources,
    project: &Project,
    compiled: &Compiled,
    options: Options<'_>,
) -> Result<Report, Failure> {
    let mut report = Report::new(&project.name, engine.name(), options.seed);
    let world = World::new(engine, sources, project, compiled, options.seed)?;
    data::check(&world.filled, &mut report);
    let applied = access::check(&world, &mut report)?;
    if let Some(applied) = &applied {
        isolation::check(&world, &mut report, applied)?;
    }
    let facts = compiler::facts(&compiled.catalog, project);
    let planned = plan::plan(&compiled.catalog, world.model, &facts).ok();
    if let Some(planned) = &planned {
        masking::check(&world, planned, applied.as_deref(), &mut report)?;
        reidentify::on_made_rows(&world, planned, &mut report)?;
    }
    test::check(&world, applied.as_deref(), None, &mut report)?;
    if let Some(planned) = planned.filter(|_| options.mutants) {
        mutants::masks::check(&world, &planned, applied.as_deref(), options.watch, &mut report)?;
    }
    if let Some(applied) = applied.filter(|_| options.mutants) {
        mutants::access::check(&world, &applied, options.watch, &mut report)?;
    }
    Ok(report)
}

/// Runs queries with and without the policy instead.
pub fn compare(
    engine: &dyn Engine,
    sources: &Sources,
    project: &Project,
    compiled: &Compiled,
    options: Options<'_>,
    queries: &Queries<'_>,
) -> Result<Report, Failure> {
    let mut report = Report::new(&project.name, engine.name(), options.seed);
    let world = World::new(engine, sources, project, compiled, options.seed)?;
    compare::check(&world, queries, &mut report)?;
    Ok(report)
}

/// Runs the policy's own tests instead, or the one of this title.
pub fn test(
    engine: &dyn Engine,
    sources: &Sources,
    project: &Project,
    compiled: &Compiled,
    options: Options<'_>,
    title: Option<&str>,
) -> Result<Report, Failure> {
    let mut report = Report::new(&project.name, engine.name(), options.seed);
    let world = World::new(engine, sources, project, compiled, options.seed)?;
    let applied = if test::need_access(&world, title) { access::check(&world, &mut report)? } else { None };
    test::check(&world, applied.as_deref(), title, &mut report)?;
    Ok(report)
}

/// Says of a real database what its exports would leave of people, as counts. Nothing is written there.
pub fn figures(
    session: &mut dyn session::Session,
    engine: String,
    project: &Project,
    compiled: &Compiled,
) -> Result<Report, Failure> {
    let mut report = Report::new(&project.name, engine, 0);
    let Some(model) = &compiled.model else {
        return Err(Failure::new("expected a policy without errors", "run `noren check`"));
    };
    let facts = compiler::facts(&compiled.catalog, project);
    if let Ok(planned) = plan::plan(&compiled.catalog, model, &facts) {
        reidentify::on_real_rows(session, model, &planned, &mut report)?;
    }
    Ok(report)
}
