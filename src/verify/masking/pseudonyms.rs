//! Equal values have one pseudonym where they must, and different ones where nobody may link them.
//!
//! Two columns agree where they are hashed in one linkage group by one mask; a foreign key then leads to the row that it
//! led to before. Columns of other groups, exports that are not linkable and runs with another key give other pseudonyms
//! of the same values. A mask whose outputs are few, a list of names say, may give the same by chance: of those only a
//! whole column that agrees is one too many.

use super::super::report::{Kind, Report};
use super::trace::{ColumnTrace, TableTrace, Trace};
use super::{column_subject, table_subject};
use crate::catalog::{Catalog, ForeignKey, QName};
use crate::mask::{Hashes, Uniqueness};
use crate::model::{MaskCall, MaskUse, Treatment};
use crate::syntax::ast::Orphans;
use std::collections::{BTreeMap, BTreeSet};

/// Pseudonyms of this many bits are never equal by chance.
const BITS: u32 = 40;
/// Less than once in so many times is not by chance.
const CHANCES: usize = 100_000;
/// Fewer values than this may all be equal by chance.
const FEW: usize = 5;

/// By value: its pseudonym.
type Pseudonyms<'t> = BTreeMap<&'t str, &'t str>;

/// A column whose values become pseudonyms.
struct Keyed<'t> {
    table: &'t TableTrace<'t>,
    at: usize,
    call: &'t MaskCall,
    pseudonyms: Pseudonyms<'t>,
    /// The same value with two pseudonyms in this very column.
    torn: bool,
    strong: bool,
}

impl<'t> Keyed<'t> {
    fn of(catalog: &Catalog, table: &'t TableTrace<'t>, at: usize) -> Option<Self> {
        let column = table.columns.get(at)?;
        let call = call_of(column).filter(|call| call.mask.keyed())?;
        let base = catalog.base_type(&column.column.data_type);
        // A permutation reads no hash and is a function of the value all the same.
        let of_value = call.mask.hashes(&call.arguments) == Hashes::Input || call.mask.name() == "permute";
        if !of_value || base.data_type.dimensions > 0 || !call.mask.accepts(&base) {
            return None;
        }
        let strong = matches!(call.mask.uniqueness(&base, &call.arguments), Uniqueness::Hash { bits } if bits >= BITS);
        let mut pseudonyms = Pseudonyms::new();
        let mut torn = false;
        for pair in table.pairs(at) {
            let Some((raw, out)) = pair.raw.zip(pair.out.flatten()) else { continue };
            let known = pseudonyms.insert(raw.trim_end_matches(' '), out.trim_end_matches(' '));
            torn |= known.is_some_and(|known| known != out.trim_end_matches(' '));
        }
        Some(Self { table, at, call, pseudonyms, torn, strong })
    }

    fn name(&self) -> String {
        self.table.name_of(self.at)
    }

    /// The same function on the same type: different lengths of one hash are no two domains.
    fn same_function(&self, other: &Self) -> bool {
        let type_of = |keyed: &Self| keyed.table.columns.get(keyed.at).map(|column| &column.column.data_type.name);
        self.call.mask.name() == other.call.mask.name()
            && self.call.arguments == other.call.arguments
            && type_of(self) == type_of(other)
    }

    /// How many values both have, and for how many of them the pseudonyms are equal.
    fn common(&self, other: &Pseudonyms<'_>) -> (usize, usize) {
        let both = self.pseudonyms.iter().filter_map(|(raw, out)| Some((out, other.get(raw)?)));
        both.fold((0, 0), |(all, equal), (one, two)| (all + 1, equal + usize::from(one == two)))
    }

    /// `Ok(None)` where too few values are common to both to say anything.
    fn is_apart(&self, other: &Pseudonyms<'_>, from: &str) -> Result<Option<()>, String> {
        let (all, equal) = self.common(other);
        let linked = if self.strong { equal > 0 } else { all >= FEW && equal == all };
        if linked {
            return Err(format!("{equal} of {all} values have the same pseudonym as {from}"));
        }
        Ok((all >= FEW || (self.strong && all > 0)).then_some(()))
    }
}

