//! No original value of what is masked leaves.
//!
//! The problem: a value can leave by its own column, within another one of the same row, or anywhere else: a header, a file's
//! name. And what is found need not be a leak: a mask may show a part by what it says of itself, a list of made-up names
//! has real ones in it, and two columns may hold the same word. The mechanism: three searches, from the narrow to the wide.
//! Within a value's own row and column, what the mask claims is held against what left. Within the row, a column that
//! carries what another one masks does so row for row, which chance does not. Everywhere else a value is a leak wherever
//! no column that is shown holds it.

use super::super::report::{Kind, Report};
use super::super::session::Row;
use super::copy;
use super::needles::{Kind as ValueKind, leaves, spellings};
use super::shows::{self, Shows};
use super::trace::{ColumnTrace, Pair, TableTrace, Trace};
use super::{column_subject, table_subject};
use crate::catalog::Catalog;
use crate::model::{MaskUse, Treatment};
use aho_corasick::AhoCorasick;
use std::collections::{BTreeMap, BTreeSet};

/// As few rows as this are alike by chance.
const FEW: usize = 3;

/// Everything that is looked for in one column.
struct Search<'t> {
    table: &'t TableTrace<'t>,
    at: usize,
    kind: ValueKind,
    shows: Shows,
}

impl<'t> Search<'t> {
    fn of(catalog: &Catalog, table: &'t TableTrace<'t>, at: usize) -> Option<Self> {
        let column = table.columns.get(at)?;
        if matches!(column.own.treatment, Treatment::Keep | Treatment::Generated) {
            return None;
        }
        let kind = ValueKind::of(&catalog.base_type(&column.column.data_type));
        Some(Self { table, at, kind, shows: shows::of(&column.own.treatment, &column.column.name) })
    }

    fn column(&self) -> Option<&'t ColumnTrace<'t>> {
        self.table.columns.get(self.at)
    }

    /// What is looked for of one value that got this treatment.
    fn needles(&self, value: &str, given: &Treatment) -> Vec<String> {
        match given {
            Treatment::Keep | Treatment::Generated => Vec::new(),
            Treatment::Mask(MaskUse::Json(mask)) => leaves(mask, value).hidden,
            _ => {
                let name = self.column().map_or("", |column| column.column.name.as_str());
                let shows = shows::of(given, name);
                if shows == Shows::Whole { Vec::new() } else { self.kind.needles(value, shows <= Shows::Listed) }
            }
        }
    }

    /// Of all rows, also those that do not leave.
    fn all_needles(&self) -> BTreeSet<String> {
        let mut needles = BTreeSet::new();
        let kept: BTreeSet<&str> = self
            .table
            .pairs(self.at)
            .filter(|pair| matches!(pair.given, Treatment::Keep))
            .filter_map(|pair| pair.raw)
            .collect();
        let Some(column) = self.column() else { return needles };
        let masked = column.own.treatment.chosen(&mut std::iter::repeat(false));
        let masked = if matches!(masked, Treatment::Keep) {
            column.own.treatment.chosen(&mut std::iter::repeat(true))
        } else {
            masked
        };
        let values: BTreeSet<&str> = self.table.all.iter().filter_map(|row| row.get(self.at)?.as_deref()).collect();
        for value in values.difference(&kept) {
            needles.extend(self.needles(value, masked));
        }
        needles
    }
}

/// All three searches over one run.
pub fn check(catalog: &Catalog, trace: &Trace<'_>, files: &[(String, String)], report: &mut Report) {
    let shown = shown_text(trace);
    let mut everywhere = Vec::new();
    for table in &trace.tables {
        let searches: Vec<Search<'_>> =
            (0..table.columns.len()).filter_map(|at| Search::of(catalog, table, at)).collect();
        for search in &searches {
            own_column(catalog, trace, search, report);
        }
        carriers(trace, table, &searches, report);
        everywhere.extend(searches);
    }
    anywhere(catalog, trace, &everywhere, &shown, files, report);
}

