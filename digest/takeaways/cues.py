"""Kinds of words by which a line shows what it is, found by looking each word up; no pattern is searched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_MOST_REMEMBERED = 50_000  # words


@dataclass(frozen=True, slots=True)
class Cues:
    """`config/cues.yaml`, compiled: the kinds in order, and which of them a word or phrase shows."""

    kinds: tuple[str, ...]
    exact: Mapping[str, tuple[int, ...]]
    opening: Mapping[str, tuple[int, ...]]  # of "learn*"
    closing: Mapping[str, tuple[int, ...]]  # of "*ed"
    phrases: Mapping[str, tuple[int, ...]]  # how many words they have, by their first one
    lengths: tuple[tuple[int, ...], tuple[int, ...]]  # that openings have, and closings
    seen: dict[str, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, kinds: Mapping[str, Iterable[str]]) -> "Cues":
        """Compile the words of each kind; a star stands at the beginning or the end of one."""
        exact: dict[str, tuple[int, ...]] = {}
        opening: dict[str, tuple[int, ...]] = {}
        closing: dict[str, tuple[int, ...]] = {}
        for number, words in enumerate(kinds.values()):
            for word in words:
                held = closing if word.startswith("*") else opening if word.endswith("*") else exact
                bare = word.strip("*")
                held[bare] = (*held.get(bare, ()), number)
        phrases: dict[str, set[int]] = {}
        for phrase in (p for p in exact if " " in p):
            phrases.setdefault(phrase.split()[0], set()).add(len(phrase.split()))
        return cls(
            tuple(kinds),
            exact,
            opening,
            closing,
            {word: tuple(sorted(counts)) for word, counts in phrases.items()},
            (_lengths(opening), _lengths(closing)),
        )

    def counts(self, tokens: Sequence[str]) -> list[int]:
        """Return how often each kind occurs, in the order of `kinds`."""
        found = [0] * len(self.kinds)
        for at, word in enumerate(tokens):
            for kind in self.kinds_of(word):
                found[kind] += 1
            for length in self.phrases.get(word, ()):
                for kind in self.exact.get(" ".join(tokens[at : at + length]), ()):
                    found[kind] += 1
        return found

    def kinds_of(self, word: str) -> tuple[int, ...]:
        """Return the numbers of the kinds that a single word shows."""
        known = self.seen.get(word)
        if known is None:
            known = tuple(dict.fromkeys(self._kinds_of(word)))
            if len(self.seen) < _MOST_REMEMBERED:
                self.seen[word] = known
        return known

    def _kinds_of(self, word: str) -> Iterator[int]:
        yield from self.exact.get(word, ())
        for length in self.lengths[0]:
            yield from self.opening.get(word[:length], ())
        for length in self.lengths[1]:
            if len(word) > length + 1:  # "red" does not end in "ed"
                yield from self.closing.get(word[-length:], ())


def _lengths(parts: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted(set(map(len, parts))))
