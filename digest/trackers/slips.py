"""Names that are nearly ours, so that a slip of the pen is told, and opens nothing. Pure.

Front matter holds many names that mean nothing here, and they stay unread. A name that may have
been meant to keep an incident in is another matter: see `Slip.guards`.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from digest.trackers.fields import ALIASES, GUARDS, Fields, field_name

_NEARLY = 80  # percent
_SHORT = 5  # letters; a name as short as this has one wrong, a longer one two

_FIELD_OF = {alias: ours for ours, aliases in ALIASES.items() for alias in aliases}
_GUARDING = [alias for ours in GUARDS for alias in ALIASES[ours]]
# Read with all that is inside them, or about something else than the incident.
_WHOLE = frozenset({*GUARDS, "follow_ups"})

# Said around a name, and no part of it: `is_private`, `incident_visibility`, `visibility_level`.
_AROUND = frozenset({"is", "incident", "level", "flag"})
# Names of their own that happen to be near ours.
_FOREIGN = frozenset({"links", "reviewed", "review_date", "series"})


@dataclass(frozen=True, slots=True)
class Slip:
    """A name that is probably one of ours."""

    name: str  # as it stands there; one inside another is `meta.visibility`
    meant: str
    guards: bool  # may say who may see the incident: what it belongs to is left out until it is put right

    @property
    def field(self) -> str:
        """Our name for the field that was meant."""
        return _FIELD_OF[self.meant]

    def __str__(self) -> str:
        inside = "." in self.name and field_name(self.name.rpartition(".")[2]) == self.meant
        advice = "write it at the top level" if inside else f"did you mean {self.meant!r}?"
        return f"{self.name[:60]!r} is not read; {advice}"


def slips_in(fields: Fields, columns: Mapping[str, str] | None = None) -> Iterator[Slip]:
    """Yield the names in `fields` that are probably slips; `columns` (ours to theirs) are the operator's.

    A name is nearly ours at a likeness of 80 %; where it guards nothing it must also be at most two
    letters off, and its field not be told otherwise. A guarding name inside another field is a slip too.
    """
    own = columns or {}
    told = {_FIELD_OF.get(field_name(name)) for name in fields} | own.keys()
    known = {field_name(name) for name in own.values()} | _FIELD_OF.keys()
    for name, value in fields.items():
        slip = None if field_name(name) in known else slip_of(name)
        if slip and (slip.guards or slip.field not in told):
            yield slip
        if _FIELD_OF.get(field_name(name)) not in _WHOLE:
            yield from _inside(name, value)


def _inside(name: str, value: object) -> Iterator[Slip]:
    waiting = deque([value])
    seen: set[int] = set()  # a YAML alias makes one mapping stand in many places
    while waiting:
        held = waiting.popleft()
        if id(held) in seen or not isinstance(held, Mapping | list):
            continue
        seen.add(id(held))
        waiting.extend(held.values() if isinstance(held, Mapping) else held)
        for inner in map(str, held if isinstance(held, Mapping) else ()):
            known = field_name(inner)
            slip = Slip(inner, known, guards=True) if known in _GUARDING else slip_of(inner)
            if slip and slip.guards:
                yield Slip(f"{name}.{inner}", slip.meant, guards=True)


@lru_cache(maxsize=4096)
def slip_of(name: str) -> Slip | None:
    """Return what a name that is none of ours was probably meant for; None where it is near nothing."""
    words = field_name(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name))
    core = "_".join(word for word in words.split("_") if word not in _AROUND) or words
    for tried in dict.fromkeys((core, words, field_name(name))):
        near = process.extractOne(tried, _GUARDING, scorer=fuzz.ratio, score_cutoff=_NEARLY)
        if near:
            return Slip(name, near[0], guards=True)
    plain = field_name(name)
    near = process.extractOne(plain, _FIELD_OF.keys(), scorer=fuzz.ratio, score_cutoff=_NEARLY)
    wrong = 1 if len(plain) <= _SHORT else 2
    if not near or plain in _FOREIGN or OSA.distance(plain, near[0]) > wrong:
        return None
    return Slip(name, near[0], guards=False)
