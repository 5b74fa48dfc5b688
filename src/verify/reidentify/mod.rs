//! What still singles people out in an export.
//!
//! The problem: every column may be treated as the policy says, and the rows still be told apart, by a birthday beside a
//! place, by which fields are empty, by a length that a mask keeps. The mechanism: the compiled SELECT of each table is
//! counted over, never shown: how many rows are alone. On made rows this says how an export is looked at; on a real
//! database, read in transactions that may not write, it gives figures. Nothing here fails: what is too much is for people
//! to say. Quasi-identifiers are guessed by type, as `after.sql` does: the language has no word to declare them.

use super::masking::run::{KEYS, Run};
use super::masking::trace;
use super::report::{Kind, Report};
use super::session::{Refusal, Row, Session};
use super::text::{Part, Sql};
use super::world::{Failure, World};
use crate::emit;
use crate::mask::{NullRule, hmac};
use crate::model::access::ScopeKind;
use crate::model::{MaskUse, Model, Treatment};
use crate::plan::{ExportPlan, Plan, TablePlan, test};
use crate::sql::Statement;

/// Rows in groups smaller than this are told too: five is what statistics offices commonly ask for.
const SMALL: &str = "5";
/// As the compiled SELECTs name it.
const TABLE_OF_PADS: &str = "pg_temp.noren_pads";
/// A real database is not kept busy for longer by one question.
const TIMEOUT: &str = "60s";

/// Over the rows that were made: the method.
pub fn on_made_rows(world: &World<'_>, plan: &Plan<'_>, report: &mut Report) -> Result<(), Failure> {
    for export in &plan.exports {
        let mut session = world.superuser(world.source())?;
        let tenant = world.filled.tenants.as_ref().filter(|_| export.tenant.is_some()).map(|made| made.first.clone());
        let run = Run { tenant, ..Run::new(world, &export.name, 0, None) };
        trace::prepare(session.as_mut(), world, export, &run)?;
        measure(session.as_mut(), world.model, export, None, report);
    }
    Ok(())
}

/// Over the rows of a real database: figures.
pub fn on_real_rows(
    session: &mut dyn Session,
    model: &Model,
    plan: &Plan<'_>,
    report: &mut Report,
) -> Result<(), Failure> {
    session.run(&Sql::whole("SET default_transaction_read_only = on"))?;
    session.run(&Sql::of("SET statement_timeout = $1", &[Part::Text(TIMEOUT)]))?;
    for statement in emit::session(&[]) {
        let text =
            statement.print().map_err(|mismatch| Failure::new(mismatch.to_string(), "report it with the schema"))?;
        session.run(&Sql::whole(text))?;
    }
    let (setting, key) = (test::setting(model), KEYS.first().copied().unwrap_or_default());
    session.run(&Sql::of("SELECT set_config($1, $2, false)", &[Part::Text(setting), Part::Text(key)]))?;
    let pads = pads(session, setting)?;
    for export in &plan.exports {
        if export.tenant.is_some() {
            report.skipped(Kind::Report, &export.name, "what singles people out", "each run names its tenant");
        } else {
            measure(session, model, export, Some(&pads), report);
        }
    }
    Ok(())
}

/// What stands for the table of the pads where no table may be made.
fn pads(session: &mut dyn Session, setting: &str) -> Result<Sql, Failure> {
    let select = Statement::Select(hmac::select_pads(setting)).print();
    let select = select.map_err(|mismatch| Failure::new(mismatch.to_string(), "report it with the schema"))?;
    let rows = session.run(&Sql::whole(select))?.rows;
    let bytes = rows.into_iter().flatten().flatten().collect::<Vec<_>>();
    let [inner, outer] = bytes.as_slice() else {
        return Err(Failure::new("expected the pads of the key, found none", "report it with the server's version"));
    };
    let text = "(SELECT $1::bytea AS inner_pad, $2::bytea AS outer_pad)";
    Ok(Sql::of(text, &[Part::Text(inner), Part::Text(outer)]))
}

