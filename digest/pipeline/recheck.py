"""A last look at who may see what a frozen edition shows, right before it goes out for the first time.

Between collecting and sending lie days where an editor looks first; an incident may have turned private
since, or be gone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from digest.errors import DigestError
from digest.ledger import HeldEdition, Ledger
from digest.model import Edition, Incident
from digest.period import Month
from digest.pipeline.making import remake
from digest.pipeline.setup import Job
from digest.trackers.collect import CollectPlan, refresh

# Younger than this, it was looked at just now.
FRESH = timedelta(hours=1)
_MOST_MONTHS = 36  # of history, by the config


class NotAsked(DigestError):  # noqa: N818 - it says what is so
    """A tracker could not be asked who may see an edition, and the config says to wait for it."""

    def __init__(self, month: str, why: Collection[str]) -> None:
        super().__init__(
            f"the edition of {month} was not sent: right before it goes out, trackers are asked who may see "
            f"what it shows, and not all could be. {'; '.join(why)}. The next run asks again; to send it "
            f"without asking: run --month {month} --incomplete"
        )


@dataclass(frozen=True, slots=True)
class Recheck:
    """What the last look found."""

    held: HeldEdition  # made again where something has to leave it
    left: int = 0  # incidents that may no longer be shown


def recheck(job: Job, ledger: Ledger, held: HeldEdition, *, incomplete: bool = False) -> Recheck:
    """Ask the trackers again about every incident that an edition names.

    Where some may no longer be shown, the edition is made again without them, and has to be approved
    anew where the config asks for approval. So it is where the ledger has let go of one meanwhile: the
    next month's run, or a process that ended right here, found it withdrawn.

    Args:
        job: the month, and the setup.
        ledger: holds what the edition was made of.
        held: the edition.
        incomplete: send it even where a tracker could not be asked.

    Raises:
        NotAsked: a tracker could not be asked, and the config says to wait for it.
        Overtaken: another process changed the edition meanwhile.
    """
    if held.addressed_at is not None or timedelta(0) <= job.now - held.cutoff < FRESH:
        return Recheck(held)
    named = _named(held.edition)
    known = [i for i in _within_reach(job, ledger) if _printed_as(i) & named]
    job.progress.stage("asking once more who may see it")
    withdrawn = _withdrawn(job, held, known, incomplete=incomplete)
    lost = named.difference(*map(_printed_as, known))
    if not withdrawn and not lost:
        return Recheck(held)
    ledger.amend((), sorted(withdrawn))
    return Recheck(remake(job, ledger, held), len(withdrawn) + len(lost))


def _withdrawn(
    job: Job, held: HeldEdition, known: Collection[Incident], *, incomplete: bool
) -> set[tuple[str, str]]:
    """Return the tracker and key of each incident that its tracker does not show any more."""
    asked: dict[str, list[str]] = {}
    for incident in known:
        asked.setdefault(incident.tracker, []).append(incident.key)
    plan = CollectPlan(redact=job.setup.redact, now=job.now, count_by=job.setup.settings.count_by)
    renewed = refresh(job.setup.trackers, asked, plan)
    # What a tracker of the past, or of another name, held is not gone: there is nobody to ask.
    unknown = [name for name in asked if name not in {tracker.name for tracker in job.setup.trackers}]
    why = [f"{p.subject}: {p.detail}" for p in renewed.problems if p.subject in renewed.silent]
    why += [f"{name}: the config has no tracker of this name any more" for name in unknown]
    if why and job.setup.settings.missing_sources == "hold" and not incomplete:
        raise NotAsked(held.month, why)
    shown = {(i.tracker, i.key) for i in renewed.incidents}
    silent = {*renewed.silent, *unknown}
    gone = {(i.tracker, i.key) for i in known if i.tracker not in silent} - shown
    return gone | set(renewed.withdrawn)


def _named(edition: Edition) -> set[str]:
    """Return the keys of all incidents that an edition names, as it prints them."""
    cards = (*edition.key_takeaways, *edition.worth_repeating)
    named = {row.key for row in edition.incidents}
    named |= {key for card in cards for key in (card.incident, *card.also)}
    return named | {one.incident for one in edition.went_right}


def _within_reach(job: Job, ledger: Ledger) -> tuple[Incident, ...]:
    """Return what the ledger holds of the months that an edition may name, and of those since.

    However much history the config asks for by now. An incident that was opened again may have moved on.
    """
    since = job.month
    until = Month.of(max(job.now, job.month.start), job.setup.settings.timezone)
    later = []
    while since < until:
        since = since.shift(1)
        later.append(since)
    months = (*job.month.before(_MOST_MONTHS), job.month, *later)
    return tuple(incident for month in months for incident in ledger.incidents(month.key))


def _printed_as(incident: Incident) -> set[str]:
    """Return how an edition may name it: a key that two trackers use stands behind its tracker's name."""
    return {incident.key, f"{incident.tracker} {incident.key}"}
