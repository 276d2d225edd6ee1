"""Chooses and orders the sections of an edition: what there is to say, and nothing where there is not."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digest.edition import headline
from digest.model import (
    Card,
    Choice,
    Collected,
    Edition,
    HowMade,
    Incident,
    IncidentRow,
    Insights,
    Masthead,
    Problem,
    Reading,
    Remark,
    Standing,
    Takeaway,
    WentRight,
)
from digest.period import Month

_ENOUGH = 3  # with fewer takeaways than this, earlier ones are repeated
_WENT_RIGHT = 3
_ALL = "all"
_STAGE = "trackers"
_LONGEST_WORD = 120  # characters of a severity, a service, a cause, a factor, a tag
_LONGEST_TITLE = 300
_MOST_WORDS = 20  # factors or tags of one incident
_WENT_RIGHT_WORDS = range(5, 41)  # shorter ones mean nothing to others, longer ones are narration


@dataclass(frozen=True, slots=True)
class Imprint:
    """Who an edition is from, and by which version it was made."""

    organisation: str
    title: str
    version: str
    editor: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """All that an edition is made of.

    `incidents` are the month's, `late` those of earlier months whose reviews came late;
    `passed_over` are takeaways that were found and not chosen, with the reason.
    """

    collected: Collected
    incidents: tuple[Incident, ...]
    late: tuple[Incident, ...]
    readings: tuple[Reading, ...]
    choices: tuple[Choice, ...]
    passed_over: tuple[tuple[Takeaway, str], ...]
    insights: Insights
    repeatable: tuple[Card, ...] = ()  # found in earlier months and never printed, best first
    problems: tuple[Problem, ...] = ()


def compose(month: Month, material: Material, imprint: Imprint) -> Edition:
    """Return the month's edition. Never fails, never pads: a section without anything is absent."""
    cards = _cards(month, material)
    repeated = material.repeatable[: _ENOUGH - len(cards)] if len(cards) < _ENOUGH else ()
    coverage = material.insights.coverage
    waits = coverage.waiting_review + coverage.waiting_learning + coverage.earlier_waiting
    late = sum(card.from_month is not None for card in cards)
    complete = all(source.complete for source in material.collected.sources)
    facts = headline.facts_of(coverage, late, complete=complete)
    return Edition(
        month=month,
        audience=_ALL,
        subject=headline.subject_of(month, cards, coverage.incidents.now, complete=complete),
        preheader=headline.preheader_of(cards, facts),
        masthead=Masthead(imprint.organisation, imprint.title, facts),
        lead=headline.lead_of(
            material.collected,
            cards,
            repeated,
            coverage,
            unusable=any(p.incidents_missing for p in material.problems),
        ),
        key_takeaways=cards,
        worth_repeating=repeated,
        went_right=_went_right(material),
        matrix=material.insights.matrix,
        leadership=headline.leadership_of(material.insights.leading, material.insights.months_before),
        waiting=coverage if waits else None,
        incidents=_rows(material),
        made=_made(material, imprint, cards, late),
        problems=_told_to_readers(material),
        editor=imprint.editor,
    )


def _told_to_readers(material: Material) -> tuple[Problem, ...]:
    """Say what may be missing, and name no incident, no file and no advice: those are the operator's.

    A record that could not be used may be one that readers must not hear of.
    """
    silent = [source.tracker for source in material.collected.sources if not source.complete]
    told = [
        Problem(
            _STAGE,
            name,
            "could not be read to the end; its incidents are missing here",
            incidents_missing=True,
        )
        for name in silent
    ]
    if any(p.incidents_missing and p.subject not in silent for p in material.problems):
        told.append(Problem(_STAGE, "Some records", "could not be used; the editor has the list"))
    return tuple(told)


def _cards(month: Month, material: Material) -> tuple[Card, ...]:
    ours = {i.key: i for i in material.incidents}
    late = {i.key: i for i in material.late}
    cards = []
    for choice in material.choices:
        key = choice.takeaway.incident
        incident = ours.get(key) or late[key]
        cards.append(card_of(choice, incident, None if key in ours else _month_of(incident, month)))
    return tuple(cards)


def _month_of(incident: Incident, month: Month) -> Month | None:
    moment = incident.resolved or incident.started or incident.created
    return None if moment is None else Month.of(moment, month.zone)


