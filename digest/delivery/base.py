"""What every channel promises, and what a kind of channel is to the registry.

A channel sends to one target at a time and holds nothing about who has had what: that is the
ledger's. What it owes the ledger is the moment: `Handover.commit` is called when all that can fail
without harm has been done, and the next byte may make it final.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

from digest.config import Strict
from digest.errors import Reason, RemoteError
from digest.model import Notice, Receipt, Rendering

S = TypeVar("S", bound=Strict)

# Channels are served in this order: what others link to comes first.
PAGES, CHATS, MAIL = 0, 1, 2


class ChannelDown(RemoteError):  # noqa: N818 - it says what is so; STYLE.md names errors for who mends them
    """The channel as a whole cannot be used now: refused, not trusted, not let in, closing.

    No target is to blame for it. Raised before `commit`, or after it where an answer said that
    nothing was taken.
    """


class TargetRefused(RemoteError):  # noqa: N818 - as above
    """The channel works, and did not take it for this target; `code` is its own number for why."""

    def __init__(self, service: str, reason: Reason, detail: str, code: int | None = None) -> None:
        super().__init__(service, reason, detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Handover:
    """What the ledger gives with each target."""

    key: str  # the same for every attempt at this delivery: ASCII letters, digits, dots, dashes
    commit: Callable[[], None]  # to be called once, just before the point of no return


class Channel(Protocol):
    """A way out, as configured."""

    @property
    def name(self) -> str:
        """The operator's name for it; with the target, the ledger's key."""
        ...

    @property
    def order(self) -> int:
        """`PAGES`, `CHATS` or `MAIL`: lower goes first."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether sending the same again leaves the same thing, as a file does and a mail does not."""
        ...

    @property
    def publishes(self) -> bool:
        """Whether its receipts' URLs are pages that readers can open, for chats and mails to link to."""
        ...

    def targets(self) -> Sequence[str]:
        """Return the addresses, the page, the room. Raises RemoteError."""
        ...

    def send(self, rendering: Rendering, target: str, handover: Handover) -> Receipt:
        """Send to one target; call `handover.commit()` just before it becomes final.

        What `commit` raises must leave `send` as it is, and then nothing may have been sent.

        Raises:
            ChannelDown: the whole channel cannot be used now.
            TargetRefused: this target's fault, or to be tried again for it alone.
            RemoteError: after `commit`, with a reason that is in doubt, where the answer never came.
        """
        ...

    def close(self) -> None:
        """Let go of connections; may be called at any time, and more than once."""
        ...


@runtime_checkable
class Writing(Protocol):
    """A channel that can also write to one person. Optional; the first one configured is used."""

    def write(self, notice: Notice) -> Receipt:
        """Send words to one person; not through the ledger's deliveries. Raises as `Channel.send` does."""
        ...


@runtime_checkable
class Probing(Protocol):
    """A channel that can be tried without sending anything. Optional; `digest doctor` asks who has it."""

    def probe(self) -> str:
        """Say in a line what was found: what was reached, and that it let us in. Nothing is sent or changed.

        Raises:
            RemoteError: it cannot be used; the detail says what to do.
            ConfigError: the operator has to put something right.
        """
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What a channel knows of the config and the machine."""

    base: Path  # the folder of the config file; relative paths start here
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    patience_s: float = 300.0  # how long the tries at one request may take in all
    tell: Callable[[str], None] = lambda _: None  # hears why something takes long
    sleep: Callable[[float], None] = time.sleep  # one that ends early where the process is asked to end


@dataclass(frozen=True, slots=True)
class ChannelKind(Generic[S]):
    """One line of the registry: a kind's settings, and how to connect one. Connecting asks no network.

    `connect` takes the operator's name for the channel, its settings, and the context.
    """

    settings: type[S]
    connect: Callable[[str, S, Context], Channel]
