"""A text as a reader sees it, with the way back to where each part of it stands in the source.

Markup, entities and characters without width can split a secret or a name in two. Matching
runs on the source and again on this view; what is found here is masked in the source.
"""

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

# Soft hyphen, zero-width and bidirectional controls, variation selectors, combining marks.
_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\u0300-\u036f"
_INLINE = "a|abbr|b|big|code|del|em|font|i|ins|kbd|mark|s|small|span|strike|strong|sub|sup|tt|u|wbr"
_BLOCK = (
    "article|blockquote|br|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul"
)
_MARKS = re.compile(
    rf"""
    (?=[*`~_\\<&%{_INVISIBLE}\uff01-\uff5e])(?:
      (?P<title>(?<![^\n])(?:\*\*|__)(?=[^*_\n]{{1,80}}(?:\*\*|__):?[ \t]*$))
    | (?P<stay>\*(?=[ \t]) | (?<![^\s=:"'|])\*{{3,}}(?![^\s"',;.)|]) | _(?!_) | [~&%<](?=[\s=]))
    | (?P<gone>\*+ | `+ | ~~ | __ | [{_INVISIBLE}]+ | \\(?=[!-/:-@\[-`{{-~])
              | </?(?:{_INLINE})(?:[ \t\n][^<>]{{0,300}})?/?>)
    | <(?P<close>/?)(?P<block>{_BLOCK})(?:[ \t\n][^<>]{{0,300}})?/?>(?:(?<=[dhry]>)\s{{0,200}})?
    | (?P<entity>&(?:\#[0-9]{{1,7}}|\#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,30}});)
    | (?P<percent>(?:%[0-9A-Fa-f]{{2}}){{1,64}})
    | (?P<wide>[\uff01-\uff5e]+)
    )""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_WRAP = re.compile(r"[ \t]*(?:\r\n|\r|\n)[ \t>]*")
# What light line scanning needs to see of a block element: headings, list items, table rows.
_OPENED = {"li": "\n- ", "dt": "\n|", "dd": "|"}
_ROWS = {"tbody", "tfoot", "thead"}


@dataclass(frozen=True, slots=True)
class View:
    """Text derived from another by replacing stretches of it.

    `starts` are the offsets in `text` where a piece begins, ascending; `pieces` the offsets of
    that piece in the source, and whether it was copied as it is. No pieces: the source itself.
    `base` is the view it was derived from, where that was not the source.
    """

    text: str
    folded: str  # `text` in lower case and without diacritics, of the same length
    starts: tuple[int, ...] = ()
    pieces: tuple[tuple[int, int, bool], ...] = ()
    base: "View | None" = None

    @classmethod
    def of(cls, text: str) -> "View":
        """Return the source itself as a view."""
        return cls(text, fold(text))

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the source of the non-empty stretch `start` to `end` of the view."""
        if self.pieces:
            start, end = self._below(start, end)
        return self.base.source(start, end) if self.base else (start, end)

    def _below(self, start: int, end: int) -> tuple[int, int]:
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        begin, _, copied = self.pieces[first]
        if copied:
            begin += start - self.starts[first]
        last_begin, finish, copied = self.pieces[last]
        if copied:
            finish = last_begin + end - self.starts[last]
        return begin, finish


def visible(base: View) -> View:
    """Return a view without inline markup, with entities and percent-encoding read.

    Block elements of HTML become line breaks, `#` headings, `-` items and `|` cells, a line that
    is all bold becomes a `#` heading, so that one light scan reads every kind of review.
    """
    return _derive(base, _MARKS, _Reader().shown)


def unwrapped(base: View) -> View:
    """Return a view without its line breaks, and without the blanks and quote marks around them."""
    return _derive(base, _WRAP, lambda _: "")


def fold(text: str) -> str:
    """Return `text` in lower case and without diacritics, each character still in its place."""
    if not text.isascii():
        text = _NON_ASCII.sub(_plain, text)
    return text.lower()


def _derive(base: View, marks: re.Pattern[str], shown: Callable[[re.Match[str]], str | None]) -> View:
    text = base.text
    parts: list[str] = []
    starts: list[int] = []
    pieces: list[tuple[int, int, bool]] = []
    done = length = 0

    def add(part: str, begin: int, end: int, *, copied: bool) -> None:
        nonlocal length
        if part:
            parts.append(part)
            starts.append(length)
            pieces.append((begin, end, copied))
            length += len(part)

    for match in marks.finditer(text):
        new = shown(match)
        if new is None:
            continue
        # A cell ends before the blanks that lay out its closing tag.
        gap = text[done : match.start()]
        gap = gap.rstrip() if new == "|" else gap
        add(gap, done, done + len(gap), copied=True)
        add(new, match.start(), match.end(), copied=False)
        done = match.end()
    if not done:
        return base
    add(text[done:], done, len(text), copied=True)
    new_text = "".join(parts)
    return View(new_text, fold(new_text), tuple(starts), tuple(pieces), base)


class _Reader:
    """Says what a reader sees in place of a mark; it knows whether it stands in a table's cell."""

    def __init__(self) -> None:
        self.in_cell = False

    def shown(self, match: re.Match[str]) -> str | None:
        """Return what is seen in place of a mark; None: the mark itself."""
        if match["block"]:
            return self._block(match["block"].lower(), closing=bool(match["close"]))
        return _SEEN[str(match.lastgroup)](match[0])

    def _block(self, tag: str, *, closing: bool) -> str:
        if tag in {"td", "th"}:
            self.in_cell = not closing
            return "|" if closing else ""
        if tag == "tr" or tag in _ROWS:
            self.in_cell = False
            return "\n|" if tag == "tr" and not closing else ""
        if self.in_cell:
            return " "  # a paragraph within a cell ends no row
        if closing:
            return "|\n" if tag == "dd" else "\n" * (tag != "dt")
        if tag[0] == "h" and tag[1].isdigit():
            return f"\n{'#' * int(tag[1])} "
        return _OPENED.get(tag, "\n")


_SEEN: Mapping[str, Callable[[str], str | None]] = {
    "gone": lambda _: "",
    "stay": lambda _: None,
    "title": lambda _: "# ",
    "entity": html.unescape,
    "percent": unquote,
    "wide": lambda found: "".join(chr(ord(letter) - 0xFEE0) for letter in found),
}
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
# Letters that Unicode does not take apart, and signs that people use for one another.
_ODD = dict(zip("øØłŁđĐ\u0131’\u2011\u00a0", "oollddi'- ", strict=True))


def _plain(match: re.Match[str]) -> str:
    letter = match[0]
    if letter in _ODD:
        return _ODD[letter]
    base = unicodedata.normalize("NFD", letter)[0].lower()
    return base if len(base) == 1 else letter
