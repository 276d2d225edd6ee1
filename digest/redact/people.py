"""Finds the places of a review that name people: sections, labels, table cells.

Line scanning only: a review in any markup is first made to look like Markdown
(`digest.redact.view.visible`), and what is found here is masked in the source.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.redact.mask import Span
from digest.redact.names import People, is_team, read
from digest.redact.rules import PERSON, Rules
from digest.redact.view import View
from digest.redact.vocabulary import Vocabulary

_HEADING = re.compile(r"[ \t>]{0,20}(?:#{1,6}[ \t]|h[1-6]\.|={2,5}[ \t]?\w|\+\+\+|---)")
_ITEM = re.compile(r"[ \t>]*(?:[-*+•]|\d{1,2}[.)])[ \t]|[ \t]{2,}\S|[ \t>]*\|")
_ITEM_MARK = re.compile(r"[ \t>|]*(?:(?:[-*+•]|\d{1,2}[.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?")
_SKIPPED = re.compile(r"[ \t|:=_*+-]*$|[ \t]*\[[^\]\n]{1,200}\]:[ \t]")  # lines of a table, link definitions
_INDENT = re.compile(r"[ \t]*")
_SEPARATORS = re.compile(r"[,;|/&+()<>\[\]\"“”]|\s(?:and|und|et)\s|\s[-–—]\s")
_AFTER_COLON = re.compile(
    r":[ \t]{0,2}(?P<name>[^\W\d_a-z][\w'’.-]{1,30}(?:[ \t][^\W\d_a-z][\w'’-]{1,30}){0,3})"
)
_LONGEST_LABEL = 40
_PROSE = 6  # words in a row that no name has
_LABELLED = re.compile(r"(?P<label>[^:\n]{2,40}):[ \t]*(?P<rest>\S.*)$")


@dataclass(frozen=True, slots=True)
class Named:
    """A stretch of a view that names people; `certain`: it names nobody and nothing else."""

    start: int
    end: int
    certain: bool


def places(view: View, words: Vocabulary) -> list[Named]:
    """Return the stretches of a view that hold people, each within one line, in no order."""
    found: list[Named] = []
    lines = _Lines(view.text)
    for match in words.place.finditer(view.folded):
        found += _after_label(lines, match, words)
    if "|" in view.text:
        for match in words.cell.finditer(view.folded):
            found += _cells(lines, match, words)
    if ":" in view.text:
        found += _inline(view, words)
    return found


def _inline(view: View, words: Vocabulary) -> Iterator[Named]:
    """Yield the names within sentences that a label and a colon lead up to: "(owner: Ana Ribeiro)"."""
    for match in _AFTER_COLON.finditer(view.text):
        if words.inline.search(view.folded[max(0, match.start() - _LONGEST_LABEL) : match.start()]):
            yield Named(*match.span("name"), certain=False)


def learn(view: View, found: Sequence[Named], rules: Rules) -> tuple[People, People]:
    """Return who is named in the stretches: surely people, and perhaps teams or systems."""
    sure = unsure = People()
    for named in found:
        people = read(view.text[named.start : named.end], rules, certain=named.certain)
        if named.certain:
            sure += people
        else:
            unsure += people
    return sure, unsure


def spans(view: View, found: Sequence[Named], rules: Rules) -> Iterator[Span]:
    """Yield the stretches of the source to mask; teams, and what is masked already, stay."""
    for named in found:
        text = view.text[named.start : named.end]
        bare = rules.masks.sub("", text)
        if (
            any(c.isalnum() for c in bare)
            and not is_team(text, rules.people)
            and not rules.allows(text.strip())
        ):
            begin, end = view.source(named.start, named.end)
            yield Span(begin, end, PERSON)


class _Lines:
    """The lines of a text, by offset."""

    def __init__(self, text: str) -> None:
        self.text = text

    def end(self, at: int) -> int:
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found

    def start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def after(self, at: int) -> Iterator[tuple[int, int]]:
        """Yield start and end of each line below the one that holds `at`."""
        start = self.end(at) + 1
        while start < len(self.text):
            end = self.end(start)
            yield start, end
            start = end + 1


def _after_label(lines: _Lines, match: re.Match[str], words: Vocabulary) -> Iterator[Named]:
    """Yield what a heading or label at a line's start introduces: beside it, or below."""
    line_end = lines.end(match.start("label"))
    if match.end("tail") > line_end or not lines.text[match.end("tail") : line_end].strip(" \t*_#=:\r"):
        yield from _below(lines, match, words)
        return
    tail = match["tail"]
    owner_like = match["mark"] is None or not match["mark"].startswith("#")
    if not any(sign in tail for sign in (":", "=")) and not (owner_like and re.search(r"\s[-–—]\s", tail)):
        return
    begin = match.end("tail")
    if not _is_prose(lines.text[begin:line_end]):
        yield Named(begin, line_end, certain=match["label"] not in words.owners)