fn call_of<'t>(column: &ColumnTrace<'t>) -> Option<&'t MaskCall> {
    match &column.own.treatment {
        Treatment::Mask(MaskUse::Call(call)) => Some(call),
        _ => None,
    }
}

fn keyed_of<'t>(catalog: &Catalog, trace: &'t Trace<'t>) -> Vec<Keyed<'t>> {
    let of_table = |table: &'t TableTrace<'t>| (0..table.columns.len()).map(move |at| (table, at));
    trace.tables.iter().flat_map(of_table).filter_map(|(table, at)| Keyed::of(catalog, table, at)).collect()
}

/// Within one export: two runs of it with two keys.
pub fn within(catalog: &Catalog, trace: &Trace<'_>, with_other_key: Option<&Trace<'_>>, report: &mut Report) {
    let all = keyed_of(catalog, trace);
    let others = with_other_key.map(|other| keyed_of(catalog, other)).unwrap_or_default();
    for own in &all {
        let subject = column_subject(trace, own.table, own.at);
        if own.pseudonyms.is_empty() {
            report.skipped(Kind::Masking, &subject, "pseudonyms", "no exported row has a value here");
            continue;
        }
        report.tried(
            Kind::Masking,
            &subject,
            "equal values have one pseudonym in its linkage group",
            agrees(own, &all),
        );
        let twin = others.iter().find(|other| other.table.plan.name == own.table.plan.name && other.at == own.at);
        if let Some(twin) = twin {
            apart(
                report,
                &subject,
                "another key gives other pseudonyms",
                own.is_apart(&twin.pseudonyms, "under another key"),
            );
        }
        let domains: Vec<&Keyed<'_>> =
            all.iter().filter(|other| other.call.group != own.call.group && own.same_function(other)).collect();
        if !domains.is_empty() {
            apart(report, &subject, "other domains have other pseudonyms", from_all(own, &domains));
        }
    }
    if let Some(other) = with_other_key {
        let judged = all.iter().map(|own| (&own.table.plan.name, own.at)).collect();
        decided_by_key(trace, other, &judged, report);
    }
    joins(catalog, trace, report);
    unique(trace, report);
}

/// What a key decides without being a pseudonym (a shift, a noise, a label) another key decides otherwise.
fn decided_by_key(trace: &Trace<'_>, other: &Trace<'_>, judged: &BTreeSet<(&QName, usize)>, report: &mut Report) {
    for table in &trace.tables {
        let Some(twin) = other.tables.iter().find(|twin| twin.plan.name == table.plan.name) else { continue };
        for (at, column) in table.columns.iter().enumerate() {
            let keyed = call_of(column).is_some_and(|call| call.mask.keyed());
            let Some(file) = column.file.filter(|_| keyed && !judged.contains(&(&table.plan.name, at))) else {
                continue;
            };
            let subject = column_subject(trace, table, at);
            apart(report, &subject, "another key decides otherwise", decides_otherwise(table, twin, at, file));
        }
    }
}

/// `Ok(None)` where chance may well have given the same values twice.
fn decides_otherwise(
    table: &TableTrace<'_>,
    twin: &TableTrace<'_>,
    at: usize,
    file: usize,
) -> Result<Option<()>, String> {
    let value = |row: &'_ [Option<String>], at: usize| row.get(at).cloned().flatten();
    let others: BTreeMap<_, _> = twin.rows.iter().map(|row| ((&row.place, &row.raw), value(&row.out, file))).collect();
    let (mut all, mut equal, mut outputs) = (0, 0, BTreeSet::new());
    for row in table.rows.iter().filter(|row| row.raw.get(at).is_some_and(Option::is_some)) {
        let Some(other) = others.get(&(&row.place, &row.raw)) else { continue };
        let own = value(&row.out, file);
        (all, equal) = (all + 1, equal + usize::from(own == *other));
        outputs.extend([own, other.clone()]);
    }
    let chances = u32::try_from(all).ok().and_then(|all| outputs.len().checked_pow(all)).unwrap_or(usize::MAX);
    if chances < CHANCES {
        return Ok(None);
    }
    if equal == all { Err(format!("all {all} values are the same under two keys")) } else { Ok(Some(())) }
}

