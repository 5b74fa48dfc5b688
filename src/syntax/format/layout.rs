//! Items to text: one line where it fits, else broken before the words that begin a thought, then after commas.
//! Neighbouring lines are aligned; an empty line begins a new neighbourhood. Nothing here depends on how wide the
//! lines were before, so formatting twice is formatting once.

use super::items::{Block, Item, Part};
use crate::syntax::grammar::{Rule, keyword};

const WIDTH: usize = 110;
/// A longer first column is not worth the gap that it makes in its neighbours.
const WIDEST_LEAD: usize = 32;
/// Comments behind lines align up to here.
const WIDEST_BEHIND: usize = 84;

fn width(text: &str) -> usize {
    text.chars().count()
}

pub(super) fn file(block: &Block) -> String {
    let mut out = String::new();
    lines(&block.items, 0, &mut out);
    comments(block, 0, &mut out);
    out
}

fn pad(out: &mut String, columns: usize) {
    out.extend(std::iter::repeat_n(' ', columns));
}

fn comments(block: &Block, indent: usize, out: &mut String) {
    for (index, comment) in block.last.iter().enumerate() {
        if comment.after_blank && (index > 0 || !block.items.is_empty()) {
            out.push('\n');
        }
        comment_line(&comment.text, indent, out);
    }
}

fn comment_line(text: &str, indent: usize, out: &mut String) {
    pad(out, indent);
    out.push_str(text);
    out.push('\n');
}

/// A rendered item before its comment is put behind it.
struct Line {
    text: String,
    broken: bool,
}

fn lines(items: &[Item], indent: usize, out: &mut String) {
    let inlines: Vec<Option<String>> = items.iter().map(|item| inline_if_fits(item, indent)).collect();
    let leads = columns(items, &inlines, indent);
    let places = inlines.into_iter().zip(leads);
    let rendered: Vec<Line> =
        items.iter().zip(places).map(|(item, (inline, column))| render(item, indent, inline, column)).collect();
    let behind = behind_columns(items, &rendered);
    for (index, ((item, line), column)) in items.iter().zip(&rendered).zip(behind).enumerate() {
        let previous = index.checked_sub(1).and_then(|before| rendered.get(before));
        let apart = indent == 0 && (line.broken || previous.is_some_and(|previous| previous.broken));
        let mut first = true;
        for comment in &item.above {
            if previous.is_some() && first && apart || comment.after_blank && (previous.is_some() || !first) {
                out.push('\n');
            }
            comment_line(&comment.text, indent, out);
            first = false;
        }
        if previous.is_some() && first && apart || item.after_blank && (previous.is_some() || !first) {
            out.push('\n');
        }
        out.push_str(&line.text);
        if let Some(comment) = &item.behind {
            let last = line.text.rsplit('\n').next().map_or(0, width);
            pad(out, column.saturating_sub(last).max(2));
            out.push_str(comment);
        }
        out.push('\n');
    }
}

/// For each item the widest lead among its neighbours; items without one neither widen nor are widened. `inlines` are
/// the items that fit on one line.
fn columns(items: &[Item], inlines: &[Option<String>], indent: usize) -> Vec<Option<usize>> {
    let mut columns: Vec<Option<usize>> = Vec::with_capacity(items.len());
    let mut group: Vec<Option<usize>> = Vec::new();
    let close = |group: &mut Vec<Option<usize>>, columns: &mut Vec<Option<usize>>| {
        let alone = indent == 0 && group.iter().flatten().count() < 2;
        let widest = group.iter().flatten().copied().max().filter(|_| !alone);
        columns.extend(group.drain(..).map(|own| own.and(widest)));
    };
    let mut previous: Option<(&Item, bool)> = None;
    for (item, fits) in items.iter().zip(inlines.iter().map(Option::is_some)) {
        let joins = |(previous, fitted): (&Item, bool)| fits && fitted && are_neighbours(previous, item, indent);
        if previous.is_some_and(|previous| !joins(previous)) {
            close(&mut group, &mut columns);
        }
        group.push(if fits { lead(item, indent) } else { None });
        previous = Some((item, fits));
    }
    close(&mut group, &mut columns);
    columns
}

fn first_rule(item: &Item) -> Option<Rule> {
    item.parts.iter().find_map(|part| if let Part::Token(piece) = part { Some(piece.rule) } else { None })
}

fn are_neighbours(previous: &Item, item: &Item, indent: usize) -> bool {
    let apart = item.after_blank || item.above.iter().any(|comment| comment.after_blank);
    !apart && (indent > 0 || first_rule(previous) == first_rule(item))
}

fn is_keyword(rule: Rule) -> bool {
    keyword(rule).is_some()
}

