"""Every tracker's month, safe to keep: public incidents alone, redacted; and what could not be read.

What goes wrong costs one incident, or one tracker, and is said. Private incidents are counted for
the operator and named nowhere.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from digest.errors import RemoteError
from digest.model import Collected, Incident, Problem, ReviewState, Source, Visibility
from digest.period import Month
from digest.trackers.base import CountBy, Doubting, Explaining, Payload, Tracker, UnusableError

_STAGE = "trackers"
_SOME = 3  # places named one by one before "and 3 more"


@dataclass(frozen=True, slots=True)
class CollectPlan:
    """How to collect: the moment, which time counts, and what makes an incident safe to keep."""

    now: datetime  # aware; the cut-off
    redact: Callable[[Incident], Incident]  # whatever it raises costs the incident
    count_by: CountBy = "resolved"
    progress: Callable[[str, int], None] | None = None  # the tracker's name, payloads read so far


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Earlier incidents as the trackers have them now."""

    incidents: tuple[Incident, ...]  # public, redacted; by tracker in the order given, then key
    problems: tuple[Problem, ...] = ()
    private: int = 0
    unchecked: int = 0
    withdrawn: tuple[tuple[str, str], ...] = ()  # (tracker, key): no longer public, so to be forgotten
    silent: tuple[str, ...] = ()  # trackers that failed before their end


@dataclass(frozen=True, slots=True)
class _Read:
    """One payload, understood; `place` says where the operator finds it."""

    place: str
    payload: Payload
    incident: Incident


@dataclass(slots=True)
class _Haul:
    """One tracker's incidents as they come in; `told` are those that may still be printed."""

    tracker: Tracker
    told: list[_Read] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)  # places of those of which nothing says who may see them
    doubts: dict[str, list[str]] = field(default_factory=dict)  # what was not understood, to its places
    unchecked: int = 0
    complete: bool = True


def collect(trackers: Iterable[Tracker], month: Month, plan: CollectPlan) -> Collected:
    """Read the incidents that count in `month`: by the time they were resolved, or created.

    An incident that names no time of creation is taken by its start. A key that a tracker gives
    twice is read the first time, and not at all where one of them is private. What a tracker gave
    before it failed is kept.

    Returns:
        Incidents sorted by the time that counts, then key, then tracker. A finished review is seen complete
        at `plan.now`, which the caller replaces where it knows better.

    Raises:
        ConfigError: the operator has to put something right before anything can be read.
    """
    hauls: list[_Haul] = []
    sources: list[Source] = []
    kept: list[Incident] = []
    for tracker in trackers:
        haul = _read(tracker, partial(tracker.fetch, month), plan, month)
        incidents = list(_checked(haul, plan))
        hauls.append(haul)
        kept += incidents
        sources.append(Source(tracker.name, plan.now, len(incidents), complete=haul.complete))
    return Collected(
        month=month,
        incidents=tuple(
            sorted(kept, key=lambda i: (_counted(i, plan.count_by) or plan.now, i.key, i.tracker))
        ),
        problems=tuple(problem for haul in hauls for problem in haul.problems),
        private=sum(len(haul.private) for haul in hauls),
        unchecked=sum(haul.unchecked for haul in hauls),
        sources=tuple(sources),
    )


def refresh(trackers: Iterable[Tracker], keys: Mapping[str, Sequence[str]], plan: CollectPlan) -> Refreshed:
    """Read earlier incidents again: `keys` by the name of their tracker, which is asked for them alone.

    Raises:
        ConfigError: as `collect` does.
    """
    hauls: list[_Haul] = []
    kept: list[Incident] = []
    for tracker in trackers:
        wanted = sorted(set(keys.get(tracker.name, ())))
        if not wanted:
            continue
        haul = _read(tracker, partial(tracker.refresh, wanted), plan, None)
        kept += sorted(_checked(haul, plan), key=lambda incident: incident.key)
        hauls.append(haul)
    gone = {(h.tracker.name, key) for h in hauls for key in (*h.private, *h.unknown)}
    return Refreshed(
        incidents=tuple(kept),
        problems=tuple(problem for haul in hauls for problem in haul.problems),
        private=sum(len(haul.private) for haul in hauls),
        unchecked=sum(haul.unchecked for haul in hauls),
        withdrawn=tuple(sorted(gone)),
        silent=tuple(haul.tracker.name for haul in hauls if not haul.complete),
    )


