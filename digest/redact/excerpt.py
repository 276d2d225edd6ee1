"""The lines of a text that hold masks, as they will read: what a mask stands beside is looked at again.

`AKIA…@ana` is one word, and holds no handle; `[aws key]@ana` does. Without a second look, masking
twice would mask more than masking once, and the check of finished texts would find it.
"""

from collections.abc import Sequence

from digest.redact.mask import BREAK, Span, placeholder
from digest.redact.view import View, fold


def masked_lines(text: str, spans: Sequence[Span]) -> View:
    """Return a view of the lines of `text` that hold a span, with the masks in place.

    Args:
        text: the source.
        spans: apart from one another, in order.
    """
    page = _Excerpt(text)
    done = None
    for span in spans:
        line = _line_start(text, span.start)
        if done is None or done < line:
            page.end_line(done)
            done = line
        page.copy(done, span.start)
        page.mask(span)
        done = span.end
    page.end_line(done)
    joined = "".join(page.parts)
    return View(joined, fold(joined), tuple(page.starts), tuple(page.pieces))


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


class _Excerpt:
    """The excerpt while it is being put together."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.parts: list[str] = []
        self.starts: list[int] = []
        self.pieces: list[tuple[int, int, bool]] = []
        self.length = 0

    def copy(self, begin: int, end: int) -> None:
        self._add(self.text[begin:end], begin, end, copied=True)

    def mask(self, span: Span) -> None:
        self._add(placeholder(span.kind), span.start, span.end, copied=False)

    def end_line(self, done: int | None) -> None:
        """Add the rest of the line after the last span, and a blank line so that lines stay apart."""
        if done is None:
            return
        found = BREAK.search(self.text, done)
        end = found.start() if found else len(self.text)
        self.copy(done, end)
        self._add("\n\n", end, end, copied=False)

    def _add(self, part: str, begin: int, end: int, *, copied: bool) -> None:
        if part:
            self.parts.append(part)
            self.starts.append(self.length)
            self.pieces.append((begin, end, copied))
            self.length += len(part)
