//! What came of it: foreign keys that hold, columns that hold something, tenants that have rows.

use super::schema::Table;
use crate::verify::session::{Refusal, Session};
use crate::verify::text::{Part, Sql};

/// Foreign keys with rows that point nowhere, found by anti-joins made from `pg_constraint`; the server's own triggers
/// are not asked, since they rested while the rows were made.
pub fn broken_foreign_keys(session: &mut dyn Session) -> Result<Vec<String>, Refusal> {
    let mut broken = Vec::new();
    for probe in session.run(&Sql::whole(ANTI_JOINS))?.column() {
        broken.extend(session.run(&Sql::whole(probe))?.column());
    }
    Ok(broken)
}

/// Columns that hold nothing but NULL, of tables that hold rows.
pub(super) fn hollow(session: &mut dyn Session, tables: &[Table]) -> Result<Vec<String>, Refusal> {
    let mut hollow = Vec::new();
    for table in tables {
        let name = table.qname();
        let counts: Vec<Sql> = table
            .given()
            .map(|column| Sql::of("count(*) FILTER (WHERE num_nulls(t.$1) = 0)", &[Part::Name(&column.name)]))
            .collect();
        if counts.is_empty() {
            continue;
        }
        let parts = [Part::Sql(&Sql::joined(&counts, ", ")), Part::Relation(&name)];
        let answer = session.run(&Sql::of("SELECT $1 FROM $2 t HAVING count(*) > 0", &parts))?;
        let counts = answer.rows.into_iter().next().unwrap_or_default();
        let empty = table.given().zip(counts).filter(|(_, count)| count.as_deref() == Some("0"));
        hollow.extend(empty.map(|(column, _)| [name.to_string().as_str(), ".", &column.name].concat()));
    }
    Ok(hollow)
}

/// Materialized views may read each other: those that fail are tried again after the rest.
pub(super) fn refresh(session: &mut dyn Session) -> Result<(), Refusal> {
    let mut views = session.run(&Sql::whole(VIEWS))?.column();
    loop {
        let before = views.len();
        views.retain(|refresh| session.run(&Sql::whole(refresh.as_str())).is_err());
        if views.is_empty() || views.len() == before {
            return Ok(());
        }
    }
}

const VIEWS: &str = "SELECT format('REFRESH MATERIALIZED VIEW %I.%I', schemaname, matviewname) FROM pg_matviews \
    ORDER BY schemaname, matviewname";

/// One anti-join a foreign key; a match needs every column, and MATCH FULL allows no half NULL.
const ANTI_JOINS: &str = r"
SELECT format('SELECT %L WHERE EXISTS (SELECT FROM %s%s c WHERE (%s) AND NOT EXISTS (SELECT FROM %s%s p WHERE %s))',
    k.conrelid::regclass || ' ' || k.conname,
    CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY ' END, format('%I.%I', cn.nspname, c.relname),
    string_agg(format('c.%I IS NOT NULL', a.attname), CASE WHEN k.confmatchtype = 'f' THEN ' OR ' ELSE ' AND ' END),
    CASE WHEN f.relkind = 'p' THEN '' ELSE 'ONLY ' END, format('%I.%I', fn.nspname, f.relname),
    string_agg(format('p.%I OPERATOR(%I.%s) c.%I', fa.attname, opn.nspname, op.oprname, a.attname), ' AND '))
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
CROSS JOIN LATERAL unnest(k.conkey, k.confkey, k.conpfeqop) x(own, target, equal)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.own
JOIN pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = x.target
JOIN pg_operator op ON op.oid = x.equal JOIN pg_namespace opn ON opn.oid = op.oprnamespace
WHERE k.contype = 'f' AND k.conparentid = 0
GROUP BY k.oid, k.conname, k.conrelid, k.confmatchtype, c.relkind, cn.nspname, c.relname, f.relkind, fn.nspname, f.relname
ORDER BY 1";
