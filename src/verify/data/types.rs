//! Families of values for every type of a database, and expressions of them.

use super::pattern;
use super::printed;
use super::random::Random;
use super::values::{self, ADVERSARIAL, TEXTS, builtin_families};
use crate::verify::session::{Refusal, Session};
use crate::verify::text::{Part, Sql};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Values of one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// What breaks programs: quotes, extremes, infinity.
    Wild(usize),
    /// What looks like a code, an address, a small number.
    Tame(usize),
    /// Whatever the parts of a composite allow.
    Parts,
    /// An array without elements.
    Empty,
    /// A text that a check names.
    Named(String),
    /// A text that an expression in a check matches.
    Matching(String),
}

impl Family {
    fn wild(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(Self::Wild)
    }

    fn tame(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(Self::Tame)
    }

    fn is_wild(&self) -> bool {
        matches!(self, Self::Wild(_))
    }

    fn number(&self) -> usize {
        match self {
            Self::Wild(number) | Self::Tame(number) => *number,
            _ => 0,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Type {
    oid: u32,
    name: String,
    #[serde(deserialize_with = "printed")]
    sql: Sql,
    kind: char,
    category: char,
    base: u32,
    base_modifier: i32,
    element: u32,
    subtype: u32,
    range: u32,
    labels: Vec<String>,
    attributes: Vec<(u32, i32)>,
    checks: Vec<String>,
}

impl Type {
    fn is_array(&self) -> bool {
        self.category == 'A' && self.element != 0 && !is_fixed_vector(&self.name)
    }

    fn is_text(&self) -> bool {
        self.category == 'S' && self.name != "name"
    }
}

/// These have elements and a syntax of their own.
fn is_fixed_vector(name: &str) -> bool {
    matches!(name, "int2vector" | "oidvector" | "point" | "lseg" | "box" | "line" | "name")
}

/// The types of a database.
#[derive(Debug)]
pub(super) struct Types(BTreeMap<u32, Type>);

impl Types {
    pub(super) fn read(session: &mut dyn Session) -> Result<Self, Refusal> {
        let types: Vec<Type> = super::json(session, &Sql::whole(TYPES))?;
        Ok(Self(types.into_iter().map(|found| (found.oid, found)).collect()))
    }

    fn get(&self, oid: u32) -> Option<&Type> {
        self.0.get(&oid)
    }

    /// A domain's own type at the bottom, with the modifier that comes with it.
    fn resolve(&self, oid: u32, modifier: i32) -> Option<(&Type, i32)> {
        let found = self.get(oid)?;
        if found.kind == 'd' { self.resolve(found.base, found.base_modifier) } else { Some((found, modifier)) }
    }

    /// The text of the checks of a domain, and of the domains below it and inside it.
    pub(super) fn domain_checks(&self, oid: u32) -> Vec<&str> {
        let Some(found) = self.get(oid) else { return Vec::new() };
        let below = [found.base, if found.category == 'A' { found.element } else { 0 }];
        let inner = below.into_iter().flat_map(|oid| self.domain_checks(oid));
        found.checks.iter().map(String::as_str).chain(inner).collect()
    }

    /// The families of a type, adversarial ones first.
    pub(super) fn families(&self, oid: u32) -> Vec<Family> {
        let Some((found, _)) = self.resolve(oid, -1) else { return Vec::new() };
        match found.kind {
            'e' => Family::tame(found.labels.len()).collect(),
            'c' => vec![Family::Parts],
            'r' | 'm' => Family::tame(3).chain(Family::wild(4)).collect(),
            _ if found.is_array() => {
                let mut families = self.families(found.element);
                families.push(Family::Empty);
                families
            }
            _ if found.is_text() => Family::wild(ADVERSARIAL.len() + 1).chain(Family::tame(TEXTS)).collect(),
            _ => match builtin_families(&found.name) {
                (0, 0) => Family::tame(TEXTS).collect(),
                (wild, tame) => Family::wild(wild).chain(Family::tame(tame)).collect(),
            },
        }
    }

    /// An expression of the family; a cast to the column's type still has to go around it.
    pub(super) fn value(&self, oid: u32, modifier: i32, family: &Family, random: &mut Random) -> Sql {
        let Some((found, modifier)) = self.resolve(oid, modifier) else { return null() };
        if found.is_array() {
            return self.array(found, modifier, family, random);
        }
        match family {
            Family::Named(text) => return literal(text),
            Family::Matching(pattern) => return literal(&pattern::matching(pattern, random)),
            _ => {}
        }
        match found.kind {
            'e' => literal(found.labels.get(family.number()).map_or("", String::as_str)),
            'c' => {
                let mut any = |(oid, modifier): &(u32, i32)| self.any(*oid, *modifier, random);
                let fields: Vec<Sql> = found.attributes.iter().map(&mut any).collect();
                Sql::of("ROW($1)", &[Part::Sql(&Sql::joined(&fields, ", "))])
            }
            'r' => self.range(found, family, random),
            'm' => {
                let range = self.get(found.range);
                let count = random.below(3);
                let ranges: Vec<Sql> =
                    (0..count).filter_map(|_| range.map(|range| self.range(range, family, random))).collect();
                Sql::of("$1($2)", &[Part::Sql(&found.sql), Part::Sql(&Sql::joined(&ranges, ", "))])
            }
            _ if found.is_text() => {
                literal(&values::text(family.is_wild(), family.number(), &found.name, modifier, random))
            }
            _ => literal(&values::builtin(&found.name, modifier, family.is_wild(), family.number(), random)),
        }
    }

    fn any(&self, oid: u32, modifier: i32, random: &mut Random) -> Sql {
        let families = self.families(oid);
        let family = random.pick(&families).cloned().unwrap_or(Family::Parts);
        let value = self.value(oid, modifier, &family, random);
        self.cast(&value, oid)
    }

    fn cast(&self, value: &Sql, oid: u32) -> Sql {
        match self.get(oid) {
            Some(found) => Sql::of("($1)::$2", &[Part::Sql(value), Part::Sql(&found.sql)]),
            None => value.clone(),
        }
    }

    fn array(&self, found: &Type, modifier: i32, family: &Family, random: &mut Random) -> Sql {
        if *family == Family::Empty {
            return Sql::of("ARRAY[]::$1", &[Part::Sql(&found.sql)]);
        }
        let count = random.below(3);
        let mut items: Vec<Sql> = (0..=count)
            .map(|_| {
                let item = self.value(found.element, modifier, family, random);
                self.cast(&item, found.element)
            })
            .collect();
        if family.is_wild() && random.one_in(3) {
            items.push(self.cast(&null(), found.element));
        }
        let items = Sql::joined(&items, ", ");
        let parts = [Part::Sql(&items), Part::Sql(&found.sql)];
        // Composite and domain elements have no way to write a second dimension that every version reads alike.
        let plain = self.get(found.element).is_some_and(|element| element.kind == 'b');
        if family.is_wild() && random.one_in(5) && plain {
            return Sql::of("ARRAY[[$1], [$1]]::$2", &parts);
        }
        Sql::of("ARRAY[$1]::$2", &parts)
    }

    fn range(&self, found: &Type, family: &Family, random: &mut Random) -> Sql {
        let mut bound = || {
            let value = self.value(found.subtype, -1, &Family::Tame(0), random);
            self.cast(&value, found.subtype)
        };
        let (low, high) = (bound(), bound());
        let parts = [Part::Sql(&found.sql), Part::Sql(&low), Part::Sql(&high)];
        match family {
            Family::Wild(0) => literal("empty"),
            Family::Wild(1) => Sql::of("$1($2, NULL, '[)')", &parts),
            Family::Wild(2) => Sql::of("$1(NULL, $3, '()')", &parts),
            Family::Wild(_) => Sql::of("$1(NULL, NULL, '()')", &parts),
            Family::Tame(1) => Sql::of("$1(least($2, $3), greatest($2, $3), '(]')", &parts),
            Family::Tame(2) => Sql::of("$1($2, $2, '[]')", &parts),
            _ => Sql::of("$1(least($2, $3), greatest($2, $3), '[)')", &parts),
        }
    }
}

fn literal(text: &str) -> Sql {
    Sql::of("$1", &[Part::Text(text)])
}

fn null() -> Sql {
    Sql::whole("NULL")
}

const TYPES: &str = r"
SELECT json_agg(json_build_object('oid', t.oid::bigint, 'name', t.typname, 'sql', format_type(t.oid, NULL), 'kind', t.typtype,
  'category', t.typcategory, 'base', t.typbasetype::bigint, 'base_modifier', t.typtypmod, 'element', t.typelem::bigint,
  'subtype', coalesce((SELECT r.rngsubtype::bigint FROM pg_range r WHERE r.rngtypid = t.oid), 0),
  'range', coalesce((SELECT r.rngtypid::bigint FROM pg_range r WHERE r.rngmultitypid = t.oid), 0),
  'labels', ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
  'attributes', (SELECT coalesce(json_agg(json_build_array(a.atttypid::bigint, a.atttypmod) ORDER BY a.attnum), '[]')
     FROM pg_attribute a WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped),
  'checks', ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.conname)) ORDER BY t.oid)
FROM pg_type t WHERE t.typtype <> 'p'";
