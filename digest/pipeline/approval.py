"""An editor's word: what was looked at is released, and nothing else."""

from digest.errors import ConfigError, DigestError
from digest.ledger import EditionState, HeldEdition, Ledger, Overtaken
from digest.pipeline.editing import editorial_file
from digest.pipeline.making import decisions_hash, remake
from digest.pipeline.notices import proof_key
from digest.pipeline.setup import Job

_S = EditionState
_OUT = {_S.APPROVED, _S.ADDRESSED, _S.SENDING, _S.PAUSED, _S.SENT, _S.SENT_WITH_GAPS}


class NotHeld(DigestError):  # noqa: N818 - it says what is so
    """There is nothing to approve, or to change."""


def approve(job: Job, ledger: Ledger, content_hash: str | None = None) -> HeldEdition:
    """Release a month's held edition; again, where it is released already, it changes nothing.

    Args:
        job: the month, and the setup.
        ledger: holds the edition.
        content_hash: of what was looked at; None: of what is held.

    Raises:
        Overtaken: it was made again since it was looked at.
        ConfigError: the editor's file says something that the edition does not have yet.
        NotHeld: there is no edition of the month, or it is in no state to be approved.
    """
    held = _frozen(job, ledger)
    if held.state in _OUT:
        return held
    check_applied(job, held)
    looked_at = content_hash or held.content_hash
    if looked_at != held.content_hash:
        raise Overtaken(f"the edition of {held.month} was made again meanwhile; look at it, then approve")
    if not ledger.approve(held.id, looked_at):
        state = held.state.value.replace("_", " ")
        raise NotHeld(f"the edition of {held.month} is {state}, so it cannot be approved; see: digest status")
    return _frozen(job, ledger)


def apply_decisions(job: Job, ledger: Ledger) -> HeldEdition:
    """Make a held edition again with what the editor's file says now, from what was collected then.

    Raises:
        ConfigError: the editor's file is wrong.
        NotHeld: there is no such edition, or it was released.
    """
    held = _frozen(job, ledger)
    if held.state in _OUT or held.addressed_at is not None:
        raise NotHeld(
            f"the edition of {held.month} was released already; what readers have is not changed. "
            f"If nobody has had it: digest run --month {held.month} --recollect"
        )
    made = remake(job, ledger, held)
    if editor := job.setup.settings.editor:
        # Whoever applied it knows of it; the schedule need not write about it.
        ledger.take_notice(proof_key(made), editor)
        ledger.settle_notice(proof_key(made), editor, sent=True)
    return made


def check_applied(job: Job, held: HeldEdition) -> None:
    """Refuse to release an edition while the editor's file says something else.

    Raises:
        ConfigError: it was changed since; says what to do.
    """
    if decisions_hash(job) == held.decisions_hash:
        return
    file = editorial_file(job.setup.editions, job.month.key)
    month = held.month
    raise ConfigError(
        str(file),
        "it was changed after the edition was made. Apply it, look, then approve: "
        f"digest edit {month} --apply; digest preview --month {month}; digest approve {month}",
    )


def _frozen(job: Job, ledger: Ledger) -> HeldEdition:
    held = ledger.held(job.month.key)
    if held is None:
        raise NotHeld(
            f"there is no edition of {job.month.key} yet; make it: digest run --month {job.month.key}"
        )
    return held
