"""Words into the pieces that an encoder knows.

Source: Devlin et al. 2019, https://arxiv.org/abs/1810.04805 (the variant in lower case, without accents).
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_LONGEST_WORD = 100  # characters; what is longer is no word
_MOST_REMEMBERED = 50_000
_START, _END, _UNKNOWN, _INSIDE = "[CLS]", "[SEP]", "[UNK]", "##"


@dataclass(frozen=True, slots=True)
class WordPiece:
    """A vocabulary: each piece with its number."""

    numbers: Mapping[str, int]
    seen: dict[str, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, pieces: Sequence[str]) -> "WordPiece":
        """Read a vocabulary, in the order of the numbers.

        Raises:
            ValueError: one of the pieces that every text needs is missing.
        """
        numbers = {piece: number for number, piece in enumerate(pieces)}
        if missing := [mark for mark in (_START, _END, _UNKNOWN) if mark not in numbers]:
            message = f"the vocabulary lacks {missing[0]}"
            raise ValueError(message)
        return cls(numbers)

    def pair(self, first: str, second: str, most: int) -> tuple[list[int], list[int]]:
        """Return two texts' numbers with their marks, at most `most`; and of which text each is, 0 or 1.

        The longer text gives way first, from its end.
        """
        a, b = self.pieces(first), self.pieces(second)
        while len(a) + len(b) > most - 3:
            (a if len(a) > len(b) else b).pop()
        start, end = self.numbers[_START], self.numbers[_END]
        return [start, *a, end, *b, end], [0] * (len(a) + 2) + [1] * (len(b) + 1)

    def pieces(self, text: str) -> list[int]:
        """Return the numbers of a text's pieces."""
        found: list[int] = []
        for word in _words(text):
            known = self.seen.get(word)
            if known is None:
                known = self._cut(word)
                if len(self.seen) < _MOST_REMEMBERED:
                    self.seen[word] = known
            found.extend(known)
        return found

    def _cut(self, word: str) -> tuple[int, ...]:
        """Cut a word into the longest pieces known, from its beginning."""
        if len(word) > _LONGEST_WORD:
            return (self.numbers[_UNKNOWN],)
        found = []
        start = 0
        while start < len(word):
            mark = _INSIDE if start else ""
            end = next((e for e in range(len(word), start, -1) if mark + word[start:e] in self.numbers), 0)
            if not end:
                return (self.numbers[_UNKNOWN],)
            found.append(self.numbers[mark + word[start:end]])
            start = end
        return tuple(found)


def _words(text: str) -> list[str]:
    """Return words and single marks, lower case, without accents."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return "".join(c if c.isalnum() or c.isspace() else _apart(c) for c in text.lower()).split()


def _apart(char: str) -> str:
    kind = unicodedata.category(char)
    if kind.startswith("C"):
        return " " if char in "\t\n\r" else ""
    return f" {char} " if char.isascii() or kind.startswith("P") else char
