"""A last look at who may see what a frozen edition shows, right before it goes out for the first time.

Between collecting and sending lie days where an editor looks first; an incident may have turned private
since, or be gone.
"""

from dataclasses import dataclass
from datetime import timedelta

from digest.ledger import HeldEdition, Ledger
from digest.model import Edition
from digest.pipeline.making import SourcesMissing, remake
from digest.pipeline.setup import Job
from digest.trackers.collect import CollectPlan, refresh

# Younger than this, it was looked at just now.
FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Recheck:
    """What the last look found."""

    held: HeldEdition  # made again where something has to leave it
    left: int = 0  # incidents that may no longer be shown


def recheck(job: Job, ledger: Ledger, held: HeldEdition) -> Recheck:
    """Ask the trackers again about every incident that an edition names.

    Where some may no longer be shown, the edition is made again without them, and has to be approved
    anew where the config asks for approval.

    Raises:
        SourcesMissing: a tracker could not be asked, and the config says to wait for it.
    """
    if held.addressed_at is not None or job.now - held.cutoff < FRESH:
        return Recheck(held)
    asked = _asked(job, ledger, held.edition)
    job.progress.stage("asking once more who may see it")
    plan = CollectPlan(redact=job.setup.redact, now=job.now, count_by=job.setup.settings.count_by)
    renewed = refresh(job.setup.trackers, asked, plan)
    silent = tuple(p for p in renewed.problems if p.incidents_missing and p.subject in asked)
    if silent and job.setup.settings.missing_sources == "hold":
        raise SourcesMissing(held.month, silent)
    failed = {p.subject for p in silent}
    seen = {(i.tracker, i.key) for i in renewed.incidents}
    gone = {
        (tracker, key)
        for tracker, keys in asked.items()
        if tracker not in failed
        for key in keys
        if (tracker, key) not in seen
    }
    gone |= set(renewed.withdrawn)
    if not gone:
        return Recheck(held)
    ledger.amend((), sorted(gone))
    return Recheck(remake(job, ledger, held), len(gone))


def _asked(job: Job, ledger: Ledger, edition: Edition) -> dict[str, list[str]]:
    """Return the tracker's own keys of all that an edition names, by tracker."""
    named = {row.key for row in edition.incidents}
    named |= {card.incident for card in (*edition.key_takeaways, *edition.worth_repeating)}
    named |= {one.incident for one in edition.went_right}
    named |= {key for card in edition.key_takeaways for key in card.also}
    asked: dict[str, list[str]] = {}
    for month in (*job.month.before(job.setup.settings.history), job.month):
        for incident in ledger.incidents(month.key):
            # An edition names a key that two trackers use with its tracker before it.
            if {incident.key, f"{incident.tracker} {incident.key}"} & named:
                asked.setdefault(incident.tracker, []).append(incident.key)
    return asked
