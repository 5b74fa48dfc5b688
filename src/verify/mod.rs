//! What a policy claims, shown on a real PostgreSQL.
//!
//! The problem: reading SQL is no proof. The mechanism: a server of our own ([`engine`]), the schema loaded and rows
//! made from its catalog ([`world`]), what was compiled applied by psql as the roles that would apply it, and then one
//! file a kind of claim, each of which tries to break what it is about and tells the [`report`] how that ended. Nothing
//! here decides what should hold: that is read off the compiled model.

pub mod access;
pub mod compare;
pub mod data;
pub mod engine;
pub mod mutants;
pub mod report;
pub mod session;
pub mod text;
pub mod world;

use crate::compiler::Compiled;
use crate::project::Project;
use crate::source::Sources;
use compare::Queries;
use engine::Engine;
use report::Report;
use world::{Failure, World};

/// How a run is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where made-up rows come from.
    pub seed: u64,
    /// Weaken what was compiled, one piece at a time.
    pub mutants: bool,
}

/// Runs every check of a compiled project.
pub fn verify(
    engine: &dyn Engine,
    sources: &Sources,
    project: &Project,
    compiled: &Compiled,
    options: Options,
) -> Result<Report, Failure> {
    let mut report = Report::new(&project.name, engine.name(), options.seed);
    let world = World::new(engine, sources, project, compiled, options.seed)?;
    data::check(&world.filled, &mut report);
    let applied = access::check(&world, &mut report)?;
    if let Some(applied) = applied.filter(|_| options.mutants) {
        mutants::access::check(&world, &applied, &mut report)?;
    }
    Ok(report)
}

/// Runs queries with and without the policy instead.
pub fn compare(
    engine: &dyn Engine,
    sources: &Sources,
    project: &Project,
    compiled: &Compiled,
    options: Options,
    queries: &Queries<'_>,
) -> Result<Report, Failure> {
    let mut report = Report::new(&project.name, engine.name(), options.seed);
    let world = World::new(engine, sources, project, compiled, options.seed)?;
    compare::check(&world, queries, &mut report)?;
    Ok(report)
}
