"""Puts masks into a text, and keeps where they stand, so that positions name the original's."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from digest.model import Edit, Origin

# Line breaks as CommonMark knows them: U+2028 and form feeds are characters of a line.
BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text to mask, half-open, and what it is."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with masks, where it came from, and how many masks of each kind, sorted by kind."""

    text: str
    origin: Origin = field(default_factory=Origin)
    counts: tuple[tuple[str, int], ...] = ()


def placeholder(kind: str) -> str:
    """Return the mask of a kind: always the same, so that it tells no length."""
    return f"[{kind}]"


def merge(text: str, spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap, in the order of `text`; none begins or ends with a blank.

    The widest of those joined names the kind; a tie goes to the one that begins first, then to
    the one that came first.
    """
    merged: list[Span] = []
    widest = 0
    fitted = (_fitted(text, span) for span in spans)
    for span in sorted(fitted, key=lambda s: s.start):
        if span.start == span.end:
            continue
        last = merged[-1] if merged else None
        if last is None or span.start >= last.end:
            merged.append(span)
            widest = span.end - span.start
            continue
        wider = span.end - span.start > widest
        widest = max(widest, span.end - span.start)
        merged[-1] = Span(last.start, max(last.end, span.end), span.kind if wider else last.kind)
    return merged


def put(text: str, spans: Iterable[Span], first_line: int = 0) -> Redacted:
    """Replace each span by its mask; overlapping spans by one.

    Where a span covers several lines, its mask stands on the first; the rest of the stretch is
    emptied, its line breaks stay.
    """
    joined = merge(text, spans)
    if not joined:
        return Redacted(text, Origin(first_line))
    page = _Page()
    done = 0
    for span in joined:
        page.copy(text[done : span.start])
        page.mask(text[span.start : span.end], placeholder(span.kind))
        done = span.end
    page.copy(text[done:])
    counts = Counter(span.kind for span in joined)
    return Redacted("".join(page.parts), Origin(first_line, tuple(page.edits)), tuple(sorted(counts.items())))


@dataclass(slots=True)
class _Page:
    """The masked text while it is being written: its place is a line and a column."""

    parts: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    line: int = 0
    column: int = 0

    def copy(self, text: str) -> None:
        self.parts.append(text)
        begin = 0
        for found in BREAK.finditer(text):
            self.line += 1
            self.column = 0
            begin = found.end()
        self.column += len(text) - begin

    def mask(self, text: str, new: str) -> None:
        for part, line_break in _lines(text):
            self.edits.append(Edit(self.line, self.column, len(new), len(part)))
            self.parts.append(new)
            self.column += len(new)
            # A lone return before an emptied line would make one break with the feed after it.
            self.copy("\n" if line_break == "\r" else line_break)
            new = ""


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield each line of `text` and the break after it, which the last does not have."""
    begin = 0
    for found in BREAK.finditer(text):
        yield text[begin : found.start()], found[0]
        begin = found.end()
    yield text[begin:], ""


def _fitted(text: str, span: Span) -> Span:
    """Return `span` without blanks at its ends, and with the other half of a mark that it halves.

    A mask then never moves a line break, and `**Ana** Ribeiro` becomes `[person]`, not `**[person]`.
    """
    found = text[span.start : span.end]
    start = span.start + len(found) - len(found.lstrip())
    end = max(start, span.end - len(found) + len(found.rstrip()))
    for mark in ("**", "~~", "`", "*", "_"):
        if found.count(mark) % 2:
            if text.endswith(mark, 0, start):
                start -= len(mark)
            elif text.startswith(mark, end):
                end += len(mark)
    return Span(start, end, span.kind)
