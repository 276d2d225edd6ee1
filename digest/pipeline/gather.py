"""Brings together a month's incidents and the months before: collected anew, or out of the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.edition.headline import count_of
from digest.errors import Reason, RemoteError
from digest.ledger import HeldEdition, Ledger
from digest.model import Collected, Incident, Problem, ReviewState
from digest.period import Month
from digest.pipeline.setup import Job
from digest.trackers.collect import CollectPlan, Refreshed, collect, refresh

_History = dict[Month, tuple[Incident, ...]]

_A_DAY = timedelta(days=1)
REACH = 6  # months for which trackers are asked again about incidents that wait for a review


@dataclass(frozen=True, slots=True)
class Gathered:
    """A month as collected, the months before it, and the earlier incidents whose review came late."""

    collected: Collected
    history: Mapping[Month, tuple[Incident, ...]]  # oldest first, from the first month that had any
    late: tuple[Incident, ...]
    reach: tuple[Incident, ...]  # of the last months, about which trackers are asked again
    problems: tuple[Problem, ...]
    unread: tuple[Problem, ...] = ()  # of these, what could not be read at all: a tracker, or its past


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
    held = ledger.months_held([tracker.name for tracker in job.setup.trackers])
    desk = _Desk(job, ledger, plan, held, store)
    job.progress.stage(f"collecting {job.month.key}")
    collected = desk.collect(job.month)
    if not any(source.complete for source in collected.sources):
        raise _nothing_read(collected)
    desk.keep(collected)
    silent = [source.tracker for source in collected.sources if not source.complete]
    unread = [p for p in collected.problems if p.subject in silent and p.incidents_missing]
    history, cut = desk.history()
    history, renewed = desk.renewed(history)
    unread += [*cut, *(p for p in renewed.problems if p.subject in renewed.silent)]
    problems = (*collected.problems, *cut, *renewed.problems)
    return replace(_gathered(job, ledger, collected, history, problems), unread=tuple(unread))


def held_before(job: Job, ledger: Ledger, held: HeldEdition) -> Gathered:
    """Bring the same together out of the ledger alone, for an edition that is frozen; asks no tracker."""
    months = job.month.before(job.setup.settings.history)
    sources = held.edition.made.sources
    # By the trackers of then, whatever they are called in the config by now.
    known = ledger.months_held([source.tracker for source in sources])

    def then(month: Month) -> tuple[Incident, ...]:
        """What a later run has renewed is seen as it was at the cut-off, as far as that can be told."""
        kept = _once(ledger.incidents(month.key), [source.tracker for source in sources])
        return tuple(_as_of(incident, held.cutoff) for incident in kept)

    history = {month: then(month) for month in months if month.key in known}
    out = ledger.counts(job.month.key)
    incidents = then(job.month)
    collected = Collected(job.month, incidents, private=out.private, unchecked=out.unchecked, sources=sources)
    return _gathered(job, ledger, collected, history, held.edition.problems)


def _gathered(
    job: Job, ledger: Ledger, collected: Collected, history: _History, problems: tuple[Problem, ...]
) -> Gathered:
    collected, history = _told_apart(collected, history)
    reach = [i for m, held in history.items() if m in job.month.before(REACH) for i in held]
    since = ledger.previous_cutoff(job.month.key) or job.month.start
    return Gathered(
        collected=collected,
        history=_from_first(history),
        late=tuple(i for i in reach if _came_late(i, since, job.now)),
        reach=tuple(reach),
        problems=problems,
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """Collecting for one run: what is held already, and whether what comes in is kept."""

    job: Job
    ledger: Ledger
    plan: CollectPlan
    held: frozenset[str]  # months, as keys, that the ledger has whole
    store: bool

    def collect(self, month: Month) -> Collected:
        collected = collect(self.job.setup.trackers, month, self.plan)
        return replace(collected, incidents=self._as_of_now(collected.incidents))

    def keep(self, collected: Collected) -> None:
        if self.store:
            self.ledger.store(collected)

    def history(self) -> tuple[_History, list[Problem]]:
        """Return the months before, oldest first; those not held are collected, the newest first.

        The month just before is collected again: an incident may have been recorded after its edition.
        A tracker that fails is not asked for eleven months more: the counts then stand beside fewer.
        """
        months = self.job.month.before(self.job.setup.settings.history)
        names = [tracker.name for tracker in self.job.setup.trackers]
        found = {
            month: _once(self.ledger.incidents(month.key), names)
            for month in months
            if month.key in self.held
        }
        asked = [month for month in reversed(months) if month not in found or month == months[-1]]
        if len(asked) > 1:
            self.job.progress.stage(f"filling in {len(asked)} months of history")
        for done, month in enumerate(asked):
            self.job.progress.count(done, len(asked))
            collected = self.collect(month)
            if not all(source.complete for source in collected.sources):
                return _in_order(found, months), [_cut_short(month, collected)]
            if month not in found:
                collected = replace(collected, incidents=tuple(map(_seen_then, collected.incidents)))
            self.keep(collected)
            found[month] = _earliest_seen(collected.incidents, found.get(month, ()))
        return _in_order(found, months), []

    def renewed(self, history: _History) -> tuple[_History, Refreshed]:
        """Ask again about held incidents: a review may be finished, an incident may have turned private."""
        asked = self._held(history)
        if not asked:
            return history, Refreshed(())
        count = sum(map(len, asked.values()))
        self.job.progress.stage(f"asking again about {count_of(count, 'earlier incident')}")
        renewed = refresh(self.job.setup.trackers, asked, self.plan)
        incidents = self._as_of_now(renewed.incidents)
        if self.store:
            self.ledger.amend(incidents, renewed.withdrawn)
        by_key = {(i.tracker, i.key): i for i in incidents}
        gone = set(renewed.withdrawn)
        # What was held keeps when it was first seen complete: asking again does not make a review late.
        seen = {(i.tracker, i.key): i.seen_complete for held in history.values() for i in held}
        by_key = {k: replace(i, seen_complete=seen.get(k) or i.seen_complete) for k, i in by_key.items()}
        now = {
            month: tuple(by_key.get((i.tracker, i.key), i) for i in held if (i.tracker, i.key) not in gone)
            for month, held in history.items()
        }
        return now, renewed

    def _as_of_now(self, incidents: tuple[Incident, ...]) -> tuple[Incident, ...]:
        return tuple(_as_of(incident, self.plan.now) for incident in incidents)

    def _held(self, history: _History) -> dict[str, list[str]]:
        """Return the keys to ask for, by tracker; the month just before was collected anew."""
        asked: dict[str, list[str]] = {}
        for month, incidents in history.items():
            if month.key in self.held and month != self.job.month.shift(-1):
                for incident in incidents:
                    asked.setdefault(incident.tracker, []).append(incident.key)
        return asked


def _as_of(incident: Incident, now: datetime) -> Incident:
    """See a review as it was at the cut-off: one to be finished later is a draft.

    A day given without a time is over at its end: until then, it was finished now.
    """
    review = incident.review
    if review.finished is None or review.finished <= now:
        return incident
    if review.finished - now < _A_DAY:
        return replace(incident, review=replace(review, finished=now))
    return replace(incident, review=replace(review, state=ReviewState.DRAFT), seen_complete=None)


def _once(incidents: tuple[Incident, ...], trackers: Sequence[str]) -> tuple[Incident, ...]:
    """Leave out what a tracker of the past held, where one of `trackers` has it too: it got another name."""
    there = {incident.url or incident.key for incident in incidents if incident.tracker in trackers}
    return tuple(i for i in incidents if i.tracker in trackers or (i.url or i.key) not in there)


def _in_order(found: _History, months: tuple[Month, ...]) -> _History:
    return {month: found[month] for month in months if month in found}


def _earliest_seen(incidents: tuple[Incident, ...], known: tuple[Incident, ...]) -> tuple[Incident, ...]:
    """Keep when a review was first seen complete, as the ledger does when it stores."""
    seen = {(i.tracker, i.key): i.seen_complete for i in known}
    return tuple(replace(i, seen_complete=seen.get((i.tracker, i.key)) or i.seen_complete) for i in incidents)


def _seen_then(incident: Incident) -> Incident:
    """An old incident that is collected for the first time was complete when it was resolved, not today."""
    if incident.seen_complete is None:
        return incident
    return replace(incident, seen_complete=incident.resolved or incident.seen_complete)


def _told_apart(collected: Collected, history: _History) -> tuple[Collected, _History]:
    """Name the tracker in a key that two trackers use; from here on a key alone names an incident."""
    owners: dict[str, set[str]] = {}
    for incident in (*collected.incidents, *(i for held in history.values() for i in held)):
        owners.setdefault(incident.key, set()).add(incident.tracker)
    shared = {key for key, trackers in owners.items() if len(trackers) > 1}

    def apart(incidents: tuple[Incident, ...]) -> tuple[Incident, ...]:
        return tuple(replace(i, key=f"{i.tracker} {i.key}") if i.key in shared else i for i in incidents)

    if not shared:
        return collected, history
    return replace(collected, incidents=apart(collected.incidents)), {
        m: apart(held) for m, held in history.items()
    }


def _came_late(incident: Incident, since: datetime, now: datetime) -> bool:
    """Whether an earlier incident's review became available after the previous edition's cut-off."""
    if incident.review.state is not ReviewState.FINISHED:
        return False
    available = incident.review.finished or incident.seen_complete
    return available is not None and since < available <= now


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
