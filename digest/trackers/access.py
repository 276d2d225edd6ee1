"""Who may see an incident, by all that is said about it: the strictest counts. Pure, and fails closed."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from digest.model import Visibility
from digest.trackers import labels
from digest.trackers.fields import Fields

# What says nothing here. "none", "unknown" and "tbd", absent elsewhere, are answers to who may see it.
_SILENT = frozenset({"", "~", "-", "–", "—", "n/a", "na", "null"})
_PUBLIC_OR_PRIVATE = "write public (everybody in the organisation may see it) or private"
_YES_OR_NO = "write yes or no"


@dataclass(frozen=True, slots=True)
class Access:
    """The decision, and what was not understood on the way to it: the place, and what is wrong there."""

    visibility: Visibility
    doubts: tuple[tuple[str, str], ...] = ()


def access_of(
    sources: Iterable[tuple[str, Fields]],
    doubts: Iterable[tuple[str, str]] = (),
    default: Visibility | None = None,
) -> Access:
    """Decide from the fields of several places, and `doubts` that are known already.

    `visibility` is public or private in so many words; `private` yes or no, where all but a plain
    "no" is yes; `restricted` yes or no, where "no" says nothing; `public` yes or no. Where nothing
    is said it is `default`; without one, and where anything is in doubt, unknown.
    """
    told: list[Visibility] = []
    doubted = list(doubts)
    for place, fields in sources:
        for field, word in _said(fields):
            seen = _READ[field](word)
            told += [] if seen is None else [seen]
            if seen is Visibility.UNKNOWN:
                name, advice = _ADVICE[field]
                doubted.append((place, f"{name}: {word[:40]!r} is not understood; {advice}"))
    if doubted:
        told.append(Visibility.UNKNOWN)
    visibility = labels.strictest(told) or default or Visibility.UNKNOWN
    return Access(visibility, tuple(doubted))


def _said(fields: Fields) -> Iterator[tuple[str, str]]:
    for field in _READ:
        for word in _words(fields.get(field)):
            yield field, word


def _words(value: object) -> Iterator[str]:
    """Yield every word in a value, however deep it stands."""
    waiting = deque([value])
    seen: set[int] = set()  # a YAML alias makes one list stand in many places
    while waiting:
        held = waiting.popleft()
        if isinstance(held, Mapping | list):
            if id(held) not in seen:
                waiting.extend(held.values() if isinstance(held, Mapping) else held)
            seen.add(id(held))
        elif held is not None:
            parts = (labels.squeeze(part) for part in re.split(r"[,;\n]", str(held)))
            yield from (part for part in parts if part.casefold() not in _SILENT)


def _private(word: str) -> Visibility:
    return Visibility.PUBLIC if labels.yes_no(word) is False else Visibility.PRIVATE


def _restricted(word: str) -> Visibility | None:
    answer = labels.yes_no(word)
    if answer is False or word.casefold() == "none":
        return None
    # `security: low` is somebody else's field; to take it for private in silence would hide every incident.
    private = answer or labels.visibility_of(word) is Visibility.PRIVATE
    return Visibility.PRIVATE if private else Visibility.UNKNOWN


def _public(word: str) -> Visibility:
    answers = {True: Visibility.PUBLIC, False: Visibility.PRIVATE, None: Visibility.UNKNOWN}
    return answers[labels.yes_no(word)]


_READ = {
    "visibility": labels.visibility_of,
    "private": _private,
    "restricted": _restricted,
    "public": _public,
}
_ADVICE = {
    "visibility": ("visibility", _PUBLIC_OR_PRIVATE),
    "restricted": ("restricted, security or the like", _YES_OR_NO),
    "public": ("public", _YES_OR_NO),
}
