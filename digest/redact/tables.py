"""Finds the people in tables: the column that a head such as "Owner" stands over, or the cell beside it."""

import re
from collections.abc import Iterator, Sequence

from digest.redact.lines import Lines, Named, is_prose
from digest.redact.view import View
from digest.redact.vocabulary import Vocabulary

_BAR = re.compile(r"\|{1,2}")

Cells = Sequence[tuple[int, int]]


def named(view: View, words: Vocabulary) -> Iterator[Named]:
    """Yield the cells that hold people, in the order of the rows that say so."""
    lines = Lines(view.text)
    done = -1
    for match in words.cell.finditer(view.folded):
        at = match.start("label")
        if at < done:
            continue
        start, done = lines.start(at), lines.end(at)
        yield from _of_row(lines, view, start, done, words)


def _of_row(lines: Lines, view: View, start: int, end: int, words: Vocabulary) -> Iterator[Named]:
    """Yield what the labels of one row introduce: columns if it is a head, else the cells beside them."""
    row = _row(lines.text, start, end)
    texts = [view.folded[a:b].strip(" \t*_:").replace("(s)", "") for a, b in row]
    labels = {n: text not in words.owners for n, text in enumerate(texts) if text in words.labels}
    if not labels or len(row) == 1:
        return
    first = not start or "|" not in lines.text[lines.start(start - 1) : start]
    # `| Owner | Ana |` tells of one thing; `| Owner | Action |` heads a column.
    if first and (0 not in labels or all(text in words.columns or text in words.labels for text in texts)):
        yield from _columns(lines, end, labels)
        return
    for n, certain in labels.items():
        yield from _cell(lines.text, row, n + 1, certain=certain)


def _columns(lines: Lines, at: int, labels: dict[int, bool]) -> Iterator[Named]:
    for start, end in lines.after(at):
        if "|" not in lines.text[start:end]:
            return
        row = _row(lines.text, start, end)
        for n, certain in labels.items():
            yield from _cell(lines.text, row, n, certain=certain)


def _cell(text: str, row: Cells, number: int, *, certain: bool) -> Iterator[Named]:
    if number < len(row) and not is_prose(text[slice(*row[number])]):
        yield Named(*row[number], certain=certain)


def _row(text: str, start: int, end: int) -> Cells:
    """Return where the cells of a table's row stand, without the bars; `||` counts as one."""
    cells: list[tuple[int, int]] = []
    begin = start
    for bar in _BAR.finditer(text, start, end):
        # What stands before the first bar is a cell only if it says something.
        if begin > start or text[begin : bar.start()].strip():
            cells.append((begin, bar.start()))
        begin = bar.end()
    if text[begin:end].strip():
        cells.append((begin, end))
    return cells