/// What leaves of a value in its own row and column.
fn own_column(catalog: &Catalog, trace: &Trace<'_>, search: &Search<'_>, report: &mut Report) {
    let subject = column_subject(trace, search.table, search.at);
    if search.column().is_none_or(|column| column.file.is_none()) {
        return;
    }
    let pairs = || search.table.pairs(search.at).filter(|pair| !matches!(pair.given, Treatment::Keep));
    let values: BTreeSet<&str> = pairs().filter_map(|pair| pair.raw).collect();
    // A document without anything to hide is what it was.
    let changes =
        |pair: &Pair<'_>| !matches!(pair.given, Treatment::Mask(MaskUse::Json(_))) || has_needle(search, pair);
    let same = pairs().filter(|pair| pair.raw.is_some() && pair.out == Some(pair.raw) && changes(pair)).count();
    if values.is_empty() {
        report.skipped(Kind::Masking, &subject, "values leave changed", "no exported row has a value here");
        return;
    }
    let through: Vec<Pair<'_>> = pairs().filter(|pair| holds_needle(search, pair)).collect();
    let with_needles = pairs().filter(|pair| has_needle(search, pair)).count();
    let masked = pairs().filter(|pair| pair.raw.is_some()).count();
    let leaked = match search.shows {
        Shows::Nothing => !through.is_empty() || is_most(same, masked, &values),
        Shows::Listed | Shows::Part => {
            through.len() * 2 > with_needles && through.len() >= FEW || is_most(same, masked, &values)
        }
        Shows::Whole => is_all(same, masked, &values),
    };
    let most = through.len().max(same);
    let result = if let Some(several) = several_of_a_constant(catalog, search) {
        Err(format!("{several} values left where the mask gives one"))
    } else if leaked {
        Err(format!("{most} of {masked} values left as they were, or within what left"))
    } else {
        Ok(())
    };
    report.tried(Kind::Masking, &subject, "values leave changed", result);
}

/// How many values left of those for which the mask gives one and the same.
fn several_of_a_constant(catalog: &Catalog, search: &Search<'_>) -> Option<usize> {
    let base = catalog.base_type(&search.column()?.column.data_type);
    let is_constant = |given: &Treatment| matches!(given, Treatment::Mask(MaskUse::Call(call)) if call.mask.constant(&base, &call.arguments).is_some());
    let pairs = search.table.pairs(search.at).filter(|pair| pair.raw.is_some() && is_constant(pair.given));
    let mut left: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for pair in pairs {
        // Two branches of a choice may give two constants.
        left.entry(std::ptr::from_ref(pair.given).addr()).or_default().extend(pair.out.flatten());
    }
    left.values().map(BTreeSet::len).filter(|count| *count > 1).max()
}

/// Half of some values that are not all the same.
fn is_most(same: usize, of: usize, values: &BTreeSet<&str>) -> bool {
    values.len() >= FEW && same * 2 > of
}

/// A mask that may leave a value as it is changes some all the same.
fn is_all(same: usize, of: usize, values: &BTreeSet<&str>) -> bool {
    // With few values that a bound or a rounding leaves alone this says nothing.
    values.len() >= FEW * 4 && same == of
}

fn has_needle(search: &Search<'_>, pair: &Pair<'_>) -> bool {
    pair.raw.is_some_and(|raw| !search.needles(raw, pair.given).is_empty())
}

fn holds_needle(search: &Search<'_>, pair: &Pair<'_>) -> bool {
    let Some((raw, out)) = pair.raw.zip(pair.out.flatten()) else { return false };
    search.needles(raw, pair.given).iter().any(|needle| out.contains(needle.as_str()))
}

