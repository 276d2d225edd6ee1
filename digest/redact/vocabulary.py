"""The words by which people are found in a review, and those that are no person's name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from digest.errors import ConfigError
from digest.redact.view import fold

_LISTS = ("headings", "owners", "roles", "teams", "columns", "ambiguous", "products", "no_handles")
_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words in lower case, and the patterns made of them.

    `place` finds a heading or label of people at a line's start (groups mark, label, tail);
    `cell` one in a table (group label).
    """

    place: re.Pattern[str]
    cell: re.Pattern[str]
    labels: frozenset[str]
    owners: frozenset[str]  # labels that may stand beside a team's name as well as a person's
    roles: frozenset[str]  # words of what somebody does: "engineer", "commander"
    teams: frozenset[str]  # words of teams and systems: "platform", "database"
    columns: frozenset[str]  # heads of other columns in tables that have an owner's
    ambiguous: frozenset[str]  # names that are words too: "will", "mark"
    products: frozenset[str]  # names of software too: "jenkins"
    no_handles: frozenset[str]  # what follows an @ and is nobody

    @classmethod
    def of(cls, value: object, key: str) -> "Vocabulary":
        """Read the `people` part of config/redaction.yaml.

        Raises:
            ConfigError: it is no mapping of lists of words; names the key.
        """
        if not isinstance(value, Mapping):
            raise ConfigError(key, "expected a mapping of lists of words")
        for name in value:
            if name not in _LISTS:
                raise ConfigError(f"{key}.{name}", f"is not known here; expected one of {', '.join(_LISTS)}")
        words = {name: _words(value.get(name, []), f"{key}.{name}") for name in _LISTS}
        labels = words["headings"] | words["owners"]
        return cls(
            place=_place(labels),
            cell=_cell(labels),
            labels=labels,
            owners=words["owners"],
            roles=words["roles"],
            teams=words["teams"],
            columns=words["columns"],
            ambiguous=words["ambiguous"],
            products=words["products"],
            no_handles=words["no_handles"],
        )


def _words(value: object, key: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ConfigError(key, "expected a list of words, in quotes where YAML reads them as something else")
    return frozenset(fold(word) for word in value)


def _any_of(words: Iterable[str]) -> str:
    # Longest first, since the first alternative that fits is taken.
    longest = sorted(words, key=lambda w: (-len(w), w))
    return "|".join(re.escape(word).replace(r"\ ", "[ \\t_-]{1,2}") for word in longest)


def _place(labels: frozenset[str]) -> re.Pattern[str]:
    if not labels:
        return _NEVER
    return re.compile(
        r"(?m)^[ \t>]{0,20}(?P<mark>#{1,6}|h[1-6]\.|={2,5}|[-*+•]|\d{1,2}[.)])?[^\w\n|]{0,8}"
        rf"(?P<label>{_any_of(labels)})\b(?P<tail>(?:\(s\))?[^\w\n@\[]{{0,12}})"
    )


def _cell(labels: frozenset[str]) -> re.Pattern[str]:
    if not labels:
        return _NEVER
    return re.compile(
        rf"(?m)(?:^|\|)[ \t]{{0,20}}(?P<label>{_any_of(labels)})(?:\(s\))?[ \t:]{{0,40}}(?:\||$)"
    )
