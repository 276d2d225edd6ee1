"""The trackers' own words for a primary cause, gathered into a few groups."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digest.errors import ConfigError

OTHER = "Other"
_FILE = "factors.yaml"


@dataclass(frozen=True, slots=True)
class Causes:
    """The cause groups in the order in which they are tried: name, whole causes, beginnings of words."""

    groups: tuple[tuple[str, frozenset[str], tuple[str, ...]], ...]

    @classmethod
    def of(cls, mapping: Mapping[str, object]) -> "Causes":
        """Read a parsed `config/factors.yaml`.

        Raises:
            ConfigError: the shape is not `groups: [{name, words, cues}]`; it names the key.
        """
        groups = mapping.get("groups")
        if not isinstance(groups, list) or not groups:
            raise ConfigError(f"{_FILE} groups", "expected a list of groups, each with name, words and cues")
        return cls(tuple(_group(group, index) for index, group in enumerate(groups)))

    @property
    def names(self) -> tuple[str, ...]:
        """The groups' names, in the file's order, without *Other*."""
        return tuple(name for name, _, _ in self.groups)

    def group_of(self, cause: str | None) -> str:
        """Return the group of a tracker's word for a cause; `Other` where none knows it or none is given."""
        if not cause:
            return OTHER
        words = _normalised(cause)
        for name, wholes, _ in self.groups:
            if words in wholes:
                return name
        for name, _, cues in self.groups:
            if any(f" {cue}" in f" {words}" for cue in cues):
                return name
        return OTHER


def _group(group: object, index: int) -> tuple[str, frozenset[str], tuple[str, ...]]:
    place = f"{_FILE} groups[{index}]"
    if not isinstance(group, Mapping) or not isinstance(group.get("name"), str):
        raise ConfigError(place, "expected a mapping with name, words and cues")
    if group["name"] == OTHER:
        raise ConfigError(f"{place}.name", f"{OTHER!r} is what no group knows; give the group another name")
    words, cues = (_strings(group.get(key, []), f"{place}.{key}") for key in ("words", "cues"))
    return group["name"], frozenset(map(_normalised, words)), tuple(map(_normalised, cues))


def _strings(value: object, place: str) -> Sequence[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(place, "expected a list of words")
    return value


def _normalised(words: str) -> str:
    plain = re.sub(r"[^\w]+", " ", words.casefold()).strip()
    return re.sub(r"(?<=\w{3})s\b", "", plain)
