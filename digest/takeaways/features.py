"""What a line shows besides its words: kinds of words, shape, heading, place. One row of numbers a line.

A model is bound to the names and the order of these columns; the data file names them, and one trained on
others is refused (`digest.takeaways.words`).
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digest.takeaways.cues import Cues
from digest.takeaways.headings import Meaning
from digest.takeaways.page import Line, Page
from digest.takeaways.tokens import LINK, MIXED, NAME, NUMBER, TIME, tokens_of

_LONG = 8  # letters; a word of more is a long one
_SHARES = ("past", "present", "article")
_OPENINGS = ("asking", "pointing", "we", "article", "doing", "negation", "condition", "past")
_SHAPE = ("words", "letters", "sentences", "commas", "colons", "brackets", "questions", "quotation_marks")
_SHAPE_MARKS = (",", ":", "(", "?", '"')
_CLASSES = {"times": TIME, "numbers": NUMBER, "mixed": MIXED, "names": NAME, "links": LINK}
_FORM = ("masks", "capitals", "opens_small", "ends_full", "long_words", "fix_like")
_PLACE = ("known", "bullet", "cell", "emphasised", "in_section", "of_section", "share_of_section")
_PAGE = ("order", "share", "lines", "share_of_text", "from_end")
_COUNTED = (Meaning.TAKEAWAYS, Meaning.WENT_WRONG, Meaning.FACTORS, Meaning.FOLLOW_UPS, Meaning.TIMELINE)


def names_of(cues: Cues) -> tuple[str, ...]:
    """Return the names of the columns, in order."""
    return (
        *(f"kind:{kind}" for kind in cues.kinds),
        *(f"share:{kind}" for kind in _SHARES),
        *(f"opens:{kind}" for kind in _OPENINGS),
        *_SHAPE,
        *_CLASSES,
        *_FORM,
        *(f"under:{meaning.value}" for meaning in Meaning),
        *_PLACE,
        *_PAGE,
        *(f"page:{meaning.value}" for meaning in _COUNTED),
    )


def rows_of(page: Page, tokens: Sequence[Sequence[str]], cues: Cues) -> NDArray[np.float32]:
    """Return n x m numbers, one row a line; `tokens` are the lines' words, as `tokens_of` gives them."""
    sizes = Counter(id(line.candidate.section) for line in page.lines)
    held = Counter(line.meaning for line in page.lines)
    counted = [held[meaning] for meaning in _COUNTED]
    met: Counter[int] = Counter()
    rows = []
    for number, (line, words) in enumerate(zip(page.lines, tokens, strict=True)):
        section = id(line.candidate.section)
        place = _place(line, met[section], sizes[section])
        met[section] += 1
        around = _around(number, page, line)
        rows.append([*_words(words, cues), *_form(line, words), *_under(line), *place, *around, *counted])
    return np.array(rows, np.float32).reshape(len(rows), -1)


def _words(words: Sequence[str], cues: Cues) -> list[float]:
    counts = cues.counts(words)
    at = cues.kinds.index
    total = max(1, len(words))
    opening = cues.kinds_of(words[0]) if words else ()
    spoken = [len(word) for word in words if word[0].isalpha()]
    classes = [float(words.count(mark)) for mark in _CLASSES.values()]
    return [
        *counts,
        *(counts[at(kind)] / total for kind in _SHARES),
        *(float(at(kind) in opening) for kind in _OPENINGS),
        len(spoken),
        sum(spoken) / max(1, len(spoken)),
        sum(map(words.count, (".", "!", "?"))),
        *(words.count(mark) for mark in _SHAPE_MARKS),
        *classes,
    ]


def _form(line: Line, words: Sequence[str]) -> list[float]:
    quote = line.candidate.quote
    long = sum(len(word) > _LONG for word in words)
    return [
        sum(word[0] == "[" for word in words),
        sum(word[:1].isupper() for word in line.text.split()[1:]),
        quote[:1].islower(),
        quote.rstrip()[-1:] in {".", "!", "?"},
        long / max(1, len(words)),
        line.fix_like,
    ]


def _under(line: Line) -> list[bool]:
    return [line.meaning is meaning for meaning in Meaning]


def _place(line: Line, number: int, size: int) -> list[float]:
    candidate = line.candidate
    marks = (candidate.section.known, candidate.bullet, candidate.cell, candidate.emphasised)
    return [*marks, number, size, number / size]


def _around(number: int, page: Page, line: Line) -> list[float]:
    total = len(page.lines)
    return [number, number / total, total, line.candidate.line / max(1, page.length), total - number]


def words_of_page(page: Page) -> list[tuple[str, ...]]:
    """Return the words of each line."""
    return [tokens_of(line.text) for line in page.lines]
