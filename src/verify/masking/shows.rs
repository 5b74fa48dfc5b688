//! How much of a value may be seen in what a treatment gives for it.
//!
//! A search for originals must know what a mask claims: a pseudonym holds nothing of its value, the last four digits are
//! in what `partial` gives, and text in which `scrub` finds nothing leaves as it is. The claims are those of the masks'
//! pages; a mask that is not named here claims that nothing is seen.

use crate::model::{Fill, MaskUse, Treatment};

/// The most that may be seen of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shows {
    /// Nothing: it does not leave, or a keyed function of it does.
    Nothing,
    /// Nothing, but what leaves is a constant or a word of a list, which a value may happen to be.
    Listed,
    /// A part of it.
    Part,
    /// All of it, at some values.
    Whole,
}

const LISTED: [&str; 10] = [
    "constant",
    "default",
    "dictionary",
    "fake_address",
    "fake_city",
    "fake_company",
    "fake_kana",
    "fake_name",
    "fake_phone",
    "zero",
];
const PART: [&str; 5] = ["email_partial", "partial", "partial_length", "regex_replace", "tsvector"];
const WHOLE: [&str; 15] = [
    "age_band",
    "boolean",
    "bucket",
    "clamp",
    "date_shift",
    "digits",
    "enum_pick",
    "geo_round",
    "ip_truncate",
    "noise",
    "pick",
    "postal_code",
    "scrub",
    "shuffle",
    "truncate",
];

/// What a treatment of a column claims; of a choice, what the weakest branch that masks claims.
pub fn of(treatment: &Treatment, column: &str) -> Shows {
    match treatment {
        // Fields that are kept are in a composite.
        Treatment::Keep | Treatment::Generated | Treatment::Mask(MaskUse::Fields(_)) => Shows::Whole,
        Treatment::Drop(Fill::Expression(_)) => Shows::Listed,
        Treatment::Drop(_) | Treatment::Mask(MaskUse::Null) => Shows::Nothing,
        Treatment::Mask(MaskUse::Call(call)) => of_mask(call.mask.name()),
        Treatment::Mask(MaskUse::Expression(own)) => {
            if own.sql.facts.shows.iter().any(|shown| shown == column) {
                Shows::Whole
            } else {
                Shows::Part
            }
        }
        // Its leaves are looked at one by one.
        Treatment::Mask(MaskUse::Json(_)) => Shows::Part,
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => {
            let branches = [then, otherwise].into_iter().filter(|branch| !matches!(***branch, Treatment::Keep));
            branches.map(|branch| of(branch, column)).max().unwrap_or(Shows::Whole)
        }
    }
}

fn of_mask(name: &str) -> Shows {
    if LISTED.contains(&name) {
        Shows::Listed
    } else if PART.contains(&name) {
        Shows::Part
    } else if WHOLE.contains(&name) {
        Shows::Whole
    } else {
        Shows::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask;

    #[test]
    fn every_name_is_a_mask_and_stands_once() {
        let names: Vec<&str> = LISTED.into_iter().chain(PART).chain(WHOLE).collect();
        for (at, name) in names.iter().enumerate() {
            assert!(mask::find(name).is_some(), "{name}");
            assert!(!names[..at].contains(name), "{name}");
        }
    }

    #[test]
    fn what_claims_to_show_nothing_is_keyed() {
        let bare = mask::all().filter(|mask| of_mask(mask.name()) == Shows::Nothing && !mask.keyed());
        assert_eq!(bare.map(mask::Mask::name).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
