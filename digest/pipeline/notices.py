"""Notices to the editor about the work itself, and how one gets out: once, by a channel that can write.

A notice is no part of an edition: it goes to one person, and what keeps it from going out is a problem
for the operator, never a reason to stop.
"""

import hashlib
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from digest.delivery.base import MAIL, Channel, Writing
from digest.edition.headline import name_of
from digest.errors import DigestError, RemoteError
from digest.ledger import HeldEdition, Ledger
from digest.model import Delivery, DeliveryState, Notice, Problem, Proof
from digest.period import Month
from digest.pipeline.gate import gated
from digest.pipeline.setup import Setup, Stopped

STAGE = "notices"
NOBODY = "nobody told: "  # before a notice's key: the operator was told that there is nobody to tell
_BEST_LEFT_OUT = 5
_HASH_DIGITS = 16
_NUMBER = re.compile(r"[0-9]+")
_TROUBLED = (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.RETRY_WAIT)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every notice to the editor needs beside its facts."""

    setup: Setup
    option: str = ""  # behind each command: " --config ops/digest.yaml"; empty for the default file

    @classmethod
    def of(cls, setup: Setup, config_file: Path | None = None) -> "Desk":
        """Return the desk of a program; `config_file` is named in commands, where it is not None."""
        return cls(setup, "" if config_file is None else f" --config {shlex.quote(str(config_file))}")

    def notice(self, kind: str, key: str, **facts: object) -> Notice:
        """Return a notice to the editor; its text is the template `kind` with these facts."""
        settings = self.setup.settings
        known: dict[str, object] = {
            "title": settings.title,
            "zone": settings.timezone,
            "option": self.option,
        }
        subject, text = self.setup.renderer.notice(kind, **(known | facts))
        return Notice(key, settings.editor or "", subject, text)


def proof_key(held: HeldEdition) -> str:
    """Return the key of the proof of this very content."""
    return f"proof:{held.month}:{held.content_hash[:_HASH_DIGITS]}"


def reminder_key(held: HeldEdition) -> str:
    """Return the key of the reminder of this very content."""
    return f"reminder:{held.month}:{held.content_hash[:_HASH_DIGITS]}"


def proof_notice(desk: Desk, held: HeldEdition, proof: Proof, goes_at: datetime | None = None) -> Notice:
    """Return what the editor is told when an edition is held for approval; the mail's HTML is attached.

    Args:
        desk: who writes.
        held: the frozen edition.
        proof: what was left out of it, and why.
        goes_at: when it goes out by itself; None: never.

    Raises:
        TemplateError: the template is wrong.
    """
    left = [verdict for verdict in proof.verdicts if not verdict.printed]
    notice = desk.notice(
        "proof",
        proof_key(held),
        edition=held.edition,
        linked=held.rendering.linked is not None,
        # Masked once more: nothing but the edition itself was on its way to anybody until now.
        left_out=gated(tuple(left[:_BEST_LEFT_OUT]), desk.setup.mask),
        left_out_in_all=len(left),
        private=proof.private,
        unchecked=proof.unchecked,
        waiting=len(proof.waiting),
        problems=gated(proof.problems, desk.setup.mask),
        goes_at=goes_at,
    )
    return replace(notice, attachment=_attached(held))


def reminder_notice(
    desk: Desk, held: HeldEdition, since: datetime | None = None, goes_at: datetime | None = None
) -> Notice:
    """Return what the editor is told while an edition has waited; the mail's HTML is attached once more.

    `since` is when it was first told of, `goes_at` as for the proof. Raises as `proof_notice` does.
    """
    facts = {"edition": held.edition, "since": since, "goes_at": goes_at}
    return replace(desk.notice("reminder", reminder_key(held), **facts), attachment=_attached(held))


def unread_notice(desk: Desk, month: Month, problems: Sequence[Problem]) -> Notice:
    """Return what the editor is told when an edition waits for a tracker; each problem's subject is one."""
    trackers = sorted({problem.subject for problem in problems})
    key = f"unread:{month.key}:{','.join(trackers)}"
    return desk.notice("unread", key, month=month, trackers=trackers, problems=problems)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong with an edition: what stopped it, what failed on its way, what did not arrive."""

    errors: tuple[str, ...] = ()  # as they word themselves
    problems: tuple[Problem, ...] = ()
    deliveries: tuple[Delivery, ...] = ()  # all of them; those that went well say nothing here
    made: bool = True  # there is an edition, and it went out as far as it could
    again: bool = True  # where it is not made: it is tried again by itself


def trouble_notice(desk: Desk, month: Month, trouble: Trouble) -> Notice:
    """Return what the editor is told when an edition has gaps, or could not be made; nobody is named in it.

    The same trouble has the same key, however many readers it concerns: numbers change while it lasts.
    """
    open_ = [delivery for delivery in trouble.deliveries if delivery.state in _TROUBLED]
    readers = Counter((d.channel, d.state.value) for d in open_ if _is_address(d.target))
    gaps = [(channel, state, number, "") for (channel, state), number in sorted(readers.items())]
    gaps += [(d.channel, d.state.value, 1, d.detail or "") for d in open_ if not _is_address(d.target)]
    # What delivering says of a target names it, and is told here in other words.
    told = {f"{d.channel}: {d.target}" for d in trouble.deliveries}
    problems = tuple(p for p in trouble.problems if p.subject not in told)
    errors = [_NUMBER.sub("#", error) for error in trouble.errors]
    what = [*errors, *(p.subject for p in problems), *(f"{gap[0]} {gap[1]}" for gap in gaps)]
    facts = {"month": month, "made": trouble.made, "again": trouble.again, "errors": trouble.errors}
    key = f"trouble:{month.key}:{_hash(*sorted(what))}"
    return desk.notice("trouble", key, problems=problems, gaps=gaps, **facts)


def missed_notice(desk: Desk, months: Iterable[Month]) -> Notice:
    """Return what the editor is told of editions that were due while nothing ran; at least one month."""
    inorder = sorted(set(months))
    names = [name_of(month) for month in inorder]
    key = f"missed:{','.join(month.key for month in inorder)}"
    return desk.notice("missed", key, months=inorder, names=names)


def tell(
    notice: Notice, channels: Iterable[Channel], ledger: Ledger, again_after: timedelta | None = None
) -> Problem | None:
    """Write a notice, if it has not got out before; return what kept it from getting out.

    It goes by the first channel that can write to one person: by mail where there is one, else into the
    outbox. What failed is tried again the next time; what may have arrived is not.

    Args:
        notice: what, and to whom.
        channels: all that are configured.
        ledger: remembers what got out.
        again_after: how long after it got out it is written again; None: never.

    Raises:
        LedgerError: the ledger cannot be read or written.
        Stopped: the process was asked to end; it is written the next time.
    """
    writers = [channel for channel in channels if isinstance(channel, Writing)]
    writer = min(writers, key=lambda channel: channel.order != MAIL, default=None)
    if writer is None or not notice.to:
        return _nobody(notice, ledger, again_after, editor=bool(notice.to))
    return written(notice, writer, ledger, again_after)


def written(
    notice: Notice, writer: Writing, ledger: Ledger, again_after: timedelta | None = None
) -> Problem | None:
    """Write a notice by this writer; otherwise as `tell`."""
    if not ledger.take_notice(notice.key, notice.to, again_after):
        return None
    problem, sent = None, False
    try:
        writer.write(notice)
        sent = True
    except Stopped:
        raise
    except DigestError as error:
        # Somebody who may have had it would have it again with every tick.
        sent = isinstance(error, RemoteError) and error.reason.in_doubt
        problem = Problem(STAGE, notice.subject, _why(error, in_doubt=sent))
    finally:
        ledger.settle_notice(notice.key, notice.to, sent=sent)
    return problem


def _why(error: DigestError, *, in_doubt: bool) -> str:
    after = "it is not written again" if in_doubt else "it will be tried again"
    return f"could not be written to whom it is for: {error}; {after}"


def _nobody(notice: Notice, ledger: Ledger, again_after: timedelta | None, *, editor: bool) -> Problem | None:
    """Say once a notice, and not with every tick, that nobody can be told."""
    key = f"{NOBODY}{notice.key}"
    if not ledger.take_notice(key, notice.to, again_after):
        return None
    ledger.settle_notice(key, notice.to, sent=True)
    missing = (
        "a channel that can write to one person, such as the kind smtp"
        if editor
        else "`editor`, the address of who is to be told"
    )
    return Problem(STAGE, notice.subject, f"nobody was told of it; the config lacks {missing}")


def _is_address(target: str) -> bool:
    return "@" in target and "/" not in target


def _attached(held: HeldEdition) -> tuple[str, str]:
    linked = held.rendering.linked
    html = held.rendering.html if linked is None else linked.html
    return f"digest-{held.month}.html", html


def _hash(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:_HASH_DIGITS]