fn is_marked(part: &Part) -> bool {
    match part {
        Part::Token(piece) => piece.mark,
        Part::Block(block) => block.mark,
        Part::Comment(..) => false,
    }
}

/// Where the second column would begin if this line were alone. A treatment stands two spaces behind its column's name.
fn lead(item: &Item, indent: usize) -> Option<usize> {
    let at = item.parts.iter().position(is_marked)?;
    let is_word = |part: &Part| {
        matches!(part, Part::Block(_)) || at == 1 && indent > 0 && first_rule(item).is_some_and(is_keyword)
    };
    let gap = if item.parts.get(at).is_some_and(is_word) { 1 } else { 2 };
    Some(width(&inline(item.parts.get(..at)?))).filter(|lead| *lead <= WIDEST_LEAD).map(|lead| lead + gap)
}

fn behind_columns(items: &[Item], rendered: &[Line]) -> Vec<usize> {
    let mut columns = vec![0; items.len()];
    let mut start = 0;
    while start < items.len() {
        let is_open = |index: usize| {
            let quiet = items.get(index).is_some_and(|item| {
                item.behind.is_some() && (index == start || !item.after_blank && item.above.is_empty())
            });
            quiet
                && rendered
                    .get(index)
                    .is_some_and(|line| !line.text.contains('\n') && width(&line.text) <= WIDEST_BEHIND)
        };
        let end = (start..items.len()).find(|index| !is_open(*index)).unwrap_or(items.len());
        let lines = rendered.get(start..end).unwrap_or_default();
        let widest = lines.iter().map(|line| width(&line.text)).max().unwrap_or(0);
        for column in columns.get_mut(start..end).unwrap_or_default() {
            *column = widest + 2;
        }
        start = end.max(start + 1);
    }
    columns
}

fn render(item: &Item, indent: usize, inline: Option<String>, column: Option<usize>) -> Line {
    let mut text = String::new();
    pad(&mut text, indent);
    if let Some(inline) = inline {
        let aligned = column.and_then(|column| aligned(item, column));
        let fits = aligned.as_ref().is_none_or(|line| indent + width(line) <= WIDTH);
        // Broken, it would not be the same the next time: at the margin it would get empty lines around it and so
        // other neighbours, and a block on several lines stays on several lines.
        if fits || indent == 0 || item.parts.iter().any(|part| matches!(part, Part::Block(_))) {
            text.push_str(&aligned.filter(|_| fits).unwrap_or(inline));
            return Line { text, broken: false };
        }
    }
    let deeper = first_rule(item) == Some(Rule::kw_test);
    Breaker { out: &mut text, indent, forced: forced(item), deeper, column }.parts(&item.parts);
    Line { broken: text.contains('\n'), text }
}

fn aligned(item: &Item, column: usize) -> Option<String> {
    let at = item.parts.iter().position(is_marked)?;
    let mut line = inline(item.parts.get(..at)?);
    let missing = column.saturating_sub(width(&line));
    pad(&mut line, missing);
    line.push_str(&inline(item.parts.get(at..)?));
    Some(line)
}

fn inline_if_fits(item: &Item, indent: usize) -> Option<String> {
    if !item.is_inline() || is_policy(item) {
        return None;
    }
    Some(inline(&item.parts)).filter(|line| indent + width(line) <= WIDTH)
}

/// A policy has its four thoughts on four lines, as PostgreSQL users write them.
fn is_policy(item: &Item) -> bool {
    first_rule(item) == Some(Rule::kw_policy)
}

fn inline(parts: &[Part]) -> String {
    let mut line = String::new();
    let mut before = None;
    for part in parts {
        if needs_space(before, part) {
            line.push(' ');
        }
        push_inline(part, &mut line);
        before = Some(part);
    }
    line
}

fn push_inline(part: &Part, line: &mut String) {
    match part {
        Part::Token(piece) => line.push_str(&piece.text),
        Part::Comment(text, _) => line.push_str(text),
        Part::Block(block) if block.items.is_empty() => line.push_str("{}"),
        Part::Block(block) => {
            line.push_str("{ ");
            for item in &block.items {
                line.push_str(&inline(&item.parts));
                line.push(' ');
            }
            line.push('}');
        }
    }
}

fn needs_space(before: Option<&Part>, part: &Part) -> bool {
    let Some(before) = before else { return false };
    let opens =
        |part: &Part| matches!(part, Part::Token(piece) if matches!(piece.rule, Rule::open_list | Rule::call_open));
    let hugs = |part: &Part| {
        let rules = [Rule::comma, Rule::semicolon, Rule::close_list, Rule::call_open];
        matches!(part, Part::Token(piece) if rules.contains(&piece.rule))
    };
    !opens(before) && !hugs(part)
}

