//! What was compiled is applied, again, is what the policy says, and can be taken back.

use super::report::{Kind, Report};
use super::world::{Failure, World};

/// The database to which everything was applied, for the checks that come after; `None` where nothing is applied.
pub fn check(world: &World<'_>, report: &mut Report) -> Result<Option<String>, Failure> {
    if !world.has("access/apply.sql") {
        return Ok(None);
    }
    let applied = world.copy(world.source(), "applied")?;
    let first = world.apply(&applied);
    let holds = first.is_ok();
    report.tried(Kind::Access, "apply.sql", "applies to a database with rows", first);
    if !holds {
        report.skipped(Kind::Access, "apply.sql", "applies again, asserts, is taken back", "it did not apply");
        return Ok(None);
    }
    report.tried(Kind::Access, "apply.sql", "applies a second time", world.apply(&applied));
    let asserted = world.script(&applied, &world.deployer, "access/90_assert.sql");
    report.tried(Kind::Access, "90_assert.sql", "finds what the policy says", asserted);
    Ok(Some(applied))
}
