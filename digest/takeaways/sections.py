"""A review's text in named sections, whatever its author took for a heading.

Besides headings proper: a bold line, a line that ends in a colon, a bullet or a table's row opened by a
label, a heading in wiki markup. What has no meaning of its own has that of the section around it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from digest.model import TextFormat
from digest.takeaways.blocks import Block, Kind, markdown_blocks_of, plain, words_of
from digest.takeaways.headings import KEPT_BY_WEAK, LONGEST, Headings, Meaning
from digest.takeaways.markup import html_blocks_of, plain_blocks_of

# Levels of what only serves as a heading: below all real ones, and ended by what stands outside of it.
LINE_LEVEL = 7
BULLET_LEVEL = 8  # and the bullet's depth
SINGLE_LEVEL = 100  # holds one block: a row, a "Lesson: …"

_BOLD = re.compile(r"^\s*(\*\*|__)(?P<label>[^*_].{0,118}?)\1(?P<colon>\s*:)?\s*(?P<rest>.*)$", re.DOTALL)
_WIKI = re.compile(r"^\s*(?:h([1-6])\.\s+(.+)|(={2,6})\s*(.+?)\s*={2,6})\s*$")
_LABELLED = re.compile(r"^\s*([^\W\d_][^:.!?]{2,60}):\s*(.*)$", re.DOTALL)
_SENTENCE_WORDS = 12  # a bold line of more is a sentence
_LEARNING = frozenset(
    {Meaning.TAKEAWAYS, Meaning.WENT_WELL, Meaning.WENT_WRONG, Meaning.LUCKY, Meaning.FOLLOW_UPS}
)


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading; sub-headings have sections of their own."""

    heading: str | None  # None: before the first heading
    level: int  # 1..6; more for what only serves as a heading; 0 before the first
    meaning: Meaning
    line: int  # 0-based, of the heading
    path: tuple[str, ...] = ()  # the headings around it, outermost first
    blocks: tuple[Block, ...] = ()
    known: bool = True  # the heading's meaning is its own, not its parent's


@dataclass(slots=True)
class _Open:
    section: Section
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Heading:
    text: str
    level: int
    line: int
    meaning: Meaning | None
    real: bool = False


def sections_of(text: str, form: TextFormat, headings: Headings) -> tuple[Section, ...]:
    """Cut a review into sections, in the order of their headings; front matter must be gone.

    The text is parsed once. A lone first heading of level 1 is the review's title and means nothing.
    """
    blocks = tuple(_blocks_of(text, form))
    builder = _Builder(headings, _title_line(blocks))
    for block in blocks:
        builder.add(block)
    return _with_fallback(builder.sections(), headings)


def title_of(sections: tuple[Section, ...]) -> str | None:
    """Return the review's own title: its first heading, where that is the only one of level 1."""
    first = next((s for s in sections if s.heading is not None), None)
    if first is None or first.level != 1 or first.meaning is not Meaning.OTHER:
        return None
    return None if sum(s.level == 1 for s in sections) > 1 else first.heading


def _blocks_of(text: str, form: TextFormat) -> Iterator[Block]:
    if form is TextFormat.MARKDOWN:
        yield from markdown_blocks_of(text)
        return
    pieces = html_blocks_of(text) if form is TextFormat.HTML else plain_blocks_of(text)
    for piece in pieces:
        yield Block(Kind(piece.kind), piece.line, piece.source, piece.depth, cells=piece.cells)


def _title_line(blocks: tuple[Block, ...]) -> int | None:
    real = [b for b in blocks if b.kind is Kind.HEADING]
    if len(real) > 1 and real[0].depth == 1 and all(b.depth > 1 for b in real[1:]):
        return real[0].line
    return None


def _with_fallback(sections: tuple[Section, ...], headings: Headings) -> tuple[Section, ...]:
    if any(s.meaning is Meaning.TAKEAWAYS and s.blocks for s in sections):
        return sections
    return tuple(
        replace(s, meaning=Meaning.TAKEAWAYS) if s.heading and headings.is_fallback(s.heading) else s
        for s in sections
    )