/// Words that always begin a line once the item is broken.
fn forced(item: &Item) -> &'static [Rule] {
    match first_rule(item) {
        Some(Rule::kw_policy) => &[Rule::kw_as, Rule::kw_using, Rule::kw_because],
        Some(Rule::kw_test) => &[Rule::kw_given, Rule::kw_as, Rule::kw_expect],
        Some(Rule::kw_mask) => &[Rule::equals],
        _ => &[],
    }
}

/// Words before which a long item may be broken.
const BREAKS: [Rule; 15] = [
    Rule::kw_because,
    Rule::kw_values,
    Rule::kw_when,
    Rule::kw_else,
    Rule::kw_as,
    Rule::kw_using,
    Rule::kw_with,
    Rule::kw_expect,
    Rule::kw_given,
    Rule::kw_to,
    Rule::kw_where,
    Rule::kw_except,
    Rule::kw_returns,
    Rule::kw_references,
    Rule::kw_on,
];

struct Breaker<'o> {
    out: &'o mut String,
    indent: usize,
    forced: &'static [Rule],
    /// What goes on in a line of its own stands below the thought that it belongs to.
    deeper: bool,
    /// Where the marked part begins, when neighbours agree on that.
    column: Option<usize>,
}

impl Breaker<'_> {
    fn parts(&mut self, parts: &[Part]) {
        let mut lists = 0usize;
        let mut list_is_broken = false;
        let mut fresh = true;
        for (index, part) in parts.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| parts.get(before));
            let after_comment = matches!(before, Some(Part::Comment(..)));
            let own_line = matches!(part, Part::Comment(_, true));
            let thought = lists == 0 && self.is_wanted(part);
            let after_list = list_is_broken && matches!(part, Part::Token(piece) if piece.rule == Rule::kw_values);
            let wanted = thought || after_list || self.is_full(parts, index, before);
            if !fresh && (after_comment || own_line || wanted && !matches!(part, Part::Comment(..))) {
                list_is_broken = lists > 0;
                self.line_break(if self.deeper && !thought { 4 } else { 2 });
            } else if matches!(part, Part::Comment(..)) && !fresh {
                self.out.push_str("  ");
            } else if let Some(column) = self.column.filter(|_| is_marked(part)) {
                let own = width(self.out).saturating_sub(self.indent);
                pad(self.out, column.saturating_sub(own));
            } else if !fresh && needs_space(before, part) {
                self.out.push(' ');
            }
            match part {
                Part::Token(piece) if matches!(piece.rule, Rule::open_list | Rule::call_open) => lists += 1,
                Part::Token(piece) if piece.rule == Rule::close_list => lists = lists.saturating_sub(1),
                _ => {}
            }
            self.part(part);
            fresh = false;
        }
    }

    fn line_break(&mut self, columns: usize) {
        self.out.push('\n');
        pad(self.out, self.indent + columns);
    }

    fn is_wanted(&self, part: &Part) -> bool {
        matches!(part, Part::Token(piece) if self.forced.contains(&piece.rule))
    }

    /// Whether what follows up to the next chance to break does not fit.
    fn is_full(&self, parts: &[Part], index: usize, before: Option<&Part>) -> bool {
        let is_break = |part: &Part| matches!(part, Part::Token(piece) if BREAKS.contains(&piece.rule) || piece.rule == Rule::equals);
        let is_comma = |part: Option<&Part>| matches!(part, Some(Part::Token(piece)) if piece.rule == Rule::comma);
        let Some(rest) = parts.get(index..) else { return false };
        let word = rest.first().is_some_and(is_break);
        if !word && !is_comma(before) {
            return false;
        }
        let ends = |at: usize, part: &Part| at > 0 && (is_break(part) || !word && is_comma(rest.get(at - 1)));
        let end = rest.iter().enumerate().position(|(at, part)| ends(at, part) || !matches!(part, Part::Token(_)));
        let next = inline(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
        let next = next.split('\n').next().map_or(0, width);
        self.out.rsplit('\n').next().map_or(0, width) + 1 + next > WIDTH
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Block(block) if !block.items.is_empty() || block.behind_open.is_some() || !block.last.is_empty() => {
                self.block(block);
            }
            _ => push_inline(part, self.out),
        }
    }

    fn block(&mut self, block: &Block) {
        self.out.push('{');
        if let Some(comment) = &block.behind_open {
            self.out.push_str("  ");
            self.out.push_str(comment);
        }
        self.out.push('\n');
        lines(&block.items, self.indent + 2, self.out);
        comments(block, self.indent + 2, self.out);
        pad(self.out, self.indent);
        self.out.push('}');
    }
}