fn agrees(own: &Keyed<'_>, all: &[Keyed<'_>]) -> Result<(), String> {
    if own.torn {
        return Err("one value has two pseudonyms".to_owned());
    }
    for other in all.iter().filter(|other| other.call.group == own.call.group && own.same_function(other)) {
        let (all, equal) = own.common(&other.pseudonyms);
        if all != equal {
            return Err(format!("{} of {all} common values have another pseudonym in {}", all - equal, other.name()));
        }
    }
    Ok(())
}

fn from_all(own: &Keyed<'_>, others: &[&Keyed<'_>]) -> Result<Option<()>, String> {
    let mut said = None;
    for other in others {
        said = said.or(own.is_apart(&other.pseudonyms, &other.name())?);
    }
    Ok(said)
}

fn apart(report: &mut Report, subject: &str, name: &str, result: Result<Option<()>, String>) {
    match result {
        Ok(Some(())) => report.tried(Kind::Masking, subject, name, Ok(())),
        Ok(None) => {
            report.skipped(Kind::Masking, subject, name, "too few values are in both to tell chance from linkage");
        }
        Err(why) => report.tried(Kind::Masking, subject, name, Err(why)),
    }
}

/// Between exports: linkable ones agree, others do not.
pub fn across(catalog: &Catalog, traces: &[Trace<'_>], report: &mut Report) {
    for (at, one) in traces.iter().enumerate() {
        let own = keyed_of(catalog, one);
        for other in traces.iter().skip(at + 1) {
            for (own, twin) in twins(&own, &keyed_of(catalog, other)) {
                let subject = column_subject(one, own.table, own.at);
                let linkable = one.plan.linkage == other.plan.linkage;
                let name =
                    format!("pseudonyms {} those of `{}`", if linkable { "are" } else { "are not" }, other.plan.name);
                if linkable {
                    let (all, equal) = own.common(&twin);
                    let result = if all == equal { Ok(()) } else { Err(format!("{} of {all} differ", all - equal)) };
                    report.tried(Kind::Masking, &subject, name, result);
                } else {
                    let from = format!("in export `{}`", other.plan.name);
                    apart(report, &subject, &name, own.is_apart(&twin, &from));
                }
            }
        }
    }
}

/// The same column under the same mask in two exports.
fn twins<'o, 't>(one: &'o [Keyed<'t>], other: &[Keyed<'t>]) -> Vec<(&'o Keyed<'t>, Pseudonyms<'t>)> {
    let same = |own: &&Keyed<'_>, twin: &&Keyed<'_>| {
        own.table.plan.name == twin.table.plan.name && own.at == twin.at && own.same_function(twin)
    };
    let found = one.iter().filter_map(|own| {
        let twin = other.iter().find(|twin| same(&own, twin))?;
        Some((own, twin.pseudonyms.clone()))
    });
    found.collect()
}

type Values = Vec<String>;

/// References lead to the rows that they led to.
fn joins(catalog: &Catalog, trace: &Trace<'_>, report: &mut Report) {
    let by_name: BTreeMap<&QName, &TableTrace<'_>> =
        trace.tables.iter().map(|table| (&table.plan.name, table)).collect();
    for (table, key) in catalog.foreign_keys() {
        let ends =
            by_name.get(catalog.partition_root(&table.name)).zip(by_name.get(catalog.partition_root(&key.references)));
        let Some((child, parent)) = ends else { continue };
        let columns = key.columns.iter().map(|name| in_file(child, name)).collect::<Option<Vec<_>>>();
        let referenced = key.referenced_columns.iter().map(|name| in_file(parent, name)).collect::<Option<Vec<_>>>();
        let Some((columns, referenced)) = columns.zip(referenced) else { continue };
        let subject = format!("{} ({})", table_subject(trace, child), key.name);
        let result = leads(child, &columns, parent, &referenced, is_loose(child, key));
        report.tried(Kind::Masking, &subject, "references lead to the rows that they led to", result);
    }
}

/// References may become NULL.
fn is_loose(child: &TableTrace<'_>, key: &ForeignKey) -> bool {
    let loose = child.columns.iter().filter(|column| column.own.orphans == Some(Orphans::Null));
    let loose: BTreeSet<&str> = loose.map(|column| column.column.name.as_str()).collect();
    key.columns.iter().any(|name| loose.contains(name.as_str()))
}

fn in_file(table: &TableTrace<'_>, name: &str) -> Option<(usize, usize)> {
    let at = table.columns.iter().position(|column| column.column.name == name)?;
    Some((at, table.columns.get(at)?.file?))
}

fn leads(
    child: &TableTrace<'_>,
    columns: &[(usize, usize)],
    parent: &TableTrace<'_>,
    referenced: &[(usize, usize)],
    loose: bool,
) -> Result<(), String> {
    let value = |row: &[Option<String>], at: &mut dyn Iterator<Item = usize>| {
        at.map(|at| row.get(at).cloned().flatten().map(|text| text.trim_end_matches(' ').to_owned()))
            .collect::<Option<Values>>()
    };
    let mut keys: BTreeMap<Values, Values> = BTreeMap::new();
    for row in &parent.rows {
        let before = value(&row.raw, &mut referenced.iter().map(|at| at.0));
        let after = value(&row.out, &mut referenced.iter().map(|at| at.1));
        keys.extend(before.zip(after));
    }
    let mut wrong = 0;
    for row in &child.rows {
        let before = value(&row.raw, &mut columns.iter().map(|at| at.0));
        let after = value(&row.out, &mut columns.iter().map(|at| at.1));
        let holds = match (before, after) {
            (Some(before), Some(after)) => keys.get(&before) == Some(&after),
            (Some(before), None) => loose && !keys.contains_key(&before),
            (None, Some(_)) => false,
            (None, None) => true,
        };
        // A reference that is NULL by its mask joins nothing, as its policy says.
        let masked_away = columns.iter().any(|(at, _)| {
            let given = row.given.get(*at);
            matches!(given, Some(Treatment::Mask(MaskUse::Null)))
        });
        wrong += usize::from(!holds && !masked_away);
    }
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} references lead elsewhere")) }
}

/// What is unique stays unique.
fn unique(trace: &Trace<'_>, report: &mut Report) {
    for table in &trace.tables {
        for key in table.table.unique_keys().iter().filter(|key| !key.expression && !key.partial) {
            let Some(columns) = key.columns.iter().map(|name| in_file(table, name)).collect::<Option<Vec<_>>>() else {
                continue;
            };
            let masked = columns.iter().filter_map(|(at, _)| table.columns.get(*at));
            if !masked.clone().any(|column| matches!(column.own.treatment, Treatment::Mask(_))) {
                continue;
            }
            let mut seen = BTreeSet::new();
            let mut twice = 0;
            for row in &table.rows {
                let values: Option<Vec<&str>> =
                    columns.iter().map(|(_, at)| row.out.get(*at).and_then(Option::as_deref)).collect();
                twice += usize::from(values.is_some_and(|values| !seen.insert(values)));
            }
            let subject = format!("{} ({})", table_subject(trace, table), key.name);
            let result = if twice == 0 { Ok(()) } else { Err(format!("{twice} rows repeat a key")) };
            report.tried(Kind::Masking, &subject, "what is unique stays unique", result);
        }
    }
}
