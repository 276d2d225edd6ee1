"""How a month's edition comes to be: gathered, prepared, frozen, held where somebody has to look first."""

import hashlib
from dataclasses import replace

from digest.errors import DigestError
from digest.ledger import EditionState, HeldEdition, Ledger, Overtaken
from digest.model import Problem
from digest.pipeline.editing import editorial_file
from digest.pipeline.gather import Gathered, gather, held_before
from digest.pipeline.prepare import Prepared, prepare
from digest.pipeline.setup import Job

# With `approval: first`, so many editions are looked at before one goes out by itself.
FIRST = 3


class SourcesMissing(DigestError):  # noqa: N818 - it says what is so
    """A tracker could not be read, and the edition is not made without it; see `missing_sources`."""

    def __init__(self, month: str, problems: tuple[Problem, ...]) -> None:
        told = "; ".join(f"{p.subject}: {p.detail}" for p in problems)
        super().__init__(
            f"the edition of {month} was not made, as not all could be read. {told}. The next run goes on "
            f"where this one stood; to make it without what is missing: run --month {month} --incomplete"
        )
        self.problems = problems


def prepared_anew(job: Job, ledger: Ledger, *, incomplete: bool = False) -> Prepared:
    """Collect a month and make its edition, without freezing it.

    Args:
        job: the month, and the setup.
        ledger: holds what was collected before; keeps what is collected now.
        incomplete: make it even where a tracker could not be read; the edition then says so.

    Raises:
        SourcesMissing: a tracker could not be read, and the config says to wait for it. That goes for the
            months before, too: what was learnt there late would be lost, and what is not new called so.
        DigestError: it cannot be made.
    """
    gathered = gather(job, ledger, store=True)
    if gathered.unread and job.setup.settings.missing_sources == "hold" and not incomplete:
        raise SourcesMissing(job.month.key, gathered.unread)
    return _prepared(job, gathered, ledger)


def freeze(job: Job, ledger: Ledger, prepared: Prepared) -> HeldEdition:
    """Keep an edition; the first one frozen for a month wins."""
    return ledger.freeze(prepared.edition, prepared.rendering, job.setup.config_hash, prepared.decided)


def again(job: Job, ledger: Ledger, held: HeldEdition) -> Prepared:
    """Make a frozen edition again from what the ledger holds and the editor's file; asks no tracker."""
    then = replace(job, now=held.cutoff)
    return _prepared(then, held_before(then, ledger, held), ledger)


def remake(job: Job, ledger: Ledger, held: HeldEdition) -> HeldEdition:
    """Put an edition that is made again in the place of one that nobody was addressed with yet.

    Raises:
        Overtaken: it was addressed, or made again by somebody else, meanwhile.
    """
    made = again(job, ledger, held)
    hold = asks_approval(job, ledger)
    if not ledger.amend_edition(held, made.edition, made.rendering, made.decided, hold=hold):
        message = f"the edition of {held.month} changed meanwhile; look again: preview --month {held.month}"
        raise Overtaken(message)
    return _now(ledger, held)


def hold_where_asked(job: Job, ledger: Ledger, held: HeldEdition) -> HeldEdition:
    """Hold a composed edition where the config asks for approval; return it as it stands then."""
    if held.state is not EditionState.COMPOSED or not asks_approval(job, ledger):
        return held
    ledger.hold(held.id)  # False: somebody else has
    return _now(ledger, held)


def asks_approval(job: Job, ledger: Ledger) -> bool:
    """Return whether a month's edition needs somebody's word before it goes out."""
    policy = job.setup.settings.approval
    return policy == "always" or (policy == "first" and ledger.released_besides(job.month.key) < FIRST)


def decisions_hash(job: Job) -> str:
    """Return a hash of what the editor's file for the month says; empty where it decides nothing."""
    file = editorial_file(job.setup.editions, job.month.key)
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        return ""
    said = b"\n".join(line for line in lines if line.strip() and not line.lstrip().startswith(b"#"))
    return hashlib.sha256(said).hexdigest() if said else ""


def _prepared(job: Job, gathered: Gathered, ledger: Ledger) -> Prepared:
    decided = decisions_hash(job)  # before the file is read: what is written meanwhile is noticed
    return replace(prepare(job, gathered, ledger), decided=decided)


def _now(ledger: Ledger, held: HeldEdition) -> HeldEdition:
    found = ledger.held(held.month, held.audience)
    if found is None:
        message = f"the edition of {held.month} was taken out of the ledger meanwhile; run it again"
        raise Overtaken(message)
    return found