/// Columns that hold, row for row, what another column of the row masks.
fn carriers(trace: &Trace<'_>, table: &TableTrace<'_>, searches: &[Search<'_>], report: &mut Report) {
    for search in searches.iter().filter(|search| search.shows != Shows::Whole) {
        let mut with_needles = 0;
        let mut values = BTreeSet::new();
        let mut hits: BTreeMap<usize, usize> = BTreeMap::new();
        for row in &table.rows {
            let value = row.raw.get(search.at).and_then(Option::as_deref).zip(row.given.get(search.at));
            let Some((value, given)) = value else { continue };
            let needles: Vec<String> =
                search.needles(value, given).iter().map(|needle| needle.to_lowercase()).collect();
            if needles.is_empty() || !values.insert(value) {
                continue;
            }
            with_needles += 1;
            for (at, column) in table.columns.iter().enumerate().filter(|(at, _)| *at != search.at) {
                let out = column.file.and_then(|at| row.out.get(at)).and_then(Option::as_deref);
                let out = out.unwrap_or_default().to_lowercase();
                if needles.iter().any(|needle| out.contains(needle.as_str())) {
                    *hits.entry(at).or_default() += 1;
                }
            }
        }
        let carriers = hits.iter().filter(|(_, hits)| **hits >= FEW && **hits * 2 > with_needles);
        let found: Vec<String> =
            carriers.map(|(at, hits)| format!("{} ({hits} of {with_needles} rows)", table.name_of(*at))).collect();
        let subject = column_subject(trace, table, search.at);
        let name = "no other column of the row carries it";
        if with_needles < FEW {
            report.skipped(
                Kind::Masking,
                &subject,
                name,
                "fewer than three values that are long enough to be looked for",
            );
        } else if found.is_empty() {
            report.tried(Kind::Masking, &subject, name, Ok(()));
        } else {
            report.tried(Kind::Masking, &subject, name, Err(format!("its values are in {}", found.join(", "))));
        }
    }
}

/// Everything that columns show of themselves: what is found there too says nothing.
fn shown_text(trace: &Trace<'_>) -> String {
    let mut text = String::new();
    for table in &trace.tables {
        for row in &table.rows {
            for (column, (given, raw)) in table.columns.iter().zip(row.given.iter().zip(&row.raw)) {
                let Some(Some(out)) = column.file.and_then(|at| row.out.get(at)) else { continue };
                if let Treatment::Mask(MaskUse::Json(mask)) = given {
                    for leaf in leaves(mask, raw.as_deref().unwrap_or_default()).shown {
                        text.push_str(&leaf);
                        text.push('\n');
                    }
                } else if shows::of(given, &column.column.name) != Shows::Nothing {
                    text.push_str(out);
                    text.push('\n');
                }
            }
        }
    }
    text
}

/// Every value of every masked column in every file, its header and its name.
fn anywhere(
    catalog: &Catalog,
    trace: &Trace<'_>,
    searches: &[Search<'_>],
    shown: &str,
    files: &[(String, String)],
    report: &mut Report,
) {
    let mut patterns: Vec<String> = Vec::new();
    let mut owners: Vec<(usize, usize)> = Vec::new();
    let mut counts = Vec::new();
    for (search, of) in searches.iter().enumerate() {
        let needles = of.all_needles();
        counts.push(needles.len());
        for (needle, text) in needles.iter().enumerate() {
            for spelling in spellings(text) {
                patterns.push(spelling);
                owners.push((search, needle));
            }
        }
    }
    let Ok(automaton) = AhoCorasick::new(&patterns) else {
        report.skipped(
            Kind::Masking,
            &trace.plan.name,
            "no original value is in any file",
            "too many values to look for at once",
        );
        return;
    };
    let names = names(catalog);
    let explained = owners_in(&automaton, &owners, shown).chain(owners_in(&automaton, &owners, &names));
    let explained: BTreeSet<(usize, usize)> = explained.collect();
    let mut found: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for (name, text) in files {
        let hits = owners_in(&automaton, &owners, text).chain(owners_in(&automaton, &owners, name));
        for (search, _) in hits.filter(|owner| !explained.contains(owner)) {
            found.entry(search).or_default().insert(name);
        }
    }
    let mut silent = BTreeSet::new();
    for (at, (search, count)) in searches.iter().zip(counts).enumerate() {
        let subject = column_subject(trace, search.table, search.at);
        let name = "no original value is in any file";
        let files: Vec<&str> = found.remove(&at).into_iter().flatten().collect();
        if count == 0 {
            silent.insert(search.table.name_of(search.at));
            report.skipped(Kind::Masking, &subject, name, silence(search));
        } else if files.is_empty() {
            report.tried(Kind::Masking, &subject, name, Ok(()));
        } else {
            report.tried(Kind::Masking, &subject, name, Err(format!("values of it are in {}", files.join(", "))));
        }
    }
}

/// Why nothing is looked for.
fn silence(search: &Search<'_>) -> &'static str {
    if search.table.all.iter().all(|row| row.get(search.at).is_none_or(Option::is_none)) {
        "no row has a value here"
    } else if search.shows == Shows::Whole {
        "its treatment leaves some values as they are, and says so"
    } else if search.kind == ValueKind::Few {
        "its type has so few values that others have them too"
    } else {
        "its values are too short to be told from others"
    }
}

fn owners_in<'o>(
    automaton: &'o AhoCorasick,
    owners: &'o [(usize, usize)],
    text: &'o str,
) -> impl Iterator<Item = (usize, usize)> + 'o {
    automaton.find_overlapping_iter(text).filter_map(|hit| owners.get(hit.pattern().as_usize()).copied())
}

/// Names of the schema are in headers and in the names of files, and no secret.
fn names(catalog: &Catalog) -> String {
    let mut text = String::new();
    for table in catalog.tables.values() {
        text.push_str(&table.name.to_string());
        text.push('\n');
        for column in table.columns.keys() {
            text.push_str(column);
            text.push('\n');
        }
    }
    text
}

/// A run and its files.
pub type Written<'t> = (&'t Trace<'t>, &'t [(String, String)]);

