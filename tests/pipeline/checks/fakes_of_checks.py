"""Trackers and channels for looks at them: each can be made to fail where a real one may."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from builders import incident

from digest.delivery.base import MAIL, Handover
from digest.model import Incident, Notice, Receipt, Rendering
from digest.period import Month
from digest.trackers.base import Payload


@dataclass
class FakeTracker:
    """Gives its incidents; says what it is told to say."""

    incidents: Sequence[Incident] = ()
    name: str = "issues"
    said: str | Exception = "acme/incidents: 3 issues"
    time: datetime | Exception | None = None
    fetching: Exception | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    def probe(self) -> str:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    def server_time(self) -> datetime | None:
        if isinstance(self.time, Exception):
            raise self.time
        return self.time

    def fetch(self, month: Month) -> Iterator[Payload]:
        self.fetched.append(month.key)
        if self.fetching is not None:
            raise self.fetching
        yield from ({"incident": one} for one in self.incidents)

    def refresh(self, keys: Sequence[str]) -> Iterator[Payload]:
        return iter([{"incident": one} for one in self.incidents if one.key in keys])

    def to_incident(self, payload: Payload) -> Incident:
        found = payload["incident"]
        assert isinstance(found, Incident)
        return found

    def origins(self, payload: Payload) -> Mapping[str, str]:
        assert payload
        return self.told


@dataclass
class FakeChannel:
    """Reaches its people; says what it is told to say."""

    people: Sequence[str] = ("ana@example.org",)
    name: str = "mail"
    said: str | Exception = "localhost:25 answers"
    order: int = MAIL
    repeatable: bool = False
    publishes: bool = False
    touched: bool = False

    def targets(self) -> Sequence[str]:
        return self.people

    def probe(self) -> str:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    def send(self, rendering: Rendering, target: str, handover: Handover) -> Receipt:
        self.touched = True
        raise AssertionError(rendering.month, target, handover.key)

    def close(self) -> None:
        pass


class WritingChannel(FakeChannel):
    """One that can also write to one person."""

    def write(self, notice: Notice) -> Receipt:
        self.touched = True
        raise AssertionError(notice.key)


def october(key: str = "12", **over: object) -> Incident:
    """Return an incident that counts in October 2026."""
    at = datetime.fromisoformat("2026-10-12T09:30:00+00:00")
    return incident(key, **{"tracker": "issues", "started": at, "resolved": at, "team": "Payments", **over})
