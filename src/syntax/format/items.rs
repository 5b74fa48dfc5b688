//! The token stream as nested lines: an item is a statement or a clause, with the comments that belong to it.

use super::Piece;
use crate::syntax::grammar::Rule;

/// A comment on lines of its own.
#[derive(Debug)]
pub(super) struct Comment {
    pub text: String,
    pub after_blank: bool,
}

/// A statement or a clause.
#[derive(Debug, Default)]
pub(super) struct Item {
    /// On the lines above.
    pub above: Vec<Comment>,
    /// An empty line stands before its first token.
    pub after_blank: bool,
    pub parts: Vec<Part>,
    /// Behind it, on the same line.
    pub behind: Option<String>,
}

#[derive(Debug)]
pub(super) enum Part {
    Token(Piece),
    /// In the middle of an item; `true` when it has a line of its own.
    Comment(String, bool),
    Block(Block),
}

/// `{ … }`
#[derive(Debug, Default)]
pub(super) struct Block {
    pub mark: bool,
    pub items: Vec<Item>,
    /// Behind the `{`.
    pub behind_open: Option<String>,
    /// Above the `}`.
    pub last: Vec<Comment>,
    /// Written on one line.
    pub one_line: bool,
}

pub(super) fn build(pieces: &[Piece]) -> Block {
    let mut builder = Builder { pieces, at: 0 };
    builder.block(false)
}

struct Builder<'p> {
    pieces: &'p [Piece],
    at: usize,
}

impl<'p> Builder<'p> {
    fn peek(&self) -> Option<&'p Piece> {
        self.pieces.get(self.at)
    }

    /// A comment that stands behind something on its line.
    fn comment_behind(&mut self) -> Option<String> {
        let comment = self.peek().filter(|piece| piece.rule == Rule::COMMENT && !piece.begins_line)?;
        self.at += 1;
        Some(comment.text.clone())
    }

    /// The file, or what stands between braces with the closing one.
    fn block(&mut self, inner: bool) -> Block {
        let mut block = Block { one_line: true, ..Block::default() };
        if inner {
            block.behind_open = self.comment_behind();
        }
        let mut above = Vec::new();
        while let Some(piece) = self.peek() {
            block.one_line &= !piece.begins_line && piece.rule != Rule::COMMENT;
            match piece.rule {
                Rule::COMMENT => {
                    above.push(Comment { text: piece.text.clone(), after_blank: piece.after_blank });
                    self.at += 1;
                }
                Rule::close if inner => {
                    self.at += 1;
                    break;
                }
                _ => block.items.push(self.item(std::mem::take(&mut above), !inner)),
            }
        }
        block.last = above;
        // An empty block is always written `{}`, so it is on one line the next time.
        block.one_line |= block.items.is_empty() && block.last.is_empty();
        block.one_line &= block.behind_open.is_none() && block.items.iter().all(Item::is_one_line);
        block
    }

    fn item(&mut self, above: Vec<Comment>, is_statement: bool) -> Item {
        let first = self.peek();
        let mut item = Item { above, after_blank: first.is_some_and(|piece| piece.after_blank), ..Item::default() };
        while let Some(piece) = self.peek() {
            let another = is_statement
                && first.is_some_and(|first| piece.rule != Rule::COMMENT && piece.statement != first.statement);
            if another || self.is_over(is_statement, &item) {
                break;
            }
            self.at += 1;
            match piece.rule {
                Rule::COMMENT => item.parts.push(Part::Comment(piece.text.clone(), piece.begins_line)),
                Rule::open => {
                    let block = self.block(true);
                    item.parts.push(Part::Block(Block { mark: piece.mark, ..block }));
                }
                rule => {
                    item.parts.push(Part::Token(piece.clone()));
                    if rule == Rule::semicolon {
                        break;
                    }
                }
            }
        }
        item.behind = self.comment_behind();
        item
    }

    /// After the `}` of a block statement there is no `;`: comments that follow belong to what comes next.
    fn is_over(&self, is_statement: bool, item: &Item) -> bool {
        if !is_statement || !matches!(item.parts.last(), Some(Part::Block(_))) {
            return false;
        }
        let statement = self.pieces.get(..self.at).and_then(|before| before.last()).map(|piece| piece.statement);
        let next = self.pieces.get(self.at..).and_then(|rest| rest.iter().find(|piece| piece.rule != Rule::COMMENT));
        next.map(|piece| piece.statement) != statement
    }
}

impl Item {
    /// Nothing in it needs a line break.
    pub(super) fn is_one_line(&self) -> bool {
        self.above.is_empty() && self.behind.is_none() && self.is_inline()
    }

    /// Nothing between its first and its last token needs a line break.
    pub(super) fn is_inline(&self) -> bool {
        self.parts.iter().all(|part| match part {
            Part::Token(piece) => !piece.text.contains('\n'),
            Part::Comment(..) => false,
            Part::Block(block) => block.one_line && block.last.is_empty(),
        })
    }
}
