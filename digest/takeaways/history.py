"""Takeaways of earlier months, for seeing what is new and what keeps coming back."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from digest.model import Incident, Reading
from digest.takeaways.lexicon import Lexicon
from digest.takeaways.reading import incident_words
from digest.takeaways.themes import Gist, gist_of, theme_of


@dataclass(frozen=True, slots=True)
class Past:
    """A takeaway of an earlier month, within the twelve before this edition's."""

    month: str  # "2026-05"
    incident: str
    text: str
    theme: str | None = None  # a theme's key
    printed: bool = False  # an edition carried it


@dataclass(frozen=True, slots=True)
class History:
    """What earlier months hold, by theme."""

    months: int
    incidents: Mapping[str, frozenset[tuple[str, str]]]
    printed: Mapping[str, tuple[tuple[str, Gist], ...]] = field(default_factory=dict)


def past_of(
    month: str,
    readings: Iterable[Reading],
    incidents: Iterable[Incident],
    lexicon: Lexicon,
    printed: Collection[str] = (),
) -> tuple[Past, ...]:
    """Return an earlier month's takeaways for comparing; `printed` are the ids that its edition carried.

    Only takeaways that clear the bar count, as they do for this month.
    """
    around = {i.key: incident_words(i) for i in incidents}
    rows = []
    for takeaway in (t for reading in readings for t in reading.takeaways if t.printed or t.id in printed):
        theme = theme_of(takeaway.text, around.get(takeaway.incident, ""), lexicon.themes)
        key = theme.key if theme else None
        rows.append(Past(month, takeaway.incident, takeaway.text, key, takeaway.id in printed))
    return tuple(rows)


def history_of(past: Iterable[Past], lexicon: Lexicon) -> History:
    """Sort earlier takeaways by theme; those without one, or with one since removed, only count as months."""
    months: set[str] = set()
    incidents: dict[str, set[tuple[str, str]]] = {}
    printed: dict[str, list[tuple[str, Gist]]] = {}
    themes = {rule.theme.key: rule.theme for rule in lexicon.themes}
    for row in past:
        months.add(row.month)
        if row.theme not in themes:
            continue
        incidents.setdefault(row.theme, set()).add((row.month, row.incident))
        if row.printed:
            gist = gist_of(row.text, themes[row.theme], lexicon.themes)
            printed.setdefault(row.theme, []).append((row.month, gist))
    return History(
        len(months),
        {key: frozenset(rows) for key, rows in incidents.items()},
        {key: tuple(sorted(rows, key=lambda r: (r[0], r[1].normal))) for key, rows in printed.items()},
    )
