"""Finds names of any number of words, whatever their case, spacing, hyphens and diacritics."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest.redact.view import fold

_WORD = re.compile(r"[^\W_]+")
_GAP = re.compile(r"[\s\-_.,'&*]{0,3}")
# How many names are still looked for one by one.
_FEW = 60
# Scripts that put no blank between words: a name there has no boundary to look for.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words_of(name: str) -> list[str]:
    """Return the words of `name`, folded; "AcmeCorp" has two."""
    return _WORD.findall(fold(_HUMP.sub(" ", name)))


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Names and what each stands for, by the word they begin with, longest first.

    A blank in a phrase stands for any short gap, or none: "acme corp" finds "ACME-Corp" and "AcmeCorp".
    """

    by_word: dict[str, tuple[tuple[str, str], ...]]

    @classmethod
    def of(cls, names: Iterable[tuple[str, str]]) -> "Phrasebook":
        """Index pairs of a name and what it stands for; of two equal names the first counts."""
        known: dict[str, str] = {}
        for name, meaning in names:
            phrase = " ".join(words_of(name))
            if len(phrase) > 1:
                known.setdefault(phrase, meaning)
        by_word: dict[str, list[tuple[str, str]]] = {}
        for phrase in sorted(known, key=lambda p: (-len(p), p)):
            by_word.setdefault(phrase.split(" ")[0], []).append((phrase, known[phrase]))
        return cls({word: tuple(found) for word, found in by_word.items()})

    def find(self, folded: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and meaning of the names in a folded text; from one place the longest.

        Where names begin with the same letters, each of them is given; whoever masks joins them.
        """
        if len(self.by_word) > _FEW:
            yield from self._find_many(folded)
            return
        for word, phrases in self.by_word.items():
            start = folded.find(word)
            while start >= 0:
                end, meaning = _longest(folded, start, phrases)
                if end > start:
                    yield start, end, meaning
                start = folded.find(word, max(end, start + 1))

    def _find_many(self, folded: str) -> Iterator[tuple[int, int, str]]:
        """Look at each word of the text once: for many names, quicker than at the text once a name."""
        by_letters: dict[str, list[str]] = {}
        for word in self.by_word:
            by_letters.setdefault(word[:2], []).append(word)
        done = 0
        for found in _WORD.finditer(folded):
            start = found.start()
            for word in (*by_letters.get(found[0][:2], ()), *by_letters.get(found[0][:1], ())):
                if folded.startswith(word, start) and start >= done:
                    end, meaning = _longest(folded, start, self.by_word[word])
                    if end > start:
                        yield start, end, meaning
                        done = end


def _longest(folded: str, start: int, phrases: tuple[tuple[str, str], ...]) -> tuple[int, str]:
    """Return end and meaning of the first phrase that stands at `start`; `start` where none does."""
    unspaced = _UNSPACED.match(folded, start) is not None
    if start and folded[start - 1].isalnum() and not unspaced:
        return start, ""
    for phrase, meaning in phrases:
        end = _phrase_end(folded, start, phrase, bounded=not unspaced)
        if end is not None:
            return end, meaning
    return start, ""


def _phrase_end(folded: str, start: int, phrase: str, *, bounded: bool) -> int | None:
    """Return where `phrase` ends if it stands at `start`, as whole words if `bounded`; else None."""
    at = start
    for word in phrase.split(" "):
        if at > start:
            gap = _GAP.match(folded, at)
            at = gap.end() if gap else at
        if not folded.startswith(word, at):
            return None
        at += len(word)
    return None if bounded and at < len(folded) and folded[at].isalnum() else at