/// Rows leave in an order that does not tell which was which, where their key is masked.
pub fn order(runs: &[Written<'_>], report: &mut Report) {
    let Some((first, _)) = runs.first() else { return };
    for table in &first.tables {
        let Some(key) = &table.table.primary_key else { continue };
        let at: Vec<usize> = key
            .columns
            .iter()
            .filter_map(|name| table.columns.iter().position(|column| column.column.name == *name))
            .collect();
        let masked = at.iter().filter_map(|at| table.columns.get(*at));
        if !masked.clone().any(|column| matches!(column.own.treatment, Treatment::Mask(_))) {
            continue;
        }
        let subject = table_subject(first, table);
        let name = "the order of the rows tells nothing of their keys";
        // Two keys: that both leave six rows as they lay happens once in half a million times.
        let found: Vec<Option<bool>> = runs.iter().map(|(run, files)| is_told(run, files, table, &at)).collect();
        if found.iter().any(Option::is_none) || found.len() < 2 {
            report.skipped(Kind::Masking, &subject, name, "fewer than six rows, which may lie as before by chance");
            continue;
        }
        let told = found.iter().all(|found| *found == Some(true));
        let result = if told { Err("rows leave in the order of their original keys".to_owned()) } else { Ok(()) };
        report.tried(Kind::Masking, &subject, name, result);
    }
}

/// Whether the lines of a file are in the order of the original keys; `None` where chance may say so.
fn is_told(run: &Trace<'_>, files: &[(String, String)], of: &TableTrace<'_>, key: &[usize]) -> Option<bool> {
    let table = run.tables.iter().find(|twin| twin.plan.name == of.plan.name)?;
    let name = format!("{}.txt", table.plan.stem);
    let (_, text) = files.iter().find(|(file, _)| *file == name)?;
    let raw: BTreeMap<&Row, &Row> = table.rows.iter().map(|row| (&row.out, &row.raw)).collect();
    let lines = copy::rows(text);
    let rows: Vec<&Row> = lines.iter().filter_map(|line| raw.get(line).copied()).collect();
    (rows.len() >= 6).then(|| is_sorted(&rows, key))
}

fn is_sorted(rows: &[&Row], key: &[usize]) -> bool {
    let keys = rows.iter().map(|row| key.iter().map(|at| row.get(*at).cloned().flatten()).collect());
    let keys: Vec<Vec<Option<String>>> = keys.collect();
    let numbers = |key: &Vec<Option<String>>| {
        key.iter().map(|part| part.as_deref().and_then(|part| part.parse::<i128>().ok())).collect::<Option<Vec<i128>>>()
    };
    let as_numbers: Option<Vec<Vec<i128>>> = keys.iter().map(numbers).collect();
    as_numbers.map_or_else(|| keys.is_sorted(), |numbers| numbers.is_sorted())
}
