"""A review's text as a flat list of blocks: headings, paragraphs, bullets, rows of tables.

Markdown is read by markdown-it, its inline part only for the blocks that are looked at: most of a review is
timeline, and reading it closely would cost more than everything else here. Code, quotations, images and
comments become no block at all.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from html import unescape
from typing import Any

from markdown_it import MarkdownIt, rules_block
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from digest.takeaways.markup import html_blocks_of

TOO_LONG = 2_500  # characters; no takeaway stands in such a block, and reading it closely takes long
MOST_BRACKETS = 100  # openings; the parser looks for the end of each
_MARKS = re.compile(r"[*_`\[<&\\~!\n]")
# Where an inline rule can begin. Of the marks above, "!" is one only before "[", "~" and "&" are seldom one;
# a line's end is none: lines are kept apart.
_MARKUP = re.compile(r"[*_`\[<\\]|~~|&[#\w]")
_BLANKS = re.compile(r"[ \t]+")
_BOX = re.compile(r"^\[([ xX])\]\s+")


class Kind(Enum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    BULLET = "bullet"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Words:
    """A block's text without markup, one entry for each line of the source."""

    lines: tuple[str, ...]
    strong: str = ""  # the bold words that it begins with
    emphasised: bool = False  # all of it is in italics


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a review, with its source; `words_of` gives its text without markup.

    `depth` is a heading's level, and for what stands in a list how deep: 1 is the outer list, 0 none.
    """

    kind: Kind
    line: int  # 0-based, in the text
    source: tuple[str, ...]
    depth: int = 0
    cells: tuple[str, ...] = ()  # of a row
    columns: tuple[str, ...] = ()  # the table's head, for a row
    checked: bool | None = None  # of a bullet with a box
    references: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)  # None: no Markdown


_BlockRule = Callable[[StateBlock, int, int, bool], bool]
_WITHIN = ["paragraph", "reference", "blockquote"]
# The library tries each of its rules at each line, and most do much before they look at the first mark. For
# each of these: the marks that it begins with, and the blocks that it ends, as the library has them.
_GUARDED: tuple[tuple[str, _BlockRule, str, list[str]], ...] = (
    ("fence", rules_block.fence, "`~", [*_WITHIN, "list"]),
    ("blockquote", rules_block.blockquote, ">", [*_WITHIN, "list"]),
    ("hr", rules_block.hr, "*-_", [*_WITHIN, "list"]),
    ("list", rules_block.list_block, "*-+0123456789", _WITHIN),
    ("reference", rules_block.reference, "[", []),
    ("html_block", rules_block.html_block, "<", _WITHIN),
    ("heading", rules_block.heading, "#", _WITHIN),
)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 30}).enable(["table", "strikethrough"])
    parser.core.ruler.disable(["inline", "text_join"])
    for name, rule, marks, ends in _GUARDED:
        parser.block.ruler.at(name, _only_at(marks, rule), {"alt": ends})
    return parser


def _only_at(marks: str, rule: _BlockRule) -> _BlockRule:
    """Return `rule`, tried only where the line opens with one of `marks`, or the text is at its end."""

    def guarded(state: StateBlock, line: int, end: int, silent: bool) -> bool:  # noqa: FBT001 -- the library's signature
        first = state.bMarks[line] + state.tShift[line]
        return state.src[first : first + 1] in marks and rule(state, line, end, silent)

    return guarded


_MARKDOWN = _parser()  # shared: it keeps nothing of what it parses


def markdown_blocks_of(text: str) -> Iterator[Block]:
    """Read Markdown, front matter removed; HTML in it is read as HTML."""
    references: MutableMapping[str, Any] = {}
    reader = _Reader(references)
    for token in _MARKDOWN.parse(text, references):
        yield from reader.read(token)


class _Reader:
    """Follows markdown-it's tokens: where in lists, quotations and tables we are."""

    def __init__(self, references: Mapping[str, Any]) -> None:
        self.references = references
        self.depth = 0
        self.quoted = 0
        self.opened = False  # a list item whose first paragraph is still to come
        self.heading = 0
        self.row: list[str] | None = None
        self.columns: tuple[str, ...] = ()
        self.in_head = False

    def read(self, token: Token) -> Iterable[Block]:
        """Return what is complete with this token."""
        # No generator: most of the tokens complete nothing, and there are a hundred in a page.
        if token.type == "inline":
            block = self._inline(token)
            return () if block is None else (block,)
        if token.type == "html_block" and not self.quoted:
            return self._html(token)
        if token.type == "tr_close":
            return (self._row(),)
        self._structure(token)
        return ()

    def _structure(self, token: Token) -> None:
        kind = token.type
        if kind in {"bullet_list_open", "ordered_list_open", "bullet_list_close", "ordered_list_close"}:
            self.depth += token.nesting
            self.opened = False
        elif kind == "list_item_open":
            self.opened = True
        elif kind in {"blockquote_open", "blockquote_close"}:
            self.quoted += token.nesting
        elif kind in {"heading_open", "heading_close"}:
            self.heading = int(token.tag[1]) if token.nesting > 0 else 0
        elif kind == "tr_open":
            self.row = []
            self.line = token.map[0] if token.map else 0
        elif kind in {"thead_open", "thead_close"}:
            self.in_head = token.nesting > 0

    def _inline(self, token: Token) -> Block | None:
        if self.row is not None:
            self.row.append(plain(token.content, self.references))
            return None
        if self.quoted or not token.content:
            return None
        first = token.map[0] if token.map else 0
        source, checked = token.content, None
        if self.opened and (box := _BOX.match(source)):
            source, checked = source[box.end() :], box[1] != " "
        kind = Kind.HEADING if self.heading else Kind.BULLET if self.opened else Kind.PARAGRAPH
        self.opened = False
        depth = self.heading or self.depth
        lines = tuple(source.split("\n"))
        return Block(kind, first, lines, depth, checked=checked, references=self.references)

    def _row(self) -> Block:
        cells = tuple(self.row or ())
        self.row = None
        if self.in_head:
            self.columns = cells
        return Block(
            Kind.ROW,
            self.line,
            (" | ".join(cells),),
            cells=cells,
            columns=() if self.in_head else self.columns,
        )

    def _html(self, token: Token) -> Iterator[Block]:
        first = token.map[0] if token.map else 0
        for piece in html_blocks_of(token.content, first):
            yield Block(
                Kind(piece.kind), piece.line, piece.source, piece.depth or self.depth, cells=piece.cells
            )


