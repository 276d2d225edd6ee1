"""Brings together a month's incidents and the months before: collected anew, or out of the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from digest.errors import Reason, RemoteError
from digest.ledger import HeldEdition, Ledger
from digest.model import Collected, Incident, Problem, ReviewState
from digest.period import Month
from digest.pipeline.setup import Job
from digest.trackers.collect import CollectPlan, collect, refresh

_History = dict[Month, tuple[Incident, ...]]

REACH = 6  # months for which trackers are asked again about incidents that wait for a review


@dataclass(frozen=True, slots=True)
class Gathered:
    """A month as collected, the months before it, and the earlier incidents whose review came late."""

    collected: Collected
    history: Mapping[Month, tuple[Incident, ...]]  # oldest first, from the first month that had any
    late: tuple[Incident, ...]
    reach: tuple[Incident, ...]  # of the last months, about which trackers are asked again
    problems: tuple[Problem, ...]


def gather(job: Job, ledger: Ledger, *, store: bool) -> Gathered:
    """Collect the month, fill in the history, and ask again about what waits.

    Args:
        job: the month, and the setup to collect with.
        ledger: read for the months already held.
        store: keep what is collected; a trial keeps nothing.

    Raises:
        RemoteError: no tracker could be read: that is no quiet month.
        ConfigError: the operator has to put something right first.
    """
    plan = CollectPlan(redact=job.setup.redact, now=job.now, count_by=job.setup.settings.count_by)
    job.progress.stage(f"collecting {job.month.key}")
    collected = collect(job.setup.trackers, job.month, plan)
    if not any(source.complete for source in collected.sources):
        raise _nothing_read(collected)
    if store:
        ledger.store(collected)
    history, problems = _history(job, ledger, plan, store=store)
    history, more = _renewed(job, ledger, plan, history, store=store)
    return _gathered(job, ledger, collected, history, (*collected.problems, *problems, *more))


def held_before(job: Job, ledger: Ledger, held: HeldEdition) -> Gathered:
    """Bring the same together out of the ledger alone, for an edition that is frozen; asks no tracker."""
    months = job.month.before(job.setup.settings.history)
    known = ledger.months_held([tracker.name for tracker in job.setup.trackers])
    history = {month: ledger.incidents(month.key) for month in months if month.key in known}
    out = ledger.counts(job.month.key)
    incidents = ledger.incidents(job.month.key)
    sources = held.edition.made.sources
    collected = Collected(job.month, incidents, private=out.private, unchecked=out.unchecked, sources=sources)
    return _gathered(job, ledger, collected, history, held.edition.problems)


def _gathered(
    job: Job, ledger: Ledger, collected: Collected, history: _History, problems: tuple[Problem, ...]
) -> Gathered:
    reach = [i for m, held in history.items() if m in job.month.before(REACH) for i in held]
    since = ledger.previous_cutoff(job.month.key) or job.month.start
    return Gathered(
        collected=collected,
        history=_from_first(history),
        late=tuple(i for i in reach if _came_late(i, since, job.now)),
        reach=tuple(reach),
        problems=problems,
    )


def _history(job: Job, ledger: Ledger, plan: CollectPlan, *, store: bool) -> tuple[_History, list[Problem]]:
    """Return the months before, oldest first; those not held are collected, the newest first.

    A tracker that fails is not asked for eleven months more: the counts then stand beside fewer.
    """
    months = job.month.before(job.setup.settings.history)
    names = [tracker.name for tracker in job.setup.trackers]
    held = ledger.months_held(names)
    missing = [month for month in reversed(months) if month.key not in held]
    found = {month: ledger.incidents(month.key) for month in months if month.key in held}
    problems: list[Problem] = []
    if missing:
        job.progress.stage(f"filling in {len(missing)} months of history")
    for done, month in enumerate(missing):
        job.progress.count(done, len(missing))
        collected = collect(job.setup.trackers, month, plan)
        if not all(source.complete for source in collected.sources):
            problems.append(_cut_short(month, collected))
            break
        collected = replace(collected, incidents=tuple(map(_seen_then, collected.incidents)))
        if store:
            ledger.store(collected)
        found[month] = collected.incidents
    return {month: found[month] for month in months if month in found}, problems


def _seen_then(incident: Incident) -> Incident:
    """An old incident that is collected for the first time was complete when it was resolved, not today."""
    if incident.seen_complete is None:
        return incident
    return replace(incident, seen_complete=incident.resolved or incident.seen_complete)


def _renewed(
    job: Job, ledger: Ledger, plan: CollectPlan, history: _History, *, store: bool
) -> tuple[_History, tuple[Problem, ...]]:
    """Ask the trackers again about incidents of the last months that wait for a review."""
    waiting = _waiting(job, history)
    if not waiting:
        return history, ()
    count = sum(map(len, waiting.values()))
    plural = "s" * (count != 1)
    job.progress.stage(f"asking again about {count} earlier incident{plural} without a finished review")
    renewed = refresh(job.setup.trackers, waiting, plan)
    if store:
        ledger.amend(renewed.incidents, renewed.withdrawn)
    by_key = {(i.tracker, i.key): i for i in renewed.incidents}
    gone = set(renewed.withdrawn)
    now = {
        month: tuple(by_key.get((i.tracker, i.key), i) for i in held if (i.tracker, i.key) not in gone)
        for month, held in history.items()
    }
    return now, renewed.problems


def _waiting(job: Job, history: _History) -> dict[str, list[str]]:
    waiting: dict[str, list[str]] = {}
    for month in job.month.before(REACH):
        for incident in history.get(month, ()):
            if incident.review.state is not ReviewState.FINISHED:
                waiting.setdefault(incident.tracker, []).append(incident.key)
    return waiting


def _came_late(incident: Incident, since: datetime, now: datetime) -> bool:
    """Whether an earlier incident's review became available after the previous edition's cut-off."""
    if incident.review.state is not ReviewState.FINISHED:
        return False
    available = incident.review.finished or incident.seen_complete
    return available is not None and since <= available <= now


def _from_first(history: _History) -> _History:
    """Leave out the months before the first that had any: there were no records yet, which is not none."""
    months = list(history)
    first = next((n for n, month in enumerate(months) if history[month]), len(months))
    return {month: history[month] for month in months[first:]}


def _nothing_read(collected: Collected) -> RemoteError:
    why = "; ".join(f"{p.subject}: {p.detail}" for p in collected.problems if p.incidents_missing)
    names = ", ".join(source.tracker for source in collected.sources)
    return RemoteError(names, Reason.UNAVAILABLE, f"nothing could be read, so no edition was made. {why}")


def _cut_short(month: Month, collected: Collected) -> Problem:
    failed = ", ".join(source.tracker for source in collected.sources if not source.complete)
    return Problem(
        "trackers", failed, f"history before {month.shift(1).key} could not be read; run again for it"
    )
