//! Strongly connected components, without recursion: a chain of 10,000 tables must not need a deep stack.

use std::collections::BTreeMap;

struct Visit<'n, N> {
    node: &'n N,
    next: Vec<&'n N>,
}

/// Groups of nodes that reach each other; a group comes after those that its nodes point at.
pub(super) fn components<'n, N: Ord, I: Iterator<Item = &'n N>>(
    nodes: &[&'n N],
    edges: impl Fn(&'n N) -> I,
) -> Vec<Vec<&'n N>> {
    let mut index: BTreeMap<&N, (usize, bool)> = BTreeMap::new();
    let mut low: BTreeMap<&N, usize> = BTreeMap::new();
    let mut open: Vec<&N> = Vec::new();
    let mut groups = Vec::new();
    let targets = |node: &'n N| {
        let mut next: Vec<&N> = edges(node).filter(|target| nodes.binary_search(target).is_ok()).collect();
        next.sort_by(|one, two| two.cmp(one));
        next
    };
    for root in nodes {
        let mut stack: Vec<Visit<'n, N>> = Vec::new();
        if !index.contains_key(root) {
            stack.push(Visit { node: root, next: targets(root) });
        }
        while let Some(visit) = stack.last_mut() {
            let node = visit.node;
            if !index.contains_key(node) {
                let number = index.len();
                index.insert(node, (number, true));
                low.insert(node, number);
                open.push(node);
            }
            if let Some(target) = visit.next.pop() {
                match index.get(target) {
                    None => stack.push(Visit { node: target, next: targets(target) }),
                    Some((number, true)) => lower(&mut low, node, *number),
                    Some(_) => {}
                }
                continue;
            }
            stack.pop();
            let lowest = low.get(node).copied().unwrap_or_default();
            if let Some(above) = stack.last() {
                lower(&mut low, above.node, lowest);
            }
            if index.get(node).is_some_and(|(number, _)| *number == lowest) {
                let from = open.iter().rposition(|one| *one == node).unwrap_or_default();
                let mut group = open.split_off(from);
                for member in &group {
                    if let Some(entry) = index.get_mut(member) {
                        entry.1 = false;
                    }
                }
                group.sort();
                groups.push(group);
            }
        }
    }
    groups
}

fn lower<'n, N: Ord>(low: &mut BTreeMap<&'n N, usize>, node: &'n N, number: usize) {
    if let Some(known) = low.get_mut(node) {
        *known = number.min(*known);
    }
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn what_is_pointed_at_comes_first_and_circles_stay_together() {
        let edges: &[(&str, &str)] = &[("a", "b"), ("b", "c"), ("c", "b"), ("d", "a"), ("e", "e")];
        let nodes = ["a", "b", "c", "d", "e"];
        let nodes: Vec<&&str> = nodes.iter().collect();
        let groups = components(&nodes, |node| edges.iter().filter(move |(from, _)| from == node).map(|(_, to)| to));
        assert_eq!(groups, [vec![&"b", &"c"], vec![&"a"], vec![&"d"], vec![&"e"]]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let nodes: Vec<u32> = (0..100_000).collect();
        let all: Vec<&u32> = nodes.iter().collect();
        let groups = components(&all, |node| nodes.get(*node as usize + 1).into_iter());
        assert_eq!(groups.len(), nodes.len());
        assert_eq!(groups[0], [&99_999]);
    }
}
