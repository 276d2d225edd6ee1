"""What every tracker promises, and what a kind of tracker is to the registry."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar, runtime_checkable

from digest.config import Strict
from digest.model import Incident, Problem
from digest.period import Month

# One incident as the tracker gave it; only the tracker that made it knows its shape.
Payload = Mapping[str, object]

CountBy = Literal["resolved", "created"]

S = TypeVar("S", bound=Strict)


class Tracker(Protocol):
    """Where incidents come from. `fetch` and `refresh` do the input and output, `to_incident` none."""

    @property
    def name(self) -> str:
        """The operator's name for it."""
        ...

    def fetch(self, month: Month) -> Iterator[Payload]:
        """Yield every incident that may count in `month`; more than those is allowed, fewer is not.

        Raises:
            RemoteError: the tracker cannot be read, or not to its end.
            ConfigError: the operator has to put something right first.
        """
        ...

    def refresh(self, keys: Sequence[str]) -> Iterator[Payload]:
        """Yield the incidents of those keys that still exist; raises as `fetch` does."""
        ...

    def to_incident(self, payload: Payload) -> Incident:
        """Read one payload.

        Raises:
            UnusableError: not an incident, for a reason that is safe to print.
            KeyError, TypeError, ValueError: not understood.
        """
        ...


@runtime_checkable
class Explaining(Protocol):
    """A tracker that can say more than its incidents do. Optional; `collect()` asks who has it."""

    def place(self, payload: Payload) -> str:
        """Return where the operator finds this payload: `incidents.csv:17`. Never raises."""
        ...

    def problems(self, payload: Payload | None = None) -> Sequence[Problem]:
        """Return what could not be used: of an incident that counts, or (None) of all that was read."""
        ...


@runtime_checkable
class Doubting(Protocol):
    """A tracker that can say why it is unknown who may see an incident. Optional, as `Explaining` is."""

    def doubts(self, payload: Payload) -> Sequence[tuple[str, str]]:
        """Return what was not understood: the place, and what is wrong there; empty where nothing is said."""
        ...


@runtime_checkable
class Probing(Protocol):
    """A tracker that can be tried without reading a month. Optional; `digest doctor` asks who has it."""

    def probe(self) -> str:
        """Say in a line what was found: what was reached, as whom, what it may do; nothing of an incident.

        Raises:
            RemoteError: it cannot be used; the detail says what to do.
            ConfigError: the operator has to put something right.
        """
        ...


@runtime_checkable
class Clocked(Protocol):
    """A tracker that tells the time of its server. Optional."""

    def server_time(self) -> datetime | None:
        """Return the server's time (aware) as of its last answer, asking if there was none; None: untold."""
        ...


@runtime_checkable
class Tracing(Protocol):
    """A tracker that can say what told an incident's fields. Optional; `digest doctor` shows it."""

    def origins(self, payload: Payload) -> Mapping[str, str]:
        """Return what told `severity`, `service`, `team`, `cause`, `review`, `visibility`: some words each.

        A field that says so itself may be left out. `tags`, where it is there, says how labels that tell
        nothing else could tell more. The words may hold labels as they are; who prints them masks them.
        """
        ...


class UnusableError(ValueError):
    """A payload that gives no incident; its text holds nothing that was read but short values."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a tracker knows of the edition it is read for."""

    base: Path  # the folder of the config file; relative paths start here
    zone: str | None = None  # the edition's zone, for times that name none
    count_by: CountBy = "resolved"
    patience_s: float = 300.0  # how long the tries at one request may take in all
    tell: Callable[[str], None] = lambda _: None  # hears why something takes long
    sleep: Callable[[float], None] = time.sleep  # one that ends early where the process is asked to end


@dataclass(frozen=True, slots=True)
class TrackerKind(Generic[S]):
    """One line of the registry: a kind's settings, and how to connect one. Connecting asks no network."""

    settings: type[S]
    connect: Callable[[str, S, Context], Tracker]
