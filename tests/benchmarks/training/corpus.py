"""A corpus of reviews that editors have read, as pages with a grade for each line.

A folder with `index.jsonl` (documents: id, file, org), `raw/` (their text), `labels.jsonl` (their lines:
doc_id, text) and `judged.jsonl` (doc, editor, takeaways as [line, grade 1..3], went_well). It is read with
the program's own reader, masked as a tracker's text is, so that a model meets what it will meet.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digest.assemble import rules_of
from digest.errors import DigestError
from digest.redact import redact_incident
from digest.takeaways.lexicon import Lexicon
from digest.takeaways.page import Page, page_of
from digest.trackers.folder import incident_of_file

WORTH = 2  # a grade from here up is worth printing
_LONGEST = 60  # words; what is longer is no takeaway
_SHARED = 0.6  # of the shorter one's words, where a line is found again
_JOINED = 1.5  # times as long: it joins several lines


@dataclass(frozen=True, slots=True)
class Document:
    """One review: its page, and what editors said of each line of it."""

    name: str
    organisation: str
    page: Page
    place: tuple[int | None, ...]  # each line's number in the corpus, None where it is not there
    gain: Mapping[int, float] = field(default_factory=dict)  # mean grade by number, over editors
    worth: Mapping[int, float] = field(default_factory=dict)  # share of editors who graded it 2 or 3
    judged: bool = False

    def grades(self, kind: str = "gain") -> NDArray[np.float64]:
        """Return what editors gave each line of the page, 0 where none picked it."""
        told: Mapping[int, float] = getattr(self, kind)
        return np.array([told.get(n, 0.0) if n is not None else 0.0 for n in self.place])


def documents_in(corpus: Path, lexicon: Lexicon, *, judged_only: bool = True) -> Iterator[Document]:
    """Yield the corpus's documents in the order of its index; what cannot be read is left out."""
    rules = rules_of(None)
    texts, picks = _texts(corpus), _picks(corpus)
    for row in _rows(corpus / "index.jsonl"):
        name = str(row["id"])
        editors = picks.get(name, {})
        if judged_only and not editors:
            continue
        try:
            incident = incident_of_file(corpus / "raw" / str(row["file"]))
            incident = redact_incident(replace(incident, key=name), rules)
        except DigestError:
            continue
        page = page_of(incident.review, incident.title, lexicon.headings, lexicon.language)
        gain, worth = _told(editors)
        place = placed([line.candidate.quote for line in page.lines], texts[name], gain)
        yield Document(name, str(row["org"]), page, place, gain, worth, bool(editors))


def placed(quotes: Sequence[str], lines: Sequence[str], gain: Mapping[int, float]) -> tuple[int | None, ...]:
    """Return for each quote the number of the line it was taken from; no line twice.

    A quote that joins several stands for the best of them that is not taken.
    """
    sets = [frozenset(_words(line)) for line in lines]
    taken: set[int] = set()
    numbers: list[int | None] = []
    for quote in quotes:
        words = _words(quote)
        found = _found(frozenset(words), sets) if len(words) <= _LONGEST else []
        joins = bool(found) and len(words) > _JOINED * len(_words(lines[found[0]]))
        open_to = sorted(found, key=lambda n: -gain.get(n, 0.0)) if joins else found[:1]
        number = next((n for n in open_to if n not in taken), None)
        numbers.append(number)
        if number is not None:
            taken.add(number)
    return tuple(numbers)


def _found(words: frozenset[str], sets: Sequence[frozenset[str]]) -> list[int]:
    found = []
    for number, line in enumerate(sets):
        shorter, longer = sorted((len(words), len(line)))
        if shorter > 2 and len(words & line) >= _SHARED * shorter:
            found.append((len(words & line) / shorter + 0.2 * shorter / longer, -number))
    return [-number for _, number in sorted(found, reverse=True)]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def _told(editors: Mapping[str, Sequence[Sequence[int]]]) -> tuple[dict[int, float], dict[int, float]]:
    gain: defaultdict[int, float] = defaultdict(float)
    worth: defaultdict[int, float] = defaultdict(float)
    for picks in editors.values():
        for line, grade in picks:
            gain[line] += grade / len(editors)
            worth[line] += (grade >= WORTH) / len(editors)
    return dict(gain), dict(worth)


def _texts(corpus: Path) -> dict[str, list[str]]:
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for row in _rows(corpus / "labels.jsonl"):
        if not row.get("boilerplate"):
            texts[str(row["doc_id"])].append(str(row["text"]))
    return texts


def _picks(corpus: Path) -> dict[str, dict[str, Sequence[Sequence[int]]]]:
    picks: defaultdict[str, dict[str, Sequence[Sequence[int]]]] = defaultdict(dict)
    for row in _rows(corpus / "judged.jsonl"):
        takeaways = row["takeaways"]
        picks[str(row["doc"])][str(row["editor"])] = takeaways if isinstance(takeaways, list) else []
    return picks


def _rows(file: Path) -> Iterator[dict[str, object]]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
