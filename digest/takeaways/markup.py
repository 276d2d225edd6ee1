"""HTML and plain text as blocks, each with the line that it came from.

A light reader: it wants words under headings, not a page. It never recurses, so nesting cannot hurt it.
Bold words are kept between `**`, as Markdown would have them, because bold lines serve as headings.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_UNSEEN = frozenset(
    {
        "script",
        "style",
        "pre",
        "code-block",
        "template",
        "head",
        "title",
        "blockquote",
        "del",
        "s",
        "strike",
        "svg",
        "textarea",
    }
)
_BREAKING = frozenset(
    {
        "p",
        "div",
        "section",
        "article",
        "table",
        "thead",
        "tbody",
        "dl",
        "dt",
        "dd",
        "br",
        "hr",
        "summary",
        "details",
    }
)
_BULLET = re.compile(r"^(\s*)(?:[-*+\u2022\u2023\u25e6\u2043\u00b7]|\d{1,3}[.)])\s+(\S.*)$")
_UNDERLINE = re.compile(r"^\s*(?:={3,}|-{3,}|~{3,})\s*$")
_MOST_DEPTH = 30
# A "<" before the next "<" or the end is no tag; the library's parser looks for its end all through the text.
_UNCLOSED = re.compile(r"<(?=[^<>]*(?:<|\Z))")


@dataclass(frozen=True, slots=True)
class Piece:
    """A block before it is one: `kind` is the value of a `Kind`."""

    kind: str
    line: int
    source: tuple[str, ...]
    depth: int = 0
    cells: tuple[str, ...] = ()


def html_blocks_of(text: str, first_line: int = 0) -> Iterator[Piece]:
    """Read HTML, whole or in pieces; `first_line` is where it stands, 0-based. Unclosed tags are no error."""
    reader = _Html(first_line)
    reader.feed(_UNCLOSED.sub(" ", _without_comments(text)))
    reader.close()
    reader.flush()
    yield from reader.pieces


def _without_comments(text: str) -> str:
    """Return `text` without comments, but with their line breaks; one that never ends takes the rest along.

    The library's parser looks for the end of each unclosed comment to the end of the text, again and again.
    """
    parts = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start + 4)
        end = len(text) if end < 0 else end + 3
        parts += [text[at:start], "\n" * text.count("\n", start, end)]
        at = end
    return "".join([*parts, text[at:]])


class _Html(HTMLParser):
    def __init__(self, first_line: int) -> None:
        super().__init__(convert_charrefs=True)
        self.first_line = first_line
        self.pieces: list[Piece] = []
        self.lines: dict[int, list[str]] = {}
        self.kind = "paragraph"
        self.level = 0
        self.lists = 0
        self.unseen: list[str] = []
        self.cells: list[str] | None = None
        self.row_line = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _UNSEEN:
            self.flush()
            self.unseen.append(tag)
        elif tag in _HEADINGS:
            self._begin("heading", _HEADINGS[tag])
        elif tag == "li":
            self._begin("bullet", min(max(self.lists, 1), _MOST_DEPTH))
        elif tag == "tr":
            self.flush()
            self.cells, self.row_line = [], self._line()
        elif tag in {"strong", "b"}:
            self._add("**")
        else:
            self._plain_start(tag)

    def _plain_start(self, tag: str) -> None:
        if tag in {"ul", "ol"}:
            self.flush()
            self.lists += 1
        elif tag == "br" and self.kind == "paragraph":
            self.flush()
        elif tag in _BREAKING and not (self.kind == "bullet" and not self._text()):
            # <li><p>…: the paragraph is the bullet's own.
            self._begin("paragraph", self.lists)

    def handle_endtag(self, tag: str) -> None:
        if self.unseen and tag == self.unseen[-1]:
            self.unseen.pop()
        elif tag in {"strong", "b"}:
            self._add("**")
        elif tag in {"ul", "ol"}:
            self.flush()
            self.lists = max(self.lists - 1, 0)
        elif tag in {"td", "th"} and self.cells is not None:
            self.cells.append(" ".join(self._take()))
        elif tag == "tr" and self.cells is not None:
            cells, self.cells = tuple(cell.replace("**", "") for cell in self.cells), None
            self.pieces.append(Piece("row", self.row_line, (" | ".join(cells),), cells=cells))
        elif tag in _HEADINGS or tag in {"li", "p", "div"}:
            self._begin("paragraph", self.lists)

    def handle_data(self, data: str) -> None:
        start = self._line()
        for offset, line in enumerate(data.split("\n")):
            if line.strip() or not offset:
                self._add(line, start + offset)

    def flush(self) -> None:
        """End the block at hand."""
        if self.cells is not None:
            return
        first = min(self.lines, default=0)
        last = max(self.lines, default=-1)
        source = tuple(" ".join("".join(self.lines.get(n, ())).split()) for n in range(first, last + 1))
        self.lines = {}
        if any(line.strip("* ") for line in source):
            while not source[0].strip("* "):
                first, source = first + 1, source[1:]
            depth = self.level if self.kind != "paragraph" else min(self.lists, _MOST_DEPTH)
            self.pieces.append(Piece(self.kind, first, source, depth))
        self.kind, self.level = "paragraph", 0

    def _begin(self, kind: str, level: int) -> None:
        self.flush()
        self.kind, self.level = kind, level

    def _add(self, text: str, line: int | None = None) -> None:
        if not self.unseen and text:
            self.lines.setdefault(self._line() if line is None else line, []).append(text)

    def _text(self) -> bool:
        return any(part.strip() for parts in self.lines.values() for part in parts)

    def _take(self) -> list[str]:
        taken = [" ".join("".join(self.lines[n]).split()) for n in sorted(self.lines)]
        self.lines = {}
        return taken

    def _line(self) -> int:
        return self.getpos()[0] - 1 + self.first_line


def plain_blocks_of(text: str) -> Iterator[Piece]:
    """Read plain text: bullets by their marks, underlined lines as headings, the rest as paragraphs."""
    lines = text.split("\n")
    held: list[str] = []
    start, kind, depth = 0, "paragraph", 0
    for number, line in enumerate([*lines, ""]):
        bullet = _BULLET.match(line)
        underlined = bool(_UNDERLINE.match(line)) and len(held) == 1 and kind == "paragraph"
        if held and (underlined or bullet or not line.strip()):
            yield Piece("heading" if underlined else kind, start, tuple(held), 2 if underlined else depth)
            held, kind, depth = [], "paragraph", 0
        if underlined or not line.strip():
            continue
        if bullet:
            kind, depth = "bullet", min(1 + len(bullet[1].expandtabs(4)) // 2, _MOST_DEPTH)
        if not held:
            start = number
        held.append(bullet[2] if bullet else line.strip())
