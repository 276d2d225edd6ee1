"""Finds names of any number of words, whatever their case, spacing, hyphens and diacritics."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest.redact.view import fold

_WORD = re.compile(r"[^\W_]+")
_GAP = re.compile(r"[\s\-_.,'&*]{0,3}")
# Scripts that put no blank between words: a name there has no boundary to look for.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words_of(name: str) -> list[str]:
    """Return the words of `name`, folded; "AcmeCorp" has two."""
    return _WORD.findall(fold(_HUMP.sub(" ", name)))


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Names and what each stands for, by the one or two letters they begin with, longest first.

    A blank in a phrase stands for any short gap, or none: "acme corp" finds "ACME-Corp" and "AcmeCorp".
    """

    phrases: dict[str, tuple[tuple[str, str], ...]]
    unspaced: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, names: Iterable[tuple[str, str]]) -> "Phrasebook":
        """Index pairs of a name and what it stands for; of two equal names the first counts."""
        known: dict[str, str] = {}
        for name, meaning in names:
            phrase = " ".join(words_of(name))
            if len(phrase) > 1:
                known.setdefault(phrase, meaning)
        by_start: dict[str, list[tuple[str, str]]] = {}
        for phrase in sorted(known, key=lambda p: (-len(p), p)):
            letters = phrase.replace(" ", "")
            for start in (letters[:1], letters[:2]):
                by_start.setdefault(start, []).append((phrase, known[phrase]))
        unspaced = tuple((p, m) for p, m in known.items() if _UNSPACED.search(p))
        return cls({start: tuple(found) for start, found in by_start.items()}, unspaced)

    def find(self, folded: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and meaning of the names in a folded text; from one place the longest."""
        if not self.phrases:
            return
        for word in _WORD.finditer(folded):
            start = word.start()
            # A word of one letter may be an initial, or the start of a name of several words.
            for phrase, meaning in self.phrases.get(folded[start : min(start + 2, word.end())], ()):
                end = _phrase_end(folded, start, phrase)
                if end is not None:
                    yield start, end, meaning
                    break
        for phrase, meaning in self.unspaced:
            start = folded.find(phrase)
            while start >= 0:
                yield start, start + len(phrase), meaning
                start = folded.find(phrase, start + len(phrase))


def _phrase_end(folded: str, start: int, phrase: str) -> int | None:
    """Return where `phrase` ends if it stands at `start` as whole words, else None."""
    at = start
    for word in phrase.split(" "):
        if at > start:
            gap = _GAP.match(folded, at)
            at = gap.end() if gap else at
        if not folded.startswith(word, at):
            return None
        at += len(word)
    boundary = at == len(folded) or not folded[at].isalnum()
    return at if boundary else None
