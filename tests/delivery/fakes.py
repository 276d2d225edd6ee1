"""A channel and an edition for tests of delivering, without a server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from builders import edition

from digest.delivery.base import MAIL, Handover
from digest.delivery.deliver import Outcome, Pace, deliver
from digest.errors import RemoteError
from digest.ledger import HeldEdition, Ledger
from digest.model import Receipt, Rendering

PAGES = Rendering("2026-05", "all", "What we learnt in May", "<p>May</p>", "May", "# May")


@dataclass
class FakeChannel:
    """Takes everything, but where `before` or `after` the intent a failure is set for a target."""

    people: Sequence[str]
    name: str = "mail"
    order: int = MAIL
    repeatable: bool = False
    publishes: bool = False
    before: dict[str, list[BaseException]] = field(default_factory=dict)
    after: dict[str, list[BaseException]] = field(default_factory=dict)
    taken_all_the_same: bool = True  # of those that fail after the intent without an answer
    sent: list[str] = field(default_factory=list)
    keys: dict[str, set[str]] = field(default_factory=dict)
    on_send: Callable[[str], None] = lambda _: None
    closed: int = 0

    def targets(self) -> Sequence[str]:
        return self.people

    def send(self, rendering: Rendering, target: str, handover: Handover) -> Receipt:
        assert rendering == PAGES
        self.keys.setdefault(target, set()).add(handover.key)
        self.on_send(target)
        if self.before.get(target):
            raise self.before[target].pop(0)
        handover.commit()
        if self.after.get(target):
            error = self.after[target].pop(0)
            if self.taken_all_the_same and not (isinstance(error, RemoteError) and not error.reason.in_doubt):
                self.sent.append(target)
            raise error
        self.sent.append(target)
        return Receipt(reference=f"taken for {target}")

    def close(self) -> None:
        self.closed += 1


def frozen(ledger: Ledger) -> HeldEdition:
    return ledger.freeze(edition(), PAGES)


def run(ledger: Ledger, *channels: FakeChannel, pauses: tuple[float, ...] = (1, 4, 10)) -> Outcome:
    """Deliver May's edition without waiting."""
    return deliver(frozen(ledger), channels, ledger, pace=Pace(pauses, lambda _: None))


def states(outcome: Outcome) -> dict[str, str]:
    return {one.target: one.state.value for one in outcome.deliveries}