fn measure(session: &mut dyn Session, model: &Model, export: &ExportPlan<'_>, pads: Option<&Sql>, report: &mut Report) {
    for table in &export.tables {
        let subject = format!("{}: {}", export.name, table.name);
        match lines(session, model, export, table, pads) {
            Ok(lines) => report.notes.extend(lines.into_iter().map(|line| (subject.clone(), line))),
            // A message of the server may hold a value; its code does not.
            Err(code) => {
                report.skipped(
                    Kind::Report,
                    &subject,
                    "what singles people out",
                    format!("the server refused: {code}"),
                );
            }
        }
    }
}

/// Everything that is said of one table, in one snapshot.
fn lines(
    session: &mut dyn Session,
    model: &Model,
    export: &ExportPlan<'_>,
    table: &TablePlan<'_>,
    pads: Option<&Sql>,
) -> Result<Vec<String>, String> {
    let refused = |refusal: &Refusal| refusal.sqlstate.clone();
    let masked = Statement::Select(export.select(table)).print().map_err(|mismatch| mismatch.to_string())?;
    session
        .run(&Sql::whole("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        .map_err(|refusal| refused(&refusal))?;
    let rows = Sql::whole(pads.map_or(masked.clone(), |pads| masked.replace(TABLE_OF_PADS, pads.as_str())));
    let mut asked = Asked { session, rows: &rows, lines: Vec::new() };
    let result = asked.table(model, export, table);
    let lines = asked.lines;
    let ended = session.run(&Sql::whole("ROLLBACK"));
    result.and(ended.map(drop)).map_err(|refusal| refused(&refusal))?;
    Ok(lines)
}

struct Asked<'s> {
    session: &'s mut dyn Session,
    rows: &'s Sql,
    lines: Vec<String>,
}

/// How many rows there are, are alone, and are in small groups.
struct Groups {
    rows: u64,
    alone: u64,
    small: u64,
    count: u64,
}

impl Asked<'_> {
    fn table(&mut self, model: &Model, export: &ExportPlan<'_>, table: &TablePlan<'_>) -> Result<(), Refusal> {
        let (declared, own) = export.declared(table);
        let together = export.identifying(table);
        if !together.is_empty() {
            let found = self.groups(&together.iter().map(|name| column(name)).collect::<Vec<_>>())?;
            self.lines.push(format!(
                "{} of {} rows are alone with their ({}), {} are in groups of fewer than {SMALL} (columns guessed by type)",
                found.alone,
                found.rows,
                together.join(", "),
                found.small
            ));
        }
        let kept = |name: &str| own.columns.get(name).is_some_and(|own| matches!(own.treatment, Treatment::Keep));
        let keys = declared.unique_keys();
        let unique = keys.iter().filter_map(|key| match key.columns.as_slice() {
            [one] if kept(one) && !key.expression => Some(*one),
            _ => None,
        });
        let unique: std::collections::BTreeSet<&str> = unique.collect();
        if !unique.is_empty() {
            let names: Vec<&str> = unique.into_iter().collect();
            self.lines
                .push(format!("kept and unique: {}: who knows one of them elsewhere finds its row", names.join(", ")));
        }
        self.lengths(own)?;
        self.nulls(declared, own)?;
        let masks_key = declared.primary_key.iter().flat_map(|key| &key.columns).any(|name| !kept(name));
        if !masks_key && own.columns.values().any(|own| matches!(own.treatment, Treatment::Mask(_))) {
            self.lines
                .push("rows leave as they lie in the table, mostly in the order in which they were made".to_owned());
        }
        self.tenants(model, table)
    }

    /// Lengths that masks leave to be seen, as the masks say of themselves.
    fn lengths(&mut self, own: &crate::model::ExportTable) -> Result<(), Refusal> {
        for (name, own) in &own.columns {
            let Treatment::Mask(MaskUse::Call(call)) = &own.treatment else { continue };
            if call.mask.shows_length(&call.arguments) {
                let length = Sql::of("length(noren_rows.$1::text)", &[Part::Name(name)]);
                let found = self.groups(&[length])?;
                self.lines.push(format!(
                    "{name}: `{}` leaves the length to be seen: {} lengths, {} of {} rows are alone with theirs",
                    call.mask.name(),
                    found.count,
                    found.alone,
                    found.rows
                ));
            }
        }
        Ok(())
    }

    /// Which fields are empty, over all columns whose masks keep NULL.
    fn nulls(&mut self, declared: &crate::catalog::Table, own: &crate::model::ExportTable) -> Result<(), Refusal> {
        let shows = |name: &&String| {
            let nullable = declared.columns.get(*name).is_some_and(|column| !column.not_null);
            let kept = own.columns.get(*name).is_some_and(|own| match &own.treatment {
                Treatment::Mask(MaskUse::Call(call)) => call.mask.null_rule() == NullRule::Keeps,
                _ => false,
            });
            nullable && kept
        };
        let names: Vec<&String> = own.columns.keys().filter(shows).collect();
        if names.is_empty() {
            return Ok(());
        }
        let empty: Vec<Sql> =
            names.iter().map(|name| Sql::of("(noren_rows.$1 IS NULL)", &[Part::Name(name)])).collect();
        let found = self.groups(&empty)?;
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        self.lines.push(format!(
            "which of ({}) are empty can be seen: {} patterns, {} of {} rows are alone with theirs",
            names.join(", "),
            found.count,
            found.alone,
            found.rows
        ));
        Ok(())
    }

    /// How many rows each tenant has, where the export says whose they are.
    fn tenants(&mut self, model: &Model, table: &TablePlan<'_>) -> Result<(), Refusal> {
        let scope = model.access.scopes.get(&table.name).map(|scope| &scope.kind);
        let Some(ScopeKind::Column { column: tenant, .. }) = scope else { return Ok(()) };
        if !table.file_columns().any(|column| column.name == *tenant) {
            return Ok(());
        }
        let query = "SELECT count(*), min(size), max(size) FROM \
                     (SELECT count(*) AS size FROM ($1) AS noren_rows GROUP BY noren_rows.$2) AS noren_groups";
        let answer = self.session.run(&Sql::of(query, &[Part::Sql(self.rows), Part::Name(tenant)]))?;
        let Some(row) = answer.rows.first() else { return Ok(()) };
        self.lines.push(format!(
            "counts of {} tenants can be seen in {tenant}: from {} to {} rows",
            number(row, 0),
            number(row, 1),
            number(row, 2)
        ));
        Ok(())
    }

    fn groups(&mut self, by: &[Sql]) -> Result<Groups, Refusal> {
        let parts = [Part::Sql(self.rows), Part::Sql(&Sql::joined(by, ", ")), Part::Text(SMALL)];
        let query = "SELECT sum(size), sum(size) FILTER (WHERE size = 1), sum(size) FILTER (WHERE size < $3::int), count(*) \
                     FROM (SELECT count(*) AS size FROM ($1) AS noren_rows GROUP BY $2) AS noren_groups";
        let answer = self.session.run(&Sql::of(query, &parts))?;
        let row = answer.rows.first().cloned().unwrap_or_default();
        Ok(Groups { rows: number(&row, 0), alone: number(&row, 1), small: number(&row, 2), count: number(&row, 3) })
    }
}

fn column(name: &str) -> Sql {
    // Text says the same of types that cannot be grouped by.
    Sql::of("noren_rows.$1::text", &[Part::Name(name)])
}

fn number(row: &Row, at: usize) -> u64 {
    row.get(at).and_then(|value| value.as_deref()?.parse().ok()).unwrap_or_default()
}