def _below(lines: _Lines, match: re.Match[str], words: Vocabulary) -> Iterator[Named]:
    """Yield the content of the lines below a heading, up to the next heading."""
    mark = match["mark"] or ""
    section = mark[:1] in {"#", "h", "="}
    listed = False
    indent = match.start("label") - lines.start(match.start("label"))
    for start, end in lines.after(match.start("label")):
        line = lines.text[start:end]
        if not line.strip():
            if listed and not section:
                return
            continue
        if _SKIPPED.match(line) and not line.startswith("---"):
            continue
        if _HEADING.match(line):
            return
        item = _ITEM.match(line) is not None
        if not section and ((listed and not item) or (mark and _indent(line) < indent - len(mark))):
            return
        listed = True
        yield from _line(line, start, words)
        if not section and not item:
            return


def _indent(line: str) -> int:
    found = _INDENT.match(line)
    return found.end() if found else 0


def _line(line: str, offset: int, words: Vocabulary) -> Iterator[Named]:
    """Yield what to mask of a line below a heading: all of it, but for its mark and a role it names."""
    mark = _ITEM_MARK.match(line)
    begin = mark.end() if mark else 0
    labelled = _LABELLED.match(line, begin)
    if labelled and is_team(labelled["label"], words):
        begin = labelled.start("rest")
    if not _is_prose(line[begin:]):
        yield Named(offset + begin, offset + len(line.rstrip(" \t|\r")), certain=True)


def _is_prose(text: str) -> bool:
    """Whether words stand in sentences here, rather than in a list of names."""
    return any(len(piece.split()) > _PROSE for piece in _SEPARATORS.split(text))


def _cells(lines: _Lines, match: re.Match[str], words: Vocabulary) -> Iterator[Named]:
    """Yield the cells of a table that a label heads: its column, or the cell beside it."""
    at = match.start("label")
    start, end = lines.start(at), lines.end(at)
    row = _row(lines.text, start, end)
    number = next((n for n, (a, b) in enumerate(row) if a <= at <= b), None)
    if number is None or len(row) == 1:
        return
    above = lines.text[lines.start(start - 1) : start] if start else ""
    others = [lines.text[a:b].strip(" \t*_:").lower() for n, (a, b) in enumerate(row) if n != number]
    heads = "|" not in above and (number > 0 or all(o in words.columns or o in words.labels for o in others))
    if not heads:
        if number + 1 < len(row) and not _is_prose(lines.text[slice(*row[number + 1])]):
            yield Named(*row[number + 1], certain=match["label"] not in words.owners)
        return
    for begin, finish in lines.after(at):
        if "|" not in lines.text[begin:finish]:
            return
        cells = _row(lines.text, begin, finish)
        if number < len(cells) and not _is_prose(lines.text[slice(*cells[number])]):
            yield Named(*cells[number], certain=match["label"] not in words.owners)


def _row(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return where the cells of a table's row stand, without the bars; `||` counts as one."""
    cells: list[tuple[int, int]] = []
    begin = start
    for bar in re.finditer(r"\|{1,2}", text[start:end]):
        finish = start + bar.start()
        if (finish > start and (cells or text[begin:finish].strip())) or begin > start:
            cells.append((begin, finish))
        begin = start + bar.end()
    if text[begin:end].strip():
        cells.append((begin, end))
    return cells