class _Builder:
    """Puts blocks under headings; the stack holds the headings around the place reached."""

    def __init__(self, headings: Headings, title_line: int | None) -> None:
        self.headings = headings
        self.title_line = title_line
        self.stack = [_Open(Section(None, 0, Meaning.OTHER, 0))]
        self.all = [self.stack[0]]

    def sections(self) -> tuple[Section, ...]:
        made = (replace(opened.section, blocks=tuple(opened.blocks)) for opened in self.all)
        return tuple(s for s in made if s.heading is not None or s.blocks)

    def add(self, block: Block) -> None:
        self._leave(block)
        if block.kind is Kind.HEADING:
            text = " ".join(words_of(block).lines).strip()
            meaning = None if block.line == self.title_line else self.headings.meaning_of(text)
            self._open(_Heading(text, block.depth, block.line, meaning, real=True))
        elif block.kind is Kind.PARAGRAPH and not block.depth:
            self._paragraph(block)
        elif block.kind is Kind.ROW:
            self._row(block)
        else:
            self._bullet(block)

    def _leave(self, block: Block) -> None:
        if block.kind is Kind.BULLET:
            self._pop(BULLET_LEVEL + block.depth)
        elif not block.depth and block.kind is not Kind.ROW:
            self._pop(BULLET_LEVEL)
        else:
            self._pop(SINGLE_LEVEL)

    def _pop(self, level: int) -> None:
        while len(self.stack) > 1 and self.stack[-1].section.level >= level:
            self.stack.pop()

    def _open(self, heading: _Heading) -> None:
        self._pop(heading.level)
        around = self.stack[-1].section
        meaning = heading.meaning
        if meaning is not None and around.meaning in KEPT_BY_WEAK and self.headings.is_weak(heading.text):
            meaning = None
        path = (*around.path, around.heading) if around.heading else around.path
        section = Section(
            heading.text,
            heading.level,
            meaning or around.meaning,
            heading.line,
            path,
            known=meaning is not None,
        )
        self.stack.append(_Open(section))
        self.all.append(self.stack[-1])

    def _keep(self, block: Block) -> None:
        self.stack[-1].blocks.append(block)

    def _paragraph(self, block: Block) -> None:
        held: list[str] = []
        start = block.line
        for number, line in enumerate(block.source):
            found = self._line_heading(line, block.line + number, alone=len(block.source) == 1)
            if found is None:
                held.append(line)
                continue
            self._flush(block, start, held)
            heading, rest = found
            self._open(heading)
            held, start = ([rest], block.line + number) if rest else ([], block.line + number + 1)
        self._flush(block, start, held)

    def _flush(self, block: Block, start: int, lines: list[str]) -> None:
        if tuple(lines) == block.source:
            self._keep(block)
        elif lines:
            self._keep(replace(block, line=start, source=tuple(lines)))

    def _line_heading(self, line: str, number: int, *, alone: bool) -> tuple[_Heading, str] | None:
        """Return what this line of a paragraph opens, and its rest; None where it is plain text."""
        if wiki := _WIKI.match(line):
            level, text = (int(wiki[1]), wiki[2]) if wiki[1] else (len(wiki[3]), wiki[4])
            return _Heading(text, level, number, self.headings.meaning_of(text)), ""
        if bold := _BOLD.match(line):
            return self._bold_heading(bold, number)
        if labelled := _LABELLED.match(line):
            meaning = self._label(labelled[1])
            if meaning is not None and not labelled[2]:
                return _Heading(labelled[1], LINE_LEVEL, number, meaning), ""
            if meaning is Meaning.TAKEAWAYS:
                return _Heading(labelled[1], SINGLE_LEVEL, number, meaning), labelled[2]
        if alone and len(line) <= LONGEST and (meaning := self.headings.known(line)):
            return _Heading(line.strip(), LINE_LEVEL, number, meaning), ""
        return None

    def _bold_heading(self, bold: re.Match[str], number: int) -> tuple[_Heading, str] | None:
        label, rest = bold["label"].strip(), bold["rest"].strip()
        if rest:
            meaning = self._label(label) if bold["colon"] or label.endswith(":") else None
            return (
                None if meaning is None else (_Heading(label.rstrip(": "), LINE_LEVEL, number, meaning), rest)
            )
        if label.endswith((".", "!")) or len(label.split()) > _SENTENCE_WORDS:
            return None
        return _Heading(label.rstrip(": "), LINE_LEVEL, number, self.headings.meaning_of(label)), ""

    def _label(self, label: str) -> Meaning | None:
        """Return the meaning of a label in running text; inside a learning section most are mere words."""
        meaning = self.headings.known(label)
        if meaning is None or self.stack[-1].section.meaning not in KEPT_BY_WEAK:
            return meaning
        return meaning if meaning in _LEARNING and not self.headings.is_weak(label) else None

    def _bullet(self, block: Block) -> None:
        line = block.source[0]
        bold, labelled = _BOLD.match(line), _LABELLED.match(line)
        if bold and (bold["colon"] or bold["label"].endswith(":") or not bold["rest"]):
            label, rest = bold["label"].strip(" :"), bold["rest"].strip()
        elif labelled:
            label, rest = labelled[1], labelled[2]
        else:
            label = rest = ""
        meaning = self._label(label) if label and block.kind is Kind.BULLET else None
        if meaning is None or (not bold and rest and meaning is not Meaning.TAKEAWAYS):
            self._keep(block)
            return
        self._open(_Heading(label, BULLET_LEVEL + block.depth, block.line, meaning))
        lines = tuple(part for part in (rest, *block.source[1:]) if part)
        if lines:
            self._keep(replace(block, kind=Kind.PARAGRAPH, depth=0, source=lines))

    def _row(self, block: Block) -> None:
        cells = [cell for cell in block.cells if cell.strip()]
        meaning = self._label(cells[0].strip(" :*")) if len(cells) > 1 else None
        if meaning is None or len(block.cells) != 2:  # noqa: PLR2004 -- a label and its text
            self._keep(block)
            return
        self._open(_Heading(cells[0].strip(" :*"), SINGLE_LEVEL, block.line, meaning))
        self._keep(Block(Kind.PARAGRAPH, block.line, tuple(plain(cells[1], {}).split("\n"))))
