"""Each edition to each target, once: claim, send, settle; and when we cannot know, say so and stop there.

What is decided here is only what a failure means. Who has had what is the ledger's to know; how to
send is the channel's.
"""

import contextlib
import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic

from digest.delivery.base import PAGES, Channel, ChannelDown, Handover, TargetRefused
from digest.delivery.needs import C, DeliveryLedger, Held
from digest.errors import ConfigError, DigestError, LedgerError, Reason, RemoteError, TemplateError
from digest.model import Delivery, DeliveryState, Problem, Receipt, Rendering

_D = DeliveryState
# So many targets in a row refused for good, with one and the same code: it is not the targets.
_ALIKE_MOST = 20
# What may stand behind a link that readers click; a channel of somebody else's may say anything.
_WEB = re.compile(r"https?://[^\s<>\"\\]+")
_REST = "whoever is left waits for the next run"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call: how many were sent by it, what went wrong, and where every delivery stands."""

    sent: int
    problems: tuple[Problem, ...]
    deliveries: tuple[Delivery, ...]
    waits_until: datetime | None = None  # chats and mails wait for the page, at most until then


@dataclass(frozen=True, slots=True)
class Pace:
    """How a run waits out what passes by itself, before it leaves the rest to the next run."""

    pauses_s: tuple[float, ...] = (1, 4, 10)  # between tries of a channel that is down; success starts anew
    sleep: Callable[[float], None] = time.sleep
    page_wait: timedelta = timedelta(0)  # how long chats and mails wait for the page that they link to
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class LostClaim(DigestError):  # noqa: N818 - it says what is so
    """Another process took this delivery over; it was not sent here."""


def deliver(
    held: Held,
    channels: Sequence[Channel],
    ledger: DeliveryLedger[C],
    progress: Callable[[Delivery], None] = lambda _: None,
    pace: Pace | None = None,
) -> Outcome:
    """Send an edition to whoever has not had it yet; call it again, and nobody gets a second copy.

    Pages go first, then chats, then mails, which link to the page. Where it could not be published they
    wait for it, and then say so. A target that fails does not stop the others; a channel that is down
    leaves its targets pending. What may have arrived is `unknown`, and is not sent again.

    Args:
        held: the edition as the ledger holds it.
        channels: all channels of the config; closed at the end.
        ledger: says who is due, and remembers.
        progress: told of each delivery as it is settled.
        pace: how to wait between tries.

    Raises:
        Overtaken: another process changed the edition; nothing was sent.
        LedgerError: the ledger cannot be written; nothing more is sent then.
    """
    run = _Run(held, ledger, progress, pace or Pace())
    ordered = sorted(channels, key=lambda channel: channel.order)
    targets = {channel.name: found for channel in ordered if (found := run.targets(channel)) is not None}
    # Of a channel that left the config nothing more is sent; under a new name it is not sent again.
    left = {one.channel for one in ledger.deliveries(held.id)} - {channel.name for channel in ordered}
    ledger.address(held.id, targets | dict.fromkeys(left, ()), held.content_hash)
    ledger.recover(repeatable={channel.name for channel in ordered if channel.repeatable})
    pages = [channel for channel in ordered if channel.publishes]
    for page in pages:
        _try_again(held, page, ledger)
    waits_until: datetime | None = None
    for channel in (*pages, *(one for one in ordered if not one.publishes)):
        if channel.name not in targets:
            continue
        if not channel.publishes and channel.order != PAGES:
            waits_until = run.link(pages, left)
        if waits_until is None:
            run.serve(channel)
    ledger.conclude(held.id)
    if run.faults:
        raise run.faults[0]
    deliveries = ledger.deliveries(held.id)
    gaps = [_gap(one) for one in deliveries if one.state in {_D.FAILED, _D.UNKNOWN, _D.RETRY_WAIT}]
    return Outcome(run.sent, (*run.problems, *gaps), deliveries, waits_until)


def _try_again(held: Held, page: Channel, ledger: DeliveryLedger[C]) -> None:
    """Give a page that failed another try: somebody may have put it right, and a page does not come twice."""
    for one in ledger.deliveries(held.id):
        if page.repeatable and one.channel == page.name and one.state is _D.FAILED:
            ledger.resolve(held.id, one.channel, one.target, _D.PENDING)


@dataclass(slots=True)
class _Result:
    """What became of one claim, and whether it speaks against the channel."""

    state: DeliveryState
    detail: str | None = None
    code: int | None = None
    receipt: Receipt = field(default_factory=Receipt)
    down: RemoteError | None = None  # the channel, not the target, is in trouble


@dataclass(slots=True)
class _Run(Generic[C]):
    held: Held
    ledger: DeliveryLedger[C]
    progress: Callable[[Delivery], None]
    pace: Pace
    sent: int = 0
    problems: list[Problem] = field(default_factory=list)
    rendering: Rendering | None = None  # as it is sent: with the page's address in it; None: not known yet
    faults: list[Exception] = field(default_factory=list)  # of the program, told once the others are served

    def serve(self, channel: Channel) -> None:
        """Send to whoever is due by a channel; whatever goes wrong costs that channel alone.

        But for the ledger, and for being asked to stop: there nothing more is sent.
        """
        try:
            with contextlib.closing(channel):
                self.drain(channel)
        except (ConfigError, TemplateError) as error:
            self._note(channel.name, f"{error}; {_REST}")
        except DigestError:
            raise
        except Exception as error:  # noqa: BLE001 - it is raised again, after the other channels
            self._note(channel.name, f"a fault of the program ({type(error).__name__}); {_REST}")
            self.faults.append(error)

    def link(self, pages: Sequence[Channel], left: Collection[str] = ()) -> datetime | None:
        """Put the page's address in, once it is out; return until when to wait for it, None: no longer."""
        if self.rendering is not None or self.held.rendering.linked is None:
            return None
        names = {page.name for page in pages} | {*left}
        told = [d.url for d in self.ledger.deliveries(self.held.id) if d.channel in names and d.url]
        urls = [url for url in told if _WEB.fullmatch(url)]
        if urls:
            self.rendering = self.held.rendering.with_page(urls[0])
            return None
        if not pages:  # nobody publishes it any more
            return None
        now = self.pace.now()
        until = (self.held.addressed_at or now) + self.pace.page_wait
        return until if now < until else None

    def targets(self, channel: Channel) -> Sequence[str] | None:
        try:
            return channel.targets()
        except RemoteError as error:
            self._note(channel.name, f"its targets could not be listed: {error.detail}")
            return None

    def drain(self, channel: Channel) -> None:
        """Send to every target of a channel that is due."""
        pauses = list(self.pace.pauses_s)
        alike: list[int | None] = []
        while (claim := self.ledger.claim(self.held.id, channel.name)) is not None:
            result = self._attempt(channel, claim)
            if result is None:
                continue
            if result.down is None:
                pauses = list(self.pace.pauses_s)
            elif not pauses or not (result.down.reason.passing or result.down.reason.in_doubt):
                self._note(channel.name, f"{result.down.detail}; {_REST}")
                return
            else:
                self.pace.sleep(pauses.pop(0))
            alike = [*alike, result.code] if result.state is _D.FAILED and result.code else []
            if len(alike) >= _ALIKE_MOST and len(set(alike)) == 1:
                self._note(
                    channel.name, f"{len(alike)} in a row were refused alike: {result.detail}; {_REST}"
                )
                return

    def _attempt(self, channel: Channel, claim: C) -> _Result | None:
        """Make one delivery; None where the claim was lost to another process."""
        intended = False

        def commit() -> None:
            nonlocal intended
            if not self.ledger.intend(claim):
                raise LostClaim(claim.target)
            intended = True

        if claim.content_hash != self.held.content_hash:
            message = (
                f"the delivery of {self.held.month} holds other content than the edition; nothing was sent"
            )
            raise LedgerError(message)
        try:
            receipt = channel.send(
                self.rendering or self.held.rendering, claim.target, Handover(claim.key, commit)
            )
            result = _Result(_D.SENT, receipt=receipt)
        except LostClaim:
            return None
        except RemoteError as error:
            result = _verdict(error, intended=intended, repeatable=channel.repeatable)
        except BaseException:
            with contextlib.suppress(LedgerError):
                self._settle(claim, _interrupted(intended=intended, repeatable=channel.repeatable))
            raise
        self._settle(claim, result)
        return result

    def _settle(self, claim: C, result: _Result) -> None:
        delivery = Delivery(
            channel=claim.channel,
            target=claim.target,
            state=result.state,
            attempt=claim.attempt,
            reference=result.receipt.reference,
            detail=result.detail,
            url=result.receipt.url,
        )
        if not self.ledger.settle(claim, delivery, result.code):
            self._note(f"{claim.channel}: {claim.target}", "another process took it over meanwhile")
        self.sent += result.state is _D.SENT
        self.progress(delivery)

    def _note(self, subject: str, detail: str) -> None:
        self.problems.append(Problem("delivery", subject, detail))


def _gap(delivery: Delivery) -> Problem:
    """Return what is said of a delivery that did not end well, in this run or an earlier one."""
    subject = f"{delivery.channel}: {delivery.target}"
    return Problem("delivery", subject, f"{delivery.state.value}: {delivery.detail or 'no reason was given'}")


def _verdict(error: RemoteError, *, intended: bool, repeatable: bool) -> _Result:
    """Say what a failure means: whose it is, and whether the point of no return was behind it."""
    code = error.code if isinstance(error, TargetRefused) else None
    of_channel = isinstance(error, ChannelDown) or error.reason is Reason.AUTH
    if of_channel:
        return _Result(_D.PENDING, error.detail, down=error)
    if intended and error.reason.in_doubt and not repeatable:
        return _Result(_D.UNKNOWN, error.detail, code, down=error)
    if error.reason.passing:
        return _Result(_D.RETRY_WAIT, error.detail, code)
    return _Result(_D.FAILED, error.detail, code)


def _interrupted(*, intended: bool, repeatable: bool) -> _Result:
    if intended and not repeatable:
        return _Result(
            _D.UNKNOWN, "the program was stopped while the answer was awaited; it may have arrived"
        )
    return _Result(_D.PENDING)
