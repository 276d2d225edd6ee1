"""Looks at a tracker: can it be reached, what does it give for a month, and how are its words understood."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.edition.headline import count_of, name_of
from digest.insights.causes import OTHER
from digest.ledger import Ledger
from digest.model import Collected, Incident, ReviewState
from digest.period import Month
from digest.pipeline.checks.report import Check, fail, ok, warn
from digest.pipeline.checks.words import counted
from digest.pipeline.setup import Setup
from digest.trackers.base import Probing, Tracing, Tracker
from digest.trackers.collect import CollectPlan, collect

_LOOK_BACK = 3  # months that are asked for, until one has incidents
_HELD = 12  # months of the ledger whose words are looked at
_PROBLEMS_TOLD = 3
_SUMMED_UP = "`severities:`"  # what names this setting is about a severity, and those are counted below


@dataclass(frozen=True, slots=True)
class Bench:
    """What looking at a tracker's incidents takes."""

    setup: Setup
    ledger: Ledger | None  # None: there is none yet
    now: datetime  # aware


def subject_of(tracker: Tracker) -> str:
    """Return how lines about a tracker begin."""
    return f"tracker {tracker.name}"


def connection_checks(tracker: Tracker) -> Iterator[Check]:
    """Try a tracker out; says nothing of one that offers no way to: reading it will tell."""
    if isinstance(tracker, Probing):
        yield ok(subject_of(tracker), tracker.probe())


def content_checks(tracker: Tracker, bench: Bench) -> Iterator[Check]:
    """Read the last full month that has incidents as a run would; say what came of it, and store nothing."""
    subject, mask = subject_of(tracker), bench.setup.mask
    collected = _read(tracker, bench)
    problems = [problem for problem in collected.problems if _SUMMED_UP not in problem.detail]
    for problem in problems[:_PROBLEMS_TOLD]:
        level = warn if all(source.complete for source in collected.sources) else fail
        yield level(subject, mask(problem.detail))
    more = len(problems) - _PROBLEMS_TOLD
    if more > 0:
        yield warn(
            subject, f"{count_of(more, 'more problem')} of {name_of(collected.month)}", "see `digest preview`"
        )
    yield _summed(subject, collected)
    if collected.incidents:
        yield ok(subject, mask(_mapped(tracker, _telling(collected.incidents), bench.setup)))
    yield from _unmapped(tracker, collected.incidents, bench)


def _read(tracker: Tracker, bench: Bench) -> Collected:
    """Return the newest of the last months that holds anything, or where anything failed; else the last."""
    settings = bench.setup.settings
    plan = CollectPlan(redact=bench.setup.redact, now=bench.now, count_by=settings.count_by)
    last = Month.of(bench.now, settings.timezone).shift(-1)
    first = collected = collect((tracker,), last, plan)
    for back in range(1, _LOOK_BACK):
        if collected.incidents or collected.problems or collected.private:
            return collected
        collected = collect((tracker,), last.shift(-back), plan)
    return collected if collected.incidents else first


def _summed(subject: str, collected: Collected) -> Check:
    month, count = name_of(collected.month), len(collected.incidents)
    private = f"; {count_of(collected.private, 'private one')} left out" if collected.private else ""
    if count:
        finished = sum(i.review.state is ReviewState.FINISHED for i in collected.incidents)
        with_review = f"{finished} with a finished review"
        return ok(subject, f"{month}: {count_of(count, 'incident')}, {with_review}{private}")
    if collected.private:
        return warn(subject, f"{month}: no incident that readers may see{private}")
    if collected.problems:
        return warn(subject, f"{month}: no incident could be used")
    since = name_of(collected.month.shift(1 - _LOOK_BACK))
    return warn(
        subject,
        f"no incident counts in {since} to {month}",
        "if there were some: look at this tracker's settings",
    )


def _telling(incidents: Sequence[Incident]) -> Incident:
    """Return the incident that shows most of how fields are read; of equals the last."""
    return max(
        enumerate(incidents),
        key=lambda one: (
            one[1].review.state is ReviewState.FINISHED,
            sum(map(bool, (one[1].severity_label, one[1].services, one[1].team, one[1].primary_cause))),
            one[0],
        ),
    )[1]


def _mapped(tracker: Tracker, incident: Incident, setup: Setup) -> str:
    """Return how one incident's fields were read, and from what; no title and no text of it."""
    told = _origins(tracker, incident.key)
    severity = incident.severity.name if incident.severity else "none"
    word = incident.severity_label
    cause = incident.primary_cause
    group = setup.causes.group_of(cause)
    known = {
        "severity": severity + (f" ← “{word}”" if word else ""),
        "service": ", ".join(incident.services) or "none",
        "team": incident.team or "none",
        "cause": f"{group} ← “{cause}”" if cause else "none",
        "review": incident.review.state.value,
        "visibility": incident.visibility.value,
    }
    parts = (
        f"{name} {value}" + (f" ({told[name]})" if name in told else "") for name, value in known.items()
    )
    return f"incident {incident.key} was read so: {'; '.join(parts)}"


def _origins(tracker: Tracker, key: str) -> Mapping[str, str]:
    if not isinstance(tracker, Tracing):
        return {}
    payload = next(iter(tracker.refresh([key])), None)
    return {} if payload is None else tracker.origins(payload)


def _unmapped(tracker: Tracker, incidents: Sequence[Incident], bench: Bench) -> Iterator[Check]:
    """Say which of the tracker's words mean nothing to us, how often they occur, and what would map them."""
    subject, mask = subject_of(tracker), bench.setup.mask
    all_of = {incident.key: incident for incident in (*_held(tracker, bench), *incidents)}.values()
    severities = Counter(i.severity_label for i in all_of if i.severity_label and i.severity is None)
    if severities:
        found = f"severities that are not understood: {mask(counted(severities))}"
        yield warn(subject, found, "say what they are under this tracker's `severities:`")
    group_of = bench.setup.causes.group_of
    causes = Counter(
        i.primary_cause for i in all_of if i.primary_cause and group_of(i.primary_cause) == OTHER
    )
    if causes:
        found = f"causes that no group knows, so they count as {OTHER}: {mask(counted(causes))}"
        yield warn(subject, found, "add them to a group in factors.yaml beside the config")
    tags = Counter(tag for incident in all_of for tag in incident.tags)
    advice = _about_tags(tracker, incidents) if tags else ""
    if advice:
        yield ok(subject, f"labels that tell no field: {mask(counted(tags))}; {advice}")


def _about_tags(tracker: Tracker, incidents: Sequence[Incident]) -> str:
    tagged = next((incident for incident in incidents if incident.tags), None)
    return "" if tagged is None else _origins(tracker, tagged.key).get("tags", "")


def _held(tracker: Tracker, bench: Bench) -> Iterator[Incident]:
    if bench.ledger is None:
        return
    for month in Month.of(bench.now, bench.setup.settings.timezone).before(_HELD):
        yield from (i for i in bench.ledger.incidents(month.key) if i.tracker == tracker.name)