def card_of(choice: Choice, incident: Incident, from_month: Month | None = None) -> Card:
    """Return a chosen takeaway as readers see it."""
    takeaway = choice.takeaway
    return Card(
        id=takeaway.id,
        text=takeaway.text,
        incident=incident.key,
        incident_title=_short(incident.title, _LONGEST_TITLE) or "",
        url=incident.url or incident.review.url,
        severity=incident.severity,
        severity_label=_short(incident.severity_label),
        service=_service(incident),
        heading=takeaway.heading,
        line=takeaway.line,
        why=choice.why,
        question=choice.theme.question if choice.theme else None,
        theme=choice.theme.name if choice.theme else None,
        also=choice.also,
        from_month=from_month,
        edited=takeaway.edited,
    )


def _went_right(material: Material) -> tuple[WentRight, ...]:
    """Up to three remarks that say something to others, one an incident, the month's incidents only.

    Longer is more telling, up to a limit: a remark of four words praises, one of twenty explains.
    """
    incidents = {i.key: i for i in material.incidents}
    best: dict[str, Remark] = {}
    for reading in material.readings:
        telling = [r for r in reading.went_well if len(r.text.split()) in _WENT_RIGHT_WORDS]
        if reading.incident in incidents and telling:
            best[reading.incident] = max(telling, key=lambda r: (_telling(r.text), -r.line))
    ranked = sorted(best.values(), key=lambda r: (-_telling(r.text), r.incident))[:_WENT_RIGHT]
    return tuple(_thanks(remark, incidents[remark.incident]) for remark in ranked)


def _telling(text: str) -> int:
    """Score a remark: its length, up to 25 words, and whether it says why or what came of it."""
    words = text.lower().split()
    reasons = {"because", "so", "before", "within", "without", "which", "meant", "kept", "since", "thanks"}
    return min(len(words), 25) + 10 * bool(reasons.intersection(words))


def _thanks(remark: Remark, incident: Incident) -> WentRight:
    return WentRight(remark.text, incident.key, incident.url, _service(incident), _short(incident.team))


def _service(incident: Incident) -> str | None:
    return _short(incident.services[0]) if incident.services else None


def _short(word: str | None, most: int = _LONGEST_WORD) -> str | None:
    """Keep a tracker's word as it is, but for one that is no word any more."""
    return word if word is None or len(word) <= most else word[: most - 1].rstrip() + "…"


def _several(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(short for word in words[:_MOST_WORDS] if (short := _short(word)))


def _rows(material: Material) -> tuple[IncidentRow, ...]:
    groups: Mapping[str, str] = dict(material.insights.groups)
    standings = {r.incident: r.standing for r in material.readings}
    rows = (
        IncidentRow(
            key=i.key,
            title=_short(i.title, _LONGEST_TITLE) or "",
            url=i.url,
            severity=i.severity,
            severity_label=_short(i.severity_label),
            services=_several(i.services),
            primary_cause=_short(i.primary_cause),
            group=groups[i.key],
            factors=_several(i.factors),
            tags=_several(i.tags),
            standing=standings.get(i.key, Standing.WAITING_REVIEW),
        )
        for i in material.incidents
    )
    return tuple(sorted(rows, key=lambda row: _natural(row.key)))


def _natural(key: str) -> tuple[tuple[str, ...], tuple[int, ...], str]:
    """Order keys as people count: 99 before 100, INC-9 before INC-10, and words by the alphabet."""
    pieces = re.split(r"([0-9]+)", key)  # words at even places, figures at odd ones
    return tuple(pieces[::2]), tuple(int(figures) for figures in pieces[1::2]), key


def _for_readers(reason: str) -> str:
    """Put alike reasons together: figures and ids are for the editor's eyes."""
    if reason.startswith("says the same as "):
        return "says the same as another"
    return reason.partition(" (")[0].partition(", one of them")[0]


def _made(material: Material, imprint: Imprint, cards: Sequence[Card], late: int) -> HowMade:
    collected = material.collected
    masked = Counter[str]()
    for incident in (*material.incidents, *material.late):
        masked.update(dict(incident.masked))
    reasons = Counter(_for_readers(reason) for _, reason in material.passed_over)
    return HowMade(
        collected_at=max((s.read_at for s in collected.sources), default=collected.month.end),
        version=imprint.version,
        sources=collected.sources,
        reviews_read=sum(r.standing is not Standing.WAITING_REVIEW for r in material.readings),
        takeaways_found=sum(len(r.takeaways) for r in material.readings),
        takeaways_printed=len(cards),
        unchecked=collected.unchecked,
        set_aside=tuple(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
        masked=tuple(sorted(masked.items())),
        other_languages=sum(r.language != "en" for r in material.readings if r.takeaways),
        months_before=material.insights.months_before,
        late=late,
    )
