"""A line as the words that a model sees, and as numbers that stand for them.

What only one organisation has (times, numbers, paths, identifiers) becomes a class of its own, so that a
model learns what a line says and not who said it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from digest.takeaways.sentences import fold

TIME, NUMBER, MIXED, NAME, LINK = "<time>", "<number>", "<mixed>", "<name>", "<link>"
_PIECE = re.compile(
    r"\[[a-z -]{2,30}\]|https?://\S+|\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\w*|\w(?:[\w@#/.'’-]*\w)?|[?!:;,()\".…]"
)
_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*")
_TIME = re.compile(r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?[a-z]{0,4}")
_INNER = re.compile(r"[/_.@#]")
_MULTIPLIER = np.uint32(0x9E3779B1)  # spreads neighbouring numbers: 2**32 over the golden ratio
_OPENING = np.uint32(0x85EBCA6B)


def tokens_of(text: str) -> tuple[str, ...]:
    """Return the words of a line, lower case, in order; marks count as words."""
    return tuple(map(_normal, _PIECE.findall(text)))


@lru_cache(maxsize=50_000)
def _normal(piece: str) -> str:
    low = fold(piece)
    if low.startswith("http"):
        return LINK
    if _WORD.fullmatch(low):
        return NAME if piece[1:] != low[1:] and piece[1:].lower() != piece[1:] and "’" not in piece else low
    if _TIME.fullmatch(low):
        return TIME
    if low.isdigit():
        return NUMBER
    if len(low) == 1 or low.startswith("["):
        return low
    return MIXED if any(map(str.isdigit, low)) else NAME if _INNER.search(low) else low


@lru_cache(maxsize=50_000)
def number_of(word: str) -> int:
    """Return 32 bits that stand for a word, the same on every machine."""
    return crc32(word.encode("utf-8", "replace"))


def grams_of(lines: Sequence[Sequence[str]]) -> tuple[NDArray[np.intp], NDArray[np.uint32]]:
    """Return the numbers of the words, pairs and triples of n lines, and of how each line opens.

    Two arrays of one length: which line, 0 to n - 1, and the number. Each number once a line; sorted.
    """
    lengths = np.array([len(line) for line in lines], np.intp)
    owner = np.repeat(np.arange(len(lines)), lengths)
    one = np.fromiter((number_of(word) for line in lines for word in line), np.uint32, len(owner))
    # A pair or triple that reaches into the next line is none.
    within_two, within_three = owner[:-1] == owner[1:], owner[:-2] == owner[2:]
    two = one[:-1] * _MULTIPLIER + one[1:]
    three = two[:-1] * _MULTIPLIER + one[2:]
    first = np.cumsum(lengths) - lengths
    firsts = [first[lengths > held] for held in range(3)]
    openings = [grams[at] ^ _OPENING for grams, at in zip((one, two, three), firsts, strict=True)]
    opened = [np.flatnonzero(lengths > held) for held in range(3)]
    owners = np.concatenate([owner, owner[:-1][within_two], owner[:-2][within_three], *opened])
    numbers = np.concatenate([one, two[within_two], three[within_three], *openings])
    pairs = np.unique(owners.astype(np.uint64) << np.uint64(32) | numbers)
    return (pairs >> np.uint64(32)).astype(np.intp), pairs.astype(np.uint32)
