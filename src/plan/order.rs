//! Which table is loaded before which.
//!
//! Foreign keys make a graph that may have cycles. Its strongly connected components (found by Kosaraju's two
//! walks, with explicit stacks since chains of keys may be long) are ordered so that referenced tables come first;
//! inside a component no order satisfies the keys, so they are deferred.

use crate::catalog::QName;
use std::collections::{BTreeMap, BTreeSet};

/// Table to the tables that it references. Every table is a key; a table's reference to itself does not matter.
pub type Graph = BTreeMap<QName, BTreeSet<QName>>;

/// The strongly connected components, referenced ones first, the tables of each by name. Ties go to the smallest
/// name, so that the result depends on nothing but the graph.
pub fn components(graph: &Graph) -> Vec<Vec<QName>> {
    let members = strong_components(graph);
    let home: BTreeMap<&QName, usize> =
        members.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |table| (table, at))).collect();
    let mut waiting: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); members.len()];
    let mut needed_by: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); members.len()];
    for (table, references) in graph {
        for reference in references {
            if let (Some(&from), Some(&to)) = (home.get(table), home.get(reference))
                && from != to
                && let (Some(waits), Some(needs)) = (waiting.get_mut(from), needed_by.get_mut(to))
            {
                waits.insert(to);
                needs.insert(from);
            }
        }
    }
    drain(&members, waiting, &needed_by)
}

/// Kahn's algorithm over components, always taking the one whose first table has the smallest name.
fn drain(members: &[Vec<QName>], mut waiting: Vec<BTreeSet<usize>>, needed_by: &[BTreeSet<usize>]) -> Vec<Vec<QName>> {
    let key = |at: usize| members.get(at).and_then(|group| group.first());
    let mut ready: BTreeSet<(Option<&QName>, usize)> =
        waiting.iter().enumerate().filter(|(_, waits)| waits.is_empty()).map(|(at, _)| (key(at), at)).collect();
    let mut ordered = Vec::with_capacity(members.len());
    while let Some((_, at)) = ready.pop_first() {
        ordered.extend(members.get(at).cloned());
        for &next in needed_by.get(at).into_iter().flatten() {
            if let Some(waits) = waiting.get_mut(next) {
                waits.remove(&at);
                if waits.is_empty() {
                    ready.insert((key(next), next));
                }
            }
        }
    }
    ordered
}

fn strong_components(graph: &Graph) -> Vec<Vec<QName>> {
    let mut reversed: BTreeMap<&QName, Vec<&QName>> = BTreeMap::new();
    for (table, references) in graph {
        for reference in references {
            reversed.entry(reference).or_default().push(table);
        }
    }
    let mut assigned: BTreeSet<&QName> = BTreeSet::new();
    let mut found = Vec::new();
    for root in finish_order(graph).into_iter().rev() {
        let mut group = BTreeSet::new();
        let mut stack = vec![root];
        while let Some(table) = stack.pop() {
            if graph.contains_key(table) && assigned.insert(table) {
                group.insert(table.clone());
                stack.extend(reversed.get(table).into_iter().flatten().copied());
            }
        }
        if !group.is_empty() {
            found.push(group.into_iter().collect());
        }
    }
    found
}

/// Tables in the order in which a depth-first walk leaves them.
fn finish_order(graph: &Graph) -> Vec<&QName> {
    let mut seen: BTreeSet<&QName> = BTreeSet::new();
    let mut finished = Vec::with_capacity(graph.len());
    for root in graph.keys() {
        let mut stack = vec![(root, false)];
        while let Some((table, done)) = stack.pop() {
            if done {
                finished.push(table);
            } else if seen.insert(table) {
                stack.push((table, true));
                let next = graph.get(table).into_iter().flatten().filter(|reference| !seen.contains(reference));
                stack.extend(next.map(|reference| (reference, false)));
            }
        }
    }
    finished
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(edges: &[(&str, &str)]) -> String {
        let mut graph = Graph::new();
        for (table, reference) in edges {
            graph.entry(QName::new("s", *table)).or_default().insert(QName::new("s", *reference));
            graph.entry(QName::new("s", *reference)).or_default();
        }
        let groups = components(&graph);
        let words = |group: &Vec<QName>| group.iter().map(|table| table.name.clone()).collect::<Vec<_>>().join("+");
        groups.iter().map(words).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn referenced_tables_come_first_and_ties_go_by_name() {
        assert_eq!(order(&[("a", "z"), ("b", "z"), ("z", "m")]), "m z a b");
    }

    #[test]
    fn a_self_reference_is_no_cycle() {
        assert_eq!(order(&[("a", "a"), ("b", "a")]), "a b");
    }

    #[test]
    fn a_cycle_is_one_component_between_its_neighbours() {
        assert_eq!(order(&[("b", "c"), ("c", "d"), ("d", "b"), ("a", "b"), ("d", "e")]), "e b+c+d a");
    }

    #[test]
    fn a_long_chain_does_not_exhaust_the_stack() {
        let names: Vec<String> = (0..20_000).map(|n| format!("t{n:05}")).collect();
        let edges: Vec<(&str, &str)> = names.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
        assert!(order(&edges).starts_with("t19999 t19998"));
    }
}
