//! Policies, grants, attributes, functions and views, taken away or loosened one at a time, judged by `90_assert.sql`.

use crate::verify::engine;
use crate::verify::report::{Kind, Report};
use crate::verify::session::{Refusal, Row};
use crate::verify::text::{Part, Sql};
use crate::verify::watch::{Count, Watch};
use crate::verify::world::{Failure, World};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const CHANGES: &str = include_str!("changes.sql");
const ASSERT: &str = "access/90_assert.sql";
/// What the assertions are run as: a role with no right at all.
const NOBODY: &str = "nobody";
/// Between the names of a list that goes to the server in one setting.
const UNIT_SEPARATOR: &str = "\u{1f}";

/// One weakening.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    /// Changes of one kind to different objects are made together.
    kind: Option<String>,
    statement: Sql,
    /// What the assertions must name.
    object: String,
    /// The way back, where the change is the cluster's.
    undo: Option<Sql>,
}

/// What became of a change: nothing that was found names it, or it could not be made.
enum Fate {
    Caught,
    Survived(String),
    Refused(Refusal),
}

/// Tries every change on copies of a database to which everything was applied and to which nobody is connected.
pub fn check(world: &World<'_>, applied: &str, watch: &dyn Watch, report: &mut Report) -> Result<(), Failure> {
    let nobody = world.own(NOBODY);
    world.maintenance()?.run(&Sql::of("CREATE ROLE $1 LOGIN", &[Part::Name(&nobody)]))?;
    let changes = changes(world, applied)?;
    let count = Count::new("rights and policies weakened", changes.len(), watch);
    let (clusters, own): (Vec<_>, Vec<_>) = rounds(&changes).into_iter().partition(is_of_the_cluster);
    let mut fates = Vec::with_capacity(changes.len());
    // A role's attributes are everybody's: nothing else may run meanwhile.
    for round in clusters {
        fates.extend(judge(world, applied, &round, &AtomicUsize::new(0))?);
        count.step(round.len());
    }
    fates.extend(in_parallel(world, applied, own, &count)?);
    world.maintenance()?.run(&Sql::of("DROP ROLE $1", &[Part::Name(&nobody)]))?;
    fates.sort_by_key(|(place, _)| *place);
    for ((_, fate), change) in fates.into_iter().zip(&changes) {
        let name = change.statement.as_str().to_owned();
        match fate {
            Fate::Caught => report.tried(Kind::Mutant, &change.object, name, Ok(())),
            Fate::Survived(found) => report.tried(Kind::Mutant, &change.object, name, Err(found)),
            Fate::Refused(refusal) => report.skipped(Kind::Mutant, &change.object, name, refusal.to_string()),
        }
    }
    Ok(())
}

fn changes(world: &World<'_>, applied: &str) -> Result<Vec<Change>, Failure> {
    let roles = world.model.access.roles.keys().filter(|role| **role != world.deployer);
    let roles = roles.map(String::as_str).collect::<Vec<_>>().join(UNIT_SEPARATOR);
    let mut session = world.superuser(applied)?;
    session.run(&Sql::of(
        "SELECT set_config('noren.verify_roles', $1, false), set_config('noren.verify_deployer', $2, false),
                set_config('search_path', 'pg_catalog, pg_temp', false)",
        &[Part::Text(&roles), Part::Text(&world.deployer)],
    ))?;
    let rows = session.run(&Sql::whole(CHANGES))?.rows;
    Ok(rows.into_iter().filter_map(Change::read).collect())
}

impl Change {
    fn read(row: Row) -> Option<Self> {
        let [kind, statement, object, undo] = <[Option<String>; 4]>::try_from(row).ok()?;
        Some(Self { kind, statement: Sql::whole(statement?), object: object?, undo: undo.map(Sql::whole) })
    }

    fn is_named(&self, object: &str) -> bool {
        let own = self.object.as_str();
        let inside = object.strip_prefix(own).is_some_and(|rest| rest.starts_with(": "))
            || object.strip_suffix(own).is_some_and(|rest| rest.ends_with(' '));
        object == own || inside || self.kind.is_none() && object.contains(own)
    }
}

/// Changes that are made together, each with its place among all.
type Round<'c> = Vec<(usize, &'c Change)>;

/// No two of a round are of different kinds, or to one object.
fn rounds(changes: &[Change]) -> Vec<Round<'_>> {
    let mut rounds: BTreeMap<(&str, usize), Round<'_>> = BTreeMap::new();
    let mut times: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (place, change) in changes.iter().enumerate() {
        let key = change.kind.as_deref().map_or(("", place), |kind| {
            let times = times.entry((kind, &change.object)).or_default();
            *times += 1;
            (kind, *times)
        });
        rounds.entry(key).or_default().push((place, change));
    }
    rounds.into_values().collect()
}

fn is_of_the_cluster(round: &Round<'_>) -> bool {
    round.iter().any(|(_, change)| change.undo.is_some())
}

type Fates = Vec<(usize, Fate)>;

fn in_parallel(world: &World<'_>, applied: &str, rounds: Vec<Round<'_>>, count: &Count<'_>) -> Result<Fates, Failure> {
    let waiting = Mutex::new(VecDeque::from(rounds));
    let next = AtomicUsize::new(0);
    let take = || waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop_front();
    let work = || {
        let mut fates = Vec::new();
        while let Some(round) = take() {
            fates.extend(judge(world, applied, &round, &next)?);
            count.step(round.len());
        }
        Ok(fates)
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let results: Vec<Result<Fates, Failure>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Result<Fates, Failure>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    });
    Ok(results.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Makes the changes in a copy, asserts, and takes back what is the cluster's.
fn judge(world: &World<'_>, applied: &str, round: &Round<'_>, next: &AtomicUsize) -> Result<Fates, Failure> {
    let number = next.fetch_add(1, Ordering::Relaxed).to_string();
    let copy = world.copy(applied, &["mutant_", &number].concat())?;
    let mut refused = BTreeMap::new();
    let mut session = world.superuser(&copy)?;
    for (place, change) in round {
        if let Err(refusal) = session.run(&change.statement) {
            refused.insert(*place, refusal);
        }
    }
    let found = world.output(&copy, &world.own(NOBODY), ASSERT);
    for undo in
        round.iter().filter(|(place, _)| !refused.contains_key(place)).filter_map(|(_, change)| change.undo.as_ref())
    {
        session.run(undo)?;
    }
    drop(session);
    engine::drop_database(world.engine, &copy)?;
    let output = found.map_err(|message| Failure::new(message, "run again with another server"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let objects: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("object: ")).collect();
    let fate = |(place, change): &(usize, &Change)| match refused.remove(place) {
        Some(refusal) => (*place, Fate::Refused(refusal)),
        None if !output.status.success() && objects.iter().any(|object| change.is_named(object)) => {
            (*place, Fate::Caught)
        }
        None => (*place, Fate::Survived(survived(&objects))),
    };
    Ok(round.iter().map(fate).collect())
}

fn survived(objects: &[&str]) -> String {
    if objects.is_empty() {
        return "90_assert.sql finds nothing after this change".to_owned();
    }
    "90_assert.sql does not name what was changed, only: ".to_owned() + &objects.join(", ")
}
