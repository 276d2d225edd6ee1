"""The stages in order: the one place where they meet.

    gather (trackers, ledger) → prepare (takeaways, insights, edition, render) → freeze → deliver

What is frozen is what is sent: a run of a month that has an edition delivers what is still to be
delivered of it, and collects nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.delivery.deliver import deliver
from digest.errors import DigestError
from digest.ledger import EditionState, HeldEdition, Ledger
from digest.model import Delivery, DeliveryState, Problem
from digest.pipeline.editing import editorial_file
from digest.pipeline.gather import gather
from digest.pipeline.making import (
    SourcesMissing,
    again,
    decisions_hash,
    freeze,
    hold_where_asked,
    prepared_anew,
)
from digest.pipeline.prepare import Prepared, prepare, shown
from digest.pipeline.recheck import NotAsked, recheck
from digest.pipeline.setup import Job, Progress, Setup, Silent

__all__ = [
    "AlreadySent",
    "Job",
    "NotAsked",
    "Outcome",
    "Prepared",
    "Progress",
    "Setup",
    "Silent",
    "SourcesMissing",
    "proof_of",
    "run",
    "trial",
]


_OUT = {DeliveryState.CLAIMED, DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN}


class AlreadySent(DigestError):  # noqa: N818 - it says what is so
    """An edition is not made anew once it went out to anybody."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did."""

    held: HeldEdition
    fresh: bool  # the edition was made by this run
    sent: int  # deliveries made by this run
    deliveries: tuple[Delivery, ...]  # where every delivery stands
    problems: tuple[Problem, ...]
    stale: str = ""  # what changed since the edition was frozen, as far as no tracker has to be asked
    awaits_approval: bool = False  # nothing was sent: somebody has to look first
    waits_until: datetime | None = None  # chats and mails wait for the page, at most until then
    left: int = 0  # incidents taken out at the last look, as they may no longer be shown


def run(job: Job, ledger: Ledger, *, recollect: bool = False, incomplete: bool = False) -> Outcome:
    """Do the whole job for a month; again and again with the same result.

    An edition that needs approval is made and held; the run after the approval delivers it.

    Args:
        job: the month, and the setup.
        ledger: says what was done before, and remembers.
        recollect: make the edition anew, if nobody has had it yet; files are nobody, they are written anew.
        incomplete: make it, and send it, even where a tracker could not be read or asked.

    Raises:
        AlreadySent: `recollect`, and somebody has had the edition.
        SourcesMissing, NotAsked: a tracker could not be read, and the config says to wait for it.
        Overtaken: another process changed the edition meanwhile; run again.
        DigestError: the run cannot go on; nothing is half sent.
    """
    held = ledger.held(job.month.key)
    problems: tuple[Problem, ...] = ()
    fresh = held is None or recollect
    if held is None or recollect:
        if held is not None:
            _check_unsent(held, job, ledger)
        prepared = prepared_anew(job, ledger, incomplete=incomplete)
        problems = prepared.proof.problems
        # Only now: what fails before leaves the old edition as it was.
        if held is not None:
            _discard(held, job, ledger)
        held = freeze(job, ledger, prepared)
    held = hold_where_asked(job, ledger, held)
    stale = "" if fresh else _changed_since(held, job)
    if held.state is EditionState.AWAITING_APPROVAL:
        return Outcome(held, fresh, 0, (), problems, stale, awaits_approval=True)
    outcome = _deliver(job, ledger, held, incomplete=incomplete)
    return replace(outcome, fresh=fresh, stale=stale, problems=(*problems, *outcome.problems))


def _deliver(job: Job, ledger: Ledger, held: HeldEdition, *, incomplete: bool) -> Outcome:
    looked = recheck(job, ledger, held, incomplete=incomplete)
    held = looked.held
    if held.state is EditionState.AWAITING_APPROVAL:  # what is left of it has to be looked at again
        return Outcome(
            held, fresh=False, sent=0, deliveries=(), problems=(), awaits_approval=True, left=looked.left
        )
    job.progress.stage(f"delivering {job.month.key}")
    wait = timedelta(hours=job.setup.settings.wait_for_page)
    pace = replace(job.setup.pace, page_wait=wait, now=lambda: job.now)
    outcome = deliver(held, job.setup.channels, ledger, _counted(held, job, ledger), pace)
    return Outcome(
        held,
        fresh=False,
        sent=outcome.sent,
        deliveries=outcome.deliveries,
        problems=outcome.problems,
        waits_until=outcome.waits_until,
        left=looked.left,
    )


def _changed_since(held: HeldEdition, job: Job) -> str:
    if decisions_hash(job) == held.decisions_hash:
        return ""
    name = editorial_file(job.setup.editions, job.month.key).name
    return f"{name} was {'changed' if held.decisions_hash else 'written'}"


def _check_unsent(held: HeldEdition, job: Job, ledger: Ledger) -> None:
    """Refuse before the work is done, as `_discard` would after it."""
    repeatable = _repeatable(job)
    if any(d.state in _OUT and d.channel not in repeatable for d in ledger.deliveries(held.id)):
        raise AlreadySent(_went_out(held))


def _discard(held: HeldEdition, job: Job, ledger: Ledger) -> None:
    if not ledger.discard(held.id, _repeatable(job)):
        raise AlreadySent(_went_out(held))


def _repeatable(job: Job) -> list[str]:
    return [channel.name for channel in job.setup.channels if channel.repeatable]


def _went_out(held: HeldEdition) -> str:
    return (
        f"{held.month} went out already, so it is not made anew; `digest status` shows how far. "
        "What it would be now, `digest run --dry-run` shows"
    )


def _counted(held: HeldEdition, job: Job, ledger: Ledger) -> Callable[[Delivery], None]:
    """Return what counts deliveries for whoever watches."""
    done = total = 0

    def count(_: Delivery) -> None:
        nonlocal done, total
        total = total or len(ledger.deliveries(held.id))  # known once all are addressed
        done += 1
        job.progress.count(done, total)

    return count


def trial(job: Job, ledger: Ledger) -> Prepared:
    """Make a month's edition as a run would now, and store nothing."""
    return prepare(job, gather(job, ledger, store=False), ledger)


def proof_of(job: Job, ledger: Ledger) -> Prepared:
    """Return a month's frozen edition with its proof; a trial, where none is frozen.

    The proof of a frozen edition is worked out again from what the ledger holds.
    """
    held = ledger.held(job.month.key)
    if held is None:
        return shown(trial(job, ledger), job)
    made = again(job, ledger, held)
    proof = replace(made.proof, edition=held.edition, rendering=held.rendering, trial=False)
    return shown(Prepared(held.edition, held.rendering, proof, made.takeaways), job)