def _read(
    tracker: Tracker, ask: Callable[[], Iterator[Payload]], plan: CollectPlan, month: Month | None
) -> _Haul:
    """Read a tracker to its end, or to where it fails; `month` None takes all that it gives."""
    haul = _Haul(tracker)
    found: dict[str, list[_Read]] = {}
    try:
        for number, payload in enumerate(ask(), start=1):
            if plan.progress:
                plan.progress(tracker.name, number)
            read = _understood(haul, payload, _place(tracker, payload, number))
            if read:
                found.setdefault(read.incident.key, []).append(read)
    except RemoteError as error:
        haul.complete = False
        haul.problems.append(
            Problem(
                _STAGE, tracker.name, f"{error.detail}; its incidents may be missing", incidents_missing=True
            )
        )
    # A refresh follows a collect, which has told of the tracker as a whole.
    if month and isinstance(tracker, Explaining) and haul.complete:
        haul.problems += tracker.problems()
    for same in found.values():
        _sort_in(haul, same, lambda i: month is None or _in_month(i, month, plan))
    _say_unknown(haul)
    return haul


def _understood(haul: _Haul, payload: Payload, place: str) -> _Read | None:
    try:
        return _Read(place, payload, haul.tracker.to_incident(payload))
    except UnusableError as error:
        detail = f"{error}; this incident is left out"
    except (KeyError, TypeError, ValueError) as error:
        # Its text may hold what was being read; its class does not.
        detail = f"{place}: not understood ({type(error).__name__}); this incident is left out"
    haul.problems.append(Problem(_STAGE, haul.tracker.name, detail, incidents_missing=True))
    return None


def _place(tracker: Tracker, payload: Payload, number: int) -> str:
    return tracker.place(payload) if isinstance(tracker, Explaining) else f"incident {number} of its answer"


def _sort_in(haul: _Haul, same: Sequence[_Read], counts: Callable[[Incident], bool]) -> None:
    """Decide about the incidents of one key: private, of unknown visibility, or told."""
    if not any(counts(read.incident) for read in same):
        return
    first = same[0]
    key = first.incident.key
    seen = {read.incident.visibility for read in same}
    if Visibility.PRIVATE in seen:
        haul.private.append(key)
        return
    if Visibility.UNKNOWN in seen:
        haul.unknown.append(key)
        _doubt(haul, same)
        return
    if len(same) > 1:
        places = _listed([read.place for read in same])
        detail = f"incident {key} stands there {len(same)} times: {places}; only the first is read"
        haul.problems.append(Problem(_STAGE, haul.tracker.name, detail))
    if counts(first.incident):
        haul.told.append(first)


def _doubt(haul: _Haul, same: Sequence[_Read]) -> None:
    """Keep why it is unknown who may see the incident of one key."""
    tracker = haul.tracker
    doubts: list[tuple[str, str]] = []
    if isinstance(tracker, Doubting):
        doubts += [doubt for read in same for doubt in tracker.doubts(read.payload)]
    for place, what in dict.fromkeys(doubts):
        haul.doubts.setdefault(what, []).append(place)
    if not doubts:
        haul.unsaid.append(same[0].place)


def _say_unknown(haul: _Haul) -> None:
    details = [f"{_listed(places)}: left out, as {what}" for what, places in haul.doubts.items()]
    if haul.unsaid:
        details.append(
            f"{_listed(haul.unsaid)}: left out, as nothing says who may see them; set `visibility: public` "
            "if everybody in the organisation may see what this tracker holds, or mark each one"
        )
    haul.problems += [Problem(_STAGE, haul.tracker.name, each, incidents_missing=True) for each in details]


def _checked(haul: _Haul, plan: CollectPlan) -> Iterator[Incident]:
    """Yield what redaction let through; what it could not check is left out, and counted."""
    for read in haul.told:
        try:
            safe = plan.redact(read.incident)
        except Exception as error:  # noqa: BLE001  fail closed: whatever broke, unchecked text goes no further
            haul.unchecked += 1
            why = f"could not be checked for names and secrets ({type(error).__name__}); left out"
            haul.problems.append(
                Problem(_STAGE, haul.tracker.name, f"{read.place}: {why}", incidents_missing=True)
            )
            continue
        if isinstance(haul.tracker, Explaining):
            haul.problems += haul.tracker.problems(read.payload)
        complete = plan.now if safe.review.state is ReviewState.FINISHED else None
        # Names were only needed to find them in the text.
        yield replace(safe, people=(), seen_complete=complete)


def _in_month(incident: Incident, month: Month, plan: CollectPlan) -> bool:
    at = _counted(incident, plan.count_by)
    return at is not None and at in month


def _counted(incident: Incident, count_by: CountBy) -> datetime | None:
    at = incident.resolved if count_by == "resolved" else incident.created or incident.started
    return at.astimezone(UTC) if at else None


def _listed(places: Sequence[str]) -> str:
    more = f" and {len(places) - _SOME} more" if len(places) > _SOME else ""
    return ", ".join(places[:_SOME]) + more
