"""What delivering needs of an edition and of a ledger; `digest.ledger` has both, tests have others."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from digest.model import Delivery, DeliveryState, Rendering


class Claim(Protocol):
    """One delivery that this process alone may make now."""

    @property
    def channel(self) -> str:
        """The channel's name."""
        ...

    @property
    def target(self) -> str:
        """Whom or what it reaches."""
        ...

    @property
    def key(self) -> str:
        """The same for every attempt at this delivery."""
        ...

    @property
    def content_hash(self) -> str:
        """Of the rendering that it was addressed with."""
        ...

    @property
    def attempt(self) -> int:
        """Counted from 1."""
        ...


class Held(Protocol):
    """An edition as it was frozen."""

    @property
    def id(self) -> str:
        """The ledger's name for it."""
        ...

    @property
    def month(self) -> str:
        """Its month: "2026-05"."""
        ...

    @property
    def content_hash(self) -> str:
        """Of the rendering."""
        ...

    @property
    def rendering(self) -> Rendering:
        """What is sent."""
        ...

    @property
    def addressed_at(self) -> datetime | None:
        """When it was first addressed; None where that is now."""
        ...


C = TypeVar("C", bound=Claim)


class DeliveryLedger(Protocol[C]):
    """Who is due, and what became of them. Every method is one transaction; all raise LedgerError."""

    def address(
        self, edition_id: str, targets: Mapping[str, Sequence[str]], content_hash: str | None = None
    ) -> int:
        """Give an edition of this content each channel's targets, all or none; return how many are new."""
        ...

    def recover(self, repeatable: Collection[str] = ()) -> int:
        """Take back what ended processes left; `unknown` where it may have arrived."""
        ...

    def claim(self, edition_id: str, channel: str) -> C | None:
        """Take the next delivery that is due."""
        ...

    def intend(self, claim: C) -> bool:
        """Note durably that the point of no return is next; False: do not send."""
        ...

    def settle(self, claim: C, result: Delivery, code: int | None = None) -> bool:
        """Note what became of a claim; False where it is another's by now."""
        ...

    def resolve(self, edition_id: str, channel: str, target: str, to: DeliveryState) -> bool:
        """Settle what failed by somebody's word: pending again."""
        ...

    def conclude(self, edition_id: str) -> object:
        """Close the edition where nothing is open."""
        ...

    def deliveries(self, edition_id: str) -> tuple[Delivery, ...]:
        """Return where every delivery stands."""
        ...