def words_of(block: Block) -> Words:
    """Return a block's text without markup."""
    if block.references is None:
        strong = _bold_opening(block.source[0]) if block.source else ""
        return Words(tuple(line.replace("**", "") for line in block.source), strong)
    source = "\n".join(block.source)
    if not _MARKS.search(source) or _is_hard(source):
        return Words(block.source)
    return _inline_words(source, block.references)


def plain(source: str, references: Mapping[str, Any]) -> str:
    """Return one line of Markdown without markup."""
    if not _MARKS.search(source) or _is_hard(source):
        return source
    return " ".join(_inline_words(source, references).lines)


def _is_hard(source: str) -> bool:
    return len(source) > TOO_LONG or source.count("[") + source.count("<") > MOST_BRACKETS


def _bold_opening(line: str) -> str:
    _, mark, rest = line.partition("**")
    return rest.partition("**")[0] if mark and line.startswith("**") else ""


def _inline_words(source: str, references: Mapping[str, Any]) -> Words:
    if not _MARKUP.search(source):
        return Words(tuple(map(_squeezed, source.split("\n"))))
    tokens: list[Token] = []
    _MARKDOWN.inline.parse(source, _MARKDOWN, dict(references), tokens)
    parts: list[str] = []
    struck = 0
    for token in tokens:
        struck += token.nesting if token.type in {"s_open", "s_close"} else 0
        if not struck:
            parts.append(_visible(token))
    lines = tuple(map(_squeezed, "".join(parts).split("\n")))
    return Words(lines, _strong(tokens), _all_between(tokens, "em_open", "em_close"))


def _squeezed(line: str) -> str:
    return _BLANKS.sub(" ", line).strip()


def _visible(token: Token) -> str:
    if token.type in {"text", "text_special", "code_inline"}:
        return token.content
    if token.type in {"softbreak", "hardbreak"}:
        return "\n"
    if token.type == "html_inline":
        return " " if token.content.lower().startswith("<br") else ""
    return unescape(token.content) if token.type == "entity" else ""


def _strong(tokens: Sequence[Token]) -> str:
    full = [t for t in tokens if t.type != "text" or t.content.strip()]
    if not full or full[0].type != "strong_open":
        return ""
    inside: list[str] = []
    for token in full[1:]:
        if token.type == "strong_close":
            break
        inside.append(_visible(token))
    return "".join(inside).strip()


def _all_between(tokens: Sequence[Token], opening: str, closing: str) -> bool:
    full = [t for t in tokens if t.type != "text" or t.content.strip()]
    if not full or full[0].type != opening or full[-1].type != closing:
        return False
    return sum(t.type == opening for t in full) == 1
